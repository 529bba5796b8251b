package clinics

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/queue/forecast"
)

// Simulation is so many clinics and days, each lived through twice with the
// same chances: once with everybody told when to leave home and doing so, once
// with everybody coming as people come.
type Simulation struct {
	Spec     Spec
	Clinics  int
	Days     int
	Seed     uint64
	Policy   queue.Policy
	Alpha    float64 // chance of missing the call that is accepted; 0: the policy's
	Progress func()  // a session was lived through, both ways; may be nil; called by one at a time
}

// Report is what a simulation came to.
type Report struct {
	Advised, Alone Result
	Clinics        []Pair // by clinic
}

// Pair is one clinic both ways.
type Pair struct{ Advised, Alone Result }

// Leave is the rule by which patients are told to leave.
func (s Simulation) Leave() forecast.Leave {
	rule := forecast.Leave{Alpha: s.Alpha, Grace: s.Policy.LeaveGrace, Recheck: s.Policy.LeaveRecheck}
	if rule.Alpha == 0 {
		rule.Alpha = s.Policy.LeaveAlpha
	}
	if rule.Recheck <= 0 {
		rule.Recheck = forecast.DefaultLeave().Recheck
	}
	return rule
}

// Run lives through all of it. The same simulation gives the same report,
// however many cores it has.
func (s Simulation) Run(ctx context.Context) (Report, error) {
	pairs := make([][2]tally, s.Clinics)
	done := make(chan struct{})
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	told := make(chan struct{})
	go func() {
		defer close(told)
		for range done {
			if s.Progress != nil {
				s.Progress()
			}
		}
	}()
	for n := range s.Clinics {
		g.Go(func() (err error) {
			pairs[n], err = s.clinic(inner, n, func() { done <- struct{}{} })
			return err
		})
	}
	err := g.Wait()
	close(done)
	<-told
	if err != nil {
		return Report{}, err
	}
	return reportOf(pairs), nil
}

func reportOf(pairs [][2]tally) Report {
	var r Report
	var all [2]tally
	for _, p := range pairs {
		r.Clinics = append(r.Clinics, Pair{p[0].result(), p[1].result()})
		for i := range all {
			all[i].add(p[i])
		}
	}
	r.Advised, r.Alone = all[0].result(), all[1].result()
	return r
}

// clinic lives through all days of one clinic; what was held before is known
// to the next day, as it is on a server.
func (s Simulation) clinic(ctx context.Context, n int, done func()) (both [2]tally, err error) {
	c := newClinic(&s.Spec, s.Seed, n)
	rules := [2]forecast.Leave{s.Leave(), {}}
	before := [2]past{{queues: map[string]heldQueue{}}, {queues: map[string]heldQueue{}}}
	for day := range s.Days {
		for i, rule := range rules {
			if err := ctx.Err(); err != nil {
				return both, err
			}
			x := c.draw(day)
			l, err := live(ctx, &x, s.Policy, rule, before[i])
			if err != nil {
				return both, fmt.Errorf("clinic %d, day %d: %w", n, day, err)
			}
			if err := l.remember(&before[i]); err != nil {
				return both, err
			}
			both[i].take(l)
		}
		done()
	}
	return both, nil
}

// remember adds what the session held to what was held before.
func (l *life) remember(p *past) error {
	return l.lines.Store.View(l.ctx, func(tx queue.Tx) error {
		held, err := tx.Consultations(l.ctx, "", l.start.AddDate(0, 0, -1), 2*len(l.visits))
		if err != nil {
			return err
		}
		var was heldQueue
		if was.Queue, err = tx.Queue(l.ctx, l.house.session.ID); err != nil {
			return err
		}
		if was.calls, err = tx.Calls(l.ctx, l.house.session.ID); err != nil {
			return err
		}
		p.held = slices.Concat(held, p.held)
		p.queues[l.house.session.ID] = was
		return nil
	})
}
