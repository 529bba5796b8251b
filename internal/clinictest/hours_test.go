package clinictest

import (
	"strings"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/credit"
	"github.com/houzhen/houzhen/queue"
)

// hours gives a session other hours; the reactions have happened after it.
func (c *Clinic) hours(s booking.Session, r booking.HoursRequest) booking.HoursResult {
	c.T.Helper()
	r.SessionID, r.Reason = s.ID, "a meeting"
	result, err := c.App.ChangeHours(c.ctx, "manager", r)
	c.must(err)
	c.Settle()
	return result
}

// Everybody of a session that is an hour later is told once, with the new time,
// after the reminder too; who then does not come, or gives the place up late,
// has nothing on record, and who booked the new time has.
func TestOtherHoursAreToldOnceAndHurtNobody(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		c.publish()
		s := c.Session("wang", 2, houzhen.Morning)
		a, b := c.Book("张小三", s, "08:00"), c.Book("李小四", s, "09:00")
		c.GoTo(c.At(1, "10:30"))
		c.Take("张小三", "李小四") // booked, reminded
		if got := c.hours(s, booking.HoursRequest{Shift: time.Hour}); got.Moved != 2 || got.Displaced != 0 {
			t.Errorf("got %+v", got)
		}
		c.ExpectSMS("张小三", "appt.time_changed", "09:00-09:30")
		c.ExpectSMS("李小四", "appt.time_changed", "10:00-10:30")
		c.ExpectNothingElse()
		c.Wait(2 * time.Hour)
		c.ExpectNothingElse() // reminded once already
		late := c.Book("王小五", s, "11:00")
		c.ExpectSMS("王小五", "appt.booked", "11:00-11:30")
		c.GoTo(c.At(1, "22:00"))
		c.Cancel(b)
		c.GoTo(c.At(2, "13:01"))
		c.ExpectState(a, booking.NoShow)
		c.ExpectState(late, booking.NoShow)
		for _, of := range []booking.Appointment{a, b} {
			for _, m := range c.marks(of) {
				if m.State != credit.Exempt || m.Why != credit.WhyChanged {
					t.Errorf("%s: got %+v, want nothing that counts", of.PatientID, m)
				}
			}
		}
		if marks := c.marks(a); len(marks) != 1 {
			t.Errorf("got %+v, want that he did not come noted", marks)
		}
		if marks := c.marks(late); len(marks) != 1 || marks[0].State != credit.Counted {
			t.Errorf("who booked the new time: got %+v", marks)
		}
	})
}

// A reminder that could not go yet is void with the old time and goes with the
// new one.
func TestAReminderThatHasNotGoneFollowsTheHours(t *testing.T) {
	Each(t, func(c *Clinic) {
		a := c.heldReminder()
		s, err := c.App.Booking.Session(c.ctx, a.SessionID)
		c.must(err)
		c.hours(s, booking.HoursRequest{Shift: time.Hour})
		c.Wait(10 * time.Minute)
		c.ExpectSMS("张小三", "appt.time_changed", "10:00-10:30")
		c.ExpectSMS("张小三", "appt.remind.d1", "10:00-10:30")
		c.GoTo(c.At(1, "07:00"))
		c.ExpectNothingElse()
	})
}

