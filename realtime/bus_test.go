package realtime_test

import (
	"context"
	"net"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/houzhen/houzhen/realtime"
	"github.com/houzhen/houzhen/realtime/bustest"
)

func TestMain(m *testing.M) {
	if os.Getenv(idleServerEnv) != "" {
		os.Exit(idleServer())
	}
	goleak.VerifyTestMain(m)
}

func TestMemoryBus(t *testing.T) {
	bustest.Run(t, func(*testing.T) bustest.Backend {
		b := realtime.NewMemoryBus(time.Now)
		return bustest.Backend{One: b, Two: b, Flush: b.Flush}
	})
}

func TestRedisBusInProcess(t *testing.T) {
	bustest.Run(t, func(t *testing.T) bustest.Backend {
		t.Helper()
		server := miniredis.RunT(t)
		proxy := newProxy(t, server.Addr())
		return bustest.Backend{
			One:   redisBus(t, server.Addr(), "t", 0),
			Two:   redisBus(t, proxy.addr, "t", 0),
			Flush: server.FlushAll,
			Cut:   proxy.cut,
		}
	})
}

func TestRedisBusOnRedis(t *testing.T) {
	server := realRedis(t)
	prefix := "t" + strconv.FormatInt(time.Now().UnixNano(), 36)
	n := 0
	bustest.Run(t, func(t *testing.T) bustest.Backend {
		t.Helper()
		n++
		mine := prefix + strconv.Itoa(n)
		proxy := newProxy(t, server)
		flush := func() { deleteKeys(t, server, mine) }
		t.Cleanup(flush)
		return bustest.Backend{
			One:   redisBus(t, server, mine, 0),
			Two:   redisBus(t, proxy.addr, mine, 0),
			Flush: flush,
			Cut:   proxy.cut,
		}
	})
}

func TestSilentSubscriptionIsFound(t *testing.T) {
	proxy := newProxy(t, miniredis.RunT(t).Addr())
	ear := bustest.Listen(t, redisBus(t, proxy.addr, "t", 20*time.Millisecond))
	proxy.freeze() // connections stay open and say nothing; new ones work
	ear.AwaitResync()
}

func TestStateEndsWhenNobodyPublishesItAgain(t *testing.T) {
	now := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	b := realtime.NewMemoryBus(func() time.Time { return now })
	if _, _, err := b.Publish(t.Context(), "zone:1", 9, []byte(`1`)); err != nil {
		t.Fatal(err)
	}
	now = now.Add(realtime.Keep - time.Second)
	if _, found, _ := b.Latest(t.Context(), "zone:1"); !found {
		t.Error("a state ended before its time")
	}
	now = now.Add(time.Second)
	if _, found, _ := b.Latest(t.Context(), "zone:1"); found {
		t.Error("a state outlived its time")
	}
	if _, accepted, err := b.Publish(t.Context(), "zone:1", 1, []byte(`1`)); !accepted || err != nil {
		t.Errorf("after the end: got accepted %v, error %v; want the rev forgotten", accepted, err)
	}
}

func TestRedisAwayIsAnErrorSoon(t *testing.T) {
	server := miniredis.RunT(t)
	b := redisBus(t, server.Addr(), "t", 0)
	server.Close()
	if _, _, err := b.Publish(t.Context(), "zone:1", 1, []byte(`1`)); err == nil {
		t.Error("publish: got no error")
	}
	if _, _, err := b.Latest(t.Context(), "zone:1"); err == nil {
		t.Error("latest: got no error")
	}
}

func redisBus(tb testing.TB, addr, prefix string, silence time.Duration) *realtime.RedisBus {
	tb.Helper()
	return realtime.NewRedisBus(redisClient(tb, addr), realtime.RedisOptions{Now: time.Now, Prefix: prefix, Silence: silence})
}

func redisClient(tb testing.TB, addr string) redis.UniversalClient {
	tb.Helper()
	client := redis.NewClient(&redis.Options{Addr: addr})
	tb.Cleanup(func() { _ = client.Close() })
	return client
}

// realRedis gives the address of the Redis that tests may use.
func realRedis(tb testing.TB) string {
	tb.Helper()
	url := os.Getenv("HOUZHEN_TEST_REDIS_URL")
	if url == "" {
		if os.Getenv("HOUZHEN_TEST_REQUIRE_SERVICES") == "1" {
			tb.Fatal("HOUZHEN_TEST_REDIS_URL is empty, and services are required")
		}
		tb.Skip("HOUZHEN_TEST_REDIS_URL is empty: run under scripts/with-services.sh")
	}
	options, err := redis.ParseURL(url)
	if err != nil {
		tb.Fatal(err)
	}
	return options.Addr
}

// deleteKeys loses everything of one prefix: other tests use the same Redis.
func deleteKeys(tb testing.TB, addr, prefix string) {
	tb.Helper()
	client := redis.NewClient(&redis.Options{Addr: addr})
	defer func() { _ = client.Close() }()
	ctx := context.WithoutCancel(tb.Context())
	keys, err := client.Keys(ctx, prefix+"*").Result()
	if err == nil && len(keys) > 0 {
		err = client.Del(ctx, keys...).Err()
	}
	if err != nil {
		tb.Error(err)
	}
}

// proxy stands before a server and can break what goes through it.
type proxy struct {
	addr, server string
	listener     net.Listener
	wait         sync.WaitGroup

	mu    sync.Mutex
	pairs []*pair
}

// pair is one connection through the proxy.
type pair struct {
	client, server net.Conn
	frozen         chan struct{}
}

func newProxy(t *testing.T, server string) *proxy {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{addr: listener.Addr().String(), server: server, listener: listener}
	p.wait.Go(p.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		p.cut()
		p.wait.Wait()
	})
	return p
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", p.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		c := &pair{client, server, make(chan struct{})}
		p.mu.Lock()
		p.pairs = append(p.pairs, c)
		p.mu.Unlock()
		p.wait.Go(func() { c.carry(server, client) })
		p.wait.Go(func() { c.carry(client, server) })
	}
}

// carry copies until an end closes; what a frozen pair gets is lost.
func (c *pair) carry(to, from net.Conn) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		select {
		case <-c.frozen:
			continue
		default:
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

func (p *proxy) take() []*pair {
	p.mu.Lock()
	defer p.mu.Unlock()
	pairs := slices.Clone(p.pairs)
	return pairs
}

// cut closes every connection.
func (p *proxy) cut() {
	for _, c := range p.take() {
		_, _ = c.client.Close(), c.server.Close()
	}
}

// freeze lets the present connections live without a sign.
func (p *proxy) freeze() {
	for _, c := range p.take() {
		select {
		case <-c.frozen:
		default:
			close(c.frozen)
		}
	}
}
