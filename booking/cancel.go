package booking

import (
	"context"
	"fmt"

	"github.com/houzhen/houzhen"
)

// CancelRequest gives a place up. By is one of ByPatient, ByHospital and
// BySystem; whether the caller may is asked before.
type CancelRequest struct {
	AppointmentID string
	By, Reason    string
}

// Cancel ends an appointment. Cancelling again gives the same appointment. On
// its own day the number is not used again; its capacity comes back as a new
// walk-in place.
func (s *Service) Cancel(ctx context.Context, r CancelRequest) (a Appointment, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		a, err = s.CancelTx(ctx, tx, r)
		return err
	})
	return a, err
}

// CancelTx is Cancel inside a transaction.
func (s *Service) CancelTx(ctx context.Context, tx Tx, r CancelRequest) (a Appointment, err error) {
	if r.By != ByPatient && r.By != ByHospital && r.By != BySystem {
		return a, houzhen.E(houzhen.CodeInvalid, "by is not patient, hospital or system").On("by")
	}
	if r.Reason == "" {
		r.Reason = ReasonWithdrawn
	}
	a, locked, err := s.lockFor(ctx, tx, r.AppointmentID)
	if err != nil || a.State == Cancelled {
		return a, err
	}
	session, known := locked[a.SessionID]
	if !known {
		if session, err = tx.Session(ctx, a.SessionID); err != nil {
			return a, fmt.Errorf("load session: %w", err)
		}
	}
	wasHeld := a.State == Held
	if a, err = a.cancel(tx.Now(), session.Deadline, r.By, r.Reason); err != nil {
		return a, err
	}
	if err = tx.UpdateAppointment(ctx, &a); err != nil {
		return a, fmt.Errorf("update appointment: %w", err)
	}
	if known && !wasHeld {
		_, err = s.giveBack(ctx, tx, session, a)
	} else {
		err = s.vacate(ctx, tx, a.SessionID, a.SlotNo)
	}
	if err != nil {
		return a, err
	}
	if err = s.lapseOptions(ctx, tx, a.ID, BySystem, ReasonWithdrawn); err != nil {
		return a, err
	}
	return a, emit(tx, houzhen.AppointmentCancelled, a, cancelledData(a))
}

// Confirm turns a held place into a booked one.
func (s *Service) Confirm(ctx context.Context, appointmentID string) (a Appointment, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		if a, err = tx.LockAppointment(ctx, appointmentID); err != nil {
			return fmt.Errorf("lock appointment: %w", err)
		}
		if a.State == Booked && a.Purpose == PurposeVisit {
			return nil
		}
		if a.Purpose != PurposeVisit {
			return stateError("a kept place is chosen or accepted, not confirmed")
		}
		if a, err = a.choose(tx.Now()); err != nil {
			return err
		}
		if err = tx.UpdateAppointment(ctx, &a); err != nil {
			return fmt.Errorf("update appointment: %w", err)
		}
		return emit(tx, houzhen.AppointmentBooked, a, bookedData(a))
	})
	return a, err
}
