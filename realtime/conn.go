package realtime

import (
	"errors"
	"net"
	"sync"

	"github.com/gorilla/websocket"

	"github.com/houzhen/houzhen"
)

// conn is one client. Whoever has something for it puts that into its mailbox
// and, if nobody is writing, writes: one message after the other, each given
// to the kernel at once or kept by the wire. Only when the client's buffers
// are full a goroutine takes over and waits, while newer states replace older
// ones in the mailbox.
type conn struct {
	hub     *Hub
	ws      *websocket.Conn
	wire    *wire
	allowed func(topic string) error
	reader  reader

	slot, place int // in the wheel

	mu      sync.Mutex
	writing bool // somebody writes or waits to write; stays true at the end
	gone    bool // nothing will be written any more
	subs    []*sub
	mailbox mailbox
	parting bye
	told    bool // the client knows of its parting
	spoken  bool // something was written since the last heartbeat
	beats   int  // heartbeats so far
	budget  int  // messages that the client may send before the next
}

// sub is one topic that a connection watches: a mailbox for one state. Its
// fields belong to the connection's lock.
type sub struct {
	conn    *conn
	topic   *topic
	known   Position // of the state that the client holds
	pending *frame
	next    *sub // in the mailbox
	queued  bool
	gone    bool // watches no more
}

// mailbox is what is to be written, by urgency.
type mailbox struct {
	pong        []byte
	words       [][]byte // welcome and no
	first, last *sub     // those with a pending state, longest waiting first
	ping, beat  bool
}

// maxWords ends a client that asks and asks but reads no answer.
const maxWords = 64

// offer puts f into the mailbox of s, in place of what was not yet written.
func (c *conn) offer(s *sub, f *frame) {
	c.mu.Lock()
	if s.gone {
		c.mu.Unlock()
		return
	}
	if s.pending != nil {
		c.hub.count.skipped.Add(1)
	}
	s.pending = f
	if !s.queued {
		c.mailbox.push(s)
	}
	c.unlockAndWrite()
}

// say puts a word into the mailbox.
func (c *conn) say(text []byte) {
	c.mu.Lock()
	c.mailbox.words = append(c.mailbox.words, text)
	tooMany := len(c.mailbox.words) > maxWords
	c.unlockAndWrite()
	if tooMany {
		c.cut(errStuck)
	}
}

// beat is called once a turn of the wheel.
func (c *conn) beat() {
	c.mu.Lock()
	c.budget = perBeat
	c.beats++
	c.mailbox.ping, c.mailbox.beat, c.spoken = true, !c.spoken, false
	c.unlockAndWrite()
}

func (c *conn) pong(payload string) {
	c.mu.Lock()
	c.mailbox.pong = append([]byte{}, payload...)
	c.unlockAndWrite()
}

// leave sends the client away: what is in the mailbox, the reason, a close
// frame. The client has WriteWait to answer.
func (c *conn) leave(b bye) {
	c.mu.Lock()
	if c.parting.code != 0 {
		c.mu.Unlock()
		return
	}
	c.parting = b
	_ = c.wire.SetReadDeadline(c.hub.opts.Now().Add(c.hub.opts.WriteWait))
	c.unlockAndWrite()
}

// unlockAndWrite gives up the lock and empties the mailbox, unless somebody
// is at it already.
func (c *conn) unlockAndWrite() {
	begin := !c.writing
	c.writing = true
	c.mu.Unlock()
	if begin {
		c.write()
	}
}

// write empties the mailbox. The caller is the only writer.
func (c *conn) write() {
	for {
		kind, text := c.take()
		if kind == 0 {
			return
		}
		if err := c.ws.WriteMessage(kind, text); err != nil {
			c.cut(err)
			return
		}
		if c.wire.blocked() {
			if !c.hub.crew.set(c.waitAndWrite) {
				c.cut(net.ErrClosed)
			}
			return
		}
	}
}

// waitAndWrite goes on when the client has taken what is under way.
func (c *conn) waitAndWrite() {
	if err := c.wire.flush(c.hub.opts.Now, c.hub.opts.SlowAfter); err != nil {
		c.cut(err)
		return
	}
	c.write()
}

// take gives the next message and its kind; 0 when there is none, which ends
// the caller's turn as the writer.
func (c *conn) take() (int, []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		return 0, nil
	}
	kind, text := c.mailbox.take(&c.hub.count)
	if kind == 0 && c.parting.code != 0 {
		if !c.told {
			c.told = true
			return websocket.TextMessage, byeText(c.parting)
		}
		c.gone = true
		return websocket.CloseMessage, websocket.FormatCloseMessage(c.parting.code, "")
	}
	c.writing = kind != 0
	c.spoken = c.spoken || kind == websocket.TextMessage
	return kind, text
}

func (m *mailbox) push(s *sub) {
	s.queued = true
	if m.first == nil {
		m.first = s
	} else {
		m.last.next = s
	}
	m.last = s
}

func (m *mailbox) take(count *counters) (int, []byte) {
	switch {
	case m.pong != nil:
		text := m.pong
		m.pong = nil
		return websocket.PongMessage, text
	case len(m.words) > 0:
		text := m.words[0]
		if m.words = m.words[1:]; len(m.words) == 0 {
			m.words = nil
		}
		return websocket.TextMessage, text
	}
	for m.first != nil {
		if text := m.pop(); text != nil {
			count.sent.Add(1)
			return websocket.TextMessage, text
		}
	}
	switch {
	case m.ping:
		m.ping = false
		return websocket.PingMessage, nil
	case m.beat:
		m.beat = false
		return websocket.TextMessage, []byte(heartbeatText)
	}
	return 0, nil
}

// pop gives the state of the first sub, or nil if it stopped watching.
func (m *mailbox) pop() []byte {
	s := m.first
	if m.first = s.next; m.first == nil {
		m.last = nil
	}
	f := s.pending
	s.next, s.queued, s.pending = nil, false, nil
	switch {
	case s.gone:
		return nil
	case !f.NewsTo(s.known):
		return sameText(s.topic.name, s.known)
	}
	s.known = f.Position
	return f.text
}

// refuse ends the watching of a topic, if there was any, and says why.
func (c *conn) refuse(topic string, code houzhen.Code) {
	c.drop(topic)
	c.hub.count.refused.Add(1)
	c.say(noText(topic, code))
}

// drop ends the watching of a topic.
func (c *conn) drop(topic string) {
	c.mu.Lock()
	var dropped *sub
	for i, s := range c.subs {
		if s.topic.name == topic {
			dropped, s.gone = s, true
			c.subs = append(c.subs[:i:i], c.subs[i+1:]...)
			break
		}
	}
	c.mu.Unlock()
	if dropped != nil {
		c.hub.unwatch(dropped)
	}
}

// cut ends the connection without a word; its reader notices and clears up.
func (c *conn) cut(why error) {
	c.mu.Lock()
	known := c.gone
	c.gone = true
	c.mu.Unlock()
	if !errors.Is(why, errStuck) {
		_ = c.wire.Close()
		return
	}
	if !known {
		c.hub.count.slow.Add(1)
	}
	c.wire.abort()
}
