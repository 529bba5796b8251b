package clinictest

import (
	"testing"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/queue"
)

// A registration is continued once: booked free of charge within its days,
// free again when that place is given up, and on the day in the lane of those
// who come back.
func TestARegistrationIsContinuedOnce(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s, later := c.Session("wang", 1, houzhen.Morning), c.Session("wang", 3, houzhen.Morning)
		tooLate := c.Session("wang", 4, houzhen.Morning)
		a := c.Book("张小三", s, "09:00")
		refused := func(err error, want houzhen.Code) {
			t.Helper()
			if houzhen.CodeOf(err) != want {
				t.Errorf("got %v, want %s", err, want)
			}
		}
		_, err := c.App.Continuations().Give(c.ctx, a.ID, "nurse-1")
		refused(err, houzhen.CodeState) // he has not come yet
		c.GoTo(c.At(1, "08:50"))
		c.CheckIn(a)
		c.CallNext(s, "张小三")
		one, err := c.App.Continuations().Give(c.ctx, a.ID, "nurse-1")
		c.must(err)
		if one.Until != c.Day(3) {
			t.Errorf("good until %s, want %s", one.Until, c.Day(3))
		}
		_, err = c.App.Continuations().Give(c.ctx, a.ID, "nurse-1")
		refused(err, houzhen.CodeLimit)
		book := func(session string) (string, error) {
			at, err := c.App.Continuations().Book(c.ctx, api.ContinuationBooking{ID: one.ID, SessionID: session})
			c.Settle()
			return at.ID, err
		}
		_, err = book(tooLate.ID)
		refused(err, houzhen.CodeNotToday)
		first, err := book(later.ID)
		c.must(err)
		_, err = book(later.ID)
		refused(err, houzhen.CodeState)
		at, err := c.App.Booking.Appointment(c.ctx, first)
		c.must(err)
		c.Cancel(at)
		second, err := book(later.ID)
		c.must(err)
		c.GoTo(c.At(3, "08:30"))
		if at, err = c.App.Booking.Appointment(c.ctx, second); err != nil {
			t.Fatal(err)
		}
		if got := c.CheckIn(at); got.Lane != queue.LaneReturn {
			t.Errorf("on the day he is in lane %s, want %s", got.Lane, queue.LaneReturn)
		}
		_, err = c.App.Continuations().Give(c.ctx, second, "nurse-1")
		refused(err, houzhen.CodeState) // a continuation is not continued
		c.Take("张小三")
	})
}
