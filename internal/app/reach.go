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
	"github.com/houzhen/houzhen/queue"
)

// reached adds to a subject whom it is told to, by what he can be reached and
// what he wants.
func (a *App) reached(ctx context.Context, tx everything, s notify.Subject, p directory.Patient) (notify.Subject, error) {
	prefs, err := tx.MessagePrefs(ctx, []string{p.ID})
	if err != nil {
		return s, err
	}
	s.Recipient, s.HasPhone, s.HasPush, s.Prefs = p.ID, !p.Phone.IsZero(), p.PushAccount != "", prefs[p.ID]
	if a.cfg.WeChat.AppID == "" && a.cfg.SMTP.Addr == "" {
		return s, nil
	}
	contacts, err := tx.Contacts(ctx, p.ID)
	for _, c := range contacts[p.ID] {
		s.HasWeChat = s.HasWeChat || c.Channel == notify.WeChat
		s.HasEmail = s.HasEmail || c.Channel == notify.Email
	}
	return s, err
}

// tellProgress tells somebody in a queue of a step on his way, where the
// hospital wants that by message; the page shows it anyway.
func (a *App) tellProgress(ctx context.Context, tx everything, ticketID string, version int64, plan func(notify.Subject, time.Time) []notify.Message) error {
	t, s, err := a.ticketSubject(ctx, tx, houzhen.Event{Subject: ticketID, Version: version})
	if err != nil {
		return err
	}
	s.CallAt = t.SliceEnd
	return a.enter(ctx, tx, plan(s, tx.Now()))
}

// tellCheckedIn confirms a place in the queue, and to whoever is back from
// tests that he is in it again.
func (a *App) tellCheckedIn(ctx context.Context, tx everything, e houzhen.Event) error {
	if !a.cfg.QueueMessages {
		return nil
	}
	t, err := tx.Ticket(ctx, e.Subject)
	if err != nil || t.State != queue.Waiting {
		return err
	}
	plan := a.policy.PlanCheckedIn
	if t.Lane == queue.LaneReturn {
		plan = a.policy.PlanReturnIn
	}
	return a.tellProgress(ctx, tx, t.ID, e.Version, plan)
}

// tellWaitALittle tells whoever was told to leave home that there is time.
func (a *App) tellWaitALittle(ctx context.Context, tx everything, e houzhen.Event) error {
	t, err := tx.Ticket(ctx, e.Subject)
	if err != nil || t.State != queue.NotCheckedIn || t.Advised() {
		return err
	}
	return a.tellProgress(ctx, tx, t.ID, e.Version, a.policy.PlanWaitALittle)
}

// tellPaused tells those who wait that the doctor was called away. Who is on
// the way is told by what that does to his forecast.
func (a *App) tellPaused(ctx context.Context, tx everything, e houzhen.Event) error {
	if !a.cfg.QueueMessages {
		return nil
	}
	q, err := tx.Queue(ctx, e.Session)
	if err != nil || !q.Away(a.policies.of(q.ZoneID), tx.Now()) {
		return err
	}
	for _, t := range q.Tickets {
		if t.State != queue.Waiting {
			continue
		}
		if err := a.tellProgress(ctx, tx, t.ID, e.Version, a.policy.PlanDelayed); err != nil {
			return err
		}
	}
	return nil
}

// adviseNear tells those who have few before them to come near, once for each
// turn of theirs.
func (a *App) adviseNear(ctx context.Context, q queue.Queue, at map[string]standing) error {
	if !a.cfg.QueueMessages {
		return nil
	}
	for _, t := range q.Tickets {
		if t.State != queue.Waiting || at[t.ID].ahead > a.policy.NearAt {
			continue
		}
		err := a.inHooked(ctx, func(ctx context.Context, tx everything) error {
			return a.tellProgress(ctx, tx, t.ID, int64(t.Misses)+1, func(s notify.Subject, now time.Time) []notify.Message {
				return a.policy.PlanNear(s, at[t.ID].ahead, now)
			})
		})
		if err != nil {
			return fmt.Errorf("tell that it is near: %w", err)
		}
	}
	return nil
}

// announceAhead is how far ahead of an outage people are told of it.
const announceAhead = 4 * time.Hour

// Announce tells everybody whose visit is near of an outage or of its end, and
// gives how many. Telling the same outage twice is harmless: since names it.
func (a *App) Announce(ctx context.Context, over bool, since time.Time) (told int, err error) {
	now := a.clock.Now()
	today := houzhen.BusinessDate(now, a.loc)
	filter := booking.AppointmentFilter{
		From: today, To: today, States: []booking.State{booking.Booked, booking.CheckedIn}, Purpose: booking.PurposeVisit, Limit: 100,
	}
	for {
		n, last, err := a.announce(ctx, filter, over, since, now)
		told += n
		if err != nil || last == "" {
			return told, err
		}
		filter.AfterID = last
	}
}

func (a *App) announce(ctx context.Context, filter booking.AppointmentFilter, over bool, since, now time.Time) (told int, last string, err error) {
	err = a.inHooked(ctx, func(ctx context.Context, tx everything) error {
		told, last = 0, ""
		page, err := tx.Appointments(ctx, filter)
		if err != nil {
			return fmt.Errorf("load appointments: %w", err)
		}
		var rows []notify.Message
		for _, at := range page {
			last = at.ID
			if at.End.Before(since) || at.Start.After(now.Add(announceAhead)) {
				continue
			}
			s, err := a.subject(ctx, tx, at)
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
	return told, last, err
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
