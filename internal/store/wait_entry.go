package store

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/waitlist"
)

const waitEntryColumns = `id, patient_id, account_id, session_id, department_id, doctor_id, class, from_day, to_day, slice_at,
 group_name, same_day, travel_minutes, wish, status, reason, joined_at, close_at, ended_at, version`

func waitEntryInto(e *waitlist.Entry) []any {
	return []any{
		&e.ID, &e.PatientID, &e.AccountID, &e.SessionID, &e.DepartmentID, &e.DoctorID, (*string)(&e.Class), (*day)(&e.From),
		(*day)(&e.To), (*instant)(&e.Slice), (*string)(&e.Group), (*flag)(&e.SameDay), (*number)(&e.TravelMinutes), &e.Wish,
		(*string)(&e.Status), &e.Reason, (*instant)(&e.JoinedAt), (*instant)(&e.CloseAt), (*instant)(&e.EndedAt), &e.Version,
	}
}

// WaitEntry finds an entry of the waitlist.
func (tx *Tx) WaitEntry(ctx context.Context, id string) (waitlist.Entry, error) {
	return one(ctx, tx, missing("waitlist entry"), waitEntryInto,
		`SELECT `+waitEntryColumns+` FROM wait_entry WHERE id = $1`, id)
}

// WaitEntryOf finds the live entry of a patient for a wish.
func (tx *Tx) WaitEntryOf(ctx context.Context, patientID, wish string) (waitlist.Entry, error) {
	return one(ctx, tx, missing("waitlist entry"), waitEntryInto, `SELECT `+waitEntryColumns+` FROM wait_entry
 WHERE patient_id = $1 AND wish = $2 AND status IN ('waiting', 'frozen')`, patientID, wish)
}

// WaitEntries lists entries in the order of the list. A filter whose
// PatientIDs is empty but not nil selects nothing.
func (tx *Tx) WaitEntries(ctx context.Context, f waitlist.Filter) ([]waitlist.Entry, error) {
	if f.PatientIDs != nil && len(f.PatientIDs) == 0 {
		return []waitlist.Entry{}, nil
	}
	w := where{}
	w.in("patient_id", padded(f.PatientIDs))
	w.text("session_id = ", f.SessionID)
	w.text("department_id = ", f.DepartmentID)
	w.in("status", texts(f.Status))
	if !f.From.IsZero() {
		w.add("to_day >= ", dateNumber(f.From))
	}
	if !f.To.IsZero() {
		w.add("from_day <= ", dateNumber(f.To))
	}
	text := `SELECT ` + waitEntryColumns + ` FROM wait_entry` + w.clause() + ` ORDER BY joined_at, id`
	if f.Limit > 0 {
		w.args = append(w.args, int64(f.Limit))
		text += ` LIMIT ` + placeholders(len(w.args), 1)
	}
	return tx.waitEntries(ctx, text, w.args...)
}

func (tx *Tx) waitEntries(ctx context.Context, text string, args ...any) ([]waitlist.Entry, error) {
	out, err := all(ctx, tx, waitEntryInto, text, args...)
	if err != nil {
		return nil, fmt.Errorf("list waitlist entries: %w", err)
	}
	return out, nil
}

// AddWaitEntry inserts an entry; CodeConflict when the patient has a live one
// for the same wish.
func (tx *Tx) AddWaitEntry(ctx context.Context, e waitlist.Entry) error {
	n, err := tx.exec(ctx, `INSERT INTO wait_entry (`+waitEntryColumns+`) VALUES (`+placeholders(1, 20)+`) ON CONFLICT DO NOTHING`,
		e.ID, e.PatientID, e.AccountID, e.SessionID, e.DepartmentID, e.DoctorID, string(e.Class), dateNumber(e.From),
		dateNumber(e.To), micros(e.Slice), string(e.Group), bit(e.SameDay), int64(e.TravelMinutes), e.Wish, string(e.Status),
		e.Reason, micros(e.JoinedAt), micros(e.CloseAt), micros(e.EndedAt), e.Version)
	return tx.changed(n, err, "waitlist entry")
}

