package queue

import (
	"testing"
	"time"
)

func TestLeaveNow(t *testing.T) {
	const grace = 3 * time.Minute
	cases := map[string]struct {
		now, low time.Time
		travel   int
		want     bool
	}{
		"far too early":            {at(8, 0), at(10, 0), 30, false},
		"a minute too early":       {at(9, 26), at(10, 0), 30, false}, // 9:26 + 36 < 10:03
		"travel and margin reach":  {at(9, 27), at(10, 0), 30, true},
		"overdue":                  {at(10, 5), at(10, 0), 30, true},
		"unknown travel":           {at(9, 59), at(10, 0), 0, false},
		"no forecast":              {at(9, 59), time.Time{}, 30, false},
		"next door, nothing to do": {at(9, 50), at(10, 0), 5, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := LeaveNow(c.now, c.low, c.travel, grace); got != c.want {
				t.Errorf("got %t, want %t", got, c.want)
			}
		})
	}
}

func TestAdviseNow(t *testing.T) {
	home := Ticket{State: NotCheckedIn, TravelMinutes: 30, SliceStart: at(10, 0), SliceEnd: at(11, 0)}
	advised := home
	advised.LeaveAdvisedAt = at(9, 0)
	here := home
	here.State = Waiting
	cases := map[string]struct {
		t    Ticket
		now  time.Time
		want bool
	}{
		"time to go":                            {home, at(9, 30), true},
		"once only":                             {advised, at(9, 30), false},
		"not when here":                         {here, at(9, 30), false},
		"an empty clinic does not hurry anyone": {home, at(8, 30), false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := AdviseNow(c.t, c.now, at(8, 40), 0); got != c.want {
				t.Errorf("got %t, want %t", got, c.want)
			}
		})
	}
}
