package booking

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
)

// Reseat gives a patient who has checked in a place in another session that is
// running: a new number of the walk-in band, since he is here and the booked
// numbers are others'. He stays checked in. Doing it again changes nothing.
func (s *Service) Reseat(ctx context.Context, tx Tx, appointmentID, sessionID string) (Appointment, error) {
	seen, err := tx.Appointment(ctx, appointmentID)
	if err != nil {
		return seen, fmt.Errorf("load appointment: %w", err)
	}
	sessions, err := lockBoth(ctx, tx, seen.SessionID, sessionID)
	if err != nil {
		return seen, err
	}
	a, err := tx.LockAppointment(ctx, appointmentID)
	switch {
	case err != nil:
		return a, fmt.Errorf("lock appointment: %w", err)
	case a.SessionID == sessionID:
		return a, nil
	case a.SessionID != seen.SessionID:
		return a, houzhen.E(houzhen.CodeConflict, "appointment moved meanwhile")
	case a.State != CheckedIn:
		return a, stateError("only who has checked in goes on to another doctor")
	}
	to := sessions[sessionID]
	switch {
	case to.Status == SessionSuspended:
		return a, houzhen.E(houzhen.CodeSessionSuspended, "session is suspended").On("session_id")
	case to.Status == SessionClosed || !tx.Now().Before(to.End):
		return a, houzhen.E(houzhen.CodeSessionClosed, "session is over").On("session_id")
	}
	slots, err := tx.Slots(ctx, to.ID)
	if err != nil {
		return a, fmt.Errorf("load slots: %w", err)
	}
	p := Slot{SessionID: to.ID, No: nextWalkIn(slots), Band: BandWalkIn}
	p.Start, p.End = to.SliceAt(tx.Now())
	if err := tx.AddSlot(ctx, p); err != nil {
		return a, fmt.Errorf("add place: %w", err)
	}
	old := a
	a.sit(to, p)
	a.ReleasedAt = time.Time{}
	if err := tx.UpdateAppointment(ctx, &a); err != nil {
		return a, fmt.Errorf("reseat: %w", err)
	}
	if _, err := s.leaveNumber(ctx, tx, old); err != nil {
		return a, err
	}
	return a, emit(tx, houzhen.AppointmentReseated, a, houzhen.MovedData{
		FromSession: old.SessionID, FromSlot: old.SlotNo, Slot: a.SlotNo, Patient: a.PatientID, Day: a.Day,
	})
}

func lockBoth(ctx context.Context, tx Tx, one, other string) (map[string]Session, error) {
	ids := slices.Compact(slices.SortedFunc(slices.Values([]string{one, other}), strings.Compare))
	locked := map[string]Session{}
	for _, id := range ids {
		x, err := tx.LockSession(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("lock session: %w", err)
		}
		locked[id] = x
	}
	return locked, nil
}

// Release ends the appointment of somebody who has checked in and will not be
// seen in its session: the hospital's doing, never a mark against him.
func (s *Service) Release(ctx context.Context, tx Tx, appointmentID string) (Appointment, error) {
	a, err := tx.LockAppointment(ctx, appointmentID)
	switch {
	case err != nil:
		return a, fmt.Errorf("lock appointment: %w", err)
	case a.State == Cancelled && a.Reason == ReasonSuspended:
		return a, nil
	case a.State != CheckedIn:
		return a, stateError("only who has checked in is released")
	}
	return s.endOne(ctx, tx, a)
}

// Rehouse is Release with other places kept for him at once, the best first:
// his doctor's next session, then his peers, then the department.
func (s *Service) Rehouse(ctx context.Context, tx Tx, appointmentID string, peers []string) (Appointment, []Appointment, error) {
	seen, err := tx.Appointment(ctx, appointmentID)
	if err != nil {
		return seen, nil, fmt.Errorf("load appointment: %w", err)
	}
	session, err := tx.LockSession(ctx, seen.SessionID)
	if err != nil {
		return seen, nil, fmt.Errorf("lock session: %w", err)
	}
	a, err := s.Release(ctx, tx, appointmentID)
	if err != nil {
		return a, nil, err
	}
	if _, err := s.keepOptions(ctx, tx, session, []Appointment{a}, SuspendRequest{Peers: peers, Avoid: []string{session.ID}}); err != nil {
		return a, nil, err
	}
	kept, err := s.liveOptions(ctx, tx, a.ID)
	return a, kept, err
}
