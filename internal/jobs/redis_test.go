package jobs_test

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/jobs"
)

// real gives a Redis server of its own number, emptied.
func real(tb testing.TB) redis.UniversalClient {
	tb.Helper()
	url := os.Getenv("HOUZHEN_TEST_REDIS_URL")
	if url == "" {
		if os.Getenv("HOUZHEN_TEST_REQUIRE_SERVICES") == "1" {
			tb.Fatal("HOUZHEN_TEST_REDIS_URL is not set, but services are required")
		}
		tb.Skip("needs Redis: set HOUZHEN_TEST_REDIS_URL, or run with scripts/with-services.sh")
	}
	opt, err := redis.ParseURL(url)
	if err != nil {
		tb.Fatal(err)
	}
	opt.DB = 41 // other packages keep to their own numbers
	c := redis.NewClient(opt)
	tb.Cleanup(func() { _ = c.Close() })
	if err := c.FlushDB(tb.Context()).Err(); err != nil {
		tb.Fatal(err)
	}
	return c
}

func TestConnectTakesARealRedis(t *testing.T) {
	real(t) // skips without one
	c, err := jobs.Connect(t.Context(), os.Getenv("HOUZHEN_TEST_REDIS_URL"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	h, err := jobs.Examine(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, h.Policy, "noeviction")
	equal(t, len(h.Warnings), 0)
}

func TestARealRedisCarriesTasksOfAllLanes(t *testing.T) {
	p := jobs.New(jobs.Options{Redis: real(t), Logger: quiet, Poll: 5 * time.Millisecond})
	var b book
	p.Handle("facts", b.take)
	run(t, p)
	all := ids(2500)
	enqueue(t, p, "facts", houzhen.Critical, all[:100]...)
	enqueue(t, p, "facts", houzhen.Soon, all[100:200]...)
	enqueue(t, p, "facts", houzhen.Routine, all[200:]...)
	wait(t, p)
	equal(t, b.all(), all)
}

func TestARealRedisIsRestoredAfterAFlush(t *testing.T) {
	c := real(t)
	flushed := make(chan struct{}, 10)
	p := jobs.New(jobs.Options{Redis: c, Logger: quiet, Poll: 5 * time.Millisecond, EpochCheck: 5 * time.Millisecond, OnFlush: func(context.Context) { flushed <- struct{}{} }})
	var b book
	p.Handle("facts", b.take)
	run(t, p)
	enqueue(t, p, "facts", houzhen.Soon, "before")
	wait(t, p)
	if err := p.Pause(t.Context(), houzhen.Routine); err != nil {
		t.Fatal(err)
	}
	if err := c.FlushDB(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	<-flushed
	o, err := p.Overview(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, []bool{o.Lanes[0].Paused, o.Lanes[1].Paused, o.Lanes[2].Paused}, []bool{false, false, true})
	enqueue(t, p, "facts", houzhen.Soon, "after")
	wait(t, p)
	equal(t, b.all(), []string{"after", "before"})
}

func TestTwoNodesShareTheWorkOfARealRedis(t *testing.T) {
	c := real(t)
	var once, twice atomic.Int64
	seen := make([]atomic.Int64, 3000)
	handler := func(_ context.Context, ids []string) error {
		for _, id := range ids {
			n := 0
			for _, d := range id {
				n = n*10 + int(d-'0')
			}
			if seen[n].Add(1) == 1 {
				once.Add(1)
			} else {
				twice.Add(1)
			}
		}
		return nil
	}
	var nodes [2]*jobs.Pipeline
	for i := range nodes {
		nodes[i] = jobs.New(jobs.Options{Redis: c, Logger: quiet, Poll: 5 * time.Millisecond})
		nodes[i].Handle("facts", handler)
		run(t, nodes[i])
	}
	for _, id := range ids(3000) { // a task each
		if err := nodes[0].Enqueue(t.Context(), "facts", houzhen.Soon, []string{id}); err != nil {
			t.Fatal(err)
		}
	}
	wait(t, nodes[1])
	equal(t, []int64{once.Load(), twice.Load()}, []int64{3000, 0})
	if a, b := nodes[0].Stats().Done, nodes[1].Stats().Done; a == 0 || b == 0 || a+b != 3000 {
		t.Errorf("got %d and %d tasks done, want a share each", a, b)
	}
}

func TestARealRedisRetries(t *testing.T) {
	p := jobs.New(jobs.Options{Redis: real(t), Logger: quiet, Poll: 5 * time.Millisecond})
	var tries atomic.Int64
	p.Handle("facts", func(context.Context, []string) error {
		if tries.Add(1) == 1 {
			return errors.New("once more")
		}
		return nil
	})
	run(t, p)
	enqueue(t, p, "facts", houzhen.Soon, "a")
	wait(t, p)
	equal(t, tries.Load(), int64(2))
}
