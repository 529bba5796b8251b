package queue

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/houzhen/houzhen"
)

// OpenQueue describes the queue of a session.
type OpenQueue struct {
	SessionID, ZoneID, RoomID, DoctorID, Prefix string
	Start, End, Deadline                        time.Time
	Pool                                        bool // several doctors serve it
}

// Open makes a session's queue; a second time it does nothing.
func (s *Service) Open(ctx context.Context, tx Tx, o OpenQueue) error {
	if o.SessionID == "" {
		return houzhen.E(houzhen.CodeMissing, "a queue needs its session").On("session")
	}
	q := Queue{
		SessionID: o.SessionID, ZoneID: o.ZoneID, RoomID: o.RoomID, DoctorID: o.DoctorID, Prefix: o.Prefix,
		Start: o.Start, End: o.End, Deadline: o.Deadline, Pool: o.Pool,
		Desk: DeskIdle, NormalsSinceInsert: map[Lane]int{}, Version: 1,
	}
	added, err := tx.AddQueue(ctx, q)
	if err != nil || !added {
		return err
	}
	c := newChange(tx, q, s.policyOf(q.ZoneID), false).by(VerbOpen, "")
	return tx.AddEntry(ctx, c.entry(q))
}

// Admit makes a booked patient known to the queue, not yet arrived. A second
// time it changes nothing, except that a moved appointment takes its ticket
// along to the new session or number. CodeNotFound: the queue is not open.
func (s *Service) Admit(ctx context.Context, tx Tx, a Admission) (Ticket, error) {
	return s.admit(ctx, tx, a, false)
}

// Readmit is Admit that also brings back a ticket that was dropped.
func (s *Service) Readmit(ctx context.Context, tx Tx, a Admission) (Ticket, error) {
	return s.admit(ctx, tx, a, true)
}

func (s *Service) admit(ctx context.Context, tx Tx, a Admission, revive bool) (Ticket, error) {
	c, err := s.arrival(ctx, tx, VerbAdmit, a)
	if err != nil {
		return Ticket{}, err
	}
	c.why = because(ReasonAdmitted)
	if len(c.q.Tickets) == 0 {
		c.add(a)
	} else if t := &c.q.Tickets[0]; t.State == NotCheckedIn && elsewhere(*t, a) || t.State == Dropped && revive {
		c.rebook(t, a)
	} else if c.left == nil {
		return *t, nil
	}
	t := &c.q.Tickets[0]
	c.tell(houzhen.TicketAdmitted, t, Reason{})
	return c.saved(ctx, t.ID)
}

// CheckIn takes an arrived patient into the queue, making his ticket if he was
// never admitted. A second time it changes nothing; for a missed one it is the
// re-check-in. While the doctor has not started no other ticket is loaded.
func (s *Service) CheckIn(ctx context.Context, tx Tx, a Admission) (Ticket, error) {
	c, err := s.arrival(ctx, tx, VerbCheckIn, a)
	if err != nil {
		return Ticket{}, err
	}
	if len(c.q.Tickets) > 0 {
		switch t := c.q.Tickets[0]; t.State {
		case Waiting, Ready, Called, InConsult, Deferred, Suspended:
			return t, nil
		case Done, Dropped:
			return Ticket{}, wrongState("check in", &t)
		case NotCheckedIn, Missed, OutForTests:
		}
	}
	if err := s.receiving(c); err != nil {
		return Ticket{}, err
	}
	if err := c.inTime(a, s.loc); err != nil {
		return Ticket{}, err
	}
	if err := c.loadAll(ctx); err != nil {
		return Ticket{}, err
	}
	id, err := c.enterQueue(a)
	if err != nil {
		return Ticket{}, err
	}
	c.fill()
	return c.saved(ctx, id)
}

// receiving refuses a check-in to a queue that ended or is of another day.
func (s *Service) receiving(c *change) error {
	if c.q.Desk == DeskEnded {
		return houzhen.E(houzhen.CodeSessionClosed, "the session has ended")
	}
	if houzhen.BusinessDate(c.now, s.loc) != houzhen.BusinessDate(c.q.Start, s.loc) {
		return houzhen.E(houzhen.CodeNotToday, "the session is on another day").
			With("day", houzhen.BusinessDate(c.q.Start, s.loc).String())
	}
	return nil
}

// inTime refuses whom the policy wants at the desk, or later: one who comes
// before the window opens where early patients are sent away, and one who comes
// after the last check-in of his half-day, whom a nurse alone takes.
func (c *change) inTime(a Admission, loc *time.Location) error {
	if a.Nurse {
		return nil
	}
	fresh := len(c.q.Tickets) == 0 || c.q.Tickets[0].State == NotCheckedIn
	told := len(c.q.Tickets) > 0 && c.q.Tickets[0].held(c.now, &c.p)
	if opens := a.SliceStart.Add(-c.p.OpenBefore); c.p.EarlyRefuse && !told && c.now.Before(opens) {
		return houzhen.E(houzhen.CodeTooSoon, "check-in is not open yet").With("seconds", strconv.Itoa(int(opens.Sub(c.now).Seconds())))
	}
	last := c.p.lastCheckIn(c.q.Start, loc)
	if fresh && !told && !a.InHouse && !last.IsZero() && c.now.After(later(last, a.SliceEnd)) {
		return houzhen.E(houzhen.CodeState, "check-in is closed for this half-day; the desk decides").With("state", "deadline")
	}
	return nil
}

