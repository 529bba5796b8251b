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
	var set []string
	for _, c := range strings.Split(columns, ",")[1:] {
		c = strings.TrimSpace(c)
		set = append(set, c+" = excluded."+c)
	}
	_, err := tx.exec(ctx, `INSERT INTO `+table+` (`+columns+`) VALUES (`+placeholders(1, len(args))+`)
 ON CONFLICT (id) DO UPDATE SET `+strings.Join(set, ", "), args...)
	if err != nil && tx.db.d.violation(err).kind == uniqueViolation {
		return houzhen.E(houzhen.CodeConflict, table+" exists").Because(err)
	}
	if err != nil {
		return fmt.Errorf("save %s: %w", table, err)
	}
	return nil
}

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
