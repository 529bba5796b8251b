package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// ShownRange is what one patient was shown of his waiting time: the first range
// after his check-in, the last one, and what it came to.
type ShownRange struct {
	TicketID, ZoneID              string
	FirstLow, FirstMid, FirstHigh time.Time
	LastLow, LastMid, LastHigh    time.Time
	Changes                       int
	CalledAt                      time.Time // zero: not called
}

const shownColumns = `ticket_id, zone_id, first_low, first_mid, first_high, last_low, last_mid, last_high, changes, called_at`

func shownInto(s *ShownRange) []any {
	return []any{
		&s.TicketID, &s.ZoneID, (*instant)(&s.FirstLow), (*instant)(&s.FirstMid), (*instant)(&s.FirstHigh),
		(*instant)(&s.LastLow), (*instant)(&s.LastMid), (*instant)(&s.LastHigh), (*number)(&s.Changes), (*instant)(&s.CalledAt),
	}
}

// SaveShown keeps what patients were shown, each once. The first range stays what
// it was when he was kept before, and so does an instant of the call.
func (tx *Tx) SaveShown(ctx context.Context, list ...ShownRange) error {
	rows := make([][]any, len(list))
	for i, s := range slices.SortedFunc(slices.Values(list), func(a, b ShownRange) int { return cmp.Compare(a.TicketID, b.TicketID) }) {
		rows[i] = []any{
			s.TicketID, s.ZoneID, micros(s.FirstLow), micros(s.FirstMid), micros(s.FirstHigh), micros(s.LastLow), micros(s.LastMid),
			micros(s.LastHigh), int64(s.Changes), micros(s.CalledAt),
		}
	}
	return tx.renew(ctx, "shown_range", shownColumns, rows, func(column string) string {
		switch column {
		case "last_low", "last_mid", "last_high":
			return "excluded." + column
		case "changes":
			return `CASE WHEN excluded.changes > shown_range.changes THEN excluded.changes ELSE shown_range.changes END`
		case "called_at":
			return `CASE WHEN shown_range.called_at > 0 THEN shown_range.called_at ELSE excluded.called_at END`
		default:
			return "shown_range." + column
		}
	})
}

// ShownRanges lists those whose patients were called from an instant on, by
// zone and call.
func (tx *Tx) ShownRanges(ctx context.Context, since time.Time) ([]ShownRange, error) {
	out, err := all(ctx, tx, shownInto, `SELECT `+shownColumns+` FROM shown_range WHERE called_at >= $1 AND called_at > 0
 ORDER BY zone_id, called_at, ticket_id`, micros(since))
	if err != nil {
		return nil, fmt.Errorf("list ranges: %w", err)
	}
	return out, nil
}

// PurgeShown drops the ranges of who was called, or last shown one, before an
// instant.
func (db *DB) PurgeShown(ctx context.Context, before time.Time) (n int64, err error) {
	err = db.InTx(ctx, func(tx *Tx) error {
		n, err = tx.exec(ctx, `DELETE FROM shown_range WHERE last_high < $1`, micros(before))
		return err
	})
	return n, err
}

// Quality is how good a zone's forecasts were.
type Quality struct {
	ZoneID                string
	People                int
	FirstRight, LastRight float64 // shares
	Off, Width            time.Duration
	Changes               float64 // of the range, a patient
	RatedAt               time.Time
}

const qualityColumns = `zone_id, people, first_right, last_right, off, width, changes, rated_at`

// SaveQuality keeps a zone's newest rating.
func (tx *Tx) SaveQuality(ctx context.Context, q Quality) error {
	return tx.renew(ctx, "forecast_quality", qualityColumns, [][]any{{
		q.ZoneID, int64(q.People), millionths(q.FirstRight), millionths(q.LastRight), int64(q.Off), int64(q.Width),
		millionths(q.Changes), micros(q.RatedAt),
	}}, theNew)
}

// Qualities lists the ratings by zone.
func (tx *Tx) Qualities(ctx context.Context) ([]Quality, error) {
	out, err := all(ctx, tx, func(q *Quality) []any {
		return []any{
			&q.ZoneID, (*number)(&q.People), (*chance)(&q.FirstRight), (*chance)(&q.LastRight), (*int64)(&q.Off), (*int64)(&q.Width),
			(*chance)(&q.Changes), (*instant)(&q.RatedAt),
		}
	}, `SELECT `+qualityColumns+` FROM forecast_quality ORDER BY zone_id`)
	if err != nil {
		return nil, fmt.Errorf("list qualities: %w", err)
	}
	return out, nil
}
