package notify

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/templates"
)

// dispatch sends jobs, a few at once, and stores what became of each.
func (s *Service) dispatch(ctx context.Context, jobs []job, total *DeliverResult) error {
	if len(jobs) == 0 {
		return nil
	}
	outcomes := make([]Message, len(jobs))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(s.opt.Concurrency, len(jobs)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(jobs); i = int(next.Add(1)) - 1 {
				outcomes[i] = s.send(ctx, jobs[i])
			}
		})
	}
	wg.Wait()
	for i, m := range outcomes {
		total.count(m, jobs[i].message.Attempts)
		if m.State == Accepted && m.Channel == SMS {
			_, parts := templates.Parts(s.opt.Sign, jobs[i].parcel.Text)
			total.Parts += parts
		}
	}
	return s.settle(ctx, outcomes)
}

// send hands one parcel to its provider and gives the row that this makes. A
// message whose time has passed while it queued behind others does not go, and
// neither does one of a channel that was stopped meanwhile or after ctx ended.
func (s *Service) send(ctx context.Context, j job) Message {
	m, now := j.message, s.opt.Now()
	if !now.Before(m.ExpiresAt) {
		m.State, m.Reason, m.Text = Expired, ReasonLate, ""
		return m.discreet()
	}
	until := s.breaker.stopped(m.Channel, now)
	if ctx.Err() != nil {
		until = now
	}
	if !until.IsZero() {
		m.Text = ""
		return m.held(until)
	}
	sent := s.call(ctx, j)
	now = s.opt.Now()
	var stopped time.Time
	switch sent.Outcome {
	case OutcomeAccepted:
		s.breaker.accepted(m.Channel, now)
	case OutcomeConfig:
		var first bool
		if stopped, first = s.breaker.stop(m.Channel, sent.Code, now); first {
			s.opt.Log.ErrorContext(ctx, "channel stopped: the provider refuses our configuration",
				"channel", m.Channel, "code", sent.Code, "until", stopped)
		}
	case OutcomeMessage, OutcomeRecipient, OutcomeAmbiguous:
		s.opt.Log.WarnContext(ctx, "message not sent", "message", m.ID, "kind", m.Kind, "outcome", sent.Outcome, "code", sent.Code)
	case OutcomeRetry, OutcomeDefer:
	}
	return s.opt.Policy.conclude(m, sent, now, stopped)
}

// call bounds the provider's time. A panic counts as an answer that was lost.
func (s *Service) call(ctx context.Context, j job) (sent Sent) {
	defer func() {
		if recover() != nil {
			sent = Sent{Outcome: OutcomeAmbiguous, Code: "panic"}
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, s.opt.SendTimeout)
	defer cancel()
	return j.sender.Send(ctx, j.parcel)
}

// settleTime bounds the storing of answers after the caller has gone away.
const settleTime = 20 * time.Second

// settle stores the outcomes in one transaction. They are facts, so they are
// stored even when ctx has ended, and one by one when the batch cannot be.
func (s *Service) settle(ctx context.Context, outcomes []Message) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	saved := 0
	err := s.store.InTx(ctx, func(tx Tx) (err error) {
		saved, err = tx.SaveMessages(ctx, []State{Claimed, Unknown}, outcomes...)
		return err
	})
	if err == nil && saved == len(outcomes) {
		return nil
	}
	var errs []error
	for _, m := range outcomes {
		if err := s.settleOne(ctx, m); err != nil {
			errs = append(errs, fmt.Errorf("store outcome of %s: %w", m.ID, err))
		}
	}
	return errors.Join(errs...)
}

// settleOne stores one outcome. Where a receipt was faster, the receipt's state
// stays and only what it did not know is added.
func (s *Service) settleOne(ctx context.Context, m Message) error {
	return s.store.InTx(ctx, func(tx Tx) error {
		saved, err := tx.SaveMessages(ctx, []State{Claimed, Unknown}, m)
		if err != nil || saved == 1 {
			return err
		}
		have, err := tx.Message(ctx, m.ID)
		if houzhen.CodeOf(err) == houzhen.CodeNotFound {
			return nil // retention took it
		}
		if err != nil || (have.State != Delivered && have.State != Undelivered) {
			return err
		}
		have.Text, have.SentAt, have.Secret = m.Text, m.SentAt, ""
		if have.ProviderID == "" {
			have.ProviderID = m.ProviderID
		}
		_, err = tx.SaveMessages(ctx, []State{have.State}, have)
		return err
	})
}
