package store

import (
	"context"
	"fmt"
	"time"
)

// Tick records that a schedule's tick is being run; it gives false when any
// node has recorded it before.
func (tx *Tx) Tick(ctx context.Context, schedule string, at time.Time) (bool, error) {
	n, err := tx.exec(ctx, `INSERT INTO tick (schedule, at) VALUES ($1, $2) ON CONFLICT DO NOTHING`, schedule, micros(at))
	if err != nil {
		return false, fmt.Errorf("record tick: %w", err)
	}
	return n == 1, nil
}

// LastTick gives the latest recorded tick of a schedule, zero if none.
func (tx *Tx) LastTick(ctx context.Context, schedule string) (time.Time, error) {
	var at instant
	if err := tx.scan(ctx, `SELECT COALESCE(MAX(at), 0) FROM tick WHERE schedule = $1`, []any{schedule}, &at); err != nil {
		return time.Time{}, fmt.Errorf("read last tick: %w", err)
	}
	return time.Time(at), nil
}
