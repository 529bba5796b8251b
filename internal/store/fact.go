package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
)

const insertedFact = `id, kind, subject, version, session_id, at, data, urgency, handled_at, attempts, next_at, code`

const insertFact = `INSERT INTO fact (` + insertedFact + `)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`

const factColumns = `id, kind, subject, version, session_id, at, data`

// factRow is a fact as it is read.
type factRow struct {
	houzhen.Event
	seq  int64
	data string
}

func factInto(r *factRow) []any {
	e := &r.Event
	return []any{
		&r.seq, &e.ID, (*string)(&e.Kind), &e.Subject, &e.Version, &e.Session, (*instant)(&e.At), &r.data,
	}
}

// Emit writes a fact in the transaction that makes it true. An event without
// an id or an instant gets them here.
func (tx *Tx) Emit(e houzhen.Event) error {
	if tx.readOnly {
		return errReadOnly
	}
	if err := tx.writeLate(tx.calm, insertFact, tx.factArgs(&e)...); err != nil {
		return fmt.Errorf("emit %s: %w", e.Kind, err)
	}
	tx.facts = append(tx.facts, e)
	return nil
}

// factArgs gives a new fact as it is stored, filling its id and instant.
func (tx *Tx) factArgs(e *houzhen.Event) []any {
	if e.ID == "" {
		e.ID = tx.NewID()
	}
	if e.At.IsZero() {
		e.At = tx.now
	}
	at, handled := micros(e.At), int64(0)
	if tx.db.causesNothing(e.Kind) {
		handled = at
	}
	return []any{
		e.ID, string(e.Kind), e.Subject, e.Version, e.Session, at, string(e.Data),
		int64(houzhen.UrgencyOf(e.Kind)), handled, int64(0), at, "",
	}
}

// ClaimFacts gives those of ids that nobody has handled, in the order they were
// written, and keeps others off them until the transaction ends.
func (tx *Tx) ClaimFacts(ctx context.Context, ids []string) ([]houzhen.Event, error) {
	var claimed []factRow
	err := tx.lookup("fact", "seq, handled_at, "+factColumns, "id", ids, 1, func(from string, args []any) error {
		rows, err := all(ctx, tx, factInto, `SELECT seq, `+factColumns+` FROM `+from+` AND handled_at = 0 ORDER BY seq`+tx.db.d.lockSkip, args...)
		claimed = append(claimed, rows...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim facts: %w", err)
	}
	if len(ids) > maxList {
		slices.SortFunc(claimed, func(a, b factRow) int { return cmp.Compare(a.seq, b.seq) })
	}
	return events(claimed), nil
}

func events(rows []factRow) []houzhen.Event {
	out := make([]houzhen.Event, len(rows))
	for i, r := range rows {
		out[i] = r.Event
		if r.data != "" {
			out[i].Data = json.RawMessage(r.data)
		}
	}
	return out
}

// FactsHandled marks facts as done.
func (tx *Tx) FactsHandled(ctx context.Context, ids []string) error {
	err := tx.change("fact", ids, 2, func(rest string, args []any) error {
		return tx.writeLate(ctx, `UPDATE fact SET handled_at = $1`+rest+` AND `+only(`fact.handled_at = 0`), append([]any{micros(tx.now)}, args...)...)
	})
	if err != nil {
		return fmt.Errorf("mark facts handled: %w", err)
	}
	return nil
}

// FactFailed counts an attempt and sets when the sweeper may try again.
func (tx *Tx) FactFailed(ctx context.Context, id, code string, retryAt time.Time) error {
	n, err := tx.exec(ctx, `UPDATE fact SET attempts = attempts + 1, code = $1, next_at = $2 WHERE id = $3 AND handled_at = 0`,
		code, micros(retryAt), id)
	if err == nil && n == 0 {
		err = missing("unhandled fact")
	}
	if err != nil {
		return fmt.Errorf("mark fact failed: %w", err)
	}
	return nil
}

// PendingFacts gives ids of unhandled facts of one urgency whose retry time has
// come, oldest first.
func (tx *Tx) PendingFacts(ctx context.Context, u houzhen.Urgency, now time.Time, limit int) ([]string, error) {
	ids, err := all(ctx, tx, idInto, `SELECT id FROM fact
 WHERE urgency = $1 AND handled_at = 0 AND next_at <= $2 ORDER BY seq LIMIT $3`, int64(u), micros(now), int64(limit))
	if err != nil {
		return nil, fmt.Errorf("list pending facts: %w", err)
	}
	return ids, nil
}

// FactsAfter pages through all facts in the order they were written; seq 0
// starts at the first. On PostgreSQL a transaction that is still running may
// yet commit facts before the last one given, so only a reader of history that
// has come to rest sees everything in one pass.
func (tx *Tx) FactsAfter(ctx context.Context, seq int64, limit int) ([]houzhen.Event, int64, error) {
	rows, err := all(ctx, tx, factInto, `SELECT seq, `+factColumns+` FROM fact WHERE seq > $1 ORDER BY seq LIMIT $2`,
		seq, int64(limit))
	if err != nil {
		return nil, seq, fmt.Errorf("list facts: %w", err)
	}
	if len(rows) > 0 {
		seq = rows[len(rows)-1].seq
	}
	return events(rows), seq, nil
}
