package queue

import (
	"context"
	"strconv"
	"time"

	"github.com/houzhen/houzhen"
)

// Miss notes that a called patient did not come. It takes the policy's calls
// and seconds (CodeTooSoon before them); at VoidAfter misses the number is
// void. He comes back by checking in again.
func (s *Service) Miss(ctx context.Context, r TicketRequest) (Outcome, error) {
	return s.inTx(ctx, func(tx Tx) (Outcome, error) { return s.MissTx(ctx, tx, r) })
}

// MissTx is Miss inside a transaction.
func (s *Service) MissTx(ctx context.Context, tx Tx, r TicketRequest) (Outcome, error) {
	return s.once(ctx, tx, r.command(VerbMiss), miss)
}

// TakeBack reopens the call of a patient who was marked missed moments ago, as
// long as nobody else is in the room. One already called goes back to the
// front of the door.
func (s *Service) TakeBack(ctx context.Context, r TicketRequest) (Outcome, error) {
	return s.inTx(ctx, func(tx Tx) (Outcome, error) { return s.TakeBackTx(ctx, tx, r) })
}

// TakeBackTx is TakeBack inside a transaction.
func (s *Service) TakeBackTx(ctx context.Context, tx Tx, r TicketRequest) (Outcome, error) {
	return s.once(ctx, tx, r.command(VerbTakeBack), takeBack)
}

// ReCheckIn brings a missed patient back, behind as many as the policy says.
// CheckIn of his appointment does the same.
func (s *Service) ReCheckIn(ctx context.Context, r TicketRequest) (Outcome, error) {
	return s.inTx(ctx, func(tx Tx) (Outcome, error) { return s.ReCheckInTx(ctx, tx, r) })
}

// ReCheckInTx is ReCheckIn inside a transaction.
func (s *Service) ReCheckInTx(ctx context.Context, tx Tx, r TicketRequest) (Outcome, error) {
	return s.once(ctx, tx, r.command(VerbReCheckIn), reCheckIn)
}

func miss(c *change, r command) (string, Reason, error) {
	t, err := c.subject(r)
	if err != nil {
		return "", Reason{}, err
	}
	if t.State != Called {
		return "", Reason{}, wrongState("missed", t)
	}
	if err := c.mayMiss(t); err != nil {
		return "", Reason{}, err
	}
	t.Misses++
	if t.Misses >= c.p.VoidAfter {
		c.drop(t, DropVoid)
		return t.ID, because(ReasonVoid, "misses", strconv.Itoa(t.Misses)), nil
	}
	t.State, t.Lane, t.LaneSince = Missed, LaneMissed, c.now
	to := c.p.reinsertion(t.Misses) // what he is told; counted from his return
	t.SkipNormals, t.AtEnd = to.After, to.At != AtAfter
	why := because(ReasonNotThere, "calls", strconv.Itoa(t.Calls), "misses", strconv.Itoa(t.Misses))
	c.tell(houzhen.TicketMissed, t, why)
	return t.ID, why, nil
}

func (c *change) mayMiss(t *Ticket) error {
	if c.p.MissAnytime {
		return nil
	}
	if left := c.p.CallsBeforeMissed - t.Calls; left > 0 {
		return houzhen.E(houzhen.CodeTooSoon, "call again before marking missed").With("calls", strconv.Itoa(left))
	}
	total := c.p.MinCallTotal
	if t.Care != "" {
		total *= 2 // whoever needs a wheelchair or an interpreter needs time too
	}
	return tooSoon(c.now, t.CalledAt, total, "give the patient time to come")
}

func takeBack(c *change, r command) (string, Reason, error) {
	t, err := c.ticket(r.ticket)
	if err != nil {
		return "", Reason{}, err
	}
	if t.State != Missed || c.now.Sub(t.LaneSince) > c.p.TakeBack {
		return "", Reason{}, wrongState("take back", t)
	}
	if err := c.makeRoom(t.DoctorID); err != nil {
		return "", Reason{}, err
	}
	t.State, t.LastCallAt, t.LaneSince = Called, c.now, c.now
	t.SkipNormals, t.AtEnd = 0, false
	t.Misses--
	if t.Misses == 0 {
		t.Lane = LaneNormal
	}
	why := because(ReasonTakenBack)
	c.tell(houzhen.TicketRecalled, t, why)
	return t.ID, why, nil
}

// makeRoom puts a patient who is called but not in the room back to the front
// of the door.
func (c *change) makeRoom(doctorID string) error {
	for i := range c.q.Tickets {
		t := &c.q.Tickets[i]
		if !t.atDesk() || t.DoctorID != doctorID {
			continue
		}
		if t.State == InConsult {
			return houzhen.E(houzhen.CodeInConsult, "the next patient is already in the room")
		}
		t.State, t.Calls, t.CalledAt, t.LastCallAt = Ready, 0, time.Time{}, time.Time{}
		if len(c.q.Desks) == 0 {
			t.DoctorID, t.RoomID = "", ""
		}
		c.note(VerbPutBack, t.ID, because(ReasonPutBack))
	}
	return nil
}

func reCheckIn(c *change, r command) (string, Reason, error) {
	t, err := c.ticket(r.ticket)
	if err != nil {
		return "", Reason{}, err
	}
	if t.State != Missed {
		return "", Reason{}, wrongState("check in again", t)
	}
	if c.q.Desk == DeskEnded {
		return "", Reason{}, houzhen.E(houzhen.CodeSessionClosed, "the session has ended")
	}
	why := c.comeBack(t)
	id := t.ID
	c.fill()
	return id, why, nil
}

// comeBack puts a missed patient into his lane again. Those on time who are
// already at the door count among the ones he lets pass.
func (c *change) comeBack(t *Ticket) Reason {
	to := c.p.reinsertion(t.Misses)
	why := because(ReasonBackAfter, "n", strconv.Itoa(to.After))
	if to.At != AtAfter {
		why = because(ReasonBackAtEnd, "misses", strconv.Itoa(t.Misses))
	}
	t.State, t.Lane, t.AtEnd = Waiting, LaneMissed, to.At != AtAfter
	if to.At == AtEndOfSlice {
		t.Lane = LaneNormal
	}
	t.SkipNormals = max(to.After-c.normalsReady(), 0)
	t.CheckedInAt, t.LaneSince = c.now, c.now
	t.uncall()
	c.tell(houzhen.TicketCheckedIn, t, why)
	return why
}

// uncall takes back that a patient was asked to a door or called.
func (t *Ticket) uncall() {
	t.Calls, t.ReadyAt, t.CalledAt, t.LastCallAt = 0, time.Time{}, time.Time{}, time.Time{}
	t.DoctorID, t.RoomID = "", ""
}

func (c *change) normalsReady() int {
	n := 0
	for i := range c.q.Tickets {
		if t := &c.q.Tickets[i]; t.State == Ready && t.Lane == LaneNormal {
			n++
		}
	}
	return n
}

// drop takes a ticket out of the queue for good; the fact carries the drop
// reason.
func (c *change) drop(t *Ticket, reason string) {
	t.State, t.EndReason, t.EndedAt = Dropped, reason, c.now
	c.tell(houzhen.TicketDropped, t, because(reason))
}
