package clinictest

import (
	"testing"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/suspension"
)

var (
	nurseOne   = suspension.Person{ID: "nurse-1", Role: "nurse"}
	nurseTwo   = suspension.Person{ID: "nurse-2", Role: "nurse"}
	managerOne = suspension.Person{ID: "manager-1", Role: "manager"}
	doctorOne  = suspension.Person{ID: "doctor-wang", Role: "doctor"}
)

func TestSuspensionNeedsASecondPerson(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.Session("wang", 3, houzhen.Morning)
		c.Session("li", 3, houzhen.Morning)
		a := c.Book("张小三", s, "08:30")
		c.Take("张小三")
		asked, err := c.App.Suspension.Ask(c.ctx, suspension.AskRequest{SessionID: s.ID, Reason: "ill", By: nurseOne})
		c.must(err)
		c.Settle()
		c.ExpectState(a, booking.Booked) // asking changes nothing
		if _, err := c.App.Suspension.Ask(c.ctx, suspension.AskRequest{SessionID: s.ID, Reason: "ill", By: nurseTwo}); houzhen.CodeOf(err) != houzhen.CodeConflict {
			t.Errorf("asked twice: %v, want %s", err, houzhen.CodeConflict)
		}
		for who, want := range map[suspension.Person]houzhen.Code{nurseOne: houzhen.CodeSecondPerson, doctorOne: houzhen.CodeForbidden, {}: houzhen.CodeForbidden} {
			if _, err := c.App.Suspension.Approve(c.ctx, asked.ID, who); houzhen.CodeOf(err) != want {
				t.Errorf("approved by %v: %v, want %s", who, err, want)
			}
		}
		c.ExpectNothingElse()
		done, err := c.App.Suspension.Approve(c.ctx, asked.ID, nurseTwo)
		c.must(err)
		if done.State != suspension.Done || done.Alone || done.DecidedBy != nurseTwo.ID || done.AskedBy != nurseOne.ID {
			t.Errorf("approved: %+v, want it done by two people", done)
		}
		c.Settle()
		c.ExpectSMS("张小三", "session.suspended")
		c.ExpectState(a, booking.Cancelled)
		if _, err := c.App.Suspension.Refuse(c.ctx, asked.ID, managerOne); houzhen.CodeOf(err) != houzhen.CodeState {
			t.Errorf("refused what is done: %v, want %s", err, houzhen.CodeState)
		}
		c.ExpectBoard(asked.ID, suspension.Counts{suspension.Informed: 1})
	})
}

func TestRefusedAndWithdrawnSuspensionsChangeNothing(t *testing.T) {
	Each(t, func(c *Clinic) {
		s := c.Session("wang", 3, houzhen.Morning)
		a := c.Book("张小三", s, "08:30")
		c.Take("张小三")
		for _, who := range []suspension.Person{managerOne, doctorOne} {
			asked, err := c.App.Suspension.Ask(c.ctx, suspension.AskRequest{SessionID: s.ID, Reason: "doctor", By: doctorOne})
			c.must(err)
			ended, err := c.App.Suspension.Refuse(c.ctx, asked.ID, who)
			c.must(err)
			want := suspension.Refused
			if who == doctorOne {
				want = suspension.Withdrawn
			}
			if ended.State != want {
				c.T.Errorf("by %v: %s, want %s", who, ended.State, want)
			}
		}
		c.Settle()
		c.ExpectState(a, booking.Booked)
		c.ExpectNothingElse()
	})
}

func TestUrgentSuspensionByOnePersonIsRecordedAsSuch(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.Session("wang", 1, houzhen.Morning)
		c.Book("张小三", s, "08:30")
		c.Take("张小三")
		ask := suspension.AskRequest{SessionID: s.ID, Reason: "ill", By: nurseOne}
		c.GoTo(c.At(1, "05:55")) // two hours and five minutes before
		c.Take("张小三")
		if _, err := c.App.Suspension.AskAlone(c.ctx, ask); houzhen.CodeOf(err) != houzhen.CodeSecondPerson {
			t.Errorf("alone too early: %v, want %s", err, houzhen.CodeSecondPerson)
		}
		c.GoTo(c.At(1, "06:00"))
		byDoctor := ask
		byDoctor.By = doctorOne
		if _, err := c.App.Suspension.AskAlone(c.ctx, byDoctor); houzhen.CodeOf(err) != houzhen.CodeForbidden {
			t.Errorf("a doctor alone: %v, want %s", err, houzhen.CodeForbidden)
		}
		done, err := c.App.Suspension.AskAlone(c.ctx, ask)
		c.must(err)
		if !done.Alone || done.State != suspension.Done || done.AskedBy != done.DecidedBy {
			t.Errorf("alone: %+v, want done and recorded as alone", done)
		}
		c.Settle()
		c.ExpectSMS("张小三", "session.suspended")
		c.ExpectNothingElse()
	})
}

