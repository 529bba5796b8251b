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
		_, is, err := s.judgeAbsent(ctx, tx, a, sessions)
		return is, err
	})
	if err != nil {
		return 0, err
	}
	slices.SortFunc(absent, byID)
	return sweep(ctx, s, absent, func(ctx context.Context, tx Tx, a Appointment) (bool, error) {
		a, is, err := s.judgeAbsent(ctx, tx, a, sessions)
		if err != nil || !is {
			return false, err
		}
		if err := tx.UpdateAppointment(ctx, &a); err != nil {
			return false, fmt.Errorf("mark absence: %w", err)
		}
		if a.State == Cancelled {
			return true, emit(tx, houzhen.AppointmentCancelled, a, cancelledData(a))
		}
		return true, emit(tx, houzhen.AppointmentNoShow, a, nil)
	})
}

// judgeAbsent gives the ended appointment of somebody who never checked in, or
// false while nothing is to be said, as of one whom the house keeps away. Who could not check in because the system
// was down is no no-show: he may come until the session is over, and then his
// appointment ends without a mark.
func (s *Service) judgeAbsent(ctx context.Context, tx Tx, a Appointment, sessions *sessionsOf) (Appointment, bool, error) {
	session, err := sessions.of(ctx, tx, a.SessionID)
	if err != nil {
		return a, false, err
	}
	marked, is := a.noShow(tx.Now(), session)
	if !is {
		return a, false, nil
	}
	if kept, err := s.keptAway(ctx, tx, a); err != nil || kept {
		return a, false, err
	}
	excused, err := s.excused(ctx, tx, a, session)
	switch {
	case err != nil:
		return a, false, err
	case !excused:
		return marked, true, nil
	}
	return a.end(tx.Now(), BySystem, ReasonSystemDown), !tx.Now().Before(session.End), nil
}

// ReleasePlaces gives the capacity of absent patients back as new places in
// the walk-in band, for whoever waits and then for walk-ins, once it is
// probable enough that they stay away. The late owner keeps his row, and his right to be seen
// late until the deadline.
func (s *Service) ReleasePlaces(ctx context.Context) (int, error) {
	sessions := &sessionsOf{}
	absent, err := due(ctx, s, func(tx Tx, limit int) ([]Appointment, error) {
		return tx.PlacesToRelease(ctx, tx.Now(), limit)
	}, func(ctx context.Context, tx Tx, a Appointment) (bool, error) {
		session, err := sessions.of(ctx, tx, a.SessionID)
		if err != nil {
			return false, err
		}
		return s.toRelease(ctx, tx, a, session)
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
	if goes, err := s.toRelease(ctx, tx, a, session); err != nil || !goes {
		return false, err
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
