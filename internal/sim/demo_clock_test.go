package sim_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/houzhen/houzhen/internal/clock"
	"github.com/houzhen/houzhen/internal/sim"
)

var _ clock.Clock = (*sim.LeapClock)(nil)

func TestLeapClockRunsFastAndLeapsOnOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		evening := wednesday.At(18, 0, time.UTC)
		morning := wednesday.AddDays(1).At(7, 40, time.UTC)
		c := sim.NewLeapClock(evening, 60)
		if got, want := <-c.After(time.Minute), evening.Add(time.Minute); !got.Equal(want) {
			t.Errorf("got woken at %v, want %v", got, want)
		}
		asleep := c.After(2 * time.Minute)
		c.Leap(morning)
		if got := c.Now(); !got.Equal(morning) {
			t.Errorf("got %v after the leap, want %v", got, morning)
		}
		began := time.Now()
		<-asleep
		if got := time.Since(began); got != 2*time.Second {
			t.Errorf("a sleeper woke after %v of real time, want 2 s", got)
		}
		c.Leap(evening)
		if got, want := c.Now(), morning.Add(2*time.Minute); !got.Equal(want) {
			t.Errorf("got %v after leaping back, want %v", got, want)
		}
	})
}
