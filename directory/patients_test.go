package directory_test

import (
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/directory"
)

const (
	ownPhone   = "13800000001"
	otherPhone = "13800000002"
)

// docOf makes a valid number for somebody born on a day.
func docOf(born houzhen.Date) string {
	body := "110105" + born.At(0, 0, time.UTC).Format("20060102") + "002"
	return body + string(directory.CheckSign(body))
}

var (
	grown = date(1980, 5, 6)
	small = date(2020, 5, 6)
	teen  = date(2010, 5, 6)
)

func account(t *testing.T, s *directory.Service, phone string) directory.Account {
	t.Helper()
	p, err := directory.ParsePhone(phone)
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.EnsureAccount(t.Context(), p, houzhen.Chinese)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func person(born houzhen.Date, relation, phone string) directory.NewPatient {
	return directory.NewPatient{Name: "张小三", DocType: directory.DocID, Doc: docOf(born), Phone: phone, Relation: relation}
}

// TestWhoMayActForWhom is the table of consent.
func TestWhoMayActForWhom(t *testing.T) {
	for name, c := range map[string]struct {
		who      directory.NewPatient
		register houzhen.Code
		act      houzhen.Code
	}{
		"oneself":                       {person(grown, "self", ""), "", ""},
		"oneself with another phone":    {person(grown, "self", otherPhone), "", ""},
		"a spouse with his own phone":   {person(grown, "spouse", otherPhone), "", houzhen.CodeConsent},
		"a parent without a phone":      {person(grown, "parent", ""), "", ""},
		"a parent with his own phone":   {person(grown, "parent", otherPhone), "", houzhen.CodeConsent},
		"a small child, by guardian":    {person(small, "child", ""), "", ""},
		"a small child, its own phone":  {person(small, "child", otherPhone), "", ""},
		"a small child, by a stranger":  {person(small, "other", ""), houzhen.CodeConsent, houzhen.CodeForbidden},
		"a small child for itself":      {person(small, "self", ""), houzhen.CodeConsent, houzhen.CodeForbidden},
		"a teenager, by guardian":       {person(teen, "child", otherPhone), "", ""},
		"a teenager, by a stranger":     {person(teen, "other", otherPhone), "", houzhen.CodeConsent},
		"a grown child, his own phone":  {person(grown, "child", otherPhone), "", houzhen.CodeConsent},
		"a relation nobody has heard":   {person(grown, "boss", ""), houzhen.CodeInvalid, houzhen.CodeForbidden},
		"a bad phone":                   {person(grown, "self", "123"), houzhen.CodePhone, houzhen.CodeForbidden},
		"a bad number":                  {directory.NewPatient{Name: "x", Relation: "self", DocType: "01", Doc: "1"}, houzhen.CodeIDNumber, houzhen.CodeForbidden},
		"no name":                       {directory.NewPatient{Relation: "self", DocType: "01", Doc: docOf(grown)}, houzhen.CodeMissing, houzhen.CodeForbidden},
		"a ride of two days":            {directory.NewPatient{Name: "x", Relation: "self", DocType: "01", Doc: docOf(grown), TravelMinutes: 3000}, houzhen.CodeInvalid, houzhen.CodeForbidden},
		"a passport, small child":       {directory.NewPatient{Name: "x", Relation: "other", DocType: "03", Doc: "E12345678", Birth: small}, houzhen.CodeConsent, houzhen.CodeForbidden},
		"a passport, born in next year": {directory.NewPatient{Name: "x", Relation: "self", DocType: "03", Doc: "E12345678", Birth: date(2027, 1, 1)}, houzhen.CodeInvalid, houzhen.CodeForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			s, m := desk(t)
			a := account(t, s, ownPhone)
			p, err := s.RegisterPatient(t.Context(), a.ID, c.who)
			wantCode(t, err, c.register)
			if c.register != "" {
				if len(m.patients)+len(m.kin) != 0 {
					t.Error("a refused person was kept")
				}
				p.ID = "nobody"
			}
			wantCode(t, s.MayActFor(t.Context(), a.ID, p.ID), c.act)
			wantCode(t, s.MayActFor(t.Context(), "", p.ID), houzhen.CodeForbidden)
			wantCode(t, s.MayActFor(t.Context(), account(t, s, otherPhone).ID, p.ID), houzhen.CodeForbidden)
		})
	}
}

func TestRegisterKeepsWhatTheDocumentSays(t *testing.T) {
	s, m := desk(t)
	a := account(t, s, ownPhone)
	n := person(grown, "self", "")
	n.Sex, n.Birth, n.Lang, n.TravelMinutes = directory.Male, small, houzhen.English, 40
	p, err := s.RegisterPatient(t.Context(), a.ID, n)
	if err != nil {
		t.Fatal(err)
	}
	if p.Sex != directory.Female || p.Birth != grown || p.Phone != a.Phone || p.Lang != houzhen.English || p.TravelMinutes != 40 || p.Version != 1 {
		t.Errorf("got %+v", p)
	}
	if got, err := s.Patient(t.Context(), p.ID); err != nil || got != p || m.patients[p.ID] != p {
		t.Errorf("got %+v, %v", got, err)
	}
	again, err := s.RegisterPatient(t.Context(), a.ID, n)
	if err != nil || again.ID != p.ID || len(m.patients) != 1 || len(m.kin) != 1 {
		t.Errorf("registering again: got %+v, %v", again, err)
	}
	passport := directory.NewPatient{Name: "John", DocType: directory.DocPassport, Doc: "E12345678", Sex: directory.Male, Birth: grown, Relation: "spouse"}
	if p, err = s.RegisterPatient(t.Context(), a.ID, passport); err != nil || p.Sex != directory.Male || p.Birth != grown {
		t.Errorf("got %+v, %v", p, err)
	}
	second := person(teen, "self", "")
	_, err = s.RegisterPatient(t.Context(), a.ID, second)
	wantCode(t, err, houzhen.CodeInvalid) // one account is one self
	_, err = s.RegisterPatient(t.Context(), "nobody", n)
	wantCode(t, err, houzhen.CodeNotFound)
}

