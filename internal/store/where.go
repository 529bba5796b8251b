package store

import (
	"strings"

	"github.com/houzhen/houzhen"
)

// texts gives strings of a string type.
func texts[S ~string](in []S) []any {
	out := make([]any, len(in))
	for i, s := range in {
		out[i] = string(s)
	}
	return out
}

// where gathers conditions with their arguments.
type where struct {
	conditions []string
	args       []any
}

func (w *where) raw(condition string) {
	if condition != "" {
		w.conditions = append(w.conditions, condition)
	}
}

// add takes a condition that ends where its one argument goes.
func (w *where) add(condition string, arg any) {
	w.args = append(w.args, arg)
	w.raw(condition + placeholders(len(w.args), 1))
}

func (w *where) text(condition, value string) {
	if value != "" {
		w.add(condition, value)
	}
}

// dates takes an inclusive range; a zero date leaves its side open.
func (w *where) dates(column string, from, to houzhen.Date) {
	if from == to && !from.IsZero() { // lets an index give the order too
		w.add(column+" = ", dateNumber(from))
		return
	}
	if !from.IsZero() {
		w.add(column+" >= ", dateNumber(from))
	}
	if !to.IsZero() {
		w.add(column+" <= ", dateNumber(to))
	}
}

func (w *where) in(column string, values []any) {
	if len(values) == 0 {
		return
	}
	w.raw(column + " IN (" + placeholders(len(w.args)+1, len(values)) + ")")
	w.args = append(w.args, values...)
}

// more gives the conditions for a statement that has some already.
func (w *where) more() string {
	if len(w.conditions) == 0 {
		return ""
	}
	return " AND " + strings.Join(w.conditions, " AND ")
}

func (w *where) clause() string {
	if len(w.conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.conditions, " AND ")
}
