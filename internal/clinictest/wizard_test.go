package clinictest

import (
	"slices"
	"strings"
	"testing"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/suspension"
)

func (c *Clinic) dispose(s booking.Session, action string, who ...booking.Appointment) []api.Disposed {
	c.T.Helper()
	ids := make([]string, 0, len(who))
	for _, a := range who {
		ids = append(ids, a.ID)
	}
	done, err := c.App.Dispose(c.ctx, api.Disposal{SessionID: s.ID, AppointmentIDs: ids, Action: action, By: "nurse"})
	c.must(err)
	c.Settle()
	return done
}

func TestDoctorLeavesWithPeopleWaiting(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.Session("wang", 1, houzhen.Morning)
		li := c.SessionWith("li", 1, houzhen.Morning, func(x *booking.Session) { x.RoomID, x.Prefix = "room-4", "B" })
		c.Session("wang", 2, houzhen.Morning)
		names := []string{"张小三", "李小四", "王小五", "赵小六", "孙小七"}
		at := map[string]booking.Appointment{}
		for i, n := range names {
			at[n] = c.Book(n, s, []string{"08:00", "08:00", "08:30", "08:30", "09:00"}[i])
		}
		own := c.Book("周小八", li, "08:00")
		c.GoTo(c.At(1, "07:50"))
		for _, n := range names {
			c.CheckIn(at[n])
		}
		c.CheckIn(own)
		c.GoTo(c.At(1, "08:00"))
		c.Take(append(names, "周小八")...)
		c.Serve(s, "张小三") // 李小四 and 王小五 stand at the door now
		c.Take(append(names, "周小八")...)

		id := c.suspend(s)
		c.ExpectNothingElse() // those who are here are told at the desk
		c.ExpectBoard(id, suspension.Counts{suspension.WaitsHere: 4})

		spread := c.dispose(s, api.DisposeSpread, at["李小四"])
		if len(spread) != 1 || spread[0].SessionID != li.ID || !strings.HasPrefix(spread[0].Label, "B2") {
			t.Errorf("spread %+v, want one with a new number at the other doctor's", spread)
		}
		c.CallNext(li, "李小四") // who stood at the door goes to the front
		c.ExpectSMS("李小四", "queue.called")
		moved := c.dispose(s, api.DisposeMove, at["王小五"])
		if len(moved) != 1 || moved[0].SessionID == "" {
			t.Errorf("moved %+v, want a place on another half-day", moved)
		}
		c.ExpectSMS("王小五", "appt.booked")
		c.dispose(s, api.DisposeRefund, at["赵小六"])
		c.ExpectSMS("赵小六", "appt.cancelled")
		c.dispose(s, api.DisposeWait) // all that are left
		c.ExpectBoard(id, suspension.Counts{suspension.Rebooked: 2, suspension.Refunded: 1, suspension.WaitsHere: 1})
		c.Take(append(names, "周小八")...)
		c.ExpectOneOutcomeEach(s)

		c.GoTo(c.At(2, "07:00"))
		for n, a := range at {
			if got := c.State(a).State; got == booking.NoShow {
				t.Errorf("%s was here and is on record as a no-show", n)
			}
		}
	})
}

func TestSubstituteKeepsNumbersAndIsOfTheSameGrade(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.Session("wang", 1, houzhen.Morning)
		here, home := c.Book("张小三", s, "08:00"), c.Book("李小四", s, "09:00")
		c.GoTo(c.At(1, "07:50"))
		c.CheckIn(here)
		c.Take("张小三", "李小四")
		if _, err := c.App.Substitute(c.ctx, s.ID, "zhao", "manager"); houzhen.CodeOf(err) != houzhen.CodeSubstitute {
			t.Errorf("a doctor of another department: %v, want %s", err, houzhen.CodeSubstitute)
		}
		x, err := c.App.Substitute(c.ctx, s.ID, "li", "manager")
		c.must(err)
		if x.AttendingID != "li" || x.DoctorID != "wang" {
			t.Errorf("doctor %s, attending %s, want the booked one to stay", x.DoctorID, x.AttendingID)
		}
		c.Settle()
		c.ExpectSMS("李小四", "session.substituted", "李敏", "王建国") // who is here sees it on the screen
		c.ExpectNothingElse()
		q, err := c.queue(s)
		c.must(err)
		if q.DoctorID != "li" {
			t.Errorf("the queue is %s's, want the substitute's", q.DoctorID)
		}
		c.Cancel(home) // free, as the message said
		c.ExpectSMS("李小四", "appt.cancelled")
		c.Serve(s, "张小三")
		if got := c.State(here).SlotNo; got != here.SlotNo {
			t.Errorf("number %d, want %d still", got, here.SlotNo)
		}
	})
}

