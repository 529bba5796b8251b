package booking

import (
	"context"
	"fmt"

	"github.com/houzhen/houzhen"
)

// CheckIn marks the patient as arrived, in a transaction that the caller owns.
// Checking in again gives the same appointment.
func (s *Service) CheckIn(ctx context.Context, tx Tx, appointmentID string) (Appointment, error) {
	a, err := tx.LockAppointment(ctx, appointmentID)
	if err != nil {
		return a, fmt.Errorf("lock appointment: %w", err)
	}
	if a.State == CheckedIn {
		return a, nil
	}
	session, err := tx.Session(ctx, a.SessionID)
	if err != nil {
		return a, fmt.Errorf("load session: %w", err)
	}
	if a, err = a.checkIn(tx.Now(), session, s.today(tx.Now())); err != nil {
		return a, err
	}
	if err := tx.UpdateAppointment(ctx, &a); err != nil {
		return a, fmt.Errorf("update appointment: %w", err)
	}
	return a, emit(tx, houzhen.AppointmentCheckedIn, a, nil)
}

// Fulfil marks the visit as done, in a transaction that the caller owns. Doing
// it again gives the same appointment.
func (s *Service) Fulfil(ctx context.Context, tx Tx, appointmentID string) (Appointment, error) {
	a, err := tx.LockAppointment(ctx, appointmentID)
	if err != nil {
		return a, fmt.Errorf("lock appointment: %w", err)
	}
	switch a.State {
	case Fulfilled:
		return a, nil
	case CheckedIn:
	default:
		return a, stateError("patient has not checked in")
	}
	a.State, a.EndedAt = Fulfilled, tx.Now()
	if err := tx.UpdateAppointment(ctx, &a); err != nil {
		return a, fmt.Errorf("update appointment: %w", err)
	}
	return a, emit(tx, houzhen.AppointmentFulfilled, a, nil)
}
