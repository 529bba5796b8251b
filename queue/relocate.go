package queue

import (
	"context"
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
	return newChange(tx, q, s.policyOf(q.ZoneID), false).by(VerbRelocate, "").save(ctx)
}

// Hours say when a session takes place, by when who comes must have checked in,
// and the slice of each of its appointments.
type Hours struct {
	Start, End, Deadline time.Time
	Slices               map[string]Slice // by appointment
}

// Slice is when an appointment is.
type Slice struct{ Start, End time.Time }

// Retime notes that a session takes place at other hours. Every ticket goes
// along with its appointment; states, lanes and numbers stay. CodeSessionBegun: the
// doctor has begun. CodeNotFound: the queue is not open yet.
func (s *Service) Retime(ctx context.Context, tx Tx, sessionID string, to Hours) error {
	q, err := tx.LockQueue(ctx, sessionID)
	if err != nil {
		return err
	}
	c := newChange(tx, q, s.policyOf(q.ZoneID), false).by(VerbRetime, "")
	changed := !q.Start.Equal(to.Start) || !q.End.Equal(to.End) || !q.Deadline.Equal(to.Deadline)
	c.q.Start, c.q.End, c.q.Deadline = to.Start, to.End, to.Deadline
	for i := range c.q.Tickets {
		t := &c.q.Tickets[i]
		at, known := to.Slices[t.AppointmentID]
		if !known || t.State == Dropped || t.State == Done || t.SliceStart.Equal(at.Start) && t.SliceEnd.Equal(at.End) {
			continue
		}
		t.SliceStart, t.SliceEnd, changed = at.Start, at.End, true
	}
	switch {
	case !changed || q.Desk == DeskEnded:
		return nil
	case !q.StartedAt.IsZero():
		return houzhen.E(houzhen.CodeSessionBegun, "the doctor has begun").On("session_id")
	}
	return c.save(ctx)
}

// Transfer takes somebody who waits in one queue into another at once. He is
// here, so nothing is asked of him; whoever stood at the door already stands
// first at the new one, the others go by their check-in. With Admission.Last he
// stands at the end instead, in the lane that he was in (domain rule §3.10).
// Doing it again changes nothing.
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
		if err := s.takeCallBack(ctx, tx, &old); err != nil {
			return Ticket{}, err
		}
	case InConsult, Done, Dropped, NotCheckedIn:
		return Ticket{}, wrongState("transfer", &old)
	case Waiting, Ready, Missed, OutForTests, Deferred, Suspended:
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
	t.Group, t.Care, t.Returns = old.Group, old.Care, old.Returns
	if slices.Contains([]Lane{LaneEmergency, LanePriority, LaneReturn}, old.Lane) {
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
