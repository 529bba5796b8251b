// Package realtimetest is a client that keeps the rules of the protocol, for
// tests that look at screens and phones. It decides nothing about states, and
// never waits longer than its patience: then the test fails.
package realtimetest

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/houzhen/houzhen/realtime"
)

// patience is how long anything may take before a test fails.
const patience = 20 * time.Second

// Message is anything that a server says.
type Message struct {
	T     string          `json:"t"`
	Q     string          `json:"q"`
	E     string          `json:"e"`
	V     int64           `json:"v"`
	At    int64           `json:"at"`
	D     json.RawMessage `json:"d"`
	Code  any             `json:"code"` // a string with "no", a number with "bye"
	After int64           `json:"after"`
	HB    int64           `json:"hb"`
}

// Into decodes the state into v.
func (m Message) Into(tb testing.TB, v any) {
	tb.Helper()
	if err := json.Unmarshal(m.D, v); err != nil {
		tb.Fatalf("decode state of %s: %v: %s", m.Q, err, m.D)
	}
}

// Client is a page that watches topics.
type Client struct {
	tb      testing.TB
	ws      *websocket.Conn
	arrived chan struct{} // a token when something was heard
	done    chan struct{} // closed when the connection has ended

	mu      sync.Mutex
	greeted bool
	queue   []Message // heard, not yet asked for
	held    map[string]Message
	pings   int
	ended   error
}

// Dial connects to url (http or ws) with the given header, and fails the test
// if it is refused. The connection is closed with the test.
func Dial(tb testing.TB, url string, header http.Header) *Client {
	tb.Helper()
	return DialTLS(tb, url, header, nil)
}

// DialTLS connects like Dial, with a configuration that trusts the server.
func DialTLS(tb testing.TB, url string, header http.Header, trust *tls.Config) *Client {
	tb.Helper()
	c, status, err := dial(tb, url, header, trust)
	if err != nil {
		tb.Fatalf("dial: %v (status %d)", err, status)
	}
	return c
}

// TryDial connects like Dial and gives the HTTP status of a refusal.
func TryDial(tb testing.TB, url string, header http.Header) (*Client, int, error) {
	tb.Helper()
	return dial(tb, url, header, nil)
}

func dial(tb testing.TB, url string, header http.Header, trust *tls.Config) (*Client, int, error) {
	tb.Helper()
	dialer := websocket.Dialer{HandshakeTimeout: patience, TLSClientConfig: trust}
	ws, response, err := dialer.DialContext(tb.Context(), "ws"+strings.TrimPrefix(strings.TrimPrefix(url, "http"), "ws"), header)
	if err != nil {
		if response == nil {
			return nil, 0, err
		}
		_ = response.Body.Close()
		return nil, response.StatusCode, err
	}
	c := &Client{tb: tb, ws: ws, arrived: make(chan struct{}, 1), done: make(chan struct{}), held: map[string]Message{}}
	pong := ws.PingHandler()
	ws.SetPingHandler(func(text string) error {
		c.mu.Lock()
		c.pings++
		c.mu.Unlock()
		c.signal()
		return pong(text)
	})
	go c.read()
	tb.Cleanup(c.Close)
	return c, response.StatusCode, nil
}

func (c *Client) read() {
	defer close(c.done)
	for {
		var m Message
		err := c.ws.ReadJSON(&m)
		c.mu.Lock()
		if err != nil {
			c.ended = err
			c.mu.Unlock()
			return
		}
		c.keep(m)
		c.mu.Unlock()
		c.signal()
	}
}

// keep applies the rules of the protocol: what is no news is dropped.
func (c *Client) keep(m Message) {
	if held, found := c.held[m.Q]; m.T == "s" && found && !position(m).NewsTo(position(held)) {
		return
	}
	if m.T == "s" {
		c.held[m.Q] = m
	}
	c.queue = append(c.queue, m)
}

func position(m Message) realtime.Position { return realtime.Position{Epoch: m.E, Version: m.V} }

func (c *Client) signal() {
	select {
	case c.arrived <- struct{}{}:
	default:
	}
}

// Resume takes over what an earlier client of the same page holds.
func (c *Client) Resume(from *Client) {
	from.mu.Lock()
	defer from.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.Copy(c.held, from.held)
}

