package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/suspension"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/queue"
)

// AppointmentsByID gives appointments by id; those unknown are left out.
func (tx *Tx) AppointmentsByID(ctx context.Context, ids []string) (map[string]booking.Appointment, error) {
	out := make(map[string]booking.Appointment, len(ids))
	err := eachByID(ctx, tx, "appointment", appointmentColumns, appointmentInto, ids, func(a booking.Appointment) { out[a.ID] = a })
	return out, err
}

// TicketsByID gives tickets by id; those unknown are left out.
func (tx *Tx) TicketsByID(ctx context.Context, ids []string) (map[string]queue.Ticket, error) {
	out := make(map[string]queue.Ticket, len(ids))
	err := eachByID(ctx, tx, "ticket", ticketColumns, ticketInto, ids, func(t queue.Ticket) { out[t.ID] = t })
	return out, err
}

// eachByID calls f with the rows of a table that have one of ids.
func eachByID[T any](ctx context.Context, tx *Tx, table, columns string, into func(*T) []any, ids []string, f func(T)) error {
	err := tx.lookup(table, columns, "id", ids, 1, func(from string, args []any) error {
		some, err := all(ctx, tx, into, `SELECT `+columns+` FROM `+from, args...)
		for _, row := range some {
			f(row)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("list %ss: %w", table, err)
	}
	return nil
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
