package queue

import (
	"testing"
	"time"
)

// onHisWay was told at 9:00 to set out, and needs half an hour.
func onHisWay() Ticket {
	return Ticket{State: NotCheckedIn, TravelMinutes: 30, SliceStart: at(9, 30), SliceEnd: at(9, 40), LeaveAdvisedAt: at(9, 0)}
}

func TestHoldLastsAsLongAsAWayMayTake(t *testing.T) {
	p := DefaultPolicy()
	told := onHisWay()
	waits := onHisWay()
	waits.WaitAdvisedAt = at(9, 5)
	again := waits
	again.LeaveAdvisedAt = at(9, 20)
	never := onHisWay()
	never.LeaveAdvisedAt = time.Time{}
	said := onHisWay()
	said.SetOutAt = at(9, 10)
	off := p
	off.LeaveHold = false
	for name, c := range map[string]struct {
		t    Ticket
		p    Policy
		now  time.Time
		want bool
	}{
		"in his usual time":               {told, p, at(9, 30), true},
		"half as much again, and grace":   {told, p, at(9, 48), true},
		"longer than any way takes":       {told, p, at(9, 49), false},
		"said that he set out later":      {said, p, at(9, 58), true},
		"said so, too long ago":           {said, p, at(9, 59), false},
		"told to wait":                    {waits, p, at(11, 0), true},
		"told to set out again":           {again, p, at(10, 8), true},
		"told to set out again, too long": {again, p, at(10, 9), false},
		"never told":                      {never, p, at(9, 30), false},
		"a zone that holds nothing":       {told, off, at(9, 30), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.t.held(c.now, &c.p); got != c.want {
				t.Errorf("got %t, want %t", got, c.want)
			}
		})
	}
}

func TestWordToWaitComesInTheFirstHalfOfTheWay(t *testing.T) {
	home := onHisWay()
	if !home.MayWait(at(9, 14)) || home.MayWait(at(9, 15)) {
		t.Errorf("after 14 minutes of 30 %t, after 15 %t, want true, false", home.MayWait(at(9, 14)), home.MayWait(at(9, 15)))
	}
	home.WaitAdvisedAt = at(9, 5)
	if home.MayWait(at(9, 6)) {
		t.Error("one who was told to wait is told so again")
	}
	here := onHisWay()
	here.State = Waiting
	if here.MayWait(at(9, 6)) {
		t.Error("one who is here is told to wait at home")
	}
}
