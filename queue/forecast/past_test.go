package forecast

import (
	"testing"

	"github.com/houzhen/houzhen/queue"
)

func TestAPastQueueIsToldAsItWas(t *testing.T) {
	tested, never, walkIn := ticket(1, queue.Done), ticket(2, queue.Dropped), ticket(3, queue.Done)
	tested.Returns, tested.TravelMinutes, tested.LeaveAdvisedAt, tested.SetOutAt, tested.NoShow = 1, 20, at(7, 30), at(7, 34), 0.3
	tested.CheckedInAt, tested.StartedAt, tested.EndedAt = at(8, 40), at(8, 50), at(8, 55)
	never.EndedAt = at(9, 30)
	walkIn.WalkIn, walkIn.CheckedInAt, walkIn.StartedAt, walkIn.EndedAt = true, at(8, 15), at(8, 20), at(8, 30)
	call := func(verb string, minute int) queue.Call {
		return queue.Call{TicketID: tested.ID, Verb: verb, At: at(8, minute)}
	}
	p := pastOf(queue.Queue{StartedAt: at(8, 0), Tickets: []queue.Ticket{tested, never, walkIn}}, []queue.Call{
		call(queue.VerbReady, 2), call(queue.VerbNext, 4), call(queue.VerbStart, 5), call(queue.VerbTests, 12),
		call(queue.VerbReady, 45), call(queue.VerbNext, 48), call(queue.VerbStart, 50),
	})
	for _, c := range []struct {
		hour, minute int
		want         []queue.State // of the tested one, of who never came, of who walked in
	}{
		{7, 40, []queue.State{queue.NotCheckedIn, queue.NotCheckedIn}},
		{7, 55, []queue.State{queue.Waiting, queue.NotCheckedIn}},
		{8, 3, []queue.State{queue.Ready, queue.NotCheckedIn}},
		{8, 6, []queue.State{queue.InConsult, queue.NotCheckedIn}},
		{8, 16, []queue.State{queue.OutForTests, queue.NotCheckedIn, queue.Waiting}},
		{8, 42, []queue.State{queue.Waiting, queue.NotCheckedIn, queue.Done}},
		{8, 52, []queue.State{queue.InConsult, queue.NotCheckedIn, queue.Done}},
		{9, 31, []queue.State{queue.Done, queue.Done}},
	} {
		var got []queue.State
		for _, ticket := range p.asOf(at(c.hour, c.minute)).Tickets {
			got = append(got, ticket.State)
		}
		if len(got) != len(c.want) {
			t.Errorf("at %d:%02d: %v, want %v", c.hour, c.minute, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("at %d:%02d: %v, want %v", c.hour, c.minute, got, c.want)
				break
			}
		}
	}
	for minute, said := range map[int]bool{32: false, 34: true} {
		if was := p.asOf(at(7, minute)).Tickets[0]; was.OnTheWay() != said || was.NoShow != 0.3 {
			t.Errorf("at 7:%02d he has said that he is on his way: %t, foretold %.1f", minute, was.OnTheWay(), was.NoShow)
		}
	}
	if back := p.asOf(at(8, 42)).Tickets[0]; back.Lane != queue.LaneReturn {
		t.Errorf("back from tests he is in the lane %q", back.Lane)
	}
	first, _ := p.courses[0].next(at(8, 0))
	second, _ := p.courses[0].next(at(8, 20))
	if _, more := p.courses[0].next(at(8, 50)); !first.Equal(at(8, 4)) || !second.Equal(at(8, 48)) || more {
		t.Errorf("called at %v and %v, and again: %t", first, second, more)
	}
}
