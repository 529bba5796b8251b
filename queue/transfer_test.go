package queue_test

import (
	"strings"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/queue"
)

// onward is number 1 on his way to another doctor's queue by somebody's choice.
func onward() queue.Admission {
	a := booked(201)
	a.AppointmentID, a.PatientID, a.SessionID, a.Last, a.Operator, a.Cause = "a1", "p1", "s2", true, "d1", "needs a surgeon"
	return a
}

func (c *clinic) transfer(a queue.Admission) (t queue.Ticket, err error) {
	err = c.store.InTx(c.t.Context(), func(tx queue.Tx) error {
		t, err = c.svc.Transfer(c.t.Context(), tx, a)
		return err
	})
	return t, err
}

// in is number 1 with the doctor for ten minutes, and another queue beside his.
func in(t *testing.T, change ...func(*queue.Policy)) *clinic {
	t.Helper()
	c := started(t, change...)
	c.open("s2")
	c.must(c.svc.Start(t.Context(), c.about(1)))
	c.wait(10 * time.Minute)
	return c
}

func TestADoctorSendsOnThePatientWhomHeHasInTheRoom(t *testing.T) {
	c := in(t)
	id := c.ticket(1).ID
	for range 2 { // pressed twice he goes once
		got, err := c.transfer(onward())
		if err != nil {
			t.Fatal(err)
		}
		if got.ID != id || got.SessionID != "s2" || got.State != queue.Ready && got.State != queue.Waiting || got.Lane != queue.LaneNormal {
			t.Errorf("got %s in lane %s of %s", got.State, got.Lane, got.SessionID)
		}
		if !got.StartedAt.IsZero() || !got.EndedAt.IsZero() || got.DoctorID != "" || !got.CheckedInAt.Equal(c.now()) {
			t.Errorf("he brings something of the consultation along: %+v", got)
		}
	}
	q := c.queue()
	for _, left := range q.Tickets {
		if left.ID == id {
			t.Error("he stands in both queues")
		}
	}
	var said queue.Entry
	for _, e := range c.log() {
		if e.Verb == queue.VerbTransfer {
			said = e
		}
	}
	if said.TicketID != id || said.Operator != "d1" || said.Cause != "needs a surgeon" || said.Reason.Code != queue.ReasonSentOn {
		t.Errorf("the log of the queue that he left does not say who and why: %+v", said)
	}
	if again, err := queue.Rebuild(c.log()); err != nil || len(again.Tickets) != len(q.Tickets) || again.Version != q.Version {
		t.Errorf("replayed: %d tickets at %d, %v", len(again.Tickets), again.Version, err)
	}
	if o := c.next(); o.Ticket.No != 2 {
		t.Errorf("then %d is called, want 2", o.Ticket.No)
	}
}

// Whoever had been overtaken by him is not made to wait once more for it: the
// consultation counts for the order as any other.
func TestAConsultationThatEndedWithAnotherDoctorCountsForTheOrder(t *testing.T) {
	c := started(t)
	c.open("s2")
	c.must(c.svc.Finish(t.Context(), c.about(1)))
	c.act(queue.VerbPin, 8)
	c.callUntil(8)
	c.must(c.svc.Start(t.Context(), c.about(8)))
	c.wait(10 * time.Minute)
	before := c.ticket(4).OvertakenFor
	a := onward()
	a.AppointmentID, a.PatientID = "a8", "p8"
	if _, err := c.transfer(a); err != nil {
		t.Fatal(err)
	}
	if got := c.ticket(4).OvertakenFor - before; got != 10*time.Minute {
		t.Errorf("number 4 was overtaken for %v by it, want 10m", got)
	}
}

func TestNoLengthIsLearnedOfWhomADoctorSentOn(t *testing.T) {
	c := in(t)
	if _, err := c.transfer(onward()); err != nil {
		t.Fatal(err)
	}
	c.tx(func(tx queue.Tx) error {
		list, err := tx.Consultations(t.Context(), doctor, clock(7, 0), 10)
		if len(list) != 1 || list[0].Length != queue.NoLength || list[0].PatientID != "p1" {
			t.Errorf("got %+v, want one of no length", list)
		}
		return err
	})
}

// A turn of returns is used up with the doctor to whom he came back; priority is
// his with the next one too.
func TestALaneGoesAlongUnlessItWasForThatDoctor(t *testing.T) {
	c := started(t)
	c.open("s2")
	c.act(queue.VerbTests, 1)
	c.act(queue.VerbReturn, 1)
	c.callUntil(1)
	c.must(c.svc.Start(t.Context(), c.about(1)))
	if got := c.ticket(1).Lane; got != queue.LaneReturn {
		t.Fatalf("lane %s, want return", got)
	}
	if got, err := c.transfer(onward()); err != nil || got.Lane != queue.LaneNormal {
		t.Errorf("back from tests: lane %s, %v", got.Lane, err)
	}
	c.act(queue.VerbPriority, 7, func(a *queue.Action) { a.Group = "elder" })
	c.callUntil(7)
	c.must(c.svc.Start(t.Context(), c.about(7)))
	a := onward()
	a.AppointmentID, a.PatientID = "a7", "p7"
	if got, err := c.transfer(a); err != nil || got.Lane != queue.LanePriority || !got.LaneSince.Equal(c.now()) {
		t.Errorf("of priority: lane %s since %v, %v", got.Lane, got.LaneSince, err)
	}
}

func TestWhoGoesOnByChoiceIsGivenAReason(t *testing.T) {
	c := in(t)
	for want, cause := range map[houzhen.Code]string{houzhen.CodeMissing: "", houzhen.CodeTooLarge: strings.Repeat("因", 61)} {
		a := onward()
		a.Cause = cause
		_, err := c.transfer(a)
		c.refused(want, err)
		act := c.action(queue.VerbPin, 8)
		act.Cause = cause
		_, err = c.svc.Act(t.Context(), act)
		c.refused(want, err)
	}
	a := onward()
	a.Last, a.Cause = false, "" // dealt out by the wizard: nobody takes him out of the room
	_, err := c.transfer(a)
	c.refused(houzhen.CodeState, err)
	c.expect(1, queue.InConsult)
	a = onward()
	a.Cause = strings.Repeat("因", 60)
	if _, err := c.transfer(a); err != nil {
		t.Errorf("sixty signs: %v", err)
	}
}

// What ended a consultation is not taken back by the next press of undo, nor is
// something older in its place.
func TestATransferIsNotTakenBackByUndo(t *testing.T) {
	c := in(t)
	if _, err := c.transfer(onward()); err != nil {
		t.Fatal(err)
	}
	a := c.action(queue.VerbUndoLast, 0)
	a.Operator = "d1"
	_, err := c.svc.Act(t.Context(), a)
	c.refused(houzhen.CodeState, err)
}
