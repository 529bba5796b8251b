package app

import (
	"context"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/jobs"
)

// courtesy keeps the jobs for which nobody stands waiting from taking the machine
// away from a crowd that books: while it is there they go one at a time.
type courtesy struct {
	crowded func() bool
	turn    chan struct{} // holds one
}

func newCourtesy(crowded func() bool) *courtesy {
	return &courtesy{crowded: crowded, turn: make(chan struct{}, 1)}
}

// enter waits for the turn of a job of that urgency, if it has to; leave ends it.
func (c *courtesy) enter(ctx context.Context, u houzhen.Urgency) (leave func(), err error) {
	if u == houzhen.Critical || !c.crowded() {
		return func() {}, nil
	}
	select {
	case c.turn <- struct{}{}:
		return func() { <-c.turn }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// handler makes a job's handler show courtesy.
func (c *courtesy) handler(do jobs.Handler) jobs.Handler {
	return func(ctx context.Context, ids []string) error {
		leave, err := c.enter(ctx, jobs.Urgency(ctx))
		if err != nil {
			return err
		}
		defer leave()
		return do(ctx, ids)
	}
}
