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
	for i, pick := range queue.Expected(q, policy, now) {
		s := standing{ahead: i, reason: reasonOf(pick.Reason)}
		if f, ok := calls[pick.TicketID]; ok {
			shown := b.shown.keep(pick.TicketID, f.Range(), now)
			s.lo, s.hi, s.call = shown.Low, shown.High, &f
		}
		at[pick.TicketID] = s
	}
	for _, p := range queue.Positions(q, policy, now) {
		s := at[p.TicketID]
		s.ahead, s.reason = p.Ahead, reasonOf(p.Reason)
		at[p.TicketID] = s
		picks = append(picks, p.TicketID)
	}
	return at, picks, nil
}

func reasonOf(r queue.Reason) board.Reason { return board.Reason{Code: r.Code, Args: r.Args} }

// ranges remembers what each patient was shown, so that a range changes when
// it is wrong and not whenever it could be drawn anew. It is a cache: a node
// that has forgotten shows a fresh range.
type ranges struct {
	mu    sync.Mutex
	shown map[string]forecast.Range
}

func newRanges() *ranges { return &ranges{shown: map[string]forecast.Range{}} }

func (r *ranges) keep(id string, fresh forecast.Range, now time.Time) forecast.Range {
	r.mu.Lock()
	defer r.mu.Unlock()
	next := forecast.Keep(r.shown[id], fresh, now)
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
	l.At = milli(leaveRule().At(at.call, wayOf(t), p.now))
	if leaveRule().Advise(at.call, wayOf(t), p.now, !t.LeaveAdvisedAt.IsZero()) == forecast.LeaveNow && !t.LeaveAdvisedAt.IsZero() {
		l.Advise = board.AdviseNow
	}
	return l
}

// leaveRule is the rule of all clinics.
func leaveRule() forecast.Leave { return forecast.DefaultLeave() }

// wayOf is how long a patient needs from home, as far as he has said.
func wayOf(t queue.Ticket) forecast.Travel {
	return forecast.Travel{Mean: time.Duration(t.TravelMinutes) * time.Minute}
}

// mustLeave says whether a patient is told to set out now: once, and only while
// he is not here.
func mustLeave(t queue.Ticket, at standing, now time.Time) bool {
	if t.State != queue.NotCheckedIn || !t.LeaveAdvisedAt.IsZero() || t.TravelMinutes == 0 || at.call == nil {
		return false
	}
	return leaveRule().Advise(at.call, wayOf(t), now, false) == forecast.LeaveNow
}

// adviseLeave tells everybody of a queue who is still at home and must set out
// now. The ticket records it, so each is told once.
func (a *App) adviseLeave(ctx context.Context, q queue.Queue) {
	now := a.clock.Now()
	var due []string
	err := a.view(ctx, func(tx everything) error {
		at, _, err := a.boards.standings(ctx, tx, q, now)
		if err != nil {
			return err
		}
		for _, t := range q.Tickets {
			if mustLeave(t, at[t.ID], now) {
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
	if err != nil && ctx.Err() == nil {
		a.log.WarnContext(ctx, "leave-now check failed", "session", q.SessionID, "error", err)
	}
}
