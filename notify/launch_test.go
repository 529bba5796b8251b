package notify_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/notifytest"
)

// launch enters rows together and gives the launch, and what the transaction
// came to when it ends with fate.
func (h *house) launch(fate error, rows ...notify.Message) (*notify.Launch, error) {
	h.t.Helper()
	l := h.svc.NewLaunch(h.t.Context())
	err := h.store.InTx(h.t.Context(), func(tx notify.Tx) error {
		if err := l.Enter(h.t.Context(), tx, rows); err != nil {
			return err
		}
		return fate
	})
	return l, err
}

func (h *house) confirmations(n int) []notify.Message {
	h.t.Helper()
	return h.planned(n, h.opt.Policy.PlanBooked)
}

// planned gives what is planned for n people by one rule.
func (h *house) planned(n int, plan func(notify.Subject, time.Time) []notify.Message) (rows []notify.Message) {
	h.t.Helper()
	for i := range n {
		rows = append(rows, plan(h.visit(fmt.Sprint("a", i)), h.clock.Now())...)
	}
	return rows
}

func TestALaunchIsClaimedWithItsPlanAndLeavesAfterTheCommit(t *testing.T) {
	h := newHouse(t, nil)
	rows := h.confirmations(3)
	before := h.store.Commits()
	l, err := h.launch(nil, rows...)
	if err != nil {
		t.Fatal(err)
	}
	h.sent(0)
	for _, m := range h.store.All() {
		if m.State != notify.Claimed || m.Attempts != 1 || !m.ClaimedAt.Equal(noon()) {
			t.Errorf("%s is %s after %d tries, claimed %v, want it claimed once, now", m.ID, m.State, m.Attempts, m.ClaimedAt)
		}
	}
	got, err := l.Send(t.Context())
	if diff := cmp.Diff(notify.DeliverResult{Claimed: 3, Accepted: 3, Parts: 6}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if got := h.store.Commits() - before; got != 2 {
		t.Errorf("got %d transactions, want one for plan and claim and one for the answers", got)
	}
	h.sent(3)
	if again, err := l.Send(t.Context()); err != nil || again != (notify.DeliverResult{}) {
		t.Errorf("a second time it sent %+v, %v, want nothing", again, err)
	}
	h.sent(3)
}

func TestALaunchAsksTheGate(t *testing.T) {
	h := newHouse(t, nil)
	rows := h.confirmations(2)
	h.world.Stale("a1", "cancelled")
	l, err := h.launch(nil, rows...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Send(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.sent(1)
	for _, m := range h.store.All() {
		if m.Subject == "a1" && (m.State != notify.Suppressed || m.Reason != "cancelled") {
			t.Errorf("got %s %q, want it suppressed with its reason", m.State, m.Reason)
		}
	}
}

func TestALaunchLeavesAloneWhatIsThereAlready(t *testing.T) {
	h := newHouse(t, nil)
	s := h.visit("a1")
	id := h.enter(h.opt.Policy.PlanBooked(s, noon()))[0]
	l, err := h.launch(nil, append(h.opt.Policy.PlanBooked(s, noon()), h.opt.Policy.PlanBooked(h.visit("a2"), noon())...)...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Send(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.sent(1)
	h.expect(id, notify.Planned, "")
}

func TestALaunchThatCameToNothingSendsNothing(t *testing.T) {
	h := newHouse(t, nil)
	l, err := h.launch(errors.New("no commit"), h.confirmations(2)...)
	if err == nil {
		t.Fatal("got no error from a transaction that failed")
	}
	l.Forget()
	if _, err := l.Send(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.sent(0)
	if n := len(h.store.All()); n != 0 {
		t.Errorf("%d rows are there, want none", n)
	}
}

// The process dies between the commit and the provider: what it has claimed is
// found as lost, and not sent blindly.
func TestALaunchThatNobodySentIsReconciled(t *testing.T) {
	h := newHouse(t, nil)
	if _, err := h.launch(nil, h.confirmations(1)...); err != nil {
		t.Fatal(err)
	}
	h.clock.forward(3 * time.Minute)
	if got := h.reconcile(); got.Lost != 1 {
		t.Errorf("got %+v, want the claim to be found", got)
	}
	h.sent(0)
}

// suspensions plans the notice of a suspension to n people, in a house with SMS
// and voice.
func (h *house) suspensions(n int) []notify.Message {
	h.t.Helper()
	h.opt.Policy.Channels = []notify.Channel{notify.SMS, notify.Voice}
	h.use(h.sms, notifytest.NewSender(notify.Voice, nil))
	return h.planned(n, h.opt.Policy.PlanSuspended)
}

func TestALaunchSaysWhenTheNextChannelIsTried(t *testing.T) {
	h := newHouse(t, nil)
	l, err := h.launch(nil, h.suspensions(2)...)
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{h.store.All()[0].ID, h.store.All()[1].ID}
	next := h.row(ids[0]).NextAt
	if next.IsZero() || h.row(ids[0]).State != notify.Claimed {
		t.Fatalf("got %+v, want it claimed, with an instant for the next channel", h.row(ids[0]))
	}
	h.clock.forward(next.Sub(h.clock.Now()) + time.Second)
	if r, err := h.svc.Escalate(t.Context()); err != nil || r != (notify.EscalateResult{}) {
		t.Errorf("got %+v, %v, want no other channel before it is known whether this one went", r, err)
	}
	if _, err := l.Send(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if m := h.row(id); m.State != notify.Accepted || !m.NextAt.Equal(next) || m.Text == "" || m.SentAt.IsZero() {
			t.Errorf("got %+v, want it taken, with its text and %v kept", m, next)
		}
	}
	if r, err := h.svc.Escalate(t.Context()); err != nil || r.Next != 2 {
		t.Errorf("got %+v, %v, want both to go to the next channel", r, err)
	}
}

func TestALaunchThatDiedIsAskedAboutBeforeAnotherChannelIsTried(t *testing.T) {
	h := newHouse(t, nil)
	if _, err := h.launch(nil, h.suspensions(1)...); err != nil {
		t.Fatal(err)
	}
	h.clock.forward(3 * time.Minute)
	h.reconcile()
	if m := h.store.All()[0]; m.State != notify.Unknown || !m.NextAt.IsZero() {
		t.Errorf("got %s, next channel at %v, want it unknown and none", m.State, m.NextAt)
	}
}

func TestALaunchThatTheProviderRefusesKeepsNoNextChannelOfItsOwn(t *testing.T) {
	h := newHouse(t, func(context.Context, notify.Parcel) notify.Sent {
		return notify.Sent{Outcome: notify.OutcomeRetry, Code: "BUSY"}
	})
	l, err := h.launch(nil, h.suspensions(1)...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Send(t.Context()); err != nil {
		t.Fatal(err)
	}
	if m := h.store.All()[0]; m.State != notify.Planned || !m.NextAt.IsZero() {
		t.Errorf("got %s, next channel at %v, want it planned again and none", m.State, m.NextAt)
	}
}
