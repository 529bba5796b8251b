package queue

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
)

// maxTravelMinutes is the longest way that a patient may name.
const maxTravelMinutes = 600

// Drop takes an appointment's ticket out of the queue: cancelled, moved,
// suspended, abandoned (DropReasons). A second time it changes nothing; one in
// the room or done is refused with CodeState.
func (s *Service) Drop(ctx context.Context, tx Tx, appointmentID, reason string) (Ticket, error) {
	if !slices.Contains(DropReasons(), reason) {
		return Ticket{}, houzhen.E(houzhen.CodeInvalid, "no such reason to drop a ticket").On("reason")
	}
	c, err := s.single(ctx, tx, VerbDrop, func() (Ticket, error) { return tx.TicketByAppointment(ctx, appointmentID) })
	if err != nil {
		return Ticket{}, err
	}
	t := &c.q.Tickets[0]
	switch t.State {
	case Dropped:
		return *t, nil
	case InConsult, Done:
		return Ticket{}, wrongState("drop", t)
	case NotCheckedIn, Waiting, Ready, Called, Missed, OutForTests, Deferred, Suspended:
	}
	if t.State == Ready {
		if err := c.loadAll(ctx); err != nil {
			return Ticket{}, err
		}
		t = c.byAppointment(appointmentID)
	}
	id := t.ID
	c.drop(t, reason)
	c.why = because(reason)
	c.fill()
	return c.saved(ctx, id)
}

// Way is how a patient comes: how long he needs, and whether he lives so near
// that he would rather come late once than wait every time.
type Way struct {
	Minutes int // 0 unknown
	Near    bool
}

// SetTravel keeps how the patient comes. Another way than before allows another
// advice to leave.
func (s *Service) SetTravel(ctx context.Context, tx Tx, ticketID string, way Way) (Ticket, error) {
	if way.Minutes < 0 || way.Minutes > maxTravelMinutes {
		return Ticket{}, houzhen.E(houzhen.CodeInvalid, "travel minutes are out of range").On("travel_minutes")
	}
	c, err := s.single(ctx, tx, VerbTravel, func() (Ticket, error) { return tx.Ticket(ctx, ticketID) })
	if err != nil {
		return Ticket{}, err
	}
	t := &c.q.Tickets[0]
	if (Way{t.TravelMinutes, t.LivesNear}) == way {
		return *t, nil
	}
	t.TravelMinutes, t.LivesNear, t.LeaveAdvisedAt, t.WaitAdvisedAt, t.SetOutAt = way.Minutes, way.Near, time.Time{}, time.Time{}, time.Time{}
	if t.State == NotCheckedIn { // when he is told to leave is another time now
		c.tell(houzhen.TicketOrdered, t, Reason{})
	}
	return c.saved(ctx, t.ID)
}

// single locks the head of a ticket's queue and brings that ticket alone, read
// again under the lock.
func (s *Service) single(ctx context.Context, tx Tx, verb string, find func() (Ticket, error)) (*change, error) {
	t, err := find()
	if err != nil {
		return nil, err
	}
	q, err := tx.LockHead(ctx, t.SessionID)
	if err != nil {
		return nil, fmt.Errorf("lock queue: %w", err)
	}
	t, err = find()
	if err != nil {
		return nil, err
	}
	if t.SessionID != q.SessionID {
		return nil, houzhen.E(houzhen.CodeConflict, "the ticket moved to another session meanwhile")
	}
	q.Tickets = []Ticket{t}
	return newChange(tx, q, s.policyOf(q.ZoneID), false).by(verb, ""), nil
}