// UpdateWaitEntry saves what became of an entry, by the version that was read.
func (tx *Tx) UpdateWaitEntry(ctx context.Context, e *waitlist.Entry) error {
	n, err := tx.exec(ctx, `UPDATE wait_entry SET status = $1, reason = $2, close_at = $3, ended_at = $4, travel_minutes = $5,
 slice_at = $6, wish = $7, version = version + 1 WHERE id = $8 AND version = $9`,
		string(e.Status), e.Reason, micros(e.CloseAt), micros(e.EndedAt), int64(e.TravelMinutes), micros(e.Slice), e.Wish, e.ID, e.Version)
	if err := tx.changed(n, err, "waitlist entry"); err != nil {
		return err
	}
	e.Version++
	return nil
}

// WaitFor lists entries that wait for a session, in the order of the list,
// after a cursor.
func (tx *Tx) WaitFor(ctx context.Context, s booking.Session, after waitlist.Cursor, limit int) ([]waitlist.Entry, error) {
	at, date := micros(after.JoinedAt), dateNumber(s.Date)
	return tx.waitEntries(ctx, `SELECT `+waitEntryColumns+` FROM wait_entry WHERE status = 'waiting' AND department_id = $1
 AND (joined_at > $2 OR joined_at = $3 AND id > $4)
 AND (session_id = $5 OR session_id = '' AND doctor_id IN ('', $6) AND class IN ('', $7) AND from_day <= $8 AND to_day >= $9)
 ORDER BY joined_at, id LIMIT $10`,
		s.DepartmentID, at, at, after.ID, s.ID, s.DoctorID, string(s.Class), date, date, int64(limit))
}

// WaitAhead counts the waiting entries before e that compete with it.
func (tx *Tx) WaitAhead(ctx context.Context, e waitlist.Entry) (int, error) {
	at := micros(e.JoinedAt)
	args := []any{e.DepartmentID, at, at, e.ID, e.SessionID, e.SessionID, dateNumber(e.To), dateNumber(e.From)}
	text := `SELECT COUNT(*) FROM wait_entry WHERE status = 'waiting' AND department_id = $1
 AND (joined_at < $2 OR joined_at = $3 AND id < $4) AND (session_id = '' OR $5 = '' OR session_id = $6)
 AND from_day <= $7 AND to_day >= $8`
	if e.DoctorID != "" {
		args = append(args, e.DoctorID)
		text += ` AND doctor_id IN ('', $9)`
	}
	var n number
	if err := tx.scan(ctx, text, args, &n); err != nil {
		return 0, fmt.Errorf("count entries ahead: %w", err)
	}
	return int(n), nil
}

// WaitEntriesToClose lists live entries whose list is over, the longest first.
func (tx *Tx) WaitEntriesToClose(ctx context.Context, now time.Time, limit int) ([]waitlist.Entry, error) {
	return tx.waitEntries(ctx, `SELECT `+waitEntryColumns+` FROM wait_entry
 WHERE status IN ('waiting', 'frozen') AND close_at <= $1 ORDER BY close_at, id LIMIT $2`, micros(now), int64(limit))
}

// WaitedSessions lists sessions not yet over that somebody waits for, by id.
func (tx *Tx) WaitedSessions(ctx context.Context, now time.Time, afterID string, limit int) ([]booking.Session, error) {
	out, err := all(ctx, tx, sessionInto, `SELECT `+of("s", sessionColumns)+` FROM session s
 WHERE s.end_at > $1 AND s.status IN ('planned', 'open') AND s.id > $2 AND EXISTS (
 SELECT 1 FROM wait_entry e WHERE e.status = 'waiting' AND e.department_id = s.department_id AND (e.session_id = s.id
 OR e.session_id = '' AND e.doctor_id IN ('', s.doctor_id) AND e.class IN ('', s.class) AND e.from_day <= s.day AND e.to_day >= s.day))
 ORDER BY s.id LIMIT $3`, micros(now), afterID, int64(limit))
	if err != nil {
		return nil, fmt.Errorf("list awaited sessions: %w", err)
	}
	return out, nil
}
