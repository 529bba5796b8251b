package forecast

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/queue/queuetest"
)

func at(hour, minute int) time.Time {
	return time.Date(2026, 3, 2, hour, minute, 0, 0, time.UTC)
}

var tenMinutes = Pace{Mean: 10 * time.Minute, Doubt: 0.1}

func ticket(no int, state queue.State) queue.Ticket {
	return queue.Ticket{
		ID: fmt.Sprint(no), No: no, State: state, Lane: queue.LaneNormal, DoctorID: "d1",
		SliceStart: at(8, 0), SliceEnd: at(9, 0), StartedAt: at(8, 0), LastCallAt: at(8, 0),
	}
}

func seeing(ts ...queue.Ticket) queue.Queue {
	return queue.Queue{Start: at(8, 0), StartedAt: at(8, 0), Desk: queue.DeskSeeing, DoctorID: "d1", Tickets: ts}
}

func forecastOf(q queue.Queue, now time.Time) map[string]Range {
	return Of(q, queue.DefaultPolicy(), tenMinutes, now)
}

func minutesTo(t, now time.Time) float64 { return t.Sub(now).Minutes() }

func TestPaceOf(t *testing.T) {
	held := func(n int, length time.Duration, start time.Time) []queue.Consultation {
		cs := make([]queue.Consultation, n)
		for i := range cs {
			cs[i] = queue.Consultation{DoctorID: "d1", Start: start, Length: length}
		}
		return cs
	}
	yesterday, today := at(8, 0).AddDate(0, 0, -1), at(8, 0)
	cases := map[string]struct {
		doctor, clinic []queue.Consultation
		want           float64
	}{
		"nothing known is ten minutes":          {nil, nil, 10},
		"a new doctor is as the clinic":         {nil, held(1000, 6*time.Minute, yesterday), (10*10 + 1000*6) / 1010.},
		"a known doctor is himself":             {held(192, 5*time.Minute, yesterday), nil, (192*5 + 8*10) / 200.},
		"one slow patient is no slow day":       {held(1, 33*time.Minute, today), nil, (33 + 23*10) / 24.},
		"a press by mistake is no consultation": {held(9, time.Second, yesterday), nil, 10},
		"a forgotten press is none either":      {held(9, 3*time.Hour, yesterday), nil, 10},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := PaceOf(c.doctor, c.clinic, today).Mean.Minutes(); math.Abs(got-c.want) > 0.001 {
				t.Errorf("got %.3f minutes, want %.3f", got, c.want)
			}
		})
	}
	strange, known := PaceOf(nil, nil, today), PaceOf(held(200, 5*time.Minute, yesterday), nil, today)
	if strange.Doubt <= known.Doubt || known.Doubt <= 0 {
		t.Errorf("doubt about a stranger %.3f, about a known doctor %.3f", strange.Doubt, known.Doubt)
	}
}

func TestRemainderOfALognormal(t *testing.T) {
	fresh := remainder(600, 0)
	if math.Abs(fresh.mean-600) > 1e-9 {
		t.Errorf("one who enters now takes %.1f s, want the mean", fresh.mean)
	}
	for _, e := range []float64{1, 120, 600, 1200, 3600, 1e5} {
		got, want := remainder(600, e), integrate(600, min(e, 1e4))
		if e <= 3600 && (math.Abs(got.mean-want.mean) > 0.02*want.mean || math.Abs(got.variance-want.variance) > 0.05*want.variance) {
			t.Errorf("after %.0f s: got %.1f ± %.1f, want %.1f ± %.1f", e, got.mean, math.Sqrt(got.variance), want.mean, math.Sqrt(want.variance))
		}
		if !(got.mean > 0) || math.IsInf(got.mean, 0) || got.variance < 0 {
			t.Errorf("after %.0f s: %+v", e, got)
		}
	}
}

// integrate is the oracle: the conditional lognormal summed numerically.
func integrate(mean, e float64) moments {
	s2 := math.Log1p(variation * variation)
	mu, s := math.Log(mean)-s2/2, math.Sqrt(s2)
	var mass, first, second float64
	for z := (math.Log(e) - mu) / s; z < 12; z += 1e-4 {
		x, w := math.Exp(mu+s*z), math.Exp(-z*z/2)
		mass, first, second = mass+w, first+w*(x-e), second+w*(x-e)*(x-e)
	}
	return moments{first / mass, second/mass - first*first/(mass*mass)}
}

