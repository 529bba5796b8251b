package booking

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/houzhen/houzhen"
)

// The published table: probability that somebody stays away when he has not
// come by x minutes after his slot, for five probabilities before.
func TestPosteriorIsThePublishedTable(t *testing.T) {
	minutes := []float64{-15, -10, -5, 0, 5, 10, 15, 20, 30}
	for p, want := range map[float64][]float64{
		.03: {.05, .06, .10, .16, .26, .39, .52, .65, .87},
		.10: {.15, .19, .28, .40, .55, .69, .80, .87, .96},
		.20: {.28, .35, .46, .60, .74, .84, .90, .94, .98},
		.30: {.40, .48, .59, .72, .83, .90, .94, .96, .99},
		.50: {.61, .68, .77, .86, .92, .95, .97, .98, 1.0},
	} {
		for i, x := range minutes {
			if got := DefaultUnpunctuality().Posterior(p, x); math.Abs(got-want[i]) > .011 {
				t.Errorf("p %.2f, %+.0f min: got %.3f, want %.2f", p, x, got, want[i])
			}
		}
	}
}

func TestReleaseMomentFollowsTheProbability(t *testing.T) {
	at := houzhen.Date{Year: 2026, Month: time.March, Day: 2}.At(9, 0, time.UTC)
	a := Appointment{State: Booked, Start: at, End: at.Add(30 * time.Minute)}
	s := Session{Status: SessionOpen, Start: at.Add(-time.Hour), End: at.Add(3 * time.Hour)}
	p := DefaultPolicy()
	if math.Abs(p.ReleaseAt-.9) > 1e-9 {
		t.Errorf("threshold of harm 9 and gain 1 is %v, want .9", p.ReleaseAt)
	}
	for _, c := range []struct {
		chance float64
		known  bool
		want   int // minutes after the start of the slice
	}{
		{.2, true, 15},
		{.3, true, 10},
		{.5, true, 4},
		{.03, true, 33},
		{.001, true, 51},
		{0, false, 45}, // unknown: the end of the slice and 15 minutes
	} {
		got := 0
		for m := range 61 {
			if a.releasable(at.Add(time.Duration(m)*time.Minute), s, p, c.chance, c.known) {
				got = m
				break
			}
		}
		if got < c.want-1 || got > c.want+1 {
			t.Errorf("p %v, known %v: released after %d minutes, want %d", c.chance, c.known, got, c.want)
		}
	}
	late := s
	late.End = at.Add(59 * time.Minute)
	if a.releasable(at.Add(15*time.Minute), late, p, .5, true) {
		t.Error("released with 44 minutes of the session left")
	}
	if a.releasable(at.Add(-time.Minute), s, p, .99, true) {
		t.Error("released before the slice began")
	}
}

func TestPosteriorGrowsWithTimeAndDoubt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.Float64Range(.001, .9).Draw(t, "p")
		x := rapid.Float64Range(-60, 60).Draw(t, "x")
		u := DefaultUnpunctuality()
		now := u.Posterior(p, x)
		if now < p-1e-12 || now > 1 {
			t.Errorf("posterior %v of %v", now, p)
		}
		if u.Posterior(p, x+1) < now || u.Posterior(min(1, p+.01), x) < now {
			t.Error("waiting longer, or doubting more, made staying away less probable")
		}
	})
}

func TestDownNeedsALongEnoughOutageThatTouchesTheSpan(t *testing.T) {
	at := func(m int) time.Time { return time.Unix(int64(m)*60, 0) }
	for name, c := range map[string]struct {
		outages []Outage
		want    bool
	}{
		"none":         {nil, false},
		"within":       {[]Outage{{at(70), at(80)}}, true},
		"around":       {[]Outage{{at(0), at(500)}}, true},
		"touches":      {[]Outage{{at(55), at(61)}}, true},
		"too short":    {[]Outage{{at(70), at(74)}}, false},
		"just long":    {[]Outage{{at(70), at(75)}}, true},
		"ended before": {[]Outage{{at(50), at(60)}}, false},
		"began after":  {[]Outage{{at(120), at(130)}}, false},
	} {
		if got := Down(c.outages, at(60), at(120), 5*time.Minute); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
