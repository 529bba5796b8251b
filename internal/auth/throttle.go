package auth

import (
	"fmt"
	"sync"
	"time"

	"github.com/houzhen/houzhen"
)

// ThrottleOptions say how fast somebody may guess. Zero fields take the
// defaults.
type ThrottleOptions struct {
	Free  int           // failures that cost nothing: 5
	First time.Duration // the wait after them, doubled by each further one: 5 s
	Max   time.Duration // the longest wait: 15 min
	Reset time.Duration // without an attempt, all is forgotten: 1 h
	Keys  int           // entries kept: 10,000
}

// Throttle slows down guessing, per key: a login, an address. It counts in the
// memory of one process; with several, a guesser gets as many times the tries.
type Throttle struct {
	opt ThrottleOptions

	mu   sync.Mutex
	seen map[string]guesses
}

type guesses struct {
	count int
	last  time.Time
	until time.Time
}

// NewThrottle makes a throttle.
func NewThrottle(opt ThrottleOptions) *Throttle {
	set := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	set(&opt.First, 5*time.Second)
	set(&opt.Max, 15*time.Minute)
	set(&opt.Reset, time.Hour)
	if opt.Free <= 0 {
		opt.Free = 5
	}
	if opt.Keys <= 0 {
		opt.Keys = 10_000
	}
	return &Throttle{opt: opt, seen: map[string]guesses{}}
}

// Try counts an attempt as failed before it is judged, so that a hundred at
// once are a hundred, and refuses with CodeRateLimited while key must wait.
// Refused attempts do not lengthen the wait.
func (t *Throttle) Try(key string, now time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.seen[key]
	if now.Sub(g.last) >= t.opt.Reset {
		g = guesses{}
	}
	if now.Before(g.until) {
		return Limited(g.until.Sub(now))
	}
	g.count++
	g.last = now
	if over := g.count - t.opt.Free; over >= 0 {
		g.until = now.Add(min(t.opt.First<<min(over, 20), t.opt.Max))
	}
	if _, known := t.seen[key]; !known && len(t.seen) >= t.opt.Keys {
		t.prune(now)
	}
	t.seen[key] = g
	return nil
}

// Succeeded forgets the failures of key.
func (t *Throttle) Succeeded(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.seen, key)
}

// Forgive takes back one attempt of key, for an address that others share: one
// good sign-in must not wipe out the guesses of a neighbour.
func (t *Throttle) Forgive(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g, known := t.seen[key]
	if !known {
		return
	}
	g.count--
	if g.count < t.opt.Free {
		g.until = time.Time{}
	}
	t.seen[key] = g
}

// prune drops what is forgotten and, if that is nothing, the oldest entry.
func (t *Throttle) prune(now time.Time) {
	oldest, before := "", len(t.seen)
	for key, g := range t.seen {
		if now.Sub(g.last) >= t.opt.Reset {
			delete(t.seen, key)
		} else if oldest == "" || g.last.Before(t.seen[oldest].last) {
			oldest = key
		}
	}
	if len(t.seen) == before {
		delete(t.seen, oldest)
	}
}

// Limited is the error of whoever must wait; retry_seconds is rounded up.
func Limited(wait time.Duration) error {
	seconds := (wait + time.Second - 1) / time.Second
	return houzhen.E(houzhen.CodeRateLimited, "too many attempts").With("retry_seconds", fmt.Sprint(int64(seconds)))
}
