package credit_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/credit"
)

var shanghai = time.FixedZone("CST", 8*3600)

// day gives noon of a date.
func day(tb rapid.TB, s string) time.Time {
	tb.Helper()
	d, err := houzhen.ParseDate(s)
	if err != nil {
		tb.Fatal(err)
	}
	return d.At(12, 0, shanghai)
}

// ruled is a version that holds since long ago.
func ruled(rules ...credit.Rule) []credit.RuleSet {
	for i := range rules {
		rules[i].Key, rules[i].Effect = fmt.Sprint("r", i), credit.OnlineOnly
		if rules[i].Scope == "" {
			rules[i].Scope = credit.Hospital
		}
	}
	set := credit.DefaultRules()
	set.Version, set.Rules = 1, rules
	set.PublishedAt, set.ValidFrom = time.Date(2020, 1, 1, 0, 0, 0, 0, shanghai), time.Date(2020, 1, 2, 0, 0, 0, 0, shanghai)
	return []credit.RuleSet{set}
}

func marks(tb rapid.TB, cause credit.Cause, days ...string) []credit.Mark {
	tb.Helper()
	var out []credit.Mark
	for i, d := range days {
		out = append(out, credit.Mark{ID: fmt.Sprint(cause, i), PatientID: "p1", Cause: cause, At: day(tb, d), State: credit.Counted})
	}
	return out
}

var (
	noShow  = []credit.Cause{credit.NoShow}
	cancels = []credit.Cause{credit.LateCancel}
)

func rule(counts []credit.Cause, w credit.Window, threshold int, p credit.Penalty) credit.Rule {
	return credit.Rule{Counts: counts, Window: w, Threshold: threshold, Penalty: p}
}

func days(n ...int) credit.Penalty { return credit.Penalty{Kind: credit.ForDays, Days: n} }

