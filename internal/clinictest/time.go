package clinictest

import (
	"context"
	"os"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/pay"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/queue"
)

// At gives the instant of a time of day on a day of the story; day 0 is its
// first Monday.
func (c *Clinic) At(day int, hhmm string) time.Time {
	c.T.Helper()
	return c.Day(day).Clock(c.tod(hhmm), c.Loc)
}

// Day gives the date of a day of the story.
func (c *Clinic) Day(n int) houzhen.Date { return houzhen.DateOf(Start, c.Loc).AddDays(n) }

func (c *Clinic) tod(hhmm string) houzhen.TimeOfDay {
	c.T.Helper()
	t, err := houzhen.ParseTimeOfDay(hhmm)
	c.must(err)
	return t
}

// settleTime ends a test that hangs; it is long, since a machine may be busy.
const settleTime = 10 * time.Minute

// Settle fires what is due and waits until everything has been done.
func (c *Clinic) Settle() {
	c.T.Helper()
	ctx, cancel := context.WithTimeout(c.ctx, settleTime)
	defer cancel()
	c.must(c.App.Fire(ctx))
	c.must(c.App.Drain(ctx))
}

// GoTo moves the clock to t, stopping wherever something may be due on the
// way. With HOUZHEN_LONG=1 it stops every 5 minutes besides, which proves that
// the shorter way leaves nothing out.
func (c *Clinic) GoTo(t time.Time) {
	c.T.Helper()
	c.Settle()
	for c.Clock.Now().Before(t) {
		c.Clock.Set(c.nextStop(t))
		c.Settle()
	}
}

// Wait is GoTo after a while.
func (c *Clinic) Wait(d time.Duration) {
	c.T.Helper()
	c.GoTo(c.Clock.Now().Add(d))
}

// stops collects instants and keeps the earliest after now.
type stops struct{ now, first time.Time }

func (s *stops) at(t time.Time) {
	if t.After(s.now) && t.Before(s.first) {
		s.first = t
	}
}

// ticks adds the ticks of the clockwork that follow what is due at t.
func (s *stops) ticks(t time.Time) {
	if t.IsZero() {
		return
	}
	for _, every := range []time.Duration{time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute} {
		s.at(t.Add(every - time.Nanosecond).Truncate(every))
	}
}

// nextStop gives the next instant at which something may be due, t at the latest.
func (c *Clinic) nextStop(t time.Time) time.Time {
	c.T.Helper()
	s := &stops{now: c.Clock.Now(), first: t}
	if os.Getenv("HOUZHEN_LONG") == "1" {
		s.at(s.now.Add(5 * time.Minute).Truncate(5 * time.Minute))
	}
	today := houzhen.DateOf(s.now, c.Loc)
	for _, d := range []houzhen.Date{today, today.AddDays(1)} {
		s.at(d.Clock(c.App.Notify.Policy().RemindAt, c.Loc))
		s.at(d.At(3, 20, c.Loc)) // retention
	}
	c.must(c.App.Store.View(c.ctx, func(tx *store.Tx) error {
		due, err := tx.NextDue(c.ctx, s.now)
		if err == nil && !due.IsZero() {
			s.at(due)
		}
		next, err := tx.NextUnheard(c.ctx)
		if err != nil {
			return err
		}
		if !next.IsZero() {
			s.at(next)
		}
		lost, err2 := tx.Messages(c.ctx, notify.MessageFilter{States: []notify.State{notify.Claimed, notify.Unknown}, Limit: 1})
		if len(lost) > 0 {
			s.ticks(s.now.Add(time.Nanosecond))
		}
		for _, err := range []error{err, err2, c.sessionStops(tx, s)} {
			if err != nil {
				return err
			}
		}
		return nil
	}))
	return s.first
}

// sessionStops adds what the sessions, places and queues wait for.
func (c *Clinic) sessionStops(tx *store.Tx, s *stops) error {
	policy := c.App.Booking.Policy()
	sessions, err := tx.Sessions(c.ctx, booking.SessionFilter{})
	if err != nil {
		return err
	}
	for _, x := range sessions {
		for _, t := range []time.Time{x.Start.Add(-policy.OpenLead), x.Deadline, x.End, x.End.Add(policy.CloseAfter)} {
			s.ticks(t)
		}
		for t := x.Start; !t.After(x.End); t = t.Add(time.Duration(x.SliceMinutes) * time.Minute) {
			s.ticks(t.Add(policy.ReleaseAfter))
		}
	}
	held, err := tx.Appointments(c.ctx, booking.AppointmentFilter{States: []booking.State{booking.Held}})
	if err != nil {
		return err
	}
	for _, a := range held {
		s.ticks(a.ExpiresAt)
	}
	payments, err := tx.Payments(c.ctx, pay.Filter{})
	if err != nil {
		return err
	}
	for _, p := range payments {
		if !p.DueAt.IsZero() && !p.DueAt.After(s.now) {
			p.DueAt = s.now.Add(time.Nanosecond) // since the last tick
		}
		s.ticks(p.DueAt)
	}
	if c.App.Cashier.Busy() {
		s.ticks(s.now.Add(time.Nanosecond))
	}
	queues, err := tx.Queues(c.ctx, "", s.now.Add(-12*time.Hour), s.now.Add(2*time.Hour))
	if err != nil {
		return err
	}
	for _, q := range queues {
		travels := func(t queue.Ticket) bool {
			return t.State == queue.NotCheckedIn && t.TravelMinutes > 0 && t.LeaveAdvisedAt.IsZero()
		}
		if q.Desk != queue.DeskEnded && s.now.Before(q.End) && slices.ContainsFunc(q.Tickets, travels) {
			s.ticks(s.now.Add(time.Nanosecond)) // somebody may have to leave home
		}
	}
	return nil
}
