package queue

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Each reason counts those whom it is about, and all of them add up to the
// change of the position.
func TestShiftsSayWhy(t *testing.T) {
	p := DefaultPolicy()
	base := running(normals(1, 6)...)
	with := func(q Queue, change func(*Queue)) Queue {
		q = q.clone()
		change(&q)
		return q
	}
	for name, c := range map[string]struct {
		change func(*Queue)
		want   []Shift // of number 6
	}{
		"one was called":      {func(q *Queue) { q.Tickets[0].State = Called }, []Shift{{ShiftCalled, -1}}},
		"one left":            {func(q *Queue) { q.Tickets[1].State = Dropped }, []Shift{{ShiftLeft, -1}}},
		"one goes later":      {func(q *Queue) { q.Tickets[1].State = Deferred; q.Tickets[1].NotBefore = at(16, 0) }, []Shift{{ShiftAside, -1}}},
		"an earlier one came": {func(q *Queue) { q.Tickets = append(q.Tickets, normal(0)) }, []Shift{{ShiftArrived, 1}}},
		"an emergency":        {func(q *Queue) { q.Tickets = append(q.Tickets, inLane("E", LaneEmergency, at(14, 0))) }, []Shift{{ShiftEmergency, 1}}},
		"a return and a call": {func(q *Queue) {
			q.Tickets[0].State = Called
			q.Tickets = append(q.Tickets, inLane("R", LaneReturn, at(14, 0)))
		}, []Shift{{ShiftCalled, -1}, {ShiftReturn, 1}}},
		"priority for himself":  {func(q *Queue) { q.Tickets[5].Lane, q.Tickets[5].LaneSince = LanePriority, at(14, 1) }, []Shift{{ShiftOwn, -3}}},
		"one goes after him":    {func(q *Queue) { q.Tickets[0].AtEnd = true }, []Shift{{ShiftBehind, -1}}},
		"nothing that concerns": {func(q *Queue) { q.Tickets = append(q.Tickets, normal(9)) }, nil},
	} {
		after := with(base, c.change)
		got := Shifts(base, after, p, at(14, 5))["6"]
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if got := (Shift{ShiftPriority, 2}).Reason(); got.Code != ShiftPriority || got.Args["n"] != "2" {
		t.Errorf("reason: %v", got)
	}
}
