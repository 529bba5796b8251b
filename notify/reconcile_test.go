package notify_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/notifytest"
)

var errCrash = errors.New("the process is gone")

// crash lets the answer to a sending be lost: everything fails after the
// claims were committed.
func (h *house) crash(ids ...string) {
	h.t.Helper()
	claims := true
	h.store.Fail = func(op string, m []notify.Message) error {
		if op == "claim" && claims {
			claims = false
			return nil
		}
		if op == "save" && len(m) > 0 && m[0].State != notify.Claimed {
			return errCrash
		}
		return nil
	}
	if _, err := h.svc.Deliver(h.t.Context(), ids); !errors.Is(err, errCrash) {
		h.t.Fatalf("got %v, want the crash", err)
	}
	h.store.Fail = nil
}

func TestALostAnswerIsNeverSentAgain(t *testing.T) {
	h := newHouse(t, nil)
	id := h.booked(1)[0]
	h.crash(id)
	h.expect(id, notify.Claimed, "")
	h.deliver(id) // the task is run again
	if got := h.reconcile(); got.Lost != 0 {
		t.Errorf("got %+v inside of the lease, want nothing", got)
	}
	h.clock.forward(3 * time.Minute)
	if got := h.reconcile(); got.Lost != 1 || got.Open != 1 {
		t.Errorf("got %+v, want one lost and open", got)
	}
	h.expect(id, notify.Unknown, "")
	h.clock.forward(time.Hour) // this sender cannot be asked
	h.reconcile()
	h.deliver(id)
	h.expect(id, notify.Failed, notify.ReasonUnknown)
	h.sent(1)
}

func TestReconcileAsksTheProvider(t *testing.T) {
	found := func(r notify.Receipt) func(string) (notify.Receipt, bool, error) {
		return func(string) (notify.Receipt, bool, error) { return r, true, nil }
	}
	unknown := func(string) (notify.Receipt, bool, error) { return notify.Receipt{}, false, nil }
	for name, c := range map[string]struct {
		answer  func(string) (notify.Receipt, bool, error)
		after   time.Duration
		stale   string
		state   notify.State
		reason  string
		parcels int // in the end
	}{
		"taken":                         {found(notify.Receipt{ProviderID: "b1"}), 3 * time.Minute, "", notify.Accepted, "", 1},
		"delivered":                     {found(notify.Receipt{ProviderID: "b1", Delivered: true}), 3 * time.Minute, "", notify.Delivered, "", 1},
		"not delivered":                 {found(notify.Receipt{ProviderID: "b1", ErrorCode: "off"}), 3 * time.Minute, "", notify.Undelivered, "", 1},
		"not known yet":                 {unknown, 9 * time.Minute, "", notify.Unknown, "", 1},
		"positively not known":          {unknown, 10 * time.Minute, "", notify.Accepted, "", 2},
		"not known, and cancelled":      {unknown, 10 * time.Minute, "cancelled", notify.Suppressed, "cancelled", 1},
		"not known, and of no more use": {unknown, 21 * time.Hour, "", notify.Expired, notify.ReasonUnknown, 1},
		"does not answer":               {func(string) (notify.Receipt, bool, error) { return notify.Receipt{}, false, errCrash }, time.Hour, "", notify.Unknown, "", 1},
		"never answers":                 {func(string) (notify.Receipt, bool, error) { return notify.Receipt{}, false, errCrash }, 72 * time.Hour, "", notify.Failed, notify.ReasonUnknown, 1},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, nil)
			h.use(notifytest.Asked{Sender: h.sms, Answer: c.answer})
			id := h.booked(1)[0]
			h.crash(id)
			h.clock.forward(c.after)
			if c.stale != "" {
				h.world.Stale("a0", c.stale)
			}
			h.reconcile() // finds it lost and, when it is old enough, asks at once
			h.deliver(id)
			h.expect(id, c.state, c.reason)
			h.sent(c.parcels)
		})
	}
}

func TestReconcileKeepsGivingUpBounded(t *testing.T) {
	h := newHouse(t, notifytest.Answers(notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "timeout"}))
	h.use(notifytest.Asked{Sender: h.sms, Answer: func(string) (notify.Receipt, bool, error) { return notify.Receipt{}, false, nil }})
	id := h.booked(1)[0]
	for range 20 {
		h.deliver(id)
		h.clock.forward(11 * time.Minute)
		h.reconcile()
	}
	h.expect(id, notify.Failed, notify.ReasonUnknown)
	h.sent(h.opt.Policy.Attempts)
}

