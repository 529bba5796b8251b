package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/suspension"
	"github.com/houzhen/houzhen/directory"
)

// AppointmentsByID gives appointments by id; those unknown are left out.
func (tx *Tx) AppointmentsByID(ctx context.Context, ids []string) (map[string]booking.Appointment, error) {
	out := make(map[string]booking.Appointment, len(ids))
	err := tx.lookup("appointment", appointmentColumns, "id", ids, 1, func(from string, args []any) error {
		some, err := all(ctx, tx, appointmentInto, `SELECT `+appointmentColumns+` FROM `+from, args...)
		for _, a := range some {
			out[a.ID] = a
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list appointments: %w", err)
	}
	return out, nil
}

// AppointmentsByOrigin gives what came of appointments that were given up, by
// their id and then its own.
func (tx *Tx) AppointmentsByOrigin(ctx context.Context, origins []string) (map[string][]booking.Appointment, error) {
	out := map[string][]booking.Appointment{}
	err := tx.lookup("appointment", appointmentColumns, "origin_id <> '' AND origin_id", origins, 1, func(from string, args []any) error {
		some, err := all(ctx, tx, appointmentInto, `SELECT `+appointmentColumns+` FROM `+from+` ORDER BY id`, args...)
		for _, a := range some {
			out[a.OriginID] = append(out[a.OriginID], a)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list what came of appointments: %w", err)
	}
	return out, nil
}

// CasesOf gives what became of appointments of suspended sessions; those that
// had none are left out.
func (tx *Tx) CasesOf(ctx context.Context, sessionIDs, appointmentIDs []string) ([]suspension.Case, error) {
	var out []suspension.Case
	err := chunks(sessionIDs, 1, func(sessions string, with []any) error {
		return chunks(appointmentIDs, 1+len(with), func(list string, args []any) error {
			some, err := all(ctx, tx, caseInto, `SELECT `+caseColumns+` FROM suspension_case
 WHERE session_id IN (`+sessions+`) AND appointment_id IN (`+list+`)`, append(slices.Clone(with), args...)...)
			out = append(out, some...)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	return out, nil
}

// PatientsByID gives patients by id; those unknown are left out.
func (tx *Tx) PatientsByID(ctx context.Context, ids []string) (map[string]directory.Patient, error) {
	out := make(map[string]directory.Patient, len(ids))
	err := tx.lookup("patient", patientColumns, "id", ids, 1, func(from string, args []any) error {
		some, err := tx.readPatients(ctx, from, args...)
		for _, p := range some {
			out[p.ID] = p
		}
		return err
	})
	return out, err
}
