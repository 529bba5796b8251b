package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/suspension"
)

var _ suspension.Tx = (*Tx)(nil)

const suspensionColumns = `id, kind, state, session_id, from_day, to_day, parts, departments, reason, asked_by, decided_by,
 alone, asked_at, decided_at, ended_at, version`

// suspensionRow is a suspension as it is stored: lists are joined by blanks.
type suspensionRow struct {
	suspension.Suspension
	parts, departments string
}

func suspensionInto(r *suspensionRow) []any {
	s := &r.Suspension
	return []any{
		&s.ID, (*string)(&s.Kind), (*string)(&s.State), &s.SessionID, (*day)(&s.From), (*day)(&s.To), &r.parts, &r.departments,
		&s.Reason, &s.AskedBy, &s.DecidedBy, (*flag)(&s.Alone), (*instant)(&s.AskedAt), (*instant)(&s.DecidedAt),
		(*instant)(&s.EndedAt), &s.Version,
	}
}

func (r suspensionRow) suspension() suspension.Suspension {
	s := r.Suspension
	s.Departments = strings.Fields(r.departments)
	for p := range strings.FieldsSeq(r.parts) {
		s.Parts = append(s.Parts, houzhen.DayPart(p))
	}
	return s
}

func suspensionArgs(s suspension.Suspension) []any {
	parts := make([]string, len(s.Parts))
	for i, p := range s.Parts {
		parts[i] = string(p)
	}
	return []any{
		s.ID, string(s.Kind), string(s.State), s.SessionID, dateNumber(s.From), dateNumber(s.To), strings.Join(parts, " "),
		strings.Join(s.Departments, " "), s.Reason, s.AskedBy, s.DecidedBy, bit(s.Alone), micros(s.AskedAt), micros(s.DecidedAt),
		micros(s.EndedAt), s.Version,
	}
}

// Suspension finds a suspension.
func (tx *Tx) Suspension(ctx context.Context, id string) (suspension.Suspension, error) {
	return tx.oneSuspension(ctx, `id = $1`, id)
}

// LockSuspension finds a suspension and keeps other lockers of it waiting
// until the transaction ends.
func (tx *Tx) LockSuspension(ctx context.Context, id string) (suspension.Suspension, error) {
	return tx.oneSuspension(ctx, `id = $1`+tx.db.d.lock, id)
}

func (tx *Tx) oneSuspension(ctx context.Context, rest string, args ...any) (suspension.Suspension, error) {
	r, err := one(ctx, tx, missing("suspension"), suspensionInto, `SELECT `+suspensionColumns+` FROM suspension WHERE `+rest, args...)
	return r.suspension(), err
}

// SuspensionOfSession gives the newest approved one that covers a session.
func (tx *Tx) SuspensionOfSession(ctx context.Context, sessionID string) (suspension.Suspension, error) {
	return tx.oneSuspension(ctx, `state IN ('approved', 'done', 'stopped') AND id IN
 (SELECT suspension_id FROM suspension_item WHERE session_id = $1 AND outcome IN ('', 'done')) ORDER BY asked_at DESC, id DESC LIMIT 1`, sessionID)
}

// Suspensions lists suspensions, newest first.
func (tx *Tx) Suspensions(ctx context.Context, f suspension.Filter) ([]suspension.Suspension, error) {
	w := where{}
	w.in("state", texts(f.States))
	if !f.Since.IsZero() {
		w.add("asked_at >= ", micros(f.Since))
	}
	text := `SELECT ` + suspensionColumns + ` FROM suspension` + w.clause() + ` ORDER BY asked_at DESC, id DESC`
	if f.Limit > 0 {
		w.args = append(w.args, int64(f.Limit))
		text += ` LIMIT ` + placeholders(len(w.args), 1)
	}
	rows, err := all(ctx, tx, suspensionInto, text, w.args...)
	if err != nil {
		return nil, fmt.Errorf("list suspensions: %w", err)
	}
	out := make([]suspension.Suspension, len(rows))
	for i, r := range rows {
		out[i] = r.suspension()
	}
	return out, nil
}

// AddSuspension inserts a suspension; CodeConflict when one of that session is
// being asked for.
func (tx *Tx) AddSuspension(ctx context.Context, s suspension.Suspension) error {
	n, err := tx.exec(ctx, `INSERT INTO suspension (`+suspensionColumns+`)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) ON CONFLICT DO NOTHING`, suspensionArgs(s)...)
	if err != nil {
		return fmt.Errorf("add suspension: %w", err)
	}
	if n == 0 {
		return houzhen.E(houzhen.CodeConflict, "a suspension of that session is being asked for")
	}
	return nil
}

// AddItem inserts one session of a suspension.
func (tx *Tx) AddItem(ctx context.Context, i suspension.Item) error {
	_, err := tx.exec(ctx, `INSERT INTO suspension_item (`+itemColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, itemArgs(i)...)
	if err != nil {
		return fmt.Errorf("add suspension item: %w", err)
	}
	return nil
}

// UpdateSuspension saves state and decision by id and version.
func (tx *Tx) UpdateSuspension(ctx context.Context, s *suspension.Suspension) error {
	n, err := tx.exec(ctx, `UPDATE suspension SET state = $1, decided_by = $2, alone = $3, decided_at = $4, ended_at = $5,
 version = version + 1 WHERE id = $6 AND version = $7`,
		string(s.State), s.DecidedBy, bit(s.Alone), micros(s.DecidedAt), micros(s.EndedAt), s.ID, s.Version)
	if err := tx.changed(n, err, "suspension"); err != nil {
		return err
	}
	s.Version++
	return nil
}

