package main

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/houzhen/houzhen/internal/app"
	"github.com/houzhen/houzhen/internal/measure"
	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/queue/forecast"
)

// queueCmd measures how queues of patients move.
type queueCmd struct {
	Engines []string `enum:"sqlite,postgresql" help:"On these databases alone: sqlite, postgresql." placeholder:"ENGINE"`
	Small   bool     `help:"Everything small: shows that it works, not how fast it is."`
}

// hallSizes say how many wait and how fast their queues move.
type hallSizes struct {
	queues  int
	waiting int     // in each queue, at the beginning
	coming  int     // of each queue, who check in later
	rate    float64 // events a second, of all queues
	events  int
}

func (c *queueCmd) sizes() hallSizes {
	if c.Small {
		return hallSizes{queues: 6, waiting: 4, coming: 8, rate: 30, events: 60}
	}
	return hallSizes{queues: 400, waiting: 10, coming: 10, rate: 300, events: 6000}
}

// Limits of the figures.
const (
	eventP99       = 50.0 // ms from when an event was due until all whom it affects are shown their new place
	ratePart       = 0.98 // of the rate that is asked for
	patientMicros  = 50.0 // of forecasting one patient
	doctorMillis   = 2.0  // of forecasting one doctor's queue
	forecastRounds = 200
)

// Run implements the command.
func (c *queueCmd) Run(e *env) error {
	for _, engine := range []string{sqlite, postgresql} {
		if len(c.Engines) > 0 && !slices.Contains(c.Engines, engine) || engine == postgresql && e.databaseURL == "" {
			continue
		}
		if err := c.on(e, engine); err != nil {
			return fmt.Errorf("%s: %w", engine, err)
		}
	}
	return nil
}

// on measures one database.
func (c *queueCmd) on(e *env, engine string) error {
	if err := e.disk(engine); err != nil {
		return err
	}
	h := &hall{size: c.sizes(), rows: map[string]*row{}, clock: &shifted{}}
	set := func(o *app.Options) { o.Clock, o.Drawn = h.clock, h.drawn }
	return withOptions(e, engine, 0, func(*app.Config) {}, set, func(s *stage) error {
		h.stage = s
		return h.measure()
	})
}

// shifted is the machine's clock, some time ahead.
type shifted struct{ ahead atomic.Int64 }

// Now gives the time.
func (s *shifted) Now() time.Time { return time.Now().UTC().Add(time.Duration(s.ahead.Load())) }

// After is time.After.
func (s *shifted) After(d time.Duration) <-chan time.Time { return time.After(d) }

// set makes it a given time now.
func (s *shifted) set(now time.Time) { s.ahead.Store(int64(time.Until(now))) }

// hall is a hospital whose queues move.
type hall struct {
	*stage
	size  hallSizes
	clock *shifted
	rows  map[string]*row // by session; filled before anything is drawn
	list  []*row
}

// measure fills the hall, lets its queues move and reports.
func (h *hall) measure() error {
	if err := h.book(); err != nil {
		return fmt.Errorf("book: %w", err)
	}
	_, stop, err := h.serve()
	if err != nil {
		return err
	}
	defer stop()
	if err := h.fill(); err != nil {
		return fmt.Errorf("fill: %w", err)
	}
	phones, err := h.watch()
	if err != nil {
		return fmt.Errorf("watch: %w", err)
	}
	defer phones.close()
	h.say("%s: %d queues move, %.0f events a second", h.engine, h.size.queues, h.size.rate)
	before := phones.heard.Load()
	answered := make(measure.Samples, h.size.events)
	l, err := measure.Open(h.ctx, time.Now().Add(lead), h.size.rate, h.size.events, func(ctx context.Context, piece int, due time.Time) error {
		r := h.list[piece%len(h.list)]
		at, err := r.move(ctx, h.app, fmt.Sprintf("event-%d", piece))
		answered[piece] = at.Sub(due)
		return err
	})
	if err != nil {
		return err
	}
	frames := float64(phones.heard.Load()-before) / l.Elapsed.Seconds()
	h.report.Add(
		measure.Least(h.name("queue.events"), l.PerSecond(), ratePart*h.size.rate, "1/s"),
		measure.Plain(h.name("queue.waiting"), float64(h.waiting()), "patients"),
		measure.Plain(h.name("queue.answered_p99"), measure.Millis(answered.Quantile(0.99)), "ms"),
		measure.Plain(h.name("queue.p50"), measure.Millis(l.Waited.Quantile(0.5)), "ms"),
		measure.Most(h.name("queue.p99"), measure.Millis(l.Waited.Quantile(0.99)), eventP99, "ms"),
		measure.Plain(h.name("queue.frames"), frames, "1/s"),
	)
	return h.forecast()
}

// waiting counts who waits in all queues, as they were last drawn.
func (h *hall) waiting() int {
	n := 0
	for _, r := range h.list {
		r.mu.Lock()
		for _, t := range r.seen.Tickets {
			if t.State == queue.Waiting || t.State == queue.Ready {
				n++
			}
		}
		r.mu.Unlock()
	}
	return n
}

// settle tidies what was filled in a minute and in a hospital fills over weeks:
// otherwise autovacuum would do all of it while queues move. What they leave
// behind themselves is its to tidy then.
func (h *hall) settle() error {
	if h.engine == sqlite {
		return nil
	}
	db, err := h.open()
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	var tables string
	err = db.QueryRowContext(h.ctx, `SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables WHERE schemaname = current_schema()`).Scan(&tables)
	if err != nil {
		return fmt.Errorf("list tables: %w", err)
	}
	if _, err := db.ExecContext(h.ctx, `VACUUM (ANALYZE) `+tables); err != nil {
		return fmt.Errorf("vacuum: %w", err)
	}
	return nil
}

// forecast measures what forecasting one doctor's queue costs.
func (h *hall) forecast() error {
	r := h.list[0]
	r.mu.Lock()
	q := r.seen
	r.mu.Unlock()
	var model *forecast.Model
	err := h.app.Store.Queue().View(h.ctx, func(tx queue.Tx) (err error) {
		model, err = forecast.Load(h.ctx, tx, q, queue.DefaultPolicy(), h.app.Location())
		return err
	})
	if err != nil {
		return err
	}
	policy, now := queue.DefaultPolicy(), h.clock.Now()
	begun, people := time.Now(), 0
	for range forecastRounds {
		for _, f := range forecast.Of(q, policy, model, now) {
			_ = f.Range()
			people++
		}
	}
	took := time.Since(begun)
	h.report.Add(
		measure.Most(h.name("queue.forecast_patient"), float64(took.Microseconds())/float64(max(people, 1)), patientMicros, "us"),
		measure.Most(h.name("queue.forecast_doctor"), measure.Millis(took)/forecastRounds, doctorMillis, "ms"),
	)
	return nil
}
