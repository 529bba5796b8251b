package booking

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/houzhen/houzhen"
)

// sessionsOf loads sessions once for many appointments.
type sessionsOf struct {
	tx   Tx
	seen map[string]Session
}

func (l *sessionsOf) of(ctx context.Context, tx Tx, id string) (Session, error) {
	if l.tx != tx { // another transaction reads anew
		l.tx, l.seen = tx, map[string]Session{}
	}
	if o, ok := l.seen[id]; ok {
		return o, nil
	}
	o, err := tx.Session(ctx, id)
	if err != nil {
		return o, fmt.Errorf("load session: %w", err)
	}
	l.seen[id] = o
	return o, nil
}

// MarkNoShows ends the appointments of those who never checked in, once the
// deadline of their half-day is over.
func (s *Service) MarkNoShows(ctx context.Context) (int, error) {
	sessions := &sessionsOf{}
	absent, err := due(ctx, s, func(tx Tx, limit int) ([]Appointment, error) {
		return tx.NoShowsDue(ctx, tx.Now(), limit)
	}, func(ctx context.Context, tx Tx, a Appointment) (bool, error) {
		session, err := sessions.of(ctx, tx, a.SessionID)
		_, is := a.noShow(tx.Now(), session)
		return is, err
	})
	if err != nil {
		return 0, err
	}
	slices.SortFunc(absent, byID)
	return sweep(ctx, s, absent, func(ctx context.Context, tx Tx, a Appointment) (bool, error) {
		session, err := sessions.of(ctx, tx, a.SessionID)
		if err != nil {
			return false, err
		}
		a, is := a.noShow(tx.Now(), session)
		if !is {
			return false, nil
		}
		if err := tx.UpdateAppointment(ctx, &a); err != nil {
			return false, fmt.Errorf("mark no-show: %w", err)
		}
		return true, emit(tx, houzhen.AppointmentNoShow, a, nil)
	})
}

// ReleasePlaces gives the capacity of absent patients back as new places in
// the walk-in band. The late owner keeps his row, and his right to be seen
// late until the deadline.
func (s *Service) ReleasePlaces(ctx context.Context) (int, error) {
	sessions := &sessionsOf{}
	absent, err := due(ctx, s, func(tx Tx, limit int) ([]Appointment, error) {
		return tx.PlacesToRelease(ctx, tx.Now().Add(-s.policy.ReleaseAfter), limit)
	}, func(ctx context.Context, tx Tx, a Appointment) (bool, error) {
		session, err := sessions.of(ctx, tx, a.SessionID)
		return err == nil && a.releasable(tx.Now(), session, s.policy), err
	})
	if err != nil {
		return 0, err
	}
	slices.SortFunc(absent, func(a, b Appointment) int {
		return cmp.Or(strings.Compare(a.SessionID, b.SessionID), strings.Compare(a.ID, b.ID))
	})
	return sweep(ctx, s, absent, s.release)
}

func (s *Service) release(ctx context.Context, tx Tx, a Appointment) (bool, error) {
	session, err := tx.LockSession(ctx, a.SessionID)
	if err != nil {
		return false, fmt.Errorf("lock session: %w", err)
	}
	if !a.releasable(tx.Now(), session, s.policy) {
		return false, nil
	}
	a.ReleasedAt = tx.Now()
	if err := tx.UpdateAppointment(ctx, &a); err != nil {
		return false, fmt.Errorf("release place: %w", err)
	}
	no, err := s.giveBack(ctx, tx, session, a)
	if err != nil {
		return true, err
	}
	return true, emit(tx, houzhen.PlaceReleased, a, houzhen.ReleasedData{Slot: a.SlotNo, NewSlot: no})
}