func TestAMessageInTheAirIsNotLostWhenTheClockIsMoved(t *testing.T) {
	var h *house
	h = newHouse(t, func(ctx context.Context, p notify.Parcel) notify.Sent {
		h.clock.forward(24 * time.Hour)
		if r, err := h.svc.Reconcile(ctx); err != nil || r.Lost != 0 {
			h.t.Errorf("got %+v, %v while it is being sent, want nothing lost", r, err)
		}
		return notifytest.Accept(p)
	})
	id := h.booked(1)[0]
	h.deliver(id)
	h.expect(id, notify.Accepted, "")
}

func TestAnOutcomeIsTrueEvenIfAnotherNodeThoughtItLost(t *testing.T) {
	var h *house
	h = newHouse(t, func(ctx context.Context, p notify.Parcel) notify.Sent {
		h.clock.forward(3 * time.Minute)
		other := notify.NewService(h.store, h.world, []notify.Sender{h.sms}, h.opt)
		if r, err := other.Reconcile(ctx); err != nil || r.Lost != 1 {
			h.t.Errorf("got %+v, %v, want one lost", r, err)
		}
		return notifytest.Accept(p)
	})
	id := h.booked(1)[0]
	h.deliver(id)
	h.expect(id, notify.Accepted, "")
	h.sent(1)
}

func TestOneOutcomeThatCannotBeStoredDoesNotLoseTheOthers(t *testing.T) {
	h := newHouse(t, nil)
	ids := h.booked(10)
	h.store.Fail = func(op string, m []notify.Message) error {
		for _, one := range m {
			if op == "save" && one.ID == ids[4] {
				return errCrash
			}
		}
		return nil
	}
	_, err := h.svc.Deliver(t.Context(), ids)
	if !errors.Is(err, errCrash) || !strings.Contains(err.Error(), ids[4]) || strings.Contains(err.Error(), ids[5]) {
		t.Errorf("got %v, want an error about %s alone", err, ids[4])
	}
	for i, id := range ids {
		if i == 4 {
			h.expect(id, notify.Claimed, "")
		} else {
			h.expect(id, notify.Accepted, "")
		}
	}
}

func TestAReceiptFasterThanTheAnswer(t *testing.T) {
	var h *house
	h = newHouse(t, func(ctx context.Context, p notify.Parcel) notify.Sent {
		r, err := h.svc.Receive(ctx, []notify.Receipt{{OutID: p.OutID, Delivered: true, At: noon().Add(time.Second)}})
		if err != nil || r.Applied != 1 {
			h.t.Errorf("got %+v, %v, want it applied", r, err)
		}
		return notifytest.Accept(p)
	})
	ids := h.booked(2)
	h.deliver(ids...)
	m := h.row(ids[0])
	if m.State != notify.Delivered || m.ProviderID != "biz-"+m.OutID || m.Text == "" || m.SentAt.IsZero() || !m.DoneAt.Equal(noon().Add(time.Second)) {
		t.Errorf("got %+v, want delivered, with text and provider's id", m)
	}
}

func TestReceiptsInAnyOrderAndTwice(t *testing.T) {
	h := newHouse(t, nil)
	ids := h.booked(2)
	h.deliver(ids...)
	out := []string{notify.OutID(ids[0]), notify.OutID(ids[1])}
	receipts := []notify.Receipt{
		{OutID: out[0], ErrorCode: "MOBILE_NOT_ON_SERVICE"},
		{OutID: out[0], Delivered: true},
		{OutID: out[0], ErrorCode: "late"},
		{OutID: out[1], Delivered: true},
		{OutID: out[1], Delivered: true},
		{OutID: "hz-nobody", Delivered: true},
		{Delivered: true},
	}
	got, err := h.svc.Receive(t.Context(), receipts)
	if want := (notify.ReceiveResult{Applied: 3, Repeated: 2, Strange: 2}); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	h.expect(ids[0], notify.Delivered, "")
	h.expect(ids[1], notify.Delivered, "")
	got, err = h.svc.Receive(t.Context(), receipts)
	if want := (notify.ReceiveResult{Repeated: 5, Strange: 2}); err != nil || got != want {
		t.Errorf("again: got %+v, %v, want %+v", got, err, want)
	}
}

func TestAReceiptThatCannotBeStoredIsAskedForAgain(t *testing.T) {
	h := newHouse(t, nil)
	id := h.booked(1)[0]
	h.deliver(id)
	r := []notify.Receipt{{OutID: notify.OutID(id), Delivered: true}}
	h.store.Fail = func(op string, _ []notify.Message) error {
		if op == "save" {
			return errCrash
		}
		return nil
	}
	if _, err := h.svc.Receive(t.Context(), r); !errors.Is(err, errCrash) {
		t.Errorf("got %v, want the failure", err)
	}
	h.store.Fail = nil
	if got, err := h.svc.Receive(t.Context(), r); err != nil || got.Applied != 1 {
		t.Errorf("got %+v, %v, want it applied", got, err)
	}
}
