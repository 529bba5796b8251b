package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/queue"
)

// read is a statement that gives rows, and what it gave.
type read struct {
	text string
	args []any
	rows [][]any // columns as the driver hands them over
}

// errForeseen is what a write gets while reads are being foreseen.
var errForeseen = errors.New("only reads can be foreseen")

// Ahead sends the reads that ask makes in one go, where the database is a
// network away; where it is not, nothing is done. ask is run once with a
// transaction in which every read finds nothing, so that it comes as far as it
// does in the plain case. Each answer is then kept for the next read of the same
// statement and arguments, until something is written. Reads that were not
// foreseen go their own way, so that a wrong guess costs time and changes no
// answer.
func (tx *Tx) Ahead(ctx context.Context, ask func(booking.Tx) error) error {
	return tx.foresee(ctx, false, func(dry *Tx) {
		_ = ask(dry) // whatever stops the guess is met again by whoever really asks
	})
}

// Foresee is Ahead for the verbs of a queue, which in the guess go on where
// they find nothing.
func (tx *Tx) Foresee(ctx context.Context, ask func(queue.Tx)) error {
	return tx.foresee(ctx, false, func(dry *Tx) { ask(dry) })
}

// ForeseeAll is Foresee for a view that reads nothing else, as a rule: it ends
// with the answer, in the same round trip, and what is read besides is of a
// later state.
func (tx *Tx) ForeseeAll(ctx context.Context, ask func(queue.Tx)) error {
	return tx.foresee(ctx, tx.readOnly && tx.unbegun != "", func(dry *Tx) { ask(dry) })
}

func (tx *Tx) foresee(ctx context.Context, ends bool, ask func(dry *Tx)) error {
	if tx.db.d.embedded || tx.foresees != nil {
		return nil
	}
	var list []*read
	dry := &Tx{db: tx.db, calm: tx.calm, now: tx.now, readOnly: true, foresees: &list, seen: seen{known: map[string]remembered{}}}
	ask(dry)
	tx.seen.known = dry.seen.known // what was guessed must be asked in the same words
	if len(list) == 0 {
		return nil
	}
	if err := tx.sendAhead(ctx, list, ends); err != nil {
		return fmt.Errorf("read ahead: %w", err)
	}
	tx.ahead = append(tx.ahead, list...)
	return nil
}

// sendAhead runs reads in one round trip, with what must go out before them. A
// transaction that ends with them begins anew at the next statement, if any.
func (tx *Tx) sendAhead(ctx context.Context, list []*read, ends bool) error {
	begin := tx.unbegun
	var batch pgx.Batch
	if err := tx.queue(&batch); err != nil {
		return err
	}
	for _, r := range list {
		if err := tx.db.count(r.text); err != nil {
			return err
		}
		batch.Queue(r.text, r.args...).Query(func(rows pgx.Rows) error {
			for rows.Next() {
				values, err := rows.Values()
				if err != nil {
					return err
				}
				for i, v := range values {
					values[i] = plainValue(v)
				}
				r.rows = append(r.rows, values)
			}
			return rows.Err()
		})
	}
	if !ends {
		return tx.send(ctx, &batch)
	}
	if err := tx.sendLast(ctx, &batch); err != nil {
		return err
	}
	tx.unbegun = begin
	return nil
}

// send runs a batch in one round trip.
func (tx *Tx) send(ctx context.Context, batch *pgx.Batch) error {
	err := tx.lease.conn.Raw(func(conn any) error {
		return conn.(*stdlib.Conn).Conn().SendBatch(ctx, batch).Close() //nolint:forcetypeassert // it is the driver that was opened
	})
	if tx.db.d.unmet != nil && tx.db.d.unmet(err) {
		return houzhen.E(houzhen.CodeConflict, "what was to be written was changed meanwhile").Because(err)
	}
	return err
}

// sendLast is send with the commit behind it.
func (tx *Tx) sendLast(ctx context.Context, batch *pgx.Batch) error {
	if err := tx.db.count("COMMIT"); err != nil {
		return err
	}
	batch.Queue("COMMIT")
	return tx.send(ctx, batch)
}

// write is a statement whose outcome nobody waits for before the commit.
type write struct {
	text string
	args []any
}

