package queue

import (
	"context"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/houzhen/houzhen"
)

// maxCause is the longest reason that an operator may give, in signs.
const maxCause = 60

// Action is what a nurse, a doctor or the patient does to one place in the
// order (domain rule §3.10). RequestID makes it idempotent; Version, if given,
// must be the ticket's (CodeConflict tells who changed it). Which of the other
// fields are read, and which must be there, the verb says.
type Action struct {
	Verb                           string // one of ActionVerbs
	SessionID, RequestID, TicketID string
	DoctorID, RoomID               string // of whoever presses
	Operator                       string
	Cause                          string // why; a code or a few words without names
	Version                        int64
	Nurse                          bool   // staff who may go beyond a rule
	Group                          string // priority: a group of the policy
	Age                            int    // priority: of the patient in whole years; 0 is not known
	Minutes                        int    // defer
	Places                         int    // move: negative is forward
	Doctor                         string // assign: to whom; "" to any
	Care                           string // care: one of Cares, "" for none
	Note                           string // note: a few words to the doctor, "" takes them back
	Seat                           string // join: which desk of the room
	Undo                           string // undo: the request id of what is taken back; "" the last about the ticket
}

// Cares lists what calling a patient may need.
func Cares() []string { return []string{"wheelchair", "interpreter", "hearing", "companion", "escort"} }

// deed is a verb of an Action: what it does, and whether it needs a cause.
type deed struct {
	do     decision
	causes bool
}

// deeds says what each verb of an Action does.
func deeds() map[string]deed {
	return map[string]deed{
		VerbPriority:    {prioritise, true},
		VerbPriorityOff: {unprioritise, false},
		VerbUnwell:      {unwell, false},
		VerbPin:         {pin, true},
		VerbMove:        {move, true},
		VerbAssign:      {assign, false},
		VerbSuspend:     {suspend, true},
		VerbBringBack:   {bringBack, false},
		VerbDefer:       {deferIt, false},
		VerbAbandon:     {abandon, true},
		VerbReinstate:   {reinstate, true},
		VerbExcuse:      {excuse, true},
		VerbTests:       {sendToTests, false},
		VerbReturn:      {comeReturn, false},
		VerbCare:        {care, false},
		VerbNote:        {note, false},
		VerbJoin:        {joinDesk, false},
		VerbLeave:       {leaveDesk, false},
	}
}

// ActionVerbs lists the verbs of an Action.
func ActionVerbs() []string {
	verbs := []string{VerbUndoLast, VerbCall}
	for v := range deeds() {
		verbs = append(verbs, v)
	}
	slices.Sort(verbs)
	return verbs
}

// Act does an Action.
func (s *Service) Act(ctx context.Context, a Action) (Outcome, error) {
	return s.inTx(ctx, func(tx Tx) (Outcome, error) { return s.ActTx(ctx, tx, a) })
}

// ActTx is Act inside a transaction.
func (s *Service) ActTx(ctx context.Context, tx Tx, a Action) (Outcome, error) {
	r := command{
		session: a.SessionID, request: a.RequestID, ticket: a.TicketID, doctor: a.DoctorID, room: a.RoomID, verb: a.Verb,
		operator: a.Operator, cause: a.Cause, version: a.Version, act: a,
	}
	d, known := deeds()[a.Verb]
	switch a.Verb {
	case VerbCall:
		d, known = deed{causes: true}, true
	case VerbUndoLast:
		known = true
	}
	if !known {
		return Outcome{}, houzhen.E(houzhen.CodeNotFound, "no such verb")
	}
	if err := checkCause(a.Cause, d.causes); err != nil {
		return Outcome{}, err
	}
	if a.Verb == VerbUndoLast {
		return s.onceReading(ctx, tx, r, undoLast)
	}
	if a.TicketID == "" && !slices.Contains([]string{VerbTests, VerbJoin, VerbLeave}, a.Verb) {
		return Outcome{}, houzhen.E(houzhen.CodeMissing, "say which patient").On("ticket_id")
	}
	if a.Verb == VerbCall {
		return s.onceReading(ctx, tx, r, s.callThisOne)
	}
	return s.once(ctx, tx, r, d.do)
}

// checkCause checks what an operator gave as the reason of an act: at most
// maxCause signs, and something where the act needs one.
func checkCause(cause string, needed bool) error {
	switch {
	case utf8.RuneCountInString(cause) > maxCause:
		return houzhen.E(houzhen.CodeTooLarge, "the reason is too long").On("reason").With("limit", strconv.Itoa(maxCause))
	case needed && cause == "":
		return houzhen.E(houzhen.CodeMissing, "say why").On("reason")
	}
	return nil
}

// in finds the ticket that an action is about and refuses it in other states
// than those given.
func (c *change) in(r command, states ...State) (*Ticket, error) {
	t, err := c.ticket(r.ticket)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(states, t.State) {
		return nil, wrongState(r.verb, t)
	}
	return t, nil
}

// reorder puts a ticket into a lane from now on, and fills the doors.
func (c *change) reorder(t *Ticket, lane Lane, why Reason) (string, Reason, error) {
	t.Lane, t.LaneSince, t.AtEnd, t.SkipNormals = lane, c.now, false, 0
	return c.ordered(t, why)
}

