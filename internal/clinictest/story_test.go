package clinictest

import (
	"testing"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

func TestHappyDay(t *testing.T) {
	Each(t, func(t *testing.T, c *Clinic) {
		s := c.Session("wang", 2, houzhen.Morning)
		a := c.Book("张小三", s, "09:00")
		c.ExpectSMS("张小三", "appt.booked", "张*三", "09:00-09:30", "心内科")
		c.ExpectNothingElse()

		c.GoTo(c.At(1, "10:30"))
		c.ExpectSMS("张小三", "appt.remind.d1", "09:00-09:30")
		c.ExpectNothingElse()

		c.GoTo(c.At(2, "08:40"))
		c.CheckIn(a)
		c.GoTo(c.At(2, "09:00"))
		c.CallNext(s, "张小三")
		c.ExpectSMS("张小三", "queue.called", "A005", `"3"`)
		c.GoTo(c.At(2, "09:10"))
		c.Finish(s)
		if got := c.State(a).State; got != booking.Fulfilled {
			t.Errorf("state %v, want fulfilled", got)
		}
		c.GoTo(c.At(3, "08:00"))
		c.ExpectNothingElse()
	})
}
