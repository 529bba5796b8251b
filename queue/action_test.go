package queue_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/queue"
)

func (c *clinic) action(verb string, no int) queue.Action {
	a := queue.Action{Verb: verb, SessionID: session, RequestID: c.request(), DoctorID: doctor, RoomID: "r1", Operator: "n1", Cause: "test", Nurse: true}
	if no > 0 {
		a.TicketID = c.ticket(no).ID
	}
	return a
}

func (c *clinic) act(verb string, no int, change ...func(*queue.Action)) queue.Outcome {
	c.t.Helper()
	a := c.action(verb, no)
	for _, f := range change {
		f(&a)
	}
	o, err := c.svc.Act(c.t.Context(), a)
	if err != nil {
		c.t.Fatalf("%s %d: %v", verb, no, err)
	}
	return o
}

func (c *clinic) order() string {
	c.t.Helper()
	q := c.queue()
	byID := map[string]queue.Ticket{}
	for _, t := range q.Tickets {
		byID[t.ID] = t
	}
	var s string
	for i, p := range queue.Order(q, c.policy, c.now()) {
		if i > 0 {
			s += " "
		}
		s += byID[p.TicketID].Label[1:]
	}
	return s
}

func (c *clinic) now() time.Time {
	var now time.Time
	c.tx(func(tx queue.Tx) error { now = tx.Now(); return nil })
	return now
}

func (c *clinic) log() []queue.Entry {
	c.t.Helper()
	var log []queue.Entry
	c.tx(func(tx queue.Tx) (err error) {
		log, err = tx.Log(c.t.Context(), session)
		return err
	})
	return log
}

// started is a clinic in which number 1 is with the doctor and 2 and 3 stand
// at the door.
func started(t *testing.T, change ...func(*queue.Policy)) *clinic {
	t.Helper()
	c := openClinic(t, clock(8, 0), change...)
	c.checkIn(span(1, 8)...)
	c.next()
	if got, want := c.order(), "002 003 004 005 006 007 008"; got != want {
		t.Fatalf("begin: got %s, want %s", got, want)
	}
	return c
}

func TestNurseMoves(t *testing.T) {
	set := func(f func(*queue.Action)) []func(*queue.Action) { return []func(*queue.Action){f} }
	for name, tt := range map[string]struct {
		verb   string
		no     int
		change []func(*queue.Action)
		want   string
		state  queue.State
		reason string
	}{
		"unwell":      {queue.VerbUnwell, 8, nil, "008 002 003 004 005 006 007", queue.Ready, queue.ReasonUnwell},
		"pin":         {queue.VerbPin, 8, nil, "002 003 008 004 005 006 007", queue.Waiting, queue.ReasonPinnedBy},
		"forward":     {queue.VerbMove, 8, set(func(a *queue.Action) { a.Places = -2 }), "002 003 004 005 008 006 007", queue.Waiting, queue.ReasonMovedBy},
		"back":        {queue.VerbMove, 4, set(func(a *queue.Action) { a.Places = 2 }), "002 003 005 006 004 007 008", queue.Waiting, queue.ReasonMovedBy},
		"to the door": {queue.VerbMove, 8, set(func(a *queue.Action) { a.Places = -20 }), "002 003 008 004 005 006 007", queue.Waiting, queue.ReasonMovedBy},
		"set aside":   {queue.VerbSuspend, 4, nil, "002 003 005 006 007 008", queue.Suspended, queue.ReasonSuspended},
		"from door":   {queue.VerbSuspend, 2, nil, "003 004 005 006 007 008", queue.Suspended, queue.ReasonSuspended},
		"later":       {queue.VerbDefer, 4, set(func(a *queue.Action) { a.Minutes = 20 }), "002 003 005 006 007 008", queue.Deferred, queue.ReasonDeferred},
		"abandon":     {queue.VerbAbandon, 5, nil, "002 003 004 006 007 008", queue.Dropped, queue.ReasonAbandoned},
		"priority": {
			queue.VerbPriority, 8, set(func(a *queue.Action) { a.Group = "pregnant" }), "002 003 008 004 005 006 007", queue.Waiting, queue.ReasonPriorityOn,
		},
		"note": {queue.VerbNote, 8, set(func(a *queue.Action) { a.Note = "  hears badly on  the left" }), "002 003 004 005 006 007 008", queue.Waiting, queue.ReasonNoteSet},
		"care": {queue.VerbCare, 8, set(func(a *queue.Action) { a.Care = "wheelchair" }), "002 003 004 005 006 007 008", queue.Waiting, queue.ReasonCareSet},
	} {
		t.Run(name, func(t *testing.T) {
			c := started(t)
			o := c.act(tt.verb, tt.no, tt.change...)
			if got := c.order(); got != tt.want {
				t.Errorf("order: got %s, want %s", got, tt.want)
			}
			if o.Ticket.State != tt.state || o.Call.Reason.Code != tt.reason || o.Call.Operator != "n1" || o.Call.Cause != "test" {
				t.Errorf("got %s by %+v", o.Ticket.State, o.Call)
			}
		})
	}
}

