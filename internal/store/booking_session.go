package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

const sessionColumns = `id, department_id, zone_id, room_id, doctor_id, attending_id, day, part, start_at, end_at,
 deadline, slice_minutes, slice_capacity, class, prefix, status, release_at, fall_back_at, version`

func sessionInto(s *booking.Session) []any {
	return []any{
		&s.ID, &s.DepartmentID, &s.ZoneID, &s.RoomID, &s.DoctorID, &s.AttendingID, (*day)(&s.Date), (*string)(&s.Part),
		(*instant)(&s.Start), (*instant)(&s.End), (*instant)(&s.Deadline), (*number)(&s.SliceMinutes),
		(*number)(&s.SliceCapacity), (*string)(&s.Class), &s.Prefix, (*string)(&s.Status), (*instant)(&s.ReleaseAt), (*instant)(&s.FallBackAt),
		&s.Version,
	}
}

func sessionArgs(s booking.Session) []any {
	return []any{
		s.ID, s.DepartmentID, s.ZoneID, s.RoomID, s.DoctorID, s.AttendingID, dateNumber(s.Date), string(s.Part),
		micros(s.Start), micros(s.End), micros(s.Deadline), int64(s.SliceMinutes), int64(s.SliceCapacity),
		string(s.Class), s.Prefix, string(s.Status), micros(s.ReleaseAt), micros(s.FallBackAt), s.Version,
	}
}

// Session finds a session.
func (tx *Tx) Session(ctx context.Context, id string) (booking.Session, error) {
	return one(ctx, tx, missing("session"), sessionInto, `SELECT `+sessionColumns+` FROM session WHERE id = $1`, id)
}

// LockSession finds a session and keeps other lockers of it waiting until the
// transaction ends.
func (tx *Tx) LockSession(ctx context.Context, id string) (booking.Session, error) {
	return one(ctx, tx, missing("session"), sessionInto,
		`SELECT `+sessionColumns+` FROM session WHERE id = $1`+tx.db.d.lock, id)
}

// QueueForSession finds a session and keeps others who queue for it or lock it
// waiting until the transaction ends, but not those who share it.
func (tx *Tx) QueueForSession(ctx context.Context, id string) (booking.Session, error) {
	return one(ctx, tx, missing("session"), sessionInto,
		`SELECT `+sessionColumns+` FROM session WHERE id = $1`+tx.db.d.lockQueue, id)
}

// Sessions lists sessions by start and id.
func (tx *Tx) Sessions(ctx context.Context, f booking.SessionFilter) ([]booking.Session, error) {
	if f.IDs == nil {
		return tx.sessions(ctx, f, `session WHERE TRUE`, nil)
	}
	var out []booking.Session
	err := tx.lookup("session", sessionColumns, "id", f.IDs, 1, func(from string, args []any) error {
		some, err := tx.sessions(ctx, f, from, args)
		out = append(out, some...)
		return err
	})
	if len(f.IDs) > maxList {
		slices.SortFunc(out, func(a, b booking.Session) int { return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.ID, b.ID)) })
	}
	return out, err
}

