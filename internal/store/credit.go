package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/credit"
)

// creditRules is JSON text.
type creditRules []credit.Rule

// Scan reads JSON text.
func (r *creditRules) Scan(src any) error {
	*r = nil
	return fromJSON(src, (*[]credit.Rule)(r))
}

func ruleSetInto(s *credit.RuleSet) []any {
	return []any{
		&s.ID, &s.Version, (*creditRules)(&s.Rules), (*number)(&s.AppealDays), (*number)(&s.DecideDays), (*instant)(&s.PublishedAt),
		(*instant)(&s.ValidFrom), &s.PublishedBy,
	}
}

const ruleSetColumns = `id, version, body, appeal_days, decide_days, published_at, valid_from, published_by`

// RuleSets lists every version of the rules of credit.
func (tx *Tx) RuleSets(ctx context.Context) ([]credit.RuleSet, error) {
	out, err := all(ctx, tx, ruleSetInto, `SELECT `+ruleSetColumns+` FROM credit_rule_set ORDER BY version`)
	if err != nil {
		return nil, fmt.Errorf("list rules of credit: %w", err)
	}
	return out, nil
}

// AddRuleSet inserts a version; CodeConflict when it exists.
func (tx *Tx) AddRuleSet(ctx context.Context, s credit.RuleSet) error {
	body, err := json.Marshal(s.Rules)
	if err != nil {
		return fmt.Errorf("write rules: %w", err)
	}
	n, err := tx.exec(ctx, `INSERT INTO credit_rule_set (`+ruleSetColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
		s.ID, s.Version, string(body), int64(s.AppealDays), int64(s.DecideDays), micros(s.PublishedAt), micros(s.ValidFrom), s.PublishedBy)
	if err != nil {
		return fmt.Errorf("add rules of credit: %w", err)
	}
	if n == 0 {
		return houzhen.E(houzhen.CodeConflict, "that version of the rules exists")
	}
	return nil
}

const markColumns = `id, patient_id, appointment_id, cause, at, day, state, why, rule_set, version`

func markInto(m *credit.Mark) []any {
	return []any{
		&m.ID, &m.PatientID, &m.AppointmentID, (*string)(&m.Cause), (*instant)(&m.At), (*day)(&m.Day), (*string)(&m.State), &m.Why,
		&m.RuleSet, &m.Version,
	}
}

// AddMark inserts a mark; false when the appointment has one of that cause.
func (tx *Tx) AddMark(ctx context.Context, m credit.Mark) (bool, error) {
	n, err := tx.exec(ctx, `INSERT INTO credit_mark (`+markColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`,
		m.ID, m.PatientID, m.AppointmentID, string(m.Cause), micros(m.At), dateNumber(m.Day), string(m.State), m.Why, m.RuleSet, m.Version)
	if err != nil {
		return false, fmt.Errorf("add mark: %w", err)
	}
	return n == 1, nil
}

// Mark finds a mark.
func (tx *Tx) Mark(ctx context.Context, id string) (credit.Mark, error) {
	return one(ctx, tx, missing("mark"), markInto, `SELECT `+markColumns+` FROM credit_mark WHERE id = $1`, id)
}

// UpdateMark saves whether a mark counts; CodeConflict when it was changed
// since it was read.
func (tx *Tx) UpdateMark(ctx context.Context, m *credit.Mark) error {
	n, err := tx.exec(ctx, `UPDATE credit_mark SET state = $1, why = $2, version = version + 1 WHERE id = $3 AND version = $4`,
		string(m.State), m.Why, m.ID, m.Version)
	if err != nil {
		return fmt.Errorf("update mark: %w", err)
	}
	if n == 0 {
		return houzhen.E(houzhen.CodeConflict, "mark was changed")
	}
	m.Version++
	return nil
}

// MarksOf lists the marks of patients by time.
func (tx *Tx) MarksOf(ctx context.Context, patientIDs ...string) ([]credit.Mark, error) {
	var out []credit.Mark
	err := chunks(patientIDs, 1, func(list string, args []any) error {
		marks, err := all(ctx, tx, markInto, `SELECT `+markColumns+` FROM credit_mark WHERE patient_id IN (`+list+`) ORDER BY at, id`, args...)
		out = append(out, marks...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list marks: %w", err)
	}
	return out, nil
}

// MarksSince lists the marks of everybody from an instant on, by time.
func (tx *Tx) MarksSince(ctx context.Context, since time.Time) ([]credit.Mark, error) {
	out, err := all(ctx, tx, markInto, `SELECT `+markColumns+` FROM credit_mark WHERE at >= $1 ORDER BY at, id`, micros(since))
	if err != nil {
		return nil, fmt.Errorf("list marks: %w", err)
	}
	return out, nil
}

// AddShield inserts a time that excuses.
func (tx *Tx) AddShield(ctx context.Context, s credit.Shield) error {
	_, err := tx.exec(ctx, `INSERT INTO credit_shield (id, kind, patient_id, from_at, to_at, note, made_by) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		s.ID, s.Kind, s.PatientID, micros(s.From), micros(s.To), s.Note, s.By)
	if err != nil {
		return fmt.Errorf("add exemption: %w", err)
	}
	return nil
}

func shieldInto(s *credit.Shield) []any {
	return []any{&s.ID, &s.Kind, &s.PatientID, (*instant)(&s.From), (*instant)(&s.To), &s.Note, &s.By}
}

// Shields lists the times that excuse and overlap a span, by their begin.
func (tx *Tx) Shields(ctx context.Context, from, to time.Time) ([]credit.Shield, error) {
	out, err := all(ctx, tx, shieldInto, `SELECT id, kind, patient_id, from_at, to_at, note, made_by FROM credit_shield
 WHERE to_at > $1 AND from_at < $2 ORDER BY from_at, id`, micros(from), micros(to))
	if err != nil {
		return nil, fmt.Errorf("list exemptions: %w", err)
	}
	return out, nil
}

// AddAttempt keeps that somebody could not be checked in.
func (tx *Tx) AddAttempt(ctx context.Context, a credit.Attempt) error {
	_, err := tx.exec(ctx, `INSERT INTO credit_attempt (appointment_id, at, code) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
		a.AppointmentID, micros(a.At), a.Code)
	if err != nil {
		return fmt.Errorf("keep attempt: %w", err)
	}
	return nil
}

// Attempts lists when and why somebody could not be checked in, by time.
func (tx *Tx) Attempts(ctx context.Context, appointmentID string) ([]credit.Attempt, error) {
	out, err := all(ctx, tx, func(a *credit.Attempt) []any { return []any{&a.AppointmentID, (*instant)(&a.At), &a.Code} },
		`SELECT appointment_id, at, code FROM credit_attempt WHERE appointment_id = $1 ORDER BY at`, appointmentID)
	if err != nil {
		return nil, fmt.Errorf("list attempts: %w", err)
	}
	return out, nil
}
