package queue_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/queue"
)

func TestAdmitOnceHoweverOften(t *testing.T) {
	c := openClinic(t, clock(7, 0))
	c.admit(1, 1, 1)
	q := c.queue()
	if len(q.Tickets) != 1 || q.Version != 2 {
		t.Errorf("got %d tickets at version %d, want 1 at 2", len(q.Tickets), q.Version)
	}
	want := queue.Ticket{
		ID: q.Tickets[0].ID, SessionID: session, ZoneID: "z1", AppointmentID: "a1", PatientID: "p1", No: 1, Label: "A001",
		SliceStart: clock(8, 0), SliceEnd: clock(8, 30), State: queue.NotCheckedIn, Lane: queue.LaneNormal, Version: 1,
	}
	if diff := cmp.Diff(want, q.Tickets[0]); diff != "" {
		t.Errorf("ticket (-want +got):\n%s", diff)
	}
	if got, want := c.kinds(0), "ticket.admitted"; got != want {
		t.Errorf("facts: got %s, want %s", got, want)
	}
}

func TestAdmitNeedsAQueueAndAnAppointment(t *testing.T) {
	c := openClinic(t, clock(7, 0))
	for want, a := range map[houzhen.Code]queue.Admission{
		houzhen.CodeNotFound: {AppointmentID: "a1", SessionID: "nowhere"},
		houzhen.CodeMissing:  {SessionID: session},
	} {
		c.refused(want, c.store.InTx(t.Context(), func(tx queue.Tx) error {
			_, err := c.svc.Admit(t.Context(), tx, a)
			return err
		}))
	}
	c.refused(houzhen.CodeMissing, c.svc.Open(t.Context(), nil, queue.OpenQueue{}))
}

func TestAdmitTakesAMovedTicketAlong(t *testing.T) {
	c := openClinic(t, clock(7, 0))
	c.open("s2")
	c.admit(1)
	id := c.ticket(1).ID
	before := len(c.store.Events())
	to := booked(9)
	to.AppointmentID, to.SessionID = "a1", "s2"
	for range 2 {
		c.tx(func(tx queue.Tx) error {
			got, err := c.svc.Admit(t.Context(), tx, to)
			if got.ID != id || got.SessionID != "s2" || got.Label != "A009" || got.State != queue.NotCheckedIn {
				t.Errorf("moved ticket: %+v", got)
			}
			return err
		})
	}
	if q := c.queue(); len(q.Tickets) != 0 || q.Version != 3 {
		t.Errorf("left behind: %d tickets at version %d, want none at 3", len(q.Tickets), q.Version)
	}
	events := c.store.Events()[before:]
	if got, want := c.kinds(before), "ticket.dropped ticket.admitted"; got != want {
		t.Fatalf("facts: got %s, want %s", got, want)
	}
	if events[0].Session != session || events[1].Session != "s2" {
		t.Errorf("facts of %s and %s, want of the left and of the new queue", events[0].Session, events[1].Session)
	}
}

func TestAdmitFollowsANewNumberInTheSameSession(t *testing.T) {
	c := openClinic(t, clock(7, 0))
	c.admit(1)
	to := booked(9)
	to.AppointmentID = "a1"
	c.tx(func(tx queue.Tx) error {
		_, err := c.svc.Admit(t.Context(), tx, to)
		return err
	})
	if got, want := c.ticket(9).AppointmentID, "a1"; got != want {
		t.Errorf("number 9 belongs to %s, want %s", got, want)
	}
}

func TestCheckInLoadsNoOtherTicketBeforeTheDoctorStarts(t *testing.T) {
	c := openClinic(t, clock(7, 0))
	c.admit(1, 2, 3)
	c.checkIn(1, 2, 4, 1)
	if got := c.store.WholeLoads(); got != 0 {
		t.Errorf("the whole queue was loaded %d times", got)
	}
	c.expect(1, queue.Waiting)
	c.expect(4, queue.Waiting)
	if got, want := c.queue().Version, int64(7); got != want { // 3 admitted, 3 checked in, one of them twice
		t.Errorf("version: got %d, want %d", got, want)
	}
}

