package queue

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
)

// Seat says who sits where for a queue.
type Seat struct{ ZoneID, RoomID, DoctorID string }

// Relocate notes that another doctor or room serves a session. Numbers, order
// and those at the door stay. CodeNotFound: the queue is not open yet.
func (s *Service) Relocate(ctx context.Context, tx Tx, sessionID string, to Seat) error {
	q, err := tx.LockHead(ctx, sessionID)
	if err != nil {
		return err
	}
	if (Seat{q.ZoneID, q.RoomID, q.DoctorID}) == to || q.Desk == DeskEnded {
		return nil
	}
	q.ZoneID, q.RoomID, q.DoctorID = to.ZoneID, to.RoomID, to.DoctorID
	if err := tx.SaveQueue(ctx, &q); err != nil {
		return fmt.Errorf("save queue: %w", err)
	}
	return nil
}

// Transfer takes somebody who waits in one queue into another at once. He is
// here, so nothing is asked of him; whoever stood at the door already stands
// first at the new one, the others go by their check-in. Doing it again changes
// nothing.
func (s *Service) Transfer(ctx context.Context, tx Tx, a Admission) (Ticket, error) {
	old, err := tx.TicketByAppointment(ctx, a.AppointmentID)
	if err != nil {
		return Ticket{}, err
	}
	if old.SessionID == a.SessionID {
		return old, nil
	}
	switch old.State {
	case Called:
		if err := takeCallBack(ctx, tx, &old); err != nil {
			return Ticket{}, err
		}
	case InConsult, Done, Dropped, NotCheckedIn:
		return Ticket{}, wrongState("transfer", &old)
	case Waiting, Ready, Missed:
	}
	c, err := s.arrival(ctx, tx, a)
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
	t.State, t.CheckedInAt, t.Misses = Waiting, old.CheckedInAt, old.Misses
	if old.State == Ready {
		t.State, t.ReadyAt = Ready, beforeReady(c.q, c.now)
	}
	id := t.ID
	c.tell(houzhen.TicketCheckedIn, t, Reason{})
	c.fill()
	return c.saved(ctx, id)
}

// takeCallBack lets somebody who was called by a doctor who is gone stand at
// the door again.
func takeCallBack(ctx context.Context, tx Tx, t *Ticket) error {
	if _, err := tx.LockHead(ctx, t.SessionID); err != nil {
		return fmt.Errorf("lock queue left: %w", err)
	}
	t.State, t.Calls = Ready, 0
	if err := tx.SaveTicket(ctx, t); err != nil {
		return fmt.Errorf("take call back: %w", err)
	}
	return nil
}

// beforeReady gives an instant before everybody's who stands at the door.
func beforeReady(q Queue, now time.Time) time.Time {
	for _, t := range q.Tickets {
		if t.State == Ready && !t.ReadyAt.IsZero() && !now.Before(t.ReadyAt) {
			now = t.ReadyAt.Add(-time.Microsecond)
		}
	}
	return now
}

// Present lists those who have come and are not seen yet, those at the door
// first.
func Present(q Queue) []Ticket {
	order := []State{Called, Ready, Waiting, Missed}
	var here []Ticket
	for _, is := range order {
		for _, t := range q.Tickets {
			if t.State == is {
				here = append(here, t)
			}
		}
	}
	return slices.Clip(here)
}
