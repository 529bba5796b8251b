package store

import (
	"context"
	"fmt"
	"time"
)

// Whereabouts is where the hospital's information system last saw a patient.
type Whereabouts struct {
	PatientID string
	Place     string // code of the service point, "" when he left it
	Since     time.Time
	Until     time.Time // when he left or is expected to; zero if not known
	Version   int64
}

// Whereabouts finds where a patient was seen last.
func (tx *Tx) Whereabouts(ctx context.Context, patientID string) (Whereabouts, error) {
	return one(ctx, tx, missing("whereabouts"), func(w *Whereabouts) []any {
		return []any{&w.PatientID, &w.Place, (*instant)(&w.Since), (*instant)(&w.Until), &w.Version}
	}, `SELECT patient_id, place, since, until, version FROM whereabouts WHERE patient_id = $1`, patientID)
}

// SaveWhereabouts keeps the latest and gives it with its version.
func (tx *Tx) SaveWhereabouts(ctx context.Context, w Whereabouts) (Whereabouts, error) {
	err := tx.scan(ctx, `INSERT INTO whereabouts (patient_id, place, since, until, version) VALUES ($1, $2, $3, $4, 1)
 ON CONFLICT (patient_id) DO UPDATE SET place = excluded.place, since = excluded.since, until = excluded.until,
 version = whereabouts.version + 1 RETURNING version`, []any{w.PatientID, w.Place, micros(w.Since), micros(w.Until)}, &w.Version)
	if err != nil {
		return w, fmt.Errorf("save whereabouts: %w", err)
	}
	return w, nil
}
