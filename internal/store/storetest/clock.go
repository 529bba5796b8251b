package storetest

import (
	"sync"
	"time"
)

// Start is the instant at which the clock of a store stands by default: Monday
// 2026-03-02, 08:00 in Shanghai.
func Start() time.Time { return time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC) }

// Clock is a clock that stands until it is moved. It is safe for use by many
// goroutines.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock gives a clock that stands at t.
func NewClock(t time.Time) *Clock { return &Clock{now: t} }

// Now gives the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock and gives the new time.
func (c *Clock) Advance(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return c.now
}
