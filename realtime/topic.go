package realtime

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/houzhen/houzhen"
)

// need is what a topic's worker has to do before it delivers.
type need int

const (
	toDeliver need = iota
	toRead         // the bus may hold a newer state
	toRender       // what the bus holds is known to be old
)

// topic is a topic with at least one watcher on this node. At most one
// goroutine works for it, and only while there is something to do, so that
// all its watchers get its states in their order.
type topic struct {
	name string

	mu        sync.Mutex
	subs      []*sub
	newcomers []*sub // have not been given the frame yet
	frame     *frame // the newest known
	unsent    bool   // frame is news to all subs
	need      need
	busy      bool
	tries     int
	own       int      // states that this node is publishing
	heard     Position // announced meanwhile
	mark      []byte   // of the frame, where this node has published it
}

func (t *topic) watchers() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.subs)
}

func (t *topic) news(p Position) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.own > 0 { // it may be our own: published looks at it
		if p.NewsTo(t.heard) {
			t.heard = p
		}
		return false
	}
	return t.frame == nil || p.NewsTo(t.frame.Position)
}

// publishing notes that a state is about to be published; false when the
// watchers have one with that mark already, and none is on its way to them.
func (t *topic) publishing(mark []byte) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if mark != nil && bytes.Equal(mark, t.mark) {
		return false
	}
	t.own++
	return true
}

// published makes what was accepted the frame to deliver, and says what is left
// to do.
func (t *topic) published(p Published, mark []byte) need {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.own--
	if p.Accepted && (t.frame == nil || p.Frame.NewsTo(t.frame.Position)) {
		t.frame, t.unsent, t.mark = newFrame(t.name, p.Frame), true, mark
	}
	heard := t.heard
	if t.own == 0 {
		t.heard = Position{}
	}
	if heard != (Position{}) && (t.frame == nil || heard.NewsTo(t.frame.Position)) {
		t.mark = nil
		return toRead
	}
	return toDeliver
}

// watch adds s to its topic, which is made if nobody watched it.
func (h *Hub) watch(c *conn, name string, known Position) *sub {
	h.mu.Lock()
	defer h.mu.Unlock()
	t, found := h.topics[name]
	if !found {
		t = &topic{name: name, need: toRead}
		h.topics[name] = t
	}
	s := &sub{conn: c, topic: t, known: known}
	c.mu.Lock()
	c.subs = append(c.subs, s)
	c.mu.Unlock()
	t.mu.Lock()
	t.subs, t.newcomers = append(t.subs, s), append(t.newcomers, s)
	t.mu.Unlock()
	return s
}

// unwatch takes s away, and the topic with its last watcher.
func (h *Hub) unwatch(s *sub) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := s.topic
	t.mu.Lock()
	defer t.mu.Unlock()
	same := func(other *sub) bool { return other == s }
	t.subs, t.newcomers = slices.DeleteFunc(t.subs, same), slices.DeleteFunc(t.newcomers, same)
	if len(t.subs) == 0 && h.topics[t.name] == t {
		delete(h.topics, t.name)
	}
}

// want asks for work on t and sees that somebody does it.
func (h *Hub) want(t *topic, n need) {
	if t.claim(n) {
		h.crew.set(func() { h.serve(t) })
	}
}

// reread has every topic read again, by as many workers as may load at once:
// one for each topic would be thousands.
func (h *Hub) reread(topics []*topic) {
	var next atomic.Int64
	for range min(h.opts.MaxLoads, len(topics)) {
		h.crew.set(func() {
			for i := next.Add(1) - 1; i < int64(len(topics)) && h.ctx.Err() == nil; i = next.Add(1) - 1 {
				if topics[i].claim(toRead) {
					h.serve(topics[i])
				}
			}
		})
	}
}

// claim notes what is needed; true makes the caller the topic's worker.
func (t *topic) claim(n need) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.need = max(t.need, n); n != toDeliver {
		t.mark = nil
	}
	idle := !t.busy
	t.busy = true
	return idle
}