func TestActionsAreRefused(t *testing.T) {
	c := started(t)
	for name, tt := range map[string]struct {
		verb string
		no   int
		f    func(*queue.Action)
		want houzhen.Code
	}{
		"pin without a cause":      {queue.VerbPin, 8, func(a *queue.Action) { a.Cause = "" }, houzhen.CodeMissing},
		"pin nobody":               {queue.VerbPin, 0, func(*queue.Action) {}, houzhen.CodeMissing},
		"pin one at the door":      {queue.VerbPin, 2, func(*queue.Action) {}, houzhen.CodeState},
		"an unknown group":         {queue.VerbPriority, 8, func(a *queue.Action) { a.Group = "friends" }, houzhen.CodeInvalid},
		"move by none":             {queue.VerbMove, 8, func(*queue.Action) {}, houzhen.CodeInvalid},
		"later for a day":          {queue.VerbDefer, 8, func(a *queue.Action) { a.Minutes = 1440 }, houzhen.CodeInvalid},
		"excuse one on time":       {queue.VerbExcuse, 8, func(*queue.Action) {}, houzhen.CodeState},
		"reinstate one who waits":  {queue.VerbReinstate, 8, func(*queue.Action) {}, houzhen.CodeState},
		"return of one not away":   {queue.VerbReturn, 8, func(*queue.Action) {}, houzhen.CodeState},
		"a need that is none":      {queue.VerbCare, 8, func(a *queue.Action) { a.Care = "coffee" }, houzhen.CodeInvalid},
		"a note that is too long":  {queue.VerbNote, 8, func(a *queue.Action) { a.Note = strings.Repeat("字", 61) }, houzhen.CodeTooLarge},
		"a note with a phone":      {queue.VerbNote, 8, func(a *queue.Action) { a.Note = "call 138 0013 8000" }, houzhen.CodeNoticeNumber},
		"no such verb":             {"dance", 8, func(*queue.Action) {}, houzhen.CodeNotFound},
		"a cause that is too long": {queue.VerbPin, 8, func(a *queue.Action) { a.Cause = string(make([]byte, 61)) }, houzhen.CodeTooLarge},
		"another version":          {queue.VerbPin, 8, func(a *queue.Action) { a.Version = 99 }, houzhen.CodeConflict},
		"no request id":            {queue.VerbPin, 8, func(a *queue.Action) { a.RequestID = "" }, houzhen.CodeKeyMissing},
	} {
		a := c.action(tt.verb, tt.no)
		tt.f(&a)
		before := c.queue()
		_, err := c.svc.Act(t.Context(), a)
		if got := houzhen.CodeOf(err); got != tt.want {
			t.Errorf("%s: got %s (%v), want %s", name, got, err, tt.want)
		}
		if diff := cmp.Diff(before, c.queue()); diff != "" {
			t.Errorf("%s changed the queue:\n%s", name, diff)
		}
	}
}

// Whoever presses with an old picture is told who changed it, how and when.
func TestVersionCheckTellsWhoMovedWhat(t *testing.T) {
	c := started(t)
	seen := c.ticket(8).Version
	c.act(queue.VerbPin, 8)
	a := c.action(queue.VerbSuspend, 8)
	a.Version = seen
	_, err := c.svc.Act(t.Context(), a)
	var coded *houzhen.Error
	if !asCoded(err, &coded) || coded.Code != houzhen.CodeConflict || coded.Args["verb"] != queue.VerbPin || coded.Args["by"] != "n1" || coded.Args["at"] == "" {
		t.Errorf("got %v %v", err, coded)
	}
	a.Version = c.ticket(8).Version
	if _, err := c.svc.Act(t.Context(), a); err != nil {
		t.Error(err)
	}
}

