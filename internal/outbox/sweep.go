package outbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/houzhen/houzhen"
)

// SweeperOptions configure a Sweeper.
type SweeperOptions struct {
	Store   Store
	Enqueue Enqueue
	Grace   time.Duration // how long the relay has for itself; 0 is 5 s
	Again   time.Duration // before the same fact is swept once more; 0 is 30 s
	Limit   int           // facts of one urgency a sweep, more than are worked on until the next; 0 is 5,000
}

// Sweeper finds facts that nobody has handled and hands them to the pipeline:
// those the relay lost, those whose retry has come, and all of them after
// Redis was emptied.
type Sweeper struct {
	opt SweeperOptions

	mu    sync.Mutex
	swept map[string]time.Time // handed over and still pending: not again too soon
}

// NewSweeper makes a sweeper.
func NewSweeper(opt SweeperOptions) *Sweeper {
	if opt.Grace <= 0 {
		opt.Grace = 5 * time.Second
	}
	if opt.Again <= 0 {
		opt.Again = 30 * time.Second
	}
	if opt.Limit <= 0 {
		opt.Limit = 5000
	}
	return &Sweeper{opt: opt, swept: map[string]time.Time{}}
}

// Forget makes the next sweep hand over everything pending: the pipeline has
// lost what it was given.
func (s *Sweeper) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.swept)
}

// Sweep hands over what has been pending for longer than the grace and tells
// how many facts that were. A backlog is not handed over twice.
func (s *Sweeper) Sweep(ctx context.Context, now time.Time) (int, error) {
	total := 0
	var errs []error
	for _, u := range lanes {
		n, err := s.lane(ctx, u, now)
		total += n
		errs = append(errs, err)
	}
	s.prune(now)
	return total, errors.Join(errs...)
}

func (s *Sweeper) lane(ctx context.Context, u houzhen.Urgency, now time.Time) (int, error) {
	var pending []string
	err := s.opt.Store.View(ctx, func(tx Tx) (err error) {
		pending, err = tx.PendingFacts(ctx, u, now.Add(-s.opt.Grace), s.opt.Limit)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("find pending facts: %w", err)
	}
	ids := s.fresh(pending, now)
	if len(ids) == 0 {
		return 0, nil
	}
	if err := s.opt.Enqueue(ctx, u, ids); err != nil {
		return 0, fmt.Errorf("hand over pending facts: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		s.swept[id] = now
	}
	return len(ids), nil
}

func (s *Sweeper) fresh(pending []string, now time.Time) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for _, id := range pending {
		if at, known := s.swept[id]; !known || now.Sub(at) >= s.opt.Again {
			ids = append(ids, id)
		}
	}
	return ids
}

func (s *Sweeper) prune(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, at := range s.swept {
		if now.Sub(at) >= s.opt.Again {
			delete(s.swept, id)
		}
	}
}