// ordered tells that a place in the order was changed, and fills the doors.
func (c *change) ordered(t *Ticket, why Reason) (string, Reason, error) {
	c.tell(houzhen.TicketOrdered, t, why)
	id := t.ID
	c.fill()
	return id, why, nil
}

func prioritise(c *change, r command) (string, Reason, error) {
	t, err := c.in(r, Waiting)
	if err != nil {
		return "", Reason{}, err
	}
	g, known := c.p.GroupOf(r.act.Group)
	if !known {
		return "", Reason{}, houzhen.E(houzhen.CodeInvalid, "no such group of priority here").On("group")
	}
	if r.act.Age > 0 && r.act.Age < g.MinAge {
		return "", Reason{}, houzhen.E(houzhen.CodeTooYoung, "the patient is too young for that group").On("group").With("age", strconv.Itoa(g.MinAge))
	}
	t.Group = r.act.Group
	return c.reorder(t, LanePriority, because(ReasonPriorityOn))
}

func unprioritise(c *change, r command) (string, Reason, error) {
	t, err := c.in(r, Waiting)
	if err != nil {
		return "", Reason{}, err
	}
	if t.Lane != LanePriority && t.Lane != LaneEmergency && t.Lane != LanePinned {
		return "", Reason{}, wrongState(r.verb, t)
	}
	t.Lane, t.LaneSince, t.Group, t.SkipNormals = LaneNormal, t.CheckedInAt, "", 0
	return c.ordered(t, because(ReasonPriorityOff))
}

// unwell makes a patient who feels ill an emergency, wherever he stands.
func unwell(c *change, r command) (string, Reason, error) {
	t, err := c.in(r, Waiting, Ready, Missed, Deferred, Suspended, OutForTests)
	if err != nil {
		return "", Reason{}, err
	}
	t.State, t.NotBefore, t.AssignedDoctorID = Waiting, time.Time{}, ""
	t.uncall()
	return c.reorder(t, LaneEmergency, because(ReasonUnwell))
}

func pin(c *change, r command) (string, Reason, error) {
	t, err := c.in(r, Waiting)
	if err != nil {
		return "", Reason{}, err
	}
	return c.reorder(t, LanePinned, because(ReasonPinnedBy, "cause", r.cause))
}

// move puts a waiting patient so many places forward or back in the order as
// it is now. Those at the door stay where they are.
func move(c *change, r command) (string, Reason, error) {
	t, err := c.in(r, Waiting)
	if err != nil {
		return "", Reason{}, err
	}
	if r.act.Places == 0 {
		return "", Reason{}, houzhen.E(houzhen.CodeInvalid, "say by how many places").On("places")
	}
	order := Order(c.q, c.p, c.now)
	at := slices.IndexFunc(order, func(p Pick) bool { return p.TicketID == t.ID })
	door := count(c.q, Ready)
	to := min(max(at+r.act.Places, door), len(order)-1)
	why := because(ReasonMovedBy, "places", strconv.Itoa(to-at), "cause", r.cause)
	t.Lane, t.LaneSince, t.AtEnd, t.SkipNormals = LanePinned, c.now, false, to-door
	return c.ordered(t, why)
}

// assign lets a patient wait for one doctor of a pool, or for any again, in
// the place that he has.
func assign(c *change, r command) (string, Reason, error) {
	t, err := c.in(r, NotCheckedIn, Waiting, Ready, Missed, OutForTests)
	if err != nil {
		return "", Reason{}, err
	}
	t.AssignedDoctorID = r.act.Doctor
	if t.State == Ready && t.DoctorID != r.act.Doctor {
		t.State, t.DoctorID, t.RoomID = Waiting, "", ""
	}
	if r.act.Doctor == "" {
		return c.ordered(t, because(ReasonUnassigned))
	}
	return c.ordered(t, because(ReasonAssigned))
}

func suspend(c *change, r command) (string, Reason, error) {
	t, err := c.in(r, Waiting, Ready, Missed, Deferred)
	if err != nil {
		return "", Reason{}, err
	}
	return c.aside(t, Suspended, because(ReasonSuspended, "cause", r.cause))
}

// aside takes a patient out of the order for a while.
func (c *change) aside(t *Ticket, state State, why Reason) (string, Reason, error) {
	t.State = state
	t.uncall()
	c.tell(houzhen.TicketSetAside, t, why)
	id := t.ID
	c.fill()
	return id, why, nil
}

// bringBack lets somebody who was set aside wait again, in his old place.
func bringBack(c *change, r command) (string, Reason, error) {
	t, err := c.in(r, Suspended, Deferred)
	if err != nil {
		return "", Reason{}, err
	}
	t.State, t.NotBefore = Waiting, time.Time{}
	why := because(ReasonBroughtBack)
	c.tell(houzhen.TicketReturned, t, why)
	id := t.ID
	c.fill()
	return id, why, nil
}

