package realtime

import (
	"bytes"
	"context"
	"sync"
	"time"
)

// MemoryBus is the Bus of a single process.
type MemoryBus struct {
	now func() time.Time

	mu        sync.Mutex
	epoch     string
	version   int64
	states    map[string]memoryState
	listeners map[*Listener]struct{}
	writes    int
}

type memoryState struct {
	Frame
	touched bool // the payload is no longer true; rev still guards
	until   time.Time
}

// NewMemoryBus makes an empty bus with a new epoch; now stamps the states and
// ends those that are older than Keep.
func NewMemoryBus(now func() time.Time) *MemoryBus {
	b := &MemoryBus{now: now, listeners: map[*Listener]struct{}{}}
	b.Flush()
	return b
}

// Flush forgets every state and begins a new epoch, as a restart does.
func (b *MemoryBus) Flush() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.epoch, b.version, b.states = newEpoch(), 0, map[string]memoryState{}
}

// Publish implements Bus.
func (b *MemoryBus) Publish(_ context.Context, topic string, rev int64, payload []byte) (Frame, bool, error) {
	if err := checkUpdate(topic, rev); err != nil {
		return Frame{}, false, err
	}
	if err := checkPayload(payload); err != nil {
		return Frame{}, false, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	held, found := b.live(topic)
	same := !held.touched && rev == held.Rev && bytes.Equal(payload, held.Payload)
	if found && (rev < held.Rev || same) {
		return Frame{Position: held.Position, Rev: held.Rev, At: held.At}, false, nil
	}
	b.version++
	at := b.now()
	f := Frame{Position: Position{b.epoch, b.version}, Rev: rev, At: at, Payload: bytes.Clone(payload)}
	b.keep(topic, memoryState{Frame: f, until: at.Add(Keep)})
	b.announce(topic, f.Position)
	return f, true, nil
}

// Touch implements Bus.
func (b *MemoryBus) Touch(_ context.Context, topic string, rev int64) error {
	if err := checkUpdate(topic, rev); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	held, _ := b.live(topic)
	held.Rev, held.Payload, held.touched, held.until = max(held.Rev, rev), nil, true, b.now().Add(Keep)
	b.keep(topic, held)
	b.announce(topic, Position{})
	return nil
}

// PublishAll implements Bus.
func (b *MemoryBus) PublishAll(ctx context.Context, rev int64, states []State) ([]Published, error) {
	return publishEach(ctx, b, rev, states)
}

// Latest implements Bus.
func (b *MemoryBus) Latest(_ context.Context, topic string) (Frame, bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	held, found := b.live(topic)
	if !found || held.touched {
		return Frame{}, false, nil
	}
	return held.Frame, true, nil
}

// Listen implements Bus.
func (b *MemoryBus) Listen(ctx context.Context, l Listener) error {
	b.mu.Lock()
	b.listeners[&l] = struct{}{}
	l.Resync()
	b.mu.Unlock()
	<-ctx.Done()
	b.mu.Lock()
	delete(b.listeners, &l)
	b.mu.Unlock()
	return nil
}

// announce is called with the lock held, so that every listener hears the
// versions of a topic in their order.
func (b *MemoryBus) announce(topic string, p Position) {
	for l := range b.listeners {
		(*l).Announce(topic, p)
	}
}

func (b *MemoryBus) live(topic string) (memoryState, bool) {
	s, found := b.states[topic]
	if found && !s.until.After(b.now()) {
		return memoryState{}, false
	}
	return s, found
}

// sweepEvery is the number of writes after which expired states are dropped.
const sweepEvery = 4096

func (b *MemoryBus) keep(topic string, s memoryState) {
	b.states[topic] = s
	if b.writes++; b.writes%sweepEvery != 0 {
		return
	}
	now := b.now()
	for name, s := range b.states {
		if !s.until.After(now) {
			delete(b.states, name)
		}
	}
}
