package realtime

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// wire is a connection whose Write never waits: what the kernel does not take
// at once is kept, and somebody has to call flush before anything else is
// worth writing.
type wire struct {
	net.Conn
	raw   *rawWriter // nil where the system gives no access: everything is kept then
	armed atomic.Bool

	mu   sync.Mutex
	busy bool   // a flush is due or under way
	rest []byte // not yet taken by the kernel
}

func newWire(c net.Conn) *wire {
	tune(c)
	return &wire{Conn: c, raw: newRawWriter(c)}
}

// arm ends the handshake, during which Write waits like any other.
func (w *wire) arm() { w.armed.Store(true) }

// Write takes all of p or fails.
func (w *wire) Write(p []byte) (int, error) {
	if !w.armed.Load() {
		return w.Conn.Write(p)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	if !w.busy && w.raw != nil {
		var err error
		if n, err = w.raw.write(p); err != nil {
			return n, err
		}
	}
	if n < len(p) {
		w.rest, w.busy = append(w.rest, p[n:]...), true
	}
	return len(p), nil
}

// SetWriteDeadline does nothing once armed: Write does not wait, and flush
// keeps deadlines of its own.
func (w *wire) SetWriteDeadline(t time.Time) error {
	if w.armed.Load() {
		return nil
	}
	return w.Conn.SetWriteDeadline(t)
}

// blocked reports whether a flush is due.
func (w *wire) blocked() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.busy
}

// errStuck means that a client took nothing for too long.
var errStuck = errors.New("client takes nothing")

// flush writes what is left, for as long as the client takes some of it
// within each patience.
func (w *wire) flush(now func() time.Time, patience time.Duration) error {
	for {
		w.mu.Lock()
		p := w.rest
		w.rest = nil
		if w.busy = len(p) > 0; !w.busy {
			w.mu.Unlock()
			return w.Conn.SetWriteDeadline(time.Time{})
		}
		w.mu.Unlock()
		for len(p) > 0 {
			if err := w.Conn.SetWriteDeadline(now().Add(patience)); err != nil {
				return err
			}
			n, err := w.Conn.Write(p)
			p = p[n:]
			switch {
			case err == nil || (n > 0 && errors.Is(err, os.ErrDeadlineExceeded)):
			case errors.Is(err, os.ErrDeadlineExceeded):
				return errStuck
			default:
				return err
			}
		}
	}
}

// abort drops the connection together with whatever the kernel still holds.
func (w *wire) abort() {
	if t, ok := w.Conn.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = w.Close()
}

// tune makes the kernel's buffer small, so that a client that comes back gets
// the present and not the past, and leaves keeping alive to the heartbeat.
func tune(c net.Conn) {
	if over, ok := c.(interface{ NetConn() net.Conn }); ok { // TLS
		c = over.NetConn()
	}
	t, ok := c.(*net.TCPConn)
	if !ok {
		return
	}
	_ = t.SetKeepAlive(false)
	_ = t.SetWriteBuffer(sendBuffer)
	limitUnsent(t)
}

// sendBuffer is what the kernel may hold for one connection; Linux doubles it.
const sendBuffer = 8 << 10
