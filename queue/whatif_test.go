package queue_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/queue"
)

// lived is a session with a miss, tests, a return, a pause and a late patient.
func lived(t *testing.T) *clinic {
	t.Helper()
	c := openClinic(t, clock(8, 0))
	c.checkIn(span(1, 6)...)
	c.next()
	c.wait(5 * time.Minute)
	c.act(queue.VerbTests, 0)
	c.next()
	c.miss(2)
	c.next()
	c.checkIn(2)
	c.act(queue.VerbReturn, 1)
	c.wait(20 * time.Second)
	c.must(c.svc.Pause(t.Context(), queue.PauseRequest{SessionID: session, RequestID: c.request(), DoctorID: doctor, Minutes: 5, Why: "short"}))
	c.wait(5 * time.Minute)
	c.must(c.svc.Resume(t.Context(), queue.CallRequest{SessionID: session, RequestID: c.request(), DoctorID: doctor}))
	for range 6 {
		c.wait(8 * time.Minute)
		if _, err := c.svc.CallNext(t.Context(), c.desk()); houzhen.CodeOf(err) == houzhen.CodeQueueEmpty {
			break
		}
	}
	c.wait(time.Minute)
	c.must(c.svc.Finish(t.Context(), queue.TicketRequest{SessionID: session, RequestID: c.request(), DoctorID: doctor}))
	return c
}

func TestTheLogRebuildsTheQueueAfterEveryStep(t *testing.T) {
	c := lived(t)
	rebuilt, err := queue.Rebuild(c.log())
	if diff := cmp.Diff(c.queue(), rebuilt, cmpopts.EquateEmpty()); err != nil || diff != "" {
		t.Errorf("%v (-live +rebuilt):\n%s", err, diff)
	}
	story, err := queue.Story(c.log(), func(int) queue.Policy { return c.policy })
	if err != nil || len(story) != len(c.log()) {
		t.Fatalf("%d steps of %d: %v", len(story), len(c.log()), err)
	}
	shifted := 0
	for _, m := range story {
		for id, list := range m.Shifts {
			for _, s := range list {
				if s.By == 0 || s.Code == "" {
					t.Errorf("ticket %s: an empty shift", id)
				}
				shifted++
			}
		}
	}
	if shifted < 10 {
		t.Errorf("%d shifts are told, want many", shifted)
	}
	log := c.log()
	log[1], log[2] = log[2], log[1]
	if _, err := queue.Rebuild(log); houzhen.CodeOf(err) != houzhen.CodeInternal {
		t.Errorf("a log out of order: %v", err)
	}
}

func TestWhatIfUnderTheSamePolicyIsWhatWas(t *testing.T) {
	c := lived(t)
	got, err := queue.WhatIf(c.log(), c.policy)
	if err != nil {
		t.Fatal(err)
	}
	if got.Seen != 6 || got.Returns != 1 {
		t.Errorf("seen %d, returns %d; want 6 and 1", got.Seen, got.Returns)
	}
	last := time.Time{}
	for _, ticket := range c.queue().Tickets {
		if ticket.EndedAt.After(last) {
			last = ticket.EndedAt
		}
	}
	// Really the doctor paused for breath between patients: 16 minutes in all.
	if early := last.Sub(got.End); early < 0 || early > 20*time.Minute {
		t.Errorf("it ends at %s, really at %s", got.End, last)
	}
}

func TestWhatIfReturnsGoLast(t *testing.T) {
	c := lived(t)
	was, err := queue.WhatIf(c.log(), c.policy)
	if err != nil {
		t.Fatal(err)
	}
	p := c.policy
	p.ReturnInterval, p.ReturnBurst, p.ReturnMaxWait, p.LaneMaxWait = 50, 0, 0, 0
	other, err := queue.WhatIf(c.log(), p)
	if err != nil {
		t.Fatal(err)
	}
	if other.ReturnWait <= was.ReturnWait {
		t.Errorf("returns that go last wait %s, others %s", other.ReturnWait, was.ReturnWait)
	}
	if _, err := queue.WhatIf(nil, p); houzhen.CodeOf(err) != houzhen.CodeState {
		t.Errorf("an empty log: %v", err)
	}
}
