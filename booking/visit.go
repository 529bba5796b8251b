package booking

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

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

// UndoCheckIn takes a check-in back that was a mistake, in a transaction that
// the caller owns: the place is booked as before. Doing it again changes
// nothing. CodeState: he has been seen, or never came.
func (s *Service) UndoCheckIn(ctx context.Context, tx Tx, appointmentID string) (Appointment, error) {
	a, err := tx.LockAppointment(ctx, appointmentID)
	switch {
	case err != nil:
		return a, fmt.Errorf("lock appointment: %w", err)
	case a.State == Booked:
		return a, nil
	case a.State != CheckedIn:
		return a, stateError("only who has checked in can be un-checked")
	}
	a.State, a.CheckedInAt = Booked, time.Time{}
	if err := tx.UpdateAppointment(ctx, &a); err != nil {
		return a, fmt.Errorf("update appointment: %w", err)
	}
	return a, nil
}

// Fulfil marks the visit as done, in a transaction that the caller owns. Doing
// it again gives the same appointment.
func (s *Service) Fulfil(ctx context.Context, tx Tx, appointmentID string) (Appointment, error) {
	a, err := tx.LockAppointment(ctx, appointmentID)
	if err != nil {
		return a, fmt.Errorf("lock appointment: %w", err)
	}
	return fulfil(ctx, tx, a)
}

// FulfilAll is Fulfil for several, each once. It locks them in the order of
// their ids, so that two who do it never wait for each other.
func (s *Service) FulfilAll(ctx context.Context, tx Tx, appointmentIDs []string) error {
	ids := slices.Compact(slices.Sorted(slices.Values(appointmentIDs)))
	lock := func(tx Tx) (list []Appointment, failed error) {
		for _, id := range ids {
			a, err := tx.LockAppointment(ctx, id)
			list, failed = append(list, a), errors.Join(failed, err)
		}
		return list, failed
	}
	err := tx.Ahead(ctx, func(tx Tx) error {
		_, err := lock(tx)
		return err
	})
	if err != nil {
		return err
	}
	list, err := lock(tx)
	if err != nil {
		return fmt.Errorf("lock appointments: %w", err)
	}
	for _, a := range list {
		if _, err := fulfil(ctx, tx, a); err != nil {
			return err
		}
	}
	return nil
}

func fulfil(ctx context.Context, tx Tx, a Appointment) (Appointment, error) {
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
