package queue_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/queue"
)

func TestPauseStopsCallingUntilResume(t *testing.T) {
	c := openClinic(t, clock(8, 0))
	c.checkIn(1, 2, 3)
	c.next()
	c.must(c.svc.Finish(t.Context(), c.about(1)))
	before := len(c.store.Events())
	c.must(c.svc.Pause(t.Context(), queue.PauseRequest{SessionID: session, RequestID: "p", Minutes: 10, Why: "surgery"}))
	q := c.queue()
	if got, want := q.PausedUntil, clock(8, 20); q.Desk != queue.DeskPaused || !got.Equal(want) || q.PauseReason != "surgery" {
		t.Errorf("paused: %s until %s for %q, want until %s", q.Desk, got, q.PauseReason, want)
	}
	c.wait(20 * time.Minute)
	_, err := c.svc.CallNext(t.Context(), c.desk())
	c.refused(houzhen.CodePaused, err)
	c.must(c.svc.Resume(t.Context(), c.desk()))
	if got, want := c.next().Ticket.No, 2; got != want {
		t.Errorf("after the pause: got %d, want %d", got, want)
	}
	if got, want := c.kinds(before), "queue.paused queue.resumed ticket.called"; got != want {
		t.Errorf("facts: got %s, want %s", got, want)
	}
	e := c.store.Events()[before]
	if e.Subject != session || e.Version != 7 { // opened, three check-ins, next, finish, pause
		t.Errorf("the pause is about %s at version %d, want the session at 7", e.Subject, e.Version)
	}
}

func TestPauseRefusals(t *testing.T) {
	c := openClinic(t, clock(8, 0))
	_, err := c.svc.Resume(t.Context(), c.desk())
	c.refused(houzhen.CodeState, err)
	_, err = c.svc.Pause(t.Context(), queue.PauseRequest{SessionID: session, RequestID: "a", Minutes: -1})
	c.refused(houzhen.CodeInvalid, err)
	_, err = c.svc.Pause(t.Context(), queue.PauseRequest{SessionID: session, RequestID: "b", Why: strings.Repeat("x", 61)})
	c.refused(houzhen.CodeTooLarge, err)
	c.must(c.svc.Pause(t.Context(), queue.PauseRequest{SessionID: session, RequestID: "c"}))
	c.must(c.svc.Resume(t.Context(), c.desk()))
	if got, want := c.queue().Desk, queue.DeskIdle; got != want {
		t.Errorf("a desk paused before its start resumes as %s, want %s", got, want)
	}
}

func TestEndSessionIsRefusedWhilePatientsWait(t *testing.T) {
	c := openClinic(t, clock(8, 0))
	c.admit(9)
	c.checkIn(1, 2, 3, 4)
	c.next()
	end := func(request, dispose string) error {
		_, err := c.svc.EndSession(t.Context(), queue.EndRequest{SessionID: session, RequestID: request, Dispose: dispose})
		return err
	}
	c.miss(1)
	c.next()
	c.wait(time.Minute)
	c.must(c.svc.Start(t.Context(), c.about(2)))
	c.refused(houzhen.CodePatientsRemain, end("e1", ""))
	c.refused(houzhen.CodeInvalid, end("e2", "mood"))
	if err := end("e3", queue.DropCarriedOver); err != nil {
		t.Fatal(err)
	}
	got := map[int]string{}
	for _, ticket := range c.queue().Tickets {
		got[ticket.No] = string(ticket.State) + " " + ticket.EndReason
	}
	want := map[int]string{
		1: "dropped closed_missed", 2: "done ", 3: "dropped carried_over", 4: "dropped carried_over", 9: "dropped not_arrived",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tickets (-want +got):\n%s", diff)
	}
	c.refused(houzhen.CodeSessionClosed, end("e4", ""))
	_, err := c.svc.CallNext(t.Context(), c.desk())
	c.refused(houzhen.CodeSessionClosed, err)
	_, err = c.svc.Pause(t.Context(), queue.PauseRequest{SessionID: session, RequestID: "late"})
	c.refused(houzhen.CodeSessionClosed, err)
	if err := end("e3", queue.DropCarriedOver); err != nil {
		t.Errorf("the same request again: %v", err)
	}
}

