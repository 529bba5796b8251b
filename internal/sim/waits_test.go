package sim

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// consultations writes a file of sessions with rows of a doctor who takes
// about mean minutes, from the first session number on.
func consultations(seed uint64, from, sessions, patients int, mean float64) string {
	r := rand.New(rand.NewPCG(seed, 1))
	var b strings.Builder
	b.WriteString("ID,Session,AM_PM,Visit.No,StartTime,ServTime\n")
	for s := range sessions {
		half, at := "morning", 8.5*3600+r.Float64()*300
		if s%2 == 1 {
			half, at = "afternoon", 14.5*3600+r.Float64()*300
		}
		for p := range patients {
			length := mean * 60 * math.Exp(0.4*r.NormFloat64()-0.08)
			fmt.Fprintf(&b, "P%d,%d,%s,%d,%d:%02d:%02d,%.0f\n", s*patients+p, from+s, half, 1+r.IntN(3), int(at)/3600, int(at)/60%60, int(at)%60, length)
			at += length
		}
	}
	return b.String()
}

func halfDaysOf(t *testing.T, text string) []HalfDay {
	t.Helper()
	days, bad, err := ReadHalfDays(strings.NewReader(text))
	if err != nil || len(bad) > 0 {
		t.Fatalf("%v, %v", bad, err)
	}
	return days
}

