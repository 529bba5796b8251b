package abuse

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// Service keeps traces, finds patterns and lets people judge them.
type Service struct {
	store  Store
	policy Policy
	newID  func() string
}

// NewService makes the service.
func NewService(store Store, policy Policy, newID func() string) *Service {
	return &Service{store: store, policy: policy, newID: newID}
}

// Policy gives the thresholds.
func (s *Service) Policy() Policy { return s.policy }

// Record keeps traces.
func (s *Service) Record(ctx context.Context, traces []Trace) error {
	if len(traces) == 0 {
		return nil
	}
	for i := range traces {
		if traces[i].ID == "" {
			traces[i].ID = s.newID()
		}
	}
	return s.store.InTx(ctx, func(tx Tx) error { return tx.AddTraces(ctx, traces) })
}

// Scan looks for patterns and says how many flags are new or have grown.
func (s *Service) Scan(ctx context.Context) (changed int, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		changed = 0
		traces, err := tx.Traces(ctx, tx.Now().Add(-s.policy.Keep))
		if err != nil {
			return fmt.Errorf("load traces: %w", err)
		}
		flags, err := tx.Flags(ctx)
		if err != nil {
			return fmt.Errorf("load flags: %w", err)
		}
		open, decided := known(flags)
		found := Detect(traces, s.policy, func(k Kind, subject string) time.Time { return decided[about{k, subject}] })
		for _, f := range found {
			old, is := open[about{f.Kind, f.Subject}]
			if is && old.Count == f.Count && old.Last.Equal(f.Last) {
				continue
			}
			f.ID = s.newID()
			if is {
				f.ID, f.Version, f.First = old.ID, old.Version, earlier(old.First, f.First)
			}
			if err := tx.SaveFlag(ctx, &f); err != nil {
				return fmt.Errorf("save flag: %w", err)
			}
			changed++
		}
		return nil
	})
	return changed, err
}

type about struct {
	kind    Kind
	subject string
}

func known(flags []Flag) (open map[about]Flag, decided map[about]time.Time) {
	open, decided = map[about]Flag{}, map[about]time.Time{}
	for _, f := range flags {
		k := about{f.Kind, f.Subject}
		if f.State == Open {
			open[k] = f
			continue
		}
		decided[k] = later(decided[k], f.DecidedAt)
	}
	return open, decided
}

// Flags lists flags, latest first; no states mean all.
func (s *Service) Flags(ctx context.Context, states ...State) (flags []Flag, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		flags, err = tx.Flags(ctx, states...)
		return err
	})
	return flags, err
}

// Decide notes what a person made of a flag, in the audit too.
func (s *Service) Decide(ctx context.Context, id string, d Decision) (f Flag, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		if f, err = tx.LockFlag(ctx, id); err != nil {
			return err
		}
		if f, err = f.Decide(tx.Now(), s.policy, d); err != nil {
			return err
		}
		if err := tx.SaveFlag(ctx, &f); err != nil {
			return fmt.Errorf("save flag: %w", err)
		}
		return tx.Append(ctx, d.By, "abuse."+string(f.State), f.ID, d.Reason)
	})
	return f, err
}

// Barrier is the rule that keeps accounts from booking online while a
// confirmed flag lasts. The desk serves everybody.
type Barrier struct{}

// Judge implements booking.Rule; tx must be an abuse.Tx too.
func (Barrier) Judge(ctx context.Context, tx booking.Tx, asks []booking.Ask) ([]error, error) {
	verdicts := make([]error, len(asks))
	var ids []string
	for _, a := range asks {
		if a.Request.AccountID != "" && a.Request.Channel != booking.DeskChannel {
			ids = append(ids, a.Request.AccountID)
		}
	}
	if len(ids) == 0 {
		return verdicts, nil
	}
	own, ok := tx.(Tx)
	if !ok {
		return nil, houzhen.E(houzhen.CodeInternal, "transaction has no flags")
	}
	barred, err := own.Barred(ctx, tx.Now(), ids)
	if err != nil {
		return nil, fmt.Errorf("find barred accounts: %w", err)
	}
	for i, a := range asks {
		if until, is := barred[a.Request.AccountID]; is && a.Request.Channel != booking.DeskChannel {
			verdicts[i] = houzhen.E(houzhen.CodeBarred, "account may not book online").With("until", until.UTC().Format(time.RFC3339))
		}
	}
	return verdicts, nil
}
