package app

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/queue"
)

// tellsSteps reports whether people are told by message how their queue moves;
// pages and screens show it anyway.
func (a *App) tellsSteps() bool { return a.cfg.QueueMessages && !a.opt.Blind }

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
	if !a.tellsSteps() {
		return nil
	}
	t, err := ticketOf(ctx, tx, e.Subject)
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
	if !a.tellsSteps() {
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

// step is one word to one who waits.
type step struct {
	ticket queue.Ticket
	kind   notify.Kind
}

// adviseSteps tells those who wait how the line moves, to come near or to wait
// at the door: each once for every turn of theirs.
func (a *App) adviseSteps(ctx context.Context, p place) error {
	if !a.tellsSteps() {
		return nil
	}
	now := a.clock.Now()
	var due []step
	for _, t := range p.q.Tickets {
		s, known := p.order[t.ID]
		if t.State != queue.Waiting || !known || t.ReadyAt.IsZero() && now.Sub(t.CheckedInAt) < standsHere {
			continue
		}
		if k := a.policy.Step(s.ahead, !t.ReadyAt.IsZero()); k != "" {
			due = append(due, step{t, k})
		}
	}
	if due = a.steps.fresh(p.q, due); len(due) == 0 {
		return nil
	}
	err := a.inHooked(ctx, func(ctx context.Context, tx everything) error {
		c, err := a.line(ctx, tx, p, due)
		if err != nil {
			return err
		}
		ctx = context.WithValue(ctx, crowdKey{}, c)
		for _, s := range due {
			err := a.tellProgress(ctx, tx, s.ticket.ID, turn(s.ticket), func(to notify.Subject, now time.Time) []notify.Message {
				return a.policy.PlanStep(s.kind, to, now)
			})
			if err != nil {
				return err
			}
		}
		return a.enterNow(ctx, tx, c.rows)
	})
	if err != nil {
		return fmt.Errorf("tell how the line moves: %w", err)
	}
	a.steps.note(p.q, due)
	return nil
}

// line is the crowd of those who are told how their line moves: their tickets
// and session are as they were drawn, which is what they are told of.
func (a *App) line(ctx context.Context, tx everything, p place, due []step) (*crowd, error) {
	c := &crowd{
		tx: tx, collects: true, tickets: map[string]queue.Ticket{}, sessions: map[string]booking.Session{p.session.ID: p.session},
	}
	var people []string
	for _, s := range due {
		c.tickets[s.ticket.ID], people = s.ticket, append(people, s.ticket.PatientID)
	}
	return c, c.meet(ctx, distinct(people), a.namesPeople())
}

// standsHere is how long after checking in somebody is taken to be near anyway:
// he sees the screen, and a message would come on top of that of his check-in.
const standsHere = 10 * time.Minute

// turn numbers the times that somebody waits: the first, and one more after
// each missed call and each return from tests.
func turn(t queue.Ticket) int64 { return int64(t.Misses + t.Returns + 1) }