// Watch says hello, or later sub, for the topics and what is held of them.
func (c *Client) Watch(topics ...string) {
	c.tb.Helper()
	type want struct {
		Q string `json:"q"`
		E string `json:"e,omitempty"`
		V int64  `json:"v,omitempty"`
	}
	say := struct {
		T   string `json:"t"`
		Sub []want `json:"sub"`
	}{T: "sub"}
	c.mu.Lock()
	if !c.greeted {
		c.greeted, say.T = true, "hello"
	}
	for _, topic := range topics {
		say.Sub = append(say.Sub, want{topic, c.held[topic].E, c.held[topic].V})
	}
	c.mu.Unlock()
	text, _ := json.Marshal(say) // always encodes
	c.Say(string(text))
}

// Unwatch stops watching.
func (c *Client) Unwatch(topics ...string) {
	c.tb.Helper()
	text, _ := json.Marshal(map[string]any{"t": "unsub", "unsub": topics}) // always encodes
	c.Say(string(text))
}

// Say sends any text.
func (c *Client) Say(text string) {
	c.tb.Helper()
	if err := c.ws.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		c.tb.Fatalf("say: %v", err)
	}
}

// SayBinary sends what no client should.
func (c *Client) SayBinary(data []byte) {
	c.tb.Helper()
	if err := c.ws.WriteMessage(websocket.BinaryMessage, data); err != nil {
		c.tb.Fatalf("say: %v", err)
	}
}

// Next gives the next thing said about the topic: "s", "same" or "no".
func (c *Client) Next(topic string) Message {
	c.tb.Helper()
	return c.Await("news of "+topic, func(m Message) bool { return m.Q == topic })
}

// NextState gives the next state of the topic decoded into v.
func (c *Client) NextState(topic string, v any) Message {
	c.tb.Helper()
	m := c.Await("a state of "+topic, func(m Message) bool { return m.Q == topic && m.T == "s" })
	m.Into(c.tb, v)
	return m
}

// Until waits for a state of the topic whose JSON satisfies ok; states before
// it are passed over, as they may be skipped anyway.
func (c *Client) Until(topic string, ok func(state json.RawMessage) bool) Message {
	c.tb.Helper()
	return c.Await("a certain state of "+topic, func(m Message) bool { return m.Q == topic && m.T == "s" && ok(m.D) })
}

// Await gives the first unread message that matches, and leaves the others.
func (c *Client) Await(what string, match func(Message) bool) Message {
	c.tb.Helper()
	var found Message
	c.wait(what, func() bool {
		i := slices.IndexFunc(c.queue, match)
		if i < 0 {
			return false
		}
		found = c.queue[i]
		c.queue = slices.Delete(c.queue, i, i+1)
		return true
	})
	return found
}

// AwaitPings waits until n heartbeats have come.
func (c *Client) AwaitPings(n int) {
	c.tb.Helper()
	c.wait("heartbeats", func() bool { return c.pings >= n })
}

// wait returns when ok, which is asked with the lock held.
func (c *Client) wait(what string, ok func() bool) {
	c.tb.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		ended := false
		select {
		case <-c.done:
			ended = true
		default:
		}
		c.mu.Lock()
		satisfied, queue, err := ok(), slices.Clone(c.queue), c.ended
		c.mu.Unlock()
		switch {
		case satisfied:
			return
		case ended:
			c.tb.Fatalf("connection ended before %s: %v; unread: %v", what, err, queue)
		}
		select {
		case <-c.arrived:
		case <-c.done:
		case <-late.C:
			c.tb.Fatalf("nothing like %s within %s; unread: %v", what, patience, queue)
		}
	}
}

// Held gives the state of a topic as the page shows it now.
func (c *Client) Held(topic string) Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.held[topic]
}

// CloseCode waits until the server has closed the connection and says why.
func (c *Client) CloseCode() int {
	c.tb.Helper()
	select {
	case <-c.done:
	case <-time.After(patience):
		c.tb.Fatal("connection was not closed")
	}
	var closed *websocket.CloseError
	if !errors.As(c.ended, &closed) {
		return websocket.CloseAbnormalClosure
	}
	return closed.Code
}

// Close hangs up.
func (c *Client) Close() {
	_ = c.ws.Close()
	<-c.done
}
