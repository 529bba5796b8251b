package app

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/outbox"
	"github.com/houzhen/houzhen/notify"
)

// namesPeople reports whether a channel is set up that names people by a
// contact of theirs.
func (a *App) namesPeople() bool { return a.cfg.WeChat.AppID != "" || a.cfg.SMTP.Addr != "" }

// reached adds to a subject whom it is told to, by what he can be reached and
// what he wants.
func (a *App) reached(ctx context.Context, tx everything, s notify.Subject, p directory.Patient) (notify.Subject, error) {
	c := crowdOf(ctx, tx)
	if _, met := c.people[p.ID]; !met {
		c = &crowd{tx: tx}
		if err := c.ask(ctx, []string{p.ID}, a.namesPeople()); err != nil {
			return s, err
		}
	}
	s.Recipient, s.HasPhone, s.HasPush, s.Prefs = p.ID, !p.Phone.IsZero(), p.PushAccount != "", c.prefs[p.ID]
	for _, one := range c.contacts[p.ID] {
		s.HasWeChat = s.HasWeChat || one.Channel == notify.WeChat
		s.HasEmail = s.HasEmail || one.Channel == notify.Email
	}
	return s, nil
}

// announceAhead is how far ahead of an outage people are told of it.
const announceAhead = 4 * time.Hour

// Announce tells everybody whose visit is near of an outage or of its end, and
// gives how many. Telling the same outage twice is harmless: since names it.
func (a *App) Announce(ctx context.Context, over bool, since time.Time) (told int, err error) {
	now := a.clock.Now()
	today := houzhen.BusinessDate(now, a.loc)
	filter := booking.AppointmentFilter{States: []booking.State{booking.Booked, booking.CheckedIn}, Purpose: booking.PurposeVisit}
	err = a.bySessions(ctx, today, filter, func(ctx context.Context, f booking.AppointmentFilter) error {
		n, err := a.announce(ctx, f, over, since, now)
		told += n
		return err
	})
	return told, err
}

func (a *App) announce(ctx context.Context, filter booking.AppointmentFilter, over bool, since, now time.Time) (told int, err error) {
	err = a.inHooked(ctx, func(ctx context.Context, tx everything) error {
		told = 0
		page, err := tx.Appointments(ctx, filter)
		if err != nil {
			return fmt.Errorf("load appointments: %w", err)
		}
		met, err := a.meet(ctx, tx, page)
		if err != nil {
			return err
		}
		var rows []notify.Message
		for _, at := range page {
			if at.End.Before(since) || at.Start.After(now.Add(announceAhead)) {
				continue
			}
			s, err := a.subject(met, tx, at)
			if err != nil {
				return err
			}
			s.Version = since.Unix() // the outage: one is told once
			plan := a.policy.PlanOutage
			if over {
				plan = a.policy.PlanRecovered
			}
			more := plan(s, tx.Now())
			told += min(len(more), 1)
			rows = append(rows, more...)
		}
		return a.enter(ctx, tx, rows)
	})
	return told, err
}

// AnnounceExtra tells those who follow its doctor of an extra session, and
// gives how many.
func (a *App) AnnounceExtra(ctx context.Context, sessionID string) (told int, err error) {
	for after := ""; ; {
		n, last := 0, after
		err := a.inHooked(ctx, func(ctx context.Context, tx everything) error {
			session, err := tx.Session(ctx, sessionID)
			if err != nil {
				return err
			}
			if session.Status == booking.SessionSuspended || !tx.Now().Before(session.Start) {
				return houzhen.E(houzhen.CodeState, "session cannot be booked")
			}
			people, err := tx.Followers(ctx, session.DoctorID, after, 100)
			if err != nil {
				return err
			}
			var rows []notify.Message
			n = len(people)
			for _, id := range people {
				last = id
				p, err := tx.Patient(ctx, id)
				if err != nil {
					return fmt.Errorf("load patient: %w", err)
				}
				s, err := a.reached(ctx, tx, notify.Subject{ID: session.ID, Version: 1, Start: session.Start, End: session.End}, p)
				if err != nil {
					return err
				}
				rows = append(rows, a.policy.PlanExtra(s, tx.Now())...)
			}
			return a.enter(ctx, tx, rows)
		})
		told, after = told+n, last
		if err != nil || n == 0 {
			return told, err
		}
	}
}

// inHooked writes all domains in one transaction and runs what it left for
// after the commit.
func (a *App) inHooked(ctx context.Context, do func(context.Context, everything) error) error {
	hooked, after := outbox.WithHooks(ctx)
	err := a.inTx(hooked, func(tx everything) error { return do(hooked, tx) })
	if err == nil {
		after(ctx)
	}
	return err
}
