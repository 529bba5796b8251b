package realtime_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen/realtime"
	"github.com/houzhen/houzhen/realtime/realtimetest"
)

func TestWatchGivesThePresentThenWhatIsNewer(t *testing.T) {
	n := start(t, realtime.Options{Snapshot: newTruth("zone:1").Snapshot})
	c := n.watch("zone:1")
	if m := c.Await("a welcome", func(m realtimetest.Message) bool { return m.T == "welcome" }); m.HB != 30_000 {
		t.Errorf("got a heartbeat of %d ms, want 30000", m.HB)
	}
	first := c.Next("zone:1")
	if first.T != "s" || !isState(1)(first.D) || first.E == "" || first.V == 0 || first.At == 0 {
		t.Errorf("got %+v, want state 1 with its position and time", first)
	}
	for rev := int64(2); rev < 30; rev++ {
		n.publish("zone:1", rev)
		if m := c.Next("zone:1"); !isState(rev)(m.D) {
			t.Fatalf("got %s, want state %d", m.D, rev)
		}
	}
	if got := n.Watchers("zone:1"); got != 1 {
		t.Errorf("got %d watchers, want 1", got)
	}
	if got := n.Watched(); !slices.Equal(got, []string{"zone:1"}) {
		t.Errorf("got watched %v", got)
	}
}

func TestTopicWithoutSnapshotWaitsForAPublisher(t *testing.T) {
	n := start(t, realtime.Options{})
	c := n.watch("zone:1")
	c.Await("a welcome", func(m realtimetest.Message) bool { return m.T == "welcome" })
	n.publish("zone:1", 5)
	if m := c.Next("zone:1"); !isState(5)(m.D) {
		t.Errorf("got %s, want state 5", m.D)
	}
}

func TestStaleStateIsNotShown(t *testing.T) {
	n := start(t, realtime.Options{})
	n.publish("zone:1", 5)
	c := n.watch("zone:1")
	c.Next("zone:1")
	n.publish("zone:1", 4)
	n.publish("zone:1", 6)
	if m := c.Next("zone:1"); !isState(6)(m.D) {
		t.Errorf("got %s, want state 6 right after 5", m.D)
	}
}

