package jobs

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// epochKey marks one life of a Redis: whoever finds it missing or changed
// knows that everything queued before is gone.
const epochKey = "houzhen:jobs:epoch"

// watch looks at the epoch until ctx ends.
func (p *Pipeline) watch(ctx context.Context) {
	ticker := time.NewTicker(p.opt.EpochCheck)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			p.checkEpoch(ctx)
		}
	}
}

// checkEpoch notices that Redis was emptied since the last look, puts back
// what asynq keeps there once and for all, and has the work planned again.
func (p *Pipeline) checkEpoch(ctx context.Context) {
	flushed, err := p.lookAtEpoch(ctx)
	if err != nil {
		p.opt.Logger.WarnContext(ctx, "redis is away", "error", err)
		return
	}
	if flushed {
		p.opt.Logger.WarnContext(ctx, "redis was emptied")
		p.opt.OnFlush(ctx)
	}
}

func (p *Pipeline) lookAtEpoch(ctx context.Context) (flushed bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, enqueueTime)
	defer cancel()
	p.mu.Lock()
	known, pauses := p.epoch, p.pauses
	p.mu.Unlock()
	found, paused, err := p.readEpoch(ctx)
	if err != nil {
		return false, err
	}
	if found != "" && found == known {
		p.remember(paused, pauses)
		return false, nil
	}
	if found == "" {
		if found, err = p.beginEpoch(ctx); err != nil {
			return false, err
		}
	}
	if err := p.restore(ctx, known != ""); err != nil {
		return false, err // the next look tries again, for the epoch is not remembered
	}
	p.mu.Lock()
	p.epoch = found
	p.mu.Unlock()
	return known != "", nil
}

func (p *Pipeline) readEpoch(ctx context.Context) (epoch string, paused map[string]bool, err error) {
	// At one instant: pauses read after a flush would pass for those of the
	// epoch read before it.
	pipe := p.opt.Redis.TxPipeline()
	get := pipe.Get(ctx, epochKey)
	marks := map[string]*redis.IntCmd{}
	for _, l := range lanes() {
		marks[l] = pipe.Exists(ctx, keyOf(l, "paused"))
	}
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return "", nil, fmt.Errorf("read epoch: %w", err)
	}
	paused = map[string]bool{}
	for l, mark := range marks {
		paused[l] = mark.Val() > 0
	}
	return get.Val(), paused, nil
}

// beginEpoch names a new life of Redis; of several nodes the first does.
func (p *Pipeline) beginEpoch(ctx context.Context) (string, error) {
	if err := p.opt.Redis.SetNX(ctx, epochKey, rand.Text(), 0).Err(); err != nil {
		return "", fmt.Errorf("begin epoch: %w", err)
	}
	epoch, err := p.opt.Redis.Get(ctx, epochKey).Result()
	if err != nil {
		return "", fmt.Errorf("read epoch: %w", err)
	}
	return epoch, nil
}

// restore publishes the lanes, which a client does once in its life only, and
// pauses those that were paused before.
func (p *Pipeline) restore(ctx context.Context, pauses bool) error {
	if err := p.opt.Redis.SAdd(ctx, allQueues, critical, soon, routine).Err(); err != nil {
		return fmt.Errorf("publish lanes: %w", err)
	}
	if !pauses {
		return nil
	}
	p.pausing.Lock() // nobody unpauses a lane between the look and the mark
	defer p.pausing.Unlock()
	for _, l := range lanes() {
		p.mu.Lock()
		paused := p.paused[l]
		p.mu.Unlock()
		if !paused {
			continue
		}
		if err := p.mark(ctx, l, true); err != nil {
			return err
		}
	}
	return nil
}

// remember keeps which lanes were found paused, unless this node has paused or
// unpaused one since the look began.
func (p *Pipeline) remember(paused map[string]bool, pauses int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if pauses == p.pauses {
		p.paused = paused
	}
}