func TestReturnsFromTests(t *testing.T) {
	c := started(t)
	c.wait(time.Minute)
	o := c.act(queue.VerbTests, 0)
	if o.Ticket.No != 1 || o.Ticket.State != queue.OutForTests {
		t.Fatalf("sent %d, who is %s", o.Ticket.No, o.Ticket.State)
	}
	a := c.action(queue.VerbReturn, 1)
	a.Nurse = false
	_, err := c.svc.Act(t.Context(), a)
	c.refused(houzhen.CodeState, err) // no results yet
	c.refused(houzhen.CodeState, c.tryCheckIn(1))
	c.tx(func(tx queue.Tx) error {
		_, err := c.svc.ResultsReady(t.Context(), tx, "a1")
		return err
	})
	c.checkIn(1)
	if got := c.ticket(1); got.Lane != queue.LaneReturn || got.State != queue.Waiting || got.Returns != 1 {
		t.Errorf("back: lane %s, %s, %d returns", got.Lane, got.State, got.Returns)
	}
	if got, want := c.order(), "002 003 001 004 005 006 007 008"; got != want {
		t.Errorf("order: got %s, want %s", got, want)
	}
	c.next()
	c.wait(time.Minute)
	c.act(queue.VerbTests, 0)
	if o := c.act(queue.VerbReturn, 2); o.Ticket.Lane != queue.LaneReturn { // the nurse takes him without
		t.Errorf("the nurse's: lane %s", o.Ticket.Lane)
	}
}

func TestLateAndMissedAreTakenBackByANurse(t *testing.T) {
	c := started(t)
	for range 4 {
		c.miss(mustCalled(c))
		no := lastMissed(c)
		if c.ticket(no).State == queue.Dropped {
			break
		}
		c.checkIn(no)
		c.callUntil(no)
	}
	if got := c.ticket(1); got.State != queue.Dropped || got.EndReason != queue.DropVoid {
		t.Fatalf("after four misses: %s %s", got.State, got.EndReason)
	}
	if o := c.act(queue.VerbReinstate, 1); o.Ticket.State != queue.Ready && o.Ticket.State != queue.Waiting {
		t.Errorf("reinstated: %s", o.Ticket.State)
	}
}

func mustCalled(c *clinic) int {
	for _, t := range c.queue().Tickets {
		if t.State == queue.Called {
			return t.No
		}
	}
	c.t.Fatal("nobody is called")
	return 0
}

func lastMissed(*clinic) int { return 1 }

func TestExcuseTakesALatePatientAsOnTime(t *testing.T) {
	c := openClinic(t, clock(8, 0))
	c.checkIn(9, 10, 11)
	c.next()
	c.wait(70 * time.Minute) // it is 9:20; number 1 belonged to 8:00
	c.checkIn(1)
	if got := c.ticket(1).Lane; got != queue.LaneLate {
		t.Fatalf("lane %s, want late", got)
	}
	c.act(queue.VerbExcuse, 1)
	if got := c.ticket(1).Lane; got != queue.LaneNormal {
		t.Errorf("excused: lane %s", got)
	}
}

func TestWhoSaysThatHeIsLateIsNotAmongTheLate(t *testing.T) {
	c := openClinic(t, clock(8, 0))
	c.admit(1, 2)
	c.checkIn(9, 10, 11)
	c.next()
	c.act(queue.VerbDefer, 1, func(a *queue.Action) { a.Minutes = 70 })
	c.wait(70 * time.Minute)
	c.checkIn(1, 2)
	if one, two := c.ticket(1).Lane, c.ticket(2).Lane; one != queue.LaneDeferred || two != queue.LaneLate {
		t.Errorf("who said so is %s, who did not %s", one, two)
	}
}

func TestWhoWasToldWhenToLeaveKeepsHisPlace(t *testing.T) {
	c := openClinic(t, clock(8, 0))
	c.admit(1)
	c.checkIn(9, 10, 11)
	c.next()
	id := c.ticket(1).ID
	c.tx(func(tx queue.Tx) error {
		if _, err := c.svc.SetTravel(t.Context(), tx, id, queue.Way{Minutes: 30}); err != nil {
			return err
		}
		_, err := c.svc.AdviseLeave(t.Context(), tx, id)
		return err
	})
	c.wait(38 * time.Minute)
	c.checkIn(1)
	if got := c.ticket(1); got.Lane != queue.LaneNormal || got.AtEnd {
		t.Errorf("lane %s at end %t, want his place", got.Lane, got.AtEnd)
	}
}

