package clinictest

import (
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

// CallNext lets the doctor of a session press "next" and checks who is called.
func (c *Clinic) CallNext(s booking.Session, want string) queue.Ticket {
	c.T.Helper()
	done, err := c.App.Queue.CallNext(c.ctx, queue.CallRequest{SessionID: s.ID, RequestID: uuid.NewString()})
	c.must(err)
	c.Settle()
	if got := done.Ticket.PatientID; got != c.Person(want).ID {
		c.T.Fatalf("called %s, want %s", got, want)
	}
	return done.Ticket
}

// Finish lets the doctor finish with the present patient.
func (c *Clinic) Finish(s booking.Session) {
	c.T.Helper()
	_, err := c.App.Queue.Finish(c.ctx, queue.TicketRequest{SessionID: s.ID, RequestID: uuid.NewString()})
	c.must(err)
	c.Settle()
}
