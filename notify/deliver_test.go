package notify_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/notifytest"
)

func TestAHundredMessagesTakeTwoTransactionsAndOneLook(t *testing.T) {
	h := newHouse(t, nil)
	ids := h.booked(100)
	before := h.store.Commits()
	got := h.deliver(ids...)
	want := notify.DeliverResult{Claimed: 100, Accepted: 100, Parts: 200}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := h.store.Commits() - before; got != 2 {
		t.Errorf("got %d transactions, want 2", got)
	}
	if got := h.world.Looks(); got != 1 {
		t.Errorf("got %d looks at the world, want 1", got)
	}
	h.sent(100)
}

func TestADeliveredMessageIsKeptAsItWasSent(t *testing.T) {
	h := newHouse(t, nil)
	id := h.booked(1)[0]
	h.deliver(id)
	m := h.row(id)
	const text = "Z*** S***: booked Mon 23 Nov, 09:00-09:30, Cardiology, Dr Wang Jianguo. Check in at Desk B 15 min early."
	if m.State != notify.Accepted || m.Text != text || m.ProviderID != "biz-"+m.OutID || !m.SentAt.Equal(noon()) || m.Attempts != 1 {
		t.Errorf("got %+v, want it accepted with its text", m)
	}
	p := h.sms.Parcels()[0]
	if p.Text != text || p.OutID != m.OutID || p.Template != "appt.booked" || len(p.Vars) != 6 || !p.Expires.Equal(m.ExpiresAt) || len(p.OutID) >= 64 {
		t.Errorf("got parcel %+v, want the same text and only its variables", p)
	}
}

func TestPlanningTheSameFactTwiceSendsOnce(t *testing.T) {
	h := newHouse(t, nil)
	s := h.visit("a1")
	first := h.enter(h.opt.Policy.PlanBooked(s, noon()))
	again := h.enter(h.opt.Policy.PlanBooked(s, noon().Add(time.Second)))
	if len(first) != 1 || len(again) != 0 {
		t.Fatalf("got %d and %d rows, want 1 and 0", len(first), len(again))
	}
	h.deliver(append(first, first...)...)
	h.deliver(first...)
	h.sent(1)
	s.Version++
	if next := h.enter(h.opt.Policy.PlanMoved(s, noon())); len(next) != 1 {
		t.Errorf("got %d rows for the next version, want 1", len(next))
	}
}

func TestNoMessageAfterCancel(t *testing.T) {
	h := newHouse(t, nil)
	ids := h.enter(h.opt.Policy.PlanReminder(h.visit("a1"), noon()))
	h.world.Stale("a1", "cancelled")
	got := h.deliver(ids...)
	if got.Suppressed != 1 {
		t.Errorf("got %+v, want one suppressed", got)
	}
	h.expect(ids[0], notify.Suppressed, "cancelled")
	h.sent(0)
}

func TestCancelledBetweenTwoTries(t *testing.T) {
	h := newHouse(t, notifytest.Answers(notify.Sent{Outcome: notify.OutcomeRetry, Code: "busy"}))
	id := h.booked(1)[0]
	h.deliver(id)
	h.world.Stale("a0", "cancelled")
	h.clock.forward(time.Minute)
	h.deliver(id)
	h.expect(id, notify.Suppressed, "cancelled")
	h.sent(1)
}

func TestTheClaimIsExclusive(t *testing.T) {
	h := newHouse(t, nil)
	ids := h.booked(60)
	var wg sync.WaitGroup
	var mu sync.Mutex
	claimed := 0
	for range 4 {
		node := notify.NewService(h.store, h.world, []notify.Sender{h.sms}, h.opt)
		wg.Go(func() {
			r, err := node.Deliver(t.Context(), ids)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			claimed += r.Claimed
		})
	}
	wg.Wait()
	if claimed != 60 {
		t.Errorf("got %d claims, want 60", claimed)
	}
	seen := map[string]int{}
	for _, p := range h.sms.Parcels() {
		seen[p.OutID]++
	}
	if len(seen) != 60 || len(h.sms.Parcels()) != 60 {
		t.Errorf("got %d parcels of %d messages, want 60 of 60", len(h.sms.Parcels()), len(seen))
	}
}

