package queue_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/queue/queuetest"
)

var shanghai = time.FixedZone("CST", 8*3600)

// clinic is one morning session: slices of half an hour from 8:00, four
// numbers each, and a clock that only the test moves.
type clinic struct {
	t        *testing.T
	store    *queuetest.Store
	svc      *queue.Service
	policy   queue.Policy
	requests int
}

const session, doctor = "s1", "d1"

func clock(hour, minute int) time.Time {
	return time.Date(2026, 3, 2, hour, minute, 0, 0, shanghai).UTC()
}

func openClinic(t *testing.T, now time.Time, change ...func(*queue.Policy)) *clinic {
	t.Helper()
	c := &clinic{t: t, store: queuetest.NewStore(now), policy: queue.DefaultPolicy()}
	for _, f := range change {
		f(&c.policy)
	}
	c.svc = queue.NewService(c.store, func(string) queue.Policy { return c.policy }, shanghai)
	c.open(session)
	return c
}

func (c *clinic) open(id string) {
	c.t.Helper()
	c.tx(func(tx queue.Tx) error {
		return c.svc.Open(c.t.Context(), tx, queue.OpenQueue{
			SessionID: id, ZoneID: "z1", RoomID: "r1", DoctorID: doctor, Prefix: "A",
			Start: clock(8, 0), End: clock(12, 0), Deadline: clock(11, 30),
		})
	})
}

func (c *clinic) tx(f func(tx queue.Tx) error) {
	c.t.Helper()
	if err := c.store.InTx(c.t.Context(), f); err != nil {
		c.t.Fatal(err)
	}
}

// booked is the admission of a number: four to a slice, from 201 walk-ins.
func booked(no int) queue.Admission {
	slice := (no - 1) / 4
	if no > 200 {
		slice = 0
	}
	start := clock(8, 0).Add(time.Duration(slice) * 30 * time.Minute)
	return queue.Admission{
		AppointmentID: fmt.Sprint("a", no), PatientID: fmt.Sprint("p", no), SessionID: session, No: no,
		SliceStart: start, SliceEnd: start.Add(30 * time.Minute), WalkIn: no > 200,
	}
}

func (c *clinic) admit(nos ...int) {
	c.t.Helper()
	for _, no := range nos {
		c.tx(func(tx queue.Tx) error {
			_, err := c.svc.Admit(c.t.Context(), tx, booked(no))
			return err
		})
	}
}

func (c *clinic) checkIn(nos ...int) {
	c.t.Helper()
	for _, no := range nos {
		if err := c.tryCheckIn(no); err != nil {
			c.t.Fatalf("check in %d: %v", no, err)
		}
	}
}

func (c *clinic) tryCheckIn(no int) error {
	return c.store.InTx(c.t.Context(), func(tx queue.Tx) error {
		_, err := c.svc.CheckIn(c.t.Context(), tx, booked(no))
		return err
	})
}

func (c *clinic) wait(d time.Duration) { c.store.Advance(d) }

func (c *clinic) request() string {
	c.requests++
	return fmt.Sprint("q", c.requests)
}

func (c *clinic) desk() queue.CallRequest {
	return queue.CallRequest{SessionID: session, RequestID: c.request(), DoctorID: doctor, RoomID: "r1"}
}

func (c *clinic) about(no int) queue.TicketRequest {
	return queue.TicketRequest{SessionID: session, RequestID: c.request(), TicketID: c.ticket(no).ID, DoctorID: doctor}
}

// next calls the next patient after a consultation of ten minutes.
func (c *clinic) next() queue.Outcome {
	c.t.Helper()
	c.wait(10 * time.Minute)
	o, err := c.svc.CallNext(c.t.Context(), c.desk())
	if err != nil {
		c.t.Fatalf("call next: %v", err)
	}
	return o
}

// callAll calls until nobody is left and gives the numbers in order.
func (c *clinic) callAll() string {
	c.t.Helper()
	return c.callUntil(0)
}

// callUntil calls, with a minute for each, until a number was called.
func (c *clinic) callUntil(no int) string {
	c.t.Helper()
	var nos []string
	for {
		c.wait(time.Minute)
		o, err := c.svc.CallNext(c.t.Context(), c.desk())
		if houzhen.CodeOf(err) == houzhen.CodeQueueEmpty {
			return strings.Join(nos, " ")
		}
		if err != nil {
			c.t.Fatalf("call next: %v", err)
		}
		nos = append(nos, fmt.Sprint(o.Ticket.No))
		if o.Ticket.No == no {
			return strings.Join(nos, " ")
		}
	}
}

// miss calls three times, waits and marks the called number missed.
func (c *clinic) miss(no int) queue.Outcome {
	c.t.Helper()
	for range 2 {
		c.wait(45 * time.Second)
		c.must(c.svc.Recall(c.t.Context(), c.about(no)))
	}
	return c.must(c.svc.Miss(c.t.Context(), c.about(no)))
}

func (c *clinic) must(o queue.Outcome, err error) queue.Outcome {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
	return o
}

func (c *clinic) refused(want houzhen.Code, err error) {
	c.t.Helper()
	if got := houzhen.CodeOf(err); got != want {
		c.t.Errorf("got code %q (%v), want %q", got, err, want)
	}
}

func (c *clinic) queue() queue.Queue {
	c.t.Helper()
	var q queue.Queue
	c.tx(func(tx queue.Tx) error {
		var err error
		q, err = tx.Queue(c.t.Context(), session)
		return err
	})
	return q
}

func (c *clinic) ticket(no int) queue.Ticket {
	c.t.Helper()
	for _, t := range c.queue().Tickets {
		if t.No == no {
			return t
		}
	}
	c.t.Fatalf("no ticket %d", no)
	return queue.Ticket{}
}

func (c *clinic) expect(no int, want queue.State) {
	c.t.Helper()
	if got := c.ticket(no).State; got != want {
		c.t.Errorf("number %d: got %s, want %s", no, got, want)
	}
}

// kinds lists the facts since the first n.
func (c *clinic) kinds(since int) string {
	var s []string
	for _, e := range c.store.Events()[since:] {
		s = append(s, string(e.Kind))
	}
	return strings.Join(s, " ")
}

func span(from, to int) []int {
	var nos []int
	for no := from; no <= to; no++ {
		nos = append(nos, no)
	}
	return nos
}
