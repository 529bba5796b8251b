package realtime_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/houzhen/houzhen/realtime"
)

// idleServerEnv makes the test binary a server whose memory is nobody else's.
const idleServerEnv = "HOUZHEN_REALTIME_IDLE_SERVER"

// BenchmarkIdleSocket opens 10,000 sockets that watch topics with a state of
// 200 bytes, and reports what each costs the server: shared, 60 on a topic;
// own, each on a topic of its own, whose state the memory bus holds too.
func BenchmarkIdleSocket(b *testing.B) {
	b.Run("shared", func(b *testing.B) { idleSockets(b, 60) })
	b.Run("own", func(b *testing.B) { idleSockets(b, 1) })
}

func idleSockets(b *testing.B, perTopic int) {
	b.Helper()
	const sockets = 10_000
	server := exec.CommandContext(b.Context(), os.Args[0])
	server.Env = append(os.Environ(), idleServerEnv+"=1")
	stdin, _ := server.StdinPipe()
	stdout, _ := server.StdoutPipe()
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() { _, _ = stdin.Close(), server.Wait() }()
	lines := bufio.NewScanner(stdout)
	ask := func(question string) float64 {
		if _, err := fmt.Fprintln(stdin, question); err != nil || !lines.Scan() {
			b.Fatal("the server is gone")
		}
		n, _ := strconv.ParseFloat(lines.Text(), 64)
		return n
	}
	lines.Scan()
	addr := lines.Text()
	for b.Loop() {
		base := ask("collected")
		conns := make([]net.Conn, sockets)
		for i := range conns {
			conns[i] = dialRaw(b, addr, "ticket:"+strconv.Itoa(i/perTopic))
		}
		b.ReportMetric((ask("natural")-base)/sockets, "B/socket-natural")
		b.ReportMetric((ask("collected")-base)/sockets, "B/socket-collected")
		for _, c := range conns {
			_ = c.Close()
		}
	}
}

// idleServer serves until its input ends, and answers each line with the
// memory it has resident.
func idleServer() int {
	filler := strings.Repeat("x", 180)
	hub := realtime.NewHub(realtime.Options{
		Bus: realtime.NewMemoryBus(time.Now), Now: time.Now,
		Snapshot: func(context.Context, string) (int64, []byte, error) {
			return 1, []byte(`{"filler":"` + filler + `"}`), nil
		},
	})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { _ = hub.Run(ctx) }()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 1
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hub.Serve(w, r, func(string) error { return nil })
	})}
	go func() { _ = server.Serve(listener) }()
	_, _ = fmt.Fprintln(os.Stdout, listener.Addr())
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if lines.Text() == "collected" {
			for range 3 { // a stack shrinks by half in each collection
				runtime.GC()
			}
			debug.FreeOSMemory()
		}
		_, _ = fmt.Fprintln(os.Stdout, resident())
	}
	return 0
}

func resident() int {
	text, _ := os.ReadFile("/proc/self/statm")
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.Atoi(fields[1])
	return pages * os.Getpagesize()
}

// BenchmarkFanOut has 60 clients on each of 100 topics in this process.
// Latency is from just before Publish to the client's having read the frame.
// paced: 44,000 messages a second for 3 s. flat out: as fast as publishers go
// that wait for nobody, so that states are skipped; messages are those read.
func BenchmarkFanOut(b *testing.B) {
	b.Run("paced", func(b *testing.B) { fanOut(b, 3*time.Second, 44_000/60) })
	b.Run("paced120k", func(b *testing.B) { fanOut(b, 3*time.Second, 120_000/60) })
	b.Run("flatOut", func(b *testing.B) { fanOut(b, 3*time.Second, 0) })
}

func fanOut(b *testing.B, length time.Duration, statesPerSecond int) {
	b.Helper()
	const topics, clients = 100, 60
	hub := realtime.NewHub(realtime.Options{Bus: realtime.NewMemoryBus(time.Now), Now: time.Now})
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = hub.Run(ctx) }()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hub.Serve(w, r, func(string) error { return nil })
	}))
	defer func() { cancel(); <-done; server.Close() }()
	name := func(i int) string { return "zone:" + strconv.Itoa(i%topics) }
	var ears []*ear
	var wait sync.WaitGroup
	origin := time.Now()
	for i := range topics * clients {
		e := &ear{conn: dialRaw(b, strings.TrimPrefix(server.URL, "http://"), name(i)), origin: origin}
		ears = append(ears, e)
		wait.Go(e.listen)
	}
	until(b, "everybody watches", func() bool { return hub.Watchers(name(topics-1)) == clients && hub.Watchers(name(0)) == clients })
	payload := `{"at":"%020d","filler":"` + strings.Repeat("x", 100) + `"}`
	rev := int64(0)
	pace := time.NewTicker(200 * time.Microsecond)
	defer pace.Stop()
	for b.Loop() {
		for _, e := range ears {
			e.measure.Store(true)
		}
		began := time.Now()
		for n := 0; time.Since(began) < length; n++ {
			for statesPerSecond > 0 && time.Since(began) < time.Duration(n)*time.Second/time.Duration(statesPerSecond) {
				<-pace.C
			}
			rev++
			if err := hub.Publish(ctx, name(n), rev, fmt.Appendf(nil, payload, time.Since(origin))); err != nil {
				b.Fatal(err)
			}
		}
		took := time.Since(began)
		for _, e := range ears {
			e.measure.Store(false)
		}
		b.ReportMetric(float64(hub.Stats().Sent)/took.Seconds(), "messages/s")
	}
	b.ReportMetric(float64(hub.Stats().Skipped), "skipped")
	for _, e := range ears {
		_ = e.conn.Close()
	}
	wait.Wait()
	var all []time.Duration
	for _, e := range ears {
		all = append(all, e.took...)
	}
	slices.Sort(all)
	b.ReportMetric(float64(all[len(all)/2].Microseconds()), "µs-p50")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), "µs-p99")
}

