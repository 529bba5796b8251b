package realtime_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/realtime"
	"github.com/houzhen/houzhen/realtime/realtimetest"
)

// patience is how long anything may take before a test fails.
const patience = 20 * time.Second

// truth is what a database would be: states with a rev.
type truth struct {
	mu       sync.Mutex
	states   map[string]int64
	fail     int // so many renderings fail
	rendered int
	gate     chan struct{} // if set, a rendering waits for a token
}

func newTruth(topics ...string) *truth {
	t := &truth{states: map[string]int64{}}
	for _, topic := range topics {
		t.states[topic] = 1
	}
	return t
}

// change commits a new state and gives its rev.
func (t *truth) change(topic string) int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.states[topic]++
	return t.states[topic]
}

// Snapshot renders {"n":rev}.
func (t *truth) Snapshot(ctx context.Context, topic string) (int64, []byte, error) {
	t.mu.Lock()
	gate := t.gate
	t.rendered++
	t.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			return 0, nil, ctx.Err()
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.fail > 0 {
		t.fail--
		return 0, nil, houzhen.E(houzhen.CodeUnavailable, "database is away")
	}
	rev, found := t.states[topic]
	if !found {
		return 0, nil, houzhen.E(houzhen.CodeNotFound, "no such topic")
	}
	return rev, state(rev), nil
}

func (t *truth) renderings() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.rendered
}

func state(n int64) []byte { return []byte(`{"n":` + strconv.FormatInt(n, 10) + `}`) }

// isState reports whether a state is {"n":n}.
func isState(n int64) func(json.RawMessage) bool {
	return func(d json.RawMessage) bool { return string(d) == string(state(n)) }
}

// node is a hub behind an HTTP server.
type node struct {
	*realtime.Hub
	tb   testing.TB
	url  string
	tls  *tls.Config // that trusts it
	bus  realtime.Bus
	stop func() // ends Run and waits for it

	mu     sync.Mutex
	denied map[string]bool
}

// start runs a node; what o leaves out is made for the test.
func start(tb testing.TB, o realtime.Options) *node {
	tb.Helper()
	return startWith(tb, o, httptest.NewServer)
}

func startWith(tb testing.TB, o realtime.Options, server func(http.Handler) *httptest.Server) *node {
	tb.Helper()
	if o.Bus == nil {
		o.Bus = realtime.NewMemoryBus(time.Now)
	}
	o.Now = time.Now
	n := &node{tb: tb, Hub: realtime.NewHub(o), bus: o.Bus, denied: map[string]bool{}}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	s := server(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { n.Serve(w, r, n.allowed) }))
	n.url = s.URL
	n.tls = s.Client().Transport.(*http.Transport).TLSClientConfig
	n.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			tb.Errorf("run: %v", err)
		}
	})
	tb.Cleanup(func() {
		n.stop()
		s.Close()
	})
	return n
}

func (n *node) allowed(topic string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.denied[topic] {
		return houzhen.E(houzhen.CodeForbidden, "not yours")
	}
	return nil
}

func (n *node) deny(topics ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, topic := range topics {
		n.denied[topic] = true
	}
}

func (n *node) publish(topic string, rev int64) {
	n.tb.Helper()
	if err := n.Publish(n.tb.Context(), topic, rev, state(rev)); err != nil {
		n.tb.Fatal(err)
	}
}

func (n *node) touch(topic string, rev int64) {
	n.tb.Helper()
	if err := n.Touch(n.tb.Context(), topic, rev); err != nil {
		n.tb.Fatal(err)
	}
}

// watch dials and says hello.
func (n *node) watch(topics ...string) *realtimetest.Client {
	n.tb.Helper()
	c := realtimetest.DialTLS(n.tb, n.url, nil, n.tls)
	c.Watch(topics...)
	return c
}

// until asks again and again, as nothing tells a test about the inside.
func until(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	late := time.NewTimer(patience)
	defer late.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-late.C:
			tb.Fatalf("not within %s: %s", patience, what)
		}
	}
}
