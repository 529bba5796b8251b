// Package clock tells the time to whoever waits for it: the real time, a time
// that runs faster for demonstrations, and a time that tests move by hand.
//
// It is the one place besides cmd/ that reads the machine's clock, and it
// decides nothing: rules take now as an argument.
package clock

import (
	"sync"
	"time"
)

// Clock tells the time and wakes its user. Durations are in its own time.
type Clock interface {
	Now() time.Time
	// After gives a channel that receives the time once d has passed.
	After(d time.Duration) <-chan time.Time
}

// Real is the machine's clock, in UTC.
type Real struct{}

// Now gives the time.
func (Real) Now() time.Time { return time.Now().UTC() }

// After is time.After.
func (Real) After(d time.Duration) <-chan time.Time { return time.After(d) }

// Fast runs at a multiple of real time from an origin.
type Fast struct {
	origin, began time.Time
	speed         float64
}

// NewFast makes a clock that shows origin now and runs speed times as fast as
// the real one. A speed that is not positive is taken as 1.
func NewFast(origin time.Time, speed float64) *Fast {
	if !(speed > 0) {
		speed = 1
	}
	return &Fast{origin: origin.UTC(), began: time.Now(), speed: speed}
}

// Now gives the time.
func (f *Fast) Now() time.Time {
	passed := time.Since(f.began)
	return f.origin.Add(time.Duration(float64(passed) * f.speed))
}

// Real converts a duration of this clock into real time.
func (f *Fast) Real(d time.Duration) time.Duration { return time.Duration(float64(d) / f.speed) }

// After wakes after d of this clock's time. The channel receives its own time.
func (f *Fast) After(d time.Duration) <-chan time.Time {
	c := make(chan time.Time, 1)
	time.AfterFunc(f.Real(d), func() { c <- f.Now() })
	return c
}

// Step stands still until it is moved.
type Step struct {
	mu      sync.Mutex
	now     time.Time
	waiters []waiter
	changed chan struct{} // closed and replaced when waiters come or go
}

type waiter struct {
	at time.Time
	c  chan time.Time
}

// NewStep makes a clock that shows now until it is moved.
func NewStep(now time.Time) *Step {
	return &Step{now: now.UTC(), changed: make(chan struct{})}
}

// Now gives the time.
func (s *Step) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// After wakes once the clock has been moved by d; at once if d is not positive.
func (s *Step) After(d time.Duration) <-chan time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := waiter{s.now.Add(d), make(chan time.Time, 1)}
	s.waiters = append(s.waiters, w)
	s.release()
	return w.c
}

// Advance moves the clock by d.
func (s *Step) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
	s.release()
}

// Set moves the clock to t; it may go backwards, which wakes nobody.
func (s *Step) Set(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = t.UTC()
	s.release()
}

// Waiting gives a channel that is closed once at least n callers of After are
// waiting, so that a test moves the clock only when somebody looks at it.
func (s *Step) Waiting(n int) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			s.mu.Lock()
			have, changed := len(s.waiters), s.changed
			s.mu.Unlock()
			if have >= n {
				return
			}
			<-changed
		}
	}()
	return done
}

// release wakes those whose time has come; the caller holds the lock.
func (s *Step) release() {
	kept := s.waiters[:0]
	for _, w := range s.waiters {
		if w.at.After(s.now) {
			kept = append(kept, w)
			continue
		}
		w.c <- s.now
	}
	s.waiters = kept
	close(s.changed)
	s.changed = make(chan struct{})
}
