// Package bustest is the contract of realtime.Bus: whatever carries states
// between nodes passes it. It decides what a bus owes the hub, never how the
// bus does it.
package bustest

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/houzhen/houzhen/realtime"
)

// Backend is one memory with a bus for each of two nodes that share it; the
// two may be the same bus.
type Backend struct {
	One, Two realtime.Bus
	Flush    func() // loses everything, as an empty restart does
	Cut      func() // breaks every subscription; nil if there is nothing to break
}

// patience is how long a bus may take for anything here.
const patience = 20 * time.Second

// Run runs the contract; open makes an empty backend for one test.
func Run(t *testing.T, open func(t *testing.T) Backend) {
	t.Helper()
	for name, test := range map[string]func(contract){
		"a state is found by every node":                  contract.stateIsFound,
		"versions grow and are announced in their order":  contract.versionsGrow,
		"many topics at once are each published":          contract.crowd,
		"a stale rev is refused":                          contract.staleRev,
		"the same state and rev are no news":              contract.sameState,
		"another state of the same rev is news":           contract.sameRevOtherState,
		"a touch drops the state and guards its rev":      contract.touch,
		"many states in one go are as one by one":         contract.many,
		"a flush begins a new epoch":                      contract.flush,
		"who listens again is told to read again":         contract.listenAgain,
		"a broken subscription is mended and leaves none": contract.cutSubscription,
		"concurrent publishers end with the highest rev":  contract.concurrent,
		"topics do not disturb one another":               contract.topicsApart,
		"what is malformed is refused":                    contract.malformed,
	} {
		t.Run(name, func(t *testing.T) { test(contract{t, open(t)}) })
	}
}

// contract is one test of one backend.
type contract struct {
	*testing.T
	Backend
}

func (c contract) stateIsFound() {
	t, b := c.T, c.Backend
	if _, found, err := b.One.Latest(t.Context(), "zone:1"); found || err != nil {
		t.Fatalf("empty bus: got found %v, error %v", found, err)
	}
	f := publish(t, b.One, "zone:1", 7, `{"n":1}`)
	got := latest(t, b.Two, "zone:1")
	if string(got.Payload) != `{"n":1}` || got.Rev != 7 || got.Position != f.Position || got.At.UnixMilli() != f.At.UnixMilli() {
		t.Errorf("got %+v, want %+v", got, f)
	}
	if f.Epoch == "" || f.Version <= 0 {
		t.Errorf("got position %+v, want an epoch and a version", f.Position)
	}
}

func (c contract) versionsGrow() {
	t, b := c.T, c.Backend
	ear := Listen(t, b.Two)
	last := realtime.Position{}
	for rev := range int64(50) {
		p := publish(t, b.One, "zone:1", rev, strconv.FormatInt(rev, 10)).Position
		if rev > 0 && (p.Epoch != last.Epoch || p.Version <= last.Version) {
			t.Fatalf("rev %d: got %+v after %+v", rev, p, last)
		}
		last = p
		if heard := ear.Next(); heard.Topic != "zone:1" || heard.Position != p {
			t.Fatalf("rev %d: heard %+v, want %+v", rev, heard, p)
		}
	}
}

func (c contract) staleRev() {
	t, b := c.T, c.Backend
	first := publish(t, b.One, "zone:1", 5, `"five"`)
	got, accepted, err := b.Two.Publish(t.Context(), "zone:1", 4, []byte(`"four"`))
	if err != nil || accepted {
		t.Fatalf("got accepted %v, error %v; want a refusal", accepted, err)
	}
	if got.Position != first.Position {
		t.Errorf("a refusal tells %+v, want %+v", got.Position, first.Position)
	}
	if now := latest(t, b.One, "zone:1"); string(now.Payload) != `"five"` {
		t.Errorf("got %s, want the newer state", now.Payload)
	}
}

func (c contract) sameState() {
	t, b := c.T, c.Backend
	ear := Listen(t, b.One)
	first := publish(t, b.One, "zone:1", 5, `"five"`)
	if _, accepted, err := b.Two.Publish(t.Context(), "zone:1", 5, []byte(`"five"`)); err != nil || accepted {
		t.Fatalf("got accepted %v, error %v; want no news", accepted, err)
	}
	next := publish(t, b.Two, "zone:1", 6, `"five"`)
	if a, b := ear.Next(), ear.Next(); a.Position != first.Position || b.Position != next.Position {
		t.Errorf("heard %+v and %+v, want %+v and %+v", a, b, first.Position, next.Position)
	}
}

