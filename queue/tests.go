package queue

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
)

// sendToTests lets the doctor send his present patient to be examined; he is
// to come back the same day, to the same doctor unless the policy says any.
func sendToTests(c *change, r command) (string, Reason, error) {
	t, err := c.subject(r)
	if err != nil {
		return "", Reason{}, err
	}
	if !t.atDesk() {
		return "", Reason{}, wrongState(r.verb, t)
	}
	if r.ticket == "" {
		if err := c.settled(t); err != nil {
			return "", Reason{}, err
		}
	}
	if t.State == Called {
		c.enter(t, t.LastCallAt, because(ReasonEnteredByNext))
	}
	t.EndedAt = c.now
	c.q.delayed(t)
	t.State, t.ResultsAt = OutForTests, time.Time{}
	if !c.p.ReturnAny && len(c.q.Desks) > 0 {
		t.AssignedDoctorID = t.DoctorID
	}
	why := because(ReasonSentToTests)
	c.tell(houzhen.TicketOutForTests, t, why)
	id := t.ID
	c.fill()
	return id, why, nil
}

func comeReturn(c *change, r command) (string, Reason, error) {
	t, err := c.in(r, OutForTests)
	if err != nil {
		return "", Reason{}, err
	}
	why, err := c.comeFromTests(t, r.act.Nurse)
	if err != nil {
		return "", Reason{}, err
	}
	id := t.ID
	c.fill()
	return id, why, nil
}

// comeFromTests takes a patient back whose reports are ready; a nurse takes
// him without. Where the doctor who sent him has left the pool, another of it
// sees him.
func (c *change) comeFromTests(t *Ticket, nurse bool) (Reason, error) {
	if c.q.Desk == DeskEnded {
		return Reason{}, houzhen.E(houzhen.CodeSessionClosed, "the session has ended")
	}
	if t.ResultsAt.IsZero() && !nurse && !c.p.ReturnBlind {
		return Reason{}, houzhen.E(houzhen.CodeState, "the results are not there yet").With("state", string(t.State))
	}
	if t.AssignedDoctorID != "" && c.deskOf(t.AssignedDoctorID) == nil {
		t.AssignedDoctorID = ""
	}
	t.State, t.Lane, t.LaneSince, t.AtEnd, t.SkipNormals = Waiting, LaneReturn, c.now, false, 0
	t.Returns++
	t.CheckedInAt = c.now
	t.uncall()
	t.StartedAt, t.EndedAt = time.Time{}, time.Time{}
	why := because(ReasonBackFromTests)
	c.tell(houzhen.TicketReturned, t, why)
	return why, nil
}

// ResultsReady notes that the reports of a patient who is out for tests are
// there, so that he may check in again. A second time, or for anybody else, it
// changes nothing. CodeNotFound: the appointment has no ticket.
func (s *Service) ResultsReady(ctx context.Context, tx Tx, appointmentID string) (Ticket, error) {
	c, err := s.single(ctx, tx, VerbResults, func() (Ticket, error) { return tx.TicketByAppointment(ctx, appointmentID) })
	if err != nil {
		return Ticket{}, err
	}
	t := &c.q.Tickets[0]
	if t.State != OutForTests || !t.ResultsAt.IsZero() {
		return *t, nil
	}
	t.ResultsAt = c.now
	return c.saved(ctx, t.ID)
}

// Tick lets time do its part in a queue: those who asked to go later come back
// when they are due. It reports whether anything changed.
func (s *Service) Tick(ctx context.Context, tx Tx, sessionID string) (bool, error) {
	q, err := tx.LockQueue(ctx, sessionID)
	if err != nil {
		return false, err
	}
	if _, due := Wake(q, tx.Now()); len(due) == 0 || q.Desk == DeskEnded {
		return false, nil
	}
	c := newChange(tx, q, s.policyOf(q.ZoneID), true).by(VerbTick, "")
	c.why = because(ReasonWoken)
	c.fill()
	return true, c.save(ctx)
}

// Free brings a patient back to the front of the queues in which he was put
// off because he was with another doctor.
func (s *Service) Free(ctx context.Context, tx Tx, patientID string) error {
	if patientID == "" {
		return nil
	}
	now := tx.Now()
	tickets, err := tx.Elsewhere(ctx, patientID, now.Add(-12*time.Hour), now.Add(12*time.Hour))
	if err != nil {
		return err
	}
	for _, t := range tickets {
		if t.State != Deferred || t.ReadyAt.IsZero() {
			continue
		}
		q, err := tx.LockQueue(ctx, t.SessionID)
		if err != nil {
			return err
		}
		c := newChange(tx, q, s.policyOf(q.ZoneID), true).by(VerbTick, "")
		own, err := c.ticket(t.ID)
		if err != nil {
			return err
		}
		if own.State == Deferred {
			*own = awake(*own)
			c.tell(houzhen.TicketReturned, own, because(ReasonWoken))
		}
		c.about, c.why = t.ID, because(ReasonWoken)
		c.fill()
		if err := c.save(ctx); err != nil {
			return err
		}
	}
	return nil
}