func TestResume(t *testing.T) {
	bus := realtime.NewMemoryBus(time.Now)
	from := newTruth("zone:1")
	n := start(t, realtime.Options{Bus: bus, Snapshot: from.Snapshot})
	page := n.watch("zone:1")
	held := page.Next("zone:1")
	again := func(t *testing.T) *realtimetest.Client {
		t.Helper()
		c := realtimetest.Dial(t, n.url, nil)
		c.Resume(page)
		c.Watch("zone:1")
		return c
	}
	t.Run("nothing new is said in one word", func(t *testing.T) {
		want := realtimetest.Message{T: "same", Q: "zone:1", E: held.E, V: held.V}
		if diff := cmp.Diff(want, again(t).Next("zone:1")); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("a newer state is given", func(t *testing.T) {
		page.Close()
		n.publish("zone:1", 2)
		if m := again(t).Next("zone:1"); m.T != "s" || m.E != held.E || m.V <= held.V || !isState(2)(m.D) {
			t.Errorf("got %+v, want state 2", m)
		}
	})
	t.Run("another epoch replaces a higher version", func(t *testing.T) {
		for rev := int64(3); rev < 20; rev++ {
			n.publish("zone:1", rev)
		}
		page = n.watch("zone:1")
		page.Next("zone:1")
		page.Close()
		until(t, "nobody watches", func() bool { return n.Watchers("zone:1") == 0 })
		bus.Flush()
		if m := again(t).Next("zone:1"); m.T != "s" || m.E == held.E || !isState(1)(m.D) {
			t.Errorf("got %+v, want the present state in a new epoch", m)
		}
	})
}

func TestRefusedTopics(t *testing.T) {
	n := start(t, realtime.Options{Snapshot: newTruth("zone:1", "desk:1").Snapshot})
	n.deny("desk:1")
	c := n.watch("desk:1", "zone:1", `we"ird`)
	for topic, code := range map[string]string{"desk:1": "forbidden", `we"ird`: "invalid"} {
		if m := c.Next(topic); m.T != "no" || m.Code != code {
			t.Errorf("%s: got %+v, want no with code %s", topic, m, code)
		}
	}
	if m := c.Next("zone:1"); m.T != "s" {
		t.Errorf("got %+v, want the state of the allowed topic", m)
	}
	c.Watch("nowhere:1")
	if m := c.Next("nowhere:1"); m.T != "no" || m.Code != "not_found" {
		t.Errorf("got %+v, want not_found", m)
	}
	if got := n.Watchers("nowhere:1") + n.Watchers("desk:1"); got != 0 {
		t.Errorf("got %d watchers of refused topics", got)
	}
}

func TestTopicsOfAConnectionAreLimited(t *testing.T) {
	n := start(t, realtime.Options{Snapshot: newTruth("zone:1", "zone:2", "zone:3").Snapshot, MaxTopics: 2})
	c := n.watch("zone:1", "zone:2")
	c.Next("zone:1")
	c.Watch("zone:3")
	if m := c.Next("zone:3"); m.T != "no" || m.Code != "limit" {
		t.Errorf("got %+v, want no with code limit", m)
	}
	c.Watch("zone:1") // again, and so not one more
	if m := c.Next("zone:1"); m.T != "same" {
		t.Errorf("got %+v, want same", m)
	}
	c.Unwatch("zone:2")
	c.Watch("zone:3")
	if m := c.Next("zone:3"); m.T != "s" {
		t.Errorf("got %+v, want the state", m)
	}
}

func TestTouchRendersWhereItIsWatched(t *testing.T) {
	from := newTruth("zone:1")
	n := start(t, realtime.Options{Snapshot: from.Snapshot})
	n.touch("zone:1", 1)
	if got := from.renderings(); got != 0 {
		t.Fatalf("got %d renderings for nobody", got)
	}
	c := n.watch("zone:1")
	c.Next("zone:1")
	n.touch("zone:1", from.change("zone:1"))
	if m := c.Next("zone:1"); !isState(2)(m.D) {
		t.Errorf("got %s, want state 2", m.D)
	}
}

func TestTouchesThatPileUpAreRenderedOnce(t *testing.T) {
	from := newTruth("zone:1")
	n := start(t, realtime.Options{Snapshot: from.Snapshot})
	c := n.watch("zone:1")
	c.Next("zone:1")
	before := from.renderings()
	gate := make(chan struct{})
	from.mu.Lock()
	from.gate = gate
	from.mu.Unlock()
	n.touch("zone:1", from.change("zone:1"))
	until(t, "a rendering is under way", func() bool { return from.renderings() == before+1 })
	last := int64(0)
	for range 100 {
		last = from.change("zone:1")
		n.touch("zone:1", last)
	}
	close(gate)
	c.Until("zone:1", isState(last))
	if got := from.renderings() - before; got > 2 {
		t.Errorf("got %d renderings for 101 touches, want 2 at most", got)
	}
}

func TestSnapshotIsTriedAgain(t *testing.T) {
	from := newTruth("zone:1")
	from.fail = 1
	n := start(t, realtime.Options{Snapshot: from.Snapshot})
	if m := n.watch("zone:1").Next("zone:1"); !isState(1)(m.D) {
		t.Errorf("got %+v, want state 1 after a failure", m)
	}
	if got := n.Stats().Failed; got != 1 {
		t.Errorf("got %d failures, want 1", got)
	}
}

func TestUnwatchedTopicIsForgotten(t *testing.T) {
	n := start(t, realtime.Options{Snapshot: newTruth("zone:1", "zone:2").Snapshot})
	c := n.watch("zone:1", "zone:2")
	c.Next("zone:1")
	c.Next("zone:2")
	c.Unwatch("zone:1")
	until(t, "nobody watches zone:1", func() bool { return n.Watchers("zone:1") == 0 })
	n.publish("zone:1", 2)
	n.publish("zone:2", 2)
	c.Until("zone:2", isState(2))
	if m := c.Held("zone:1"); !isState(1)(m.D) {
		t.Errorf("got %s of a topic that is not watched", m.D)
	}
	if got := n.Watched(); !slices.Equal(got, []string{"zone:2"}) {
		t.Errorf("got watched %v, want zone:2", got)
	}
}

func TestRightsAreAskedAgain(t *testing.T) {
	n := start(t, realtime.Options{Snapshot: newTruth("desk:1", "zone:1").Snapshot, Ping: 30 * time.Millisecond, Recheck: time.Millisecond})
	c := n.watch("desk:1", "zone:1")
	c.Next("desk:1")
	n.deny("desk:1")
	c.Await("the end of desk:1", func(m realtimetest.Message) bool { return m.Q == "desk:1" && m.T == "no" && m.Code == "forbidden" })
	if n.Watchers("zone:1") != 1 {
		t.Error("the other topic was lost too")
	}
	n.deny("zone:1")
	if got := c.CloseCode(); got != realtime.CloseSignIn {
		t.Errorf("got close code %d, want %d", got, realtime.CloseSignIn)
	}
}

func TestNodesShowTheSame(t *testing.T) {
	server := miniredis.RunT(t)
	from := newTruth("zone:1")
	proxy := newProxy(t, server.Addr())
	one := start(t, realtime.Options{Bus: redisBus(t, server.Addr(), "t", 0), Snapshot: from.Snapshot})
	two := start(t, realtime.Options{Bus: redisBus(t, proxy.addr, "t", 0), Snapshot: from.Snapshot})
	a, b := one.watch("zone:1"), two.watch("zone:1")
	a.Until("zone:1", isState(1))
	b.Until("zone:1", isState(1))
	one.publish("zone:1", from.change("zone:1"))
	a.Until("zone:1", isState(2))
	b.Until("zone:1", isState(2))
	two.touch("zone:1", from.change("zone:1"))
	a.Until("zone:1", isState(3))
	b.Until("zone:1", isState(3))
	if a.Held("zone:1").V != b.Held("zone:1").V {
		t.Errorf("got versions %d and %d of the same state", a.Held("zone:1").V, b.Held("zone:1").V)
	}

	t.Run("after a flush and a cut nobody is stale", func(t *testing.T) {
		rev := from.change("zone:1") // told to nobody
		server.FlushAll()
		proxy.cut()
		b.Until("zone:1", isState(rev))
		a.Until("zone:1", isState(rev))
	})
	t.Run("a late publisher after a flush is outdone by the truth", func(t *testing.T) {
		rev := from.change("zone:1")
		one.publish("zone:1", rev)
		a.Until("zone:1", isState(rev))
		b.Until("zone:1", isState(rev))
		server.FlushAll()
		one.publish("zone:1", 1) // the empty bus cannot know better
		epoch := func(m realtimetest.Message) bool { return m.T == "s" && isState(rev)(m.D) }
		a.Await("the truth again", epoch)
		b.Await("the truth again", epoch)
	})
}

func TestEverybodyEndsWithTheLatest(t *testing.T) {
	const topics, clients, rounds = 5, 20, 60
	n := start(t, realtime.Options{})
	name := func(i int) string { return fmt.Sprintf("zone:%d", i%topics) }
	watchers := make([]*realtimetest.Client, clients)
	for i := range watchers {
		watchers[i] = n.watch(name(i), name(i+1))
	}
	var wait sync.WaitGroup
	for i := range topics {
		wait.Go(func() {
			for rev := range int64(rounds) {
				n.publish(name(i), rev)
			}
		})
	}
	wait.Go(func() {
		for i := range rounds {
			watchers[i%clients].Unwatch(name(i))
			watchers[i%clients].Watch(name(i), name(i+1))
		}
	})
	wait.Wait()
	for i, c := range watchers {
		for last := int64(-1); last < rounds-1; {
			var s struct{ N int64 }
			if c.NextState(name(i), &s); s.N <= last {
				t.Fatalf("client %d got state %d after %d", i, s.N, last)
			}
			last = s.N
		}
	}
}

func TestPublishTellsWhatIsWrong(t *testing.T) {
	n := start(t, realtime.Options{})
	for name, payload := range map[string]string{"no JSON": `{`, "too large": `"` + strings.Repeat("x", realtime.MaxPayload) + `"`} {
		if err := n.Publish(t.Context(), "zone:1", 1, []byte(payload)); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
	if err := n.Touch(t.Context(), "", 1); err == nil || errors.Is(err, t.Context().Err()) {
		t.Errorf("no topic: got %v", err)
	}
}

func TestWhoWasShownAStateWithThatMarkIsNotShownItAgain(t *testing.T) {
	n := start(t, realtime.Options{Snapshot: newTruth("zone:1").Snapshot})
	c := n.watch("zone:1")
	c.Next("zone:1") // as the snapshot gave it: nobody has marked it
	show := func(rev int64, mark string) {
		t.Helper()
		if err := n.PublishAll(t.Context(), rev, []realtime.State{{Topic: "zone:1", Payload: state(rev), Mark: []byte(mark)}}); err != nil {
			t.Fatal(err)
		}
	}
	show(10, "a")
	if m := c.Next("zone:1"); !isState(10)(m.D) {
		t.Fatalf("got %s, want state 10", m.D)
	}
	show(11, "a") // no news
	show(12, "b")
	if m := c.Next("zone:1"); !isState(12)(m.D) {
		t.Fatalf("got %s, want state 12 and not the one before, which has the mark of 10", m.D)
	}
	n.publish("zone:1", 13) // by somebody who marks nothing
	c.Until("zone:1", isState(13))
	show(14, "b")
	if m := c.Next("zone:1"); !isState(14)(m.D) {
		t.Fatalf("got %s, want state 14: what was shown last had no mark", m.D)
	}
}