// Who knows a number does not yet know the person.
func TestLinkingSomebodyWhoIsRegistered(t *testing.T) {
	s, _ := desk(t)
	owner, other := account(t, s, ownPhone), account(t, s, otherPhone)
	p, err := s.RegisterPatient(t.Context(), owner.ID, person(grown, "self", ""))
	if err != nil {
		t.Fatal(err)
	}
	wrong := person(grown, "spouse", "")
	wrong.Name = "李四"
	_, err = s.RegisterPatient(t.Context(), other.ID, wrong)
	wantCode(t, err, houzhen.CodePatientExists)
	_, err = s.RegisterPatient(t.Context(), other.ID, person(grown, "self", ""))
	wantCode(t, err, houzhen.CodePatientExists)
	linked, err := s.RegisterPatient(t.Context(), other.ID, person(grown, "child", otherPhone))
	if err != nil || linked.ID != p.ID {
		t.Fatalf("got %+v, %v", linked, err)
	}
	wantCode(t, s.MayActFor(t.Context(), other.ID, p.ID), houzhen.CodeConsent)
	if got, err := s.Patient(t.Context(), p.ID); err != nil || got.Phone != owner.Phone {
		t.Errorf("the person was changed: %+v, %v", got, err)
	}
	family, err := s.Family(t.Context(), other.ID)
	if err != nil || len(family) != 1 || family[0].Patient != (directory.Patient{ID: p.ID, Name: p.Name}) {
		t.Errorf("before consent: got %+v, %v", family, err)
	}
	if list, err := s.Patients(t.Context(), other.ID); err != nil || len(list) != 0 {
		t.Errorf("got %+v, %v", list, err)
	}
}

func TestConsentComesFromThePatientsOwnPhone(t *testing.T) {
	s, m := desk(t)
	a, theirs := account(t, s, ownPhone), account(t, s, otherPhone)
	p, err := s.RegisterPatient(t.Context(), a.ID, person(grown, "spouse", otherPhone))
	if err != nil {
		t.Fatal(err)
	}
	self, err := s.RegisterPatient(t.Context(), a.ID, person(teen, "self", ""))
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, s.GiveConsent(t.Context(), a.ID, a.ID, p.ID), houzhen.CodeForbidden)
	wantCode(t, s.GiveConsent(t.Context(), theirs.ID, theirs.ID, p.ID), houzhen.CodeForbidden)
	for range 2 {
		wantCode(t, s.GiveConsent(t.Context(), theirs.ID, a.ID, p.ID), "")
	}
	wantCode(t, s.MayActFor(t.Context(), a.ID, p.ID), "")
	if k := m.kin[a.ID+" "+p.ID]; !k.ConsentAt.Equal(m.now) {
		t.Errorf("got %+v", k)
	}
	list, err := s.Patients(t.Context(), a.ID)
	if err != nil || len(list) != 2 || list[0].ID != self.ID || list[1].Phone.Reveal() != otherPhone {
		t.Errorf("got %+v, %v", list, err)
	}
	stranger := account(t, s, "13800000003")
	wantCode(t, s.WithdrawConsent(t.Context(), stranger.ID, a.ID, p.ID), houzhen.CodeForbidden)
	wantCode(t, s.WithdrawConsent(t.Context(), theirs.ID, a.ID, p.ID), "")
	wantCode(t, s.MayActFor(t.Context(), a.ID, p.ID), houzhen.CodeConsent)
	wantCode(t, s.WithdrawConsent(t.Context(), a.ID, a.ID, p.ID), "")
}

func TestPatientsAreUpdated(t *testing.T) {
	s, m := desk(t)
	a := account(t, s, ownPhone)
	p, err := s.RegisterPatient(t.Context(), a.ID, person(grown, "self", ""))
	if err != nil {
		t.Fatal(err)
	}
	m.before = func() { // somebody else saves him between
		wantCode(t, s.UpdatePush(t.Context(), p.ID, "push"), "")
	}
	wantCode(t, s.UpdateTravel(t.Context(), p.ID, 45, false), "")
	wantCode(t, s.UpdateLang(t.Context(), p.ID, houzhen.English), "")
	version := m.patients[p.ID].Version
	wantCode(t, s.UpdateTravel(t.Context(), p.ID, 45, false), "")
	got := m.patients[p.ID]
	if got.TravelMinutes != 45 || got.Lang != houzhen.English || got.PushAccount != "push" || got.Version != version {
		t.Errorf("got %+v", got)
	}
	wantCode(t, s.UpdateTravel(t.Context(), p.ID, -1, false), houzhen.CodeInvalid)
	wantCode(t, s.UpdateTravel(t.Context(), p.ID, 24*60+1, false), houzhen.CodeInvalid)
	wantCode(t, s.UpdateTravel(t.Context(), "nobody", 1, false), houzhen.CodeNotFound)
	wantCode(t, s.UpdatePush(t.Context(), p.ID, string(make([]byte, 201))), houzhen.CodeInvalid)
}
