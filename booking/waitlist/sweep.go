package waitlist

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// RunPlaces does what is due with places, each in a transaction of its own, and
// counts those that changed.
func (s *Service) RunPlaces(ctx context.Context) (int, error) {
	var places []Place
	err := s.store.View(ctx, func(tx Tx) (err error) {
		places, err = tx.WaitPlacesDue(ctx, tx.Now(), s.policy.SweepLimit)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("load due places: %w", err)
	}
	done := 0
	var faults []error
	for _, p := range places {
		var changed bool
		err := s.store.InTx(ctx, func(tx Tx) (err error) {
			changed, err = s.Turn(ctx, tx, p.SessionID, p.SlotNo)
			return err
		})
		switch {
		case err != nil && houzhen.CodeOf(err) != houzhen.CodeConflict:
			faults = append(faults, err)
		case err == nil && changed:
			done++
		}
	}
	return done, errors.Join(faults...)
}

// RunSession does what is due with the places of one session, in a transaction
// of the caller: a fact about it just came in.
func (s *Service) RunSession(ctx context.Context, tx Tx, sessionID string) error {
	places, err := tx.WaitPlaces(ctx, sessionID)
	if err != nil {
		return fmt.Errorf("load places: %w", err)
	}
	for _, p := range places {
		if p.DueAt.IsZero() || tx.Now().Before(p.DueAt) {
			continue
		}
		if _, err := s.Turn(ctx, tx, p.SessionID, p.SlotNo); err != nil {
			return err
		}
	}
	return nil
}

// CloseLists ends entries whose list is over, and those of suspended sessions.
// Who has an offer open is left until he has answered or it lapsed.
func (s *Service) CloseLists(ctx context.Context) (int, error) {
	var entries []Entry
	err := s.store.View(ctx, func(tx Tx) (err error) {
		entries, err = tx.WaitEntriesToClose(ctx, tx.Now(), s.policy.SweepLimit)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("load entries to close: %w", err)
	}
	done := 0
	var faults []error
	for _, e := range entries {
		var changed bool
		err := s.store.InTx(ctx, func(tx Tx) (err error) {
			changed, err = s.close(ctx, tx, e.ID)
			return err
		})
		switch {
		case err != nil && houzhen.CodeOf(err) != houzhen.CodeConflict:
			faults = append(faults, err)
		case err == nil && changed:
			done++
		}
	}
	return done, errors.Join(faults...)
}

func (s *Service) close(ctx context.Context, tx Tx, id string) (bool, error) {
	e, err := tx.WaitEntry(ctx, id)
	if err != nil {
		return false, fmt.Errorf("load entry: %w", err)
	}
	if !e.Status.Live() || tx.Now().Before(e.CloseAt) {
		return false, nil
	}
	offers, err := tx.ProposalsOf(ctx, e.ID)
	if err != nil {
		return false, fmt.Errorf("load offers: %w", err)
	}
	for _, o := range offers {
		if o.Status == Open {
			e.CloseAt = o.ExpiresAt.Add(s.policy.Hold) // when it is over, whatever comes of it
			if err := tx.UpdateWaitEntry(ctx, &e); err != nil {
				return false, fmt.Errorf("put off: %w", err)
			}
			return true, nil
		}
	}
	reason := ReasonTime
	if e.Status == Frozen {
		reason = ReasonSuspended
	}
	return true, s.end(ctx, tx, &e, Closed, reason)
}

// Suspend freezes the list of a session that will not take place, in a
// transaction of the caller: nothing is offered any more, and the entries are
// due to be closed. Wishes for any session go on.
func (s *Service) Suspend(ctx context.Context, tx Tx, sessionID string) error {
	if _, err := tx.LockSession(ctx, sessionID); err != nil {
		return fmt.Errorf("lock session: %w", err)
	}
	places, err := tx.WaitPlaces(ctx, sessionID)
	if err != nil {
		return fmt.Errorf("load places: %w", err)
	}
	for _, p := range places {
		if err := s.void(ctx, tx, p); err != nil {
			return err
		}
	}
	entries, err := tx.WaitEntries(ctx, Filter{SessionID: sessionID, Status: []Status{Waiting}})
	if err != nil {
		return fmt.Errorf("load entries: %w", err)
	}
	for _, e := range entries {
		e.Status, e.CloseAt = Frozen, tx.Now()
		if err := tx.UpdateWaitEntry(ctx, &e); err != nil {
			return fmt.Errorf("freeze entry: %w", err)
		}
	}
	return nil
}

// void ends what is open for a place that will not be used.
func (s *Service) void(ctx context.Context, tx Tx, p Place) error {
	offers, err := tx.Proposals(ctx, p.SessionID, p.SlotNo)
	if err != nil {
		return fmt.Errorf("load offers: %w", err)
	}
	for _, o := range offers {
		if o.Status == Open {
			if err := s.settle(ctx, tx, o, Voided); err != nil {
				return err
			}
		}
	}
	if p.DueAt.IsZero() {
		return nil
	}
	p.Status, p.DueAt = Void, time.Time{}
	if err := tx.SaveWaitPlace(ctx, &p); err != nil {
		return fmt.Errorf("void place: %w", err)
	}
	return nil
}

// AdoptAll keeps places that are free but not public yet for whoever waits for
// them, a page of sessions at a time.
func (s *Service) AdoptAll(ctx context.Context) (int, error) {
	kept, after := 0, ""
	for {
		var sessions []booking.Session
		err := s.store.View(ctx, func(tx Tx) (err error) {
			sessions, err = tx.WaitedSessions(ctx, tx.Now(), after, s.policy.SweepLimit)
			return err
		})
		if err != nil {
			return kept, fmt.Errorf("load awaited sessions: %w", err)
		}
		for _, o := range sessions {
			after = o.ID
			n := 0
			err := s.store.InTx(ctx, func(tx Tx) (err error) {
				n, err = s.Adopt(ctx, tx, o.ID)
				return err
			})
			if err != nil && houzhen.CodeOf(err) != houzhen.CodeConflict {
				return kept, err
			}
			kept += n
		}
		if len(sessions) < s.policy.SweepLimit {
			return kept, nil
		}
	}
}
