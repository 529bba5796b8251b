package jobs

import (
	"context"
	"fmt"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/houzhen/houzhen"
)

// The lanes are asynq's queues; "queue" means patients everywhere else. They
// are few because every idle poll asks each of them.
const (
	critical = "critical"
	soon     = "soon"
	routine  = "routine"
)

func lanes() []string { return []string{critical, soon, routine} }

// weights share out the workers: a flood in one lane never starves another.
func weights() map[string]int { return map[string]int{critical: 6, soon: 3, routine: 1} }

func lane(u houzhen.Urgency) string {
	switch u {
	case houzhen.Critical:
		return critical
	case houzhen.Soon:
		return soon
	default:
		return routine
	}
}

// Urgency gives that of the task that a handler works on: Critical where it is not
// known, so that nobody waits who should not.
func Urgency(ctx context.Context) houzhen.Urgency {
	switch name, _ := asynq.GetQueueName(ctx); name {
	case soon:
		return houzhen.Soon
	case routine:
		return houzhen.Routine
	default:
		return houzhen.Critical
	}
}

// The names asynq v0.26.0 gives its keys. Its Inspector would do, but it takes
// no context and measures memory by sampling; a test compares the two.
const allQueues = "asynq:queues"

func keyOf(lane, part string) string { return "asynq:{" + lane + "}:" + part }

// Idle reports whether nothing is waiting, running or to be retried: one look
// at one instant, so that no task slips from place to place unseen.
func (p *Pipeline) Idle(ctx context.Context) (bool, error) {
	var sizes []*redis.IntCmd
	_, err := p.opt.Redis.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
		for _, l := range lanes() {
			sizes = append(sizes,
				pipe.LLen(ctx, keyOf(l, "pending")), pipe.LLen(ctx, keyOf(l, "active")),
				pipe.ZCard(ctx, keyOf(l, "scheduled")), pipe.ZCard(ctx, keyOf(l, "retry")))
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("count tasks: %w", err)
	}
	for _, n := range sizes {
		if n.Val() > 0 {
			return false, nil
		}
	}
	return true, nil
}
