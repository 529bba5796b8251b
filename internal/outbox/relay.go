package outbox

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/houzhen/houzhen"
)

// MaxIDs is how many facts travel in one task.
const MaxIDs = 100

// lanes lists the urgencies, most urgent first.
var lanes = [...]houzhen.Urgency{houzhen.Critical, houzhen.Soon, houzhen.Routine}

// Enqueue hands ids to the job pipeline.
type Enqueue func(ctx context.Context, u houzhen.Urgency, ids []string) error

// RelayOptions configure a Relay.
type RelayOptions struct {
	Enqueue Enqueue
	Logger  *slog.Logger
	Bound   int // ids of one urgency that may pile up; 0 is 10,000
	// Linger is how long, in real time, an id that is not critical may wait for
	// company, so that a flood costs few tasks; 0 hands everything over at once.
	Linger time.Duration
	// Pace is how long, in real time, it rests after a handover, so that in a
	// busy time few tasks carry many ids; a lone one never waits. 0 is not at all.
	Pace time.Duration
}

// Relay tells the pipeline of facts as they are committed. It is a hint: what
// it drops, fails to hand over or loses in a crash the sweeper finds.
type Relay struct {
	opt   RelayOptions
	wake  chan struct{}
	flush chan struct{}

	mu      sync.Mutex
	piled   map[houzhen.Urgency][]string
	taken   int // ids on their way into the pipeline
	dropped int64
}

// NewRelay makes a relay; Run makes it work.
func NewRelay(opt RelayOptions) *Relay {
	if opt.Bound <= 0 {
		opt.Bound = 10_000
	}
	return &Relay{opt: opt, wake: make(chan struct{}, 1), flush: make(chan struct{}, 1), piled: map[houzhen.Urgency][]string{}}
}

// Committed takes note of facts. It never waits and never fails: the request
// that made them true is done.
func (r *Relay) Committed(_ context.Context, facts []houzhen.Event) {
	ids := map[houzhen.Urgency][]string{} // added together, so that they travel together
	for _, e := range facts {
		u := houzhen.UrgencyOf(e.Kind)
		ids[u] = append(ids[u], e.ID)
	}
	for _, u := range lanes {
		r.Add(u, ids[u]...)
	}
}

// Add takes note of rows of one urgency, of facts or of whatever else Enqueue
// hands over. It never waits.
func (r *Relay) Add(u houzhen.Urgency, ids ...string) {
	if len(ids) == 0 {
		return
	}
	r.mu.Lock()
	free := max(0, r.opt.Bound-len(r.piled[u]))
	taken := ids[:min(free, len(ids))]
	r.piled[u] = append(r.piled[u], taken...)
	r.dropped += int64(len(ids) - len(taken))
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Pending counts the ids that are not yet in the pipeline.
func (r *Relay) Pending() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.taken
	for _, ids := range r.piled {
		n += len(ids)
	}
	return n
}

// Dropped counts the ids that found the pile full and were left to the sweeper.
func (r *Relay) Dropped() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.dropped
}

// Flush ends the lingering of what has piled up.
func (r *Relay) Flush() {
	select {
	case r.flush <- struct{}{}:
	default:
	}
}

// linger waits for company: until a task is full, something critical comes,
// Flush, or the time is over.
func (r *Relay) linger(ctx context.Context) { r.wait(ctx, r.opt.Linger, r.full) }

// rest waits after a handover, unless a task is full.
func (r *Relay) rest(ctx context.Context) { r.wait(ctx, r.opt.Pace, r.crowded) }

func (r *Relay) wait(ctx context.Context, d time.Duration, over func() bool) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	for !over() {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			return
		case <-r.flush:
			return
		case <-r.wake:
		}
	}
}

func (r *Relay) full() bool {
	r.mu.Lock()
	urgent := len(r.piled[houzhen.Critical]) > 0
	r.mu.Unlock()
	return urgent || r.crowded()
}

func (r *Relay) crowded() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, ids := range r.piled {
		if len(ids) >= MaxIDs {
			return true
		}
	}
	return false
}

// Run hands over what has piled up whenever the way is free, most urgent
// first, until ctx ends: the busier it is the larger its tasks, with no wait for
// a lone fact.
func (r *Relay) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.wake:
		}
		for ctx.Err() == nil && r.Pending() > 0 {
			r.linger(ctx)
			r.hand(ctx)
			r.rest(ctx)
		}
	}
}

// hand hands over all that has piled up.
func (r *Relay) hand(ctx context.Context) {
	for ctx.Err() == nil {
		u, ids := r.take()
		if len(ids) == 0 {
			return
		}
		if err := r.opt.Enqueue(ctx, u, ids); err != nil {
			r.opt.Logger.WarnContext(ctx, "rows left to the sweeper", "count", len(ids), "urgency", int(u), "error", err)
		}
		r.handed()
	}
}

func (r *Relay) take() (houzhen.Urgency, []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, u := range lanes {
		ids := r.piled[u]
		if len(ids) == 0 {
			continue
		}
		n := min(len(ids), MaxIDs)
		r.piled[u] = ids[n:]
		r.taken = n
		return u, ids[:n:n]
	}
	return 0, nil
}

func (r *Relay) handed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taken = 0
}
