package queue

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/houzhen/houzhen"
)

// CallNext calls the next patient into the room. A patient still with this
// doctor is finished first, as a fact of its own, when the policy says so. The
// same request id gives the same call; a second press within MinCallGap under
// another id is refused with CodeTooSoon, so that two computers of one desk
// neither skip a patient nor share one.
func (s *Service) CallNext(ctx context.Context, r CallRequest) (Outcome, error) {
	return s.inTx(ctx, func(tx Tx) (Outcome, error) { return s.CallNextTx(ctx, tx, r) })
}

// CallNextTx is CallNext inside a transaction.
func (s *Service) CallNextTx(ctx context.Context, tx Tx, r CallRequest) (Outcome, error) {
	return s.onceReading(ctx, tx, r.command(VerbNext), s.callNext)
}

// busyRetry is how long somebody who is with another doctor is put off; he is
// called as soon as that one has finished.
const busyRetry = 10 * time.Minute

func (s *Service) callNext(ctx context.Context, c *change, r command) (string, Reason, error) {
	if err := c.sit(r); err != nil {
		return "", Reason{}, err
	}
	if err := c.working(r.doctor); err != nil {
		return "", Reason{}, err
	}
	if err := c.finishPresent(r.doctor, ReasonFinishedNext); err != nil {
		return "", Reason{}, err
	}
	c.begin()
	for {
		c.fill()
		i := firstReady(&c.q, r.doctor)
		if i < 0 {
			return "", Reason{}, houzhen.E(houzhen.CodeQueueEmpty, "nobody is waiting")
		}
		t := &c.q.Tickets[i]
		busy, err := s.elsewhere(ctx, c, t)
		if err != nil {
			return "", Reason{}, err
		}
		if busy { // never missed: he cannot be in two rooms (domain rule §7 case 40)
			c.putOff(t)
			continue
		}
		why := because(ReasonReadyFirst, "lane", string(t.Lane))
		id := t.ID
		c.call(t, r, why)
		c.fill()
		return id, why, nil
	}
}

// call calls a patient to a doctor's room.
func (c *change) call(t *Ticket, r command, why Reason) {
	t.State, t.CalledAt, t.LastCallAt, t.Calls = Called, c.now, c.now, 1
	t.DoctorID, t.RoomID = r.doctor, r.room
	c.tell(houzhen.TicketCalled, t, why)
}

// begin notes that a doctor of the queue has started.
func (c *change) begin() {
	if c.q.StartedAt.IsZero() {
		c.q.StartedAt = c.now
	}
	c.q.Desk = DeskSeeing
}

// putOff lets somebody who is with another doctor keep his place at the front
// until that is over.
func (c *change) putOff(t *Ticket) {
	t.State, t.NotBefore = Deferred, c.now.Add(busyRetry)
	t.DoctorID, t.RoomID = "", ""
	why := because(ReasonBusyElsewhere)
	c.note(VerbDefer, t.ID, why)
	c.tell(houzhen.TicketSetAside, t, why)
}

// elsewhere reports whether the patient is called or in the room in another
// queue of the day.
func (s *Service) elsewhere(ctx context.Context, c *change, t *Ticket) (bool, error) {
	if t.PatientID == "" {
		return false, nil
	}
	from, to := c.now.Add(-12*time.Hour), c.now.Add(12*time.Hour)
	err := c.tx.Foresee(ctx, func(tx Tx) {
		_, _ = tx.Elsewhere(ctx, t.PatientID, from, to)
		if _, known := doorReason(c.calls, t.ID); !known { // asked by reasonAtDoor
			_, _ = tx.LastCall(ctx, c.q.SessionID, t.ID, VerbReady)
		}
	})
	if err != nil {
		return false, err
	}
	others, err := c.tx.Elsewhere(ctx, t.PatientID, from, to)
	if err != nil {
		return false, fmt.Errorf("load tickets of the patient: %w", err)
	}
	for _, o := range others {
		if o.SessionID != c.q.SessionID && o.atDesk() {
			return true, nil
		}
	}
	return false, nil
}

