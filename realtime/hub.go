package realtime

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Snapshot renders the present state of a topic from the truth, with its rev.
// It is called when the bus holds no state and after Touch. An error with
// houzhen.CodeNotFound ends the watching of that topic; any other is tried
// again.
type Snapshot func(ctx context.Context, topic string) (rev int64, payload []byte, err error)

// Options shape a Hub. Bus and Now are required; the rest has good zero values.
type Options struct {
	Bus      Bus
	Snapshot Snapshot         // none: a topic shows nothing until somebody publishes
	Now      func() time.Time // the real time of the machine: it ends waiting, and is never moved
	Logger   *slog.Logger     // nowhere

	Ping        time.Duration // between heartbeats; 30 s
	PongWait    time.Duration // how late an answer to a heartbeat may be; 30 s
	WriteWait   time.Duration // for a hello to come and for a close to be answered; 10 s
	SlowAfter   time.Duration // without any progress before a client is cut; 60 s
	DrainWindow time.Duration // over which connections are sent away at the end; 0 = at once
	Recheck     time.Duration // how often the right to watch is asked again; 5 min

	MaxConns    int                        // 50,000
	MaxTopics   int                        // per connection; 16
	MaxLoads    int                        // states read or rendered at the same time; 8
	CheckOrigin func(r *http.Request) bool // nil: only pages of the same host
}

func (o Options) withDefaults() Options {
	o.Logger = cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	o.Ping = cmp.Or(o.Ping, 30*time.Second)
	o.PongWait = cmp.Or(o.PongWait, 30*time.Second)
	o.WriteWait = cmp.Or(o.WriteWait, 10*time.Second)
	o.SlowAfter = cmp.Or(o.SlowAfter, time.Minute)
	o.Recheck = cmp.Or(o.Recheck, 5*time.Minute)
	o.MaxConns = cmp.Or(o.MaxConns, 50_000)
	o.MaxTopics = cmp.Or(o.MaxTopics, 16)
	o.MaxLoads = cmp.Or(o.MaxLoads, 8)
	return o
}

// Hub keeps the connections of this node and what they watch.
type Hub struct {
	opts    Options
	ctx     context.Context // lives until every connection is gone
	stop    context.CancelFunc
	wheel   *wheel
	loads   chan struct{} // one for each load under way
	count   counters
	buffers sync.Pool // what a message is put together in

	mu       sync.RWMutex
	topics   map[string]*topic
	conns    int
	draining bool
	crew     crew // readers, stuck writers and topics at work
}

// NewHub makes a hub that accepts connections at once; Run keeps it alive.
func NewHub(o Options) *Hub {
	o = o.withDefaults()
	ctx, stop := context.WithCancel(context.Background())
	return &Hub{
		opts: o, ctx: ctx, stop: stop, wheel: &wheel{},
		loads: make(chan struct{}, o.MaxLoads), topics: map[string]*topic{},
	}
}

// Run listens to the bus and keeps connections alive until ctx ends; then it
// sends every client away within DrainWindow and returns when all are gone.
func (h *Hub) Run(ctx context.Context) error {
	defer h.stop()
	bus, cancel := context.WithCancel(context.WithoutCancel(ctx))
	listening := make(chan error, 1)
	go func() { listening <- h.opts.Bus.Listen(bus, listener{h}) }()
	h.wheel.run(ctx, h.opts.Ping, (*conn).beat)
	h.drain(bus)
	cancel()
	return <-listening
}

// drain refuses newcomers and sends everybody away, spread over the window.
func (h *Hub) drain(ctx context.Context) {
	h.mu.Lock()
	h.draining = true
	left := h.conns
	h.mu.Unlock()
	h.opts.Logger.InfoContext(ctx, "realtime drains", "connections", left, "window", h.opts.DrainWindow)
	leave := func(c *conn) { c.leave(bye{CloseDrain, h.opts.DrainWindow}) }
	h.wheel.once(h.opts.DrainWindow, leave)
	h.crew.close()
	h.wheel.once(0, leave) // whoever came in while we closed
	h.stop()
	h.crew.wait.Wait()
}

// Publish makes payload the state of the topic everywhere. It is called after
// the commit, never waits for a client, and is ignored when a higher rev is
// known already.
func (h *Hub) Publish(ctx context.Context, topic string, rev int64, payload []byte) error {
	return h.PublishAll(ctx, rev, []State{{Topic: topic, Payload: payload}})
}

// PublishAll is Publish, or Touch for a state without payload, for many topics
// in one go. Who watches here is given his state at once, and none that has the
// mark of the one that he was given last.
func (h *Hub) PublishAll(ctx context.Context, rev int64, states []State) error {
	send, watched := make([]State, 0, len(states)), make([]*topic, 0, len(states))
	for _, s := range states {
		var t *topic
		if s.Payload != nil {
			h.mu.RLock()
			t = h.topics[s.Topic]
			h.mu.RUnlock()
		}
		if t == nil || t.publishing(s.Mark) {
			send, watched = append(send, s), append(watched, t)
		}
	}
	if len(send) == 0 {
		return nil
	}
	done, err := h.opts.Bus.PublishAll(ctx, rev, send)
	for i, t := range watched {
		switch {
		case t == nil:
		case err != nil:
			h.want(t, t.published(Published{}, nil))
		default:
			h.want(t, t.published(done[i], send[i].Mark))
		}
	}
	return err
}

// Touch says after the commit that the state of the topic has changed, and has
// it rendered wherever it is watched.
func (h *Hub) Touch(ctx context.Context, topic string, rev int64) error {
	return h.opts.Bus.Touch(ctx, topic, rev)
}

// Watchers counts the connections of this node that watch the topic.
func (h *Hub) Watchers(topic string) int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	t, found := h.topics[topic]
	if !found {
		return 0
	}
	return t.watchers()
}

// Watched lists in order the topics that have watchers on this node.
func (h *Hub) Watched() []string {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return slices.Sorted(maps.Keys(h.topics))
}

// listener is the hub as its bus sees it.
type listener struct{ h *Hub }

// Announce implements Listener.
func (l listener) Announce(name string, p Position) {
	l.h.mu.RLock()
	t, found := l.h.topics[name]
	l.h.mu.RUnlock()
	if !found {
		return
	}
	switch {
	case p == Position{}:
		l.h.want(t, toRender)
	case t.news(p):
		l.h.want(t, toRead)
	}
}

// Resync implements Listener: whatever is watched is read again.
func (l listener) Resync() {
	l.h.mu.RLock()
	defer l.h.mu.RUnlock()
	l.h.reread(slices.Collect(maps.Values(l.h.topics)))
}

// crew is the goroutines of a hub, which take no newcomer once they rest.
type crew struct {
	mu     sync.Mutex
	closed bool
	wait   sync.WaitGroup
}

// set puts one more goroutine to work, or reports false.
func (c *crew) set(f func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.wait.Go(f)
	return true
}

// close takes no more.
func (c *crew) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
}
