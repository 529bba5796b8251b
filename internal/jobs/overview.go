package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/hibiken/asynq"

	"github.com/houzhen/houzhen"
)

// Stats counts what this process did since it started.
type Stats struct {
	Enqueued, Done, Failed int64 // tasks, not ids
}

// Stats gives the counts.
func (p *Pipeline) Stats() Stats {
	return Stats{p.enqueued.Load(), p.done.Load(), p.failed.Load()}
}

// Wait returns when the pipeline is idle, for tests and replays. It looks
// again every few milliseconds.
func (p *Pipeline) Wait(ctx context.Context) error {
	ticker := time.NewTicker(3 * time.Millisecond)
	defer ticker.Stop()
	for {
		idle, err := p.Idle(ctx)
		if err != nil || idle {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for idle pipeline: %w", ctx.Err())
		case <-ticker.C:
		}
	}
}

// Pause stops a lane on all nodes: tasks pile up until Unpause. Pausing twice
// is pausing once. It survives an emptied Redis.
func (p *Pipeline) Pause(ctx context.Context, u houzhen.Urgency) error {
	return p.setPause(ctx, lane(u), true)
}

// Unpause lets a lane go on.
func (p *Pipeline) Unpause(ctx context.Context, u houzhen.Urgency) error {
	return p.setPause(ctx, lane(u), false)
}

func (p *Pipeline) setPause(ctx context.Context, lane string, pause bool) error {
	p.pausing.Lock()
	defer p.pausing.Unlock()
	return p.mark(ctx, lane, pause)
}

// mark is setPause for whoever holds pausing.
func (p *Pipeline) mark(ctx context.Context, lane string, pause bool) error {
	ctx, cancel := context.WithTimeout(ctx, enqueueTime)
	defer cancel()
	var err error
	if pause {
		err = p.opt.Redis.SetNX(ctx, keyOf(lane, "paused"), 1, 0).Err()
	} else {
		err = p.opt.Redis.Del(ctx, keyOf(lane, "paused")).Err()
	}
	if err != nil {
		return fmt.Errorf("pause or unpause lane: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.paused[lane], p.pauses = pause, p.pauses+1
	return nil
}

// Overview is the pipeline as staff see it.
type Overview struct {
	Lanes    []Lane
	Servers  []Server
	Failures []Failure // waiting for a retry or given up, latest first
}

// Lane is one of asynq's queues. Today's counts start anew at midnight UTC.
type Lane struct {
	Name                               string
	Pending, Active, Retry, Dead, Size int
	DoneToday, FailedToday             int
	Latency                            time.Duration // age of the oldest waiting task
	Paused                             bool
}

// Server is one that fetches tasks, on any node.
type Server struct {
	Host              string
	PID               int
	Concurrency, Busy int
	Started           time.Time
	Status            string
}

// Failure is a task that did not succeed. The row of each of its ids says
// more, and the sweeper takes them up again.
type Failure struct {
	Kind, Lane, Error string
	IDs               int
	At                time.Time
	Retried           int
	Dead              bool
}

// mostFailures are shown of each lane and state.
const mostFailures = 20

// Overview asks Redis for everything at once. asynq's inspector knows no
// context, so an answer that comes too late is thrown away.
func (p *Pipeline) Overview(ctx context.Context) (Overview, error) {
	type answer struct {
		o   Overview
		err error
	}
	c := make(chan answer, 1)
	go func() {
		o, err := p.inspect()
		c <- answer{o, err}
	}()
	select {
	case a := <-c:
		return a.o, a.err
	case <-ctx.Done():
		return Overview{}, houzhen.E(houzhen.CodeUnavailable, "inspect pipeline").Because(ctx.Err())
	}
}

func (p *Pipeline) inspect() (Overview, error) {
	var o Overview
	for _, name := range lanes() {
		q, err := p.inspector.GetQueueInfo(name)
		if err != nil {
			return o, houzhen.E(houzhen.CodeUnavailable, "inspect lane").Because(err)
		}
		o.Lanes = append(o.Lanes, Lane{
			Name: name, Pending: q.Pending, Active: q.Active, Retry: q.Retry, Dead: q.Archived, Size: q.Size,
			DoneToday: q.Processed - q.Failed, FailedToday: q.Failed, Latency: q.Latency, Paused: q.Paused,
		})
		failures, err := p.failures(name)
		if err != nil {
			return o, err
		}
		o.Failures = append(o.Failures, failures...)
	}
	slices.SortFunc(o.Failures, func(a, b Failure) int { return b.At.Compare(a.At) })
	servers, err := p.inspector.Servers()
	if err != nil {
		return o, houzhen.E(houzhen.CodeUnavailable, "list servers").Because(err)
	}
	for _, s := range servers {
		o.Servers = append(o.Servers, Server{
			Host: s.Host, PID: s.PID, Concurrency: s.Concurrency, Busy: len(s.ActiveWorkers), Started: s.Started, Status: s.Status,
		})
	}
	return o, nil
}

func (p *Pipeline) failures(lane string) ([]Failure, error) {
	var all []Failure
	for _, list := range []func(string, ...asynq.ListOption) ([]*asynq.TaskInfo, error){
		p.inspector.ListRetryTasks, p.inspector.ListArchivedTasks,
	} {
		tasks, err := list(lane, asynq.PageSize(mostFailures))
		if err != nil {
			return nil, houzhen.E(houzhen.CodeUnavailable, "list failed tasks").Because(err)
		}
		for _, t := range tasks {
			var body payload
			_ = json.Unmarshal(t.Payload, &body) // an unreadable one counts no ids
			all = append(all, Failure{
				Kind: t.Type, Lane: lane, Error: t.LastErr, IDs: len(body.IDs), At: t.LastFailedAt,
				Retried: t.Retried, Dead: t.State == asynq.TaskStateArchived,
			})
		}
	}
	return all, nil
}
