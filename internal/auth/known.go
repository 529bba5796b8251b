package auth

import (
	"sync"
	"time"
)

const (
	knownFor  = 3 * time.Second // how long an answer about a token stands without asking again
	knownMost = 4096            // answers kept; a flood of made-up tokens drops them all
	usedEvery = time.Minute     // how exact "last used" is
)

// known remembers for moments what tokens open, so that a flood of requests
// costs the database nothing.
type known struct {
	mu   sync.Mutex
	seen map[string]answer
}

type answer struct {
	p     Principal
	err   error
	until time.Time
}

func newKnown() *known { return &known{seen: map[string]answer{}} }

func (k *known) get(hash string, now time.Time) (Principal, error, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	a, ok := k.seen[hash]
	if !ok || !now.Before(a.until) || a.until.Sub(now) > knownFor { // the last: the clock was moved back
		return Principal{}, nil, false
	}
	return a.p, a.err, true
}

// put keeps an answer, and no longer than the token lives.
func (k *known) put(hash string, p Principal, err error, now, expires time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.seen) >= knownMost {
		clear(k.seen)
	}
	until := now.Add(knownFor)
	if err == nil && expires.Before(until) {
		until = expires
	}
	k.seen[hash] = answer{p, err, until}
}

func (k *known) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.seen)
}
