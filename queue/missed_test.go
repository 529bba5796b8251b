package queue_test

import (
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/queue"
)

func TestMissNeedsThreeCallsAndNinetySeconds(t *testing.T) {
	c := openClinic(t, clock(8, 0))
	c.checkIn(1, 2)
	c.next()
	_, err := c.svc.Miss(t.Context(), c.about(1))
	c.refused(houzhen.CodeTooSoon, err)
	for range 2 {
		c.wait(20 * time.Second)
		c.must(c.svc.Recall(t.Context(), c.about(1)))
	}
	_, err = c.svc.Miss(t.Context(), c.about(1))
	c.refused(houzhen.CodeTooSoon, err) // three calls, but only 40 s
	c.wait(50 * time.Second)
	before := len(c.store.Events())
	c.must(c.svc.Miss(t.Context(), c.about(1)))
	c.expect(1, queue.Missed)
	if got, want := c.kinds(before), "ticket.missed"; got != want {
		t.Errorf("facts: got %s, want %s", got, want)
	}
	if got, want := c.ticket(1).SkipNormals, 3; got != want {
		t.Errorf("he is told to let %d pass, want %d", got, want)
	}
}

func TestMissAnytimeByPolicy(t *testing.T) {
	c := openClinic(t, clock(8, 0), func(p *queue.Policy) { p.MissAnytime = true })
	c.checkIn(1)
	c.next()
	c.must(c.svc.Miss(t.Context(), c.about(1)))
	c.expect(1, queue.Missed)
}

func TestMissedGoesBehindFiveOthers(t *testing.T) {
	c := openClinic(t, clock(8, 0), func(p *queue.Policy) { p.Reinsert = []queue.Reinsertion{queue.After(5), queue.After(5)} })
	c.checkIn(span(1, 10)...)
	c.next()
	c.miss(1)
	c.checkIn(1)
	if got, want := c.callAll(), "2 3 4 5 6 1 7 8 9 10"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestMissedIsNotCalledBeforeHeChecksInAgain(t *testing.T) {
	c := openClinic(t, clock(8, 0))
	c.checkIn(1, 2, 3)
	c.next()
	c.miss(1)
	if got, want := c.callAll(), "2 3"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	c.expect(1, queue.Missed)
	c.must(c.svc.ReCheckIn(t.Context(), c.about(1)))
	if got, want := c.callAll(), "1"; got != want {
		t.Errorf("after coming back: got %s, want %s", got, want)
	}
	_, err := c.svc.ReCheckIn(t.Context(), c.about(1))
	c.refused(houzhen.CodeState, err)
}

func TestMissedAgainAndAgain(t *testing.T) {
	c := openClinic(t, clock(8, 0))
	c.checkIn(span(1, 20)...)
	c.next()
	places := []string{"2 3 4 1", "5 6 7 8 9 1", "10 11 12 13 14 15 16 17 18 19 20 1"}
	for i, want := range places {
		c.miss(1)
		c.checkIn(1)
		if got := c.callUntil(1); got != want {
			t.Errorf("after miss %d: got %s, want %s", i+1, got, want)
		}
	}
	o := c.miss(1)
	if got, want := o.Call.Reason.Code, queue.ReasonVoid; got != want {
		t.Errorf("reason of the fourth: got %s, want %s", got, want)
	}
	if got := c.ticket(1); got.State != queue.Dropped || got.EndReason != queue.DropVoid {
		t.Errorf("after the fourth miss: %s %s, want dropped void", got.State, got.EndReason)
	}
	c.refused(houzhen.CodeState, c.tryCheckIn(1))
}

func TestTakeBackReopensTheCallWithoutPenalty(t *testing.T) {
	c := openClinic(t, clock(8, 0))
	c.checkIn(1, 2, 3)
	c.next()
	c.miss(1)
	c.must(c.svc.CallNext(t.Context(), c.desk())) // 2 is called, not yet in the room
	c.wait(time.Minute)
	c.must(c.svc.TakeBack(t.Context(), c.about(1)))
	c.expect(1, queue.Called)
	c.expect(2, queue.Ready)
	if got := c.ticket(1); got.Misses != 0 || got.Lane != queue.LaneNormal || got.SkipNormals != 0 {
		t.Errorf("penalty stayed: %d misses, lane %s, skip %d", got.Misses, got.Lane, got.SkipNormals)
	}
	if got, want := c.callAll(), "2 3"; got != want {
		t.Errorf("then: got %s, want %s", got, want)
	}
}

func TestTakeBackHasItsLimits(t *testing.T) {
	c := openClinic(t, clock(8, 0))
	c.checkIn(1, 2, 3)
	c.next()
	c.miss(1)
	c.must(c.svc.CallNext(t.Context(), c.desk()))
	c.wait(20 * time.Second)
	c.must(c.svc.Start(t.Context(), c.about(2)))
	_, err := c.svc.TakeBack(t.Context(), c.about(1))
	c.refused(houzhen.CodeInConsult, err)
	c.must(c.svc.Finish(t.Context(), c.about(2)))
	c.wait(2 * time.Minute)
	_, err = c.svc.TakeBack(t.Context(), c.about(1))
	c.refused(houzhen.CodeState, err)
}
