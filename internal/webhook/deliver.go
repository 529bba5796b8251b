package webhook

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
)

// Limits of delivering.
const (
	batchMost = 50 // facts in one request
	roundMost = 20 // requests to one endpoint in one job; what is left is due again
)

// Due lists endpoints that are behind and to whom nobody delivers.
func (s *Service) Due(ctx context.Context) (ids []string, err error) {
	err = s.opt.Store.View(ctx, func(tx Tx) error {
		ids, err = tx.WebhooksDue(ctx, tx.Now(), s.opt.Wall())
		return err
	})
	return ids, err
}

// Deliver brings endpoints up to date, each in order. Two that run at once for
// one endpoint do not send twice: one of them gets the lease.
func (s *Service) Deliver(ctx context.Context, ids []string) error {
	var errs []error
	for _, id := range ids {
		for range roundMost {
			again, err := s.round(ctx, id)
			if err != nil {
				errs = append(errs, fmt.Errorf("deliver to %s: %w", id, err))
			}
			if !again || err != nil {
				break
			}
		}
	}
	return errors.Join(errs...)
}

// parcel is what one request carries.
type parcel struct {
	endpoint Endpoint
	events   []Event
	now      time.Time
}

// id names a parcel: the same stretch of facts has the same id however often
// it is sent.
func (p parcel) id() string {
	return fmt.Sprintf("%s-%d-%d", p.endpoint.ID, p.events[0].Cursor, p.events[len(p.events)-1].Cursor)
}

// round sends one parcel; again says that there may be more.
func (s *Service) round(ctx context.Context, id string) (again bool, err error) {
	until, err := s.settled(ctx)
	if err != nil {
		return false, err
	}
	p, err := s.claim(ctx, id, until)
	if err != nil || p.endpoint.ID == "" {
		return false, err
	}
	if len(p.events) == 0 {
		return p.endpoint.Seen < until, nil
	}
	answer, err := s.send.deliver(ctx, p.endpoint, p.id(), p.events, p.endpoint.secrets(p.now), s.opt.Wall())
	if err != nil {
		return false, err
	}
	if !answer.OK() {
		s.opt.Log.WarnContext(ctx, "webhook not taken", "endpoint", id, "reason", answer.Reason, "status", answer.Status)
	}
	return answer.OK(), s.settle(ctx, p.endpoint, answer)
}

// claim takes the lease of an endpoint and fixes what is sent before it is
// sent, so that whoever sends it again after a crash sends the same.
func (s *Service) claim(ctx context.Context, id string, until int64) (p parcel, err error) {
	err = s.opt.Store.InTx(ctx, func(tx Tx) error {
		p = parcel{now: tx.Now()}
		e, err := tx.Webhook(ctx, id)
		if err != nil {
			return err
		}
		if e.State != Active || tx.Now().Before(e.NextAt) || s.opt.Wall().Before(e.LeaseUntil) {
			return nil
		}
		last := e.Sending
		if last == 0 {
			last = min(until, e.Seen+window)
		}
		if last <= e.Seen {
			return nil
		}
		facts, err := tx.PublicFacts(ctx, query(e.Channel, e.Seen, last, batchMost))
		if err != nil {
			return err
		}
		if p.events, err = TellAll(facts); err != nil {
			return err
		}
		if len(facts) == 0 {
			e.Seen, e.Sending = last, 0
		} else {
			e.Sending = facts[len(facts)-1].Seq
			e.LeaseUntil = s.opt.Wall().Add(3 * s.opt.Timeout).Truncate(time.Microsecond) // as the store keeps it
		}
		p.endpoint = e
		return tx.UpdateWebhook(ctx, &p.endpoint)
	})
	if houzhen.CodeOf(err) == houzhen.CodeConflict {
		return parcel{}, nil // somebody else has it
	}
	return p, err
}

// settle notes how it went, unless somebody changed the endpoint meanwhile:
// then the parcel goes out again after the lease.
func (s *Service) settle(ctx context.Context, sent Endpoint, a Answer) error {
	err := s.opt.Store.InTx(ctx, func(tx Tx) error {
		e, err := tx.Webhook(ctx, sent.ID)
		if err != nil {
			return err
		}
		if e.Sending != sent.Sending || e.Seen != sent.Seen || !e.LeaseUntil.Equal(sent.LeaseUntil) {
			return nil
		}
		was := e.State
		next := e.settle(a, tx.Now())
		if was != Active { // a person stopped it while it was sent
			next.State, next.Reason = was, e.Reason
		}
		if next.State == Disabled && was == Active {
			if err := tx.Append(ctx, "system", "webhook.disabled", e.ID, next.Reason); err != nil {
				return err
			}
		}
		return tx.UpdateWebhook(ctx, &next)
	})
	if err != nil {
		return fmt.Errorf("note delivery: %w", err)
	}
	return nil
}
