package clinictest

import (
	"slices"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/notify/aliyuntest"
)

func TestCancelBeforeTheReminder(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.Session("wang", 2, houzhen.Morning)
		a := c.Book("张小三", s, "09:00")
		c.ExpectSMS("张小三", "appt.booked")
		if got := c.Free(s, "09:00"); got != 1 {
			t.Errorf("%d places free at 09:00, want 1", got)
		}

		c.GoTo(c.At(1, "09:20"))
		c.Cancel(a)
		c.ExpectSMS("张小三", "appt.cancelled", "09:00-09:30")
		c.ExpectState(a, booking.Cancelled)

		if got := c.Free(s, "09:00"); got != 1 {
			t.Errorf("%d places free at 09:00 right after the cancellation, want 1: who waits for it must not know when", got)
		}
		c.GoTo(c.At(1, "09:51")) // shortly before reminders go
		if got := c.Free(s, "09:00"); got != 2 {
			t.Errorf("%d places free at 09:00 after the cancellation, want 2", got)
		}
		again := c.Book("李小四", s, "09:00")
		if again.SlotNo != a.SlotNo {
			t.Errorf("the freed place is %d, want %d again", again.SlotNo, a.SlotNo)
		}
		c.ExpectSMS("李小四", "appt.booked", "09:00-09:30")

		c.GoTo(c.At(1, "12:00"))
		c.ExpectSMS("李小四", "appt.remind.d1")
		c.ExpectNothingElse() // nothing for whoever cancelled
		c.GoTo(c.At(3, "08:00"))
		c.ExpectNothingElse()
		c.ExpectState(a, booking.Cancelled)
		c.ExpectState(again, booking.NoShow)
	})
}

func TestCancelWhileTheReminderWaitsIsSuppressed(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.Session("wang", 2, houzhen.Morning)
		a := c.Book("张小三", s, "09:00")
		c.ExpectSMS("张小三", "appt.booked")
		c.GoTo(c.At(1, "09:59"))
		c.Provider.Decide(always(aliyuntest.Refuse("isp.GATEWAY_ERROR", ""))) // the provider lets nothing through at ten
		c.GoTo(c.At(1, "10:01"))
		c.ExpectNothingElse()
		c.Cancel(a)
		c.Provider.Decide(nil)

		c.GoTo(c.At(2, "08:00"))
		c.ExpectSMS("张小三", "appt.cancelled")
		c.ExpectNothingElse()
		if got := c.Ledger(a.ID); !slices.Contains(got, "appt.remind.d1 suppressed cancelled") {
			t.Errorf("ledger %v, want the reminder suppressed as cancelled", got)
		}
	})
}

func TestMovedTwice(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		tuesday, wednesday := c.Session("wang", 1, houzhen.Afternoon), c.Session("wang", 2, houzhen.Morning)
		thursday := c.Session("li", 3, houzhen.Morning)
		a := c.Book("张小三", tuesday, "14:00")
		c.ExpectSMS("张小三", "appt.booked", "14:00-14:30")

		c.Move(a, wednesday, "09:00")
		c.ExpectSMS("张小三", "appt.moved", "09:00-09:30")
		last := c.Move(a, thursday, "10:30")
		c.ExpectSMS("张小三", "appt.moved", "10:30-11:00", "李敏")
		c.ExpectNothingElse()

		if last.ID != a.ID || last.Voucher != a.Voucher {
			t.Error("moving made another appointment or voucher, want the same")
		}
		c.Wait(31 * time.Minute) // places come back after half an hour at most
		for _, old := range []struct {
			s    booking.Session
			hhmm string
		}{{tuesday, "14:00"}, {wednesday, "09:00"}} {
			if got := c.Free(old.s, old.hhmm); got != 2 {
				t.Errorf("%s %s: %d places free, want both", old.s.Date, old.hhmm, got)
			}
		}
		if got := c.Free(thursday, "10:30"); got != 1 {
			t.Errorf("%d places free at the last place, want 1", got)
		}

		c.GoTo(c.At(1, "23:00")) // no reminder for Tuesday or Wednesday
		c.ExpectNothingElse()
		c.GoTo(c.At(2, "10:05"))
		c.ExpectSMS("张小三", "appt.remind.d1", "10:30-11:00")
		c.GoTo(c.At(3, "10:20"))
		c.CheckIn(a)
		c.Serve(thursday, "张小三")
		c.ExpectState(a, booking.Fulfilled)
		c.GoTo(c.At(4, "08:00"))
		c.ExpectNothingElse()
	})
}

func TestMoveOnTheDayTakesTheTicketAlong(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		morning := c.Session("wang", 1, houzhen.Morning)
		afternoon := c.Session("li", 1, houzhen.Afternoon)
		c.GoTo(c.At(0, "22:00"))
		a := c.Book("张小三", morning, "11:00")
		c.GoTo(c.At(1, "07:30")) // the queue is open by now
		c.ExpectSMS("张小三", "appt.booked", "11:00-11:30")
		if got, want := c.Tickets(morning), []string{"A013 not_checked_in"}; !slices.Equal(got, want) {
			t.Errorf("tickets %v, want %v", got, want)
		}
		c.Move(a, afternoon, "14:00")
		c.ExpectSMS("张小三", "appt.moved", "14:00-14:30")
		c.GoTo(c.At(1, "12:45"))
		if got, want := c.Tickets(afternoon), []string{"A003 not_checked_in"}; !slices.Equal(got, want) {
			t.Errorf("tickets of the new session %v, want %v", got, want)
		}
		c.GoTo(c.At(1, "13:50"))
		c.CheckIn(a)
		c.Serve(afternoon, "张小三")
		c.GoTo(c.At(2, "08:00"))
		c.ExpectState(a, booking.Fulfilled)
		c.ExpectNothingElse()
	})
}
