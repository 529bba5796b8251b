package clinictest

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/queue"
)

// Who was sent to tests keeps his ticket when the session ends and the day
// closes at 04:00; at 04:15 he is given a continuation, once, and it ends.
func TestWhoIsOutForTestsAtTheEndOfTheDayComesAgain(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s, later := c.Session("wang", 1, houzhen.Morning), c.Session("wang", 3, houzhen.Morning)
		out, back, given := c.Book("张小三", s, "09:00"), c.Book("李小四", s, "09:00"), c.Book("孙小七", s, "09:30")
		c.GoTo(c.At(1, "08:50"))
		toTests := func(name string) queue.Ticket {
			t.Helper()
			called := c.CallNext(s, name)
			c.Wait(5 * 60e9)
			_, err := c.App.Queue.Act(c.ctx, queue.Action{Verb: queue.VerbTests, SessionID: s.ID, TicketID: called.ID, RequestID: uuid.NewString()})
			c.must(err)
			c.Settle()
			return called
		}
		c.CheckIn(out)
		c.CheckIn(back)
		c.CheckIn(given)
		toTests("张小三")
		returning := toTests("李小四")
		toTests("孙小七")
		_, err := c.App.Continuations().Give(c.ctx, given.ID, "nurse-1")
		c.must(err)
		_, err = c.App.Queue.Act(c.ctx, queue.Action{Verb: queue.VerbReturn, SessionID: s.ID, TicketID: returning.ID, RequestID: uuid.NewString(), Nurse: true})
		c.must(err)
		c.Settle()
		c.CallNext(s, "李小四")
		c.Wait(5 * 60e9)
		c.Finish(s)
		states := func(at string, want ...string) {
			t.Helper()
			var got []string
			for _, line := range c.Tickets(s) {
				_, state, _ := strings.Cut(line, " ")
				got = append(got, state)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", at, diff)
			}
		}
		continued := func(of string) (until []houzhen.Date) {
			list, err := c.App.Continuations().Of(c.ctx, of)
			c.must(err)
			for _, one := range list {
				until = append(until, one.Until)
			}
			return until
		}
		c.GoTo(c.At(2, "04:14"))
		states("the day is closed", "out_for_tests", "done", "out_for_tests")
		if got := continued(out.PatientID); len(got) > 0 {
			t.Errorf("before 04:15 he was given %v", got)
		}
		for _, at := range []string{"04:16", "12:00"} {
			c.GoTo(c.At(2, at))
			states(at, "dropped continued", "done", "dropped continued")
		}
		c.GoTo(c.At(3, "04:30")) // another night gives nothing more
		for name, want := range map[string]struct {
			patient string
			until   []houzhen.Date
		}{
			"out for tests": {out.PatientID, []houzhen.Date{c.Day(3)}}, "back and seen": {back.PatientID, nil},
			"given one before": {given.PatientID, []houzhen.Date{c.Day(3)}},
		} {
			if got := continued(want.patient); !slices.Equal(got, want.until) {
				t.Errorf("%s: continuations until %v, want %v", name, got, want.until)
			}
		}
		list, err := c.App.Continuations().Of(c.ctx, out.PatientID)
		c.must(err)
		if len(list) == 0 {
			return
		}
		if _, err = c.App.Continuations().Book(c.ctx, api.ContinuationBooking{ID: list[0].ID, SessionID: later.ID}); err != nil {
			t.Errorf("with it he books again: %v", err)
		}
		for _, name := range []string{"张小三", "李小四", "孙小七"} {
			c.Take(name)
		}
	})
}
