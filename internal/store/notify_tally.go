package store

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen/notify"
)

var _ notify.Tallier = (*Tx)(nil)

// count is how many messages one subject or recipient got.
type count struct {
	id string
	n  int64
}

func countInto(c *count) []any { return []any{&c.id, &c.n} }

// SentSince counts the SMS of class B that went out since an instant, by
// subject and by recipient; those without any are left out.
func (tx *Tx) SentSince(ctx context.Context, since time.Time, subjects, recipients []string) (bySubject, byRecipient map[string]int, err error) {
	if bySubject, err = tx.sentBy(ctx, "subject", since, subjects); err != nil {
		return nil, nil, err
	}
	byRecipient, err = tx.sentBy(ctx, "recipient", since, recipients)
	return bySubject, byRecipient, err
}

func (tx *Tx) sentBy(ctx context.Context, column string, since time.Time, ids []string) (map[string]int, error) {
	sent := map[string]int{}
	err := chunks(ids, 2, func(list string, args []any) error {
		rows, err := all(ctx, tx, countInto, `SELECT `+column+`, COUNT(*) FROM message
 WHERE sent_at >= $1 AND `+column+` IN (`+list+`) AND channel = 'sms' AND class = 'B'
  AND state IN ('accepted', 'delivered', 'undelivered', 'unknown') GROUP BY `+column,
			append([]any{micros(since)}, args...)...)
		for _, r := range rows {
			sent[r.id] = int(r.n)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count messages by %s: %w", column, err)
	}
	return sent, nil
}
