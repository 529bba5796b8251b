package jobs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/jobs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.DiscardHandler)

func equal(t *testing.T, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("got other than wanted (-want +got):\n%s", d)
	}
}

// pass lets time go by in a synctest bubble, where it takes none.
func pass(d time.Duration) { <-time.After(d) }

// slowly looks for tasks rarely, for stories of minutes.
const slowly = time.Second

func embedded(tb testing.TB) redis.UniversalClient {
	tb.Helper()
	c, stop, err := jobs.Embedded(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(stop)
	return c
}

// run starts a pipeline and stops it with the test, or earlier by stop.
func run(tb testing.TB, p *jobs.Pipeline) (stop func()) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background()) // ends with the clean-up, not before
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := p.Run(ctx); err != nil {
			tb.Error(err)
		}
	}()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	tb.Cleanup(stop)
	return stop
}

func wait(t *testing.T, p *jobs.Pipeline) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	if err := p.Wait(ctx); err != nil {
		t.Fatal(err)
	}
}

func enqueue(t *testing.T, p *jobs.Pipeline, kind string, u houzhen.Urgency, ids ...string) {
	t.Helper()
	if err := p.Enqueue(t.Context(), kind, u, ids); err != nil {
		t.Fatal(err)
	}
}

func ids(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%06d", i)
	}
	return out
}

// book writes down what handlers got.
type book struct {
	mu    sync.Mutex
	tasks [][]string
}

func (b *book) take(_ context.Context, ids []string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tasks = append(b.tasks, ids)
	return nil
}

func (b *book) sizes() []int {
	b.mu.Lock()
	defer b.mu.Unlock()
	var n []int
	for _, t := range b.tasks {
		n = append(n, len(t))
	}
	slices.Sort(n)
	return n
}

func (b *book) all() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(slices.Values(slices.Concat(b.tasks...)))
}

// The stories below run on the in-process Redis, in a bubble where asynq's
// waits take no time; redis_test.go has those that a real Redis must pass too.

func TestEveryIDArrivesInTasksOfAHundredAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := jobs.New(jobs.Options{Redis: embedded(t), Logger: quiet, Servers: 1})
		var b book
		p.Handle("facts", b.take)
		run(t, p)
		enqueue(t, p, "facts", houzhen.Soon, ids(250)...)
		enqueue(t, p, "facts", houzhen.Critical) // nothing to do is no task
		wait(t, p)
		equal(t, b.sizes(), []int{50, 100, 100})
		equal(t, b.all(), ids(250))
		equal(t, p.Stats(), jobs.Stats{Enqueued: 3, Done: 3})
	})
}

func TestAHandlerIsToldHowUrgentItsTaskIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := jobs.New(jobs.Options{Redis: embedded(t), Logger: quiet, Servers: 1})
		var mu sync.Mutex
		got := map[string]houzhen.Urgency{}
		p.Handle("facts", func(ctx context.Context, ids []string) error {
			mu.Lock()
			defer mu.Unlock()
			got[ids[0]] = jobs.Urgency(ctx)
			return nil
		})
		run(t, p)
		want := map[string]houzhen.Urgency{"a": houzhen.Routine, "b": houzhen.Soon, "c": houzhen.Critical}
		for id, u := range want {
			enqueue(t, p, "facts", u, id)
		}
		wait(t, p)
		equal(t, got, want)
	})
}

func TestAFailedTaskIsRunAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := jobs.New(jobs.Options{Redis: embedded(t), Logger: quiet, Servers: 1})
		tries := 0
		p.Handle("facts", func(context.Context, []string) error {
			if tries++; tries < 3 {
				return errors.New("database is away")
			}
			return nil
		})
		run(t, p)
		began := time.Now()
		enqueue(t, p, "facts", houzhen.Soon, "a")
		wait(t, p)
		equal(t, tries, 3)
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("got done after %v, want within seconds", took)
		}
	})
}

func TestATaskThatKeepsFailingIsGivenUpAndShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := jobs.New(jobs.Options{Redis: embedded(t), Logger: quiet, Servers: 1, Poll: slowly})
		p.Handle("facts", func(context.Context, []string) error { return errors.New("database is away") })
		run(t, p)
		enqueue(t, p, "facts", houzhen.Routine, "a", "b")
		wait(t, p)
		o, err := p.Overview(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(o.Failures) != 1 {
			t.Fatalf("got %d failures, want 1", len(o.Failures))
		}
		f := o.Failures[0]
		f.At = time.Time{}
		equal(t, f, jobs.Failure{Kind: "facts", Lane: "routine", Error: "database is away", IDs: 2, Retried: 5, Dead: true})
	})
}

