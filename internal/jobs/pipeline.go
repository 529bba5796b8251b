package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/houzhen/houzhen"
)

const (
	// MaxIDs is how many row ids travel in one task.
	MaxIDs = 100

	maxRetry      = 5 // a lost lease costs one: fewer than 3 would drop the tasks of a killed worker
	enqueueTime   = 2 * time.Second
	maxRetryDelay = 30 * time.Second
)

// Options configure a Pipeline. Zero fields take the defaults.
type Options struct {
	// Redis is closed after Run has returned and never before: asynq panics
	// when its subscription ends under it.
	Redis       redis.UniversalClient
	Logger      *slog.Logger
	Concurrency int           // tasks at the same time in this process: 10
	Servers     int           // goroutines that fetch tasks: 2, and 1 suits the in-process Redis
	Poll        time.Duration // how often an idle server looks for tasks: 50 ms
	Timeout     time.Duration // after which a task's context ends: 5 min
	Shutdown    time.Duration // how long Run waits for running tasks: 8 s
	EpochCheck  time.Duration // how often Redis is asked whether it was emptied: 1 s
	// OnFlush is told when everything queued has been lost, to re-plan it from
	// the database.
	OnFlush func(ctx context.Context)
}

// Handler does the work of one kind for some row ids. It claims each id in the
// database before any effect, because a task may run twice or in parallel with
// itself. An error runs the whole task again; what failed for one id alone is
// its row's affair.
type Handler func(ctx context.Context, ids []string) error

// Pipeline hands tasks to handlers.
type Pipeline struct {
	opt       Options
	client    *asynq.Client
	inspector *asynq.Inspector
	handlers  map[string]Handler
	running   atomic.Bool

	enqueued, done, failed atomic.Int64

	pausing sync.Mutex // held while lanes are marked, so that Redis and this node hear it in one order

	mu     sync.Mutex
	epoch  string          // Redis's, as last seen
	paused map[string]bool // lanes, as last seen
	pauses int             // how often this node paused or unpaused one: what was read before may be old
}

// New makes a pipeline. Handlers are registered before Run.
func New(opt Options) *Pipeline {
	set := func(n *int, v int) {
		if *n <= 0 {
			*n = v
		}
	}
	wait := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	set(&opt.Concurrency, 10)
	set(&opt.Servers, 2)
	wait(&opt.Poll, 50*time.Millisecond)
	wait(&opt.Timeout, 5*time.Minute)
	wait(&opt.Shutdown, 8*time.Second)
	wait(&opt.EpochCheck, time.Second)
	if opt.OnFlush == nil {
		opt.OnFlush = func(context.Context) {}
	}
	return &Pipeline{
		opt:       opt,
		client:    asynq.NewClientFromRedisClient(opt.Redis),
		inspector: asynq.NewInspectorFromRedisClient(opt.Redis),
		handlers:  map[string]Handler{},
		paused:    map[string]bool{},
	}
}

// Handle registers the handler of a kind. A second one for the same kind, or
// one after Run, is a fault in the program and panics.
func (p *Pipeline) Handle(kind string, f Handler) {
	if p.running.Load() {
		panic("jobs: handler registered after Run: " + kind)
	}
	if _, taken := p.handlers[kind]; taken || kind == "" || f == nil {
		panic("jobs: handler twice, without a kind or without a function: " + kind)
	}
	p.handlers[kind] = f
}

// payload is what a task carries: ids and nothing else.
type payload struct {
	IDs []string `json:"ids"`
}

// Enqueue hands over ids, 100 to a task, to be handled as soon as may be. On
// an error those not handed over are left to the sweeper; Redis may take two
// seconds to fail, and no longer.
func (p *Pipeline) Enqueue(ctx context.Context, kind string, u houzhen.Urgency, ids []string) error {
	for chunk := range slices.Chunk(ids, MaxIDs) {
		if err := p.enqueue(ctx, kind, u, chunk); err != nil {
			return err
		}
	}
	return nil
}

