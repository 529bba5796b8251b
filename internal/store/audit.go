package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Entry is one line of the record of who did what. Each carries a keyed hash
// over itself and the one before, so that nobody without the key can change,
// drop or insert a line unseen.
type Entry struct {
	Seq                           int64
	At                            time.Time
	Actor, Action, Object, Detail string
	Prev, Hash                    string
}

// ErrAudit says that the record was tampered with.
var ErrAudit = errors.New("audit record is broken")

const auditPage = 500

func entryInto(e *Entry) []any {
	return []any{&e.Seq, (*instant)(&e.At), &e.Actor, &e.Action, &e.Object, &e.Detail, &e.Prev, &e.Hash}
}

func (db *DB) entryHash(e Entry) (string, error) {
	b, err := json.Marshal([]string{
		e.Prev, strconv.FormatInt(e.Seq, 10), strconv.FormatInt(micros(e.At), 10), e.Actor, e.Action, e.Object, e.Detail,
	})
	if err != nil {
		return "", fmt.Errorf("write audit entry: %w", err)
	}
	return db.ring.Index(string(b), sealAuditChain), nil
}

// Append adds a line to the record. Appenders wait for one another until their
// transactions end, so it is for what is read or decided about people, not for
// every step of a booking. No argument may hold personal data.
func (tx *Tx) Append(ctx context.Context, actor, action, object, detail string) error {
	e := Entry{At: tx.now, Actor: actor, Action: action, Object: object, Detail: detail}
	if err := tx.scan(ctx, `SELECT seq, hash FROM audit_head WHERE id = 1`+tx.db.d.lock, nil, &e.Seq, &e.Prev); err != nil {
		return fmt.Errorf("read head of audit: %w", err)
	}
	e.Seq++
	hash, err := tx.db.entryHash(e)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO audit (seq, at, actor, action, object, detail, prev, hash)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, e.Seq, micros(e.At), actor, action, object, detail, e.Prev, hash)
	if err != nil {
		return fmt.Errorf("append to audit: %w", err)
	}
	if _, err := tx.exec(ctx, `UPDATE audit_head SET seq = $1, hash = $2 WHERE id = 1`, e.Seq, hash); err != nil {
		return fmt.Errorf("move head of audit: %w", err)
	}
	return nil
}

// AuditAfter pages through the record in order; seq 0 starts at the first line.
func (tx *Tx) AuditAfter(ctx context.Context, seq int64, limit int) ([]Entry, error) {
	out, err := all(ctx, tx, entryInto, `SELECT seq, at, actor, action, object, detail, prev, hash FROM audit
 WHERE seq > $1 ORDER BY seq LIMIT $2`, seq, int64(limit))
	if err != nil {
		return nil, fmt.Errorf("list audit: %w", err)
	}
	return out, nil
}

// VerifyAudit walks the whole record; ErrAudit when a line was changed, dropped
// or inserted.
func (tx *Tx) VerifyAudit(ctx context.Context) error {
	last := Entry{}
	for {
		page, err := tx.AuditAfter(ctx, last.Seq, auditPage)
		if err != nil {
			return err
		}
		for _, e := range page {
			hash, err := tx.db.entryHash(e)
			if err != nil {
				return err
			}
			if e.Seq != last.Seq+1 || e.Prev != last.Hash || e.Hash != hash {
				return fmt.Errorf("%w: after line %d", ErrAudit, last.Seq)
			}
			last = e
		}
		if len(page) < auditPage {
			break
		}
	}
	var head Entry
	if err := tx.scan(ctx, `SELECT seq, hash FROM audit_head WHERE id = 1`, nil, &head.Seq, &head.Hash); err != nil {
		return fmt.Errorf("read head of audit: %w", err)
	}
	if head.Seq != last.Seq || head.Hash != last.Hash {
		return fmt.Errorf("%w: the end is missing after line %d", ErrAudit, last.Seq)
	}
	return nil
}

// Append adds a line to the record in a transaction of its own.
func (db *DB) Append(ctx context.Context, actor, action, object, detail string) error {
	return db.InTx(ctx, func(tx *Tx) error { return tx.Append(ctx, actor, action, object, detail) })
}

// AuditAfter pages through the record in order.
func (db *DB) AuditAfter(ctx context.Context, seq int64, limit int) ([]Entry, error) {
	var out []Entry
	err := db.View(ctx, func(tx *Tx) error {
		page, err := tx.AuditAfter(ctx, seq, limit)
		out = page
		return err
	})
	return out, err
}

// VerifyAudit walks the whole record; ErrAudit when it was tampered with.
func (db *DB) VerifyAudit(ctx context.Context) error {
	return db.View(ctx, func(tx *Tx) error { return tx.VerifyAudit(ctx) })
}
