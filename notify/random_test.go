package notify_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/notifytest"
)

// provider is a carrier that takes, refuses or loses messages at random, and
// remembers what it really took.
type provider struct {
	h     *house
	draw  func() notify.Outcome
	took  map[string]int
	wrong []string
	lost  func() bool // whether a lost answer had been taken
}

func (p *provider) Channel() notify.Channel { return notify.SMS }

func (p *provider) Send(_ context.Context, parcel notify.Parcel) notify.Sent {
	if !p.h.clock.Now().Before(parcel.Expires) {
		p.wrong = append(p.wrong, "sent too late: "+parcel.OutID)
	}
	sent := notify.Sent{Outcome: p.draw(), Code: "x", RetryIn: time.Minute}
	if sent.Outcome == notify.OutcomeAccepted || sent.Outcome == notify.OutcomeAmbiguous && p.lost() {
		p.took[parcel.OutID]++
	}
	return sent
}

func (p *provider) answer(outID string) (notify.Receipt, bool, error) {
	return notify.Receipt{OutID: outID, ProviderID: "b"}, p.took[outID] > 0, nil
}

// Whatever the provider answers, whatever crashes and whatever the patient
// does: nobody gets a message twice, nobody gets one after a cancellation, and
// every message comes to an end.
func TestOnceOrNotAtAll(t *testing.T) {
	outcomes := []notify.Outcome{
		notify.OutcomeAccepted, notify.OutcomeAccepted, notify.OutcomeRetry, notify.OutcomeDefer, notify.OutcomeAmbiguous,
		notify.OutcomeConfig, notify.OutcomeMessage, notify.OutcomeRecipient,
	}
	rapid.Check(t, func(r *rapid.T) {
		h := newHouse(t, nil)
		p := &provider{h: h, took: map[string]int{}}
		p.draw = func() notify.Outcome { return rapid.SampledFrom(outcomes).Draw(r, "outcome") }
		p.lost = func() bool { return rapid.Bool().Draw(r, "taken though lost") }
		h.opt.Concurrency = 1 // the draws must be repeatable
		asked := notifytest.Asked{Sender: notifytest.NewSender(notify.SMS, p.Send), Answer: p.answer}
		h.use(asked)
		ids := h.booked(rapid.IntRange(1, 6).Draw(r, "messages"))
		gone := map[string]int{} // what the provider had taken when the patient cancelled
		for range rapid.IntRange(5, 40).Draw(r, "steps") {
			switch rapid.SampledFrom([]string{"deliver", "deliver", "crash", "cancel", "receipt", "reconcile", "time"}).Draw(r, "step") {
			case "deliver":
				h.deliver(ids...)
			case "crash":
				h.dieWhileSending(ids)
			case "cancel":
				i := rapid.IntRange(0, len(ids)-1).Draw(r, "who")
				h.world.Stale(fmt.Sprint("a", i), "cancelled")
				if _, ok := gone[ids[i]]; !ok {
					gone[ids[i]] = p.took[notify.OutID(ids[i])]
				}
			case "receipt":
				h.receipt(r, p, ids)
			case "reconcile":
				h.reconcile()
			case "time":
				h.clock.forward(time.Duration(rapid.IntRange(1, 1200).Draw(r, "seconds")) * time.Second)
			}
		}
		for _, id := range ids {
			if n := p.took[notify.OutID(id)]; n > 1 {
				r.Fatalf("%s was taken %d times", id, n)
			}
			if before, ok := gone[id]; ok && p.took[notify.OutID(id)] > before {
				r.Fatalf("%s was sent after it was cancelled", id)
			}
		}
		if len(p.wrong) > 0 {
			r.Fatal(p.wrong)
		}
		h.end(r, p, ids)
	})
}

// dieWhileSending delivers, but nothing is stored after the claims.
func (h *house) dieWhileSending(ids []string) {
	claimed := false
	h.store.Fail = func(op string, _ []notify.Message) error {
		if claimed && op == "save" {
			return errCrash
		}
		claimed = claimed || op == "claimed"
		return nil
	}
	_, _ = h.svc.Deliver(h.t.Context(), ids)
	h.store.Fail = nil
}

func (h *house) receipt(r *rapid.T, p *provider, ids []string) {
	out := notify.OutID(rapid.SampledFrom(ids).Draw(r, "whose"))
	if p.took[out] == 0 {
		return
	}
	receipt := notify.Receipt{OutID: out, Delivered: rapid.Bool().Draw(r, "delivered"), ErrorCode: "e"}
	was := h.row(ids[slices.IndexFunc(ids, func(id string) bool { return notify.OutID(id) == out })])
	if _, err := h.svc.Receive(h.t.Context(), []notify.Receipt{receipt}); err != nil {
		r.Fatal(err)
	}
	if now := h.row(was.ID); was.State == notify.Delivered && now.State != notify.Delivered {
		r.Fatalf("a receipt moved %s back to %s", was.State, now.State)
	}
}

// end lets a provider that works again finish everything.
func (h *house) end(r *rapid.T, p *provider, ids []string) {
	p.draw = func() notify.Outcome { return notify.OutcomeAccepted }
	for range 30 {
		h.clock.forward(20 * time.Minute)
		h.deliver(ids...)
		h.reconcile()
	}
	for _, id := range ids {
		switch m := h.row(id); m.State {
		case notify.Planned, notify.Claimed, notify.Unknown:
			if h.clock.Now().After(m.ExpiresAt) {
				r.Fatalf("%s is still %s after its time", id, m.State)
			}
		default:
			if p.took[m.OutID] == 0 && slices.Contains([]notify.State{notify.Accepted, notify.Delivered, notify.Undelivered}, m.State) {
				r.Fatalf("%s is %s, but the provider never took it", id, m.State)
			}
			if m.Secret != "" {
				r.Fatalf("%s keeps its secret", id)
			}
		}
		if p.took[notify.OutID(id)] > 1 {
			r.Fatalf("%s was taken %d times", id, p.took[notify.OutID(id)])
		}
	}
}
