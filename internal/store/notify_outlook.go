package store

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen/notify"
)

var _ notify.OutlookTx = (*Tx)(nil)

// MessageRates counts what became of the messages that were planned since, by
// channel, kind and state.
func (tx *Tx) MessageRates(ctx context.Context, since time.Time) ([]notify.Rate, error) {
	out, err := all(ctx, tx, func(r *notify.Rate) []any {
		return []any{(*string)(&r.Channel), (*string)(&r.Kind), (*string)(&r.State), (*number)(&r.Count), (*number)(&r.Parts)}
	}, `SELECT channel, kind, state, COUNT(*), CAST(SUM(parts) AS BIGINT) FROM message WHERE created_at >= $1
 GROUP BY channel, kind, state ORDER BY channel, kind, state`, micros(since))
	if err != nil {
		return nil, fmt.Errorf("count messages: %w", err)
	}
	return out, nil
}

// OldestDue counts what is due, and since when the oldest is.
func (tx *Tx) OldestDue(ctx context.Context, now time.Time) (n int, since time.Time, err error) {
	var count int64
	var at instant
	err = tx.scan(ctx, `SELECT COUNT(*), COALESCE(MIN(due_at), 0) FROM message_open WHERE state = 'planned' AND due_at <= $1`,
		[]any{micros(now)}, &count, &at)
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("find oldest due message: %w", err)
	}
	return int(count), time.Time(at), nil
}
