package measure

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// answerWithin is how long a server may take for one answer.
const answerWithin = time.Minute

// Wire is one kept HTTP/1.1 connection of a caller who sends finished requests
// and reads the answers, with as little work of his own as can be: he shares
// the machine with the server he measures. It belongs to one goroutine at a
// time.
type Wire struct {
	conn net.Conn
	in   *bufio.Reader
}

// Dial connects to host:port.
func Dial(ctx context.Context, addr string) (*Wire, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return &Wire{conn: conn, in: bufio.NewReaderSize(conn, 8<<10)}, nil
}

// Ask sends a whole request and gives the answer's status and body.
func (w *Wire) Ask(request []byte) (status int, body []byte, err error) {
	if err := w.conn.SetDeadline(now().Add(answerWithin)); err != nil {
		return 0, nil, fmt.Errorf("set deadline: %w", err)
	}
	if _, err := w.conn.Write(request); err != nil {
		return 0, nil, fmt.Errorf("send: %w", err)
	}
	answer, err := http.ReadResponse(w.in, nil)
	if err != nil {
		return 0, nil, fmt.Errorf("read answer: %w", err)
	}
	body, err = io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return 0, nil, fmt.Errorf("read answer: %w", err)
	}
	return answer.StatusCode, body, nil
}

// Close ends the connection.
func (w *Wire) Close() error { return w.conn.Close() }

// Wires are connections that callers share; each is lent to one at a time.
type Wires struct {
	free chan *Wire
}

// DialAll opens n connections.
func DialAll(ctx context.Context, addr string, n int) (*Wires, error) {
	ws := &Wires{free: make(chan *Wire, n)}
	for range n {
		w, err := Dial(ctx, addr)
		if err != nil {
			ws.Close()
			return nil, err
		}
		ws.free <- w
	}
	return ws, nil
}

// Ask is Wire.Ask on whichever connection is free first.
func (ws *Wires) Ask(ctx context.Context, request []byte) (status int, body []byte, err error) {
	select {
	case <-ctx.Done():
		return 0, nil, ctx.Err()
	case w := <-ws.free:
		defer func() { ws.free <- w }()
		return w.Ask(request)
	}
}

// Close ends the connections that nobody uses.
func (ws *Wires) Close() {
	for {
		select {
		case w := <-ws.free:
			_ = w.Close()
		default:
			return
		}
	}
}

// Request puts a request together once, to be sent many times or by a caller
// who has no time to lose. Headers are "Name: value" lines.
func Request(method, path, host, body string, headers ...string) []byte {
	b := fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, path, host)
	for _, h := range headers {
		b = append(append(b, h...), "\r\n"...)
	}
	if body != "" {
		b = fmt.Appendf(b, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	b = append(b, "\r\n"...)
	return append(b, body...)
}

// helloFor is how long net/http is asked for its greeting.
const helloFor = time.Second

// Hello measures how many requests a second net/http answers with one word to
// so many callers of this package on this machine: the limit beside which a
// figure taken over HTTP has to be read.
func Hello(ctx context.Context, callers int) (float64, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{ReadHeaderTimeout: answerWithin, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "hello")
	})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l) // ends with Close
	}()
	defer func() {
		_ = server.Close()
		<-done
	}()
	ws, err := DialAll(ctx, l.Addr().String(), callers)
	if err != nil {
		return 0, err
	}
	defer ws.Close()
	request := Request(http.MethodGet, "/", l.Addr().String(), "")
	load, err := Closed(ctx, callers, 1<<30, helloFor, func(ctx context.Context, _, _ int) error {
		status, _, err := ws.Ask(ctx, request)
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("hello: status %d", status)
		}
		return err
	})
	return load.PerSecond(), err
}
