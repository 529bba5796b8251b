package forecast

import (
	"math"
	"testing"
	"time"

	"github.com/houzhen/houzhen/queue"
)

func TestNothingFollowsOfStayingAtHomeUntilTold(t *testing.T) {
	home := ticket(1, queue.NotCheckedIn)
	home.TravelMinutes = 20
	for _, hour := range []int{7, 9, 11} {
		if got := tenMinutes().shows(&home, at(hour, 30)); math.Abs(got-(1-absence)) > 1e-9 {
			t.Errorf("at %d:30: got %.3f, want the prior, he was not told to come", hour, got)
		}
	}
	told := home
	told.LeaveAdvisedAt = at(9, 30)
	for minutes, want := range map[int]float64{0: 0.80, 10: 0.80, 20: 0.67, 30: 0.17, 90: 0} {
		if got := tenMinutes().shows(&told, at(9, 30).Add(time.Duration(minutes)*time.Minute)); math.Abs(got-want) > 0.03 {
			t.Errorf("%d minutes after he was told: got %.2f, want %.2f", minutes, got, want)
		}
	}
}

func TestAWayTakesLongerAsOftenAsItsQuantilesSay(t *testing.T) {
	way := Travel{Mean: 30 * time.Minute, Spread: 0.3}
	for _, q := range []float64{0.02, 0.3, 0.5, 0.98} {
		if got := way.longer(way.Quantile(q)); math.Abs(got-(1-q)) > 1e-6 {
			t.Errorf("longer than the %.2f-quantile: got %.4f", q, got)
		}
	}
	if way.longer(0) != 1 || (Travel{Mean: time.Hour}).longer(12*time.Hour) > 1e-9 {
		t.Error("no time at all, or all of it, is no time for a way")
	}
}

func TestWhoIsNearIsNotShownANarrowerRange(t *testing.T) {
	before := Card{Range: Range{at(10, 0), at(10, 15), at(10, 40)}}
	narrower := Range{at(10, 5), at(10, 12), at(10, 20)}
	if got := before.Next(narrower, Situation{Ahead: 3}, at(9, 50)); got != before {
		t.Errorf("with three ahead the range became %v, want it kept: words say that he is near", got.Range)
	}
	if got := before.Next(narrower, Situation{Ahead: 4}, at(9, 50)); got.Change != Narrower {
		t.Errorf("with four ahead the change is %q, want narrower", got.Change)
	}
	if got := before.Next(Range{at(10, 35), at(10, 50), at(11, 0)}, Situation{Ahead: 0}, at(9, 50)); got.Change != Later {
		t.Errorf("a range that is wrong stays: %q", got.Change)
	}
}

func TestAWalkForecastsThoseAtHomeWhoWereExpected(t *testing.T) {
	held := func(id string, here, start int) Held {
		return Held{Visit: Visit{Patient: id}, Here: at(8, here), Start: at(8, start), Length: 9 * time.Minute, Gap: unknown}
	}
	sudden, back := held("c", 15, 20), held("d", 25, 30)
	sudden.Sudden, back.Results = true, true
	s := Session{Doctor: "d1", Start: at(8, 0), End: at(9, 0), Held: []Held{held("a", 0, 0), held("b", 9, 10), sudden, back}}
	count := func(home bool) (n int) {
		tenMinutes().Live(Walk{Session: s, From: at(7, 50), Every: 5 * time.Minute, Home: home}, func(*Forecast, time.Time, time.Time) { n++ })
		return n
	}
	// a from 7:50 on, b too: he was expected; nobody knew of the others before they came.
	if got := count(true); got != 2+4+1+1 {
		t.Errorf("with those at home %d forecasts, want 8", got)
	}
	if got := count(false); got != 0+0+1+1 {
		t.Errorf("of those who are here %d forecasts, want 2", got)
	}
}