func (c contract) sameRevOtherState() {
	t, b := c.T, c.Backend
	first := publish(t, b.One, "zone:1", 5, `"about 20 minutes"`)
	next := publish(t, b.Two, "zone:1", 5, `"about 15 minutes"`)
	if !next.NewsTo(first.Position) {
		t.Errorf("got %+v after %+v, want news", next.Position, first.Position)
	}
}

func (c contract) touch() {
	t, b := c.T, c.Backend
	first := publish(t, b.One, "zone:1", 5, `"five"`)
	ear := Listen(t, b.Two)
	if err := b.One.Touch(t.Context(), "zone:1", 8); err != nil {
		t.Fatal(err)
	}
	if heard := ear.Next(); heard.Topic != "zone:1" || heard.Position != (realtime.Position{}) {
		t.Errorf("heard %+v, want zone:1 without a position", heard)
	}
	if f, found, err := b.Two.Latest(t.Context(), "zone:1"); found || err != nil {
		t.Errorf("got %s, found %v, error %v; want no state", f.Payload, found, err)
	}
	if _, accepted, err := b.Two.Publish(t.Context(), "zone:1", 7, []byte(`"seven"`)); err != nil || accepted {
		t.Errorf("got accepted %v, error %v; want a state from before the touch refused", accepted, err)
	}
	if f := publish(t, b.Two, "zone:1", 8, `"five"`); !f.NewsTo(first.Position) {
		t.Errorf("got %+v, want news to %+v", f.Position, first.Position)
	}
	if err := b.One.Touch(t.Context(), "zone:1", 2); err != nil {
		t.Fatal(err)
	}
	if _, accepted, _ := b.One.Publish(t.Context(), "zone:1", 7, []byte(`"seven"`)); accepted {
		t.Error("a later touch with a lower rev took the guard away")
	}
}

func (c contract) flush() {
	t, b := c.T, c.Backend
	before := publish(t, b.One, "zone:1", 5, `"five"`)
	b.Flush()
	if _, found, err := b.Two.Latest(t.Context(), "zone:1"); found || err != nil {
		t.Fatalf("after a flush: got found %v, error %v", found, err)
	}
	after := publish(t, b.Two, "zone:1", 3, `"three"`)
	if after.Epoch == before.Epoch || !after.NewsTo(before.Position) {
		t.Errorf("got %+v after %+v, want another epoch", after.Position, before.Position)
	}
}

func (c contract) listenAgain() {
	t, b := c.T, c.Backend
	ear := Listen(t, b.Two)
	publish(t, b.One, "zone:1", 1, `1`)
	ear.Next()
	ear.Stop()
	missed := publish(t, b.One, "zone:1", 2, `2`)
	Listen(t, b.Two) // returns after Resync
	if got := latest(t, b.Two, "zone:1"); got.Position != missed.Position {
		t.Errorf("got %+v, want %+v", got.Position, missed.Position)
	}
}

func (c contract) cutSubscription() {
	t, b := c.T, c.Backend
	if b.Cut == nil {
		t.Skip("this bus has no connection to lose")
	}
	ear := Listen(t, b.Two)
	publish(t, b.One, "zone:1", 1, `1`)
	ear.Next()
	b.Cut()
	missed := publish(t, b.One, "zone:1", 2, `2`) // perhaps heard by nobody
	ear.AwaitResync()
	if got := latest(t, b.Two, "zone:1"); got.Position != missed.Position {
		t.Errorf("got %+v, want %+v", got.Position, missed.Position)
	}
	last := publish(t, b.One, "zone:1", 3, `3`)
	for heard := ear.Next(); heard.Position != last.Position; heard = ear.Next() {
		if heard.Position != missed.Position {
			t.Fatalf("heard %+v, want %+v", heard, last.Position)
		}
	}
}

func (c contract) concurrent() {
	t, b := c.T, c.Backend
	const publishers, each = 8, 40
	ear := Listen(t, b.Two)
	var wait sync.WaitGroup
	failures := make(chan error, publishers)
	for p := range publishers {
		bus := []realtime.Bus{b.One, b.Two}[p%2]
		wait.Go(func() {
			for n := range each {
				rev := int64(n*publishers + p)
				if _, _, err := bus.Publish(t.Context(), "zone:1", rev, []byte(strconv.FormatInt(rev, 10))); err != nil {
					failures <- err
					return
				}
			}
		})
	}
	wait.Wait()
	close(failures)
	for err := range failures {
		t.Fatal(err)
	}
	got := latest(t, b.One, "zone:1")
	if want := int64(publishers*each - 1); got.Rev != want || string(got.Payload) != strconv.FormatInt(want, 10) {
		t.Errorf("got rev %d with %s, want %d", got.Rev, got.Payload, want)
	}
	for last := (Heard{}); last.Position != got.Position; {
		heard := ear.Next()
		if heard.Version <= last.Version {
			t.Fatalf("heard version %d after %d", heard.Version, last.Version)
		}
		last = heard
	}
}

