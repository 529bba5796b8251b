package clinictest

import (
	"path"

	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/pay"
)

// Prepaid makes the hospital ask for fees in advance: of specialists 50 yuan,
// of named ones 100; everybody else pays there. The sandbox payer is one node's
// own, so the clinic is one node from now on, with Redis in its process.
func (c *Clinic) Prepaid() {
	c.T.Helper()
	p := pay.DefaultPolicy()
	p.Terms = []pay.Terms{
		{Class: booking.Specialist, Fen: 5000, Prepaid: true}, {Class: booking.Named, Fen: 10000, Prepaid: true}, {Fen: 1000},
	}
	c.pay = &p
	c.cfg.RedisURL = ""
	c.Restart()
}

// Hold takes a place that has to be paid for.
func (c *Clinic) Hold(name string, s booking.Session, hhmm string) booking.Appointment {
	c.T.Helper()
	p := c.Person(name)
	a, err := c.App.Places().Book(c.ctx, booking.BookRequest{
		Caller: "story", Key: name + s.ID + hhmm + c.Clock.Now().String(), SessionID: s.ID, Start: s.Date.Clock(c.tod(hhmm), c.Loc),
		PatientID: p.ID, Channel: "app",
	})
	c.must(err)
	c.Settle()
	return a
}

// Cashier lets the patient go to the cashier, and gives the page's token.
func (c *Clinic) Cashier(a booking.Appointment) string {
	c.T.Helper()
	return c.cashier(a, false)
}

func (c *Clinic) cashier(a booking.Appointment, again bool) string {
	c.T.Helper()
	p, err := c.App.Pay.Pay(c.ctx, a.ID, again)
	c.must(err)
	c.Settle()
	return path.Base(p.Cashier)
}

// PayAt lets the patient pay on a cashier page.
func (c *Clinic) PayAt(token string) {
	c.T.Helper()
	c.must(c.App.Cashier.Pay(c.ctx, token))
	c.Settle()
}

// Money lists the payments of an appointment with state and reason, in the
// order of their making: "refunded late".
func (c *Clinic) Money(a booking.Appointment) []string {
	c.T.Helper()
	list, err := c.App.Pay.Payments(c.ctx, pay.Filter{AppointmentID: a.ID})
	c.must(err)
	var lines []string
	for nth := range len(list) + 1 {
		for _, p := range list {
			if p.Nth == nth {
				line := string(p.State)
				if p.Reason != "" {
					line += " " + p.Reason
				}
				lines = append(lines, line)
			}
		}
	}
	return lines
}
