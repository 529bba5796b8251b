package clinictest

import (
	"testing"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
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
		c.Take("张小三")
		c.Settle()
		c.ExpectSMS("张小三", "visit.continued", "张*三", "3月5日周四")
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
		c.ExpectSMS("张小三", "visit.continuation", "3月5日周四")
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

// Who came back before the word of it could go is not told that he may; of a
// sensitive department nothing is told.
func TestWordOfAContinuationRespectsNightAndDepartment(t *testing.T) {
	Each(t, func(c *Clinic) {
		sensitive := func(s *booking.Session) { s.DepartmentID = "derma" }
		s, next := c.SessionWith("zhao", 0, houzhen.Afternoon, sensitive), c.SessionWith("zhao", 1, houzhen.Afternoon, sensitive)
		names := []string{"张小三", "李小四"}
		var given []string
		var visits []booking.Appointment
		for _, n := range names {
			visits = append(visits, c.Book(n, s, "14:00"))
		}
		c.GoTo(c.At(0, "13:55"))
		for _, a := range visits {
			c.CheckIn(a)
		}
		c.Take(names...)
		c.GoTo(c.At(0, "22:00"))
		c.Take(names...)
		for _, a := range visits {
			one, err := c.App.Continuations().Give(c.ctx, a.ID, "nurse-1")
			c.must(err)
			given = append(given, one.ID)
		}
		c.Settle()
		c.ExpectNothingElse()
		_, err := c.App.Continuations().Book(c.ctx, api.ContinuationBooking{ID: given[0], SessionID: next.ID})
		c.must(err)
		c.GoTo(c.At(1, "07:00"))
		c.ExpectSMS("张小三", "visit.continuation")
		c.ExpectSMS("李小四", "visit.continued.sens", "李*四")
		c.ExpectNothingElse()
	})
}
