package queue

import (
	"context"
	"slices"
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
	return newChange(tx, q, s.policyOf(q.ZoneID), false).by(VerbRelocate, "").save(ctx)
}

// Repoint gives a ticket to another record of the same person, and says so in
// the queue's log. Doing it again changes nothing. CodeNotFound: the appointment
// has no ticket.
func (s *Service) Repoint(ctx context.Context, tx Tx, appointmentID, patientID string) error {
	c, err := s.single(ctx, tx, VerbRepoint, func() (Ticket, error) { return tx.TicketByAppointment(ctx, appointmentID) })
	if err != nil {
		return err
	}
	t := &c.q.Tickets[0]
	if t.PatientID == patientID {
		return nil
	}
	t.PatientID = patientID
	c.why = because(ReasonMerged)
	_, err = c.saved(ctx, t.ID)
	return err
}

// Present lists those who have come and are not seen yet, those at the door
// first.
func Present(q Queue) []Ticket {
	order := []State{Called, Ready, Waiting, Deferred, Suspended, Missed, OutForTests}
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
