// Package limit decides how often somebody may do something.
//
// The rule is the generic cell rate algorithm: one instant a key, no counters
// and no windows whose edges could be used. It never decides what follows from
// being too fast.
package limit

import (
	"context"
	"sync"
	"time"
)

// Rate lets one through every Every, and Burst at once after a quiet time. The
// zero value lets all through.
type Rate struct {
	Every time.Duration
	Burst int
}

// PerMinute gives a rate of n a minute with a burst.
func PerMinute(n, burst int) Rate { return Rate{Every: time.Minute / time.Duration(n), Burst: burst} }

// Take judges one attempt. at is what the last one that passed has left behind,
// the zero time for a key not seen before; next is to be kept if wait is 0.
// Otherwise the attempt would pass after wait, and nothing is to be kept.
func (r Rate) Take(at, now time.Time) (next time.Time, wait time.Duration) {
	if r.Every <= 0 || r.Burst <= 0 {
		return at, 0
	}
	if at.Before(now) {
		at = now
	}
	next = at.Add(r.Every)
	if wait = next.Sub(now) - time.Duration(r.Burst)*r.Every; wait > 0 {
		return at, wait
	}
	return next, 0
}

// Key is who is limited, and by which rate.
type Key struct {
	Name string
	Rate Rate
}

// Limiter judges attempts. An attempt that one of its keys refuses counts for
// none of them. wait is 0 for one that passes.
type Limiter interface {
	Take(ctx context.Context, now time.Time, keys ...Key) (wait time.Duration, err error)
}

// most is how many keys a memory holds before it forgets those that are full
// again anyway.
const most = 100_000

// Memory is a limiter of one process.
type Memory struct {
	mu   sync.Mutex
	seen map[string]time.Time
}

// NewMemory makes a limiter of one process.
func NewMemory() *Memory { return &Memory{seen: map[string]time.Time{}} }

// Take implements Limiter.
func (m *Memory) Take(_ context.Context, now time.Time, keys ...Key) (time.Duration, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	nexts := make([]time.Time, len(keys))
	var worst time.Duration
	for i, k := range keys {
		var wait time.Duration
		nexts[i], wait = k.Rate.Take(m.seen[k.Name], now)
		worst = max(worst, wait)
	}
	if worst > 0 {
		return worst, nil
	}
	if len(m.seen) > most {
		for name, at := range m.seen {
			if at.Before(now) {
				delete(m.seen, name)
			}
		}
	}
	for i, k := range keys {
		if !nexts[i].IsZero() {
			m.seen[k.Name] = nexts[i]
		}
	}
	return 0, nil
}
