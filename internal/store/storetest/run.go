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
		{"Person", runPerson},
		{"Sessions", runSessions},
		{"Rosters", runRosters},
		{"Pool", runPool},
		{"Guards", runGuards},
		{"Groups", runGroups},
		{"Moves", runMoves},
		{"Races", runRaces},
		{"Due", runDue},
		{"Payments", runPayments},
		{"Suspensions", runSuspensions},
		{"NoShow", runNoShow},
		{"Credit", runCredit},
		{"Queue", runQueue},
		{"Notices", runNotices},
		{"Forecast", runForecast},
		{"Continuation", runContinuation},
		{"Messages", runMessages},
		{"MessageWork", runMessageWork},
		{"Channels", runChannels},
		{"Tally", runTally},
		{"Wishes", runWishes},
		{"Receipts", runReceipts},
		{"Access", runAccess},
		{"Machines", runMachines},
		{"Webhooks", runWebhooks},
		{"Audit", runAudit},
		{"Figures", runFigures},
		{"Abuse", runAbuse},
		{"Guide", runGuide},
		{"Wording", runWording},
		{"Statements", runStatements},
		{"Waitlist", runWaitlist},
		{"Migrations", runMigrations},
	} {
		t.Run(area.name, func(t *testing.T) { area.run(t, open) })
	}
}

// write runs f in a transaction that must commit.
func write(tb testing.TB, db *store.DB, f func(*store.Tx) error) {
	tb.Helper()
	if err := db.InTx(tb.Context(), f); err != nil {
		tb.Fatalf("transaction: %v", err)
	}
}

// look runs f on one state of the database.
func look(tb testing.TB, db *store.DB, f func(*store.Tx) error) {
	tb.Helper()
	if err := db.View(tb.Context(), f); err != nil {
		tb.Fatalf("view: %v", err)
	}
}

// refused fails the test unless err has the code.
func refused(tb testing.TB, err error, want houzhen.Code) {
	tb.Helper()
	if got := houzhen.CodeOf(err); got != want {
		tb.Errorf("got code %q (%v), want %q", got, err, want)
	}
}
