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
	case a.Purpose != PurposeVisit, a.State == Cancelled && a.Reason != ReasonExpired:
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
	places, err := s.regrantable(ctx, tx, session, a, equal)
	if err != nil {
		return a, false, err
	}
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

// regrantable lists the places that a lapsed hold may get. His own is his as
// long as nobody has it, also while it waits to be opened to others.
func (s *Service) regrantable(ctx context.Context, tx Tx, session Session, a Appointment, equal bool) ([]Slot, error) {
	slots, err := tx.Slots(ctx, session.ID)
	if err != nil {
		return nil, fmt.Errorf("load slots: %w", err)
	}
	spent, err := s.spentNumbers(ctx, tx, session)
	if err != nil {
		return nil, err
	}
	var places []Slot
	for _, p := range slots {
		if p.No == a.SlotNo && !p.Taken && !p.Withheld && !spent[p.No] {
			places = append(places, p)
		}
	}
	if !equal {
		return places, nil
	}
	for _, p := range startingAt(free(slots, spent, tx.Now(), Who{Channel: a.Channel}, session.FallBackAt), a.Start) {
		if p.No != a.SlotNo {
			places = append(places, p)
		}
	}
	return places, nil
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
