package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/credit"
)

const (
	sealAppealWords = "credit_appeal.words"
	sealAppealNote  = "credit_appeal.note"
)

const appealColumns = `id, mark_id, patient_id, words, evidence, state, asked_at, due_at, decided_at, decided_by, note, version`

// appealRow is an appeal as it is stored.
type appealRow struct {
	credit.Appeal
	words, note []byte
	evidence    evidence
}

// evidence is JSON text.
type evidence []credit.Evidence

// Scan reads JSON text.
func (e *evidence) Scan(src any) error {
	*e = nil
	return fromJSON(src, (*[]credit.Evidence)(e))
}

func appealInto(r *appealRow) []any {
	a := &r.Appeal
	return []any{
		&a.ID, &a.MarkID, &a.PatientID, &r.words, &r.evidence, (*string)(&a.State), (*instant)(&a.AskedAt), (*instant)(&a.DueAt),
		(*instant)(&a.DecidedAt), &a.DecidedBy, &r.note, &a.Version,
	}
}

func (tx *Tx) openAppeal(r appealRow) (a credit.Appeal, err error) {
	r.Evidence = r.evidence
	if r.Words, err = tx.db.unseal(r.words, sealAppealWords); err != nil {
		return a, err
	}
	r.Note, err = tx.db.unseal(r.note, sealAppealNote)
	return r.Appeal, err
}

func (tx *Tx) openAppeals(rows []appealRow, err error) ([]credit.Appeal, error) {
	if err != nil {
		return nil, fmt.Errorf("list appeals: %w", err)
	}
	out := make([]credit.Appeal, len(rows))
	for i, r := range rows {
		if out[i], err = tx.openAppeal(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// AddAppeal inserts an appeal; CodeAppealed when its mark has one.
func (tx *Tx) AddAppeal(ctx context.Context, a credit.Appeal) error {
	words, err := tx.db.seal(a.Words, sealAppealWords)
	if err != nil {
		return err
	}
	proof, err := json.Marshal(a.Evidence)
	if err != nil {
		return fmt.Errorf("write evidence: %w", err)
	}
	n, err := tx.exec(ctx, `INSERT INTO credit_appeal (`+appealColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, '', NULL, $9)
 ON CONFLICT DO NOTHING`, a.ID, a.MarkID, a.PatientID, words, string(proof), string(a.State), micros(a.AskedAt), micros(a.DueAt), a.Version)
	if err != nil {
		return fmt.Errorf("add appeal: %w", err)
	}
	if n == 0 {
		return houzhen.E(houzhen.CodeAppealed, "the mark was appealed against before")
	}
	return nil
}

// Appeal finds an appeal.
func (tx *Tx) Appeal(ctx context.Context, id string) (credit.Appeal, error) {
	r, err := one(ctx, tx, missing("appeal"), appealInto, `SELECT `+appealColumns+` FROM credit_appeal WHERE id = $1`, id)
	if err != nil {
		return credit.Appeal{}, err
	}
	return tx.openAppeal(r)
}

// UpdateAppeal saves a decision; CodeConflict when the appeal was changed since
// it was read.
func (tx *Tx) UpdateAppeal(ctx context.Context, a *credit.Appeal) error {
	note, err := tx.db.seal(a.Note, sealAppealNote)
	if err != nil {
		return err
	}
	n, err := tx.exec(ctx, `UPDATE credit_appeal SET state = $1, decided_at = $2, decided_by = $3, note = $4, version = version + 1
 WHERE id = $5 AND version = $6`, string(a.State), micros(a.DecidedAt), a.DecidedBy, note, a.ID, a.Version)
	if err != nil {
		return fmt.Errorf("update appeal: %w", err)
	}
	if n == 0 {
		return houzhen.E(houzhen.CodeConflict, "appeal was changed")
	}
	a.Version++
	return nil
}

// AppealsOf lists the appeals of patients by when they were made.
func (tx *Tx) AppealsOf(ctx context.Context, patientIDs ...string) ([]credit.Appeal, error) {
	var rows []appealRow
	err := chunks(patientIDs, 1, func(list string, args []any) error {
		more, err := all(ctx, tx, appealInto, `SELECT `+appealColumns+` FROM credit_appeal WHERE patient_id IN (`+list+`) ORDER BY asked_at, id`, args...)
		rows = append(rows, more...)
		return err
	})
	return tx.openAppeals(rows, err)
}

// AppealsOpen lists the appeals that wait for a decision, the one due first
// first.
func (tx *Tx) AppealsOpen(ctx context.Context, limit int) ([]credit.Appeal, error) {
	return tx.openAppeals(all(ctx, tx, appealInto, `SELECT `+appealColumns+` FROM credit_appeal
 WHERE state = 'open' ORDER BY due_at, id LIMIT $1`, int64(limit)))
}
