package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
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
// statement and arguments, until one of its tables is written to. Reads that were
// not foreseen go their own way, so that a wrong guess costs time and changes no
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

// waits reports whether something must go out before the next statement, which
// can go with it.
func (tx *Tx) waits() bool { return !tx.db.d.embedded && (tx.unbegun != "" || len(tx.late) > 0) }

// flush sends what must go out before the next statement by itself.
func (tx *Tx) flush(ctx context.Context) error {
	var batch pgx.Batch
	if err := tx.queue(&batch); err != nil {
		return err
	}
	return tx.send(ctx, &batch)
}

// given gives the rows of a statement that were read ahead, or that come in one
// round trip with what must go out before it; false if it is to be asked by
// itself.
func (tx *Tx) given(ctx context.Context, text string, args []any) (rows [][]any, ok bool, err error) {
	if rows, ok := tx.foreseen(text, args); ok {
		return rows, true, nil
	}
	if !tx.waits() {
		return nil, false, nil
	}
	r := &read{text: text, args: args}
	err = tx.sendAhead(ctx, []*read{r}, false)
	return r.rows, true, err
}

// execWith runs a statement in one round trip with what must go out before it,
// and gives how many rows it changed.
func (tx *Tx) execWith(ctx context.Context, text string, args []any) (n int64, err error) {
	var batch pgx.Batch
	if err := tx.queue(&batch); err != nil {
		return 0, err
	}
	tx.wrote(text)
	if err := tx.db.count(text); err != nil {
		return 0, err
	}
	batch.Queue(text, args...).Exec(func(done pgconn.CommandTag) error {
		n = done.RowsAffected()
		return nil
	})
	return n, tx.send(ctx, &batch)
}

// send runs a batch in one round trip.
func (tx *Tx) send(ctx context.Context, batch *pgx.Batch) error {
	err := tx.lease.conn.Raw(func(conn any) error {
		return conn.(*stdlib.Conn).Conn().SendBatch(ctx, batch).Close() //nolint:forcetypeassert // it is the driver that was opened
	})
	owed := tx.owed
	tx.owed = false
	if owed && tx.db.d.unmet != nil && tx.db.d.unmet(err) {
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
	tx.wrote(text)
	tx.late = append(tx.late, write{text, args})
	return nil
}

// writesLate reports whether what must change a row goes out late.
func (tx *Tx) writesLate() bool { return tx.together && !tx.db.d.embedded }

// raiseLate raises the version of the one row that has the key, and sets what
// else set says. The row must be there: if it does not meet the condition there
// is a division by nothing, which is CodeConflict of the next statement or of the
// commit.
func (tx *Tx) raiseLate(ctx context.Context, set, key, condition string, args ...any) error {
	return tx.writeLate(ctx, set+`, version = version + 1 / CAST((`+condition+`) AS INTEGER) WHERE `+key, args...)
}

// mustUpdate raises the version of the one row that has the key, and sets what
// else set says, if the row is of the version that was read; refusal if it is
// not. Inside Together, where the database is a network away, it is raiseLate.
func (tx *Tx) mustUpdate(ctx context.Context, refusal error, set, key, version string, args ...any) error {
	if tx.writesLate() {
		return tx.raiseLate(ctx, set, key, version, args...)
	}
	return tx.must(ctx, refusal, set+`, version = version + 1 WHERE `+key+` AND `+version, args...)
}

// mustInsert adds a row, and gives refusal where a unique index has one like
// it. Inside Together, where the database is a network away, it goes out late,
// and what it gives then is CodeConflict of the next statement or of the commit.
func (tx *Tx) mustInsert(ctx context.Context, refusal error, text string, args ...any) error {
	if tx.writesLate() {
		return tx.writeLate(ctx, text, args...)
	}
	return tx.must(ctx, refusal, text+` ON CONFLICT DO NOTHING`, args...)
}

// must runs a statement that is to change a row, and gives refusal when it
// changes none.
func (tx *Tx) must(ctx context.Context, refusal error, text string, args ...any) error {
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
	tx.owed, tx.late = len(tx.late) > 0, nil
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

// wrote notes a statement that may have changed rows, and forgets the answers to
// reads that it may have changed: all of them if it is not the plain writing of
// rows of one table.
func (tx *Tx) wrote(text string) {
	tx.writes++
	if len(tx.ahead) == 0 {
		return
	}
	table := writtenTable(text)
	tx.ahead = slices.DeleteFunc(tx.ahead, func(r *read) bool { return table == "" || names(r.text, table) })
}

// writtenTable gives the table of an INSERT or UPDATE, "" for anything else.
func writtenTable(text string) string {
	for _, verb := range []string{"INSERT INTO ", "UPDATE "} {
		if rest, found := strings.CutPrefix(text, verb); found {
			table, _, _ := strings.Cut(rest, " ")
			return table
		}
	}
	return ""
}

// names reports whether a statement has a word in it.
func names(text, word string) bool {
	return slices.Contains(strings.FieldsFunc(text, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}), word)
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
