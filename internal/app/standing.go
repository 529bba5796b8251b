package app

import (
	"context"
	"sync"
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
// waits or is expected. picks is the calling order of those who are here.
func (b *boards) standings(ctx context.Context, tx everything, q queue.Queue, now time.Time) (at map[string]standing, picks []string, err error) {
	model, err := b.models.get(ctx, tx, q, now)
	if err != nil {
		return nil, nil, err
	}
	policy := b.policy(q.ZoneID)
	calls := forecast.Of(q, policy, model, now)
	at = map[string]standing{}
	around := situation(q)
	for i, pick := range queue.Expected(q, policy, now) {
		s := standing{ahead: i, reason: reasonOf(pick.Reason)}
		if f, ok := calls[pick.TicketID]; ok {
			from := around
			from.Ahead = f.Ahead
			shown := b.shown.keep(pick.TicketID, f.Range(), from, now)
			s.lo, s.hi, s.call = shown.Low, shown.High, &f
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
	return at, picks, nil
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

// ranges remembers what each patient was shown, so that a range changes when
// it is wrong and not whenever it could be drawn anew. It is a cache: a node
// that has forgotten shows a fresh range.
type ranges struct {
	mu    sync.Mutex
	shown map[string]forecast.Card
}

func newRanges() *ranges { return &ranges{shown: map[string]forecast.Card{}} }

func (r *ranges) keep(id string, fresh forecast.Range, from forecast.Situation, now time.Time) forecast.Card {
	r.mu.Lock()
	defer r.mu.Unlock()
	next := r.shown[id].Next(fresh, from, now)
	r.shown[id] = next
	return next
}

// prune forgets ranges that are over.
func (r *ranges) prune(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, s := range r.shown {
		if now.After(s.High.Add(time.Hour)) {
			delete(r.shown, id)
		}
	}
}

// leave is the card that says whether to set out. Who was told to and has not
// come is told to wait a little when the clinic slips.
func (p place) leave(t queue.Ticket, at standing) board.Leave {
	l := board.Leave{Advise: board.AdviseNone, Travel: t.TravelMinutes}
	if t.State != queue.NotCheckedIn || t.TravelMinutes == 0 || at.call == nil || p.session.Status == booking.SessionSuspended {
		return l
	}
	l.Advise = board.AdviseWait
	l.At = milli(p.leaving.At(at.call, wayOf(t), p.now))
	if !t.LeaveAdvisedAt.IsZero() && p.leaving.Advise(at.call, wayOf(t), p.now, true) == forecast.LeaveNow {
		l.Advise = board.AdviseNow
	}
	return l
}

// leaveRule is the published rule with this hospital's risk.
func (b *boards) leaveRule() forecast.Leave {
	rule := forecast.DefaultLeave()
	rule.Alpha = b.risk
	return rule
}

// wayOf is how long a patient needs from home, as far as he has said.
func wayOf(t queue.Ticket) forecast.Travel {
	return forecast.Travel{Mean: time.Duration(t.TravelMinutes) * time.Minute}
}

// mustLeave says whether a patient is told to set out now: once, and only while
// he is not here.
func (b *boards) mustLeave(t queue.Ticket, at standing, now time.Time) bool {
	if t.State != queue.NotCheckedIn || !t.LeaveAdvisedAt.IsZero() || t.TravelMinutes == 0 || at.call == nil {
		return false
	}
	return b.leaveRule().Advise(at.call, wayOf(t), now, false) == forecast.LeaveNow
}

// adviseLeave tells everybody of a queue who is still at home and must set out
// now. The ticket records it, so each is told once.
func (a *App) adviseLeave(ctx context.Context, q queue.Queue) {
	now := a.clock.Now()
	var due []string
	where := map[string]standing{}
	err := a.view(ctx, func(tx everything) error {
		at, _, err := a.boards.standings(ctx, tx, q, now)
		if err != nil {
			return err
		}
		where = at
		for _, t := range q.Tickets {
			if a.boards.mustLeave(t, at[t.ID], now) {
				due = append(due, t.ID)
			}
		}
		return nil
	})
	for _, id := range due {
		if err == nil {
			err = a.inTx(ctx, func(tx everything) error {
				_, err := a.Queue.AdviseLeave(ctx, tx, id)
				return err
			})
		}
	}
	if err == nil {
		err = a.adviseSteps(ctx, q, where)
	}
	if err != nil && ctx.Err() == nil {
		a.log.WarnContext(ctx, "leave-now check failed", "session", q.SessionID, "error", err)
	}
}
