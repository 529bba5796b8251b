package queue

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
)

// holdMargin is how much longer than his usual way somebody who was told to set
// out may need and still find his place: ways spread by about a fifth, so one
// in a hundred takes longer than this.
const holdMargin = 1.5

// Advised reports whether the patient was told to set out and not, since, to
// wait.
func (t *Ticket) Advised() bool {
	return !t.LeaveAdvisedAt.IsZero() && !t.WaitAdvisedAt.After(t.LeaveAdvisedAt)
}

// OnTheWay reports whether the patient was told to set out and has said since
// that he has.
func (t *Ticket) OnTheWay() bool { return t.Advised() && !t.SetOutAt.Before(t.LeaveAdvisedAt) }

// SetOff is since when the patient can be on his way: since he was told to set
// out, or since he said that he has. Zero is never told.
func (t *Ticket) SetOff() time.Time { return later(t.LeaveAdvisedAt, t.SetOutAt) }

// MayWait reports whether word to wait a little is still of use to somebody who
// was told to set out: not when he has half of his way behind him, and once only,
// so that nobody is sent to and fro.
func (t *Ticket) MayWait(now time.Time) bool {
	return t.State == NotCheckedIn && t.Advised() && t.WaitAdvisedAt.IsZero() && now.Sub(t.LeaveAdvisedAt) < t.way()/2
}

func (t *Ticket) way() time.Duration { return time.Duration(t.TravelMinutes) * time.Minute }

// held reports whether a patient comes at our own word, so that his place is
// kept without penalty: he was told to wait, or he is on the way since he was
// told to set out or said that he has. Meanwhile the first one present is called; nobody who is
// not here ever is, so a clinic whose patients are on the way sees no row of
// missed calls.
func (t *Ticket) held(now time.Time, p *Policy) bool {
	switch {
	case !p.LeaveHold || t.LeaveAdvisedAt.IsZero():
		return false
	case !t.Advised():
		return true
	}
	return !now.After(t.SetOff().Add(time.Duration(float64(t.way())*holdMargin) + p.LeaveGrace))
}

// AdviseLeave notes that the patient is told to set out: a second time it
// changes nothing, unless he was told to wait meanwhile, and neither does it
// once he is here or out of the queue.
func (s *Service) AdviseLeave(ctx context.Context, tx Tx, ticketID string) (Ticket, error) {
	return s.advise(ctx, tx, VerbAdvise, ticketID, func(c *change, t *Ticket) bool {
		if t.State != NotCheckedIn || t.Advised() {
			return false
		}
		t.LeaveAdvisedAt = c.now
		c.tell(houzhen.TicketLeaveNow, t, Reason{})
		return true
	})
}

// AdviseWait notes that a patient who was told to set out is told that there is
// time after all: the clinic has slipped. His place stays his. Where it is of
// no use any more (Ticket.MayWait) it changes nothing.
func (s *Service) AdviseWait(ctx context.Context, tx Tx, ticketID string) (Ticket, error) {
	return s.advise(ctx, tx, VerbAdviseWait, ticketID, func(c *change, t *Ticket) bool {
		if !t.MayWait(c.now) {
			return false
		}
		t.WaitAdvisedAt = later(c.now, t.LeaveAdvisedAt.Add(time.Microsecond))
		c.tell(houzhen.TicketWaitALittle, t, Reason{})
		return true
	})
}

// SetOut notes that a patient who was told to set out says that he has done
// so: from then on he is expected for sure. A second time it changes nothing,
// nor does it once he is here; of one who was not told to, or was told to wait
// since, it is refused with CodeState.
func (s *Service) SetOut(ctx context.Context, tx Tx, ticketID string) (Ticket, error) {
	c, err := s.single(ctx, tx, VerbSetOut, func() (Ticket, error) { return tx.Ticket(ctx, ticketID) })
	if err != nil {
		return Ticket{}, err
	}
	t := &c.q.Tickets[0]
	switch {
	case t.State == NotCheckedIn && !t.Advised():
		return Ticket{}, houzhen.E(houzhen.CodeState, "nobody has told this patient to set out yet").With("state", "not_advised")
	case t.State != NotCheckedIn, t.OnTheWay():
		return *t, nil
	}
	t.SetOutAt = c.now
	c.tell(houzhen.TicketOrdered, t, Reason{})
	return c.saved(ctx, t.ID)
}

// advise gives one ticket advice and says so, if there is any to give.
func (s *Service) advise(ctx context.Context, tx Tx, verb, ticketID string, give func(*change, *Ticket) bool) (Ticket, error) {
	c, err := s.single(ctx, tx, verb, func() (Ticket, error) { return tx.Ticket(ctx, ticketID) })
	if err != nil {
		return Ticket{}, err
	}
	t := &c.q.Tickets[0]
	if !give(c, t) {
		return *t, nil
	}
	return c.saved(ctx, t.ID)
}
