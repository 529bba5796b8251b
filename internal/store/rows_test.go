package store

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
)

func TestPositionalOnlyWhereParametersComeInOrder(t *testing.T) {
	for text, want := range map[string]string{
		"SELECT 1":                         "SELECT 1",
		"a = $1 AND b = $2":                "a = ? AND b = ?",
		"($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)": "(?,?,?,?,?,?,?,?,?,?)",
		"a = $2 AND b = $1":                "a = $2 AND b = $1",
		"a = $1 AND b = $1":                "a = $1 AND b = $1",
		"a = $1 AND b = $3":                "a = $1 AND b = $3",
	} {
		if got := positional(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestChunksPadToPowersOfTwo(t *testing.T) {
	for n, want := range map[int][]int{0: nil, 1: {1}, 2: {2}, 3: {4}, 100: {128}, 128: {128}, 129: {128, 1}, 300: {128, 128, 64}} {
		ids := make([]string, n)
		for i := range ids {
			ids[i] = strings.Repeat("x", i+1)
		}
		var sizes []int
		seen := map[any]bool{}
		err := chunks(ids, 3, func(list string, args []any) error {
			sizes = append(sizes, len(args))
			if got := strings.Count(list, "$"); got != len(args) || !strings.HasPrefix(list, "$3") {
				t.Errorf("%d ids: list %.20q for %d arguments", n, list, len(args))
			}
			for _, a := range args {
				seen[a] = true
			}
			return nil
		})
		if err != nil || len(seen) != n {
			t.Errorf("%d ids: saw %d, %v", n, len(seen), err)
		}
		if diff := cmp.Diff(sizes, want); diff != "" {
			t.Errorf("%d ids (-got +want):\n%s", n, diff)
		}
	}
}

func TestStatementsOfManyRowsAreWritten(t *testing.T) {
	like := []any{"id", int64(1), []byte(nil)}
	if got, want := arrayInsert("t", "id, n, b", like),
		`INSERT INTO t (id, n, b) SELECT id, n, b FROM unnest($1::text[], $2::bigint[], $3::bytea[]) AS given (id, n, b)`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	same := func(column string) string { return "given." + column }
	if got, want := arrayUpdate("t", "id, n,\n b", like, same),
		"UPDATE t SET n = given.n, b = given.b FROM (SELECT id, n,\n b FROM unnest($1::text[], $2::bigint[], $3::bytea[]) AS given (id, n,\n b)"+
			" WHERE id || '' = id OFFSET 0) AS given WHERE t.id = given.id"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := named("id, n"), "$1 AS id, $2 AS n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhereNumbersItsArguments(t *testing.T) {
	w := where{args: []any{"first"}}
	w.raw("id IN ($1)")
	w.text("a = ", "")
	w.text("b = ", "x")
	w.in("c", nil)
	w.in("c", []any{1, 2})
	w.dates("d", houzhen.Date{}, houzhen.Date{Year: 2026, Month: 1, Day: 2})
	if got, want := w.clause(), " WHERE id IN ($1) AND b = $2 AND c IN ($3,$4) AND d <= $5"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if want := []any{"first", "x", 1, 2, int64(20260102)}; !slices.Equal(w.args, want) {
		t.Errorf("got arguments %v, want %v", w.args, want)
	}
	one := where{}
	one.dates("d", houzhen.Date{Year: 2026, Month: 1, Day: 2}, houzhen.Date{Year: 2026, Month: 1, Day: 2})
	if got, want := one.clause(), " WHERE d = $1"; got != want {
		t.Errorf("one day: got %q, want %q", got, want)
	}
	if got := (&where{}).clause(); got != "" {
		t.Errorf("no condition: got %q", got)
	}
}

func TestColumnsReadWhatWasWritten(t *testing.T) {
	for _, want := range []time.Time{{}, time.Date(2026, 3, 2, 1, 2, 3, 456000, time.UTC), time.UnixMicro(-1).UTC()} {
		var got instant
		if err := got.Scan(micros(want)); err != nil || time.Time(got) != want {
			t.Errorf("got %v, %v, want %v", time.Time(got), err, want)
		}
	}
	for _, want := range []houzhen.Date{{}, {Year: 2026, Month: time.December, Day: 31}, {Year: 1949, Month: time.January, Day: 1}} {
		var got day
		if err := got.Scan(dateNumber(want)); err != nil || houzhen.Date(got) != want {
			t.Errorf("got %v, %v, want %v", houzhen.Date(got), err, want)
		}
	}
	for _, want := range []bool{false, true} {
		var got flag
		if err := got.Scan(bit(want)); err != nil || bool(got) != want {
			t.Errorf("got %v, %v, want %v", got, err, want)
		}
	}
	w := words{"left": 1}
	if err := w.Scan(""); err != nil || w != nil {
		t.Errorf("empty words: got %v, %v, want nil", w, err)
	}
}

func TestColumnsRefuseAnotherType(t *testing.T) {
	for name, c := range map[string]interface{ Scan(any) error }{
		"instant": new(instant), "day": new(day), "flag": new(flag), "number": new(number), "words": new(words),
	} {
		if err := c.Scan(1.5); err == nil {
			t.Errorf("%s took a fraction", name)
		}
	}
}
