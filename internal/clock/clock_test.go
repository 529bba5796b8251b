package clock_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/houzhen/houzhen/internal/clock"
)

var (
	start = time.Date(2026, 5, 4, 1, 0, 0, 0, time.UTC)

	_ clock.Clock = clock.Real{}
	_ clock.Clock = (*clock.Fast)(nil)
	_ clock.Clock = (*clock.Step)(nil)
)

// pass lets time go by in a synctest bubble, where it takes none.
func pass(d time.Duration) { <-time.After(d) }

func fired(c <-chan time.Time) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestRealIsTheMachinesTimeInUTC(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := clock.Real{}.Now()
		if !now.Equal(time.Now()) || now.Location() != time.UTC {
			t.Errorf("got %v, want %v in UTC", now, time.Now())
		}
		if got := <-(clock.Real{}).After(time.Minute); !got.Equal(now.Add(time.Minute)) {
			t.Errorf("got woken at %v, want %v", got, now.Add(time.Minute))
		}
	})
}

func TestFastRunsAtAMultipleOfRealTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clock.NewFast(start, 60)
		pass(2 * time.Second)
		if got, want := c.Now(), start.Add(2*time.Minute); !got.Equal(want) {
			t.Errorf("got %v, want %v", got, want)
		}
		began := time.Now()
		if got, want := <-c.After(5*time.Minute), start.Add(7*time.Minute); !got.Equal(want) {
			t.Errorf("got woken at %v, want %v", got, want)
		}
		if got := time.Since(began); got != 5*time.Second {
			t.Errorf("got woken after %v of real time, want 5 s", got)
		}
		if got := c.Real(time.Hour); got != time.Minute {
			t.Errorf("got an hour in %v, want a minute", got)
		}
	})
}

func TestFastTakesAnImpossibleSpeedAsRealTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, speed := range []float64{0, -3} {
			c := clock.NewFast(start, speed)
			pass(time.Second)
			if got, want := c.Now(), start.Add(time.Second); !got.Equal(want) {
				t.Errorf("speed %v: got %v, want %v", speed, got, want)
			}
		}
	})
}

func TestStepStandsStillUntilMoved(t *testing.T) {
	c := clock.NewStep(start.In(time.FixedZone("", 3600)))
	early, late, now := c.After(time.Minute), c.After(time.Hour), c.After(0)
	if !c.Now().Equal(start) || c.Now().Location() != time.UTC {
		t.Errorf("got %v, want %v in UTC", c.Now(), start)
	}
	if !fired(now) || fired(early) || fired(late) {
		t.Error("got the wrong ones woken before any move")
	}
	c.Advance(time.Minute)
	if !fired(early) || fired(late) {
		t.Error("got the wrong ones woken after a minute")
	}
	c.Set(start.Add(-time.Hour))
	if fired(late) {
		t.Error("got one woken by going back")
	}
	c.Set(start.Add(2 * time.Hour))
	if !fired(late) {
		t.Error("got one left asleep")
	}
}

func TestStepTellsWhenSomebodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clock.NewStep(start)
		two := c.Waiting(2)
		woken := 0
		done := make(chan struct{})
		for range 2 {
			go func() { <-c.After(time.Minute); done <- struct{}{} }()
		}
		<-two
		c.Advance(time.Minute)
		for range 2 {
			<-done
			woken++
		}
		if woken != 2 {
			t.Errorf("got %d woken, want 2", woken)
		}
		<-c.Waiting(0)
	})
}
