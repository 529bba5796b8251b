package store

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestManyKeysAreLookedUpOneByOneWhereAPlannerWouldChoose(t *testing.T) {
	tx := &Tx{db: &DB{d: postgresDialect()}}
	var from []string
	var args [][]any
	note := func(text string, a []any) error {
		from, args = append(from, strings.Join(strings.Fields(text), " ")), append(args, a)
		return nil
	}
	for _, keys := range [][]string{nil, {"b", "a", "b"}} {
		if err := tx.lookup("t", "id, n", "id", keys, 2, note); err != nil {
			t.Fatal(err)
		}
		if err := tx.change("t", keys, 3, note); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		"unnest($2::text[]) AS wanted (wanted_key) CROSS JOIN LATERAL (SELECT id, n FROM t WHERE id = wanted_key OFFSET 0) AS t WHERE TRUE",
		"FROM (SELECT id FROM unnest($3::text[]) AS given (id) WHERE id || '' = id OFFSET 0) AS given WHERE t.id = given.id",
	}
	if diff := cmp.Diff(want, from); diff != "" {
		t.Error(diff)
	}
	once := []any{[]string{"a", "b"}}
	if diff := cmp.Diff([][]any{once, once}, args); diff != "" {
		t.Error("each key once, in order:", diff)
	}
}

func TestManyKeysAreAListOnTheEmbeddedEngine(t *testing.T) {
	tx := &Tx{db: &DB{d: sqliteDialect()}}
	err := tx.lookup("t", "id, n", "n <> '' AND n", []string{"a", "b"}, 2, func(from string, args []any) error {
		if from != "t WHERE n <> '' AND n IN ($2,$3)" || len(args) != 2 {
			t.Errorf("got %q with %v", from, args)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