// TestRulesOfRealHospitals puts published rules of Chinese hospitals (domain
// rule §3.13) as data, and asks until when online booking is closed after the
// last of some missed visits.
func TestRulesOfRealHospitals(t *testing.T) {
	rolling := func(n int) credit.Window { return credit.Window{Kind: credit.Rolling, Days: n} }
	month, halfYear, year := credit.Window{Kind: credit.Month}, credit.Window{Kind: credit.HalfYear}, credit.Window{Kind: credit.Year}
	row := credit.Window{Kind: credit.Consecutive}
	fromFirst := days(90)
	fromFirst.FromFirst = true
	rest := credit.Penalty{Kind: credit.RestOfWindow}
	escalating := credit.Penalty{Kind: credit.Escalating, Days: []int{30, 60, 90}}
	for name, c := range map[string]struct {
		sets  []credit.RuleSet
		cause credit.Cause
		marks []string
		came  string
		last  string // "" for not closed
	}{
		"S23 three in 90 days, 90 days from the first": {ruled(rule(noShow, rolling(90), 3, fromFirst)), credit.NoShow, []string{"2026-01-10", "2026-02-01", "2026-03-01"}, "", "2026-04-10"},
		"S23 the first is out of the window":           {ruled(rule(noShow, rolling(90), 3, fromFirst)), credit.NoShow, []string{"2026-01-10", "2026-02-01", "2026-04-10"}, "", ""},
		"S29 first of the year":                        {ruled(rule(noShow, year, 1, escalating)), credit.NoShow, []string{"2026-03-01"}, "", "2026-03-31"},
		"S29 second of the year":                       {ruled(rule(noShow, year, 1, escalating)), credit.NoShow, []string{"2026-03-01", "2026-05-01"}, "", "2026-06-30"},
		"S29 fourth of the year as the third":          {ruled(rule(noShow, year, 1, escalating)), credit.NoShow, []string{"2026-01-01", "2026-03-01", "2026-05-01", "2026-07-01"}, "", "2026-09-29"},
		"S29 a new year begins anew":                   {ruled(rule(noShow, year, 1, escalating)), credit.NoShow, []string{"2025-12-01", "2026-01-05"}, "", "2026-02-04"},
		"S22a three no-shows in a year":                {ruled(rule(noShow, year, 3, days(30)), rule(cancels, month, 3, days(30))), credit.NoShow, []string{"2026-01-02", "2026-04-02", "2026-06-02"}, "", "2026-07-02"},
		"S22a three cancellations in a month":          {ruled(rule(noShow, year, 3, days(30)), rule(cancels, month, 3, days(30))), credit.LateCancel, []string{"2026-06-01", "2026-06-15", "2026-06-30"}, "", "2026-07-30"},
		"S22a two of them in another month":            {ruled(rule(noShow, year, 3, days(30)), rule(cancels, month, 3, days(30))), credit.LateCancel, []string{"2026-05-30", "2026-05-31", "2026-06-01"}, "", ""},
		"S22b cancellations: the rest of that month":   {ruled(rule(cancels, month, 3, rest), rule(noShow, halfYear, 3, days(182))), credit.LateCancel, []string{"2026-06-01", "2026-06-02", "2026-06-03"}, "", "2026-06-30"},
		"S22b three no-shows in a half-year":           {ruled(rule(cancels, month, 3, rest), rule(noShow, halfYear, 3, days(182))), credit.NoShow, []string{"2026-07-01", "2026-08-01", "2026-12-31"}, "", "2027-07-01"},
		"S22b one of them in the half-year before":     {ruled(rule(noShow, halfYear, 3, days(182))), credit.NoShow, []string{"2026-06-30", "2026-08-01", "2026-12-31"}, "", ""},
		"S22c more than three":                         {ruled(rule(noShow, year, 4, days(182))), credit.NoShow, []string{"2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"}, "", "2026-09-30"},
		"S22c three are not more than three":           {ruled(rule(noShow, year, 4, days(182))), credit.NoShow, []string{"2026-01-01", "2026-02-01", "2026-03-01"}, "", ""},
		"S30 more than three a month: its rest":        {ruled(rule(noShow, month, 4, rest)), credit.NoShow, []string{"2026-12-01", "2026-12-02", "2026-12-03", "2026-12-04"}, "", "2026-12-31"},
		"S8 more than three in three months":           {ruled(rule(noShow, rolling(90), 4, days(90))), credit.NoShow, []string{"2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"}, "", "2026-06-02"},
		"S31 three in a month: half a year":            {ruled(rule(noShow, month, 3, days(182))), credit.NoShow, []string{"2026-03-01", "2026-03-02", "2026-03-31"}, "", "2026-09-29"},
		"S56 three in three months":                    {ruled(rule(noShow, rolling(90), 3, days(90))), credit.NoShow, []string{"2026-03-01", "2026-03-02", "2026-03-03"}, "", "2026-06-01"},
		"S57 three a year: 180 days":                   {ruled(rule(noShow, year, 3, days(180))), credit.NoShow, []string{"2026-01-01", "2026-06-01", "2026-12-31"}, "", "2027-06-29"},
		"S45 three in a row":                           {ruled(rule(noShow, row, 3, days(182))), credit.NoShow, []string{"2025-01-01", "2025-06-01", "2026-03-01"}, "", "2026-08-30"},
		"S45 a visit between breaks the row":           {ruled(rule(noShow, row, 3, days(182))), credit.NoShow, []string{"2025-01-01", "2025-06-01", "2026-03-01"}, "2025-09-01", ""},
		"nothing was published":                        {nil, credit.NoShow, []string{"2026-03-01", "2026-03-02", "2026-03-03"}, "", ""},
		"another cause does not count":                 {ruled(rule(noShow, rolling(90), 3, days(90))), credit.HoldExpired, []string{"2026-03-01", "2026-03-02", "2026-03-03"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, set := range c.sets {
				if err := set.Validate(); err != nil {
					t.Fatal(err)
				}
			}
			record := credit.Record{Marks: marks(t, c.cause, c.marks...)}
			if c.came != "" {
				record.Came = []time.Time{day(t, c.came)}
			}
			now := record.Marks[len(record.Marks)-1].At
			got, closed := credit.Restriction(c.sets, record, now, shanghai)
			if closed != (c.last != "") || closed && got.Last.String() != c.last {
				t.Fatalf("got closed %v until %v, want %q", closed, got.Last, c.last)
			}
			if !closed {
				return
			}
			if _, still := credit.Restriction(c.sets, record, got.Until.Add(-time.Microsecond), shanghai); !still {
				t.Errorf("not closed on its last day %v", got.Last)
			}
			if l, still := credit.Restriction(c.sets, record, got.Until, shanghai); still {
				t.Errorf("closed after its last day until %v", l.Last)
			}
		})
	}
}

