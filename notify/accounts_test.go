package notify_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/notifytest"
)

// two is a pair of accounts whose answers are scripted.
type two struct {
	*notify.Accounts

	first, second *notifytest.Sender
	answers       [2]notify.Sent // zero: accepted
	now           time.Time
}

func newTwo(t *testing.T, home int) *two {
	t.Helper()
	w := &two{now: lunch}
	script := func(i int) func(context.Context, notify.Parcel) notify.Sent {
		return func(_ context.Context, p notify.Parcel) notify.Sent {
			if w.answers[i].Outcome == "" {
				return notifytest.Accept(p)
			}
			return w.answers[i]
		}
	}
	w.first, w.second = notifytest.NewSender(notify.SMS, script(0)), notifytest.NewSender(notify.SMS, script(1))
	var err error
	w.Accounts, err = notify.NewAccounts(notify.Account{Name: "one", Sender: w.first}, notify.Account{Name: "two", Sender: w.second}, home,
		notify.DefaultFailover(), func() time.Time { return w.now }, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *two) send(t *testing.T, n int) map[notify.Outcome]int {
	t.Helper()
	got := map[notify.Outcome]int{}
	for i := range n {
		got[w.Send(t.Context(), notify.Parcel{OutID: fmt.Sprint(w.now.UnixNano(), "-", i)}).Outcome]++
	}
	return got
}

func (w *two) counts() (int, int) { return len(w.first.Parcels()), len(w.second.Parcels()) }

func TestLoadIsDividedByShare(t *testing.T) {
	w := newTwo(t, 70)
	w.send(t, 1000)
	if a, b := w.counts(); a+b != 1000 || a < 630 || a > 770 {
		t.Errorf("%d and %d of 1000, want about 700 and 300", a, b)
	}
	all := newTwo(t, 100)
	all.send(t, 50)
	if a, b := all.counts(); a != 50 || b != 0 {
		t.Errorf("%d and %d, want all at the first", a, b)
	}
}

// What one account certainly did not take goes to the other at once; what may
// have been taken, and what is the message's own fault, does not.
func TestTheOtherAccountTakesOver(t *testing.T) {
	for outcome, tt := range map[notify.Outcome]struct {
		want   notify.Outcome
		second int
	}{
		notify.OutcomeAccepted: {notify.OutcomeAccepted, 0}, notify.OutcomeRetry: {notify.OutcomeAccepted, 1}, notify.OutcomeConfig: {notify.OutcomeAccepted, 1},
		notify.OutcomeAmbiguous: {notify.OutcomeAmbiguous, 0}, notify.OutcomeMessage: {notify.OutcomeMessage, 0},
		notify.OutcomeRecipient: {notify.OutcomeRecipient, 0}, notify.OutcomeDefer: {notify.OutcomeDefer, 0},
	} {
		t.Run(string(outcome), func(t *testing.T) {
			w := newTwo(t, 100)
			w.answers[0] = notify.Sent{Outcome: outcome, Code: "x"}
			sent := w.Send(t.Context(), notify.Parcel{OutID: "hz-1"})
			if _, b := w.counts(); sent.Outcome != tt.want || b != tt.second {
				t.Errorf("%+v, %d at the second", sent, b)
			}
		})
	}
}

func TestAChannelStopsWhenBothAccountsDo(t *testing.T) {
	w := newTwo(t, 100)
	w.answers = [2]notify.Sent{{Outcome: notify.OutcomeConfig, Code: "bad key"}, {}}
	if got := w.send(t, 20); got[notify.OutcomeAccepted] != 20 {
		t.Errorf("%v with one account refused, want all accepted", got)
	}
	if a, b := w.counts(); a != 1 || b != 20 {
		t.Errorf("%d and %d: the refused account should rest after the first no", a, b)
	}
	w.answers[1] = notify.Sent{Outcome: notify.OutcomeConfig, Code: "bad key"}
	if got := w.send(t, 1); got[notify.OutcomeConfig] != 1 {
		t.Errorf("%v with both refused, want the channel stopped", got)
	}
	w.answers[0], w.now = notify.Sent{}, w.now.Add(2*time.Minute)
	if got := w.send(t, 5); got[notify.OutcomeAccepted] != 5 {
		t.Errorf("%v after the rest, want it tried again", got)
	}
	busy := newTwo(t, 100)
	busy.answers = [2]notify.Sent{{Outcome: notify.OutcomeRetry}, {Outcome: notify.OutcomeConfig}}
	if got := busy.send(t, 1); got[notify.OutcomeRetry] != 1 {
		t.Errorf("%v: one busy and one refused is no reason to stop the channel", got)
	}
}

func TestErrorsMoveLoadAndQuietBringsItBack(t *testing.T) {
	w := newTwo(t, 100)
	w.answers[0] = notify.Sent{Outcome: notify.OutcomeAmbiguous}
	points := func() int { return w.Health(t.Context())[0].Points }
	for minute := range 3 {
		w.send(t, 40)
		if want := 90 - 10*minute; points() != want {
			t.Fatalf("after %d minutes of lost answers: %d points, want %d", minute+1, points(), want)
		}
		w.now = w.now.Add(time.Minute)
	}
	w.answers[0] = notify.Sent{}
	w.now = w.now.Add(20 * time.Minute)
	w.send(t, 1)
	if points() != 80 {
		t.Errorf("%d points after a quiet time, want 80", points())
	}
	if h := w.Health(t.Context()); h[0].Points+h[1].Points != 100 || h[0].Name != "one" {
		t.Errorf("%+v", h)
	}
}

func TestSlowDeliveriesMoveLoad(t *testing.T) {
	w := newTwo(t, 50)
	for range 17 {
		w.Arrived(t.Context(), "one", time.Second)
		w.Arrived(t.Context(), "two", time.Second)
	}
	for range 3 {
		w.Arrived(t.Context(), "two", 5*time.Minute)
		w.Arrived(t.Context(), "nobody", time.Hour)
	}
	if h := w.Health(t.Context()); h[0].Points != 60 || h[1].Lagged != 3 {
		t.Errorf("%+v, want a step towards the first", h)
	}
}

func TestABatchOfTwoAccounts(t *testing.T) {
	w := newTwo(t, 100)
	w.answers[0] = notify.Sent{Outcome: notify.OutcomeRetry}
	list := []notify.Parcel{{OutID: "a"}, {OutID: "b"}, {OutID: "c"}}
	for i, sent := range w.SendBatch(t.Context(), list) {
		if sent.ProviderID != "biz-"+list[i].OutID {
			t.Errorf("parcel %d: %+v", i, sent)
		}
	}
	if a, b := w.counts(); a != 3 || b != 3 {
		t.Errorf("%d and %d", a, b)
	}
	if got := w.SendBatch(t.Context(), nil); len(got) != 0 {
		t.Errorf("%v for nothing", got)
	}
}

// Nobody knows which account took a message whose answer was lost.
func TestBothAccountsAreAsked(t *testing.T) {
	away := errors.New("away")
	type word struct {
		found bool
		err   error
	}
	for name, tt := range map[string]struct {
		first, second word
		want          word
	}{
		"the first has it":         {word{true, nil}, word{false, nil}, word{true, nil}},
		"the second has it":        {word{false, nil}, word{true, nil}, word{true, nil}},
		"found though one is away": {word{false, away}, word{true, nil}, word{true, nil}},
		"neither has it":           {word{false, nil}, word{false, nil}, word{false, nil}},
		"one does not say":         {word{false, nil}, word{false, away}, word{false, away}},
	} {
		t.Run(name, func(t *testing.T) {
			ask := func(w word) notify.Sender {
				return notifytest.Asked{Sender: notifytest.NewSender(notify.SMS, nil), Answer: func(string) (notify.Receipt, bool, error) {
					return notify.Receipt{OutID: "a"}, w.found, w.err
				}}
			}
			a, err := notify.NewAccounts(notify.Account{Name: "one", Sender: ask(tt.first)}, notify.Account{Name: "two", Sender: ask(tt.second)}, 50,
				notify.DefaultFailover(), time.Now, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			_, found, err := a.Find(t.Context(), "a", houzhen.NewPhone("13900139000"), lunch)
			if found != tt.want.found || (err != nil) != (tt.want.err != nil) {
				t.Errorf("%v, %v", found, err)
			}
		})
	}
}

func TestAccountsAreOfOneChannel(t *testing.T) {
	_, err := notify.NewAccounts(notify.Account{Sender: notifytest.NewSender(notify.SMS, nil)}, notify.Account{Sender: notifytest.NewSender(notify.Push, nil)},
		50, notify.DefaultFailover(), time.Now, nil)
	if err == nil {
		t.Error("text and push are taken for two accounts of one channel")
	}
}

func TestAccountsAtOnce(t *testing.T) {
	w := newTwo(t, 50)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 50 {
				w.Send(t.Context(), notify.Parcel{OutID: fmt.Sprint(i, "-", n)})
				w.Health(t.Context())
			}
		})
	}
	wg.Wait()
	if a, b := w.counts(); a+b != 400 {
		t.Errorf("%d sent", a+b)
	}
}
