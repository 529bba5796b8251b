package notify

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// ChannelHealth tells how a channel fares, for health checks and pages.
type ChannelHealth struct {
	Channel      Channel
	StoppedUntil time.Time // zero while it runs
	Code         string    // what the provider said when it was stopped
	Since        time.Time // of the first stop in a row
	Stops        int       // in a row
	LastAccepted time.Time
}

// breaker stops a channel whose configuration the provider refuses, so that a
// wrong key does not burn the tries of a thousand messages. After the pause
// the next messages try again; each stop in a row doubles the pause.
type breaker struct {
	pause, most time.Duration

	mu       sync.Mutex
	channels map[Channel]*ChannelHealth
}

func newBreaker(pause, most time.Duration, senders map[Channel]Sender) *breaker {
	b := &breaker{pause: pause, most: most, channels: map[Channel]*ChannelHealth{}}
	for c := range senders {
		b.channels[c] = &ChannelHealth{Channel: c}
	}
	return b
}

// stopped gives until when a channel is stopped, zero if it runs.
func (b *breaker) stopped(c Channel, now time.Time) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if h := b.channels[c]; h != nil && now.Before(h.StoppedUntil) {
		return h.StoppedUntil
	}
	return time.Time{}
}

// stop stops a channel and gives until when; first reports whether it ran
// before, so that only one alarm is raised for many calls at once.
func (b *breaker) stop(c Channel, code string, now time.Time) (until time.Time, first bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.channels[c]
	if now.Before(h.StoppedUntil) {
		return h.StoppedUntil, false
	}
	if h.Stops == 0 {
		h.Since = now
	}
	pause := b.pause << min(h.Stops, 16)
	h.Stops++
	h.Code = code
	h.StoppedUntil = now.Add(min(pause, b.most))
	return h.StoppedUntil, true
}

// accepted notes that the provider took a message: the channel works.
func (b *breaker) accepted(c Channel, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	*b.channels[c] = ChannelHealth{Channel: c, LastAccepted: now}
}

func (b *breaker) health() []ChannelHealth {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]ChannelHealth, 0, len(b.channels))
	for _, h := range b.channels {
		out = append(out, *h)
	}
	slices.SortFunc(out, func(a, b ChannelHealth) int { return strings.Compare(string(a.Channel), string(b.Channel)) })
	return out
}
