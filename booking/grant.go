package booking

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
)

// Grant books the place that was kept for a visit now that it is paid for, in
// a transaction that the caller owns. A hold that has lapsed gets its place
// again if that is still free and has not begun or, where equal is allowed,
// another place of the same slice. False means that the appointment does not
// stand. Granting one that is booked or seen already changes nothing.
func (s *Service) Grant(ctx context.Context, tx Tx, id string, equal bool) (Appointment, bool, error) {
	seen, err := tx.Appointment(ctx, id)
	if err != nil {
		return seen, false, fmt.Errorf("load appointment: %w", err)
	}
	session, err := tx.LockSession(ctx, seen.SessionID)
	if err != nil {
		return seen, false, fmt.Errorf("lock session: %w", err)
	}
	a, err := tx.LockAppointment(ctx, id)
	switch {
	case err != nil:
		return a, false, fmt.Errorf("lock appointment: %w", err)
	case a.SessionID != session.ID:
		return a, false, houzhen.E(houzhen.CodeConflict, "appointment moved meanwhile")
	case a.Purpose == PurposeOption, a.State == Cancelled && a.Reason != ReasonExpired:
		return a, false, nil
	case a.State > Held:
		return a, true, nil
	case a.State == Held && tx.Now().Before(a.ExpiresAt):
		ok, err := s.grantOn(ctx, tx, &a)
		return a, ok, err
	case session.bookable(tx.Now(), Who{Channel: a.Channel, Drawn: true}) != nil:
		return a, false, nil
	}
	return s.regrant(ctx, tx, session, a, equal)
}

// regrant tries the places that a lapsed hold may get, its own first.
func (s *Service) regrant(ctx context.Context, tx Tx, session Session, a Appointment, equal bool) (Appointment, bool, error) {
	if !tx.Now().Before(a.Start) {
		return a, false, nil
	}
	if a.State == Held { // nobody has cleared it away yet
		ok, err := s.grantOn(ctx, tx, &a)
		return a, ok, err
	}
	// His own may have been kept for a group whose evidence he showed then.
	places, err := s.freePlaces(ctx, tx, session, Who{Channel: a.Channel, Groups: GroupQuotas, Had: true})
	if err != nil {
		return a, false, err
	}
	places = slices.DeleteFunc(startingAt(places, a.Start), func(p Slot) bool {
		return p.No != a.SlotNo && (!equal || slices.Contains(GroupQuotas, p.Quota))
	})
	slices.SortStableFunc(places, func(x, y Slot) int {
		switch {
		case x.No == a.SlotNo:
			return -1
		case y.No == a.SlotNo:
			return 1
		}
		return 0
	})
	nth, err := s.nthOn(ctx, tx, a, a.Day)
	if houzhen.CodeOf(err) == houzhen.CodeLimit {
		return a, false, nil
	}
	if err != nil {
		return a, false, err
	}
	for _, p := range places {
		now := a
		now.Nth = nth
		now.sit(session, p)
		if ok, err := s.grantOn(ctx, tx, &now); ok || err != nil {
			return now, ok, err
		}
	}
	return a, false, nil
}

// grantOn books a where it sits; false when a guard does not allow it.
func (s *Service) grantOn(ctx context.Context, tx Tx, a *Appointment) (bool, error) {
	now := *a
	now.State, now.By, now.Reason, now.EndedAt, now.ExpiresAt, now.BookedAt = Booked, "", "", time.Time{}, time.Time{}, tx.Now()
	err := tx.UpdateAppointment(ctx, &now)
	switch {
	case slices.Contains(guards, houzhen.CodeOf(err)):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("book paid place: %w", err)
	}
	*a = now
	return true, emit(tx, houzhen.AppointmentBooked, now, bookedData(now))
}
