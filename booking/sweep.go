package booking

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
)

// A sweep takes what is due, many items in a transaction. When one fails, the
// items of its transaction are done again each in its own right, so that one
// failing item does not stop the others. Counts are of what was changed; a
// caller goes on until a sweep gives 0.

// sweep does items in batches and tells how many were changed.
func sweep[T any](ctx context.Context, s *Service, items []T, do func(context.Context, Tx, T) (bool, error)) (int, error) {
	done := 0
	var faults []error
	for batch := range slices.Chunk(items, s.policy.SweepBatch) {
		n, err := sweepTogether(ctx, s, batch, do)
		if err == nil {
			done += n
			continue
		}
		if ctx.Err() != nil {
			return done, err
		}
		for i := range batch {
			n, err := sweepTogether(ctx, s, batch[i:i+1], do)
			done += n
			if err != nil {
				faults = append(faults, err)
			}
		}
	}
	return done, errors.Join(faults...)
}

// sweepTogether does items in one transaction. An item that somebody changed
// meanwhile, as its first write tells, is left to the next sweep; do reports
// true from then on.
func sweepTogether[T any](ctx context.Context, s *Service, items []T, do func(context.Context, Tx, T) (bool, error)) (done int, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		done = 0
		for _, item := range items {
			changed, err := do(ctx, tx, item)
			if err != nil && (changed || houzhen.CodeOf(err) != houzhen.CodeConflict) {
				return err
			}
			if changed {
				done++
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return done, nil
}

// due loads what is due and keeps what may be done. A store's list may hold
// items whose time has not quite come; where they fill it, it asks for more.
func due[T any](ctx context.Context, s *Service, load func(Tx, int) ([]T, error), ready func(context.Context, Tx, T) (bool, error)) ([]T, error) {
	var items []T
	err := s.store.View(ctx, func(tx Tx) error {
		for limit := s.policy.SweepLimit; ; limit *= 4 {
			all, err := load(tx, limit)
			if err != nil {
				return fmt.Errorf("load what is due: %w", err)
			}
			items = make([]T, 0, len(all))
			for _, item := range all {
				ok, err := ready(ctx, tx, item)
				if err != nil {
					return err
				}
				if ok {
					items = append(items, item)
				}
			}
			if len(items) > 0 || len(all) < limit {
				return nil
			}
		}
	})
	return items[:min(len(items), s.policy.SweepLimit)], err
}

func byID(a, b Appointment) int { return strings.Compare(a.ID, b.ID) }

// OpenSessions opens the sessions that start soon.
func (s *Service) OpenSessions(ctx context.Context) (int, error) {
	opens := func(now time.Time, o Session) bool {
		return o.Status == SessionPlanned && !now.Before(o.Start.Add(-s.policy.OpenLead))
	}
	return s.sweepSessions(ctx, SessionOpen, houzhen.SessionOpened, opens, func(tx Tx, limit int) ([]Session, error) {
		return tx.SessionsToOpen(ctx, tx.Now().Add(s.policy.OpenLead), limit)
	})
}

// CloseSessions closes the sessions that are long over.
func (s *Service) CloseSessions(ctx context.Context) (int, error) {
	closes := func(now time.Time, o Session) bool {
		return (o.Status == SessionOpen || o.Status == SessionPlanned) && !now.Before(o.End.Add(s.policy.CloseAfter))
	}
	return s.sweepSessions(ctx, SessionClosed, houzhen.SessionClosed, closes, func(tx Tx, limit int) ([]Session, error) {
		return tx.SessionsToClose(ctx, tx.Now(), limit)
	})
}

func (s *Service) sweepSessions(ctx context.Context, to SessionStatus, fact houzhen.EventKind,
	is func(time.Time, Session) bool, load func(Tx, int) ([]Session, error),
) (int, error) {
	sessions, err := due(ctx, s, load, func(_ context.Context, tx Tx, o Session) (bool, error) { return is(tx.Now(), o), nil })
	if err != nil {
		return 0, err
	}
	return sweep(ctx, s, sessions, func(ctx context.Context, tx Tx, o Session) (bool, error) {
		o.Status = to
		if err := tx.UpdateSession(ctx, o); err != nil {
			return false, fmt.Errorf("update session: %w", err)
		}
		o.Version++
		return true, emitSession(tx, fact, o, nil)
	})
}

// ExpireHolds ends holds and kept places that nobody took in time.
func (s *Service) ExpireHolds(ctx context.Context) (int, error) {
	held, err := due(ctx, s, func(tx Tx, limit int) ([]Appointment, error) {
		return tx.HoldsLapsed(ctx, tx.Now(), limit)
	}, func(_ context.Context, tx Tx, a Appointment) (bool, error) {
		_, over := a.lapse(tx.Now())
		return over, nil
	})
	if err != nil {
		return 0, err
	}
	slices.SortFunc(held, byID)
	return sweep(ctx, s, held, func(ctx context.Context, tx Tx, a Appointment) (bool, error) {
		a, over := a.lapse(tx.Now())
		if !over {
			return false, nil
		}
		if err := tx.UpdateAppointment(ctx, &a); err != nil {
			return false, fmt.Errorf("expire hold: %w", err)
		}
		if err := s.vacate(ctx, tx, a.SessionID, a.SlotNo); err != nil {
			return true, err
		}
		kind := houzhen.AppointmentCancelled
		if a.Purpose == PurposeOption {
			kind = houzhen.OptionLapsed
		}
		return true, emit(tx, kind, a, cancelledData(a))
	})
}
