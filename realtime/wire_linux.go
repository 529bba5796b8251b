package realtime

import (
	"errors"
	"net"
	"syscall"
)

// rawWriter writes to a socket without waiting.
type rawWriter struct {
	conn syscall.RawConn
	try  func(fd uintptr) bool // made once: a closure for each write would be garbage
	p    []byte
	n    int
	err  error
}

func newRawWriter(c net.Conn) *rawWriter {
	s, ok := c.(*net.TCPConn) // under TLS, writing to the socket would bypass it
	if !ok {
		return nil
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return nil
	}
	w := &rawWriter{conn: raw}
	w.try = func(fd uintptr) bool {
		for {
			if w.n, w.err = syscall.Write(int(fd), w.p); !errors.Is(w.err, syscall.EINTR) {
				return true
			}
		}
	}
	return w
}

// write gives the kernel what it takes of p at once.
func (w *rawWriter) write(p []byte) (int, error) {
	w.p = p
	err := w.conn.Write(w.try)
	w.p = nil
	switch {
	case err != nil:
		return 0, err
	case errors.Is(w.err, syscall.EAGAIN):
		return 0, nil
	case w.err != nil:
		return 0, w.err
	}
	return w.n, nil
}

// tcpNotSentLowAt is TCP_NOTSENT_LOWAT, which package syscall does not name.
const tcpNotSentLowAt = 25

// limitUnsent lets the kernel take nothing new while 512 bytes are unsent.
func limitUnsent(t *net.TCPConn) {
	raw, err := t.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpNotSentLowAt, 512)
	})
}
