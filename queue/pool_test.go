package queue_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/queue"
)

func asCoded(err error, into **houzhen.Error) bool { return errors.As(err, into) }

func openPool(t *testing.T, change ...func(*queue.Policy)) *clinic {
	t.Helper()
	c := openClinic(t, clock(8, 0), change...)
	c.tx(func(tx queue.Tx) error {
		return c.svc.Open(t.Context(), tx, queue.OpenQueue{
			SessionID: "pool", ZoneID: "z1", DoctorID: "any", Prefix: "B", Start: clock(8, 0), End: clock(12, 0), Pool: true,
		})
	})
	return c
}

func (c *clinic) into(session string, nos ...int) {
	c.t.Helper()
	for _, no := range nos {
		a := booked(no)
		a.SessionID, a.AppointmentID, a.PatientID = session, fmt.Sprint(session, no), fmt.Sprint(session, "p", no)
		c.tx(func(tx queue.Tx) error {
			_, err := c.svc.CheckIn(c.t.Context(), tx, a)
			return err
		})
	}
}

func (c *clinic) nextOf(session, doctor, room string) (queue.Outcome, error) {
	c.wait(time.Minute)
	return c.svc.CallNext(c.t.Context(), queue.CallRequest{SessionID: session, RequestID: c.request(), DoctorID: doctor, RoomID: room})
}

func (c *clinic) load(session string) queue.Queue {
	c.t.Helper()
	var q queue.Queue
	c.tx(func(tx queue.Tx) (err error) {
		q, err = tx.Queue(c.t.Context(), session)
		return err
	})
	return q
}

func atDoor(q queue.Queue) map[int]string {
	m := map[int]string{}
	for _, t := range q.Tickets {
		if t.State == queue.Ready {
			m[t.No] = t.DoctorID + " " + t.RoomID
		}
	}
	return m
}

func TestARoomIsBoundOnlyAtTheDoor(t *testing.T) {
	c := openPool(t)
	c.into("pool", span(1, 9)...)
	for _, ticket := range c.load("pool").Tickets {
		if ticket.RoomID != "" || ticket.DoctorID != "" {
			t.Errorf("number %d has room %s before he is asked to a door", ticket.No, ticket.RoomID)
		}
	}
	c.must(c.nextOf("pool", "d1", "r1"))
	c.must(c.nextOf("pool", "d2", "r2"))
	if got, want := fmt.Sprint(atDoor(c.load("pool"))), "map[2:d1 r1 5:d1 r1 6:d2 r2 3:d2 r2]"; len(got) != len(want) {
		t.Errorf("at the doors: %s", got)
	}
	counts := map[string]int{}
	for _, where := range atDoor(c.load("pool")) {
		counts[where]++
	}
	if counts["d1 r1"] != 2 || counts["d2 r2"] != 2 {
		t.Errorf("at the doors: %v, want two each", counts)
	}
}

func TestWhoStoodAtTheDoorOfADoctorWhoPausesGoesFirstInThePool(t *testing.T) {
	c := openPool(t)
	c.into("pool", span(1, 9)...)
	c.must(c.nextOf("pool", "d1", "r1"))
	c.must(c.nextOf("pool", "d2", "r2"))
	var stood []int
	for no, where := range atDoor(c.load("pool")) {
		if where == "d1 r1" {
			stood = append(stood, no)
		}
	}
	c.must(c.svc.Pause(t.Context(), queue.PauseRequest{SessionID: "pool", RequestID: c.request(), DoctorID: "d1", Minutes: 20, Why: "short"}))
	q := c.load("pool")
	for _, ticket := range q.Tickets {
		if ticket.DoctorID == "d1" && ticket.State == queue.Ready {
			t.Errorf("number %d still stands at the door of a doctor who is away", ticket.No)
		}
	}
	if _, err := c.nextOf("pool", "d1", "r1"); houzhen.CodeOf(err) != houzhen.CodePaused {
		t.Errorf("who is away calls: %v", err)
	}
	for range 2 { // the two who stand at the door of the other
		c.must(c.nextOf("pool", "d2", "r2"))
	}
	for range 2 {
		o := c.must(c.nextOf("pool", "d2", "r2"))
		if o.Ticket.No != stood[0] && o.Ticket.No != stood[1] {
			t.Errorf("called %d, want one of %v who had stood at a door", o.Ticket.No, stood)
		}
		if o.Call.Reason.Code != queue.ReasonFrontAgain {
			t.Errorf("reason %s", o.Call.Reason.Code)
		}
	}
	c.must(c.svc.Resume(t.Context(), queue.CallRequest{SessionID: "pool", RequestID: c.request(), DoctorID: "d1"}))
	c.must(c.nextOf("pool", "d1", "r1"))
}