// writeLate runs a statement before whatever comes next, or with the commit,
// where the database is a network away. Only what cannot be refused is written
// so: its failure is that of the next statement or of the commit.
func (tx *Tx) writeLate(ctx context.Context, text string, args ...any) error {
	if tx.db.d.embedded || tx.foresees != nil {
		_, err := tx.exec(ctx, text, args...)
		return err
	}
	tx.ahead, tx.writes = nil, tx.writes+1
	tx.late = append(tx.late, write{text, args})
	return nil
}

// must runs a statement that is to change a row, and gives refusal when it
// changes none. Inside Together, where the database is a network away, it goes
// out late and what it gives then is CodeConflict of the next statement or of
// the commit.
func (tx *Tx) must(ctx context.Context, refusal error, text string, args ...any) error {
	if tx.together && !tx.db.d.embedded {
		return tx.writeLate(ctx, `WITH written AS (`+text+` RETURNING 1) SELECT 1 / COUNT(*) FROM written`, args...)
	}
	n, err := tx.exec(ctx, text, args...)
	switch {
	case err != nil:
		return fmt.Errorf("write: %w", err)
	case n == 0:
		return refusal
	}
	return nil
}

// Together lets writes that must each change a row go out in one go, with the
// commit if nothing is read before it. One that changes none gives CodeConflict,
// at the latest at the commit, and nothing is written then.
func (tx *Tx) Together(write func() error) error {
	if tx.together {
		return write()
	}
	tx.together = true
	defer func() { tx.together = false }()
	return write()
}

// queue puts into a batch what must go out first: what begins the transaction,
// and what was written late.
func (tx *Tx) queue(batch *pgx.Batch) error {
	if tx.unbegun != "" {
		if err := tx.db.count(tx.unbegun); err != nil {
			return err
		}
		batch.Queue(tx.unbegun)
		tx.unbegun = ""
	}
	for _, w := range tx.late {
		if err := tx.db.count(w.text); err != nil {
			return err
		}
		batch.Queue(w.text, w.args...)
	}
	tx.late = nil
	return nil
}

// commitLate ends the transaction together with what was written late.
func (tx *Tx) commitLate(ctx context.Context) error {
	var batch pgx.Batch
	if err := tx.queue(&batch); err != nil {
		return err
	}
	return tx.sendLast(ctx, &batch)
}

// plainValue gives what database/sql would have been given.
func plainValue(v any) any {
	switch n := v.(type) {
	case int16:
		return int64(n)
	case int32:
		return int64(n)
	case float32:
		return float64(n)
	default:
		return v
	}
}

// foreseen gives the rows of a read that was sent ahead, once.
func (tx *Tx) foreseen(text string, args []any) ([][]any, bool) {
	for i, r := range tx.ahead {
		if r.text == text && reflect.DeepEqual(r.args, args) {
			tx.ahead = append(tx.ahead[:i:i], tx.ahead[i+1:]...)
			return r.rows, true
		}
	}
	return nil, false
}

// guess notes a read; false when nothing is being foreseen.
func (tx *Tx) guess(text string, args []any) bool {
	if tx.foresees == nil {
		return false
	}
	*tx.foresees = append(*tx.foresees, &read{text: strings.Clone(text), args: args})
	return true
}

// assign stores the columns of a row where they are wanted.
func assign(dest, row []any) error {
	if len(dest) != len(row) {
		return fmt.Errorf("want %d columns, have %d", len(dest), len(row))
	}
	for i, v := range row {
		if err := assignOne(dest[i], v); err != nil {
			return fmt.Errorf("column %d: %w", i+1, err)
		}
	}
	return nil
}

func assignOne(dest, v any) error {
	if s, ok := dest.(sql.Scanner); ok {
		return s.Scan(v)
	}
	d, s := reflect.ValueOf(dest).Elem(), reflect.ValueOf(v)
	if v == nil && d.Kind() == reflect.Slice { // bytes that are NULL
		d.SetZero()
		return nil
	}
	if !s.IsValid() || s.Type() != d.Type() {
		return fmt.Errorf("want %v, have %T", d.Type(), v)
	}
	d.Set(s)
	return nil
}