func (tx *Tx) sessions(ctx context.Context, f booking.SessionFilter, from string, args []any) ([]booking.Session, error) {
	w := where{args: args}
	w.text("department_id = ", f.DepartmentID)
	w.text("zone_id = ", f.ZoneID)
	w.text("doctor_id = ", f.DoctorID)
	w.dates("day", f.From, f.To)
	w.in("status", texts(f.Status))
	out, err := all(ctx, tx, sessionInto, `SELECT `+sessionColumns+` FROM `+from+w.more()+` ORDER BY start_at, id`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return out, nil
}

// AddSession inserts a session with its slots; CodeConflict when the doctor
// has one on that day and half-day already.
func (tx *Tx) AddSession(ctx context.Context, s booking.Session, slots []booking.Slot) error {
	n, err := tx.exec(ctx, `INSERT INTO session (`+sessionColumns+`)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) ON CONFLICT DO NOTHING`, sessionArgs(s)...)
	if err != nil {
		return fmt.Errorf("add session: %w", err)
	}
	if n == 0 {
		return houzhen.E(houzhen.CodeConflict, "doctor, day and half-day have a session")
	}
	rows := make([][]any, len(slots))
	for i, slot := range slots {
		slot.SessionID = s.ID
		rows[i] = slotArgs(slot)
	}
	return tx.addSlots(ctx, rows)
}

// DropSession removes a session with its slots; CodeState when anybody ever
// stood on one, which the foreign keys say.
func (tx *Tx) DropSession(ctx context.Context, id string) error {
	err := tx.Savepoint(ctx, func() error {
		if _, err := tx.exec(ctx, `DELETE FROM slot WHERE session_id = $1`, id); err != nil {
			return err
		}
		_, err := tx.exec(ctx, `DELETE FROM session WHERE id = $1`, id)
		return err
	})
	switch {
	case err != nil && tx.db.d.violation(err).kind == foreignViolation:
		return houzhen.E(houzhen.CodeState, "session has appointments").Because(err)
	case err != nil:
		return fmt.Errorf("drop session: %w", err)
	}
	return nil
}

// UpdateSession saves by id and the version that was read; CodeConflict when
// it was changed meanwhile. Doctor and date never change.
func (tx *Tx) UpdateSession(ctx context.Context, s booking.Session) error {
	n, err := tx.exec(ctx, `UPDATE session SET department_id = $1, zone_id = $2, room_id = $3, attending_id = $4,
 start_at = $5, end_at = $6, deadline = $7, slice_minutes = $8, slice_capacity = $9, class = $10, prefix = $11,
 status = $12, release_at = $13, fall_back_at = $14, version = version + 1 WHERE id = $15 AND version = $16`,
		s.DepartmentID, s.ZoneID, s.RoomID, s.AttendingID, micros(s.Start), micros(s.End), micros(s.Deadline),
		int64(s.SliceMinutes), int64(s.SliceCapacity), string(s.Class), s.Prefix, string(s.Status), micros(s.ReleaseAt), micros(s.FallBackAt),
		s.ID, s.Version)
	return tx.changed(n, err, "session")
}

// changed turns "no row had that version" into CodeConflict.
func (tx *Tx) changed(n int64, err error, what string) error {
	if err != nil {
		return fmt.Errorf("update %s: %w", what, err)
	}
	if n == 0 {
		return houzhen.E(houzhen.CodeConflict, what+" was changed meanwhile")
	}
	return nil
}

// SessionsReleased lists planned sessions that are released after one instant and
// until another, the first ones first.
func (tx *Tx) SessionsReleased(ctx context.Context, after, until time.Time, limit int) ([]booking.Session, error) {
	out, err := all(ctx, tx, sessionInto, `SELECT `+sessionColumns+` FROM session
 WHERE status = 'planned' AND release_at > $1 AND release_at <= $2 ORDER BY release_at, id LIMIT $3`, micros(after), micros(until), int64(limit))
	if err != nil {
		return nil, fmt.Errorf("list sessions to be released: %w", err)
	}
	return out, nil
}

// SessionsToOpen lists planned sessions that start by now, oldest first; a
// caller who opens ahead of the start adds the lead to now.
func (tx *Tx) SessionsToOpen(ctx context.Context, now time.Time, limit int) ([]booking.Session, error) {
	return tx.dueSessions(ctx, `status = 'planned' AND start_at <= $1 ORDER BY start_at, id LIMIT $2`, now, limit)
}

// SessionsToClose lists open or planned sessions that ended by now, oldest
// first; a caller who leaves time after the end takes it off now.
func (tx *Tx) SessionsToClose(ctx context.Context, now time.Time, limit int) ([]booking.Session, error) {
	return tx.dueSessions(ctx, `status IN ('planned', 'open') AND end_at <= $1 ORDER BY end_at, id LIMIT $2`, now, limit)
}

func (tx *Tx) dueSessions(ctx context.Context, rest string, now time.Time, limit int) ([]booking.Session, error) {
	out, err := all(ctx, tx, sessionInto, `SELECT `+sessionColumns+` FROM session WHERE `+rest, micros(now), int64(limit))
	if err != nil {
		return nil, fmt.Errorf("list due sessions: %w", err)
	}
	return out, nil
}
