package store

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen/notify"
)

var _ notify.Tallier = (*Tx)(nil)

// talliedColumns are what messages are counted by.
const talliedColumns = `id, subject, recipient, kind, channel, class, state, sent_at, sent_with`

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
	own := ""
	if column == "recipient" { // what one text told together reached the phone once
		own = " AND (sent_with = '' OR sent_with = id)"
	}
	err := tx.lookup("message", talliedColumns, column, ids, 1, func(from string, args []any) error {
		rows, err := all(ctx, tx, countInto, `SELECT `+column+`, COUNT(*) FROM `+from+` AND sent_at >= `+after(args)+` AND channel = 'sms' AND class = 'B'
  AND state IN ('accepted', 'delivered', 'undelivered', 'unknown')`+own+` GROUP BY `+column, append(args, micros(since))...)
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

// kindCount is a figure of the messages of a kind that somebody got: how many,
// or when the last.
type kindCount struct {
	id, kind string
	n        int64
}

func kindCountInto(c *kindCount) []any { return []any{&c.id, &c.kind, &c.n} }

// SentKinds counts the SMS of any class that went out since an instant, by
// recipient and kind.
func (tx *Tx) SentKinds(ctx context.Context, since time.Time, recipients []string) (map[string]map[notify.Kind]int, error) {
	sent := map[string]map[notify.Kind]int{}
	err := tx.lookup("message", talliedColumns, "recipient", recipients, 1, func(from string, args []any) error {
		rows, err := all(ctx, tx, kindCountInto, `SELECT recipient, kind, COUNT(*) FROM `+from+` AND sent_at >= `+after(args)+` AND channel = 'sms' AND (sent_with = '' OR sent_with = id)
  AND state IN ('accepted', 'delivered', 'undelivered', 'unknown') GROUP BY recipient, kind`, append(args, micros(since))...)
		for _, r := range rows {
			if sent[r.id] == nil {
				sent[r.id] = map[notify.Kind]int{}
			}
			sent[r.id][notify.Kind(r.kind)] = int(r.n)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count messages by kind: %w", err)
	}
	return sent, nil
}

// Told gives for subjects when a message of one of kinds went out last; those
// of which none did are left out.
func (tx *Tx) Told(ctx context.Context, subjects []string, kinds []notify.Kind) (map[string]map[notify.Kind]time.Time, error) {
	told := map[string]map[notify.Kind]time.Time{}
	err := tx.lookup("message", talliedColumns, "subject", subjects, 1, func(from string, args []any) error {
		rows, err := all(ctx, tx, kindCountInto, `SELECT subject, kind, MAX(sent_at) FROM `+from+` AND state IN ('accepted', 'delivered', 'undelivered', 'unknown')
  AND kind IN (`+placeholders(len(args)+1, len(kinds))+`) GROUP BY subject, kind`, append(args, texts(kinds)...)...)
		for _, r := range rows {
			if told[r.id] == nil {
				told[r.id] = map[notify.Kind]time.Time{}
			}
			told[r.id][notify.Kind(r.kind)] = time.UnixMicro(r.n).UTC()
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find what was told: %w", err)
	}
	return told, nil
}
