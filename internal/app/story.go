package app

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/queue"
)

// QueueStory replays a session from its queue's log, step by step, each step
// under the policy that it was decided by. CodeNotFound: it has no log.
func (a *App) QueueStory(ctx context.Context, sessionID string) ([]queue.Moment, error) {
	if err := a.loadPolicies(ctx, time.Time{}); err != nil {
		return nil, err
	}
	log, err := a.QueueLog(ctx, sessionID)
	if err != nil {
		return nil, err
	}
	return queue.Story(log, a.policies.version)
}

// QueueLog gives the log of a session's queue, oldest first.
func (a *App) QueueLog(ctx context.Context, sessionID string) (log []queue.Entry, err error) {
	err = a.view(ctx, func(tx everything) (err error) {
		log, err = tx.Log(ctx, sessionID)
		return err
	})
	if err == nil && len(log) == 0 {
		err = houzhen.E(houzhen.CodeNotFound, "no session of that id has a log").On("session")
	}
	return log, err
}

// QueuePolicyOf gives the policy that holds in a zone now.
func (a *App) QueuePolicyOf(zoneID string) queue.Policy { return a.policies.of(zoneID) }
