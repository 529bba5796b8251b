package notify_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/notifytest"
)

func midday() time.Time { return lunch }

func taker(waits ...time.Duration) (notify.Taker, *int) {
	asked := 0
	return func(context.Context, time.Time) (time.Duration, error) {
		asked++
		if len(waits) == 0 {
			return 0, nil
		}
		w := waits[0]
		waits = waits[1:]
		return w, nil
	}, &asked
}

func TestACallWaitsForItsTurn(t *testing.T) {
	inner := notifytest.NewSender(notify.SMS, nil)
	take, asked := taker(time.Millisecond, time.Millisecond, 0)
	if sent := notify.NewPaced(inner, take, midday).Send(t.Context(), notify.Parcel{OutID: "a"}); sent.Outcome != notify.OutcomeAccepted || *asked != 3 {
		t.Errorf("%+v after asking %d times", sent, *asked)
	}
}

func TestALongWaitGoesBackToTheLedger(t *testing.T) {
	inner := notifytest.NewSender(notify.SMS, nil)
	take, _ := taker(3 * time.Second)
	sent := notify.NewPaced(inner, take, midday).Send(t.Context(), notify.Parcel{OutID: "a"})
	if sent.Outcome != notify.OutcomeDefer || sent.RetryIn != 3*time.Second || len(inner.Parcels()) != 0 {
		t.Errorf("%+v, %d sent, want it held", sent, len(inner.Parcels()))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	take, _ = taker(time.Second)
	if sent := notify.NewPaced(inner, take, midday).Send(ctx, notify.Parcel{OutID: "a"}); sent.Outcome != notify.OutcomeDefer {
		t.Errorf("%+v after the end, want it held", sent)
	}
}

func TestWithoutTheSharedServerCallsGo(t *testing.T) {
	inner := notifytest.NewSender(notify.SMS, nil)
	take := func(context.Context, time.Time) (time.Duration, error) { return time.Hour, errors.New("away") }
	if sent := notify.NewPaced(inner, take, midday).Send(t.Context(), notify.Parcel{OutID: "a"}); sent.Outcome != notify.OutcomeAccepted {
		t.Errorf("%+v, want it sent: the provider has limits of its own", sent)
	}
}

// What a sender can do besides sending, the paced one can do too, and no more.
func TestPacingKeepsAbilities(t *testing.T) {
	plain := notifytest.NewSender(notify.SMS, nil)
	asked := notifytest.Asked{Sender: plain, Answer: func(string) (notify.Receipt, bool, error) { return notify.Receipt{}, true, nil }}
	both := newTwo(t, 50)
	take, _ := taker()
	for name, tt := range map[string]struct {
		sender       notify.Sender
		batch, query bool
	}{"plain": {plain, false, false}, "asked": {asked, false, true}, "both": {both.Accounts, true, true}} {
		p := notify.NewPaced(tt.sender, take, midday)
		_, batch := p.(notify.BatchSender)
		finder, query := p.(notify.Finder)
		if batch != tt.batch || query != tt.query || p.Channel() != notify.SMS {
			t.Errorf("%s: batch %v, query %v", name, batch, query)
		}
		if name == "asked" {
			if _, found, err := finder.Find(t.Context(), "a", houzhen.Phone{}, lunch); !found || err != nil {
				t.Errorf("asked: %v, %v", found, err)
			}
		}
	}
	slow, _ := taker(time.Hour)
	held := notify.NewPaced(both.Accounts, slow, midday).(notify.BatchSender).SendBatch(t.Context(), make([]notify.Parcel, 3))
	if len(held) != 3 || held[2].Outcome != notify.OutcomeDefer {
		t.Errorf("%+v, want all held", held)
	}
}
