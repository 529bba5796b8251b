package realtime_test

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/houzhen/houzhen/realtime"
	"github.com/houzhen/houzhen/realtime/realtimetest"
)

func TestUnwelcomeWords(t *testing.T) {
	hello := `{"t":"hello","sub":[]}`
	for name, c := range map[string]struct {
		say  []string
		code int
	}{
		"a frame over the limit":    {[]string{hello, `{"t":"sub","x":"` + strings.Repeat("x", 4<<10) + `"}`}, 1009},
		"no JSON":                   {[]string{hello, `hello?`}, realtime.CloseProtocol},
		"an array":                  {[]string{`[]`}, realtime.CloseProtocol},
		"a wrong type":              {[]string{`{"t":"hello","sub":[{"q":1}]}`}, realtime.CloseProtocol},
		"a subscription first":      {[]string{`{"t":"sub","sub":[{"q":"zone:1"}]}`}, realtime.CloseProtocol},
		"a second hello":            {[]string{hello, hello}, realtime.CloseProtocol},
		"too many topics at once":   {[]string{`{"t":"hello","sub":[` + strings.Repeat(`{"q":"a"},`, 16) + `{"q":"a"}]}`}, realtime.CloseProtocol},
		"too many words":            {append([]string{hello}, many(`{"t":"unsub","unsub":["a"]}`, 64)...), realtime.CloseTooMuch},
		"nothing at all":            {nil, realtime.CloseNoHello},
		"an unknown word, but fine": {[]string{hello, `{"t":"future","x":[1]}`, `{`}, realtime.CloseProtocol},
	} {
		t.Run(name, func(t *testing.T) {
			wait := 10 * time.Second
			if c.code == realtime.CloseNoHello {
				wait = 20 * time.Millisecond
			}
			n := start(t, realtime.Options{WriteWait: wait})
			client := realtimetest.Dial(t, n.url, nil)
			for _, text := range c.say {
				client.Say(text)
			}
			if got := client.CloseCode(); got != c.code {
				t.Errorf("got close code %d, want %d", got, c.code)
			}
			until(t, "the connection is gone", func() bool { return n.Stats().Connections == 0 })
		})
	}
}

func many(s string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = s
	}
	return list
}

func TestBinaryIsUnwelcome(t *testing.T) {
	n := start(t, realtime.Options{})
	c := n.watch()
	c.SayBinary([]byte(`{"t":"sub","sub":[]}`))
	if got := c.CloseCode(); got != realtime.CloseProtocol {
		t.Errorf("got close code %d, want %d", got, realtime.CloseProtocol)
	}
}

func TestOrigin(t *testing.T) {
	for name, c := range map[string]struct {
		check  func(*http.Request) bool
		origin string
		want   int
	}{
		"another host":             {nil, "https://elsewhere.example", http.StatusForbidden},
		"no origin, so no browser": {nil, "", http.StatusSwitchingProtocols},
		"a host that is let in":    {func(*http.Request) bool { return true }, "https://elsewhere.example", http.StatusSwitchingProtocols},
	} {
		t.Run(name, func(t *testing.T) {
			n := start(t, realtime.Options{CheckOrigin: c.check})
			header := http.Header{}
			if c.origin != "" {
				header.Set("Origin", c.origin)
			}
			if _, got, _ := realtimetest.TryDial(t, n.url, header); got != c.want {
				t.Errorf("got status %d, want %d", got, c.want)
			}
		})
	}
	t.Run("the same host", func(t *testing.T) {
		n := start(t, realtime.Options{})
		realtimetest.Dial(t, n.url, http.Header{"Origin": {n.url}})
	})
}

func TestNoRoom(t *testing.T) {
	n := start(t, realtime.Options{MaxConns: 1})
	first := n.watch()
	if _, got, _ := realtimetest.TryDial(t, n.url, nil); got != http.StatusServiceUnavailable {
		t.Errorf("got status %d, want 503", got)
	}
	first.Close()
	until(t, "there is room again", func() bool { return n.Stats().Connections == 0 })
	realtimetest.Dial(t, n.url, nil)
}

