package realtime

import (
	"errors"
	"io"
	"net"

	"github.com/gorilla/websocket"

	"github.com/houzhen/houzhen"
)

// What a client may send.
const (
	maxRequest = 4 << 10
	perBeat    = 64 // messages
)

// reader is what only the reading goroutine of a connection touches.
type reader struct {
	greeted bool
	checked int // the heartbeat at which rights were last asked for
}

// read hears the client until the connection ends, then clears up. It waits
// with as little on its stack as can be, see aside.
func (c *conn) read() {
	for c.readOne() {
	}
	aside(c.end)
}

// readOne takes one message; false when there will be no more.
func (c *conn) readOne() bool {
	kind, r, err := c.ws.NextReader()
	aside(func() { err = c.hear(kind, r, err) })
	return err == nil
}

// aside runs f on another stack and waits for it. A stack that has once grown
// stays large: the reader, which only waits, shall not keep one for years.
func aside(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
}

func isTimeout(err error) bool {
	var fault net.Error
	return errors.As(err, &fault) && fault.Timeout()
}

// expect prepares for what the client may send.
func (c *conn) expect() {
	_ = c.wire.SetReadDeadline(c.hub.opts.Now().Add(c.hub.opts.WriteWait)) // for the hello
	c.ws.SetReadLimit(maxRequest)
	c.ws.SetPingHandler(func(payload string) error { c.pong(payload); return nil })
	c.ws.SetPongHandler(func(string) error { c.alive(); return nil })
}

// end takes the connection out of everything.
func (c *conn) end() {
	c.mu.Lock()
	c.gone = true
	subs := c.subs
	c.subs = nil
	for _, s := range subs {
		s.gone = true
	}
	c.mu.Unlock()
	for _, s := range subs {
		c.hub.unwatch(s)
	}
	c.hub.wheel.remove(c)
	if c.wire.blocked() {
		c.wire.abort()
	}
	_ = c.wire.Close()
	c.hub.exit()
}

// hear takes one message, or the error that came in its place.
func (c *conn) hear(kind int, r io.Reader, err error) error {
	var text []byte
	if err == nil {
		text, err = io.ReadAll(r)
	}
	switch {
	case err == nil:
		c.obey(kind, text)
	case !c.reader.greeted && isTimeout(err):
		c.leave(bye{code: CloseNoHello})
	}
	return err
}

func (c *conn) obey(kind int, text []byte) {
	c.mu.Lock()
	left, leaving := c.budget, c.parting.code != 0
	c.budget--
	c.mu.Unlock()
	if leaving {
		return
	}
	if left <= 0 {
		c.leave(bye{code: CloseTooMuch})
		return
	}
	r, err := parseRequest(text)
	if err != nil || kind != websocket.TextMessage || c.reader.greeted == (r.T == sayHello) || len(r.Sub) > c.hub.opts.MaxTopics {
		c.leave(bye{code: CloseProtocol})
		return
	}
	switch r.T {
	case sayHello:
		c.reader.greeted = true
		c.alive()
		c.say(welcomeText(c.hub.opts.Ping))
		c.subscribe(r)
	case saySub:
		c.subscribe(r)
	case sayUnsub:
		for _, topic := range r.Unsub {
			c.drop(topic)
		}
	}
}

func (c *conn) subscribe(r request) {
	for _, want := range r.Sub {
		c.drop(want.Q)
		if code := c.mayWatch(want.Q); code != "" {
			c.refuse(want.Q, code)
			continue
		}
		s := c.hub.watch(c, want.Q, Position{want.E, want.V})
		c.hub.want(s.topic, toDeliver)
	}
}

// mayWatch says why a topic is refused, or "".
func (c *conn) mayWatch(topic string) houzhen.Code {
	c.mu.Lock()
	watching := len(c.subs)
	c.mu.Unlock()
	switch {
	case !validTopic(topic):
		return houzhen.CodeInvalid
	case watching >= c.hub.opts.MaxTopics:
		return houzhen.CodeLimit
	}
	return houzhen.CodeOf(c.allowed(topic))
}

// alive gives the client until after the next heartbeat, and asks again from
// time to time whether it still may watch what it watches.
func (c *conn) alive() {
	c.mu.Lock()
	if c.parting.code == 0 && c.reader.greeted {
		_ = c.wire.SetReadDeadline(c.hub.opts.Now().Add(c.hub.opts.Ping + c.hub.opts.PongWait))
	}
	beats := c.beats
	c.mu.Unlock()
	if int64(beats-c.reader.checked)*int64(c.hub.opts.Ping) >= int64(c.hub.opts.Recheck) {
		c.reader.checked = beats
		aside(c.recheck)
	}
}

func (c *conn) recheck() {
	c.mu.Lock()
	topics := make([]string, 0, len(c.subs))
	for _, s := range c.subs {
		topics = append(topics, s.topic.name)
	}
	c.mu.Unlock()
	refused := 0
	for _, topic := range topics {
		if err := c.allowed(topic); err != nil {
			c.refuse(topic, houzhen.CodeOf(err))
			refused++
		}
	}
	if refused > 0 && refused == len(topics) {
		c.leave(bye{code: CloseSignIn})
	}
}