func TestEndSessionWithoutAutoFinishSparesThePatientInTheRoom(t *testing.T) {
	c := openClinic(t, clock(8, 0), func(p *queue.Policy) { p.AutoFinish = false })
	c.checkIn(1)
	c.next()
	c.wait(time.Minute)
	c.must(c.svc.Start(t.Context(), c.about(1)))
	_, err := c.svc.EndSession(t.Context(), queue.EndRequest{SessionID: session, RequestID: "e"})
	c.refused(houzhen.CodeInConsult, err)
}

func TestBoard(t *testing.T) {
	c := openClinic(t, clock(8, 0))
	c.admit(9, 10)
	c.checkIn(span(1, 6)...)
	c.next()
	c.miss(1)
	c.next()
	c.wait(time.Minute)
	c.must(c.svc.Start(t.Context(), c.about(2)))
	v, err := c.svc.Board(t.Context(), session)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(queue.Counts{NotCheckedIn: 2, Waiting: 4, Missed: 1}, v.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if len(v.InRoom) != 1 || len(v.Called) != 0 || len(v.Missed) != 1 || len(v.Absent) != 2 {
		t.Errorf("in room %d, called %d, missed %d, absent %d", len(v.InRoom), len(v.Called), len(v.Missed), len(v.Absent))
	}
	var places []int
	for _, at := range append(v.Ready, v.Waiting...) {
		places = append(places, at.Ticket.No, at.Ahead)
	}
	if diff := cmp.Diff([]int{3, 0, 4, 1, 5, 2, 6, 3}, places); diff != "" {
		t.Errorf("number and ahead (-want +got):\n%s", diff)
	}
	if got, want := v.Next.Reason.Code, queue.ReasonInOrder; v.Next.Ticket.No != 3 || got != want {
		t.Errorf("next: %d by %s, want 3 by %s", v.Next.Ticket.No, got, want)
	}
	if at, ok := v.Position(c.ticket(5).ID); !ok || at.Ahead != 2 {
		t.Errorf("position of 5: %d %t, want 2", at.Ahead, ok)
	}
	if _, ok := v.Position(c.ticket(9).ID); ok {
		t.Error("one who is not here has a position")
	}
	if len(v.Queue.Tickets) != 0 {
		t.Error("the board's head carries tickets")
	}
	if got := queue.View(queue.Queue{}, c.policy, clock(8, 0)).Next.Ticket.ID; got != "" {
		t.Errorf("next of an empty queue: %s", got)
	}
}

func TestAShortPauseIsNotAnnouncedAndALongOneAsksTheNurse(t *testing.T) {
	p := queue.DefaultPolicy()
	at := clock(9, 0)
	for name, c := range map[string]struct {
		minutes     int
		after       time.Duration
		away, asked bool
	}{
		"a minute":              {1, 0, false, false},
		"a minute that is four": {1, 4 * time.Minute, true, false},
		"five minutes":          {5, 0, true, false},
		"five that are ten":     {5, 10 * time.Minute, true, true},
		"a quarter of an hour":  {15, 0, true, true},
		"without an end":        {0, 0, true, true},
	} {
		q := queue.Queue{Desk: queue.DeskPaused, PausedAt: at}
		if c.minutes > 0 {
			q.PausedUntil = at.Add(time.Duration(c.minutes) * time.Minute)
		}
		if away, asked := q.Away(p, at.Add(c.after)), q.WizardDue(p, at.Add(c.after)); away != c.away || asked != c.asked {
			t.Errorf("%s: away %t, asked %t, want %t, %t", name, away, asked, c.away, c.asked)
		}
	}
	if q := (queue.Queue{Desk: queue.DeskSeeing, PausedAt: at}); q.Away(p, at.Add(time.Hour)) {
		t.Error("a doctor who sees patients is away")
	}
}