func TestUnreachedAreTelephonedUntilSettled(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.Session("wang", 3, houzhen.Morning)
		c.Session("li", 3, houzhen.Morning)
		names := []string{"张小三", "李小四", "王小五", "赵小六"}
		booked := map[string]booking.Appointment{}
		for i, n := range names {
			booked[n] = c.Book(n, s, []string{"09:00", "09:30"}[i/2])
		}
		c.Take(names...)
		id := c.suspend(s)
		c.Take(names...)
		c.ExpectBoard(id, suspension.Counts{suspension.Informed: 4})
		c.GoTo(c.Clock.Now().Add(c.App.Suspension.Policy().CallAfter))
		c.ExpectBoard(id, suspension.Counts{suspension.Unreached: 4})

		call := func(name string, result suspension.CallResult, option string) {
			t.Helper()
			_, err := c.App.Suspension.Called(c.ctx, suspension.CallRequest{AppointmentID: booked[name].ID, Result: result, OptionID: option, By: nurseOne.ID})
			c.must(err)
			c.Settle()
		}
		call("张小三", suspension.CallChose, c.options(booked["张小三"])[0].ID)
		call("李小四", suspension.CallRefund, "")
		call("王小五", suspension.CallNoAnswer, "")
		call("赵小六", suspension.CallWrong, "")
		c.ExpectBoard(id, suspension.Counts{suspension.Rebooked: 1, suspension.Refunded: 1, suspension.Unreached: 2})
		c.ExpectSMS("张小三", "appt.booked")
		c.ExpectSMS("李小四", "appt.cancelled")
		if got := c.due(id); got != 0 {
			t.Errorf("%d are to be called at once, want none: one had no answer, one has a wrong number", got)
		}
		c.GoTo(c.Clock.Now().Add(c.App.Suspension.Policy().CallAgain))
		if got := c.due(id); got != 1 {
			t.Errorf("%d are to be called again, want the one who did not answer", got)
		}
		call("王小五", suspension.CallRefund, "")
		c.ExpectSMS("王小五", "appt.cancelled")
		if err := c.App.Suspension.Refund(c.ctx, booked["张小三"].ID, suspension.ViaLink); houzhen.CodeOf(err) != houzhen.CodeState {
			t.Errorf("refunded after he chose: %v, want %s", err, houzhen.CodeState)
		}
		c.ExpectNothingElse()
		c.ExpectOneOutcomeEach(s)
	})
}

func TestSecondSuspensionTakesTheChosenPlaceToo(t *testing.T) {
	Each(t, func(c *Clinic) {
		s := c.Session("wang", 3, houzhen.Morning)
		other := c.Session("li", 3, houzhen.Morning)
		c.Session("wang", 4, houzhen.Morning)
		a, b := c.Book("张小三", s, "09:00"), c.Book("李小四", s, "09:00")
		c.Take("张小三", "李小四")
		first := c.suspend(s)
		c.Take("张小三", "李小四")
		chosen := c.choose(a, "li")
		c.Take("张小三")
		later := c.suspend(other)
		c.ExpectSMS("张小三", "session.suspended", "李敏")
		c.ExpectState(chosen, booking.Cancelled)
		c.ExpectBoard(first, suspension.Counts{suspension.Rebooked: 1, suspension.Informed: 1})
		c.ExpectBoard(later, suspension.Counts{suspension.Informed: 1})
		c.choose(b, "wang")
		c.ExpectSMS("李小四", "appt.booked")
		c.ExpectBoard(first, suspension.Counts{suspension.Rebooked: 2})
		c.ExpectOneOutcomeEach(s)
		c.ExpectOneOutcomeEach(other)
		c.ExpectNothingElse()
	})
}
