package store

import (
	"fmt"
	"slices"
)

// lookup calls f with what follows FROM in a statement that reads the rows of a
// table for which by is one of keys, and with the arguments of that; first is
// the number of its first placeholder. Conditions are added with AND, and
// columns are all that the statement names.
//
// On PostgreSQL each key is looked up by itself, in the order of the keys. A
// list of keys would leave the way to the planner, who is asked when a table is
// empty, or while nothing of it is planned or pending, and whose answer is kept
// for as long as the connection: then a flood reads the whole table, or all that
// is pending, for every hundred rows.
func (tx *Tx) lookup(table, columns, by string, keys []string, first int, f func(from string, args []any) error) error {
	if !tx.db.d.arrays {
		return chunks(keys, first, func(list string, args []any) error {
			return f(table+` WHERE `+by+` IN (`+list+`)`, args)
		})
	}
	if len(keys) == 0 {
		return nil
	}
	return f(fmt.Sprintf(`unnest($%d::text[]) AS wanted (wanted_key) CROSS JOIN LATERAL
 (SELECT %s FROM %s WHERE %s = wanted_key OFFSET 0) AS %s WHERE TRUE`, first, columns, table, by, table), []any{sorted(keys)})
}

// change calls f with what follows SET … in a statement that changes the rows of
// a table with one of ids, in the way of lookup. What else must hold of a row
// goes through only, so that no partial index is taken for it.
func (tx *Tx) change(table string, ids []string, first int, f func(rest string, args []any) error) error {
	return tx.among(`FROM`, table, ids, first, f)
}

// remove is change for a statement that deletes: f is called with what follows
// the table. Its placeholders begin with the first.
func (tx *Tx) remove(table string, ids []string, f func(rest string, args []any) error) error {
	return tx.among(`USING`, table, ids, 1, f)
}

// among is change and remove, which say differently where ids are given.
func (tx *Tx) among(word, table string, ids []string, first int, f func(rest string, args []any) error) error {
	if !tx.db.d.arrays {
		return chunks(ids, first, func(list string, args []any) error {
			return f(` WHERE id IN (`+list+`)`, args)
		})
	}
	if len(ids) == 0 {
		return nil
	}
	return f(` `+word+` `+few(fmt.Sprintf(`unnest($%d::text[]) AS given (id)`, first), `id`)+` WHERE `+table+`.id = given.id`, []any{sorted(ids)})
}

// few makes a planner believe that next to no rows are given, so that it looks
// up the row of each by its id, whatever it believes of the table.
func few(given, columns string) string {
	return `(SELECT ` + columns + ` FROM ` + given + ` WHERE id || '' = id OFFSET 0) AS given`
}

// only is a condition by which no planner chooses its way.
func only(condition string) string { return `COALESCE(` + condition + `, FALSE)` }

// sorted gives each key once, in order.
func sorted(keys []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(keys)))
}