// enterQueue puts the patient among the waiting.
func (c *change) enterQueue(a Admission) (string, error) {
	t := c.byAppointment(a.AppointmentID)
	if t == nil {
		t = c.add(a)
	}
	switch t.State {
	case Missed:
		c.why = c.comeBack(t)
		return t.ID, nil
	case OutForTests:
		why, err := c.comeFromTests(t, a.Nurse)
		c.why = why
		return t.ID, err
	default:
	}
	kept := KeptAway(c.q, *t, c.p, c.now)
	*t = place(c.q, *t, c.p, c.now)
	if a.InHouse || kept { // domain rule §7 case 38; who stayed away at our word is not late for it
		t.keepPlace()
	}
	if a.Lane != "" {
		t.Lane, t.AtEnd = a.Lane, false
	}
	t.State, t.CheckedInAt = Waiting, c.now
	c.why = because(ReasonCheckedIn)
	c.tell(houzhen.TicketCheckedIn, t, Reason{})
	return t.ID, nil
}

// arrival locks the head of the session's queue and brings the appointment's
// ticket, if there is one, as the only loaded one.
func (s *Service) arrival(ctx context.Context, tx Tx, verb string, a Admission) (*change, error) {
	if a.AppointmentID == "" {
		return nil, houzhen.E(houzhen.CodeMissing, "a ticket needs its appointment").On("appointment")
	}
	q, err := tx.LockHead(ctx, a.SessionID)
	if err != nil {
		return nil, fmt.Errorf("lock queue: %w", err)
	}
	t, err := tx.TicketByAppointment(ctx, a.AppointmentID)
	if houzhen.CodeOf(err) == houzhen.CodeNotFound {
		return newChange(tx, q, s.policyOf(q.ZoneID), false).by(verb, a.Operator), nil
	}
	if err != nil {
		return nil, fmt.Errorf("load ticket: %w", err)
	}
	q.Tickets = []Ticket{t}
	c := newChange(tx, q, s.policyOf(q.ZoneID), false).by(verb, a.Operator)
	if t.SessionID == a.SessionID {
		return c, nil
	}
	return c, c.moveHere(ctx, &c.q.Tickets[0], a)
}

// moveHere takes a ticket out of another session's queue into this one.
func (c *change) moveHere(ctx context.Context, t *Ticket, a Admission) error {
	if t.atDesk() || t.State == Done {
		return wrongState("move", t)
	}
	left, err := c.tx.LockHead(ctx, t.SessionID)
	if err != nil {
		return fmt.Errorf("lock queue left: %w", err)
	}
	c.left = &left
	if t.State != Dropped {
		c.tell(houzhen.TicketDropped, t, because(DropMoved))
		c.facts[len(c.facts)-1].session = t.SessionID
	}
	c.rebook(t, a)
	return nil
}

// add makes a ticket for an admission.
func (c *change) add(a Admission) *Ticket {
	t := Ticket{ID: c.tx.NewID(), AppointmentID: a.AppointmentID, Version: 1}
	c.rebook(&t, a)
	c.q.Tickets = append(c.q.Tickets, t)
	return &c.q.Tickets[len(c.q.Tickets)-1]
}

// rebook makes a ticket stand for an admission from the beginning.
func (c *change) rebook(t *Ticket, a Admission) {
	*t = Ticket{
		ID: t.ID, AppointmentID: t.AppointmentID, Version: t.Version,
		SessionID: c.q.SessionID, ZoneID: c.q.ZoneID, PatientID: a.PatientID,
		No: a.No, Label: Label(c.q.Prefix, a.No), SliceStart: a.SliceStart, SliceEnd: a.SliceEnd,
		State: NotCheckedIn, Lane: LaneNormal, WalkIn: a.WalkIn,
		TravelMinutes: a.TravelMinutes, LivesNear: a.LivesNear, FirstVisit: a.FirstVisit, NoShow: a.NoShow,
	}
}

// reset takes a check-in back; misses stay counted.
func reset(t *Ticket) {
	t.State, t.Lane, t.AtEnd, t.SkipNormals, t.Calls = NotCheckedIn, LaneNormal, false, 0, 0
	t.CheckedInAt, t.LaneSince, t.ReadyAt = time.Time{}, time.Time{}, time.Time{}
}

// elsewhere reports whether the admission names another place of the session.
func elsewhere(t Ticket, a Admission) bool {
	return t.No != a.No || !t.SliceStart.Equal(a.SliceStart) || !t.SliceEnd.Equal(a.SliceEnd)
}

// Label gives the ticket number that people see and hear: A032.
func Label(prefix string, no int) string { return fmt.Sprintf("%s%03d", prefix, no) }
