package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/clock"
	"github.com/houzhen/houzhen/internal/outbox"
)

// wall is real time: leases, sockets and browsers live in it whatever clock
// the hospital runs on.
func wall() time.Time { return clock.Real{}.Now() }

// sweepEvery is how often the database is asked for what nobody works on. It
// bounds the delay after Redis was lost.
const sweepEvery = 2 * time.Second

// Work does the jobs until ctx ends: pipeline, relays, sweeps, live boards and
// the clockwork.
func (a *App) Work(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	a.goWork(ctx, g)
	g.Go(func() error { return a.Clockwork.Run(ctx, a.clock) })
	g.Go(func() error { return a.every(ctx, sweepEvery, "sweep", a.Sweep) })
	return quiet(g.Wait())
}

// Drive does the jobs like Work but leaves clockwork and sweeps to the caller,
// who moves the clock by hand: Fire, Sweep, Drain.
func (a *App) Drive(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	a.goWork(ctx, g)
	return quiet(g.Wait())
}

func (a *App) goWork(ctx context.Context, g *errgroup.Group) {
	if err := a.loadPolicies(ctx, a.clock.Now()); err != nil && ctx.Err() == nil {
		a.log.WarnContext(ctx, "queue policies not read; the default holds until they are", "error", err)
	}
	for _, run := range []func(context.Context) error{a.Pipeline.Run, a.Hub.Run, a.live.run} {
		g.Go(func() error { return run(ctx) })
	}
	for _, r := range a.relays() {
		g.Go(func() error { return r.Run(ctx) })
	}
}

func quiet(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// Serve listens on the configured address and works until ctx ends. ready, if
// given, is told the address.
func (a *App) Serve(ctx context.Context, ready func(addr string)) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", a.cfg.Listen)
	if err != nil {
		return houzhen.E(houzhen.CodeUnavailable, "cannot listen there; is another program using it? try --listen :8081").On("listen").Because(err)
	}
	return a.ServeOn(ctx, l, ready)
}

// ServeOn is Serve on a given listener.
func (a *App) ServeOn(ctx context.Context, l net.Listener, ready func(addr string)) error {
	handler, err := a.Handler(ctx, a.opt.Demo)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	g.Go(func() error {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		down, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return server.Shutdown(down)
	})
	g.Go(func() error { return a.Work(ctx) })
	g.Go(func() error {
		return a.every(ctx, readyEvery, "make releases ready", func(ctx context.Context) error {
			_, err := a.Booking.MakeReady(ctx, readyBefore)
			return err
		})
	})
	if ready != nil {
		ready(l.Addr().String())
	}
	return quiet(g.Wait())
}

// every does something again and again until ctx ends, and says so when it fails.
func (a *App) every(ctx context.Context, span time.Duration, work string, do func(context.Context) error) error {
	t := time.NewTicker(span)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		if err := do(ctx); err != nil && ctx.Err() == nil {
			a.log.WarnContext(ctx, "recurring work failed", "work", work, "error", err)
		}
	}
}

// readyEvery is how often a server looks for what is about to be released, and
// readyBefore how long before that a session is read into its memory: at least
// one look falls into that time.
const (
	readyEvery  = 2 * time.Second
	readyBefore = readyEvery + time.Second
)

// sweptAtOnce is how many messages of one urgency a sweep hands over: more than
// are sent until the next one, so that no backlog waits for the sweep.
const sweptAtOnce = 5000

// relayGrace is how long committed facts are left to the relay before the
// sweep hands them over.
const relayGrace = 5 * time.Second

// Sweep hands facts and messages that are due and that nobody works on to the
// pipeline.
func (a *App) Sweep(ctx context.Context) error { return a.sweep(ctx, a.clock.Now()) }

func (a *App) sweep(ctx context.Context, now time.Time) error {
	if err := a.traces.flush(ctx, a.Abuse); err != nil {
		return fmt.Errorf("write traces: %w", err)
	}
	if _, err := a.sweeper.Sweep(ctx, now); err != nil {
		return fmt.Errorf("sweep facts: %w", err)
	}
	if _, err := a.Notify.Escalate(ctx); err != nil {
		return fmt.Errorf("try next channels: %w", err)
	}
	for _, u := range urgencies {
		ids, err := a.Notify.Due(ctx, u, sweptAtOnce)
		if err != nil {
			return fmt.Errorf("find due messages: %w", err)
		}
		a.mail.Add(u, a.fresh(ids)...)
	}
	return a.sweepWebhooks(ctx)
}

// Fire runs every schedule that is due on the clock.
func (a *App) Fire(ctx context.Context) error {
	_, err := a.Clockwork.Fire(ctx, a.clock.Now())
	return err
}

// Drain waits until nothing is left to do at this instant: no fact without
// its reactions, no due message, no task in the pipeline, no board to redraw.
func (a *App) Drain(ctx context.Context) error {
	for {
		if err := a.settle(ctx); err != nil {
			return err
		}
		left, err := a.left(ctx)
		if err != nil || left == 0 {
			return err
		}
		a.forgetHanded()
		a.sweeper.Forget()
		if err := a.sweep(ctx, a.clock.Now().Add(relayGrace)); err != nil { // the relays are idle: what is left was lost
			return err
		}
	}
}

// settle waits until relays, pipeline and boards are idle at the same time.
func (a *App) settle(ctx context.Context) error {
	for {
		for _, r := range a.relays() {
			r.Flush()
		}
		if err := a.Pipeline.Wait(ctx); err != nil {
			return err
		}
		if a.handedOver() {
			idle, err := a.Pipeline.Idle(ctx)
			if err != nil {
				return err
			}
			if idle && a.handedOver() {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-clock.Real{}.After(time.Millisecond):
		}
	}
}

func (a *App) relays() []*outbox.Relay { return []*outbox.Relay{a.relay, a.marks, a.mail, a.post} }

// handedOver reports whether relays and boards have nothing to do.
func (a *App) handedOver() bool {
	for _, r := range a.relays() {
		if r.Pending() > 0 {
			return false
		}
	}
	return a.live.idle()
}

// left counts facts and messages that could be worked on now.
func (a *App) left(ctx context.Context) (n int, err error) {
	now := a.clock.Now()
	err = a.view(ctx, func(tx everything) error {
		for _, u := range urgencies {
			facts, err := tx.PendingFacts(ctx, u, now, 1)
			if err != nil {
				return err
			}
			due, err := tx.DueMessages(ctx, u, now, 1)
			if err != nil {
				return err
			}
			n += len(facts) + len(due)
		}
		unheard, err := tx.UnheardMessages(ctx, now, 1)
		if err != nil {
			return err
		}
		posted, _, err := tx.WaitingReceipts(ctx)
		if err != nil {
			return err
		}
		n += len(unheard)
		if posted > 0 {
			a.post.Add(houzhen.Soon, allReceipts)
			n++
		}
		behind, err := tx.WebhooksDue(ctx, now, wall())
		n += len(behind)
		return err
	})
	return n, err
}