const itemColumns = `suspension_id, session_id, rank, due_at, done_at, outcome, affected, kept`

func itemInto(i *suspension.Item) []any {
	return []any{
		&i.SuspensionID, &i.SessionID, (*number)(&i.Rank), (*instant)(&i.DueAt), (*instant)(&i.DoneAt), &i.Outcome,
		(*number)(&i.Affected), (*number)(&i.Kept),
	}
}

func itemArgs(i suspension.Item) []any {
	return []any{
		i.SuspensionID, i.SessionID, int64(i.Rank), micros(i.DueAt), micros(i.DoneAt), i.Outcome, int64(i.Affected), int64(i.Kept),
	}
}

// Items lists the sessions of a suspension by rank.
func (tx *Tx) Items(ctx context.Context, suspensionID string) ([]suspension.Item, error) {
	out, err := all(ctx, tx, itemInto, `SELECT `+itemColumns+` FROM suspension_item WHERE suspension_id = $1 ORDER BY rank`, suspensionID)
	if err != nil {
		return nil, fmt.Errorf("list suspension items: %w", err)
	}
	return out, nil
}

// UpdateItem saves what became of one session.
func (tx *Tx) UpdateItem(ctx context.Context, i suspension.Item) error {
	_, err := tx.exec(ctx, `UPDATE suspension_item SET due_at = $1, done_at = $2, outcome = $3, affected = $4, kept = $5
 WHERE suspension_id = $6 AND session_id = $7`,
		micros(i.DueAt), micros(i.DoneAt), i.Outcome, int64(i.Affected), int64(i.Kept), i.SuspensionID, i.SessionID)
	if err != nil {
		return fmt.Errorf("update suspension item: %w", err)
	}
	return nil
}

// ItemsDue lists the sessions whose turn has come, oldest first.
func (tx *Tx) ItemsDue(ctx context.Context, now time.Time, limit int) ([]suspension.Item, error) {
	out, err := all(ctx, tx, itemInto, `SELECT `+itemColumns+` FROM suspension_item
 WHERE outcome = '' AND due_at > 0 AND due_at <= $1 ORDER BY due_at, suspension_id, rank LIMIT $2`, micros(now), int64(limit))
	if err != nil {
		return nil, fmt.Errorf("list due suspension items: %w", err)
	}
	return out, nil
}

const caseColumns = `session_id, appointment_id, suspension_id, patient_id, start_at, here, step, via, settled_at, call_at,
 calls, last_call, last_call_at, last_call_by, version`

func caseInto(c *suspension.Case) []any {
	return []any{
		&c.SessionID, &c.AppointmentID, &c.SuspensionID, &c.PatientID, (*instant)(&c.Start), (*flag)(&c.Here), (*string)(&c.Step),
		&c.Via, (*instant)(&c.SettledAt), (*instant)(&c.CallAt), (*number)(&c.Calls), (*string)(&c.LastCall),
		(*instant)(&c.LastCallAt), &c.LastCallBy, &c.Version,
	}
}

// Case finds what became of one patient of a session.
func (tx *Tx) Case(ctx context.Context, sessionID, appointmentID string) (suspension.Case, error) {
	return one(ctx, tx, missing("suspension case"), caseInto,
		`SELECT `+caseColumns+` FROM suspension_case WHERE session_id = $1 AND appointment_id = $2`, sessionID, appointmentID)
}

// Cases lists cases by the time that was lost.
func (tx *Tx) Cases(ctx context.Context, f suspension.CaseFilter) ([]suspension.Case, error) {
	if f == (suspension.CaseFilter{}) {
		return nil, errors.New("cases of everybody are not listed")
	}
	w := where{}
	w.text("suspension_id = ", f.SuspensionID)
	w.text("session_id = ", f.SessionID)
	out, err := all(ctx, tx, caseInto, `SELECT `+caseColumns+` FROM suspension_case`+w.clause()+` ORDER BY start_at, appointment_id`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	return out, nil
}

// AddCase inserts a case, unless there is one.
func (tx *Tx) AddCase(ctx context.Context, c suspension.Case) (bool, error) {
	n, err := tx.exec(ctx, `INSERT INTO suspension_case (`+caseColumns+`)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT DO NOTHING`,
		c.SessionID, c.AppointmentID, c.SuspensionID, c.PatientID, micros(c.Start), bit(c.Here), string(c.Step), c.Via,
		micros(c.SettledAt), micros(c.CallAt), int64(c.Calls), string(c.LastCall), micros(c.LastCallAt), c.LastCallBy, c.Version)
	if err != nil {
		return false, fmt.Errorf("add case: %w", err)
	}
	return n == 1, nil
}

// UpdateCase saves a case by its version.
func (tx *Tx) UpdateCase(ctx context.Context, c *suspension.Case) error {
	n, err := tx.exec(ctx, `UPDATE suspension_case SET step = $1, via = $2, settled_at = $3, call_at = $4, calls = $5,
 last_call = $6, last_call_at = $7, last_call_by = $8, version = version + 1 WHERE session_id = $9 AND appointment_id = $10 AND version = $11`,
		string(c.Step), c.Via, micros(c.SettledAt), micros(c.CallAt), int64(c.Calls), string(c.LastCall), micros(c.LastCallAt),
		c.LastCallBy, c.SessionID, c.AppointmentID, c.Version)
	if err := tx.changed(n, err, "suspension case"); err != nil {
		return err
	}
	c.Version++
	return nil
}
