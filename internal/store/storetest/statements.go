package storetest

import (
	"testing"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/store"
)

// runStatements: what reads or writes is counted, and what does neither is not.
func runStatements(t *testing.T, open Opener) {
	t.Helper()
	db := open(t)
	for _, c := range []struct {
		name string
		do   func() error
		most int64 // more would be statements that nobody asked for
	}{
		{"a view", func() error {
			return db.View(t.Context(), func(tx *store.Tx) error {
				_, err := tx.LastTick(t.Context(), "none")
				return err
			})
		}, 3},
		{"a write", func() error {
			return db.InTx(t.Context(), func(tx *store.Tx) error {
				return tx.Emit(houzhen.Event{Kind: houzhen.AppointmentBooked, Subject: "s", Version: 1})
			})
		}, 3},
	} {
		before := db.Statements()
		if err := c.do(); err != nil {
			t.Fatal(err)
		}
		if got := db.Statements() - before; got < 2 || got > c.most {
			t.Errorf("%s: got %d statements, want 2 to %d", c.name, got, c.most)
		}
	}
	before := db.Statements()
	_ = db.Engine()
	if got := db.Statements() - before; got != 0 {
		t.Errorf("nothing at all: got %d statements", got)
	}
}
