package queue_test

import (
	"testing"
	"time"

	"github.com/houzhen/houzhen/queue"
)

func TestWhoStaysAwayAtOurWordIsNotAbsent(t *testing.T) {
	t.Parallel()
	home := queue.Ticket{ID: "a", State: queue.NotCheckedIn, SliceStart: clock(11, 0), SliceEnd: clock(11, 10), TravelMinutes: 30}
	told := home
	told.LeaveAdvisedAt = clock(11, 30)
	running, p := queue.Queue{Desk: queue.DeskSeeing, Start: clock(8, 0), End: clock(11, 30)}, queue.DefaultPolicy()
	change := func(t queue.Ticket, f func(*queue.Ticket)) queue.Ticket {
		f(&t)
		return t
	}
	ended, blunt := running, p
	ended.Desk, blunt.LeaveHold = queue.DeskEnded, false
	for name, c := range map[string]struct {
		q    queue.Queue
		t    queue.Ticket
		p    queue.Policy
		now  time.Time
		want bool
	}{
		"at home until told":           {running, home, p, clock(11, 45), true},
		"told and on his way":          {running, told, p, clock(11, 45), true},
		"told long ago":                {running, told, p, clock(12, 30), false},
		"nobody knows his way":         {running, change(home, func(t *queue.Ticket) { t.TravelMinutes = 0 }), p, clock(11, 45), false},
		"the session has ended":        {ended, told, p, clock(11, 45), false},
		"a policy that holds no place": {running, home, blunt, clock(11, 45), false},
		"he is here":                   {running, change(told, func(t *queue.Ticket) { t.State = queue.Waiting }), p, clock(11, 45), false},
	} {
		if got := queue.KeptAway(c.q, c.t, c.p, c.now); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}
