package jobs

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// rescued is a client for asynq's servers. When a task ends while Redis is
// away, asynq tries again later with the context of the first try, which has
// been cancelled by then: the try never reaches Redis and the task is run a
// second time. So a script whose context is already over gets one that is not.
type rescued struct{ redis.UniversalClient }

const rescueTime = 5 * time.Second

func alive(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx.Err() == nil {
		return ctx, func() {}
	}
	return context.WithTimeout(context.WithoutCancel(ctx), rescueTime)
}

// Eval runs a script.
func (r rescued) Eval(ctx context.Context, script string, keys []string, args ...any) *redis.Cmd {
	ctx, cancel := alive(ctx)
	defer cancel()
	return r.UniversalClient.Eval(ctx, script, keys, args...)
}

// EvalSha runs a script that the server knows.
func (r rescued) EvalSha(ctx context.Context, sha1 string, keys []string, args ...any) *redis.Cmd {
	ctx, cancel := alive(ctx)
	defer cancel()
	return r.UniversalClient.EvalSha(ctx, sha1, keys, args...)
}
