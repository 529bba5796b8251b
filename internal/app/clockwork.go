package app

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/jobs"
	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/queue/forecast"
)

// How long identified data is kept (domain rule §8).
const (
	keepMessageText = 180 * 24 * time.Hour
	keepReplays     = 48 * time.Hour
	keepInbox       = 180 * 24 * time.Hour
	keepReceipts    = 30 * 24 * time.Hour // as long as a provider can be asked about a message
)

// wireClockwork declares what happens by the calendar. A run asks the database
// what is due, so it does not matter which tick it is or how many were missed.
func (a *App) wireClockwork() (err error) {
	a.Clockwork, err = jobs.NewClockwork(jobs.ClockworkOptions{
		Store: a.Store.Outbox(), Location: a.loc, Logger: a.log,
		Schedules: []jobs.Schedule{
			{Name: "sessions.generate", Spec: "10 * * * *", Run: a.generate},
			{Name: "sessions.open", Spec: "*/5 * * * *", Run: sweep(a.Booking.OpenSessions)},
			{Name: "sessions.close", Spec: "*/15 * * * *", Run: sweep(a.Booking.CloseSessions)},
			{Name: "policies.read", Spec: "* * * * *", Run: a.loadPolicies},
			{Name: "queues.tick", Spec: "* * * * *", Run: a.tickQueues},
			{Name: "queues.end", Spec: "5 4 * * *", Run: sweep(a.endOldQueues)},
			{Name: "tests.continue", Spec: "15 4 * * *", Run: sweep(a.continueTests)},
			{Name: "closures.run", Spec: "* * * * *", Run: a.runClosures},
			{Name: "holds.expire", Spec: "* * * * *", Run: sweep(a.Booking.ExpireHolds)},
			{Name: "system.beat", Spec: "* * * * *", Run: a.beat},
			{Name: "waitlist.places", Spec: "* * * * *", Run: sweep(a.Waitlist.RunPlaces)},
			{Name: "waitlist.adopt", Spec: "*/5 * * * *", Run: once(a.Waitlist.AdoptAll)},
			{Name: "waitlist.close", Spec: "*/5 * * * *", Run: sweep(a.Waitlist.CloseLists)},
			{Name: "cashier.deliver", Spec: "* * * * *", Run: a.deliverNotices},
			{Name: "payments.work", Spec: "* * * * *", Run: sweep(a.Pay.Sweep)},
			{Name: "places.release", Spec: "*/5 * * * *", Run: sweep(a.Booking.ReleasePlaces)},
			{Name: "noshow.learn", Spec: "20 * * * *", Run: a.learnNoShows},
			{Name: "noshow.forecast", Spec: "15 * * * *", Run: a.forecastVisits},
			{Name: "draws.prepare", Spec: "*/10 * * * *", Run: sweep(a.Draw.Prepare)},
			{Name: "draws.run", Spec: "* * * * *", Run: sweep(a.Draw.Run)},
			{Name: "noshow.mark", Spec: "*/10 * * * *", Run: sweep(a.Booking.MarkNoShows)},
			{Name: "appeals.lapse", Spec: "*/10 * * * *", Run: sweep(a.lapseAppeals)},
			{Name: "reminders.plan", Spec: "*/10 * * * *", Run: a.planReminders},
			{Name: "reminders.second", Spec: "*/20 * * * *", Run: a.planSecondReminders},
			{Name: "messages.reconcile", Spec: "* * * * *", Run: a.reconcile},
			{Name: "messages.receipts", Spec: "* * * * *", Run: a.takeReceipts},
			{Name: "boards.refresh", Spec: "* * * * *", Run: a.refreshBoards},
			{Name: "forecasts.rate", Spec: "35 * * * *", Run: a.rateForecasts},
			{Name: "stats.refresh", Spec: "25 * * * *", Run: a.refreshStats},
			{Name: "guide.settle", Spec: "5 * * * *", Run: once(a.Guide.Settle)},
			{Name: "abuse.scan", Spec: "*/30 * * * *", Run: a.scanAbuse},
			{Name: "retention", Spec: "20 3 * * *", Run: a.purge},
		},
	})
	return err
}

