package noshow_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/noshow"
)

var monday = houzhen.Date{Year: 2026, Month: 3, Day: 2}

// clinic makes visits of a made-up clinic: who booked long ahead, is young or
// missed before misses more often.
func clinic(seed uint64, days, perDay int) []noshow.Record {
	r := rand.New(rand.NewPCG(seed, 1))
	flaky := map[string]bool{}
	var out []noshow.Record
	for d := range days {
		for range perDay {
			who := fmt.Sprint("p", r.IntN(perDay*days/3+1))
			if _, ok := flaky[who]; !ok {
				flaky[who] = r.Float64() < .3
			}
			lead := []int{0, 0, 1, 3, 7, 21}[r.IntN(6)]
			day := monday.AddDays(d)
			p := map[bool]float64{true: .05, false: .2 + float64(lead)*.005}[lead == 0]
			if flaky[who] {
				p *= 2
			}
			out = append(out, noshow.Record{Outcome: noshow.Outcome{Visit: noshow.Visit{
				ID: fmt.Sprint("a", len(out)), Patient: who, BookedAt: day.AddDays(-lead).At(8+r.IntN(9), r.IntN(60), time.UTC), Day: day,
				Age: r.IntN(90), Sex: noshow.Sex(1 + r.IntN(2)), Place: fmt.Sprint("z", r.IntN(5)), Reminded: noshow.Tri(1 + r.IntN(2)),
			}, NoShow: r.Float64() < p}})
		}
	}
	return out
}

func rate(records []noshow.Record, p []float64) noshow.Score {
	missed := make([]bool, len(records))
	for i, r := range records {
		missed[i] = r.NoShow
	}
	return noshow.Rate(p, missed)
}

func TestOnlineLearnsAndStaysCalibrated(t *testing.T) {
	records := clinic(7, 40, 120)
	got := rate(records[2400:], noshow.Online(noshow.New(), records)[2400:])
	if got.AUC < .66 || got.ECE > .04 || got.Leaks() {
		t.Errorf("got AUC %.3f, ECE %.3f, want at least 0.66 and at most 0.04", got.AUC, got.ECE)
	}
}

// TestColdStartIsTheTableOfLeadTimes: before anything was learned, what is
// known of lead times speaks.
func TestColdStartIsTheTableOfLeadTimes(t *testing.T) {
	m := noshow.New()
	for lead, want := range map[int]float64{0: .046, 1: .21, 2: .24, 5: .26, 10: .30, 25: .33, 200: .33} {
		v := noshow.Visit{BookedAt: monday.AddDays(-lead).At(9, 0, time.UTC), Day: monday, Age: -1}
		if got := m.Estimate(v, noshow.History{}); !near(got, want) {
			t.Errorf("lead of %d days: got %v, want %v", lead, got, want)
		}
	}
}

// TestNothingOfTheDayItselfIsKnown: turning the outcomes of a day, or of later
// ones, into their opposite changes no estimate of that day.
func TestNothingOfTheDayItselfIsKnown(t *testing.T) {
	records := clinic(3, 8, 30)
	before := noshow.Online(noshow.New(), records)
	cut := monday.AddDays(5)
	for i := range records {
		if !records[i].Day.Before(cut) {
			records[i].NoShow = !records[i].NoShow
		}
	}
	after := noshow.Online(noshow.New(), records)
	changed := 0
	for i, r := range records {
		switch {
		case !cut.Before(r.Day) && before[i] != after[i]:
			t.Fatalf("an estimate for %v moved when outcomes from %v on changed", r.Day, cut)
		case before[i] != after[i]:
			changed++
		}
	}
	if changed == 0 {
		t.Error("no later estimate moved: the model does not learn")
	}
}

// TestALeakIsSeen: a patient's rate over all rows, the future included, makes
// the estimates too good to be true, and the score says so.
func TestALeakIsSeen(t *testing.T) {
	records := clinic(5, 40, 120)
	if rate(records, noshow.Online(noshow.New(), records)).Leaks() {
		t.Fatal("honest estimates are called a leak")
	}
	missed, n := map[string]float64{}, map[string]float64{}
	for _, r := range records {
		n[r.Patient]++
		if r.NoShow {
			missed[r.Patient]++
		}
	}
	for i, r := range records {
		records[i].Place = fmt.Sprintf("%.1f", missed[r.Patient]/n[r.Patient])
	}
	if got := rate(records, noshow.Online(noshow.New(), records)); !got.Leaks() {
		t.Errorf("AUC %.3f with the future planted: want it called a leak", got.AUC)
	}
}

func TestOrderOfRowsDoesNotMatter(t *testing.T) {
	records := clinic(11, 6, 25)
	want := map[string]float64{}
	for i, p := range noshow.Online(noshow.New(), records) {
		want[records[i].ID] = p
	}
	rapid.Check(t, func(t *rapid.T) {
		shuffled := make([]noshow.Record, len(records))
		for i, j := range rapid.Permutation(indexes(len(records))).Draw(t, "order") {
			shuffled[i] = records[j]
		}
		for i, p := range noshow.Online(noshow.New(), shuffled) {
			if p != want[shuffled[i].ID] {
				t.Fatalf("%s: got %v, want %v", shuffled[i].ID, p, want[shuffled[i].ID])
			}
		}
	})
}

func TestAnUnknownOutcomeIsEstimatedAndTeachesNothing(t *testing.T) {
	records := clinic(13, 4, 40)
	known := slices.Clone(records[:120])
	for i := 120; i < len(records); i++ {
		records[i].Unknown = true
	}
	all, some := noshow.New(), noshow.New()
	p := noshow.Online(all, records)
	noshow.Online(some, known)
	if all.Seen() != 120 || some.Seen() != 120 {
		t.Errorf("learned from %d and %d, want 120", all.Seen(), some.Seen())
	}
	for _, x := range p {
		if x <= 0 || x >= 1 {
			t.Fatalf("got %v, want a chance", x)
		}
	}
}

