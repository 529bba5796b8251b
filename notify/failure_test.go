package notify_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/notifytest"
)

func TestRetryBacksOffAndEnds(t *testing.T) {
	h := newHouse(t, notifytest.Answers(notify.Sent{Outcome: notify.OutcomeRetry, Code: "Throttling"}))
	id := h.booked(1)[0]
	var pauses []time.Duration
	for h.row(id).State == notify.Planned && len(pauses) < 20 {
		h.deliver(id)
		m := h.row(id)
		pauses = append(pauses, m.DueAt.Sub(h.clock.Now()))
		h.clock.forward(max(0, m.DueAt.Sub(h.clock.Now())))
	}
	h.expect(id, notify.Failed, notify.ReasonAttempts)
	want := []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 0}
	if diff := cmp.Diff(want, pauses); diff != "" {
		t.Error(diff)
	}
	out := map[string]bool{}
	for _, p := range h.sms.Parcels() {
		out[p.OutID] = true
	}
	if len(out) != 1 {
		t.Errorf("got %d out-ids, want the same for each try", len(out))
	}
}

func TestFlowControlBurnsNoAttempt(t *testing.T) {
	h := newHouse(t, notifytest.Answers(
		notify.Sent{Outcome: notify.OutcomeDefer, Code: "limit", RetryIn: 40 * time.Second}, notify.Sent{Outcome: notify.OutcomeAccepted}))
	id := h.booked(1)[0]
	if got := h.deliver(id); got.Deferred != 1 {
		t.Errorf("got %+v, want one held", got)
	}
	if m := h.row(id); m.Attempts != 0 || !m.DueAt.Equal(noon().Add(40*time.Second)) {
		t.Errorf("got %d tries, due %v, want none, in 40 s", m.Attempts, m.DueAt)
	}
	h.clock.forward(39 * time.Second)
	h.deliver(id)
	h.sent(1)
	h.clock.forward(time.Second)
	h.deliver(id)
	h.expect(id, notify.Accepted, "")
}

func TestARefusedConfigurationStopsTheChannelAlone(t *testing.T) {
	h := newHouse(t, nil)
	bad := notifytest.NewSender(notify.SMS, notifytest.Answers(
		notify.Sent{Outcome: notify.OutcomeConfig, Code: "SignatureDoesNotMatch"}, notify.Sent{Outcome: notify.OutcomeAccepted}))
	push := notifytest.NewSender(notify.Push, nil)
	h.opt.Concurrency = 1
	h.use(bad, push)
	ids := h.booked(20)
	s := h.visit("b1")
	s.HasPhone, s.HasPush = false, true
	pushed := h.enter(h.opt.Policy.PlanBooked(s, noon()))[0]
	got := h.deliver(append(ids, pushed)...)
	if got.Deferred != 20 || got.Accepted != 1 || len(bad.Parcels()) != 1 {
		t.Errorf("got %+v and %d calls, want 20 held after one call and the push sent", got, len(bad.Parcels()))
	}
	for _, id := range ids {
		if m := h.row(id); m.State != notify.Planned || m.Attempts != 0 || !m.DueAt.Equal(noon().Add(time.Minute)) {
			t.Fatalf("got %s, %d tries, due %v, want planned, none, in a minute", m.State, m.Attempts, m.DueAt)
		}
	}
	health := h.svc.Health()
	if len(health) != 2 || health[1].Channel != notify.SMS || health[1].Code != "SignatureDoesNotMatch" || health[0].Stops != 0 {
		t.Errorf("got %+v, want SMS stopped and push well", health)
	}
	if n := strings.Count(h.logs.String(), "level=ERROR"); n != 1 {
		t.Errorf("got %d alarms, want one:\n%s", n, h.logs)
	}
	h.clock.forward(time.Minute)
	if got := h.deliver(ids...); got.Accepted != 20 {
		t.Errorf("after the pause: got %+v, want all sent", got)
	}
	if health := h.svc.Health(); !health[1].StoppedUntil.IsZero() {
		t.Errorf("got %+v, want SMS well", health)
	}
}

func TestFailuresForGood(t *testing.T) {
	for outcome, reason := range map[notify.Outcome]string{
		notify.OutcomeMessage: notify.ReasonMessage, notify.OutcomeRecipient: notify.ReasonRecipient,
	} {
		h := newHouse(t, notifytest.Answers(notify.Sent{Outcome: outcome, Code: "isv.X"}))
		id := h.booked(1)[0]
		h.deliver(id)
		h.expect(id, notify.Failed, reason)
		h.clock.forward(time.Hour)
		h.deliver(id)
		h.sent(1)
	}
}

func TestAPanickingSenderMayHaveSent(t *testing.T) {
	h := newHouse(t, func(context.Context, notify.Parcel) notify.Sent { panic("index out of range") })
	ids := h.booked(3)
	if got := h.deliver(ids...); got.Unknown != 3 {
		t.Errorf("got %+v, want three unknown", got)
	}
	h.deliver(ids...)
	h.sent(3)
}

func TestAnEndedContextLosesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	h := newHouse(t, func(_ context.Context, p notify.Parcel) notify.Sent {
		cancel()
		return notifytest.Accept(p)
	})
	h.opt.Concurrency = 1
	h.use(h.sms)
	ids := h.booked(3)
	got, err := h.svc.Deliver(ctx, ids)
	if err != nil || got.Accepted != 1 || got.Deferred != 2 {
		t.Errorf("got %+v, %v, want one sent and two put back", got, err)
	}
	h.expect(ids[0], notify.Accepted, "")
	if m := h.row(ids[1]); m.State != notify.Planned || m.Attempts != 0 {
		t.Errorf("got %s after %d tries, want planned after none", m.State, m.Attempts)
	}
}

func TestOneUnreadableMessageDoesNotHoldUpTheOthers(t *testing.T) {
	h := newHouse(t, nil)
	ids := h.booked(5)
	h.world.Fail("a2", errors.New("no key for this row"))
	got, err := h.svc.Deliver(t.Context(), ids)
	if err == nil || !strings.Contains(err.Error(), ids[2]) {
		t.Errorf("got %v, want an error about %s", err, ids[2])
	}
	if got.Accepted != 4 {
		t.Errorf("got %+v, want the other four sent", got)
	}
	h.expect(ids[2], notify.Planned, "")
	h.world.Fail("a2", nil)
	h.deliver(ids...)
	h.expect(ids[2], notify.Accepted, "")
	h.sent(5)
}

func TestAMissingVariableFailsItsMessageAlone(t *testing.T) {
	h := newHouse(t, nil)
	ids := h.booked(2)
	v := notifytest.Patient("13800138000")
	delete(v.Vars, "place")
	h.world.Set("a0", v)
	h.deliver(ids...)
	h.expect(ids[0], notify.Failed, notify.ReasonRender)
	h.expect(ids[1], notify.Accepted, "")
	if !strings.Contains(h.logs.String(), "place") {
		t.Errorf("got log %q, want the missing variable named", h.logs)
	}
}
