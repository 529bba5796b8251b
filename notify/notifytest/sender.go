package notifytest

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
)

// Sender answers by its script and remembers what it was given.
type Sender struct {
	channel notify.Channel
	script  func(ctx context.Context, p notify.Parcel) notify.Sent

	mu      sync.Mutex
	parcels []notify.Parcel
}

// NewSender gives a sender that accepts everything when script is nil.
func NewSender(channel notify.Channel, script func(ctx context.Context, p notify.Parcel) notify.Sent) *Sender {
	if script == nil {
		script = func(_ context.Context, p notify.Parcel) notify.Sent { return Accept(p) }
	}
	return &Sender{channel: channel, script: script}
}

// Answers gives a script that answers these in turn, the last one for ever.
func Answers(answers ...notify.Sent) func(context.Context, notify.Parcel) notify.Sent {
	var mu sync.Mutex
	return func(context.Context, notify.Parcel) notify.Sent {
		mu.Lock()
		defer mu.Unlock()
		a := answers[0]
		if len(answers) > 1 {
			answers = answers[1:]
		}
		return a
	}
}

// Accept is a provider's yes.
func Accept(p notify.Parcel) notify.Sent {
	return notify.Sent{Outcome: notify.OutcomeAccepted, ProviderID: "biz-" + p.OutID, Code: "OK"}
}

// Channel implements notify.Sender.
func (s *Sender) Channel() notify.Channel { return s.channel }

// Send implements notify.Sender.
func (s *Sender) Send(ctx context.Context, p notify.Parcel) notify.Sent {
	s.mu.Lock()
	s.parcels = append(s.parcels, p)
	s.mu.Unlock()
	return s.script(ctx, p)
}

// Parcels gives what was handed over so far.
func (s *Sender) Parcels() []notify.Parcel {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.parcels)
}

// Asked is a Sender that can also be asked what became of a message.
type Asked struct {
	*Sender

	Answer func(outID string) (notify.Receipt, bool, error)
}

// Find implements notify.Finder.
func (a Asked) Find(_ context.Context, outID string, _ houzhen.Phone, _ time.Time) (notify.Receipt, bool, error) {
	return a.Answer(outID)
}
