package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// versioned is the id of a row, and the version that it is of.
type versioned struct {
	id      string
	version int64
}

func versionedInto(v *versioned) []any { return []any{&v.id, &v.version} }

// ShareSessions gives the versions of those sessions that nobody has locked, by
// id, and keeps lockers of them waiting until the transaction ends.
func (tx *Tx) ShareSessions(ctx context.Context, ids ...string) (map[string]int64, error) {
	out := make(map[string]int64, len(ids))
	err := chunks(slices.Sorted(slices.Values(ids)), 1, func(list string, args []any) error {
		some, err := all(ctx, tx, versionedInto, `SELECT id, version FROM session WHERE id IN (`+list+`) ORDER BY id`+tx.db.d.lockShare, args...)
		for _, v := range some {
			out[v.id] = v.version
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("share sessions: %w", err)
	}
	return out, nil
}

func seatInto(s *booking.Seat) []any {
	return []any{&s.SessionID, &s.ID, (*number)(&s.SlotNo), (*number)(&s.State), (*instant)(&s.BookedAt), (*instant)(&s.EndedAt)}
}

// Seats lists every appointment that sessions have or had, by session and id.
func (tx *Tx) Seats(ctx context.Context, sessionIDs ...string) ([]booking.Seat, error) {
	var out []booking.Seat
	err := chunks(slices.Sorted(slices.Values(sessionIDs)), 1, func(list string, args []any) error {
		some, err := all(ctx, tx, seatInto, `SELECT session_id, id, slot_no, state, booked_at, ended_at FROM appointment
 WHERE session_id IN (`+list+`) ORDER BY session_id, id`, args...)
		out = append(out, some...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list seats: %w", err)
	}
	return out, nil
}

func visitInto(v *booking.Visit) []any {
	return []any{&v.PatientID, (*day)(&v.Day), &v.DoctorID, &v.DepartmentID, (*instant)(&v.Start), (*instant)(&v.End)}
}

// Visits lists what counts against the limits of patients on a run of days. A
// patient has few visits and a day has many, which the engines cannot know: the
// sum keeps them from going by the days.
func (tx *Tx) Visits(ctx context.Context, patientIDs []string, from, to houzhen.Date) ([]booking.Visit, error) {
	text := `SELECT a.patient_id, a.day, a.doctor_id, s.department_id, a.start_at, a.end_at FROM appointment a JOIN session s ON s.id = a.session_id
 WHERE a.state + 0 BETWEEN ` + strconv.Itoa(int(booking.Booked)) + ` AND ` + strconv.Itoa(int(booking.NoShow)) + ` AND a.purpose = '` + string(booking.PurposeVisit) + `'
 AND a.day + 0 BETWEEN $1 AND $2 AND a.patient_id IN (`
	var out []booking.Visit
	err := chunks(patientIDs, 3, func(list string, args []any) error {
		some, err := all(ctx, tx, visitInto, text+list+`)`, append([]any{dateNumber(from), dateNumber(to)}, args...)...)
		out = append(out, some...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list visits: %w", err)
	}
	return out, nil
}

// AddAppointments inserts those of new appointments that no guard refuses, and
// gives their ids.
func (tx *Tx) AddAppointments(ctx context.Context, list []booking.Appointment) (map[string]bool, error) {
	if len(list) == 0 {
		return map[string]bool{}, nil
	}
	rows := make([][]any, len(list))
	for i, a := range list {
		rows[i] = appointmentArgs(a)
	}
	ids := make(map[string]bool, len(list))
	if tx.db.d.arrays && len(list) > 1 {
		added, err := all(ctx, tx, idInto, arrayInsert("appointment", appointmentColumns, rows[0])+
			` ON CONFLICT DO NOTHING RETURNING id`, columnsOf(rows)...)
		if err != nil {
			return nil, tx.refusedAppointment(err, "add appointments")
		}
		for _, id := range added {
			ids[id] = true
		}
		return ids, nil
	}
	for i, row := range rows {
		n, err := tx.exec(ctx, insertAppointment, row...)
		if err != nil {
			return nil, tx.refusedAppointment(err, "add appointments")
		}
		if n == 1 {
			ids[list[i].ID] = true
		}
	}
	return ids, nil
}

// AddAllAppointments inserts all of new appointments; CodeConflict, at the latest
// at the commit, if a guard refuses one. The server does not look before it
// writes, as it does for AddAppointments, and nobody waits for its answer.
func (tx *Tx) AddAllAppointments(ctx context.Context, list []booking.Appointment) error {
	if !tx.db.d.arrays || len(list) == 0 {
		return booking.AddEachOf(ctx, tx, list)
	}
	rows := make([][]any, len(list))
	for i, a := range list {
		rows[i] = appointmentArgs(a)
	}
	if err := tx.writeLate(ctx, arrayInsert("appointment", appointmentColumns, rows[0]), columnsOf(rows)...); err != nil {
		return fmt.Errorf("add appointments: %w", err)
	}
	return nil
}

// EmitAll writes facts as Emit does.
func (tx *Tx) EmitAll(events []houzhen.Event) error {
	if tx.readOnly {
		return errReadOnly
	}
	if !tx.db.d.arrays || len(events) < 2 {
		for _, e := range events {
			if err := tx.Emit(e); err != nil {
				return err
			}
		}
		return nil
	}
	rows := make([][]any, len(events))
	for i := range events {
		rows[i] = tx.factArgs(&events[i])
	}
	if err := tx.writeLate(tx.calm, arrayInsert("fact", insertedFact, rows[0]), columnsOf(rows)...); err != nil {
		return fmt.Errorf("emit facts: %w", err)
	}
	tx.facts = append(tx.facts, events...)
	return nil
}
