package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/clock"
	"github.com/houzhen/houzhen/internal/outbox"
)

// Schedule starts Run at the ticks of Spec: five cron fields, or six with
// seconds first, in the hospital's zone, or "@every 30s", "@daily" and the
// like. Run asks the database what is due by now; at is the tick and only
// names the run.
type Schedule struct {
	Name, Spec string
	Run        func(ctx context.Context, at time.Time) error
}

// ClockworkOptions configure a Clockwork.
type ClockworkOptions struct {
	Store     outbox.Store
	Location  *time.Location
	Schedules []Schedule
	Logger    *slog.Logger
}

// Clockwork fires schedules on a clock that is given to it. Each tick runs
// once however many nodes there are, because the database records it first.
// Ticks missed while nobody ran are one run of the latest: nothing is lost,
// for what a run does depends on what is due and not on the tick.
type Clockwork struct {
	opt   ClockworkOptions
	wheel []*wheel
	wake  chan struct{}
	mu    sync.Mutex // one Fire at a time
}

// wheel is one schedule in motion.
type wheel struct {
	Schedule
	spec cron.Schedule
	last time.Time // the latest tick known to be recorded
	seen bool      // last was read from the database

	failed  time.Time // the tick whose run failed and is to be repeated, zero if none
	retryAt time.Time
	tries   int
}

// NewClockwork reads the schedules; two of one name, or a spec that never
// fires, are errors.
func NewClockwork(opt ClockworkOptions) (*Clockwork, error) {
	c := &Clockwork{opt: opt, wake: make(chan struct{}, 1)}
	names := map[string]bool{}
	for _, s := range opt.Schedules {
		if s.Name == "" || names[s.Name] || s.Run == nil {
			return nil, fmt.Errorf("schedule %q: twice, without a name or without a function", s.Name)
		}
		names[s.Name] = true
		spec, err := parseSpec(s.Spec, opt.Location)
		if err != nil {
			return nil, fmt.Errorf("schedule %s: %w", s.Name, err)
		}
		c.wheel = append(c.wheel, &wheel{Schedule: s, spec: spec})
	}
	return c, nil
}

// Fire runs whatever has a tick that is due by now and not yet recorded, and
// tells how many schedules it ran. An error of one does not keep the others;
// its run is repeated by this process until it succeeds or its next tick does.
func (c *Clockwork) Fire(ctx context.Context, now time.Time) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ran := 0
	var errs []error
	for _, w := range c.wheel {
		if ctx.Err() != nil {
			return ran, errors.Join(append(errs, ctx.Err())...)
		}
		at, due, err := c.due(ctx, w, now)
		if err != nil {
			errs = append(errs, fmt.Errorf("schedule %s: %w", w.Name, err))
			continue
		}
		if !due {
			continue
		}
		ran++
		if err := c.run(ctx, w, at, now); err != nil {
			errs = append(errs, fmt.Errorf("schedule %s: %w", w.Name, err))
		}
	}
	return ran, errors.Join(errs...)
}

// due finds the tick to be run and records it; at most one node gets it.
func (c *Clockwork) due(ctx context.Context, w *wheel, now time.Time) (time.Time, bool, error) {
	if !w.seen {
		err := c.opt.Store.View(ctx, func(tx outbox.Tx) (err error) {
			w.last, err = tx.LastTick(ctx, w.Name)
			return err
		})
		if err != nil {
			return time.Time{}, false, fmt.Errorf("read last tick: %w", err)
		}
		w.seen = true
	}
	at, ok := latest(w.spec, w.last, now)
	if !ok {
		again := !w.failed.IsZero() && !now.Before(w.retryAt)
		return w.failed, again, nil
	}
	first := false
	err := c.opt.Store.InTx(ctx, func(tx outbox.Tx) error {
		first = false // the store may run this again
		last, err := tx.LastTick(ctx, w.Name)
		if err != nil || !last.Before(at) { // another node is further on
			w.last = last
			return err
		}
		w.last = at
		first, err = tx.Tick(ctx, w.Name, at)
		return err
	})
	if err != nil {
		w.seen = false
		return time.Time{}, false, fmt.Errorf("record tick: %w", err)
	}
	return at, first, nil
}

func (c *Clockwork) run(ctx context.Context, w *wheel, at, now time.Time) error {
	err := c.safely(ctx, w, at)
	if err == nil {
		w.failed, w.tries = time.Time{}, 0
		return nil
	}
	w.failed, w.retryAt = at, now.Add(min(time.Minute<<min(w.tries, 10), time.Hour))
	w.tries++
	return err
}

func (c *Clockwork) safely(ctx context.Context, w *wheel, at time.Time) (err error) {
	defer func() {
		if x := recover(); x != nil {
			c.opt.Logger.ErrorContext(ctx, "schedule panicked", "schedule", w.Name, "stack", string(debug.Stack()))
			err = houzhen.E(houzhen.CodeInternal, "schedule panicked")
		}
	}()
	return w.Run(ctx, at)
}

// Next gives the instant after now at which Fire has something to do; zero
// when there are no schedules.
func (c *Clockwork) Next(now time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	var next time.Time
	earlier := func(t time.Time) {
		if t.After(now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for _, w := range c.wheel {
		earlier(w.spec.Next(now))
		if !w.failed.IsZero() {
			earlier(w.retryAt)
		}
	}
	return next
}

// longestWait bounds a wait, in the clock's time: should the machine's clock
// be set right meanwhile, the ticks follow within it.
const longestWait = time.Minute

// Run fires on a clock until ctx ends. Failures are logged; a database that is
// away is tried again with the next tick.
func (c *Clockwork) Run(ctx context.Context, clk clock.Clock) error {
	for {
		now := clk.Now()
		if _, err := c.Fire(ctx, now); err != nil && ctx.Err() == nil {
			c.opt.Logger.ErrorContext(ctx, "schedule failed", "error", err)
		}
		wait := longestWait
		if next := c.Next(now); !next.IsZero() {
			wait = min(wait, next.Sub(clk.Now()))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-clk.After(wait):
		case <-c.wake:
		}
	}
}

// Wake makes Run look at the clock at once: somebody has moved it.
func (c *Clockwork) Wake() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}
