package clinictest

import (
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/queue"
)

// CheckIn lets the patient arrive.
func (c *Clinic) CheckIn(a booking.Appointment) queue.Ticket {
	c.T.Helper()
	t, err := c.App.CheckInAppointment(c.ctx, a.ID)
	c.must(err)
	c.Settle()
	return t
}

// Press lets the doctor of a session press "next" with a request id.
func (c *Clinic) Press(s booking.Session, request string) (queue.Outcome, error) {
	return c.App.Queue.CallNext(c.ctx, queue.CallRequest{SessionID: s.ID, RequestID: request})
}

// CallNext lets the doctor of a session press "next" and checks who is called.
func (c *Clinic) CallNext(s booking.Session, want string) queue.Ticket {
	c.T.Helper()
	done, err := c.Press(s, uuid.NewString())
	c.must(err)
	c.Settle()
	if got := done.Ticket.PatientID; got != c.Person(want).ID {
		c.T.Fatalf("called %s, want %s", got, want)
	}
	return done.Ticket
}

func ticket(s booking.Session, t queue.Ticket) queue.TicketRequest {
	return queue.TicketRequest{SessionID: s.ID, TicketID: t.ID, RequestID: uuid.NewString()}
}

// Recall lets the doctor call the same patient again.
func (c *Clinic) Recall(s booking.Session, t queue.Ticket) {
	c.T.Helper()
	_, err := c.App.Queue.Recall(c.ctx, ticket(s, t))
	c.must(err)
	c.Settle()
}

// Miss lets the doctor note that the called patient did not come.
func (c *Clinic) Miss(s booking.Session, t queue.Ticket) error {
	c.T.Helper()
	_, err := c.App.Queue.Miss(c.ctx, ticket(s, t))
	c.Settle()
	return err
}

// Finish lets the doctor finish with the present patient.
func (c *Clinic) Finish(s booking.Session) {
	c.T.Helper()
	_, err := c.App.Queue.Finish(c.ctx, queue.TicketRequest{SessionID: s.ID, RequestID: uuid.NewString()})
	c.must(err)
	c.Settle()
}

// Serve calls and sees patients, one after the other, and fails when somebody
// else is called. The consultations take 5 minutes.
func (c *Clinic) Serve(s booking.Session, names ...string) {
	c.T.Helper()
	for _, name := range names {
		c.CallNext(s, name)
		c.ExpectSMS(name, "queue.called")
		c.Clock.Advance(5 * 60e9)
		c.Finish(s)
		c.Clock.Advance(10e9)
	}
}

// Tickets lists the tickets of a session with their states: "A005 done".
func (c *Clinic) Tickets(s booking.Session) []string {
	c.T.Helper()
	q, err := c.queue(s)
	c.must(err)
	var lines []string
	for _, t := range q.Tickets {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s", t.Label, t.State, t.EndReason)))
	}
	return lines
}

func (c *Clinic) queue(s booking.Session) (q queue.Queue, err error) {
	err = c.App.Store.Queue().View(c.ctx, func(tx queue.Tx) error {
		q, err = tx.Queue(c.ctx, s.ID)
		return err
	})
	return q, err
}