func TestCalledInTwoQueuesHeIsPutOffInOne(t *testing.T) {
	c := openClinic(t, clock(8, 0))
	c.open("s2")
	other := booked(1)
	other.AppointmentID, other.SessionID = "b1", "s2" // the same patient, another doctor
	c.checkIn(1, 2, 3)
	c.tx(func(tx queue.Tx) error {
		_, err := c.svc.CheckIn(t.Context(), tx, other)
		return err
	})
	c.wait(time.Minute)
	c.must(c.svc.CallNext(t.Context(), queue.CallRequest{SessionID: "s2", RequestID: "x1", DoctorID: "d2"}))
	if o := c.next(); o.Ticket.No != 2 {
		t.Fatalf("called %d, want 2: number 1 is with another doctor", o.Ticket.No)
	}
	if got := c.ticket(1); got.State != queue.Deferred || got.Misses != 0 {
		t.Errorf("number 1: %s, %d misses", got.State, got.Misses)
	}
	c.must(c.svc.Finish(t.Context(), queue.TicketRequest{SessionID: "s2", RequestID: "x2", DoctorID: "d2"}))
	c.tx(func(tx queue.Tx) error { return c.svc.Free(t.Context(), tx, "p1") })
	if o := c.next(); o.Ticket.No != 3 { // he stood at the door already: the head is frozen
		t.Errorf("then %d, want 3", o.Ticket.No)
	}
	if o := c.next(); o.Ticket.No != 1 {
		t.Errorf("then %d, want 1", o.Ticket.No)
	}
}

func TestUndoPutsEverythingBack(t *testing.T) {
	for name, do := range map[string]func(c *clinic) queue.Outcome{
		"finish":    func(c *clinic) queue.Outcome { return c.must(c.svc.Finish(t.Context(), c.about(1))) },
		"next":      func(c *clinic) queue.Outcome { return c.must(c.svc.CallNext(t.Context(), c.desk())) },
		"tests":     func(c *clinic) queue.Outcome { return c.act(queue.VerbTests, 0) },
		"pin":       func(c *clinic) queue.Outcome { return c.act(queue.VerbPin, 8) },
		"abandon":   func(c *clinic) queue.Outcome { return c.act(queue.VerbAbandon, 3) },
		"set aside": func(c *clinic) queue.Outcome { return c.act(queue.VerbSuspend, 2) },
	} {
		t.Run(name, func(t *testing.T) {
			c := started(t)
			c.wait(time.Minute)
			before := c.queue()
			o := do(c)
			c.wait(4 * time.Minute)
			c.act(queue.VerbUndoLast, 0, func(a *queue.Action) { a.Undo = o.Call.RequestID })
			after := c.queue()
			after.Version = before.Version
			for i := range after.Tickets {
				after.Tickets[i].Version = before.Tickets[i].Version
			}
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("after undoing (-before +after):\n%s", diff)
			}
		})
	}
}

func TestUndoHasItsLimits(t *testing.T) {
	c := started(t)
	c.wait(time.Minute)
	pin := c.act(queue.VerbPin, 8)
	c.wait(6 * time.Minute)
	a := c.action(queue.VerbUndoLast, 8)
	_, err := c.svc.Act(t.Context(), a)
	c.refused(houzhen.CodeState, err) // more than five minutes ago
	_ = pin
	o := c.must(c.svc.Finish(t.Context(), c.about(1)))
	c.must(c.svc.CallNext(t.Context(), c.desk()))
	a = c.action(queue.VerbUndoLast, 0)
	a.Undo = o.Call.RequestID
	_, err = c.svc.Act(t.Context(), a)
	c.refused(houzhen.CodeInConsult, err) // the next one is with the doctor
	a = c.action(queue.VerbUndoLast, 0)
	a.Undo = "never"
	_, err = c.svc.Act(t.Context(), a)
	c.refused(houzhen.CodeNotFound, err)
}

func TestCallOutOfTurnIsRecordedAsSuch(t *testing.T) {
	c := started(t)
	c.wait(time.Minute)
	o := c.act(queue.VerbCall, 7)
	if o.Ticket.State != queue.Called || o.Call.Reason.Code != queue.ReasonCalledOutside || o.Call.Reason.Args["cause"] != "test" {
		t.Errorf("got %s by %v", o.Ticket.State, o.Call.Reason)
	}
	c.expect(1, queue.Done)
	if got, want := c.order(), "002 003 004 005 006 008"; got != want {
		t.Errorf("order: got %s, want %s", got, want)
	}
}

func TestAGroupThatAgeDecidesIsForTheOld(t *testing.T) {
	c := openClinic(t, clock(8, 0))
	c.checkIn(1, 2, 3)
	mark := func(no, age int) error {
		_, err := c.svc.Act(t.Context(), queue.Action{
			Verb: queue.VerbPriority, SessionID: session, TicketID: c.ticket(no).ID, RequestID: c.request(), Group: queue.GroupElder,
			Cause: "id card", Age: age,
		})
		return err
	}
	c.refused(houzhen.CodeTooYoung, mark(1, 79))
	for no, age := range map[int]int{1: 80, 2: 0} {
		if err := mark(no, age); err != nil || c.ticket(no).Lane != queue.LanePriority {
			t.Errorf("at %d: %v, lane %s", age, err, c.ticket(no).Lane)
		}
	}
}
