package bustest

import (
	"fmt"
	"slices"

	"github.com/houzhen/houzhen/realtime"
)

// crowd publishes more topics at once than there are channels: each keeps its
// own state, position and announcement.
func (c contract) crowd() {
	t, b := c.T, c.Backend
	const topics = 60
	states, want := make([]realtime.State, topics), map[string]bool{}
	for i := range states {
		name := fmt.Sprintf("pos/%d", i)
		states[i] = realtime.State{Topic: name, Payload: fmt.Appendf(nil, `"state %d"`, i)}
		switch i % 3 {
		case 0:
			publish(t, b.One, name, 9, `"newer"`)
		case 1:
			states[i].Payload = nil
			fallthrough
		default:
			want[name] = true
		}
	}
	ear := Listen(t, b.Two)
	done, err := b.One.PublishAll(t.Context(), 5, states)
	if err != nil || len(done) != topics {
		t.Fatalf("got %d outcomes, error %v", len(done), err)
	}
	for i, d := range done {
		if d.Accepted != (i%3 == 2) {
			t.Errorf("%s: accepted %v", states[i].Topic, d.Accepted)
		}
		if !d.Accepted {
			continue
		}
		if f := latest(t, b.Two, states[i].Topic); f.Position != d.Frame.Position || string(f.Payload) != string(states[i].Payload) {
			t.Errorf("%s: said to be %v, held as %v %s", states[i].Topic, d.Frame.Position, f.Position, f.Payload)
		}
	}
	for len(want) > 0 {
		heard := ear.Next()
		if !want[heard.Topic] {
			t.Fatalf("heard of %q, which has no news or was heard of before", heard.Topic)
		}
		delete(want, heard.Topic)
	}
}

func (c contract) many() {
	t, b := c.T, c.Backend
	publish(t, b.One, "zone:2", 9, `"nine"`)
	held := publish(t, b.One, "zone:3", 4, `"four"`)
	b.Flush()
	publish(t, b.One, "zone:2", 9, `"nine"`)
	ear := Listen(t, b.Two)
	done, err := b.One.PublishAll(t.Context(), 5, []realtime.State{
		{Topic: "zone:1", Payload: []byte(`"one"`)}, {Topic: "zone:2", Payload: []byte(`"old"`)}, {Topic: "zone:3"},
	})
	if err != nil || len(done) != 3 {
		t.Fatalf("got %d outcomes, error %v", len(done), err)
	}
	if f := latest(t, b.Two, "zone:1"); !done[0].Accepted || done[0].Frame.Position != f.Position || string(f.Payload) != `"one"` || f.Rev != 5 || f.At.UnixMilli() != done[0].Frame.At.UnixMilli() {
		t.Errorf("got %+v, held as %+v", done[0], f)
	}
	if f := latest(t, b.Two, "zone:2"); done[1].Accepted || string(f.Payload) != `"nine"` {
		t.Errorf("a stale state: got %+v, held %s", done[1], f.Payload)
	}
	heard := []string{ear.Next().Topic, ear.Next().Topic} // their channels have no common order
	if slices.Sort(heard); !slices.Equal(heard, []string{"zone:1", "zone:3"}) {
		t.Errorf("heard %v", heard)
	}
	if _, accepted, err := b.Two.Publish(t.Context(), "zone:3", held.Rev, []byte(`"four"`)); err != nil || accepted || done[2].Accepted {
		t.Errorf("a touched topic took a state from before: %v", err)
	}
	if _, err := b.One.PublishAll(t.Context(), 6, []realtime.State{{Topic: "zone 1"}}); err == nil {
		t.Error("a malformed topic was taken")
	}
	if _, err := b.One.PublishAll(t.Context(), 6, []realtime.State{{Topic: "zone:1", Payload: []byte(`{`)}}); err == nil {
		t.Error("a malformed state was taken")
	}
}
