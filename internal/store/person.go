package store

import (
	"context"
	"fmt"

	"github.com/houzhen/houzhen/booking/person"
	"github.com/houzhen/houzhen/directory"
)

// traitRow is what the rules ask of a patient, as stored.
type traitRow struct {
	id, sex string
	birth   []byte
}

func traitInto(r *traitRow) []any { return []any{&r.id, &r.sex, &r.birth} }

// PatientTraits gives age and sex of patients; those unknown are left out.
func (tx *Tx) PatientTraits(ctx context.Context, ids []string) (map[string]person.Traits, error) {
	out := make(map[string]person.Traits, len(ids))
	err := chunks(ids, 1, func(list string, args []any) error {
		rows, err := all(ctx, tx, traitInto, `SELECT id, sex, birth FROM patient WHERE id IN (`+list+`)`, args...)
		if err != nil {
			return fmt.Errorf("list traits: %w", err)
		}
		for _, r := range rows {
			t := person.Traits{Sex: r.sex}
			birth, err := tx.db.unseal(r.birth, sealPatientBirth)
			if err != nil {
				return fmt.Errorf("open birth: %w", err)
			}
			if err := t.Birth.UnmarshalText([]byte(birth)); err != nil {
				return fmt.Errorf("read birth: %w", err)
			}
			out[r.id] = t
		}
		return nil
	})
	return out, err
}

func wardInto(w *person.Ward) []any { return []any{&w.AccountID, &w.PatientID} }

// Wards lists the children whose guardians accounts are, with consent.
func (tx *Tx) Wards(ctx context.Context, accountIDs []string) ([]person.Ward, error) {
	var out []person.Ward
	err := chunks(accountIDs, 1, func(list string, args []any) error {
		some, err := all(ctx, tx, wardInto, `SELECT account_id, patient_id FROM kinship
 WHERE account_id IN (`+list+`) AND relation = 'child' AND consent_at > 0 ORDER BY account_id, patient_id`, args...)
		out = append(out, some...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list wards: %w", err)
	}
	return out, nil
}

// KinOf lists the accounts that registered a patient, by account.
func (tx *Tx) KinOf(ctx context.Context, patientID string) ([]directory.Kinship, error) {
	out, err := all(ctx, tx, kinInto, `SELECT account_id, patient_id, relation, consent_at FROM kinship
 WHERE patient_id = $1 ORDER BY account_id`, patientID)
	if err != nil {
		return nil, fmt.Errorf("list kin of patient: %w", err)
	}
	return out, nil
}

// AddMerge keeps that two records were one person's; CodeConflict when the lost
// one was given up already.
func (tx *Tx) AddMerge(ctx context.Context, m directory.Merge) error {
	n, err := tx.exec(ctx, `INSERT INTO patient_merge (id, kept_id, lost_id, by_id, reason, at, undo)
 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`, m.ID, m.Kept, m.Lost, m.By, m.Reason, micros(m.At), m.Undo)
	return tx.changed(n, err, "merge")
}

// RepointWait gives an entry of the waitlist, with what it is offered, to
// another record of the same person.
func (tx *Tx) RepointWait(ctx context.Context, entryID, patientID string) error {
	if _, err := tx.exec(ctx, `UPDATE wait_entry SET patient_id = $1, version = version + 1 WHERE id = $2`, patientID, entryID); err != nil {
		return fmt.Errorf("repoint entry: %w", err)
	}
	if _, err := tx.exec(ctx, `UPDATE wait_offer SET patient_id = $1 WHERE entry_id = $2`, patientID, entryID); err != nil {
		return fmt.Errorf("repoint offers: %w", err)
	}
	return nil
}
