package forecast

import (
	"math"
	"testing"
	"time"

	"github.com/houzhen/houzhen/queue"
)

// told is one who was told at 9:00 to leave and needs twenty minutes.
func told() queue.Ticket {
	t := ticket(1, queue.NotCheckedIn)
	t.TravelMinutes, t.LeaveAdvisedAt = 20, at(9, 0)
	return t
}

// saying is a model of a clinic where so many of a hundred who came when told
// had said that they were on their way.
func saying(ofHundred int) *Model {
	m := tenMinutes()
	q := queue.Queue{}
	for i := range 100 {
		t := told()
		t.State, t.CheckedInAt = queue.Done, at(9, 25)
		if i < ofHundred {
			t.SetOutAt = at(9, 1)
		}
		q.Tickets = append(q.Tickets, t)
	}
	for range 50 { // neither who never came nor who was not told says anything of the button
		away, untold := told(), told()
		untold.LeaveAdvisedAt, untold.CheckedInAt = time.Time{}, at(9, 25)
		q.Tickets = append(q.Tickets, away, untold)
	}
	m.learnSaying(&q)
	return m
}

func TestWhoSaysThatHeIsOnHisWayComes(t *testing.T) {
	said := told()
	said.SetOutAt = at(9, 4)
	for _, ofHundred := range []int{0, 70} {
		m := saying(ofHundred)
		for minute, least := range map[int]float64{5: 0.985, 20: 0.985, 27: 0.95} {
			if got := m.shows(&said, at(9, minute)); got < least {
				t.Errorf("%d of 100 say so; at 9:%02d he comes with %.3f, want at least %.3f", ofHundred, minute, got, least)
			}
		}
		if got := m.shows(&said, at(11, 0)); got > 0.5 {
			t.Errorf("an hour and a half after his way he still comes with %.2f", got)
		}
	}
}

func TestSilenceSaysAsMuchAsPeopleUsuallySay(t *testing.T) {
	quiet := told()
	for ofHundred, want := range map[int]float64{
		0:  0.80,                                          // nobody knows the button: the prior
		70: 0.8 * (1 - 0.636) / (0.2 + 0.8*(1-0.636)),     // 70 of 110
		99: 0.8 * (1 - 99./110) / (0.2 + 0.8*(1-99./110)), // next to everybody says so
	} {
		m := saying(ofHundred)
		if got := m.shows(&quiet, at(9, 0)); math.Abs(got-0.8) > 0.01 {
			t.Errorf("%d of 100: at once he comes with %.3f, want the prior", ofHundred, got)
		}
		if got := m.shows(&quiet, at(9, 4)); math.Abs(got-want) > 0.01 {
			t.Errorf("%d of 100: after four silent minutes he comes with %.3f, want %.3f", ofHundred, got, want)
		}
	}
}

func TestWhatWasForetoldOfAPatientTakesThePlaceOfThePrior(t *testing.T) {
	home := told()
	home.LeaveAdvisedAt = time.Time{}
	for foretold, want := range map[float64]float64{0: 1 - absence, 0.02: 0.98, 0.39: 0.61, 1: 0.05} {
		home.NoShow = foretold
		if got := tenMinutes().shows(&home, at(9, 0)); math.Abs(got-want) > 1e-9 {
			t.Errorf("foretold %.2f: he comes with %.3f, want %.3f", foretold, got, want)
		}
	}
}

// Somebody behind one who is likely to stay away is called earlier, and later
// when that one says that he comes.
func TestThoseBehindFeelIt(t *testing.T) {
	middles := map[string]float64{}
	for name, change := range map[string]func(*queue.Ticket){
		"silent":   func(*queue.Ticket) {},
		"said so":  func(x *queue.Ticket) { x.SetOutAt = at(9, 2) },
		"unlikely": func(x *queue.Ticket) { x.NoShow = 0.9 },
	} {
		before, behind := told(), ticket(2, queue.NotCheckedIn)
		behind.TravelMinutes, behind.SliceStart, behind.SliceEnd = 40, at(8, 5), at(8, 10)
		before.SliceStart, before.SliceEnd = at(8, 0), at(8, 5)
		change(&before)
		q := seeing(ticket(0, queue.InConsult), before, behind)
		q.End = at(12, 0)
		f := Of(q, queue.DefaultPolicy(), saying(70), at(9, 5))["2"]
		middles[name] = f.middle
	}
	if !(middles["unlikely"] < middles["silent"] && middles["silent"] < middles["said so"]) {
		t.Errorf("the one behind is called after %v seconds, want him earliest behind an unlikely one and last behind one who comes", middles)
	}
}

func TestAScoreIsTakenBackByItsInverse(t *testing.T) {
	for _, middle := range []float64{5, 600, 3600} {
		f := Forecast{now: at(9, 0), middle: middle, sd: middle/3 + 30}
		for _, s := range []float64{0, 60, 1800, 7200} {
			if got := f.scored(f.score(at(9, 0).Add(seconds(s)))); math.Abs(got-s) > 1e-6 {
				t.Errorf("middle %.0f: %.0f seconds become %.3f", middle, s, got)
			}
		}
		if got := f.score(at(9, 0).Add(seconds(middle))); math.Abs(got) > 1e-9 {
			t.Errorf("the middle scores %.3g, want 0", got)
		}
	}
}
