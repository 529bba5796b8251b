package store

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/queue"
)

const noticeColumns = `id, zone_id, request, words, words_en, said_by, at, until_at, taken_by, taken_at`

func noticeInto(n *queue.Notice) []any {
	return []any{
		&n.ID, &n.ZoneID, &n.Request, &n.Text.Zh, &n.Text.En, &n.By, (*instant)(&n.At), (*instant)(&n.Until), &n.TakenBy, (*instant)(&n.TakenAt),
	}
}

// AddNotice inserts what is told to a zone; CodeConflict if its request has said
// something there.
func (tx *Tx) AddNotice(ctx context.Context, n queue.Notice) error {
	return tx.mustInsert(ctx, houzhen.E(houzhen.CodeConflict, "request has said something to the zone"),
		`INSERT INTO notice (`+noticeColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		n.ID, n.ZoneID, n.Request, n.Text.Zh, n.Text.En, n.By, micros(n.At), micros(n.Until), n.TakenBy, micros(n.TakenAt))
}

// TakeNotice notes who took a notice back, and when.
func (tx *Tx) TakeNotice(ctx context.Context, id, by string, at time.Time) error {
	if _, err := tx.exec(ctx, `UPDATE notice SET taken_by = $1, taken_at = $2 WHERE id = $3`, by, micros(at), id); err != nil {
		return fmt.Errorf("take notice back: %w", err)
	}
	return nil
}

// Notice finds one; CodeNotFound.
func (tx *Tx) Notice(ctx context.Context, id string) (queue.Notice, error) {
	return one(ctx, tx, missing("notice"), noticeInto, `SELECT `+noticeColumns+` FROM notice WHERE id = $1`, id)
}

// Notices lists those of a zone that end after an instant, the oldest first.
func (tx *Tx) Notices(ctx context.Context, zoneID string, after time.Time) ([]queue.Notice, error) {
	list, err := all(ctx, tx, noticeInto, `SELECT `+noticeColumns+` FROM notice WHERE zone_id = $1 AND until_at > $2 ORDER BY at, id`, zoneID, micros(after))
	if err != nil {
		return nil, fmt.Errorf("list notices: %w", err)
	}
	return list, nil
}
