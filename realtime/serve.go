package realtime

import (
	"bufio"
	"net"
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

// Serve makes the request a connection of the hub and returns; the connection
// lives on. allowed decides which topics it may watch, for a wrong one by a
// coded error; it is called again later, by one goroutine at a time, and
// should not hold on to r, which is worth more memory than the connection.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, allowed func(topic string) error) {
	if !h.enter() {
		w.Header().Set("Retry-After", "5")
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	take := &takeover{ResponseWriter: w}
	up := websocket.Upgrader{
		HandshakeTimeout: h.opts.WriteWait,
		ReadBufferSize:   readBuffer,
		WriteBufferSize:  writeBuffer,
		WriteBufferPool:  &h.buffers,
		CheckOrigin:      h.opts.CheckOrigin,
	}
	ws, err := up.Upgrade(take, r, nil)
	if err != nil { // and answered
		h.exit()
		return
	}
	take.wire.arm()
	c := &conn{hub: h, ws: ws, wire: take.wire, allowed: allowed, budget: perBeat}
	c.expect()
	h.count.opened.Add(1)
	h.wheel.add(c)
	if !h.crew.set(c.read) {
		c.end()
	}
}

// Buffers of a connection: a small one for reading, and one for writing that
// is lent for each message.
const (
	readBuffer  = 128
	writeBuffer = 4 << 10
)

// enter counts a connection in, or reports that there is no room.
func (h *Hub) enter() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.draining || h.conns >= h.opts.MaxConns {
		return false
	}
	h.conns++
	return true
}

func (h *Hub) exit() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.conns--
}

// takeover hands the connection to the upgrader as a wire.
type takeover struct {
	http.ResponseWriter
	wire *wire
}

// Hijack implements http.Hijacker.
func (t *takeover) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, buffered, err := http.NewResponseController(t.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	if err := c.SetDeadline(time.Time{}); err != nil {
		_ = c.Close()
		return nil, nil, err
	}
	t.wire = newWire(c)
	return t.wire, buffered, nil
}
