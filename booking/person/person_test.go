package person_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/person"
)

var visit = houzhen.Date{Year: 2026, Month: time.March, Day: 2}

func born(years int) houzhen.Date { return houzhen.Date{Year: 2026 - years, Month: time.March, Day: 2} }

func TestAgeTurnsOnTheBirthday(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		birth houzhen.Date
		want  int
	}{
		"on the birthday":      {born(14), 14},
		"the day before":       {born(14).AddDays(1), 13},
		"born on 29 February":  {houzhen.Date{Year: 2024, Month: time.February, Day: 29}, 2},
		"born after the visit": {visit.AddDays(10), 0},
	} {
		if got := person.Age(c.birth, visit); got != c.want {
			t.Errorf("%s: got %d, want %d", name, got, c.want)
		}
	}
}

func TestDepartmentSees(t *testing.T) {
	t.Parallel()
	children, adults, obstetrics := person.Bounds{MaxAge: 14}, person.Bounds{MinAge: 14}, person.Bounds{Sex: "F"}
	for name, c := range map[string]struct {
		bounds person.Bounds
		who    person.Traits
		want   houzhen.Code
	}{
		"14 in paediatrics":              {children, person.Traits{Birth: born(14)}, ""},
		"15 in paediatrics":              {children, person.Traits{Birth: born(15)}, houzhen.CodeTooOld},
		"13 among adults":                {adults, person.Traits{Birth: born(14).AddDays(1)}, houzhen.CodeTooYoung},
		"14 among adults":                {adults, person.Traits{Birth: born(14)}, ""},
		"a man in obstetrics":            {obstetrics, person.Traits{Sex: "M"}, houzhen.CodeWrongSex},
		"a woman in obstetrics":          {obstetrics, person.Traits{Sex: "F"}, ""},
		"unknown sex and age":            {person.Bounds{MinAge: 14, MaxAge: 60, Sex: "F"}, person.Traits{}, ""},
		"anybody where nothing is bound": {person.Bounds{}, person.Traits{Birth: born(3), Sex: "M"}, ""},
	} {
		if got := houzhen.CodeOf(c.bounds.Sees(c.who, visit)); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// people is a transaction that knows people, and counts what it is asked.
type people struct {
	booking.Tx

	traits map[string]person.Traits
	wards  []person.Ward
	reads  []string
}

func (p *people) PatientTraits(_ context.Context, ids []string) (map[string]person.Traits, error) {
	p.reads = append(p.reads, "traits")
	found := map[string]person.Traits{}
	for _, id := range ids {
		if t, ok := p.traits[id]; ok {
			found[id] = t
		}
	}
	return found, nil
}

func (p *people) Wards(_ context.Context, accounts []string) ([]person.Ward, error) {
	p.reads = append(p.reads, "wards")
	return slices.DeleteFunc(slices.Clone(p.wards), func(w person.Ward) bool { return !slices.Contains(accounts, w.AccountID) }), nil
}

func rule(p person.Policy) person.Rule {
	return person.Rule{Policy: p, Bounds: func(_ context.Context, id string) (person.Bounds, error) {
		return map[string]person.Bounds{"adults": {MinAge: 14}, "obstetrics": {Sex: "F"}}[id], nil
	}}
}

func ask(patient, account, department, channel string) booking.Ask {
	return booking.Ask{
		Request: booking.BookRequest{PatientID: patient, AccountID: account, Channel: channel},
		Session: booking.Session{DepartmentID: department, Date: visit},
	}
}

func judged(t *testing.T, r person.Rule, p *people, asks ...booking.Ask) []houzhen.Code {
	t.Helper()
	verdicts, err := r.Judge(t.Context(), p, asks)
	if err != nil {
		t.Fatal(err)
	}
	codes := make([]houzhen.Code, len(verdicts))
	for i, v := range verdicts {
		codes[i] = houzhen.CodeOf(v)
	}
	return codes
}

func TestChildrenAreBookedForByGuardians(t *testing.T) {
	t.Parallel()
	p := &people{
		traits: map[string]person.Traits{"child": {Birth: born(6)}, "teen": {Birth: born(14)}, "adult": {Birth: born(40), Sex: "M"}},
		wards:  []person.Ward{{AccountID: "mother", PatientID: "child"}},
	}
	got := judged(t, rule(person.DefaultPolicy()), p,
		ask("child", "mother", "", "app"),
		ask("child", "stranger", "", "app"),
		ask("child", "", "", "app"),
		ask("child", "", "", booking.DeskChannel),
		ask("child", "", "", "phone"),
		ask("teen", "stranger", "", "app"),
		ask("nobody", "stranger", "", "app"),
		ask("child", "mother", "adults", "app"),
		ask("child", "mother", "adults", booking.DeskChannel),
		ask("adult", "a", "obstetrics", "app"),
	)
	want := []houzhen.Code{
		"", houzhen.CodeGuardian, houzhen.CodeGuardian, "", "", "", "", houzhen.CodeTooYoung, "", houzhen.CodeWrongSex,
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("verdicts (-got +want):\n%s", diff)
	}
	if diff := cmp.Diff(p.reads, []string{"traits", "wards"}); diff != "" {
		t.Errorf("reads for ten asks (-got +want):\n%s", diff)
	}
}

func TestTheDeskIsRefusedOnlyWhereThePolicySaysSo(t *testing.T) {
	t.Parallel()
	p := &people{traits: map[string]person.Traits{"child": {Birth: born(6)}}}
	strict := person.DefaultPolicy()
	if got := judged(t, rule(strict), p, ask("child", "", "adults", booking.DeskChannel)); got[0] != "" || len(p.reads) > 0 {
		t.Errorf("got %q after reading %v, want no refusal and nothing read", got, p.reads)
	}
	strict.Block = true
	got := judged(t, rule(strict), p, ask("child", "", "adults", booking.DeskChannel), ask("child", "", "", booking.DeskChannel))
	if diff := cmp.Diff(got, []houzhen.Code{houzhen.CodeTooYoung, ""}); diff != "" {
		t.Errorf("blocking desk (-got +want):\n%s", diff)
	}
}

func TestATransactionWithoutPeopleIsAFault(t *testing.T) {
	t.Parallel()
	_, err := rule(person.DefaultPolicy()).Judge(t.Context(), nil, []booking.Ask{ask("p", "a", "", "app")})
	if got := houzhen.CodeOf(err); got != houzhen.CodeInternal {
		t.Errorf("got %q, want %q", got, houzhen.CodeInternal)
	}
}