func TestWhatIsNotDueIsLeftAlone(t *testing.T) {
	h := newHouse(t, nil)
	s := h.visit("a1")
	s.Start = noon().Add(45 * time.Hour)
	id := h.enter(h.opt.Policy.PlanReminder(s, noon()))[0]
	if got := h.deliver(id, "no-such-id"); got != (notify.DeliverResult{}) {
		t.Errorf("got %+v, want nothing", got)
	}
	h.clock.forward(22 * time.Hour)
	h.deliver(id)
	h.expect(id, notify.Accepted, "")
}

func TestQuietHoursHoldAServiceMessage(t *testing.T) {
	h := newHouse(t, nil)
	booked := h.booked(1)[0]
	called := h.enter(h.opt.Policy.PlanSuspended(h.visit("b1"), noon()))[0]
	h.clock.forward(10 * time.Hour) // 22:00
	got := h.deliver(booked, called)
	if got.Deferred != 1 || got.Accepted != 1 {
		t.Errorf("got %+v, want one held and one sent", got)
	}
	m := h.row(booked)
	if want := time.Date(2026, 11, 23, 7, 0, 0, 0, shanghai); m.State != notify.Planned || !m.DueAt.Equal(want) || m.Attempts != 0 {
		t.Errorf("got %s due %v after %d tries, want planned for %v after none", m.State, m.DueAt, m.Attempts, want)
	}
	h.clock.forward(9 * time.Hour)
	h.deliver(booked)
	h.expect(booked, notify.Accepted, "")
}

func TestTooLateIsExpired(t *testing.T) {
	h := newHouse(t, nil)
	id := h.enter(h.opt.Policy.PlanCalled(h.visit("t1"), noon()))[0]
	h.clock.forward(3 * time.Minute)
	h.deliver(id)
	h.expect(id, notify.Expired, notify.ReasonLate)
	h.sent(0)
}

func TestTheWorldMayShortenTheTimeOfAMessage(t *testing.T) {
	h := newHouse(t, nil)
	id := h.enter(h.opt.Policy.PlanLeaveNow(h.visit("t1"), noon()))[0]
	v := notifytest.Patient("13800138000")
	v.ExpiresAt = noon().Add(7 * time.Minute)
	h.world.Set("t1", v)
	h.deliver(id)
	if got := h.sms.Parcels()[0].Expires; !got.Equal(v.ExpiresAt) || !h.row(id).ExpiresAt.Equal(v.ExpiresAt) {
		t.Errorf("got %v sent and %v stored, want %v", got, h.row(id).ExpiresAt, v.ExpiresAt)
	}
}

func TestTooLateWhileOthersAreSent(t *testing.T) {
	var h *house
	h = newHouse(t, func(_ context.Context, p notify.Parcel) notify.Sent {
		h.clock.forward(2 * time.Minute) // a slow provider
		return notifytest.Accept(p)
	})
	h.opt.Concurrency = 1
	h.use(h.sms)
	var ids []string
	for _, id := range []string{"t1", "t2", "t3"} {
		ids = append(ids, h.enter(h.opt.Policy.PlanCalled(h.visit(id), noon()))...)
	}
	got := h.deliver(ids...)
	if got.Accepted != 2 || got.Expired != 1 {
		t.Errorf("got %+v, want two sent and one expired", got)
	}
	h.sent(2)
}

func TestASensitiveVisitGetsTheNeutralWording(t *testing.T) {
	h := newHouse(t, nil)
	id := h.booked(1)[0]
	v := notifytest.Patient("13800138000")
	v.Sensitive = true
	h.world.Set("a0", v)
	h.deliver(id)
	p := h.sms.Parcels()[0]
	if p.Template != "appt.booked.sens" || strings.Contains(p.Text, "Cardiology") || p.Vars["dept"] != "" || p.Vars["doctor"] != "" {
		t.Errorf("got %+v, want nothing that tells", p)
	}
}

func TestASignInCodeIsNotKept(t *testing.T) {
	for _, show := range []bool{false, true} {
		h := newHouse(t, nil)
		h.opt.ShowSecrets = show
		h.use(h.sms)
		id := h.enter(h.opt.Policy.PlanSignIn(h.visit("s1"), "482913", noon()))[0]
		h.deliver(id)
		m := h.row(id)
		if !strings.Contains(h.sms.Parcels()[0].Text, "482913") {
			t.Errorf("got %q sent, want the code in it", h.sms.Parcels()[0].Text)
		}
		if m.Secret != "" || strings.Contains(m.Text, "482913") != show {
			t.Errorf("show %v: got secret %q and text %q", show, m.Secret, m.Text)
		}
	}
}

