package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/stats"
)

var _ stats.Tx = (*Tx)(nil)

// figuresRow is a row as it is stored.
type figuresRow struct {
	stats.Row
	figures string
}

func figuresInto(r *figuresRow) []any {
	return []any{
		&r.SessionID, (*day)(&r.Day), (*string)(&r.Part), &r.DepartmentID, &r.DoctorID, (*string)(&r.Class), &r.figures,
	}
}

// SaveFigures writes the row of each session in the place of an older one.
func (tx *Tx) SaveFigures(ctx context.Context, rows []stats.Row) error {
	for _, r := range rows {
		figures, err := json.Marshal(r.Figures)
		if err != nil {
			return fmt.Errorf("encode figures: %w", err)
		}
		_, err = tx.exec(ctx, `INSERT INTO session_figures (session_id, day, part, department_id, doctor_id, class, figures)
 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (session_id) DO UPDATE SET day = excluded.day, part = excluded.part,
 department_id = excluded.department_id, doctor_id = excluded.doctor_id, class = excluded.class, figures = excluded.figures`,
			r.SessionID, dateNumber(r.Day), string(r.Part), r.DepartmentID, r.DoctorID, string(r.Class), string(figures))
		if err != nil {
			return fmt.Errorf("save figures: %w", err)
		}
	}
	return nil
}

// Figures lists rows by day and session.
func (tx *Tx) Figures(ctx context.Context, from, to houzhen.Date) ([]stats.Row, error) {
	found, err := all(ctx, tx, figuresInto, `SELECT session_id, day, part, department_id, doctor_id, class, figures
 FROM session_figures WHERE day >= $1 AND day <= $2 ORDER BY day, session_id`, dateNumber(from), dateNumber(to))
	if err != nil {
		return nil, fmt.Errorf("list figures: %w", err)
	}
	rows := make([]stats.Row, 0, len(found))
	for _, f := range found {
		if err := json.Unmarshal([]byte(f.figures), &f.Figures); err != nil {
			return nil, fmt.Errorf("decode figures: %w", err)
		}
		rows = append(rows, f.Row)
	}
	return rows, nil
}

// LastFigures gives the latest day with a row.
func (tx *Tx) LastFigures(ctx context.Context) (last houzhen.Date, err error) {
	if err = tx.scan(ctx, `SELECT COALESCE(MAX(day), 0) FROM session_figures`, nil, (*day)(&last)); err != nil {
		return last, fmt.Errorf("find last figures: %w", err)
	}
	return last, nil
}