func TestCheckInFillsTheDoorOfARunningSession(t *testing.T) {
	c := openClinic(t, clock(8, 0))
	c.checkIn(1)
	c.next()
	c.checkIn(2, 3, 4)
	for no, want := range map[int]queue.State{2: queue.Ready, 3: queue.Ready, 4: queue.Waiting} {
		c.expect(no, want)
	}
}

func TestCheckInRefusals(t *testing.T) {
	c := openClinic(t, clock(7, 0))
	c.checkIn(1)
	c.next()
	c.must(c.svc.Finish(t.Context(), c.about(1)))
	c.refused(houzhen.CodeState, c.tryCheckIn(1))
	c.must(c.svc.EndSession(t.Context(), queue.EndRequest{SessionID: session, RequestID: "end"}))
	c.refused(houzhen.CodeSessionClosed, c.tryCheckIn(2))
	eve := openClinic(t, clock(7, 0).AddDate(0, 0, -1))
	eve.refused(houzhen.CodeNotToday, eve.tryCheckIn(1))
}

func TestNobodyIsLateWhileTheDoctorIs(t *testing.T) {
	c := openClinic(t, clock(8, 50)) // not started, fifty minutes into the session
	c.checkIn(5, 6, 1)
	c.next()
	if got, want := c.ticket(1).State, queue.Called; got != want {
		t.Errorf("number 1: got %s, want %s", got, want)
	}
	c.checkIn(2) // his slice ended at 8:30, but number 1 of it is in the room
	if got := c.ticket(2); got.Lane != queue.LaneNormal || got.AtEnd {
		t.Errorf("number 2: lane %s at end %t, want normal in his place", got.Lane, got.AtEnd)
	}
	if got, want := c.callAll(), "5 6 2"; got != want { // 5 and 6 were at the door already
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestUndoCheckIn(t *testing.T) {
	c := openClinic(t, clock(8, 0))
	c.checkIn(1, 2, 3, 4)
	c.next()
	before := len(c.store.Events())
	c.must(c.svc.UndoCheckIn(t.Context(), c.about(2)))
	c.expect(2, queue.NotCheckedIn)
	c.expect(4, queue.Ready)
	if got, want := c.kinds(before), "ticket.admitted"; got != want {
		t.Errorf("facts: got %s, want %s", got, want)
	}
	_, err := c.svc.UndoCheckIn(t.Context(), c.about(1))
	c.refused(houzhen.CodeState, err)
}

func TestDropAndReadmit(t *testing.T) {
	c := openClinic(t, clock(8, 0))
	c.checkIn(1, 2, 3, 4)
	c.next()
	drop := func(appointment, reason string) error {
		return c.store.InTx(t.Context(), func(tx queue.Tx) error {
			_, err := c.svc.Drop(t.Context(), tx, appointment, reason)
			return err
		})
	}
	if err := drop("a2", queue.DropCancelled); err != nil {
		t.Fatal(err)
	}
	c.expect(4, queue.Ready)
	version := c.queue().Version
	if err := drop("a2", queue.DropCancelled); err != nil {
		t.Fatal(err)
	}
	if got := c.queue().Version; got != version {
		t.Errorf("a second drop raised the version from %d to %d", version, got)
	}
	c.refused(houzhen.CodeNotFound, drop("nobody", queue.DropCancelled))
	c.refused(houzhen.CodeInvalid, drop("a3", "mood"))
	c.wait(time.Minute)
	c.must(c.svc.Start(t.Context(), c.about(1)))
	c.refused(houzhen.CodeState, drop("a1", queue.DropCancelled))
	c.admit(2)
	c.expect(2, queue.Dropped) // a late repetition of the booking brings nobody back
	c.tx(func(tx queue.Tx) error {
		_, err := c.svc.Readmit(t.Context(), tx, booked(2))
		return err
	})
	if got := c.ticket(2); got.State != queue.NotCheckedIn || got.EndReason != "" {
		t.Errorf("readmitted: %s %q, want not_checked_in", got.State, got.EndReason)
	}
}

func TestAdviseLeaveOnceUntilTheTravelChanges(t *testing.T) {
	c := openClinic(t, clock(7, 0))
	c.admit(1)
	advise := func() {
		c.tx(func(tx queue.Tx) error {
			_, err := c.svc.AdviseLeave(t.Context(), tx, c.idOf(tx, 1))
			return err
		})
	}
	travel := func(minutes int) error {
		return c.store.InTx(t.Context(), func(tx queue.Tx) error {
			_, err := c.svc.SetTravel(t.Context(), tx, c.idOf(tx, 1), queue.Way{Minutes: minutes})
			return err
		})
	}
	advise()
	advise()
	if err := travel(25); err != nil {
		t.Fatal(err)
	}
	advise()
	if got, want := c.kinds(1), "ticket.leave_now ticket.ordered ticket.leave_now"; got != want {
		t.Errorf("facts: got %s, want %s", got, want)
	}
	c.refused(houzhen.CodeInvalid, travel(-1))
	c.refused(houzhen.CodeInvalid, travel(601))
	c.checkIn(1)
	before := len(c.store.Events())
	if err := travel(30); err != nil {
		t.Fatal(err)
	}
	advise()
	if got := c.kinds(before); got != "" {
		t.Errorf("one who is here was told %s", got)
	}
}

// Somebody says that he is on his way once he was told to leave: once, and
// again after he was told to wait meanwhile.
func TestWhoWasToldToLeaveSaysThatHeHas(t *testing.T) {
	c := openClinic(t, clock(8, 0))
	c.admit(1)
	c.tx(func(tx queue.Tx) error {
		_, err := c.svc.SetTravel(t.Context(), tx, c.idOf(tx, 1), queue.Way{Minutes: 30})
		return err
	})
	give := func(verb func(context.Context, queue.Tx, string) (queue.Ticket, error)) error {
		c.store.Advance(time.Minute)
		return c.store.InTx(t.Context(), func(tx queue.Tx) error {
			_, err := verb(t.Context(), tx, c.idOf(tx, 1))
			return err
		})
	}
	do := func(verbs ...func(context.Context, queue.Tx, string) (queue.Ticket, error)) {
		t.Helper()
		for _, verb := range verbs {
			if err := give(verb); err != nil {
				t.Fatal(err)
			}
		}
	}
	c.refused(houzhen.CodeState, give(c.svc.SetOut))
	before := len(c.store.Events())
	do(c.svc.AdviseLeave, c.svc.SetOut, c.svc.SetOut)
	if got := c.ticket(1); !got.OnTheWay() || got.SetOutAt.Sub(got.LeaveAdvisedAt) != time.Minute {
		t.Errorf("told at %v, on his way %t since %v, want a minute later", got.LeaveAdvisedAt, got.OnTheWay(), got.SetOutAt)
	}
	do(c.svc.AdviseWait)
	c.refused(houzhen.CodeState, give(c.svc.SetOut))
	do(c.svc.AdviseLeave)
	if got := c.ticket(1); got.OnTheWay() || got.SetOutAt.IsZero() {
		t.Errorf("told once more he is on his way: %t; he said so before at %v", got.OnTheWay(), got.SetOutAt)
	}
	do(c.svc.SetOut)
	if got, want := c.kinds(before), "ticket.leave_now ticket.ordered ticket.wait_a_little ticket.leave_now ticket.ordered"; got != want {
		t.Errorf("facts: got %s, want %s", got, want)
	}
	c.checkIn(1)
	said := c.ticket(1).SetOutAt
	do(c.svc.SetOut) // the button was pressed at the door
	if got := c.ticket(1); !got.SetOutAt.Equal(said) {
		t.Errorf("one who is here set out at %v, want it left at %v", got.SetOutAt, said)
	}
}

// Who was told to set out and then to wait keeps his place however late he
// comes, is told to set out again, and is not told twice of anything.
func TestWhoWasToldToWaitKeepsHisPlace(t *testing.T) {
	c := openClinic(t, clock(8, 0))
	c.admit(1)
	c.checkIn(9, 10, 11)
	c.next()
	say := func(give func(context.Context, queue.Tx, string) (queue.Ticket, error)) {
		c.tx(func(tx queue.Tx) error {
			_, err := give(t.Context(), tx, c.idOf(tx, 1))
			return err
		})
	}
	c.tx(func(tx queue.Tx) error {
		_, err := c.svc.SetTravel(t.Context(), tx, c.idOf(tx, 1), queue.Way{Minutes: 30, Near: true})
		return err
	})
	before := len(c.store.Events())
	say(c.svc.AdviseWait) // nobody told him anything yet
	say(c.svc.AdviseLeave)
	c.store.Advance(5 * time.Minute)
	say(c.svc.AdviseWait)
	say(c.svc.AdviseWait)
	c.store.Advance(time.Hour)
	say(c.svc.AdviseLeave)
	c.store.Advance(20 * time.Minute)
	say(c.svc.AdviseWait) // he is nearly here
	if got, want := c.kinds(before), "ticket.leave_now ticket.wait_a_little ticket.leave_now"; got != want {
		t.Errorf("facts: got %s, want %s", got, want)
	}
	c.store.Advance(3 * time.Hour)
	c.tx(func(tx queue.Tx) error {
		late, err := tx.Ticket(t.Context(), c.idOf(tx, 1))
		late.WaitAdvisedAt = tx.Now()
		if err != nil {
			return err
		}
		return tx.SaveTicket(t.Context(), &late)
	})
	c.checkIn(1)
	if got := c.ticket(1); got.Lane != queue.LaneNormal || got.AtEnd {
		t.Errorf("he was told to wait and goes to lane %s, at the end %t", got.Lane, got.AtEnd)
	}
}

// idOf finds a number's ticket inside a transaction.
func (c *clinic) idOf(tx queue.Tx, no int) string {
	c.t.Helper()
	t, err := tx.TicketByAppointment(c.t.Context(), booked(no).AppointmentID)
	if err != nil {
		c.t.Fatal(err)
	}
	return t.ID
}

func TestAfterTheDeadlineANurseDecides(t *testing.T) {
	c := openClinic(t, clock(8, 0))
	c.admit(1, 2, 3)
	c.checkIn(9)
	c.next()
	c.store.Advance(4 * time.Hour) // the last check-in of a morning is at 11:30
	try := func(a queue.Admission) error {
		return c.store.InTx(t.Context(), func(tx queue.Tx) error {
			_, err := c.svc.CheckIn(t.Context(), tx, a)
			return err
		})
	}
	c.refused(houzhen.CodeState, try(booked(1)))
	kept := booked(2)
	kept.InHouse = true
	nurse := booked(3)
	nurse.Nurse = true
	for _, a := range []queue.Admission{kept, nurse} {
		if err := try(a); err != nil {
			t.Errorf("number %d is refused: %v", a.No, err)
		}
	}
}

func TestAMergeOfRecordsIsInTheLog(t *testing.T) {
	c := openClinic(t, clock(8, 0))
	c.checkIn(1)
	for range 2 {
		c.tx(func(tx queue.Tx) error { return c.svc.Repoint(t.Context(), tx, booked(1).AppointmentID, "kept") })
	}
	var log []queue.Entry
	if err := c.store.View(t.Context(), func(tx queue.Tx) (err error) {
		log, err = tx.Log(t.Context(), session)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	last := log[len(log)-1]
	if last.Verb != queue.VerbRepoint || last.Reason.Code != queue.ReasonMerged || log[len(log)-2].Verb == queue.VerbRepoint {
		t.Errorf("the last entries are %s (%s) and %s", last.Verb, last.Reason.Code, log[len(log)-2].Verb)
	}
	rebuilt, err := queue.Rebuild(log)
	if diff := cmp.Diff(c.queue(), rebuilt, cmpopts.EquateEmpty()); err != nil || diff != "" {
		t.Errorf("the log rebuilds another queue: %v %s", err, diff)
	}
}
