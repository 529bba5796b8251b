package store

import (
	"context"
	"fmt"

	"github.com/houzhen/houzhen/booking/person"
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
