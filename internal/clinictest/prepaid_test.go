package clinictest

import (
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/draw"
	"github.com/houzhen/houzhen/booking/waitlist"
	"github.com/houzhen/houzhen/directory"
)

// onePlace is a session with a single place, in two days.
func (c *Clinic) onePlace() booking.Session {
	c.T.Helper()
	return c.SessionWith("wang", 2, houzhen.Morning, func(s *booking.Session) {
		s.SliceCapacity, s.End = 1, s.Start.Add(time.Duration(s.SliceMinutes)*time.Minute)
	})
}

// queueUp lets somebody wait for a session that is full.
func (c *Clinic) queueUp(name string, s booking.Session) {
	c.T.Helper()
	_, err := c.App.Waits().Join(c.ctx, waitlist.JoinRequest{PatientID: c.Person(name).ID, SessionID: s.ID})
	c.must(err)
	c.Settle()
	c.Wait(time.Second) // so that nobody else has joined at the same instant
}

// offered gives the offer that somebody has open, "" if none.
func (c *Clinic) offered(name string) string {
	c.T.Helper()
	list, err := c.App.Waits().Mine(c.ctx, []string{c.Person(name).ID})
	c.must(err)
	for _, st := range list {
		if st.Offer != nil {
			return st.Offer.ID
		}
	}
	return ""
}

// Where places are paid for in advance, one that came by the waitlist is too:
// accepting keeps it, paying books it, and unpaid it goes to the next.
func TestAnAcceptedOfferIsPaidFor(t *testing.T) {
	Each(t, func(c *Clinic) {
		c.Prepaid()
		s := c.onePlace()
		first := c.Book("张小三", s, "08:00")
		c.queueUp("李小四", s)
		c.queueUp("王小五", s)
		c.Cancel(first)
		c.Settle()
		a, err := c.App.Waits().Accept(c.ctx, c.offered("李小四"))
		c.must(err)
		c.Settle()
		c.ExpectState(a, booking.Held)
		c.wantMoney(a, "waiting")
		again, err := c.App.Waits().Accept(c.ctx, c.proposalOf(a))
		if c.must(err); again.ID != a.ID {
			c.T.Errorf("accepting again gave %s, want %s", again.ID, a.ID)
		}
		c.Wait(20 * time.Minute) // nobody paid
		c.ExpectState(a, booking.Cancelled)
		b, err := c.App.Waits().Accept(c.ctx, c.offered("王小五"))
		c.must(err)
		c.Settle()
		c.PayAt(c.Cashier(b))
		c.ExpectState(b, booking.Booked)
		c.wantMoney(b, "kept")
	})
}

// proposalOf finds the offer by which an appointment came.
func (c *Clinic) proposalOf(a booking.Appointment) (id string) {
	c.T.Helper()
	c.must(c.App.Store.Waitlist().View(c.ctx, func(tx waitlist.Tx) error {
		list, err := tx.Proposals(c.ctx, a.SessionID, a.SlotNo)
		for _, o := range list {
			if o.AppointmentID == a.ID {
				id = o.ID
			}
		}
		return err
	}))
	return id
}

// A place that was drawn is paid for too; who asked for a lot has two hours.
func TestADrawnPlaceIsPaidFor(t *testing.T) {
	Each(t, func(c *Clinic) {
		c.Prepaid()
		rule := c.App.Booking.Policy().Rule()
		rule.Spread, rule.DrawDoctors = 0, []string{"wang"}
		_, _, err := c.App.Booking.SetReleaseRule(c.ctx, rule)
		c.must(err)
		s := c.SessionWith("wang", 16, houzhen.Morning, func(s *booking.Session) { s.ReleaseAt = time.Time{} })
		_, err = c.App.Draw.Prepare(c.ctx)
		c.must(err)
		l, err := c.App.Draw.Of(c.ctx, s.ID)
		c.must(err)
		c.GoTo(l.Opens)
		_, err = c.App.Draw.Join(c.ctx, draw.JoinRequest{SessionID: s.ID, PatientID: c.Person("张小三").ID, AccountID: "account"})
		c.must(err)
		c.GoTo(l.Closes.Add(2 * time.Minute))
		lot, err := c.App.Draw.RequestOf(c.ctx, s.ID, c.Person("张小三").ID)
		c.must(err)
		a := booking.Appointment{ID: lot.AppointmentID}
		c.ExpectState(a, booking.Held)
		c.ExpectSMS("张小三", "appt.hold")
		c.Wait(100 * time.Minute)
		c.PayAt(c.Cashier(a))
		c.ExpectState(a, booking.Booked)
		c.ExpectSMS("张小三", "draw.won")
		c.ExpectNothingElse()
	})
}

// A place that is kept for elders and comes back is offered to the first elder
// who waits, and to nobody before him who is none.
func TestAnElderWaitsForPlacesOfElders(t *testing.T) {
	Each(t, func(c *Clinic) {
		s := c.onePlace()
		c.must(second(c.App.Booking.SetQuotas(c.ctx, s.ID, booking.Quotas{booking.QuotaElder: 1})))
		r := booking.BookRequest{Caller: "story", Key: "first", SessionID: s.ID, PatientID: c.Person("张小三").ID, Channel: "app"}
		r.Groups = []booking.Quota{booking.QuotaElder}
		first, err := c.App.Booking.Book(c.ctx, r)
		c.must(err)
		c.Meet("赵老", func(p *directory.Patient) { p.Birth = c.Day(0).AddDays(-80 * 366) })
		c.Meet("李小四", func(p *directory.Patient) { p.Birth = c.Day(0).AddDays(-30 * 366) })
		c.queueUp("李小四", s)
		c.queueUp("赵老", s)
		c.Cancel(first)
		c.Settle()
		if got := c.offered("李小四"); got != "" {
			c.T.Error("a place for elders was offered to somebody of thirty")
		}
		a, err := c.App.Waits().Accept(c.ctx, c.offered("赵老"))
		if c.must(err); a.SlotNo != first.SlotNo {
			c.T.Errorf("got number %d, want %d", a.SlotNo, first.SlotNo)
		}
	})
}