// working refuses what needs a doctor at his desk.
func (c *change) working(doctor string) error {
	status := c.q.Desk
	if d := c.deskOf(doctor); d != nil && status != DeskEnded {
		status = d.Status
	}
	switch status {
	case DeskEnded:
		return houzhen.E(houzhen.CodeSessionClosed, "the session has ended")
	case DeskPaused:
		return houzhen.E(houzhen.CodePaused, "the doctor is away; resume first")
	case DeskIdle, DeskSeeing:
	}
	return nil
}

// finishPresent finishes whoever is with the doctor.
func (c *change) finishPresent(doctorID, code string) error {
	for i := range c.q.Tickets {
		t := &c.q.Tickets[i]
		if !t.atDesk() || t.DoctorID != doctorID {
			continue
		}
		if err := c.settled(t); err != nil {
			return err
		}
		if !c.p.AutoFinish {
			return houzhen.E(houzhen.CodeInConsult, "a patient is with the doctor; finish first")
		}
		c.finish(t, because(code))
		c.note(VerbFinish, t.ID, because(code))
	}
	return nil
}

// settled refuses to act on a patient who was called, or entered, just now:
// whoever pressed could not have meant him.
func (c *change) settled(t *Ticket) error {
	since := t.LastCallAt
	if t.State == InConsult {
		since = t.StartedAt
	}
	return tooSoon(c.now, since, c.p.MinCallGap, "the patient was called only now")
}

// tooSoon refuses before a gap has passed and says how many seconds are left.
func tooSoon(now, since time.Time, gap time.Duration, message string) error {
	left := gap - now.Sub(since)
	if left <= 0 {
		return nil
	}
	seconds := int((left + time.Second - 1) / time.Second)
	return houzhen.E(houzhen.CodeTooSoon, message).With("seconds", strconv.Itoa(seconds))
}

// finish ends a consultation; one that nobody started is taken to have begun
// at the last call.
func (c *change) finish(t *Ticket, why Reason) {
	if t.State == Called {
		c.enter(t, t.LastCallAt, because(ReasonEnteredByNext))
	}
	t.State, t.EndedAt = Done, c.now
	c.q.delayed(t)
	c.tell(houzhen.TicketFinished, t, why)
}

// enter notes that the patient is in the room since an instant.
func (c *change) enter(t *Ticket, at time.Time, why Reason) {
	t.State, t.StartedAt = InConsult, at
	c.tell(houzhen.TicketStarted, t, why)
}

// reasonAtDoor gives the reason for which a patient at the door was picked, in
// place of "first at the door".
func (c *change) reasonAtDoor(ctx context.Context, ticketID string, why Reason) (Reason, error) {
	if why.Code != ReasonReadyFirst {
		return why, nil
	}
	if picked, ok := doorReason(c.calls, ticketID); ok {
		return picked, nil
	}
	picked, err := c.tx.LastCall(ctx, c.q.SessionID, ticketID, VerbReady)
	switch {
	case houzhen.CodeOf(err) == houzhen.CodeNotFound:
		return why, nil
	case err != nil:
		return Reason{}, err
	}
	return picked.Reason, nil
}

// doorReason finds why a ticket was last asked to the door.
func doorReason(calls []Call, ticketID string) (Reason, bool) {
	for _, call := range slices.Backward(calls) {
		if call.Verb == VerbReady && call.TicketID == ticketID {
			return call.Reason, true
		}
	}
	return Reason{}, false
}

// explain puts the reason that was found into the fact of the call.
func (c *change) explain(ticketID string, why Reason) {
	for i := range c.facts {
		if f := &c.facts[i]; f.kind == houzhen.TicketCalled && f.ticketID == ticketID {
			f.data.Reason, f.data.Args = why.Code, why.Args
		}
	}
}