// sweep runs a bounded sweep until nothing more is due.
func sweep(once func(context.Context) (int, error)) func(context.Context, time.Time) error {
	return func(ctx context.Context, _ time.Time) error {
		for {
			n, err := once(ctx)
			if err != nil || n == 0 {
				return err
			}
		}
	}
}

// once runs a sweep that finds no end by itself.
func once(run func(context.Context) (int, error)) func(context.Context, time.Time) error {
	return func(ctx context.Context, _ time.Time) error {
		_, err := run(ctx)
		return err
	}
}

// generate lays out the sessions of the coming weeks from the rosters.
func (a *App) generate(ctx context.Context, _ time.Time) error {
	today := a.Today()
	horizon, err := a.Booking.Horizon(ctx)
	if err != nil {
		return err
	}
	_, err = a.Booking.GenerateSessions(ctx, today, today.AddDays(horizon+1))
	return err
}

func (a *App) reconcile(ctx context.Context, _ time.Time) error {
	_, err := a.Notify.Reconcile(ctx)
	return err
}

func (a *App) takeReceipts(ctx context.Context, _ time.Time) error {
	_, err := a.Notify.TakeReceipts(ctx)
	return err
}

// refreshStats counts what has happened since the last time.
func (a *App) refreshStats(ctx context.Context, _ time.Time) error {
	_, err := a.Stats.Refresh(ctx)
	return err
}

// refreshBoards lets ranges move on although nothing happened, and looks
// whether somebody has to leave home.
func (a *App) refreshBoards(ctx context.Context, _ time.Time) error {
	if a.opt.Blind {
		return nil
	}
	now := a.clock.Now()
	if err := a.saveRanges(ctx); err != nil {
		return fmt.Errorf("save ranges: %w", err)
	}
	a.boards.shown.prune(now)
	a.boards.models.prune(now)
	a.boards.before.prune(now)
	return a.view(ctx, func(tx everything) error {
		queues, err := tx.Queues(ctx, "", now.Add(-12*time.Hour), now.Add(2*window))
		if err != nil {
			return fmt.Errorf("load queues: %w", err)
		}
		for _, q := range queues {
			if now.Before(q.End.Add(window)) && q.Desk != queue.DeskEnded {
				a.live.refresh(q.SessionID)
			}
		}
		return nil
	})
}

// purge drops what may not be kept longer. Facts carry ids only and stay.
func (a *App) purge(ctx context.Context, _ time.Time) error {
	now := a.clock.Now()
	if _, err := a.Store.PurgeMessageBodies(ctx, now.Add(-keepMessageText)); err != nil {
		return fmt.Errorf("purge messages: %w", err)
	}
	if _, err := a.Store.PurgeReceipts(ctx, now.Add(-keepReceipts)); err != nil {
		return fmt.Errorf("purge receipts: %w", err)
	}
	if _, err := a.Store.PurgeShown(ctx, now.AddDate(0, 0, -2*forecast.QualityDays)); err != nil {
		return fmt.Errorf("purge ranges: %w", err)
	}
	if _, err := a.Store.PurgeInbox(ctx, now.Add(-keepInbox)); err != nil {
		return fmt.Errorf("purge inbox: %w", err)
	}
	if _, err := a.Store.PurgeReplays(ctx, now.Add(-keepReplays)); err != nil {
		return fmt.Errorf("purge replays: %w", err)
	}
	if _, err := a.Store.PurgeSignIns(ctx, now.Add(-keepReplays)); err != nil {
		return fmt.Errorf("purge sign-ins: %w", err)
	}
	if _, err := a.Store.PurgeTraces(ctx, now.Add(-a.Abuse.Policy().Keep)); err != nil {
		return fmt.Errorf("purge traces: %w", err)
	}
	if _, err := a.Store.DeleteExpiredSessions(ctx); err != nil {
		return fmt.Errorf("purge web sessions: %w", err)
	}
	return nil
}

// urgencies lists the lanes, most urgent first.
var urgencies = [...]houzhen.Urgency{houzhen.Critical, houzhen.Soon, houzhen.Routine}