func TestChangedRoomIsToldToThoseWhoHaveNotCome(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.Session("wang", 1, houzhen.Morning)
		other := c.SessionWith("li", 1, houzhen.Morning, func(x *booking.Session) { x.RoomID = "room-4" })
		here := c.Book("张小三", s, "08:00")
		c.Book("李小四", s, "09:00")
		c.Book("王小五", other, "09:00")
		c.GoTo(c.At(1, "07:50"))
		c.CheckIn(here)
		c.Take("张小三", "李小四", "王小五")
		c.must(c.App.SwapRooms(c.ctx, s.ID, other.ID, "manager"))
		c.Settle()
		c.ExpectSMS("李小四", "appt.place_changed", "4")
		c.ExpectSMS("王小五", "appt.place_changed", "3")
		c.ExpectNothingElse()
		if q, err := c.queue(s); err != nil || q.RoomID != "room-4" {
			t.Errorf("the queue is in %s (%v), want room-4", q.RoomID, err)
		}
	})
}

func TestClosureGoesSessionBySessionAndCanBeStopped(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		first := c.Session("li", 3, houzhen.Morning)
		second := c.Session("wang", 3, houzhen.Afternoon)
		after := c.Session("wang", 4, houzhen.Morning)
		a, b := c.Book("张小三", first, "09:00"), c.Book("李小四", second, "14:00")
		c.Take("张小三", "李小四")
		r := suspension.ClosureRequest{From: c.Day(3), To: c.Day(3), Reason: "weather", By: nurseOne}
		preview, err := c.App.Suspension.Preview(c.ctx, r)
		c.must(err)
		if len(preview.Sessions) != 2 || preview.Sessions[0].Session.ID != first.ID || preview.Patients != 2 {
			t.Errorf("preview %+v, want two sessions by start and two patients", preview)
		}
		asked, err := c.App.Suspension.AskClosure(c.ctx, r)
		c.must(err)
		if _, err := c.App.Suspension.Approve(c.ctx, asked.ID, suspension.Person{ID: "nurse-9", Role: "nurse"}); houzhen.CodeOf(err) != houzhen.CodeForbidden {
			t.Errorf("a nurse approved a closure: %v, want %s", err, houzhen.CodeForbidden)
		}
		_, err = c.App.Suspension.Approve(c.ctx, asked.ID, managerOne)
		c.must(err)
		n, err := c.App.Suspension.Run(c.ctx) // the first one's turn; the second's comes a second later
		c.must(err)
		if n != 1 {
			t.Errorf("%d sessions at once, want 1", n)
		}
		c.Restart() // a crash between two sessions
		c.Settle()
		c.ExpectSMS("张小三", "session.suspended")
		c.ExpectState(b, booking.Booked)
		for _, o := range c.options(a) {
			if o.SessionID != after.ID {
				t.Errorf("a place is kept in %s, which will be suspended too", o.SessionID)
			}
		}
		c.GoTo(c.Clock.Now().Add(120e9))
		c.ExpectSMS("李小四", "session.suspended")
		done, err := c.App.Suspension.Suspensions(c.ctx, suspension.Filter{})
		c.must(err)
		if len(done) != 1 || done[0].State != suspension.Done {
			t.Errorf("closures %+v, want one that is done", done)
		}
		late := c.Session("li", 3, houzhen.Afternoon) // laid out later on a closed day
		c.GoTo(c.Clock.Now().Add(120e9))
		if x, err := c.App.Booking.Session(c.ctx, late.ID); err != nil || x.Status != booking.SessionSuspended {
			t.Errorf("the late session is %s (%v), want it suspended", x.Status, err)
		}
		c.ExpectNothingElse()
	})
}

func TestStoppedClosureLeavesTheRest(t *testing.T) {
	Each(t, func(c *Clinic) {
		first := c.Session("li", 3, houzhen.Morning)
		rest := c.Session("wang", 3, houzhen.Afternoon)
		c.Book("张小三", first, "09:00")
		b := c.Book("李小四", rest, "14:00")
		c.Take("张小三", "李小四")
		asked, err := c.App.Suspension.AskClosure(c.ctx, suspension.ClosureRequest{From: c.Day(3), To: c.Day(3), Reason: "weather", By: nurseOne})
		c.must(err)
		_, err = c.App.Suspension.Approve(c.ctx, asked.ID, managerOne)
		c.must(err)
		_, err = c.App.Suspension.Run(c.ctx)
		c.must(err)
		_, err = c.App.Suspension.Stop(c.ctx, asked.ID, managerOne)
		c.must(err)
		c.GoTo(c.Clock.Now().Add(180e9))
		c.ExpectSMS("张小三", "session.suspended")
		c.ExpectState(b, booking.Booked)
		c.ExpectNothingElse()
		board, err := c.App.Board(c.ctx, asked.ID)
		c.must(err)
		var outcomes []string
		for _, i := range board.Items {
			outcomes = append(outcomes, i.Outcome)
		}
		if want := []string{suspension.ItemDone, suspension.ItemStopped}; !slices.Equal(outcomes, want) {
			c.T.Errorf("items %v, want %v", outcomes, want)
		}
	})
}