func TestAReturnGoesToTheDoctorWhoSentHimUnlessHeLeft(t *testing.T) {
	c := openPool(t)
	c.into("pool", span(1, 9)...)
	first := c.must(c.nextOf("pool", "d1", "r1"))
	c.must(c.nextOf("pool", "d2", "r2"))
	act := func(verb string, change func(*queue.Action)) queue.Outcome {
		t.Helper()
		a := queue.Action{Verb: verb, SessionID: "pool", RequestID: c.request(), Cause: "x", Nurse: true}
		change(&a)
		return c.must(c.svc.Act(t.Context(), a))
	}
	act(queue.VerbTests, func(a *queue.Action) { a.TicketID, a.DoctorID = first.Ticket.ID, "d1" })
	back := act(queue.VerbReturn, func(a *queue.Action) { a.TicketID = first.Ticket.ID })
	if back.Ticket.AssignedDoctorID != "d1" {
		t.Errorf("he waits for %q, want d1", back.Ticket.AssignedDoctorID)
	}
	act(queue.VerbLeave, func(a *queue.Action) { a.DoctorID = "d1" })
	q := c.load("pool")
	for _, ticket := range q.Tickets {
		if ticket.AssignedDoctorID != "" {
			t.Errorf("number %d waits for a doctor who has left", ticket.No)
		}
	}
	if len(q.Desks) != 1 {
		t.Errorf("%d desks, want one", len(q.Desks))
	}
}

func TestADoctorServesHisListAndThePool(t *testing.T) {
	for order, want := range map[queue.PoolOrder]string{
		queue.OwnFirst:  "A001 A002 A003 B001 B002 B003",
		queue.PoolFirst: "B001 B002 B003 A001 A002 A003",
		queue.Alternate: "A001 B001 A002 B002 A003 B003",
	} {
		c := openPool(t, func(p *queue.Policy) { p.Pool = order })
		c.into(session, 1, 2, 3)
		c.into("pool", 1, 2, 3)
		var got, last string
		for i := range 6 {
			c.wait(time.Minute)
			r := queue.CallRequest{RequestID: fmt.Sprint("any", i), DoctorID: doctor, RoomID: "r1"}
			o := c.must(c.svc.CallAny(t.Context(), r, []string{session, "pool"}))
			again := c.must(c.svc.CallAny(t.Context(), r, []string{session, "pool"})) // a double click
			if !again.Replayed || again.Ticket.Label != o.Ticket.Label {
				t.Errorf("%s: a double click called %s after %s", order, again.Ticket.Label, o.Ticket.Label)
			}
			got, last = got+last+o.Ticket.Label, " "
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", order, got, want)
		}
		with := 0
		for _, s := range []string{session, "pool"} {
			for _, ticket := range c.load(s).Tickets {
				if ticket.State == queue.Called || ticket.State == queue.InConsult {
					with++
				}
			}
		}
		if with != 1 {
			t.Errorf("%s: %d patients are with him", order, with)
		}
		c.wait(time.Minute)
		_, err := c.svc.CallAny(t.Context(), queue.CallRequest{RequestID: "empty", DoctorID: doctor}, []string{session, "pool"})
		c.refused(houzhen.CodeQueueEmpty, err)
	}
}

func TestTeacherAndStudentShareAQueueAndARoom(t *testing.T) {
	c := openClinic(t, clock(8, 0))
	c.checkIn(span(1, 6)...)
	c.next()
	join := func(doctor, seat string) error {
		_, err := c.svc.Act(t.Context(), queue.Action{
			Verb: queue.VerbJoin, SessionID: session, RequestID: c.request(), DoctorID: doctor, RoomID: "r1", Seat: seat,
		})
		return err
	}
	if err := join("student", "2"); err != nil {
		t.Fatal(err)
	}
	c.refused(houzhen.CodeConflict, join("third", "2")) // somebody sits there
	seen := map[int]string{1: doctor}
	for i := range 5 {
		who := []string{"student", doctor}[i%2]
		o, err := c.nextOf(session, who, "r1")
		if houzhen.CodeOf(err) == houzhen.CodeQueueEmpty {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if other, shared := seen[o.Ticket.No]; shared {
			t.Errorf("number %d is with %s and %s", o.Ticket.No, other, who)
		}
		seen[o.Ticket.No] = who
	}
	if len(seen) < 5 {
		t.Errorf("only %d were seen", len(seen))
	}
}
