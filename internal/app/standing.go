package app

import (
	"context"
	"time"

	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/board"
	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/queue/forecast"
)

// standing is where one patient stands: how many before him, between when and
// when he will be called, and why he stands there.
type standing struct {
	ahead  int
	lo, hi time.Time          // as shown
	call   *forecast.Forecast // nil where there is none
	reason board.Reason
	moved  board.Reason // why the range is no more the one shown before
	near   forecast.Near
}

// standings runs the queue's own order ahead and forecasts everybody who
// waits or is expected.
func (b *boards) standings(ctx context.Context, tx everything, q queue.Queue, now time.Time) (map[string]standing, error) {
	model, err := b.models.get(ctx, tx, q, b.policy(q.ZoneID), now)
	if err != nil {
		return nil, err
	}
	at, _ := b.stand(q, model, now)
	return at, nil
}

// stand is standings by a model that is at hand. picks is the calling order of
// those who are here.
func (b *boards) stand(q queue.Queue, model *forecast.Model, now time.Time) (at map[string]standing, picks []string) {
	policy := b.policy(q.ZoneID)
	expected := queue.Expected(q, policy, now)
	calls := forecast.InOrder(q, policy, expected, model, now)
	at = make(map[string]standing, len(expected))
	around := situation(q)
	for i, pick := range expected {
		s := standing{ahead: i, reason: reasonOf(pick.Reason)}
		if len(calls) > 0 {
			from := around
			from.Ahead = calls[i].Ahead
			shown := b.shown.keep(pick.TicketID, calls[i].Range(), from, now)
			s.lo, s.hi, s.call = shown.Low, shown.High, &calls[i]
			if shown.Cause != forecast.CauseNone {
				s.moved.Code = "range." + string(shown.Cause)
			}
		}
		at[pick.TicketID] = s
	}
	for _, p := range queue.Positions(q, policy, now) {
		s := at[p.TicketID]
		s.ahead, s.reason, s.near = p.Ahead, reasonOf(p.Reason), forecast.NearOf(p.Ahead)
		at[p.TicketID] = s
		picks = append(picks, p.TicketID)
	}
	return at, picks
}

// situation is what ranges of a queue are made from, but for who is ahead.
func situation(q queue.Queue) forecast.Situation {
	s := forecast.Situation{Started: !q.StartedAt.IsZero(), Paused: q.Desk == queue.DeskPaused}
	for i := range q.Tickets {
		switch q.Tickets[i].State {
		case queue.Called, queue.InConsult, queue.Done, queue.OutForTests:
			s.Entered++
		case queue.NotCheckedIn, queue.Waiting, queue.Ready, queue.Missed, queue.Deferred, queue.Suspended, queue.Dropped:
		}
	}
	return s
}

func reasonOf(r queue.Reason) board.Reason { return board.Reason{Code: r.Code, Args: r.Args} }

// leave is the card that says whether to set out. Who was told to and has not
// come is told to wait a little when the clinic slips.
func (p place) leave(t queue.Ticket, at standing) board.Leave {
	l := board.Leave{Advise: board.AdviseNone, Travel: t.TravelMinutes, Near: t.LivesNear}
	if t.State != queue.NotCheckedIn || t.TravelMinutes == 0 || at.call == nil || p.session.Status == booking.SessionSuspended {
		return l
	}
	if t.Advised() {
		l.Advise = board.AdviseNow
		if t.OnTheWay() {
			l.Out = milli(t.SetOutAt)
		}
		return l
	}
	l.Advise = board.AdviseWait
	l.At = milli(leaveRule(p.policy, t).At(at.call, wayOf(t), p.now))
	return l
}

// leaveRule is a zone's rule for one patient.
func leaveRule(p queue.Policy, t queue.Ticket) forecast.Leave {
	rule := forecast.Leave{Alpha: p.LeaveAlpha, Grace: p.LeaveGrace, Recheck: p.LeaveRecheck}
	if t.LivesNear {
		rule.Alpha = max(p.LeaveAlpha, p.LeaveNear)
	}
	return rule
}

// wayOf is how long a patient needs from home, as far as he has said.
func wayOf(t queue.Ticket) forecast.Travel {
	return forecast.Travel{Mean: time.Duration(t.TravelMinutes) * time.Minute}
}

// advice is what is new to tell a patient about setting out. It is asked again
// after every change and every minute, and what was told stays on the ticket.
func (p place) advice(t queue.Ticket) forecast.Advice {
	at := p.order[t.ID]
	if t.State != queue.NotCheckedIn || t.TravelMinutes == 0 || at.call == nil || p.session.Status == booking.SessionSuspended {
		return forecast.StayHome
	}
	switch leaveRule(p.policy, t).Advise(at.call, wayOf(t), p.now, t.Advised()) {
	case forecast.LeaveNow:
		if !t.Advised() {
			return forecast.LeaveNow
		}
	case forecast.WaitALittle:
		if t.MayWait(p.now) {
			return forecast.WaitALittle
		}
	case forecast.StayHome:
	}
	return forecast.StayHome
}

// adviseLeave tells everybody of a queue who is still at home and must set out
// now, or was told to and had better wait. The ticket records it, so each is
// told once.
func (a *App) adviseLeave(ctx context.Context, p place) {
	err := a.adviseSteps(ctx, p)
	for _, t := range p.q.Tickets {
		give := a.Queue.AdviseLeave
		switch p.advice(t) {
		case forecast.StayHome:
			continue
		case forecast.WaitALittle:
			give = a.Queue.AdviseWait
		case forecast.LeaveNow:
		}
		if err == nil {
			err = a.inTx(ctx, func(tx everything) error {
				_, err := give(ctx, tx, t.ID)
				return err
			})
		}
	}
	if err != nil && ctx.Err() == nil {
		a.log.WarnContext(ctx, "advice not given", "session", p.q.SessionID, "error", err)
	}
}