// BenchmarkPublishToClient is the way of one state to one client and back,
// within a process and from node to node.
func BenchmarkPublishToClient(b *testing.B) {
	b.Run("memory", func(b *testing.B) {
		bus := realtime.NewMemoryBus(time.Now)
		lockStep(b, bus, bus)
	})
	b.Run("redis", func(b *testing.B) {
		addr := realRedis(b)
		prefix := "b" + strconv.FormatInt(time.Now().UnixNano(), 36)
		b.Cleanup(func() { deleteKeys(b, addr, prefix) })
		lockStep(b, redisBus(b, addr, prefix, 0), redisBus(b, addr, prefix, 0))
	})
}

func lockStep(b *testing.B, from, to realtime.Bus) {
	b.Helper()
	n := start(b, realtime.Options{Bus: to})
	c := n.watch("zone:1")
	until(b, "the client watches", func() bool { return n.Watchers("zone:1") == 1 })
	rev := int64(0)
	for b.Loop() {
		rev++
		if _, _, err := from.Publish(b.Context(), "zone:1", rev, state(rev)); err != nil {
			b.Fatal(err)
		}
		c.Next("zone:1")
	}
}

// ear reads frames by hand and notes how long each was under way.
type ear struct {
	conn    net.Conn
	origin  time.Time
	measure atomic.Bool
	took    []time.Duration
}

func (e *ear) listen() {
	r := bufio.NewReaderSize(e.conn, 512)
	buf := make([]byte, 1024)
	for {
		text, err := readFrame(r, buf)
		if err != nil {
			return
		}
		_, after, found := bytes.Cut(text, []byte(`"at":"`)) // the padded one within the state
		if !found || !e.measure.Load() {
			continue
		}
		sent, _ := strconv.ParseInt(strings.TrimLeft(string(after[:20]), "0"), 10, 64)
		e.took = append(e.took, time.Since(e.origin)-time.Duration(sent))
	}
}

// readFrame reads a frame of at most 64 kB that the server has sent.
func readFrame(r *bufio.Reader, buf []byte) ([]byte, error) {
	if _, err := io.ReadFull(r, buf[:2]); err != nil {
		return nil, err
	}
	size := int(buf[1])
	if size == 126 {
		if _, err := io.ReadFull(r, buf[:2]); err != nil {
			return nil, err
		}
		size = int(binary.BigEndian.Uint16(buf))
	}
	_, err := io.ReadFull(r, buf[:size])
	return buf[:size], err
}

// dialRaw connects as a client that costs little itself.
func dialRaw(b *testing.B, addr, topic string) net.Conn {
	b.Helper()
	c, err := (&net.Dialer{}).DialContext(b.Context(), "tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	handshake(b, c, topic)
	return c
}

// BenchmarkPublishAll is the drawing of queues that changed: of one with fourteen
// people, and of sixteen of them.
func BenchmarkPublishAll(b *testing.B) {
	addr := realRedis(b)
	prefix := "b" + strconv.FormatInt(time.Now().UnixNano(), 36)
	b.Cleanup(func() { deleteKeys(b, addr, prefix) })
	bus := redisBus(b, addr, prefix, 0)
	for _, topics := range []int{14, 14 * 16} {
		b.Run(strconv.Itoa(topics), func(b *testing.B) {
			states, rev := make([]realtime.State, topics), int64(0)
			for b.Loop() {
				rev++
				for i := range states {
					states[i] = realtime.State{Topic: "pos/" + strconv.Itoa(i), Payload: fmt.Appendf(nil, `{"ahead":%d,"rev":%d,"why":%q}`, i, rev, strings.Repeat("x", 200))}
				}
				if _, err := bus.PublishAll(b.Context(), rev, states); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*topics), "ns/topic")
		})
	}
}
