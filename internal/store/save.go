package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/houzhen/houzhen"
)

// save inserts a row or updates the one with the same id, which is the first
// of columns. It is for what changes rarely; hot rows have texts of their own.
func (tx *Tx) save(ctx context.Context, table, columns string, args ...any) error {
	_, err := tx.exec(ctx, `INSERT INTO `+table+` (`+columns+`) VALUES (`+placeholders(1, len(args))+`)
 ON CONFLICT (id) DO UPDATE SET `+assignments(columns, theNew), args...)
	if err != nil && tx.db.d.violation(err).kind == uniqueViolation {
		return houzhen.E(houzhen.CodeConflict, table+" exists").Because(err)
	}
	if err != nil {
		return fmt.Errorf("save %s: %w", table, err)
	}
	return nil
}

// renew inserts rows, or changes those that have the same key, which is the first
// of columns; value says what becomes of another column. The rows are each once,
// and in the order of their keys so that two who do it never wait for each other,
// unless something else keeps others off them. Where all go in one statement it
// goes out with the next one.
func (tx *Tx) renew(ctx context.Context, table, columns string, rows [][]any, value func(column string) string) error {
	if len(rows) == 0 {
		return nil
	}
	key, _, _ := strings.Cut(columns, ", ")
	text := `INSERT INTO ` + table + ` (` + columns + `) VALUES (` + placeholders(1, len(rows[0])) + `)`
	if tx.db.d.arrays {
		text, rows = arrayInsert(table, columns, rows[0]), [][]any{columnsOf(rows)}
	}
	text += ` ON CONFLICT (` + key + `) DO UPDATE SET ` + assignments(columns, value)
	for _, row := range rows {
		if err := tx.writeLate(ctx, text, row...); err != nil {
			return fmt.Errorf("save in %s: %w", table, err)
		}
	}
	return nil
}

// theNew puts what is new in the place of what was there.
func theNew(column string) string { return "excluded." + column }

// padded gives ids as arguments, filled up to a power of two so that few texts
// are prepared.
func padded(ids []string) []any {
	if len(ids) == 0 {
		return nil
	}
	size := 1
	for size < len(ids) {
		size *= 2
	}
	args := make([]any, size)
	for i := range args {
		args[i] = ids[min(i, len(ids)-1)]
	}
	return args
}
