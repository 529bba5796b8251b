package realtime

import (
	"context"
	"slices"
	"sync"
	"time"
)

// slots is into how many steps a wheel spreads one turn, so that no burst of
// heartbeats comes every 30 s.
const slots = 300

// wheel visits every connection once a turn.
type wheel struct {
	mu    sync.Mutex
	slots [slots][]*conn
	next  int
}

// add puts c into the next slot.
func (w *wheel) add(c *conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next = (w.next + 1) % slots
	c.slot, c.place = w.next, len(w.slots[w.next])
	w.slots[c.slot] = append(w.slots[c.slot], c)
}

func (w *wheel) remove(c *conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	in := w.slots[c.slot]
	last := in[len(in)-1]
	in[c.place], last.place = last, c.place
	in[len(in)-1] = nil
	w.slots[c.slot] = in[:len(in)-1]
}

// run turns the wheel once in every turn until ctx ends.
func (w *wheel) run(ctx context.Context, turn time.Duration, visit func(*conn)) {
	tick := time.NewTicker(max(turn/slots, time.Microsecond))
	defer tick.Stop()
	for i := 0; ; i = (i + 1) % slots {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			w.visit(i, visit)
		}
	}
}

// once visits every connection in one turn, or at once if the turn is 0.
func (w *wheel) once(turn time.Duration, visit func(*conn)) {
	var tick <-chan time.Time
	if turn > 0 {
		t := time.NewTicker(max(turn/slots, time.Microsecond))
		defer t.Stop()
		tick = t.C
	}
	for i := range slots {
		if tick != nil {
			<-tick
		}
		w.visit(i, visit)
	}
}

func (w *wheel) visit(slot int, visit func(*conn)) {
	w.mu.Lock()
	in := slices.Clone(w.slots[slot])
	w.mu.Unlock()
	for _, c := range in {
		visit(c)
	}
}