func (p *Pipeline) enqueue(ctx context.Context, kind string, u houzhen.Urgency, ids []string) error {
	body, err := json.Marshal(payload{ids})
	if err != nil {
		return fmt.Errorf("encode task: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, enqueueTime)
	defer cancel()
	_, err = p.client.EnqueueContext(ctx, asynq.NewTask(kind, body),
		asynq.Queue(lane(u)), asynq.MaxRetry(maxRetry), asynq.Timeout(p.opt.Timeout))
	if err != nil {
		return houzhen.E(houzhen.CodeUnavailable, "enqueue task").Because(err)
	}
	p.enqueued.Add(1)
	return nil
}

// Run works until ctx ends, then lets running tasks finish. Redis may be away
// when it starts and at any time later.
func (p *Pipeline) Run(ctx context.Context) error {
	if p.running.Swap(true) {
		return errors.New("pipeline is running already")
	}
	p.checkEpoch(ctx)
	servers := make([]*asynq.Server, p.opt.Servers)
	for i := range servers {
		servers[i] = asynq.NewServerFromRedisClient(rescued{p.opt.Redis}, p.config(ctx))
		if err := servers[i].Start(asynq.HandlerFunc(p.process)); err != nil {
			shutdown(servers[:i])
			return fmt.Errorf("start task server: %w", err)
		}
	}
	p.watch(ctx)
	shutdown(servers)
	return nil
}

func (p *Pipeline) config(ctx context.Context) asynq.Config {
	background := context.WithoutCancel(ctx) // tasks end by themselves after ctx
	return asynq.Config{
		Concurrency:              max(1, p.opt.Concurrency/p.opt.Servers),
		BaseContext:              func() context.Context { return background },
		TaskCheckInterval:        p.opt.Poll,
		DelayedTaskCheckInterval: 500 * time.Millisecond,
		RetryDelayFunc:           retryDelay,
		Queues:                   weights(),
		Logger:                   asynqLog{p.opt.Logger},
		LogLevel:                 asynq.WarnLevel,
		ShutdownTimeout:          p.opt.Shutdown,
	}
}

func shutdown(servers []*asynq.Server) {
	var wg sync.WaitGroup
	for _, s := range servers {
		wg.Go(s.Shutdown)
	}
	wg.Wait()
}

// retryDelay doubles from a second. A task whose worker died has waited for
// its lease already.
func retryDelay(n int, err error, _ *asynq.Task) time.Duration {
	if errors.Is(err, asynq.ErrLeaseExpired) {
		return 0
	}
	return min(time.Second<<min(n, 10), maxRetryDelay)
}

func (p *Pipeline) process(ctx context.Context, t *asynq.Task) error {
	f, ok := p.handlers[t.Type()]
	if !ok { // an older worker during an update: a newer one takes the retry
		return fmt.Errorf("no handler for %q here", t.Type())
	}
	var body payload
	if err := json.Unmarshal(t.Payload(), &body); err != nil {
		return fmt.Errorf("decode task: %w", errors.Join(err, asynq.SkipRetry))
	}
	err := p.safely(ctx, t.Type(), f, body.IDs)
	if err != nil {
		p.failed.Add(1)
		p.opt.Logger.WarnContext(ctx, "task failed", "kind", t.Type(), "count", len(body.IDs), "error", err)
		return err
	}
	p.done.Add(1)
	return nil
}

// safely turns a panic into an error without the panic's text, which asynq
// would write into Redis.
func (p *Pipeline) safely(ctx context.Context, kind string, f Handler, ids []string) (err error) {
	defer func() {
		if x := recover(); x != nil {
			p.opt.Logger.ErrorContext(ctx, "handler panicked", "kind", kind, "stack", string(debug.Stack()))
			err = houzhen.E(houzhen.CodeInternal, "handler panicked")
		}
	}()
	return f(ctx, ids)
}
