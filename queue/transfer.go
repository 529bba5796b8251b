package queue

import (
	"context"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
)

// Transfer takes somebody who waits in one queue into another at once. He is
// here, so nothing is asked of him; whoever stood at the door already stands
// first at the new one, the others go by their check-in. With Admission.Last
// somebody chose that he goes on, and says why: he stands at the end instead, in
// the lane that he was in (domain rule §3.10). So it is alone that a patient
// whom the doctor has in the room goes on: his consultation is over then, of no
// length that anything is learned from, and a turn of returns is used up.
// CodeState: he is not here, or was seen; CodeMissing and CodeTooLarge: the
// cause. Doing it again changes nothing.
func (s *Service) Transfer(ctx context.Context, tx Tx, a Admission) (Ticket, error) {
	old, err := tx.TicketByAppointment(ctx, a.AppointmentID)
	if err != nil {
		return Ticket{}, err
	}
	if old.SessionID == a.SessionID {
		return old, nil
	}
	if err := checkCause(a.Cause, a.Last); err != nil {
		return Ticket{}, err
	}
	if err := s.letGo(ctx, tx, &old, a); err != nil {
		return Ticket{}, err
	}
	c, err := s.arrival(ctx, tx, VerbTransfer, a)
	if err != nil {
		return Ticket{}, err
	}
	if c.q.Desk == DeskEnded {
		return Ticket{}, houzhen.E(houzhen.CodeSessionClosed, "the session has ended")
	}
	if err := c.loadAll(ctx); err != nil {
		return Ticket{}, err
	}
	t := c.byAppointment(a.AppointmentID)
	t.standAs(old, c.now, a.Last)
	if t.State == Ready {
		t.ReadyAt = beforeReady(&c.q, c.now)
	}
	c.why, c.r.cause = because(ReasonTransferred), a.Cause
	id := t.ID
	c.tell(houzhen.TicketCheckedIn, t, Reason{})
	c.fill()
	return c.saved(ctx, id)
}

// letGo lets somebody who is to go on leave the doctor who called him, or who
// has him in the room; the others wait.
func (s *Service) letGo(ctx context.Context, tx Tx, t *Ticket, a Admission) error {
	switch t.State {
	case Called:
		return s.takeCallBack(ctx, tx, t)
	case InConsult:
		if a.Last {
			return s.sendOn(ctx, tx, t.ID, a)
		}
		return wrongState("transfer", t)
	case Done, Dropped, NotCheckedIn:
		return wrongState("transfer", t)
	case Waiting, Ready, Missed, OutForTests, Deferred, Suspended:
	}
	return nil
}

// sendOn ends the consultation of a patient whom somebody lets go on to another
// doctor: a press of its own in the queue that he leaves, with who and why. He
// is set aside there until he is taken over, in the same transaction.
func (s *Service) sendOn(ctx context.Context, tx Tx, ticketID string, a Admission) error {
	t, err := tx.Ticket(ctx, ticketID)
	if err != nil {
		return err
	}
	q, err := tx.LockQueue(ctx, t.SessionID)
	if err != nil {
		return err
	}
	c := newChange(tx, q, s.policyOf(q.ZoneID), true).by(VerbTransfer, a.Operator)
	own, err := c.ticket(ticketID)
	if err != nil {
		return err
	}
	if own.State != InConsult {
		return wrongState("transfer", own)
	}
	own.State, own.EndedAt = Suspended, c.now
	c.q.delayed(own)
	c.about, c.why = own.ID, because(ReasonSentOn, "cause", a.Cause)
	c.r.request, c.r.cause = tx.NewID(), a.Cause
	c.calls = append(c.calls, Call{
		RequestID: c.r.request, SessionID: q.SessionID, TicketID: own.ID, DoctorID: own.DoctorID, RoomID: own.RoomID,
		Verb: VerbTransfer, Reason: c.why, At: c.now, Operator: a.Operator, Cause: a.Cause,
	})
	c.fill()
	return c.save(ctx)
}

// standAs makes a ticket of a new queue stand as the one that was left did, or
// last in its lane.
func (t *Ticket) standAs(old Ticket, now time.Time, last bool) {
	t.State, t.CheckedInAt, t.Misses = Waiting, old.CheckedInAt, old.Misses
	switch {
	case old.State == Ready && !last:
		t.State = Ready
	case slices.Contains([]State{OutForTests, Suspended, Deferred}, old.State):
		t.State, t.NotBefore, t.ResultsAt = old.State, old.NotBefore, old.ResultsAt
	}
	t.Group, t.Care, t.Note, t.Returns = old.Group, old.Care, old.Note, old.Returns
	had := old.Lane == LaneReturn && old.State == InConsult // the doctor whom he came back to has seen him
	if slices.Contains([]Lane{LaneEmergency, LanePriority, LaneReturn}, old.Lane) && !had {
		t.Lane, t.LaneSince = old.Lane, old.LaneSince
	}
	if !last {
		return
	}
	t.CheckedInAt = now
	if !t.LaneSince.IsZero() {
		t.LaneSince = now
	}
}

// takeCallBack lets somebody who was called by a doctor who is gone stand at
// the door again.
func (s *Service) takeCallBack(ctx context.Context, tx Tx, t *Ticket) error {
	c, err := s.single(ctx, tx, VerbPutBack, func() (Ticket, error) { return tx.Ticket(ctx, t.ID) })
	if err != nil {
		return err
	}
	c.q.Tickets[0].State, c.q.Tickets[0].Calls = Ready, 0
	c.why = because(ReasonPutBack)
	*t, err = c.saved(ctx, t.ID)
	return err
}
