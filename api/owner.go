package api

import (
	"context"
	"fmt"
	"slices"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/auth"
)

// Own gives an appointment to whoever may act for its patient. To everybody
// else it does not exist, so that ids tell nothing.
func (s Services) Own(ctx context.Context, p auth.Principal, id string) (booking.Appointment, error) {
	a, err := s.Booking.Appointment(ctx, id)
	if err != nil {
		return booking.Appointment{}, fmt.Errorf("load appointment: %w", err)
	}
	if _, err := s.OwnPatient(ctx, p, a.PatientID); err != nil {
		return booking.Appointment{}, houzhen.E(houzhen.CodeNotFound, "no such appointment of this account")
	}
	return a, nil
}

// OwnPatient gives a patient to an account that may act for him.
func (s Services) OwnPatient(ctx context.Context, p auth.Principal, id string) (directory.Patient, error) {
	return own(ctx, p, id, s.Directory.Patients)
}

// KnownPatient is OwnPatient from memory, for whom it knows.
func (s Services) KnownPatient(ctx context.Context, p auth.Principal, id string) (directory.Patient, error) {
	if found, err := own(ctx, p, id, s.Directory.Known); err == nil {
		return found, nil
	}
	return s.OwnPatient(ctx, p, id)
}

func own(ctx context.Context, p auth.Principal, id string, list func(context.Context, string) ([]directory.Patient, error)) (directory.Patient, error) {
	mine, err := list(ctx, p.AccountID)
	if err != nil {
		return directory.Patient{}, fmt.Errorf("load patients: %w", err)
	}
	i := slices.IndexFunc(mine, func(x directory.Patient) bool { return x.ID == id })
	if i < 0 || p.AccountID == "" {
		return directory.Patient{}, houzhen.E(houzhen.CodeNotFound, "no such patient of this account").On("patient_id")
	}
	return mine[i], nil
}

// MayRun refuses a doctor who would run another's queue. Nurses and managers
// run any.
func (s Services) MayRun(ctx context.Context, p auth.Principal, sessionID string) (booking.Session, error) {
	session, err := s.Booking.Session(ctx, sessionID)
	if err != nil {
		return booking.Session{}, fmt.Errorf("load session: %w", err)
	}
	if !p.Is(auth.Doctor) || p.DoctorID == session.AttendingID || p.DoctorID == session.DoctorID {
		return session, nil
	}
	names, err := LoadNames(ctx, s.Directory)
	if err != nil {
		return booking.Session{}, err
	}
	own := names.Doctor(p.DoctorID)
	if booked := names.Doctor(session.DoctorID); booked.Pool && booked.DepartmentID == own.DepartmentID {
		return session, nil // any doctor of the department serves its pool
	}
	return booking.Session{}, houzhen.E(houzhen.CodeForbidden, "session of another doctor")
}

// served gives an appointment to whoever may run its queue.
func (s Services) served(ctx context.Context, p auth.Principal, id string) (booking.Appointment, error) {
	at, err := s.Booking.Appointment(ctx, id)
	if err == nil {
		_, err = s.MayRun(ctx, p, at.SessionID)
	}
	return at, err
}
