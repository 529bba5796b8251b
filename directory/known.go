package directory

import (
	"context"
	"sync"
	"time"
)

const (
	knownFor = 2 * time.Minute // how long an account's people are told from memory
	mostKin  = 50_000          // accounts remembered
)

// known remembers whom accounts act for, so that a booking need not ask the
// database again who the page has just shown. What this node changes is
// forgotten at once; what another one changes is seen two minutes later.
type known struct {
	mu  sync.Mutex
	gen int // raised when something changed, so that an older answer is not kept
	of  map[string]kinfolk
}

type kinfolk struct {
	list []Patient
	at   time.Time
}

func (k *known) generation() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.gen
}

func (k *known) keep(account string, list []Patient, at time.Time, gen int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if gen != k.gen {
		return
	}
	if k.of == nil || len(k.of) >= mostKin {
		k.of = map[string]kinfolk{}
	}
	k.of[account] = kinfolk{list, at}
}

func (k *known) find(account string, now time.Time) ([]Patient, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f, ok := k.of[account]
	return f.list, ok && !now.Before(f.at) && now.Sub(f.at) < knownFor
}

// forget drops everything: what is changed about people is rare.
func (k *known) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.gen++
	k.of = nil
}

// Known is Patients from memory, at most two minutes old, where the store can
// tell the time. The caller must not change the list.
func (s *Service) Known(ctx context.Context, accountID string) ([]Patient, error) {
	if clock, ok := s.store.(interface{ Time() time.Time }); ok {
		if list, found := s.known.find(accountID, clock.Time()); found {
			return list, nil
		}
	}
	return s.Patients(ctx, accountID)
}