// serve works for t until nothing is left to do.
func (h *Hub) serve(t *topic) {
	for {
		n, f, subs := t.next()
		switch {
		case n != toDeliver:
			h.load(t, n)
		case len(subs) == 0:
			return
		default:
			for _, s := range subs {
				s.conn.offer(s, f)
			}
		}
	}
}

// next says what to do: load, or give a frame to some subs; with neither the
// worker is no longer busy.
func (t *topic) next() (need, *frame, []*sub) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.need
	t.need = toDeliver
	if n != toDeliver {
		return n, nil, nil
	}
	var subs []*sub
	switch {
	case t.frame == nil:
	case t.unsent:
		subs = slices.Clone(t.subs)
	default:
		subs = t.newcomers
	}
	if t.frame != nil {
		t.unsent, t.newcomers = false, nil
	}
	t.busy = len(subs) > 0
	return n, t.frame, subs
}

// load finds the state of t, on the bus or by rendering it, and makes it the
// frame to deliver. What fails is tried again later.
func (h *Hub) load(t *topic, n need) {
	select {
	case h.loads <- struct{}{}:
		defer func() { <-h.loads }()
	case <-h.ctx.Done():
		return
	}
	if t.watchers() == 0 {
		return
	}
	f, found, err := h.find(t, n)
	switch {
	case houzhen.CodeOf(err) == houzhen.CodeNotFound:
		t.dismiss(houzhen.CodeNotFound)
	case err != nil && h.ctx.Err() == nil:
		h.retry(t, n, err)
	case err == nil && found:
		t.take(f)
	}
}

func (h *Hub) find(t *topic, n need) (Frame, bool, error) {
	if n == toRead {
		f, found, err := h.opts.Bus.Latest(h.ctx, t.name)
		if err != nil || (found && !t.older(f)) || h.opts.Snapshot == nil {
			return f, found, err
		}
	}
	if h.opts.Snapshot == nil {
		return Frame{}, false, nil
	}
	h.count.rendered.Add(1)
	rev, payload, err := h.opts.Snapshot(h.ctx, t.name)
	if err != nil {
		return Frame{}, false, fmt.Errorf("render state: %w", err)
	}
	f, accepted, err := h.opts.Bus.Publish(h.ctx, t.name, rev, payload)
	if err != nil || accepted {
		return f, accepted, err
	}
	if f, found, err := h.opts.Bus.Latest(h.ctx, t.name); err != nil || found {
		return f, found, err
	}
	return Frame{}, false, errOutrun
}

// errOutrun means that the topic was touched with a higher rev than the state
// has that was rendered: it is on its way, or the two count differently.
var errOutrun = errors.New("rendered state is older than what was announced")

// older reports whether f lags behind what was delivered before: the bus has
// lost its memory and then taken a late publisher's word.
func (t *topic) older(f Frame) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.frame != nil && f.Rev < t.frame.rev
}

// take makes f the frame to deliver if it is news.
func (t *topic) take(f Frame) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tries = 0
	if t.frame == nil || f.NewsTo(t.frame.Position) {
		t.frame, t.unsent, t.mark = newFrame(t.name, f), true, nil
	}
}

// dismiss tells everybody that there is no such topic.
func (t *topic) dismiss(code houzhen.Code) {
	t.mu.Lock()
	subs := slices.Clone(t.subs)
	t.mu.Unlock()
	for _, s := range subs {
		s.conn.refuse(s.topic.name, code)
	}
}

// retry asks for n again after a pause that grows up to 16 s.
func (h *Hub) retry(t *topic, n need, err error) {
	t.mu.Lock()
	delay := 250 * time.Millisecond << min(t.tries, 6)
	t.tries++
	t.mu.Unlock()
	h.count.failed.Add(1)
	level := slog.LevelWarn
	if errors.Is(err, errOutrun) { // a busy topic; the newer state is asked for already
		level = slog.LevelDebug
	}
	h.opts.Logger.Log(h.ctx, level, "state not loaded", "topic", t.name, "error", err, "again_in", delay)
	time.AfterFunc(delay, func() { h.want(t, n) })
}