// The doctor comes an hour later and still leaves at noon: who is here comes
// first, who fits stays, who does not is kept other places; the queue follows,
// until the doctor begins.
func TestTheQueueFollowsTheHours(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.Session("wang", 1, houzhen.Morning)
		c.Session("wang", 2, houzhen.Morning)
		here, gone, fits := c.Book("张小三", s, "08:00"), c.Book("李小四", s, "08:30"), c.Book("王小五", s, "10:00")
		c.GoTo(c.At(1, "07:40"))
		c.CheckIn(here)
		c.Take("张小三", "李小四", "王小五")
		got := c.hours(s, booking.HoursRequest{Start: c.At(1, "09:00")})
		if got.Moved != 1 || got.Displaced != 1 || got.Kept != 1 {
			t.Errorf("got %+v", got)
		}
		c.ExpectSMS("张小三", "appt.time_changed", "09:00-09:30")
		c.ExpectSMS("李小四", "place.displaced")
		c.ExpectNothingElse()
		q, err := c.queue(s)
		c.must(err)
		if !q.Start.Equal(c.At(1, "09:00")) {
			t.Errorf("the queue begins at %s", q.Start)
		}
		if ticket := c.ticketOf(here); !ticket.SliceStart.Equal(c.At(1, "09:00")) || ticket.State != queue.Waiting || ticket.No != here.SlotNo {
			t.Errorf("ticket of who is here: %+v", ticket)
		}
		if ticket := c.ticketOf(fits); !ticket.SliceStart.Equal(fits.Start) {
			t.Errorf("ticket of who fits: %+v", ticket)
		}
		list, err := c.App.Booking.Overflow(c.ctx, booking.SessionFilter{})
		c.must(err)
		if len(list) != 1 || list[0].Appointment.ID != gone.ID {
			t.Fatalf("overflow: %+v", list)
		}
		moved := c.choose(gone, "wang")
		if moved.ID != gone.ID || moved.Voucher != gone.Voucher {
			t.Errorf("got %+v, want his own appointment moved", moved)
		}
		c.Serve(s, "张小三") // early, and at his old number
		if _, err := c.App.ChangeHours(c.ctx, "manager", booking.HoursRequest{SessionID: s.ID, Shift: time.Hour, Reason: "late"}); houzhen.CodeOf(err) != houzhen.CodeSessionBegun {
			t.Errorf("the doctor has begun: %v", err)
		}
	})
}

// What the list was offered at the old time is void and offered again at the
// new one, to the same person first.
func TestAnOfferIsMadeAnewAtTheNewTime(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.onePlace()
		first := c.Book("张小三", s, "08:00")
		c.queueUp("李小四", s)
		c.queueUp("王小五", s)
		c.Cancel(first)
		c.Settle()
		old := c.offered("李小四")
		c.Take("张小三", "李小四", "王小五")
		c.hours(s, booking.HoursRequest{Shift: 2 * time.Hour})
		c.Settle()
		again := c.offered("李小四")
		if again == "" || again == old || c.offered("王小五") != "" {
			t.Fatalf("offered %q, then %q; the next has %q", old, again, c.offered("王小五"))
		}
		c.ExpectSMS("李小四", "wait.offer", "10:00-10:30")
		c.ExpectNothingElse()
		if _, err := c.App.Waits().Accept(c.ctx, old); err == nil {
			t.Error("the old time was accepted")
		}
		a, err := c.App.Waits().Accept(c.ctx, again)
		c.must(err)
		if !a.Start.Equal(c.At(2, "10:00")) {
			t.Errorf("got %+v", a)
		}
	})
}

// A hold that no longer fits ends without a mark, and what was paid goes back.
func TestAHoldOfNoSliceEnds(t *testing.T) {
	Each(t, func(c *Clinic) {
		c.Prepaid()
		s := c.Session("wang", 2, houzhen.Morning)
		a := c.Hold("张小三", s, "08:00")
		token := c.Cashier(a)
		if got := c.hours(s, booking.HoursRequest{Start: c.At(2, "09:00")}); got.Ended != 1 {
			c.T.Errorf("got %+v", got)
		}
		c.ExpectState(a, booking.Cancelled)
		c.PayAt(token)
		c.Wait(time.Hour)
		c.wantMoney(a, "refunded suspended")
		if texts := c.told("张小三"); !strings.Contains(texts, "appt.cancelled") {
			c.T.Errorf("told %q", texts)
		}
		if marks := c.marks(a); len(marks) != 0 {
			c.T.Errorf("got %+v", marks)
		}
	})
}