func TestPlainRequestIsRefused(t *testing.T) {
	n := start(t, realtime.Options{})
	w := httptest.NewRecorder()
	n.Serve(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/live", http.NoBody), n.allowed)
	if w.Code != http.StatusBadRequest || n.Stats().Connections != 0 {
		t.Errorf("got status %d and %d connections, want 400 and none", w.Code, n.Stats().Connections)
	}
}

func TestDrain(t *testing.T) {
	n := start(t, realtime.Options{Snapshot: newTruth("zone:1").Snapshot, DrainWindow: 30 * time.Millisecond})
	clients := make([]*realtimetest.Client, 10)
	for i := range clients {
		clients[i] = n.watch("zone:1")
		clients[i].Next("zone:1")
	}
	n.stop()
	for i, c := range clients {
		m := c.Await("a farewell", func(m realtimetest.Message) bool { return m.T == "bye" })
		if m.Code != float64(realtime.CloseDrain) || m.After != 30 {
			t.Errorf("client %d: got %+v, want bye with code 4100 after 30", i, m)
		}
		if got := c.CloseCode(); got != realtime.CloseDrain {
			t.Errorf("client %d: got close code %d, want %d", i, got, realtime.CloseDrain)
		}
	}
	if _, got, _ := realtimetest.TryDial(t, n.url, nil); got != http.StatusServiceUnavailable {
		t.Errorf("after the end: got status %d, want 503", got)
	}
	if got := n.Stats(); got.Connections != 0 || got.Topics != 0 {
		t.Errorf("got %+v, want nothing left", got)
	}
}

func TestDrainDoesNotWaitForTheStuck(t *testing.T) {
	n := start(t, realtime.Options{WriteWait: 300 * time.Millisecond})
	stuck(t, n, "zone:1")
	healthy := n.watch("zone:1")
	fill(n, healthy)
	n.stop() // would hang until SlowAfter
	if got := healthy.CloseCode(); got != realtime.CloseDrain {
		t.Errorf("got close code %d, want %d", got, realtime.CloseDrain)
	}
}

func TestHeartbeat(t *testing.T) {
	n := start(t, realtime.Options{Ping: 30 * time.Millisecond})
	c := n.watch()
	c.AwaitPings(3)
	for range 3 {
		c.Await("a heartbeat that a page can see", func(m realtimetest.Message) bool { return m.T == "hb" })
	}
}

func TestClientThatAnswersNoHeartbeatIsDropped(t *testing.T) {
	n := start(t, realtime.Options{Ping: 30 * time.Millisecond, PongWait: 30 * time.Millisecond})
	raw := stuck(t, n, "zone:1")
	go func() { _, _ = io.Copy(io.Discard, raw) }() // reads, and never answers
	until(t, "the silent client is gone", func() bool { return n.Stats().Connections == 0 })
	if got := n.Watched(); len(got) != 0 {
		t.Errorf("got watched %v, want none", got)
	}
}

func TestStuckClientDelaysNobodyAndSkipsToTheLatest(t *testing.T) {
	for name, server := range servers() {
		t.Run(name, func(t *testing.T) {
			n := startWith(t, realtime.Options{}, server)
			raw := stuck(t, n, "zone:1")
			last := fillWith(n, newHealthy(n, 3))
			if got := n.Stats(); got.Slow != 0 || got.Skipped == 0 {
				t.Errorf("got %+v, want the stuck client kept and states skipped", got)
			}
			seen := int64(0)
			read := 0
			for words := bufio.NewReaderSize(raw, 64<<10); seen < last; {
				s, ok := nextState(t, words)
				if !ok {
					continue
				}
				if s <= seen {
					t.Fatalf("got state %d after %d", s, seen)
				}
				seen = s
				read++
			}
			if read >= int(last)/2 {
				t.Errorf("the client read %d of %d states when it came back, want few", read, last)
			}
		})
	}
}

func TestClientThatTakesNothingIsCutInTheEnd(t *testing.T) {
	n := start(t, realtime.Options{SlowAfter: 50 * time.Millisecond})
	stuck(t, n, "zone:1")
	healthy := n.watch("zone:1")
	fill(n, healthy)
	until(t, "the stuck client is cut", func() bool { return n.Stats().Slow == 1 })
	until(t, "only the healthy one is left", func() bool { return n.Watchers("zone:1") == 1 })
	n.publish("zone:1", 1<<40)
	healthy.Until("zone:1", isState(1<<40))
}

// servers gives a plain one, written to without waiting, and one under TLS,
// where a goroutine writes.
func servers() map[string]func(http.Handler) *httptest.Server {
	return map[string]func(http.Handler) *httptest.Server{"plain": httptest.NewServer, "tls": httptest.NewTLSServer}
}

// bigState is large enough to fill any buffer soon.
func bigState(n int64) []byte {
	text, _ := json.Marshal(map[string]any{"n": n, "filler": strings.Repeat("x", 32<<10)})
	return text
}

func newHealthy(n *node, count int) []*realtimetest.Client {
	n.tb.Helper()
	list := make([]*realtimetest.Client, count)
	for i := range list {
		list[i] = n.watch("zone:1")
	}
	return list
}

func fill(n *node, healthy ...*realtimetest.Client) int64 { return fillWith(n, healthy) }

// fillWith publishes 200 large states and sees that every healthy client gets
// every one of them before the next: it would hang if a stuck one delayed it.
func fillWith(n *node, healthy []*realtimetest.Client) int64 {
	n.tb.Helper()
	const states = 200
	for rev := int64(1); rev <= states; rev++ {
		if err := n.Publish(n.tb.Context(), "zone:1", rev, bigState(rev)); err != nil {
			n.tb.Fatal(err)
		}
		for _, c := range healthy {
			var s struct{ N int64 }
			if c.NextState("zone:1", &s); s.N != rev {
				n.tb.Fatalf("a healthy client got state %d, want %d", s.N, rev)
			}
		}
	}
	return states
}

// stuck is a client that says hello and reads nothing.
func stuck(t *testing.T, n *node, topic string) net.Conn {
	t.Helper()
	_, addr, _ := strings.Cut(n.url, "://")
	raw, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(n.url, "https") {
		trust := n.tls.Clone()
		trust.ServerName = "example.com" // as in the server's certificate
		raw = tls.Client(raw, trust)
	}
	return shake(t, n, raw, topic)
}

// shake does the handshake by hand, reading nothing beyond it.
func shake(t *testing.T, n *node, raw net.Conn, topic string) net.Conn {
	t.Helper()
	t.Cleanup(func() { _ = raw.Close() })
	before := n.Watchers(topic)
	handshake(t, raw, topic)
	until(t, "the stuck client watches", func() bool { return n.Watchers(topic) == before+1 })
	return raw
}

// handshake becomes a WebSocket and says hello, by hand.
func handshake(tb testing.TB, raw net.Conn, topic string) {
	tb.Helper()
	hello := `{"t":"hello","sub":[{"q":"` + topic + `"}]}`
	masked := append([]byte{0x81, 0x80 | byte(len(hello)), 0, 0, 0, 0}, hello...) // masked with zeroes
	request := "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
	if _, err := io.WriteString(raw, request); err != nil {
		tb.Fatal(err)
	}
	var answer strings.Builder
	for one := make([]byte, 1); !strings.HasSuffix(answer.String(), "\r\n\r\n"); {
		if _, err := io.ReadFull(raw, one); err != nil {
			tb.Fatal(err)
		}
		answer.Write(one)
	}
	if !strings.HasPrefix(answer.String(), "HTTP/1.1 101") {
		tb.Fatalf("got %s", answer.String())
	}
	if _, err := raw.Write(masked); err != nil {
		tb.Fatal(err)
	}
}

// nextState reads one frame by hand; false if it is not a state.
func nextState(t *testing.T, r *bufio.Reader) (int64, bool) {
	t.Helper()
	head := make([]byte, 2)
	mustRead(t, r, head)
	size := int(head[1])
	if size == 126 || size == 127 {
		long := make([]byte, map[int]int{126: 2, 127: 8}[size])
		mustRead(t, r, long)
		size = 0
		for _, b := range long {
			size = size<<8 | int(b)
		}
	}
	text := make([]byte, size)
	mustRead(t, r, text)
	var m struct {
		T string
		D struct{ N int64 }
	}
	if head[0] != 0x81 || json.Unmarshal(text, &m) != nil || m.T != "s" {
		return 0, false
	}
	return m.D.N, true
}

func mustRead(t *testing.T, r io.Reader, p []byte) {
	t.Helper()
	if _, err := io.ReadFull(r, p); err != nil {
		t.Fatalf("stuck client: %v", err)
	}
}
