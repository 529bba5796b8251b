package store

import (
	"context"
	"fmt"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/continuation"
)

const continuationColumns = `id, visit_id, patient_id, department_id, doctor_id, max_grade, from_day, until_day, used_by, given_by, given_at, version`

func continuationInto(c *continuation.Continuation) []any {
	return []any{
		&c.ID, &c.VisitID, &c.PatientID, &c.DepartmentID, &c.DoctorID, (*number)(&c.MaxGrade), (*day)(&c.From), (*day)(&c.Until),
		&c.UsedBy, &c.GivenBy, (*instant)(&c.GivenAt), &c.Version,
	}
}

// Continuation finds one by id.
func (tx *Tx) Continuation(ctx context.Context, id string) (continuation.Continuation, error) {
	return one(ctx, tx, missing("continuation"), continuationInto, `SELECT `+continuationColumns+` FROM continuation WHERE id = $1`, id)
}

// ContinuationUsedBy finds the one that an appointment was booked with.
func (tx *Tx) ContinuationUsedBy(ctx context.Context, appointmentID string) (continuation.Continuation, error) {
	return one(ctx, tx, missing("continuation"), continuationInto,
		`SELECT `+continuationColumns+` FROM continuation WHERE used_by = $1 AND used_by <> ''`, appointmentID)
}

// Continuations lists those of patients, the newest first.
func (tx *Tx) Continuations(ctx context.Context, patientIDs ...string) ([]continuation.Continuation, error) {
	var out []continuation.Continuation
	err := chunks(patientIDs, 1, func(list string, args []any) error {
		some, err := all(ctx, tx, continuationInto, `SELECT `+continuationColumns+` FROM continuation WHERE patient_id IN (`+list+`)
 ORDER BY given_at DESC, id`, args...)
		out = append(out, some...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list continuations: %w", err)
	}
	return out, nil
}

// ContinuationsOf lists those of a visit.
func (tx *Tx) ContinuationsOf(ctx context.Context, visitID string) ([]continuation.Continuation, error) {
	out, err := all(ctx, tx, continuationInto, `SELECT `+continuationColumns+` FROM continuation WHERE visit_id = $1 ORDER BY given_at, id`, visitID)
	if err != nil {
		return nil, fmt.Errorf("list continuations of the visit: %w", err)
	}
	return out, nil
}

// AddContinuation inserts one; CodeConflict when its id exists.
func (tx *Tx) AddContinuation(ctx context.Context, c continuation.Continuation) error {
	n, err := tx.exec(ctx, `INSERT INTO continuation (`+continuationColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
 ON CONFLICT DO NOTHING`, c.ID, c.VisitID, c.PatientID, c.DepartmentID, c.DoctorID, int64(c.MaxGrade), dateNumber(c.From), dateNumber(c.Until),
		c.UsedBy, c.GivenBy, micros(c.GivenAt), c.Version)
	if err != nil {
		return fmt.Errorf("add continuation: %w", err)
	}
	if n == 0 {
		return houzhen.E(houzhen.CodeConflict, "continuation exists")
	}
	return nil
}

// SaveContinuation writes what it is used by, by the version that was read;
// CodeConflict when it was changed meanwhile, or when the appointment was booked
// with another.
func (tx *Tx) SaveContinuation(ctx context.Context, c continuation.Continuation) error {
	n, err := tx.exec(ctx, `UPDATE continuation SET used_by = $1, version = version + 1 WHERE id = $2 AND version = $3`, c.UsedBy, c.ID, c.Version)
	if err != nil && tx.db.d.violation(err).kind == uniqueViolation {
		return houzhen.E(houzhen.CodeConflict, "the appointment was booked with another continuation").Because(err)
	}
	return tx.changed(n, err, "continuation")
}