func TestAmong(t *testing.T) {
	visit := func(id string, booked, day, hour int) noshow.Visit {
		return noshow.Visit{ID: id, BookedAt: monday.AddDays(booked).At(hour, 0, time.UTC), Day: monday.AddDays(day)}
	}
	all := []noshow.Visit{
		visit("ahead", 0, 5, 9), visit("ahead2", 1, 5, 9), visit("early", 5, 5, 8), visit("late", 5, 5, 11),
		visit("before", 0, 3, 9), visit("booked later", 2, 4, 9),
	}
	for _, c := range []struct {
		id            string
		same, earlier int
	}{
		{"ahead", 2, 1},  // on the evening before nobody knows of the same-day ones
		{"ahead2", 2, 1}, // booked before "booked later" was
		{"early", 3, 2},  // at eight o'clock the one at eleven is not booked
		{"late", 4, 2},
		{"before", 1, 0},
	} {
		t.Run(c.id, func(t *testing.T) {
			i := slices.IndexFunc(all, func(v noshow.Visit) bool { return v.ID == c.id })
			got := noshow.Among(all[i], all)
			if got.SameDay != c.same || got.Earlier != c.earlier {
				t.Errorf("got %d on the day and %d earlier, want %d and %d", got.SameDay, got.Earlier, c.same, c.earlier)
			}
		})
	}
}

func TestAModelIsKeptWhole(t *testing.T) {
	records := clinic(17, 10, 60)
	a := noshow.New()
	noshow.Online(a, records)
	b, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	again := noshow.New()
	if err := json.Unmarshal(b, again); err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		h := noshow.History{Visits: 2, Missed: 1, LastDay: monday}
		if got, want := again.Estimate(r.Visit, h), a.Estimate(r.Visit, h); got != want {
			t.Fatalf("got %v, want %v", got, want)
		}
		if diff := cmp.Diff(a.Explain(r.Visit, h), again.Explain(r.Visit, h)); diff != "" {
			t.Fatal(diff)
		}
	}
	if again.Learned() != monday.AddDays(9) {
		t.Errorf("got %v, want the last day", again.Learned())
	}
}

func TestAStateOfAnotherVersionIsNotUsed(t *testing.T) {
	for state, want := range map[string]houzhen.Code{
		`{"version":0}`: houzhen.CodeConflict,
		`{"version":1,"weights":[1],"spread":[1],"mean":[1]}`: houzhen.CodeConflict,
		`[]`: houzhen.CodeMalformed,
	} {
		if err := noshow.New().UnmarshalJSON([]byte(state)); houzhen.CodeOf(err) != want {
			t.Errorf("%s: got %v, want %q", state, err, want)
		}
	}
}

func TestReasonsSayWhatMovesAnEstimate(t *testing.T) {
	m := noshow.New()
	noshow.Online(m, clinic(19, 30, 120))
	visit := func(lead int) noshow.Visit {
		return noshow.Visit{BookedAt: monday.AddDays(60-lead).At(10, 0, time.UTC), Day: monday.AddDays(60), Age: 50, SameDay: 1}
	}
	today := m.Explain(visit(0), noshow.History{})
	if len(today) == 0 || today[0].Code() != "noshow.lead.less" {
		t.Errorf("got %v, want a same-day visit to speak of its lead time first", today)
	}
	flaky := noshow.History{Visits: 6, Missed: 6, Ahead: 6, Away: 6, Last: true, LastDay: monday.AddDays(55)}
	codes := []string{}
	for _, r := range m.Explain(visit(14), flaky) {
		codes = append(codes, r.Code())
	}
	if !slices.Contains(codes, "noshow.history.more") || len(codes) > 3 {
		t.Errorf("got %v, want at most three with the history among them", codes)
	}
	if a, b := m.Estimate(visit(14), flaky), m.Estimate(visit(14), noshow.History{}); a <= b {
		t.Errorf("six misses give %v, none %v", a, b)
	}
}

func TestEstimatesAreChances(t *testing.T) {
	m := noshow.New()
	noshow.Online(m, clinic(23, 10, 60))
	rapid.Check(t, func(t *rapid.T) {
		v := noshow.Visit{
			BookedAt: monday.AddDays(rapid.IntRange(-900, 3).Draw(t, "booked")).At(rapid.IntRange(0, 23).Draw(t, "hour"), 0, time.UTC), Day: monday,
			Age: rapid.IntRange(-5, 400).Draw(t, "age"), Sex: noshow.Sex(rapid.IntRange(0, 2).Draw(t, "sex")),
			Place: rapid.String().Draw(t, "place"), SameDay: rapid.IntRange(-1, 50).Draw(t, "same"), Earlier: rapid.IntRange(-1, 500).Draw(t, "earlier"),
			Welfare: noshow.Tri(rapid.IntRange(0, 2).Draw(t, "welfare")),
		}
		n := rapid.IntRange(0, 300).Draw(t, "n")
		missed := rapid.IntRange(0, n).Draw(t, "missed")
		h := noshow.History{Visits: n, Missed: missed, Ahead: n, Away: missed, Last: missed > 0, LastDay: monday.AddDays(-rapid.IntRange(0, 999).Draw(t, "ago"))}
		if p := m.Estimate(v, h); !(p > 0 && p < 1) {
			t.Fatalf("got %v", p)
		}
	})
}
