package booking_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// Whoever may not book a place does not get it by booking another and moving,
// and keeps the one he has.
func TestARuleJudgesEveryMove(t *testing.T) {
	rule := &barred{}
	c, s := ruled(t, rule)
	to := c.session("liu", monday, 2)
	a, b := c.book(s, "li", 0), c.book(s, "wang", 0)
	rule.whom, rule.asked = []string{"li"}, nil
	_, err := c.Move(t.Context(), booking.MoveRequest{AppointmentID: a.ID, SessionID: to.ID, Channel: "api"})
	wantCode(t, err, houzhen.CodeForbidden)
	if d := cmp.Diff(a, c.load(a.ID)); d != "" {
		t.Errorf("the refused one changed: %s", d)
	}
	moved, err := c.Move(t.Context(), booking.MoveRequest{AppointmentID: b.ID, SessionID: to.ID, Desk: true})
	if err != nil || moved.SessionID != to.ID {
		t.Errorf("got %+v, %v", moved, err)
	}
	if d := cmp.Diff([]string{"li@liu/api", "wang@liu/desk"}, rule.asked); d != "" {
		t.Error(d)
	}
}

// The limits of a person count a visit where it is moved to, and not where it
// is moved from.
func TestLimitsOfOnePersonHoldForMoves(t *testing.T) {
	onEngines(t, func(c *clinic) {
		c.serve(c.db, func(p *booking.Policy) { p.HorizonDays, p.PerQuarter = 0, 0 })
		other := func(s *booking.Session) { s.DepartmentID = "surgery" }
		first := c.session("chen", monday, 2)
		c.book(first, "li", 1)
		second := c.book(c.session("sun", monday, 2, other), "li", 8)
		same := c.session("liu", monday, 2)
		for name, to := range map[string]struct {
			session string
			no      int
			desk    bool
			want    houzhen.Code
		}{
			"a second in the department on the day": {session: same.ID, no: 8, want: houzhen.CodeLimit},
			"with the doctor of the other visit":    {session: first.ID, no: 8, want: houzhen.CodeAlreadyBooked},
			"too near to the other visit":           {session: c.session("zhou", monday, 2, other).ID, no: 3, want: houzhen.CodeOverlap},
			"another hour of its own session":       {session: second.SessionID, no: 7},
			"its own department and day":            {session: c.session("qian", monday, 2, other).ID, no: 8},
		} {
			_, err := c.Move(c.Context(), booking.MoveRequest{AppointmentID: second.ID, SessionID: to.session, SlotNo: to.no, Channel: "app"})
			if got := houzhen.CodeOf(err); got != to.want {
				c.Errorf("%s: got %q (%v), want %q", name, got, err, to.want)
			}
		}
		if _, err := c.Move(c.Context(), booking.MoveRequest{AppointmentID: second.ID, SessionID: same.ID, Desk: true}); err != nil {
			c.Errorf("the desk: %v", err)
		}
	})
}
