package queue_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/queue"
)

func TestCallNextGoesBySliceAndNumberNotByArrival(t *testing.T) {
	c := openClinic(t, clock(7, 0))
	c.checkIn(6, 201, 3, 1, 4)
	if got, want := c.callAll(), "1 3 4 201 6"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestCallNextTwiceWithOneRequestIsOneCall(t *testing.T) {
	c := openClinic(t, clock(8, 0))
	c.checkIn(1, 2, 3)
	press := c.desk()
	first := c.must(c.svc.CallNext(t.Context(), press))
	c.wait(time.Hour)
	before := len(c.store.Events())
	again := c.must(c.svc.CallNext(t.Context(), press))
	if diff := cmp.Diff(first.Call, again.Call); diff != "" || !again.Replayed {
		t.Errorf("replayed %t, call (-first +again):\n%s", again.Replayed, diff)
	}
	if got, want := again.Version, first.Version; got != want {
		t.Errorf("version after a double click: got %d, want %d", got, want)
	}
	if got := c.kinds(before); got != "" {
		t.Errorf("a double click told %s", got)
	}
	c.expect(1, queue.Called)
	c.expect(2, queue.Ready)
}

func TestCallNextFromTwoComputersOfOneDeskIsRefusedOnce(t *testing.T) {
	c := openClinic(t, clock(8, 0))
	c.checkIn(1, 2, 3)
	c.must(c.svc.CallNext(t.Context(), c.desk()))
	_, err := c.svc.CallNext(t.Context(), c.desk())
	c.refused(houzhen.CodeTooSoon, err)
	c.expect(1, queue.Called)
	c.wait(c.policy.MinCallGap)
	c.must(c.svc.Start(t.Context(), c.about(1)))
	_, err = c.svc.CallNext(t.Context(), c.desk())
	c.refused(houzhen.CodeTooSoon, err)
	c.expect(1, queue.InConsult)
}

func TestCallNextOfTwoDoctorsNeverSharesAPatient(t *testing.T) {
	c := openClinic(t, clock(8, 0))
	c.checkIn(1, 2, 3, 4)
	other := c.desk()
	other.DoctorID, other.RoomID = "d2", "r2"
	one, two := c.must(c.svc.CallNext(t.Context(), c.desk())), c.must(c.svc.CallNext(t.Context(), other))
	if one.Ticket.No != 1 || two.Ticket.No != 2 {
		t.Errorf("got %d and %d, want 1 and 2", one.Ticket.No, two.Ticket.No)
	}
	if got, want := c.ticket(2).RoomID, "r2"; got != want {
		t.Errorf("room of the second: got %s, want %s", got, want)
	}
	c.expect(1, queue.Called)
}

func TestCallNextFinishesThePresentPatientAsItsOwnFact(t *testing.T) {
	c := openClinic(t, clock(8, 0))
	c.checkIn(1, 2, 3)
	c.next()
	before := len(c.store.Events())
	o := c.next()
	if got, want := c.kinds(before), "ticket.started ticket.finished ticket.called"; got != want {
		t.Errorf("facts: got %s, want %s", got, want)
	}
	done := c.ticket(1)
	if got, want := done.EndedAt.Sub(done.StartedAt), 10*time.Minute; done.State != queue.Done || got != want {
		t.Errorf("number 1: %s after %s, want done after %s", done.State, got, want)
	}
	if o.Also[0].Verb != queue.VerbFinish || o.Also[0].Reason.Code != queue.ReasonFinishedNext {
		t.Errorf("recorded beside the call: %+v", o.Also[0])
	}
}

func TestCallNextWithoutAutoFinishAsksToFinish(t *testing.T) {
	c := openClinic(t, clock(8, 0), func(p *queue.Policy) { p.AutoFinish = false })
	c.checkIn(1, 2)
	c.next()
	c.wait(5 * time.Minute)
	_, err := c.svc.CallNext(t.Context(), c.desk())
	c.refused(houzhen.CodeInConsult, err)
	c.must(c.svc.Finish(t.Context(), queue.TicketRequest{SessionID: session, RequestID: c.request()}))
	c.expect(1, queue.Done)
	if got := c.next().Ticket.No; got != 2 {
		t.Errorf("got %d, want 2", got)
	}
}

func TestCallNextKeepsTheReasonOfThePickAtTheDoor(t *testing.T) {
	c := openClinic(t, clock(8, 0))
	c.checkIn(5, 6, 7, 8, 9)
	c.next() // 5; 6 and 7 go to the door
	c.wait(40 * time.Minute)
	c.checkIn(1) // slice 8:00 is done long ago: late
	if got, want := c.ticket(1).Lane, queue.LaneLate; got != want {
		t.Fatalf("lane of 1: got %s, want %s", got, want)
	}
	c.next()
	c.next()
	v, err := c.svc.Board(t.Context(), session)
	if err != nil {
		t.Fatal(err)
	}
	want := queue.Reason{Code: queue.ReasonLateInterval, Args: map[string]string{"n": "2"}}
	if diff := cmp.Diff(want, v.Next.Reason); diff != "" || v.Next.Ticket.No != 1 {
		t.Errorf("the strip's next is %d (-want +got):\n%s", v.Next.Ticket.No, diff)
	}
	o := c.next()
	if diff := cmp.Diff(want, o.Call.Reason); diff != "" || o.Ticket.No != 1 {
		t.Errorf("called %d (-want +got):\n%s", o.Ticket.No, diff)
	}
	events := c.store.Events()
	var data houzhen.PickData
	if err := json.Unmarshal(events[len(events)-1].Data, &data); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(houzhen.PickData{Room: "r1", Doctor: doctor, Reason: want.Code, Args: want.Args}, data); diff != "" {
		t.Errorf("fact (-want +got):\n%s", diff)
	}
}

func TestCallNextRefusals(t *testing.T) {
	c := openClinic(t, clock(8, 0))
	_, err := c.svc.CallNext(t.Context(), c.desk())
	c.refused(houzhen.CodeQueueEmpty, err)
	if !c.queue().StartedAt.IsZero() {
		t.Error("a refused call started the session")
	}
	_, err = c.svc.CallNext(t.Context(), queue.CallRequest{SessionID: session})
	c.refused(houzhen.CodeKeyMissing, err)
	_, err = c.svc.CallNext(t.Context(), queue.CallRequest{RequestID: "q"})
	c.refused(houzhen.CodeMissing, err)
	_, err = c.svc.CallNext(t.Context(), queue.CallRequest{SessionID: "nowhere", RequestID: "q"})
	c.refused(houzhen.CodeNotFound, err)
	c.checkIn(1, 2)
	press := c.desk()
	c.must(c.svc.CallNext(t.Context(), press))
	_, err = c.svc.Resume(t.Context(), press)
	c.refused(houzhen.CodeKeyReused, err)
}

func TestFinishWithoutNamingThePatientSparesOneCalledOnlyNow(t *testing.T) {
	c := openClinic(t, clock(8, 0))
	c.checkIn(1, 2)
	unnamed := func() queue.TicketRequest {
		return queue.TicketRequest{SessionID: session, RequestID: c.request(), DoctorID: doctor}
	}
	_, err := c.svc.Finish(t.Context(), unnamed())
	c.refused(houzhen.CodeState, err)
	c.next()
	_, err = c.svc.Finish(t.Context(), unnamed())
	c.refused(houzhen.CodeTooSoon, err)
	c.must(c.svc.Finish(t.Context(), c.about(1)))
	_, err = c.svc.Finish(t.Context(), c.about(1))
	c.refused(houzhen.CodeState, err)
}

func TestStartAndRecallNeedACalledPatient(t *testing.T) {
	c := openClinic(t, clock(8, 0))
	c.checkIn(1, 2)
	_, err := c.svc.Start(t.Context(), c.about(1))
	c.refused(houzhen.CodeState, err)
	c.next()
	_, err = c.svc.Recall(t.Context(), c.about(1))
	c.refused(houzhen.CodeTooSoon, err)
	c.wait(20 * time.Second)
	o := c.must(c.svc.Recall(t.Context(), c.about(1)))
	if got, want := o.Ticket.Calls, 2; got != want {
		t.Errorf("calls: got %d, want %d", got, want)
	}
	c.must(c.svc.Start(t.Context(), c.about(1)))
	_, err = c.svc.Recall(t.Context(), c.about(1))
	c.refused(houzhen.CodeState, err)
	byTicket := c.about(2)
	byTicket.SessionID = ""
	_, err = c.svc.Start(t.Context(), byTicket)
	c.refused(houzhen.CodeState, err)
}
