package clinictest

import (
	"strings"
	"testing"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

func TestDoctorSuspendedTheEveningBefore(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		lost := c.Session("wang", 1, houzhen.Morning)
		c.Session("li", 1, houzhen.Morning)
		c.Session("wang", 3, houzhen.Morning)
		booked := map[string]booking.Appointment{}
		for name, at := range map[string]string{"张小三": "08:30", "李小四": "09:00", "王小五": "09:00"} {
			booked[name] = c.Book(name, lost, at)
			c.ExpectSMS(name, "appt.booked")
		}
		c.GoTo(c.At(0, "12:00"))
		for name := range booked {
			c.ExpectSMS(name, "appt.remind.d1")
		}

		c.GoTo(c.At(0, "22:15")) // quiet hours do not hold this one
		result := c.Suspend(lost)
		if want := (booking.SuspendResult{Affected: 3, Kept: 3}); result != want {
			t.Errorf("suspended %+v, want %+v", result, want)
		}
		for name, a := range booked {
			c.ExpectSMS(name, "session.suspended", "王建国")
			c.ExpectState(a, booking.Cancelled)
			if len(c.options(a)) == 0 {
				t.Errorf("%s has no place kept, want at least one", name)
			}
		}
		c.ExpectNothingElse()

		// One takes the doctor of the same grade tomorrow, one his own doctor later.
		chosen := c.choose(booked["张小三"], "li")
		later := c.choose(booked["李小四"], "wang")
		silent := c.options(booked["王小五"])
		c.GoTo(c.At(1, "07:05")) // confirmations wait for the morning
		c.ExpectSMS("张小三", "appt.booked", "李敏")
		c.ExpectSMS("李小四", "appt.booked", "王建国")
		c.ExpectNothingElse()

		c.GoTo(c.At(1, "08:20"))
		c.CheckIn(chosen)
		c.Serve(mustSession(c, chosen), "张小三")
		c.GoTo(c.At(2, "10:10"))
		c.ExpectSMS("李小四", "appt.remind.d1")

		c.GoTo(c.At(4, "08:00"))
		c.ExpectNothingElse() // nobody is reminded of what was suspended
		for name, a := range booked {
			c.ExpectState(a, booking.Cancelled) // and nobody is a no-show there
			if got := c.State(a).By; got != booking.ByHospital {
				t.Errorf("%s: ended by %q, want the hospital", name, got)
			}
		}
		for _, o := range silent {
			c.ExpectState(o, booking.Cancelled)
			if got := c.State(o).Reason; got != booking.ReasonExpired {
				t.Errorf("a kept place that nobody chose ended as %q, want %q", got, booking.ReasonExpired)
			}
		}
		c.ExpectState(chosen, booking.Fulfilled)
		c.ExpectState(later, booking.NoShow)
	})
}

func TestSuspensionSparesThoseWhoAreThere(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.Session("wang", 1, houzhen.Morning)
		c.Session("li", 1, houzhen.Afternoon)
		here, home := c.Book("张小三", s, "08:00"), c.Book("李小四", s, "10:00")
		c.GoTo(c.At(1, "07:55"))
		c.CheckIn(here)
		c.Take("张小三", "李小四")

		result := c.Suspend(s)
		if want := (booking.SuspendResult{Affected: 1, Kept: 1}); result != want {
			t.Errorf("suspended %+v, want %+v", result, want)
		}
		c.ExpectSMS("李小四", "session.suspended")
		c.Serve(s, "张小三")
		c.GoTo(c.At(2, "08:00"))
		c.ExpectNothingElse()
		c.ExpectState(here, booking.Fulfilled)
		c.ExpectState(home, booking.Cancelled)
	})
}

func TestSuspendedTwiceIsToldOnce(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.Session("wang", 1, houzhen.Morning)
		c.Session("li", 1, houzhen.Morning)
		a := c.Book("张小三", s, "08:00")
		c.Take("张小三")
		first, second := c.Suspend(s), c.Suspend(s)
		if first != second {
			t.Errorf("the second suspension did %+v, want %+v again", second, first)
		}
		c.ExpectSMS("张小三", "session.suspended")
		c.ExpectNothingElse()
		if _, err := c.TryBook("李小四", s, "09:00"); houzhen.CodeOf(err) != houzhen.CodeSessionSuspended {
			t.Errorf("booking a suspended session: %v, want %s", err, houzhen.CodeSessionSuspended)
		}
		// Told late, after he has chosen, he must not be told at all.
		got := strings.Join(c.Ledger(a.ID), "\n")
		if n := strings.Count(got, "session.suspended"); n != 1 {
			t.Errorf("the ledger has %d notices:\n%s\nwant 1", n, got)
		}
	})
}

func (c *Clinic) options(a booking.Appointment) []booking.Appointment {
	c.T.Helper()
	list, err := c.App.Booking.Options(c.ctx, a.ID)
	c.must(err)
	return list
}

// choose takes the kept place with a doctor.
func (c *Clinic) choose(a booking.Appointment, doctor string) booking.Appointment {
	c.T.Helper()
	for _, o := range c.options(a) {
		if o.DoctorID == doctor {
			chosen, err := c.App.Booking.Choose(c.ctx, o.ID)
			c.must(err)
			c.Settle()
			return chosen
		}
	}
	c.T.Fatalf("%s has no place kept with %s", a.PatientID, doctor)
	return a
}

func mustSession(c *Clinic, a booking.Appointment) booking.Session {
	c.T.Helper()
	s, err := c.App.Booking.Session(c.ctx, a.SessionID)
	c.must(err)
	return s
}