func TestAPanicIsAFailureAndDoesNotLeakItsText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		c := embedded(t)
		p := jobs.New(jobs.Options{Redis: c, Logger: slog.New(slog.NewTextHandler(&log, nil)), Servers: 1, Poll: slowly})
		p.Handle("facts", func(context.Context, []string) error { panic("13812340000") })
		var b book
		p.Handle("other", b.take)
		stop := run(t, p)
		enqueue(t, p, "facts", houzhen.Soon, "a")
		enqueue(t, p, "other", houzhen.Soon, "b")
		wait(t, p)
		equal(t, b.all(), []string{"b"})
		o, err := p.Overview(t.Context())
		if err != nil || len(o.Failures) != 1 {
			t.Fatalf("got %d failures and error %v, want 1", len(o.Failures), err)
		}
		stop()
		if s := o.Failures[0].Error + log.String(); strings.Contains(s, "1381234") || !strings.Contains(s, "handler panicked") {
			t.Errorf("got %q, want a panic without its text", s)
		}
	})
}

func TestAnUnknownKindWaitsForANewerWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := embedded(t)
		older := jobs.New(jobs.Options{Redis: c, Logger: quiet, Servers: 1})
		older.Handle("facts", (&book{}).take)
		stop := run(t, older)
		enqueue(t, older, "brand-new", houzhen.Soon, "a")
		pass(time.Second)
		stop()
		newer := jobs.New(jobs.Options{Redis: c, Logger: quiet, Servers: 1})
		var b book
		newer.Handle("brand-new", b.take)
		run(t, newer)
		wait(t, newer)
		equal(t, b.all(), []string{"a"})
	})
}

func TestAStoppedPipelineLetsItsTasksFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := jobs.New(jobs.Options{Redis: embedded(t), Logger: quiet, Servers: 1})
		began, ended := make(chan struct{}), false
		p.Handle("facts", func(ctx context.Context, _ []string) error {
			close(began)
			select {
			case <-ctx.Done():
			case <-time.After(3 * time.Second):
				ended = true
			}
			return nil
		})
		stop := run(t, p)
		enqueue(t, p, "facts", houzhen.Soon, "a")
		<-began
		stop()
		if !ended {
			t.Error("the task was cut off")
		}
		equal(t, p.Stats().Done, int64(1))
	})
}

func TestATaskTooLongForTheStopGoesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := embedded(t)
		p := jobs.New(jobs.Options{Redis: c, Logger: quiet, Servers: 1})
		began := make(chan struct{})
		p.Handle("facts", func(ctx context.Context, _ []string) error {
			close(began)
			<-ctx.Done() // asynq ends it after handing the task back
			return ctx.Err()
		})
		stop := run(t, p)
		enqueue(t, p, "facts", houzhen.Soon, "a")
		<-began
		stop()
		next := jobs.New(jobs.Options{Redis: c, Logger: quiet, Servers: 1})
		var b book
		next.Handle("facts", b.take)
		run(t, next)
		wait(t, next)
		equal(t, b.all(), []string{"a"})
	})
}

// A worker that was killed leaves its task under a lease that runs out.
func TestTheTaskOfAKilledWorkerIsRunAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := embedded(t)
		p := jobs.New(jobs.Options{Redis: c, Logger: quiet, Servers: 1, Poll: slowly})
		var b book
		p.Handle("facts", b.take)
		enqueue(t, p, "facts", houzhen.Critical, "a")
		ctx := t.Context()
		id := c.RPopLPush(ctx, "asynq:{critical}:pending", "asynq:{critical}:active").Val()
		c.HSet(ctx, "asynq:{critical}:t:"+id, "state", "active")
		c.ZAdd(ctx, "asynq:{critical}:lease", redis.Z{Score: float64(time.Now().Add(30 * time.Second).Unix()), Member: id})
		if idle, err := p.Idle(ctx); idle || err != nil {
			t.Fatalf("got idle %v and error %v with a task under lease", idle, err)
		}
		began := time.Now()
		run(t, p)
		wait(t, p)
		equal(t, b.all(), []string{"a"})
		if took := time.Since(began); took < 30*time.Second || took > 150*time.Second {
			t.Errorf("got it run after %v, want once its lease was over", took)
		}
	})
}

func TestAPausedLaneKeepsItsTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := jobs.New(jobs.Options{Redis: embedded(t), Logger: quiet, Servers: 1, Poll: slowly})
		var b book
		p.Handle("facts", b.take)
		run(t, p)
		for range 2 { // twice is once
			if err := p.Pause(t.Context(), houzhen.Routine); err != nil {
				t.Fatal(err)
			}
		}
		enqueue(t, p, "facts", houzhen.Routine, "kept")
		enqueue(t, p, "facts", houzhen.Critical, "goes")
		pass(time.Minute)
		equal(t, b.all(), []string{"goes"})
		if err := p.Unpause(t.Context(), houzhen.Routine); err != nil {
			t.Fatal(err)
		}
		wait(t, p)
		equal(t, b.all(), []string{"goes", "kept"})
	})
}

// A flood of routine work must not hold up a call to a room.
func TestAFloodDoesNotStarveUrgentWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := jobs.New(jobs.Options{Redis: embedded(t), Logger: quiet, Servers: 1, Concurrency: 1})
		var order []string
		p.Handle("facts", func(_ context.Context, ids []string) error {
			order = append(order, ids...)
			return nil
		})
		for i := range 200 {
			enqueue(t, p, "facts", houzhen.Routine, fmt.Sprint("routine ", i))
		}
		enqueue(t, p, "facts", houzhen.Critical, "called")
		run(t, p)
		wait(t, p)
		if at := slices.Index(order, "called"); at < 0 || at > 40 {
			t.Errorf("got the call done as number %d of %d", at, len(order))
		}
	})
}

func TestAnEmptiedRedisIsNoticedAndRestored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := embedded(t)
		var flushed [2]atomic.Int64
		var b book
		var nodes [2]*jobs.Pipeline
		for i := range nodes {
			nodes[i] = jobs.New(jobs.Options{Redis: c, Logger: quiet, Servers: 1, OnFlush: func(context.Context) { flushed[i].Add(1) }})
			nodes[i].Handle("facts", b.take)
			run(t, nodes[i])
		}
		if err := nodes[0].Pause(t.Context(), houzhen.Routine); err != nil {
			t.Fatal(err)
		}
		pass(3 * time.Second) // nothing is lost yet
		equal(t, flushed[0].Load()+flushed[1].Load(), int64(0))
		for n := int64(1); n <= 2; n++ {
			if err := c.FlushAll(t.Context()).Err(); err != nil {
				t.Fatal(err)
			}
			pass(3 * time.Second)
			equal(t, []int64{flushed[0].Load(), flushed[1].Load()}, []int64{n, n})
		}
		o, err := nodes[1].Overview(t.Context()) // which says "queue not found" without the restoring
		if err != nil {
			t.Fatal(err)
		}
		var paused []string
		for _, l := range o.Lanes {
			if l.Paused {
				paused = append(paused, l.Name)
			}
		}
		equal(t, paused, []string{"routine"})
		enqueue(t, nodes[0], "facts", houzhen.Soon, "after")
		wait(t, nodes[0])
		equal(t, b.all(), []string{"after"})
	})
}

func TestOverviewShowsLanesAndServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := jobs.New(jobs.Options{Redis: embedded(t), Logger: quiet, Servers: 2, Concurrency: 6})
		release := make(chan struct{})
		p.Handle("facts", func(context.Context, []string) error { <-release; return nil })
		run(t, p)
		enqueue(t, p, "facts", houzhen.Soon, "a")
		pass(10 * time.Second) // heartbeats are every 5 s
		o, err := p.Overview(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		close(release)
		wait(t, p)
		equal(t, []string{o.Lanes[0].Name, o.Lanes[1].Name, o.Lanes[2].Name}, []string{"critical", "soon", "routine"})
		equal(t, []int{o.Lanes[0].Active, o.Lanes[1].Active, o.Lanes[2].Active}, []int{0, 1, 0})
		busy := 0
		for _, s := range o.Servers {
			busy += s.Busy
			equal(t, s.Concurrency, 3)
			equal(t, s.Status, "active")
		}
		equal(t, []int{len(o.Servers), busy}, []int{2, 1})
	})
}

func TestHandlersAreDeclaredOnceAndBeforeRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := jobs.New(jobs.Options{Redis: embedded(t), Logger: quiet, Servers: 1})
		p.Handle("facts", (&book{}).take)
		panics := func(name string, f func()) {
			t.Helper()
			defer func() {
				if recover() == nil {
					t.Errorf("%s: got no panic", name)
				}
			}()
			f()
		}
		panics("twice", func() { p.Handle("facts", (&book{}).take) })
		panics("without a kind", func() { p.Handle("", (&book{}).take) })
		panics("without a function", func() { p.Handle("other", nil) })
		run(t, p)
		pass(time.Second)
		panics("after Run", func() { p.Handle("late", (&book{}).take) })
		if err := p.Run(t.Context()); err == nil {
			t.Error("got no error for a second Run")
		}
	})
}
