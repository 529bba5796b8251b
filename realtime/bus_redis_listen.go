package realtime

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// errSilent ends a subscription that answers nothing, not even a ping.
var errSilent = errors.New("subscription is silent")

// Listen implements Bus. It subscribes again after every fault, with growing
// pauses while Redis stays away.
func (b *RedisBus) Listen(ctx context.Context, l Listener) error {
	for tries := 0; ctx.Err() == nil; tries++ {
		subscribed, err := b.listenOnce(ctx, l)
		if ctx.Err() != nil {
			return nil
		}
		b.opts.Logger.WarnContext(ctx, "bus subscription lost", "error", err, "tries", tries)
		if subscribed {
			tries = 0
		}
		pause(ctx, backOff(tries))
	}
	return nil
}

// listenOnce reads one subscription until it fails; it reports whether Redis
// had confirmed it.
func (b *RedisBus) listenOnce(ctx context.Context, l Listener) (bool, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	channels := make([]string, shards)
	for i := range channels {
		channels[i] = b.channel(i)
	}
	sub := b.client.Subscribe(ctx, channels...)
	heard, watched := make(chan struct{}, 1), make(chan struct{})
	go func() {
		defer close(watched)
		b.watch(ctx, cancel, sub, heard)
	}()
	confirmed := 0
	for {
		msg, err := sub.Receive(ctx)
		if err != nil {
			cancel(err)
			<-watched
			return confirmed >= shards, fmt.Errorf("receive: %w", context.Cause(ctx))
		}
		select {
		case heard <- struct{}{}:
		default:
		}
		switch m := msg.(type) {
		case *redis.Subscription:
			if confirmed++; confirmed%shards == 0 {
				l.Resync()
			}
		case *redis.Message:
			for line := range strings.SplitSeq(m.Payload, "\n") {
				if topic, p, ok := readAnnouncement(line); ok {
					l.Announce(topic, p)
				}
			}
		}
	}
}

// watch asks a silent subscription for a pong, gives it up when none comes,
// and closes it at the end: closing is what wakes a reader on a dead line.
func (b *RedisBus) watch(ctx context.Context, cancel context.CancelCauseFunc, sub *redis.PubSub, heard <-chan struct{}) {
	defer func() { _ = sub.Close() }()
	silence := time.NewTimer(b.opts.Silence)
	defer silence.Stop()
	for asked := false; ; {
		select {
		case <-ctx.Done():
			return
		case <-heard:
			asked = false
		case <-silence.C:
			if asked {
				cancel(errSilent)
				return
			}
			asked = true
			if err := sub.Ping(ctx); err != nil {
				cancel(err)
				return
			}
		}
		silence.Reset(b.opts.Silence)
	}
}

// backOff gives a random pause below 250 ms, 500 ms, ... 4 s.
func backOff(tries int) time.Duration {
	return rand.N(250 * time.Millisecond << min(tries, 4))
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
