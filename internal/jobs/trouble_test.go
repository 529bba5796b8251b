package jobs_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/jobs"
)

// broken is a Redis whose scripts hang while it is down, until their context
// ends or the client loses patience.
type broken struct {
	redis.UniversalClient
	down  atomic.Bool
	tries atomic.Int64
}

func (b *broken) EvalSha(ctx context.Context, sha string, keys []string, args ...any) *redis.Cmd {
	if b.down.Load() {
		b.tries.Add(1)
		select {
		case <-ctx.Done():
			return redis.NewCmdResult(nil, ctx.Err())
		case <-time.After(3 * time.Second):
			return redis.NewCmdResult(nil, errors.New("i/o timeout"))
		}
	}
	if ctx.Err() != nil { // as every client does
		return redis.NewCmdResult(nil, ctx.Err())
	}
	return b.UniversalClient.EvalSha(ctx, sha, keys, args...)
}

// asynq itself gets this wrong: without the rescue the task is run twice.
func TestATaskThatEndsWhileRedisIsAwayIsNotRunAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &broken{UniversalClient: embedded(t)}
		p := jobs.New(jobs.Options{Redis: c, Logger: quiet, Servers: 1, Concurrency: 1, Poll: time.Second, EpochCheck: time.Minute})
		var runs atomic.Int64
		p.Handle("facts", func(context.Context, []string) error {
			if runs.Add(1) == 1 {
				c.down.Store(true) // before asynq says that it is done
			}
			return nil
		})
		run(t, p)
		enqueue(t, p, "facts", houzhen.Soon, "a")
		pass(12 * time.Second) // a lease is 30 s
		c.down.Store(false)
		if c.tries.Load() == 0 {
			t.Fatal("Redis was never missed")
		}
		pass(5 * time.Minute)
		wait(t, p)
		equal(t, runs.Load(), int64(1))
	})
}

func TestEnqueueGivesUpOnAHungRedis(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hung := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", Dialer: func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe() // nobody reads
			t.Cleanup(func() { _ = far.Close() })
			return near, nil
		}, DisableIdentity: true})
		t.Cleanup(func() { _ = hung.Close() })
		p := jobs.New(jobs.Options{Redis: hung, Logger: quiet})
		began := time.Now()
		err := p.Enqueue(t.Context(), "facts", houzhen.Soon, ids(1000))
		if houzhen.CodeOf(err) != houzhen.CodeUnavailable {
			t.Errorf("got %v, want %s", err, houzhen.CodeUnavailable)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("got an answer after %v, want it soon", took)
		}
	})
}

func TestWorkGoesOnWhenRedisComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &broken{UniversalClient: embedded(t)}
		c.down.Store(true)
		p := jobs.New(jobs.Options{Redis: c, Logger: quiet, Servers: 1})
		var b book
		p.Handle("facts", b.take)
		if err := p.Enqueue(t.Context(), "facts", houzhen.Soon, []string{"lost"}); houzhen.CodeOf(err) != houzhen.CodeUnavailable {
			t.Errorf("got %v, want %s", err, houzhen.CodeUnavailable)
		}
		c.down.Store(false)
		run(t, p)
		enqueue(t, p, "facts", houzhen.Soon, "a")
		wait(t, p)
		equal(t, b.all(), []string{"a"})
	})
}

// info is a Redis that says one thing about itself.
type info struct {
	redis.UniversalClient
	text string
	err  error
}

func (i info) Info(context.Context, ...string) *redis.StringCmd {
	return redis.NewStringResult(i.text, i.err)
}

func TestExamineTellsWhatDoesNotFit(t *testing.T) {
	for _, c := range []struct {
		name, text string
		err        error
		refused    bool
		warnings   int
	}{
		{name: "as it should be", text: "redis_version:7.0.15\r\nmaxmemory_policy:noeviction\r\n"},
		{name: "just new enough", text: "redis_version:6.2.0\r\n"},
		{name: "too old", text: "redis_version:6.0.16\r\nmaxmemory_policy:noeviction\r\n", refused: true},
		{name: "much too old", text: "redis_version:5.0.3\r\n", refused: true},
		{name: "two digits", text: "redis_version:10.1\r\nmaxmemory_policy:noeviction\r\n"},
		{name: "throws tasks away", text: "redis_version:7.2.4\r\nmaxmemory_policy:allkeys-lru\r\n", warnings: 1},
		{name: "silent", text: "", warnings: 1},
		{name: "away", err: errors.New("connection refused"), refused: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, err := jobs.Examine(t.Context(), info{text: c.text, err: c.err})
			if (err != nil) != c.refused {
				t.Errorf("got error %v, want one: %v", err, c.refused)
			}
			equal(t, len(h.Warnings), c.warnings)
		})
	}
}

func TestConnectRefusesAnAddressWithoutShowingItsPassword(t *testing.T) {
	for _, url := range []string{
		"", "http://x", "redis://:secret@127.0.0.1:1/zero", "redis-sentinel://:secret@%zz",
		"redis://:secret@127.0.0.1:1/0",
	} {
		_, err := jobs.Connect(t.Context(), url)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v, want an error without the password", url, err)
		}
	}
}

func TestIdleSeesEveryPlaceATaskCanBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := jobs.New(jobs.Options{Redis: embedded(t), Logger: quiet, Servers: 1})
		var seen []string
		look := func(where string) {
			idle, err := p.Idle(t.Context())
			if err != nil {
				t.Error(err)
			}
			if !idle {
				seen = append(seen, where)
			}
		}
		tries := 0
		p.Handle("facts", func(context.Context, []string) error {
			look("active")
			if tries++; tries == 1 {
				return errors.New("once more")
			}
			return nil
		})
		look("empty")
		enqueue(t, p, "facts", houzhen.Routine, "a")
		look("pending")
		run(t, p)
		pass(500 * time.Millisecond) // it has failed and waits
		look("retry")
		wait(t, p)
		look("done")
		equal(t, slices.Compact(seen), []string{"pending", "active", "retry", "active"})
	})
}

func TestWaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := jobs.New(jobs.Options{Redis: embedded(t), Logger: quiet})
		enqueue(t, p, "facts", houzhen.Soon, "nobody works")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
		}
	})
}