func TestHalfDaysAreReadInTheirOrder(t *testing.T) {
	days := halfDaysOf(t, `ID,Session,AM_PM,Visit.No,StartTime,ServTime
A,12,afternoon,2,14:40:00,600
B,11,morning,1,8:50:10,500
C,11,morning,3,8:31:40,691
B,11,morning,1,9:30:00,
A,12,afternoon,2,14:31:00,
`)
	if len(days) != 2 || days[0].Number != 11 || days[1].Number != 12 {
		t.Fatalf("got %+v", days)
	}
	var got []string
	for _, d := range days {
		for _, h := range d.Session.Held {
			got = append(got, fmt.Sprintf("%d %s %s %v new=%t back=%t", d.Number, h.Patient, h.Start.Format("15:04:05"), h.Length, h.First, h.Results))
		}
	}
	want := []string{
		"11 C 08:31:40 18m30s new=false back=false", "11 B 08:50:10 39m50s new=true back=false", "11 B 09:30:00 -1ns new=true back=true",
		"12 A 14:31:00 9m0s new=false back=false", "12 A 14:40:00 10m0s new=false back=true",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s := days[1].Session; s.Start.Format("15:04") != "14:30" || s.End.Format("15:04") != "18:00" {
		t.Errorf("an afternoon is from %v to %v", s.Start, s.End)
	}
}

func TestHalfDaysWithoutTheOtherColumns(t *testing.T) {
	days := halfDaysOf(t, "StartTime,Session,ID\n8:31:00,1,A\n14:31:00,2,A\n14:40:00,2,B\n")
	first := days[0].Session.Held[0].First && !days[1].Session.Held[0].First && days[1].Session.Held[1].First
	if !first || days[0].Session.Start.Hour() != 8 || days[1].Session.Start.Hour() != 14 {
		t.Errorf("got %+v", days)
	}
}

func TestBadRowsOfConsultationsAreToldWithTheirReason(t *testing.T) {
	days, bad, err := ReadHalfDays(strings.NewReader("ID,Session,StartTime,ServTime\n" +
		"A,1,8:31:00,600\n,1,8:40:00,1\nB,x,8:50:00,1\nC,1,late,1\nD,1\nA,1,8:31:00,600\nE,-1,9:00:00,1\n\"F,1,9:00:00,1\nG,1,9:10:00,NaN\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []BadRow{
		{3, "has an empty ID"},
		{4, "Session is not a number"},
		{5, "StartTime is not a time"},
		{6, "StartTime is not a time"},
		{7, "stands twice"},
		{8, "Session is not a number"},
		{9, "not a CSV row"},
	}
	if diff := cmp.Diff(want, bad); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(days) != 1 || len(days[0].Session.Held) != 1 {
		t.Errorf("got %+v", days)
	}
	for _, text := range []string{"", "a,b\n1,2\n", "ID,Session\n"} {
		if _, _, err := ReadHalfDays(strings.NewReader(text)); err == nil {
			t.Errorf("%q is taken for a file of consultations", text)
		}
	}
}

func TestWaitsAreForecastEveryFourMinutesForTen(t *testing.T) {
	days := halfDaysOf(t, consultations(1, 5, 2, 14, 12))
	var got []Wait
	report, err := Waits{Days: days}.Run(func(w Wait) error { got = append(got, w); return nil })
	if err != nil {
		t.Fatal(err)
	}
	if got[0].Session != 5 || got[0].Minute != 8*60+15 || got[0].Ahead != 0 || got[9].Ahead != 9 || got[10].Minute != 8*60+19 {
		t.Errorf("begins with %+v", got[:11])
	}
	if got[0].Naive != 0 || got[9].Naive != 9*15 {
		t.Errorf("before anything is seen: %v and %v minutes by people times mean, want 0 and 135", got[0].Naive, got[9].Naive)
	}
	for _, w := range got {
		held := days[w.Session-5].Session.Held
		started := 0
		for _, h := range held {
			if h.Start.Hour()*3600+h.Start.Minute()*60+h.Start.Second() <= w.Minute*60 {
				started++
			}
		}
		called := held[started+w.Ahead].Start
		truth := float64(called.Hour()*60+called.Minute()-w.Minute) + float64(called.Second())/60
		if math.Abs(truth-w.Truth) > 1e-9 || truth <= 0 {
			t.Fatalf("%+v: called after %.2f minutes", w, truth)
		}
		if w.P10 < 0 || w.P10 > w.P50 || w.P50 > w.P90 || (w.Minute-15)%2 != 0 {
			t.Fatalf("%+v is no range", w)
		}
	}
	if report.All.N != len(got) || report.Scored != 2 || report.ByAhead[0].N+report.ByAhead[1].N+report.ByAhead[2].N+report.ByAhead[3].N != len(got) {
		t.Errorf("got %+v for %d forecasts", report, len(got))
	}
	stop := errors.New("full")
	if _, err := (Waits{Days: days}).Run(func(Wait) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v when nothing can be written", err)
	}
}

func TestTheNaiveRuleKnowsTheMeanGapOfEarlierSessionsOnly(t *testing.T) {
	days := halfDaysOf(t, "ID,Session,StartTime\nA,1,8:30:00\nB,1,8:40:00\nC,1,9:06:00\nD,2,14:30:00\nE,2,14:50:00\nF,2,15:40:00\n")
	_, err := Waits{Days: days}.Run(func(w Wait) error {
		people := float64(w.Ahead)
		if w.Minute >= 14*60+30 || w.Session == 1 && w.Minute >= 8*60+30 {
			people++
		}
		mean := 15.0 // before any gap is seen
		if w.Session == 2 {
			mean = 18 // of 10 and 26 minutes
		}
		if math.Abs(w.Naive-people*mean) > 1e-9 {
			return fmt.Errorf("%+v: want %v", w, people*mean)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestScoringFromASessionOnChangesNoForecast(t *testing.T) {
	days := halfDaysOf(t, consultations(2, 1, 12, 12, 12))
	run := func(from int) (all []Wait, report WaitReport) {
		report, err := Waits{Days: days, ScoreFrom: from}.Run(func(w Wait) error { all = append(all, w); return nil })
		if err != nil {
			t.Fatal(err)
		}
		return all, report
	}
	all, of := run(0)
	late, ofLate := run(9)
	if diff := cmp.Diff(all, late); diff != "" {
		t.Error("other forecasts when fewer are scored")
	}
	n := 0
	for _, w := range all {
		if w.Session >= 9 {
			n++
		}
	}
	if ofLate.All.N != n || ofLate.Scored != 4 || of.All.N != len(all) {
		t.Errorf("scored %d of %d sessions, want %d of 4", ofLate.All.N, ofLate.Scored, n)
	}
}

func TestForecastsOfAMadeUpDoctorBeatPeopleTimesMean(t *testing.T) {
	report, err := Waits{Days: halfDaysOf(t, consultations(3, 1, 60, 16, 12)), ScoreFrom: 20}.Run(nil)
	if err != nil {
		t.Fatal(err)
	}
	if report.All.MAE > 0.95*report.All.Naive || report.All.Covered < 0.74 || report.All.Covered > 0.86 {
		t.Errorf("got %+v", report.All)
	}
}

func TestWhoIsToldToLeaveMissesAsOftenAsIsAccepted(t *testing.T) {
	days := halfDaysOf(t, consultations(4, 1, 120, 16, 12))
	outcomes := Leaves{Days: days, ScoreFrom: 30, Alphas: []float64{0.02, 0.1, 0.3}, Grace: 3 * 60e9, Seed: 1}.Run()
	last := math.Inf(1)
	for _, o := range outcomes {
		if o.People != 91*16 || math.Abs(o.Missed-o.Alpha) > 0.02+0.1*o.Alpha {
			t.Errorf("%+v", o)
		}
		if o.OnSite >= last || o.OnSite <= 0 {
			t.Errorf("who accepts %.2f waits %.1f minutes, with less %.1f", o.Alpha, o.OnSite, last)
		}
		last = o.OnSite
	}
	again := Leaves{Days: days, ScoreFrom: 30, Alphas: []float64{0.02, 0.1, 0.3}, Grace: 3 * 60e9, Seed: 1}.Run()
	if diff := cmp.Diff(outcomes, again); diff != "" {
		t.Error("the same seed gave another outcome")
	}
}

func TestMinutesOnSiteAtAShareMissed(t *testing.T) {
	known := []LeaveOutcome{{Missed: 0.1, OnSite: 10}, {Missed: 0.025, OnSite: 20}}
	if got := OnSiteAt(known, 0.05); math.Abs(got-15) > 1e-9 {
		t.Errorf("halfway on the logarithm: %.2f minutes, want 15", got)
	}
	for _, none := range [][]LeaveOutcome{nil, known[:1], {known[0], known[0]}, {{Missed: 0, OnSite: 3}, known[0]}} {
		if got := OnSiteAt(none, 0.05); !math.IsNaN(got) {
			t.Errorf("%v: got %.2f", none, got)
		}
	}
}
