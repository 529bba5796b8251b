package notify

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/houzhen/houzhen"
)

// ReconcileResult counts what became of messages whose answer was lost.
type ReconcileResult struct {
	Lost      int // claims that nobody answered: now Unknown
	Found     int // the provider has them
	Replanned int // the provider positively has not; they go again
	Ended     int // suppressed, expired or failed
	Open      int // to be asked about later
}

// reconcileLimit is how many lost messages one run looks at.
const reconcileLimit = 200

// lost is one message of unknown fate and what could be learnt about it.
type lost struct {
	Message
	view    View
	receipt Receipt
	found   bool
	asked   bool // the provider answered
}

// Reconcile finds claims that were never answered, as after a crash, and asks
// the providers what became of them by their out-id. Only a provider's own
// word that it knows nothing lets a message be sent again. A channel that
// cannot be asked never sends twice.
func (s *Service) Reconcile(ctx context.Context) (ReconcileResult, error) {
	var r ReconcileResult
	open, now, err := s.collect(ctx, &r)
	if err != nil || len(open) == 0 {
		return r, err
	}
	s.ask(ctx, open)
	var errs []error
	for _, l := range open {
		next, decided := s.resolve(l, now)
		if !decided {
			r.Open++
			continue
		}
		if next.NextAt.IsZero() && l.NextAt.IsZero() {
			next.NextAt = unheard(next, s.more(next, l.view), now)
		}
		err := s.store.InTx(ctx, func(tx Tx) error {
			saved, err := tx.SaveMessages(ctx, []State{Unknown}, next)
			if err != nil || saved == 0 {
				return err
			}
			return share(ctx, tx, next)
		})
		if err != nil {
			errs = append(errs, fmt.Errorf("store fate of %s: %w", l.ID, err))
			continue
		}
		r.count(next)
	}
	return r, errors.Join(errs...)
}

// collect turns lost claims into Unknown and gives the Unknown ones that are
// old enough to be asked about, with the world's view of them.
func (s *Service) collect(ctx context.Context, r *ReconcileResult) ([]lost, time.Time, error) {
	var open []lost
	var now time.Time
	err := s.store.InTx(ctx, func(tx Tx) error {
		open, *r = nil, ReconcileResult{}
		now = tx.Now()
		rows, err := tx.LostMessages(ctx, now.Add(-s.opt.Lease), reconcileLimit)
		if err != nil {
			return fmt.Errorf("find lost messages: %w", err)
		}
		var claims, due []Message
		for _, m := range rows {
			if s.isFlying(m.ID) {
				continue
			}
			if m.State == Claimed {
				m.State, m.NextAt = Unknown, time.Time{}
				if m.SentAt.IsZero() {
					m.SentAt = m.ClaimedAt
				}
				claims = append(claims, m)
			}
			if !carries(m) {
				continue // shares the fate of the row that carried it
			}
			if now.Sub(m.SentAt) < s.opt.AskAfter {
				r.Open++
				continue
			}
			due = append(due, m)
		}
		if len(claims) > 0 {
			if r.Lost, err = tx.SaveMessages(ctx, []State{Claimed}, claims...); err != nil {
				return fmt.Errorf("store lost messages: %w", err)
			}
		}
		open, err = s.viewed(ctx, tx, due)
		return err
	})
	return open, now, err
}

func (s *Service) viewed(ctx context.Context, tx Tx, due []Message) ([]lost, error) {
	if len(due) == 0 {
		return []lost{}, nil
	}
	views, err := s.world.Look(ctx, tx, due)
	if err != nil {
		return nil, fmt.Errorf("look at the world: %w", err)
	}
	if len(views) != len(due) {
		return nil, houzhen.E(houzhen.CodeInternal, "the world did not answer for every message")
	}
	open := make([]lost, len(due))
	for i, m := range due {
		open[i] = lost{Message: m, view: views[i]}
	}
	return open, nil
}

// ask asks the providers, a few at once.
func (s *Service) ask(ctx context.Context, open []lost) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, s.opt.Concurrency)
	for i := range open {
		l := &open[i]
		finder, can := s.senders[l.Channel].(Finder)
		if !can || l.view.Phone.IsZero() {
			continue
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			ctx, cancel := context.WithTimeout(ctx, s.opt.SendTimeout)
			defer cancel()
			r, found, err := finder.Find(ctx, l.OutID, l.view.Phone, l.SentAt)
			if err != nil {
				s.opt.Log.WarnContext(ctx, "provider does not say what became of a message", "message", l.ID, "channel", l.Channel)
				return
			}
			l.receipt, l.found, l.asked = r, found, true
		})
	}
	wg.Wait()
}

// resolve decides about one lost message; decided is false while it is too
// early to tell.
func (s *Service) resolve(l lost, now time.Time) (next Message, decided bool) {
	m, age := l.Message, now.Sub(l.SentAt)
	_, can := s.senders[m.Channel].(Finder)
	switch {
	case l.found && (l.receipt.Delivered || l.receipt.ErrorCode != ""):
		return m.received(l.receipt, now)
	case l.found:
		m.State, m.ProviderID, m.ErrorCode = Accepted, l.receipt.ProviderID, ""
		return m.discreet(), true
	case l.asked && age >= s.opt.GiveUp:
		return s.replan(l, now), true
	case !can && age >= s.opt.GiveUp, l.view.Stale != "" && age >= s.opt.GiveUp, age >= s.opt.Forget:
		m.State, m.Reason = Failed, ReasonUnknown
		return m.discreet(), true
	}
	return m, false
}

// replan sends a message again that the provider never saw, if it is still of
// use; the gate will look once more.
func (s *Service) replan(l lost, now time.Time) Message {
	m := l.Message
	switch {
	case !now.Before(expiry(Candidate{Message: m, View: l.view})):
		m.State, m.Reason = Expired, ReasonUnknown
	case m.Attempts >= s.opt.Policy.Attempts:
		m.State, m.Reason = Failed, ReasonUnknown
	default:
		m.State, m.DueAt, m.SentAt = Planned, now, time.Time{}
	}
	return m.discreet()
}

func (r *ReconcileResult) count(m Message) {
	switch m.State {
	case Accepted, Delivered, Undelivered:
		r.Found++
	case Planned:
		r.Replanned++
	case Suppressed, Expired, Failed:
		r.Ended++
	case Claimed, Unknown:
	}
}
