package store

import (
	"fmt"
	"strings"
)

// arrayInsert is an INSERT whose rows come as one array a column. The text is
// the same for any number of rows, so that it is prepared once. like is one of
// the rows; a column is of text, of integers or of bytes.
func arrayInsert(table, columns string, like []any) string {
	return `INSERT INTO ` + table + ` (` + columns + `) SELECT ` + columns + ` FROM ` + given(columns, like)
}

// arrayUpdate is an UPDATE of the rows whose id, the first of columns, is
// given, each with values of its own; value says what becomes of a column.
func arrayUpdate(table, columns string, like []any, value func(column string) string) string {
	return `UPDATE ` + table + ` SET ` + assignments(columns, value) + ` FROM ` + few(given(columns, like), columns) + ` WHERE ` + table + `.id = given.id`
}

// given names rows that come as one array a column.
func given(columns string, like []any) string {
	lists := make([]string, len(like))
	for i, v := range like {
		kind := "bigint"
		switch v.(type) {
		case string:
			kind = "text"
		case []byte:
			kind = "bytea"
		}
		lists[i] = fmt.Sprintf("$%d::%s[]", i+1, kind)
	}
	return `unnest(` + strings.Join(lists, ", ") + `) AS given (` + columns + `)`
}

// assignments sets each of columns but the first.
func assignments(columns string, value func(column string) string) string {
	var set []string
	for _, c := range strings.Split(columns, ",")[1:] {
		c = strings.TrimSpace(c)
		set = append(set, c+" = "+value(c))
	}
	return strings.Join(set, ", ")
}

// named gives "$1 AS id, …" for columns.
func named(columns string) string {
	list := strings.Split(columns, ",")
	for i, c := range list {
		list[i] = fmt.Sprintf("$%d AS %s", i+1, strings.TrimSpace(c))
	}
	return strings.Join(list, ", ")
}

// columnsOf turns rows of equal types into one array a column.
func columnsOf(rows [][]any) []any {
	out := make([]any, len(rows[0]))
	for c, v := range rows[0] {
		switch v.(type) {
		case string:
			out[c] = column[string](rows, c)
		case []byte:
			out[c] = column[[]byte](rows, c)
		default:
			out[c] = column[int64](rows, c)
		}
	}
	return out
}

func column[T any](rows [][]any, c int) []T {
	out := make([]T, len(rows))
	for i, row := range rows {
		out[i], _ = row[c].(T)
	}
	return out
}