func (c contract) topicsApart() {
	t, b := c.T, c.Backend
	for i := range 20 {
		publish(t, b.One, fmt.Sprintf("ticket:%d", i), int64(i), strconv.Itoa(i))
	}
	if err := b.Two.Touch(t.Context(), "ticket:3", 3); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		f, found, err := b.Two.Latest(t.Context(), fmt.Sprintf("ticket:%d", i))
		if err != nil || found != (i != 3) || (found && string(f.Payload) != strconv.Itoa(i)) {
			t.Errorf("ticket %d: got %s, found %v, error %v", i, f.Payload, found, err)
		}
	}
}

func (c contract) malformed() {
	t, b := c.T, c.Backend
	for name, c := range map[string]struct {
		topic, payload string
		rev            int64
	}{
		"no topic":             {"", `1`, 1},
		"a blank in the topic": {"zone 1", `1`, 1},
		"a quote in the topic": {`zone"1`, `1`, 1},
		"a rev below 0":        {"zone:1", `1`, -1},
		"a rev of 2^53":        {"zone:1", `1`, 1 << 53},
		"no JSON":              {"zone:1", `{`, 1},
		"nothing":              {"zone:1", ``, 1},
	} {
		if _, accepted, err := b.One.Publish(t.Context(), c.topic, c.rev, []byte(c.payload)); accepted || err == nil {
			t.Errorf("%s: got accepted %v, error %v; want an error", name, accepted, err)
		}
	}
	if err := b.One.Touch(t.Context(), "zone 1", 1); err == nil {
		t.Error("touch of a malformed topic: got no error")
	}
}

func publish(t *testing.T, b realtime.Bus, topic string, rev int64, payload string) realtime.Frame {
	t.Helper()
	f, accepted, err := b.Publish(t.Context(), topic, rev, []byte(payload))
	if err != nil || !accepted {
		t.Fatalf("publish %s rev %d: got accepted %v, error %v", topic, rev, accepted, err)
	}
	return f
}

func latest(t *testing.T, b realtime.Bus, topic string) realtime.Frame {
	t.Helper()
	f, found, err := b.Latest(t.Context(), topic)
	if err != nil || !found {
		t.Fatalf("latest %s: got found %v, error %v", topic, found, err)
	}
	return f
}

// Heard is one announcement.
type Heard struct {
	Topic string
	realtime.Position
}

// Ear listens to a bus for a test.
type Ear struct {
	tb      testing.TB
	heard   chan Heard
	resyncs chan struct{}
	cancel  context.CancelFunc
	done    chan error
}

// Listen returns when the bus has confirmed the subscription.
func Listen(tb testing.TB, b realtime.Bus) *Ear {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	e := &Ear{tb: tb, heard: make(chan Heard, 4096), resyncs: make(chan struct{}, 64), cancel: cancel, done: make(chan error, 1)}
	go func() { e.done <- b.Listen(ctx, e) }()
	tb.Cleanup(e.Stop)
	e.AwaitResync()
	return e
}

// Announce implements realtime.Listener.
func (e *Ear) Announce(topic string, p realtime.Position) { e.heard <- Heard{topic, p} }

// Resync implements realtime.Listener.
func (e *Ear) Resync() { e.resyncs <- struct{}{} }

// Next gives the next announcement.
func (e *Ear) Next() Heard {
	e.tb.Helper()
	select {
	case h := <-e.heard:
		return h
	case <-time.After(patience):
		e.tb.Fatal("nothing was announced")
		return Heard{}
	}
}

// AwaitResync waits for the next subscription.
func (e *Ear) AwaitResync() {
	e.tb.Helper()
	select {
	case <-e.resyncs:
	case <-time.After(patience):
		e.tb.Fatal("the bus was not subscribed")
	}
}

// Stop ends the listening.
func (e *Ear) Stop() {
	e.cancel()
	if err, open := <-e.done; open && err != nil {
		e.tb.Errorf("listen: %v", err)
	}
	select {
	case <-e.done:
	default:
		close(e.done)
	}
}
