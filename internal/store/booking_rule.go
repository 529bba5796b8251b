package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

const ruleColumns = `department_id, version, horizon_days, at_minute, spread, fall_back_days, fall_back_minute,
 overbook_most, draw_doctors, draw_window, made_by, made_at`

// ruleRow is a rule of release as it is stored.
type ruleRow struct {
	booking.ReleaseRule
	spread, window int64 // seconds
	doctors        string
}

func ruleInto(r *ruleRow) []any {
	return []any{
		&r.DepartmentID, &r.Version, (*number)(&r.HorizonDays), (*number)(&r.At), &r.spread, (*number)(&r.FallBackDays),
		(*number)(&r.FallBackAt), (*number)(&r.OverbookMost), &r.doctors, &r.window, &r.By, (*instant)(&r.On),
	}
}

// ReleaseRules lists every version of every rule, by department and version.
func (tx *Tx) ReleaseRules(ctx context.Context) ([]booking.ReleaseRule, error) {
	rows, err := all(ctx, tx, ruleInto, `SELECT `+ruleColumns+` FROM release_rule ORDER BY department_id, version`)
	if err != nil {
		return nil, fmt.Errorf("list release rules: %w", err)
	}
	out := make([]booking.ReleaseRule, len(rows))
	for i, r := range rows {
		out[i] = r.ReleaseRule
		out[i].Spread, out[i].DrawWindow = time.Duration(r.spread)*time.Second, time.Duration(r.window)*time.Second
		if r.doctors == "" {
			continue
		}
		if err := json.Unmarshal([]byte(r.doctors), &out[i].DrawDoctors); err != nil {
			return nil, fmt.Errorf("read doctors of a draw: %w", err)
		}
	}
	return out, nil
}

// AddReleaseRule inserts a version; CodeConflict when it exists.
func (tx *Tx) AddReleaseRule(ctx context.Context, r booking.ReleaseRule) error {
	doctors := ""
	if len(r.DrawDoctors) > 0 {
		b, err := json.Marshal(r.DrawDoctors)
		if err != nil {
			return fmt.Errorf("write doctors of a draw: %w", err)
		}
		doctors = string(b)
	}
	n, err := tx.exec(ctx, `INSERT INTO release_rule (`+ruleColumns+`)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING`,
		r.DepartmentID, r.Version, int64(r.HorizonDays), int64(r.At), int64(r.Spread/time.Second), int64(r.FallBackDays),
		int64(r.FallBackAt), int64(r.OverbookMost), doctors, int64(r.DrawWindow/time.Second), r.By, micros(r.On))
	if err != nil {
		return fmt.Errorf("add release rule: %w", err)
	}
	if n == 0 {
		return houzhen.E(houzhen.CodeConflict, "that version of the rule exists")
	}
	return nil
}
