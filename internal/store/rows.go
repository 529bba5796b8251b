package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
)

// exec runs a statement and gives how many rows it changed.
func (tx *Tx) exec(ctx context.Context, text string, args ...any) (int64, error) {
	if tx.foresees != nil {
		return 0, errForeseen
	}
	if tx.waits() {
		return tx.execWith(ctx, text, args)
	}
	tx.wrote(text)
	if err := tx.db.count(text); err != nil {
		return 0, err
	}
	var r sql.Result
	var err error
	if tx.lease.stmts == nil {
		r, err = tx.lease.conn.ExecContext(ctx, text, args...)
	} else {
		var s *sql.Stmt
		if s, err = tx.ready(ctx, text); err != nil { //nolint:sqlclosecheck // kept with its connection
			return 0, err
		}
		r, err = s.ExecContext(context.WithoutCancel(ctx), args...)
	}
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// query runs a statement that gives rows; the caller closes them before the
// next statement.
func (tx *Tx) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if err := tx.db.count(text); err != nil {
		return nil, err
	}
	if tx.lease.stmts == nil {
		return tx.lease.conn.QueryContext(ctx, text, args...)
	}
	s, err := tx.ready(ctx, text) //nolint:sqlclosecheck // kept with its connection
	if err != nil {
		return nil, err
	}
	return s.QueryContext(context.WithoutCancel(ctx), args...)
}

// ready gives a kept statement. Watching a context costs the embedded engine a
// goroutine a statement, so it is looked at in between: statements are short.
func (tx *Tx) ready(ctx context.Context, text string) (*sql.Stmt, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return tx.lease.prepared(ctx, text)
}

// scan reads the first row into dest; sql.ErrNoRows if there is none.
func (tx *Tx) scan(ctx context.Context, text string, args []any, dest ...any) error {
	if tx.guess(text, args) {
		return sql.ErrNoRows
	}
	if given, ok, err := tx.given(ctx, text, args); ok {
		if err == nil && len(given) == 0 {
			err = sql.ErrNoRows
		}
		if err != nil {
			return err
		}
		return assign(dest, given[0])
	}
	rows, err := tx.query(ctx, text, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	if !rows.Next() {
		return errors.Join(rows.Err(), noRow(rows.Err()))
	}
	if err := rows.Scan(dest...); err != nil {
		return err
	}
	return rows.Close()
}

func noRow(err error) error {
	if err != nil {
		return nil
	}
	return sql.ErrNoRows
}

// one reads the first row into a T whose fields into points at, or gives
// absent when there is no row.
func one[T any](ctx context.Context, tx *Tx, absent *houzhen.Error, into func(*T) []any, text string, args ...any) (T, error) {
	var v T
	err := tx.scan(ctx, text, args, into(&v)...)
	if errors.Is(err, sql.ErrNoRows) {
		return v, absent
	}
	if err != nil {
		return v, fmt.Errorf("read %s: %w", absent.Message, err)
	}
	return v, nil
}

// missing is what a finder says; what names the kind of thing, never its id.
func missing(what string) *houzhen.Error { return houzhen.E(houzhen.CodeNotFound, what) }

// all reads every row.
func all[T any](ctx context.Context, tx *Tx, into func(*T) []any, text string, args ...any) ([]T, error) {
	if tx.guess(text, args) {
		return nil, nil
	}
	var v T
	var out []T
	dest := into(&v)
	if given, ok, err := tx.given(ctx, text, args); ok {
		if err != nil {
			return nil, err
		}
		for _, row := range given {
			if err := assign(dest, row); err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	}
	rows, err := tx.query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// idInto points at a single text column.
func idInto(s *string) []any { return []any{s} }

// maxList is the longest list of ids in one statement. Lists are padded to
// powers of two, so that few texts are prepared.
const maxList = 128

// chunks calls f with "$n,$n+1,…" and the arguments for it, first being the
// number of the first placeholder, until all ids had their turn.
func chunks(ids []string, first int, f func(list string, args []any) error) error {
	for len(ids) > 0 {
		n := min(len(ids), maxList)
		args := padded(ids[:n])
		if err := f(placeholders(first, len(args)), args); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// placeholders gives "$first,…", n of them.
func placeholders(first, n int) string {
	b := make([]byte, 0, 5*n)
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, '$'), int64(first+i), 10)
	}
	return string(b)
}

// after is the placeholder that follows those of args.
func after(args []any) string { return placeholders(len(args)+1, 1) }

// positional writes plain question marks for $1, $2, … where they come in
// order and once each: the embedded engine binds those without looking up names.
func positional(text string) string {
	var b strings.Builder
	next := 1
	rest := text
	for {
		at := strings.IndexByte(rest, '$')
		if at < 0 {
			b.WriteString(rest)
			return b.String()
		}
		end := at + 1
		for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
			end++
		}
		if rest[at+1:end] != strconv.Itoa(next) {
			return text
		}
		b.WriteString(rest[:at])
		b.WriteByte('?')
		rest = rest[end:]
		next++
	}
}

// micros is how an instant is stored: microseconds since 1970 in UTC, 0 for
// one that was not set.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}