func TestTheWordingSaysHowLongACodeIsValid(t *testing.T) {
	h := newHouse(t, nil)
	h.deliver(h.enter(h.opt.Policy.PlanSignIn(h.visit("s1"), "482913", noon()))...)
	if got := h.sms.Parcels()[0].Text; !strings.Contains(got, "5 minutes") || notify.SignInLife != 5*time.Minute {
		t.Errorf("got %q for a life of %v", got, notify.SignInLife)
	}
}

func TestNothingOfAPersonIsLogged(t *testing.T) {
	h := newHouse(t, notifytest.Answers(notify.Sent{Outcome: notify.OutcomeRecipient, Code: "isv.MOBILE_NUMBER_ILLEGAL"},
		notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "timeout"}))
	h.world.Set("s1", notifytest.Patient("13912345678"))
	h.deliver(h.booked(3)...)
	for _, secret := range []string{"1380013", "Z***", "Cardiology"} {
		if strings.Contains(h.logs.String(), secret) {
			t.Errorf("%q is in the log:\n%s", secret, h.logs)
		}
	}
	if h.logs.Len() == 0 {
		t.Error("nothing was logged about failures")
	}
}

func TestDailyCaps(t *testing.T) {
	for _, tallies := range []bool{false, true} {
		h := newHouse(t, nil)
		h.store.Tallies = tallies
		h.opt.Policy.PerTicket, h.opt.Policy.PerPhone = 2, 3
		h.use(h.sms)
		mother, child := h.visit("a1"), h.visit("a2")
		view := notifytest.Patient("13800138000")
		view.Household = []string{mother.Recipient, child.Recipient}
		h.world.Set("a1", view)
		h.world.Set("a2", view)
		var ids []string
		for v := range int64(3) {
			mother.Version, child.Version = v, v
			for _, s := range []notify.Subject{mother, child} {
				id := h.enter(h.opt.Policy.PlanMoved(s, h.clock.Now()))[0]
				ids = append(ids, id)
				h.deliver(id)
				h.clock.forward(time.Minute)
			}
		}
		h.expect(ids[0], notify.Accepted, "")                           // mother 1
		h.expect(ids[1], notify.Accepted, "")                           // child 1
		h.expect(ids[2], notify.Accepted, "")                           // mother 2
		h.expect(ids[3], notify.Suppressed, notify.ReasonCapPhone)      // child 2: three to this phone
		h.expect(ids[4], notify.Suppressed, notify.ReasonCapTicket)     // mother 3: two about this visit
		call := h.enter(h.opt.Policy.PlanCalled(mother, h.clock.Now())) // critical goes all the same
		h.deliver(call...)
		h.expect(call[0], notify.Accepted, "")
		h.clock.forward(24 * time.Hour)
		mother.Version = 9
		next := h.enter(h.opt.Policy.PlanCancelled(mother, h.clock.Now()))
		h.deliver(next...)
		h.expect(next[0], notify.Accepted, "")
	}
}

func TestLeaveNowIsDroppedOnceCalled(t *testing.T) {
	h := newHouse(t, nil)
	s := h.visit("t1")
	leave := h.enter(h.opt.Policy.PlanLeaveNow(s, noon()))[0]
	h.deliver(h.enter(h.opt.Policy.PlanCalled(s, noon()))...)
	h.deliver(leave)
	h.expect(leave, notify.Suppressed, notify.ReasonOvertaken)
}

func TestDueListsOneUrgency(t *testing.T) {
	h := newHouse(t, nil)
	booked := h.booked(2)
	call := h.enter(h.opt.Policy.PlanCalled(h.visit("t1"), noon()))
	for u, want := range map[houzhen.Urgency][]string{houzhen.Critical: call, houzhen.Soon: booked, houzhen.Routine: {}} {
		got, err := h.svc.Due(t.Context(), u, 10)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("urgency %d: %s", u, diff)
		}
	}
}