func TestLateness(t *testing.T) {
	if got := lateness(-600); got.mean != 720 {
		t.Errorf("ten minutes before the start: %.0f s, want 720", got.mean)
	}
	if got := lateness(120); math.Abs(got.mean-300*math.Sqrt(2/math.Pi)) > 0.5 {
		t.Errorf("at his usual minute: %.1f s, want the half normal's mean %.1f", got.mean, 300*math.Sqrt(2/math.Pi))
	}
	for _, e := range []float64{600, 3600, 1e5} {
		if got := lateness(e); !(got.mean > 0) || !(got.variance > 0) {
			t.Errorf("late by %.0f s: %+v", e, got)
		}
	}
}

func TestPercentilesMatchTheMoments(t *testing.T) {
	p10, p50, p90 := moments{600, 300 * 300}.percentiles()
	if !(p10 < p50 && p50 < 600 && 600 < p90) {
		t.Errorf("p10 %.0f, p50 %.0f, p90 %.0f of a skewed time of mean 600", p10, p50, p90)
	}
	if got, want := p50*p50, p10*p90; math.Abs(got-want) > 1e-6*want {
		t.Error("the points are not those of one lognormal")
	}
	if p10, _, p90 := (moments{}).percentiles(); !(p10 > 0) || !(p90 < 60) {
		t.Errorf("nothing ahead: %.1f to %.1f s", p10, p90)
	}
}

func TestForecastRisesAlongTheLine(t *testing.T) {
	now := at(8, 4)
	q := seeing(ticket(1, queue.InConsult), ticket(2, queue.Ready), ticket(3, queue.Waiting), ticket(4, queue.Waiting), ticket(9, queue.NotCheckedIn))
	got := forecastOf(q, now)
	if _, ok := got["1"]; ok || len(got) != 4 {
		t.Fatalf("forecast for %d tickets, with the one in the room %t", len(got), ok)
	}
	for no := 3; no <= 4; no++ {
		before, this := got[fmt.Sprint(no-1)], got[fmt.Sprint(no)]
		if !before.Low.Before(this.Low) || !before.Mid.Before(this.Mid) || !before.High.Before(this.High) {
			t.Errorf("number %d is not after number %d", no, no-1)
		}
	}
	for id, r := range got {
		if !now.Before(r.Low) || !r.Low.Before(r.Mid) || !r.Mid.Before(r.High) {
			t.Errorf("%s: %v is no range after now", id, r)
		}
	}
	if mid := minutesTo(got["2"].Mid, now); mid < 5 || mid > 7.5 {
		t.Errorf("after four minutes of ten the next waits %.1f, want about six", mid)
	}
}

func TestForecastTheTimeThePresentOneHasTaken(t *testing.T) {
	q := seeing(ticket(1, queue.InConsult), ticket(2, queue.Ready))
	last := math.Inf(1)
	for _, minute := range []int{0, 3, 6, 9} {
		now := at(8, minute)
		wait := minutesTo(forecastOf(q, now)["2"].Mid, now)
		if wait >= last || wait < 0.5 {
			t.Errorf("after %d minutes the next waits %.1f, before %.1f", minute, wait, last)
		}
		last = wait
	}
	late := at(9, 30)
	if wait := minutesTo(forecastOf(q, late)["2"].Mid, late); wait > 60 {
		t.Errorf("a forgotten consultation makes the next wait %.0f minutes", wait)
	}
}

func TestForecastOfADoctorWhoHasNotStarted(t *testing.T) {
	q := seeing(ticket(1, queue.Waiting), ticket(2, queue.Waiting))
	q.StartedAt, q.Desk = time.Time{}, queue.DeskIdle
	early := forecastOf(q, at(7, 0))
	if mid := early["1"].Mid; mid.Before(at(7, 58)) || mid.After(at(8, 6)) {
		t.Errorf("the first is expected at %s, want about 8:02", mid.Format(time.TimeOnly))
	}
	if gap := early["2"].Mid.Sub(early["1"].Mid).Minutes(); gap < 9 || gap > 12 {
		t.Errorf("the second is expected %.1f minutes later, want about ten", gap)
	}
	late := at(8, 20)
	if wait := minutesTo(forecastOf(q, late)["1"].Mid, late); wait <= 0 || wait > 10 {
		t.Errorf("with the doctor 20 minutes late the first waits %.1f more", wait)
	}
}