// deferIt lets a patient go later, as he asked. One who is not here yet says
// when he will be: if he keeps to it he is not among the late.
func deferIt(c *change, r command) (string, Reason, error) {
	t, err := c.in(r, NotCheckedIn, Waiting, Ready)
	if err != nil {
		return "", Reason{}, err
	}
	by := time.Duration(r.act.Minutes) * time.Minute
	if by <= 0 || by > c.p.DeferMax {
		return "", Reason{}, houzhen.E(houzhen.CodeInvalid, "minutes to go later are out of range").On("minutes")
	}
	t.NotBefore = c.now.Add(by)
	minutes := strconv.Itoa(r.act.Minutes)
	if t.State == NotCheckedIn {
		return c.ordered(t, because(ReasonAnnounced, "minutes", minutes))
	}
	return c.aside(t, Deferred, because(ReasonDeferred, "minutes", minutes))
}

func abandon(c *change, r command) (string, Reason, error) {
	t, err := c.in(r, NotCheckedIn, Waiting, Ready, Called, Missed, OutForTests, Deferred, Suspended)
	if err != nil {
		return "", Reason{}, err
	}
	c.drop(t, DropAbandoned)
	id := t.ID
	c.fill()
	return id, because(ReasonAbandoned, "cause", r.cause), nil
}

// reinstate brings back a missed patient, even one whose number is void,
// without letting others pass first.
func reinstate(c *change, r command) (string, Reason, error) {
	t, err := c.in(r, Missed, Dropped)
	if err != nil {
		return "", Reason{}, err
	}
	if t.State == Dropped && t.EndReason != DropVoid && t.EndReason != DropAbandoned || c.q.Desk == DeskEnded {
		return "", Reason{}, wrongState(r.verb, t)
	}
	t.State, t.EndReason, t.EndedAt, t.CheckedInAt = Waiting, "", time.Time{}, c.now
	t.uncall()
	return c.reorder(t, LaneMissed, because(ReasonReinstated, "cause", r.cause))
}

// excuse takes one who was late as if he had been on time.
func excuse(c *change, r command) (string, Reason, error) {
	t, err := c.in(r, Waiting)
	if err != nil {
		return "", Reason{}, err
	}
	if t.Lane != LaneLate && t.Lane != LaneDeferred && (t.Lane != LaneNormal || !t.AtEnd) {
		return "", Reason{}, wrongState(r.verb, t)
	}
	return c.reorder(t, LaneNormal, because(ReasonExcused, "cause", r.cause))
}

func care(c *change, r command) (string, Reason, error) {
	t, err := c.in(r, NotCheckedIn, Waiting, Ready, Called, Missed, OutForTests, Deferred, Suspended)
	if err != nil {
		return "", Reason{}, err
	}
	if r.act.Care != "" && !slices.Contains(Cares(), r.act.Care) {
		return "", Reason{}, houzhen.E(houzhen.CodeInvalid, "no such need").On("care")
	}
	t.Care = r.act.Care
	return c.ordered(t, because(ReasonCareSet, "care", t.Care))
}

// maxNote is how many signs a note to the doctor has at most.
const maxNote = 60

// note leaves the doctor a few words about a patient, who is with him or still
// to come.
func note(c *change, r command) (string, Reason, error) {
	t, err := c.in(r, NotCheckedIn, Waiting, Ready, Called, InConsult, Missed, OutForTests, Deferred, Suspended)
	if err != nil {
		return "", Reason{}, err
	}
	text := oneLine(r.act.Note)
	if utf8.RuneCountInString(text) > maxNote {
		return "", Reason{}, houzhen.E(houzhen.CodeTooLarge, "a note has 60 signs at most").On("note").With("limit", "60")
	}
	if err := noNumbers("note", text); err != nil {
		return "", Reason{}, err
	}
	t.Note = text
	return c.ordered(t, because(ReasonNoteSet))
}

// callThisOne calls somebody out of turn, for a reason that is recorded.
func (s *Service) callThisOne(ctx context.Context, c *change, r command) (string, Reason, error) {
	if err := c.sit(r); err != nil {
		return "", Reason{}, err
	}
	if err := c.working(r.doctor); err != nil {
		return "", Reason{}, err
	}
	t, err := c.in(r, Waiting, Ready)
	if err != nil {
		return "", Reason{}, err
	}
	busy, err := s.elsewhere(ctx, c, t)
	if err != nil {
		return "", Reason{}, err
	}
	if busy {
		return "", Reason{}, houzhen.E(houzhen.CodeInConsult, "the patient is with another doctor").On("ticket_id")
	}
	if err := c.finishPresent(r.doctor, ReasonFinishedNext); err != nil {
		return "", Reason{}, err
	}
	c.begin()
	if t.State == Waiting {
		t.Lane, t.LaneSince, t.ReadyAt = LanePinned, c.now, c.now
		at := slices.IndexFunc(c.q.Tickets, func(o Ticket) bool { return o.ID == t.ID })
		l := newLine(&c.q, &c.p, c.now)
		l.took(at)
		l.account(at, r.doctor)
	}
	why := because(ReasonCalledOutside, "cause", r.cause)
	id := t.ID
	c.call(t, r, why)
	c.fill()
	return id, why, nil
}