// TestAMarkIsJudgedByTheRuleThenInForce: rules that come later change nothing
// of what was before, neither for the worse nor for the better.
func TestAMarkIsJudgedByTheRuleThenInForce(t *testing.T) {
	window := credit.Window{Kind: credit.Rolling, Days: 90}
	mild, strict := ruled(rule(noShow, window, 3, days(10)))[0], ruled(rule([]credit.Cause{credit.NoShow, credit.LateCancel}, window, 1, days(300)))[0]
	strict.Version, strict.PublishedAt, strict.ValidFrom = 2, day(t, "2026-03-01"), day(t, "2026-03-10")
	sets := []credit.RuleSet{mild, strict}
	before := credit.Record{Marks: append(marks(t, credit.NoShow, "2026-03-05"), marks(t, credit.LateCancel, "2026-03-06")...)}
	for _, now := range []string{"2026-03-06", "2026-03-20"} {
		if l, closed := credit.Restriction(sets, before, day(t, now), shanghai); closed {
			t.Errorf("on %s: what was before the new rules closes until %v", now, l.Last)
		}
	}
	after := credit.Record{Marks: append(before.Marks, marks(t, credit.LateCancel, "2026-03-11")[0])}
	l, closed := credit.Restriction(sets, after, day(t, "2026-03-11"), shanghai)
	if !closed || l.Set != 2 || l.Count != 2 {
		t.Errorf("got %+v, %v, want closed by version 2: the no-show and this one; the old cancellation was about nothing", l, closed)
	}
	loosened := ruled(rule(noShow, window, 9, days(1)))[0]
	loosened.Version, loosened.PublishedAt, loosened.ValidFrom = 3, day(t, "2026-03-12"), day(t, "2026-03-13")
	if again, closed := credit.Restriction(append(sets, loosened), after, day(t, "2026-03-20"), shanghai); !closed || again.Last != l.Last {
		t.Errorf("got %+v, %v: later rules must not undo what was judged", again, closed)
	}
}

func TestWhatCannotBePublished(t *testing.T) {
	good := func() credit.RuleSet {
		return ruled(rule(noShow, credit.Window{Kind: credit.Rolling, Days: 90}, 3, days(90)))[0]
	}
	if err := good().Validate(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*credit.RuleSet){
		"in force when published": func(s *credit.RuleSet) { s.ValidFrom = s.PublishedAt },
		"in force before":         func(s *credit.RuleSet) { s.ValidFrom = s.PublishedAt.Add(-time.Hour) },
		"no time to appeal":       func(s *credit.RuleSet) { s.AppealDays = 0 },
		"no time to decide":       func(s *credit.RuleSet) { s.DecideDays = 31 },
		"two of one key":          func(s *credit.RuleSet) { s.Rules = append(s.Rules, s.Rules[0]) },
		"counts nothing":          func(s *credit.RuleSet) { s.Rules[0].Counts = nil },
		"counts what is unknown":  func(s *credit.RuleSet) { s.Rules[0].Counts = []credit.Cause{"rude"} },
		"a window without days":   func(s *credit.RuleSet) { s.Rules[0].Window.Days = 0 },
		"a month of days":         func(s *credit.RuleSet) { s.Rules[0].Window = credit.Window{Kind: credit.Month, Days: 3} },
		"no threshold":            func(s *credit.RuleSet) { s.Rules[0].Threshold = 0 },
		"no days":                 func(s *credit.RuleSet) { s.Rules[0].Penalty.Days = nil },
		"days beyond two years":   func(s *credit.RuleSet) { s.Rules[0].Penalty.Days = []int{731} },
		"becoming milder": func(s *credit.RuleSet) {
			s.Rules[0].Penalty = credit.Penalty{Kind: credit.Escalating, Days: []int{60, 30}}
		},
		"the rest of a rolling window": func(s *credit.RuleSet) { s.Rules[0].Penalty = credit.Penalty{Kind: credit.RestOfWindow} },
		"the whole hospital closed":    func(s *credit.RuleSet) { s.Rules[0].Effect = "everywhere" },
		"no such scope":                func(s *credit.RuleSet) { s.Rules[0].Scope = "country" },
	} {
		t.Run(name, func(t *testing.T) {
			s := good()
			change(&s)
			if err := s.Validate(); houzhen.CodeOf(err) != houzhen.CodeCreditRules {
				t.Errorf("got %v, want it refused", err)
			}
		})
	}
}