func TestForecastOfAPause(t *testing.T) {
	now := at(8, 30)
	q := seeing(ticket(2, queue.Ready))
	q.Desk, q.PausedUntil = queue.DeskPaused, at(9, 0)
	if wait := minutesTo(forecastOf(q, now)["2"].Mid, now); wait < 27 || wait > 33 {
		t.Errorf("with half an hour of pause left the next waits %.1f", wait)
	}
	q.PausedUntil = time.Time{}
	open := forecastOf(q, now)["2"]
	if wait := minutesTo(open.High, now); wait < 15 {
		t.Errorf("of an open pause the upper end is %.1f minutes", wait)
	}
	q.Desk = queue.DeskEnded
	if got := forecastOf(q, now); len(got) != 0 {
		t.Errorf("an ended session has a forecast: %v", got)
	}
}

func TestForecastCountsTheAbsentByTheirChance(t *testing.T) {
	now := at(8, 4)
	here := seeing(ticket(1, queue.InConsult), ticket(2, queue.Waiting), ticket(3, queue.Waiting))
	gone := seeing(ticket(1, queue.InConsult), ticket(3, queue.Waiting))
	away := seeing(ticket(1, queue.InConsult), ticket(2, queue.NotCheckedIn), ticket(3, queue.Waiting))
	full, none, some := forecastOf(here, now)["3"].Mid, forecastOf(gone, now)["3"].Mid, forecastOf(away, now)["3"].Mid
	share := some.Sub(none).Seconds() / full.Sub(none).Seconds()
	if share < 0.7 || share > 0.85 {
		t.Errorf("an absent one counts as %.2f of a present one, want about 0.8", share)
	}
}

func TestShowProbabilityFallsWhileHeDoesNotCome(t *testing.T) {
	a := ticket(1, queue.NotCheckedIn)
	last := 1.0
	for minutes, want := range map[int]float64{-60: 0.80, 0: 0.40, 15: 0.10, 30: 0.02} {
		if got := showProbability(&a, at(9, 0).Add(time.Duration(minutes)*time.Minute)); math.Abs(got-want) > 0.03 {
			t.Errorf("%d minutes after his slice: got %.2f, want %.2f", minutes, got, want)
		}
	}
	for m := -60; m < 120; m += 5 {
		p := showProbability(&a, at(9, 0).Add(time.Duration(m)*time.Minute))
		if p > last || p < 0 {
			t.Fatalf("at %d minutes the chance is %.3f after %.3f", m, p, last)
		}
		last = p
	}
}

func TestForecastOfTheAbsentIsNotBeforeHisSlice(t *testing.T) {
	later := ticket(9, queue.NotCheckedIn)
	later.SliceStart, later.SliceEnd = at(10, 0), at(10, 30)
	q := seeing(ticket(1, queue.InConsult), later)
	if got := forecastOf(q, at(8, 5))["9"]; !got.Low.Equal(at(9, 50)) {
		t.Errorf("an empty clinic expects him from %s, want 9:50", got.Low.Format(time.TimeOnly))
	}
	early := ticket(30, queue.Waiting)
	early.SliceStart, early.SliceEnd = at(10, 30), at(11, 0)
	q.Tickets = append(q.Tickets, early)
	if wait := minutesTo(forecastOf(q, at(8, 5))["30"].Mid, at(8, 5)); wait > 15 {
		t.Errorf("one who is here waits %.0f minutes for one who is not due", wait)
	}
}

