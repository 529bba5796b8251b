package storetest

import (
	"testing"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/store"
)

// Opener opens a new, migrated store for one test; SQLite and PostgreSQL are
// the two there are.
type Opener func(t testing.TB, opts ...Option) *store.DB

// Run holds the whole contract against one engine.
func Run(t *testing.T, open Opener) {
	t.Helper()
	for _, area := range []struct {
		name string
		run  func(*testing.T, Opener)
	}{
		{"Tx", runTx},
		{"Facts", runFacts},
		{"House", runHouse},
		{"People", runPeople},
		{"Sessions", runSessions},
		{"Rosters", runRosters},
		{"Guards", runGuards},
		{"Moves", runMoves},
		{"Races", runRaces},
		{"Due", runDue},
		{"Queue", runQueue},
		{"Messages", runMessages},
		{"MessageWork", runMessageWork},
		{"Access", runAccess},
		{"Audit", runAudit},
		{"Migrations", runMigrations},
	} {
		t.Run(area.name, func(t *testing.T) { area.run(t, open) })
	}
}

// write runs f in a transaction that must commit.
func write(t testing.TB, db *store.DB, f func(*store.Tx) error) {
	t.Helper()
	if err := db.InTx(t.Context(), f); err != nil {
		t.Fatalf("transaction: %v", err)
	}
}

// look runs f on one state of the database.
func look(t testing.TB, db *store.DB, f func(*store.Tx) error) {
	t.Helper()
	if err := db.View(t.Context(), f); err != nil {
		t.Fatalf("view: %v", err)
	}
}

// refused fails the test unless err has the code.
func refused(t testing.TB, err error, want houzhen.Code) {
	t.Helper()
	if got := houzhen.CodeOf(err); got != want {
		t.Errorf("got code %q (%v), want %q", got, err, want)
	}
}