// someSets draws one to three versions of one to two rules.
func someSets(t *rapid.T) []credit.RuleSet {
	var sets []credit.RuleSet
	for v := range rapid.IntRange(1, 3).Draw(t, "versions") {
		var rules []credit.Rule
		for range rapid.IntRange(1, 2).Draw(t, "rules") {
			kind := rapid.SampledFrom([]credit.WindowKind{credit.Rolling, credit.Month, credit.HalfYear, credit.Year, credit.Consecutive}).Draw(t, "window")
			w := credit.Window{Kind: kind}
			if kind == credit.Rolling {
				w.Days = rapid.IntRange(1, 120).Draw(t, "days")
			}
			p := days(rapid.IntRange(1, 200).Draw(t, "penalty"))
			p.FromFirst = rapid.Bool().Draw(t, "first")
			switch rapid.IntRange(0, 2).Draw(t, "kind") {
			case 0:
				p.Kind, p.Days = credit.Escalating, []int{10, 20, 50}
			case 1:
				if kind != credit.Rolling && kind != credit.Consecutive {
					p = credit.Penalty{Kind: credit.RestOfWindow}
				}
			}
			counts := rapid.SampledFrom([][]credit.Cause{noShow, cancels, {credit.NoShow, credit.LateCancel}}).Draw(t, "counts")
			rules = append(rules, rule(counts, w, rapid.IntRange(1, 4).Draw(t, "threshold"), p))
		}
		set := ruled(rules...)[0]
		set.Version, set.ValidFrom = int64(v+1), day(t, "2026-01-01").AddDate(0, 0, 60*v)
		sets = append(sets, set)
	}
	return sets
}

func someMarks(t *rapid.T, label string) []credit.Mark {
	n := rapid.IntRange(0, 6).Draw(t, label)
	var out []credit.Mark
	for i := range n {
		out = append(out, credit.Mark{
			ID: fmt.Sprint(label, i), PatientID: "p1", State: credit.Counted, At: day(t, "2026-01-01").AddDate(0, 0, rapid.IntRange(-20, 200).Draw(t, "at")),
			Cause: rapid.SampledFrom([]credit.Cause{credit.NoShow, credit.LateCancel, credit.HoldExpired}).Draw(t, "cause"),
		})
	}
	return out
}

func TestAMarkMoreNeverShortensARestriction(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sets, some, more := someSets(t), someMarks(t, "some"), someMarks(t, "more")
		var came []time.Time
		for range rapid.IntRange(0, 2).Draw(t, "visits") {
			came = append(came, day(t, "2026-01-01").AddDate(0, 0, rapid.IntRange(0, 150).Draw(t, "came")))
		}
		now := day(t, "2026-01-01").AddDate(0, 0, rapid.IntRange(0, 400).Draw(t, "now"))
		few, closed := credit.Restriction(sets, credit.Record{Marks: some, Came: came}, now, shanghai)
		all, stays := credit.Restriction(sets, credit.Record{Marks: append(some, more...), Came: came}, now, shanghai)
		if closed && (!stays || all.Until.Before(few.Until)) {
			t.Fatalf("closed until %v, with more marks %v %v", few.Last, stays, all.Last)
		}
	})
}

func TestWhatIsExemptOrLiftedNeverCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sets, counted, other := someSets(t), someMarks(t, "counted"), someMarks(t, "other")
		for i := range other {
			other[i].State = rapid.SampledFrom([]credit.MarkState{credit.Exempt, credit.Lifted}).Draw(t, "state")
		}
		now := day(t, "2026-01-01").AddDate(0, 0, rapid.IntRange(0, 400).Draw(t, "now"))
		a, closed := credit.Restriction(sets, credit.Record{Marks: counted}, now, shanghai)
		b, stays := credit.Restriction(sets, credit.Record{Marks: append(other, counted...)}, now, shanghai)
		if closed != stays || a != b {
			t.Fatalf("got %+v %v, with exempt ones %+v %v", a, closed, b, stays)
		}
	})
}

func TestLaterRulesNeverChangeWhatWasJudged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sets, list := someSets(t), someMarks(t, "marks")
		cut := sets[len(sets)-1].ValidFrom
		var before []credit.Mark
		for _, m := range list {
			if m.At.Before(cut) {
				before = append(before, m)
			}
		}
		now := cut.AddDate(0, 0, rapid.IntRange(0, 100).Draw(t, "now"))
		a, closed := credit.Restriction(sets[:len(sets)-1], credit.Record{Marks: before}, now, shanghai)
		b, stays := credit.Restriction(sets, credit.Record{Marks: before}, now, shanghai)
		if closed != stays || a != b {
			t.Fatalf("got %+v %v, with a later version %+v %v", a, closed, b, stays)
		}
	})
}