func TestForecastOfTwoDoctors(t *testing.T) {
	one := ticket(1, queue.InConsult)
	two := ticket(2, queue.InConsult)
	two.DoctorID = "d2"
	line := []queue.Ticket{ticket(3, queue.Waiting), ticket(4, queue.Waiting), ticket(5, queue.Waiting), ticket(6, queue.Waiting)}
	now := at(8, 5)
	alone := minutesTo(forecastOf(seeing(append(line, one)...), now)["6"].Mid, now)
	shared := minutesTo(forecastOf(seeing(append(line, one, two)...), now)["6"].Mid, now)
	if ratio := shared / alone; ratio < 0.4 || ratio > 0.65 {
		t.Errorf("two doctors make the wait %.2f of one doctor's", ratio)
	}
}

func TestShown(t *testing.T) {
	cases := map[string]struct{ in, want Range }{
		"outwards to five minutes": {
			Range{at(10, 7), at(10, 20), at(10, 31)}, Range{at(10, 5), at(10, 20), at(10, 35)},
		},
		"never narrower than ten": {
			Range{at(10, 6), at(10, 7), at(10, 8)}, Range{at(10, 5), at(10, 7), at(10, 15)},
		},
		"already round": {
			Range{at(10, 5), at(10, 7), at(10, 20)}, Range{at(10, 5), at(10, 7), at(10, 20)},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Shown(c.in)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestKeep(t *testing.T) {
	shown := Range{at(10, 0), at(10, 15), at(10, 40)}
	cases := map[string]struct {
		fresh Range
		now   time.Time
		kept  bool
	}{
		"a small move":                  {Range{at(10, 5), at(10, 22), at(10, 45)}, at(9, 30), true},
		"the middle leaves upwards":     {Range{at(10, 20), at(10, 41), at(11, 0)}, at(9, 30), false},
		"the middle leaves downwards":   {Range{at(9, 40), at(9, 59), at(10, 20)}, at(9, 30), false},
		"it is over":                    {Range{at(10, 41), at(10, 40), at(10, 50)}, at(10, 40), false},
		"much narrower":                 {Range{at(10, 5), at(10, 12), at(10, 20)}, at(9, 30), false},
		"somewhat narrower is no news":  {Range{at(10, 2), at(10, 15), at(10, 30)}, at(9, 30), true},
		"nothing was shown before this": {Range{at(10, 5), at(10, 22), at(10, 45)}, at(9, 30), false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			before := shown
			if name == "nothing was shown before this" {
				before = Range{}
			}
			want := Shown(c.fresh)
			if c.kept {
				want = before
			}
			if diff := cmp.Diff(want, Keep(before, c.fresh, c.now)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func BenchmarkOf(b *testing.B) {
	var ts []queue.Ticket
	for no := range 60 {
		state := queue.Waiting
		if no%2 == 1 {
			state = queue.NotCheckedIn
		}
		ts = append(ts, ticket(no, state))
	}
	q := seeing(ts...)
	for b.Loop() {
		forecastOf(q, at(8, 30))
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/60, "ns/patient")
}

func TestLoadReadsTheDoctorAndTheClinic(t *testing.T) {
	store := queuetest.NewStore(at(12, 0))
	err := store.InTx(t.Context(), func(tx queue.Tx) error {
		for no := range 40 {
			done := ticket(no, queue.Done)
			done.AppointmentID, done.EndedAt = done.ID, done.StartedAt.Add(5*time.Minute)
			if no >= 30 {
				done.DoctorID, done.EndedAt = "d2", done.StartedAt.Add(25*time.Minute)
			}
			if err := tx.AddTicket(t.Context(), done); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	pace := map[string]float64{}
	for _, doctor := range []string{"d1", "d2", "new"} {
		err := store.View(t.Context(), func(tx queue.Tx) error {
			p, err := Load(t.Context(), tx, queue.Queue{DoctorID: doctor, Start: at(14, 0)})
			pace[doctor] = p.Mean.Minutes()
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	clinic := (30*5. + 10*25 + 10*10) / 50
	want := map[string]float64{"d1": (30*5 + 8*clinic) / 38, "d2": (10*25 + 8*clinic) / 18, "new": clinic}
	for doctor, m := range want {
		if math.Abs(pace[doctor]-m) > 0.001 {
			t.Errorf("%s: got %.3f minutes, want %.3f", doctor, pace[doctor], m)
		}
	}
}
