package sim

import (
	"sync/atomic"
	"time"

	"github.com/houzhen/houzhen/internal/clock"
)

// LeapClock runs like clock.Fast and can be moved on, over a night for
// instance. Whoever was waiting then wakes no later than he would have.
type LeapClock struct {
	speed float64
	fast  atomic.Pointer[clock.Fast]
}

// NewLeapClock makes a clock that shows origin now and runs speed times as fast
// as the real one.
func NewLeapClock(origin time.Time, speed float64) *LeapClock {
	c := &LeapClock{speed: speed}
	c.fast.Store(clock.NewFast(origin, speed))
	return c
}

// Now gives the time.
func (c *LeapClock) Now() time.Time { return c.fast.Load().Now() }

// After wakes after d of this clock's time. The channel receives its own time.
func (c *LeapClock) After(d time.Duration) <-chan time.Time { return c.fast.Load().After(d) }

// Leap moves the clock on to t; it never goes back.
func (c *LeapClock) Leap(t time.Time) {
	if t.After(c.Now()) {
		c.fast.Store(clock.NewFast(t, c.speed))
	}
}
