package webhook

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"github.com/houzhen/houzhen"
)

// Options are what webhooks need from their surroundings.
type Options struct {
	Store   Store
	Wall    func() time.Time // the machine's time: leases and time-outs
	Log     *slog.Logger
	Allow   []netip.Prefix // networks that may be reached although they are not public, also without TLS
	Timeout time.Duration  // of one delivery; 0 is ten seconds
}

// Service reads and delivers public facts.
type Service struct {
	opt     Options
	horizon Horizon
	send    sender
}

// NewService makes the service.
func NewService(opt Options) *Service {
	if opt.Timeout <= 0 {
		opt.Timeout = 10 * time.Second
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{opt: opt, send: newSender(opt.Allow, opt.Timeout)}
}

// Most endpoints of a channel, and how long an old secret signs too.
const (
	maxEndpoints  = 5
	SecretOverlap = 24 * time.Hour
)

// Register adds an endpoint and gives it with its secret, which is shown this
// once. It is told what happens from now on; older facts are read by Read.
func (s *Service) Register(ctx context.Context, machineID, channel, url string) (Endpoint, error) {
	if err := CheckURL(url, len(s.opt.Allow) > 0); err != nil {
		return Endpoint{}, err
	}
	secret, err := NewSecret()
	if err != nil {
		return Endpoint{}, err
	}
	settled, err := s.settled(ctx)
	if err != nil {
		return Endpoint{}, err
	}
	var e Endpoint
	err = s.opt.Store.InTx(ctx, func(tx Tx) error {
		known, err := tx.Webhooks(ctx, channel)
		if err != nil {
			return err
		}
		if len(known) >= maxEndpoints {
			return houzhen.E(houzhen.CodeLimit, "channel has too many endpoints").With("max", fmt.Sprint(maxEndpoints))
		}
		if settled == 0 { // not known yet on this node
			m, err := tx.FactMark(ctx)
			if err != nil {
				return err
			}
			settled = m.Seq
		}
		e = Endpoint{
			ID: tx.NewID(), MachineID: machineID, Channel: channel, URL: url, State: Active, Secret: secret, Seen: settled,
			NextAt: tx.Now(), CreatedAt: tx.Now(), Version: 1,
		}
		if err := tx.AddWebhook(ctx, e); err != nil {
			return err
		}
		return tx.Append(ctx, machineID, "webhook.create", e.ID, e.Host())
	})
	return e, err
}

// List gives the endpoints of a channel, or all for "", without secrets.
func (s *Service) List(ctx context.Context, channel string) (list []Endpoint, err error) {
	err = s.opt.Store.View(ctx, func(tx Tx) error {
		list, err = tx.Webhooks(ctx, channel)
		return err
	})
	for i := range list {
		list[i].Secret, list[i].OldSecret = "", ""
	}
	return list, err
}

// change loads an endpoint of the channel ("" is any), changes and saves it.
func (s *Service) change(ctx context.Context, id, channel, by, action string, change func(*Endpoint, time.Time) error) (e Endpoint, err error) {
	err = s.opt.Store.InTx(ctx, func(tx Tx) error {
		if e, err = tx.Webhook(ctx, id); err != nil {
			return err
		}
		if e.State == Removed || channel != "" && e.Channel != channel {
			return houzhen.E(houzhen.CodeNotFound, "no such endpoint of this channel")
		}
		if err = change(&e, tx.Now()); err != nil {
			return err
		}
		if err = tx.UpdateWebhook(ctx, &e); err != nil {
			return err
		}
		return tx.Append(ctx, by, action, id, e.Host())
	})
	return e, err
}

// Rotate gives an endpoint a new secret, shown this once. The old one signs
// beside it for SecretOverlap.
func (s *Service) Rotate(ctx context.Context, id, channel, by string) (Endpoint, error) {
	secret, err := NewSecret()
	if err != nil {
		return Endpoint{}, err
	}
	return s.change(ctx, id, channel, by, "webhook.rotate", func(e *Endpoint, now time.Time) error {
		e.OldSecret, e.OldUntil, e.Secret = e.Secret, now.Add(SecretOverlap), secret
		return nil
	})
}

// Enable lets deliveries go on where they stopped.
func (s *Service) Enable(ctx context.Context, id, channel, by string) (Endpoint, error) {
	return s.change(ctx, id, channel, by, "webhook.enable", func(e *Endpoint, now time.Time) error {
		e.State, e.Failures, e.Reason, e.NextAt = Active, 0, "", now
		return nil
	})
}

// Disable stops deliveries; nothing is lost by it.
func (s *Service) Disable(ctx context.Context, id, channel, by string) (Endpoint, error) {
	return s.change(ctx, id, channel, by, "webhook.disable", func(e *Endpoint, _ time.Time) error {
		e.State, e.Reason = Disabled, ReasonByPerson
		return nil
	})
}

// Remove ends an endpoint for good.
func (s *Service) Remove(ctx context.Context, id, channel, by string) error {
	_, err := s.change(ctx, id, channel, by, "webhook.remove", func(e *Endpoint, _ time.Time) error {
		e.State, e.Secret, e.OldSecret = Removed, "", ""
		return nil
	})
	return err
}

// TestType is the type of the event that Test sends.
const TestType = "webhook.test"

// Test sends a signed event of no meaning and says how it was answered. It
// changes nothing.
func (s *Service) Test(ctx context.Context, id, channel string) (Answer, error) {
	var e Endpoint
	var now time.Time
	var event Event
	err := s.opt.Store.InTx(ctx, func(tx Tx) (err error) {
		e, err = tx.Webhook(ctx, id)
		now = tx.Now()
		event = Event{ID: tx.NewID(), Type: TestType, At: now, Data: map[string]any{}}
		return err
	})
	if err != nil {
		return Answer{}, err
	}
	if e.State == Removed || channel != "" && e.Channel != channel {
		return Answer{}, houzhen.E(houzhen.CodeNotFound, "no such endpoint of this channel")
	}
	return s.send.deliver(ctx, e, "test-"+event.ID, []Event{event}, e.secrets(now), s.opt.Wall())
}
