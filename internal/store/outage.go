package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/houzhen/houzhen/booking"
)

// Heartbeat notes that the system is up, and gives when that was noted before;
// zero at the first time.
func (tx *Tx) Heartbeat(ctx context.Context, id string) (time.Time, error) {
	var last instant
	err := tx.scan(ctx, `SELECT at FROM heartbeat WHERE id = $1`+tx.db.d.lock, []any{id}, &last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, fmt.Errorf("read heartbeat: %w", err)
	}
	_, err = tx.exec(ctx, `INSERT INTO heartbeat (id, at) VALUES ($1, $2)
 ON CONFLICT (id) DO UPDATE SET at = excluded.at`, id, micros(tx.now))
	if err != nil {
		return time.Time{}, fmt.Errorf("note heartbeat: %w", err)
	}
	return time.Time(last), nil
}

// AddOutage records a time in which the system was down.
func (tx *Tx) AddOutage(ctx context.Context, o booking.Outage) error {
	_, err := tx.exec(ctx, `INSERT INTO outage (from_at, to_at) VALUES ($1, $2) ON CONFLICT DO NOTHING`, micros(o.From), micros(o.To))
	if err != nil {
		return fmt.Errorf("record outage: %w", err)
	}
	return nil
}

// Outages lists the times in which the system was down that touch a span,
// oldest first.
func (tx *Tx) Outages(ctx context.Context, from, to time.Time) ([]booking.Outage, error) {
	out, err := all(ctx, tx, func(o *booking.Outage) []any { return []any{(*instant)(&o.From), (*instant)(&o.To)} },
		`SELECT from_at, to_at FROM outage WHERE to_at > $1 AND from_at < $2 ORDER BY from_at`, micros(from), micros(to))
	if err != nil {
		return nil, fmt.Errorf("list outages: %w", err)
	}
	return out, nil
}
