package clinictest

import (
	"strings"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
)

func TestQuietHoursHoldAConfirmationUntilSeven(t *testing.T) {
	Each(t, func(c *Clinic) {
		s := c.Session("wang", 3, houzhen.Morning)
		c.GoTo(c.At(0, "22:30"))
		c.Book("张小三", s, "09:00")
		c.GoTo(c.At(1, "06:59"))
		c.ExpectNothingElse()
		c.GoTo(c.At(1, "07:00"))
		c.ExpectSMS("张小三", "appt.booked")
		c.GoTo(c.At(1, "22:00"))
		c.ExpectNothingElse()
	})
}

func TestConfirmationHeldOvernightIsNotSentOnceItIsCancelled(t *testing.T) {
	Each(t, func(c *Clinic) {
		s := c.Session("wang", 3, houzhen.Morning)
		c.GoTo(c.At(0, "22:30"))
		a := c.Book("张小三", s, "09:00")
		c.Cancel(a)
		c.GoTo(c.At(1, "08:00"))
		c.ExpectSMS("张小三", "appt.cancelled")
		c.ExpectNothingElse()
	})
}

// TestSensitiveDepartmentIsNeverNamed goes the whole way of a patient and looks
// at everything that left the house.
func TestSensitiveDepartmentIsNeverNamed(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.SessionWith("zhao", 1, houzhen.Morning, func(s *booking.Session) { s.DepartmentID = "derma" })
		other := c.SessionWith("zhao", 1, houzhen.Afternoon, func(s *booking.Session) { s.DepartmentID = "derma" })
		a := c.Book("张小三", s, "08:00")
		c.ExpectSMS("张小三", "appt.booked.sens")
		c.Move(a, other, "14:00")
		c.ExpectSMS("张小三", "appt.moved.sens")
		c.Move(a, s, "09:00")
		c.ExpectSMS("张小三", "appt.moved.sens")
		c.GoTo(c.At(0, "12:00"))
		c.ExpectSMS("张小三", "appt.remind.d1.sens")
		c.GoTo(c.At(1, "08:50"))
		c.CheckIn(a)
		c.GoTo(c.At(1, "09:00"))
		c.CallNext(s, "张小三")
		c.ExpectSMS("张小三", "queue.called")
		c.Wait(5 * time.Minute)
		c.Finish(s)
		b := c.Book("李小四", other, "15:00")
		c.ExpectSMS("李小四", "appt.booked.sens")
		c.Suspend(other)
		c.ExpectSMS("李小四", "session.suspended.sens")
		c.ExpectState(b, booking.Cancelled)
		c.ExpectNothingElse()

		for _, m := range c.Provider.Taken() {
			for _, secret := range []string{"皮肤", "性病", "赵德明", "Derma", "Zhao"} {
				if strings.Contains(m.Params, secret) {
					t.Errorf("%s says %s: %s", c.texts[m.Template], secret, m.Params)
				}
			}
		}
	})
}

// Whoever has the app is told by it first; what he does not open there comes
// by SMS while it is still of use.
func TestWhatIsNotOpenedInTheAppComesBySMS(t *testing.T) {
	Each(t, func(c *Clinic) {
		c.Meet("张小三", func(p *directory.Patient) { p.PushAccount = "account-1" })
		s := c.Session("wang", 1, houzhen.Morning)
		a := c.Book("张小三", s, "08:00")
		c.ExpectPush("张小三", "08:00-08:30", "张*三")
		c.ExpectNothingElse()
		c.Wait(11 * time.Minute)
		c.ExpectSMS("张小三", "appt.booked")
		c.GoTo(c.At(0, "12:30"))
		c.ExpectPush("张小三", "08:00-08:30")
		c.ExpectSMS("张小三", "appt.remind.d1")
		c.GoTo(c.At(1, "07:50"))
		c.CheckIn(a)
		c.CallNext(s, "张小三")
		c.ExpectPush("张小三", "A001")
		c.Wait(time.Minute)
		c.ExpectSMS("张小三", "queue.called")
		c.ExpectNothingElse()
	})
}

func TestPatientWhoReadsEnglish(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		c.Meet("John Smith", func(p *directory.Patient) { p.Lang = houzhen.English })
		s := c.Session("wang", 1, houzhen.Morning)
		c.Book("John Smith", s, "08:00")
		m := c.ExpectSMS("John Smith", "appt.booked", "Cardiology", "Wang Jianguo", "J*** S***")
		if m.Template != "appt.booked/en" {
			t.Errorf("wording %q, want the English one", m.Template)
		}
	})
}
