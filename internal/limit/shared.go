package limit

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

//go:embed take.lua
var takeScript string

// Shared is a limiter of all nodes. Each judges by its own memory first and
// asks the others only about keys that have used part of their burst here, so
// that a crowd of people with one attempt each costs the shared server
// nothing. Somebody who spreads his attempts over n nodes gets at most n times
// that part more. An error means that the server could not be asked and that
// this node's memory let the attempt through.
type Shared struct {
	own    *Memory
	part   *Memory // passes for as long as a key has not used its part
	redis  redis.Scripter
	script *redis.Script
}

// NewShared makes a limiter of all nodes.
func NewShared(r redis.Scripter) *Shared {
	return &Shared{own: NewMemory(), part: NewMemory(), redis: r, script: redis.NewScript(takeScript)}
}

// quiet is the part of its burst that a key has on every node of its own.
const quiet = 4

// Take implements Limiter.
func (s *Shared) Take(ctx context.Context, now time.Time, keys ...Key) (time.Duration, error) {
	wait, err := s.own.Take(ctx, now, keys...)
	if err != nil || wait > 0 {
		return wait, err
	}
	names, args := make([]string, 0, len(keys)), []any{now.UnixMicro()}
	for _, k := range keys {
		if k.Rate.Every <= 0 || k.Rate.Burst <= 0 {
			continue
		}
		part := Rate{Every: k.Rate.Every * quiet, Burst: max(1, k.Rate.Burst/quiet)}
		if busy, _ := s.part.Take(ctx, now, Key{k.Name, part}); busy > 0 {
			names = append(names, "limit:{"+k.Name+"}")
			args = append(args, k.Rate.Every.Microseconds(), k.Rate.Burst)
		}
	}
	if len(names) == 0 {
		return 0, nil
	}
	micros, err := s.script.Run(ctx, s.redis, names, args...).Int64()
	if err != nil {
		return 0, fmt.Errorf("ask shared limits: %w", err)
	}
	return time.Duration(micros) * time.Microsecond, nil
}
