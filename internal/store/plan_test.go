package store

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// A session has dozens of slots and a hospital has years of days, so that what
// is read all the time must be found by the one index that is meant for it.
func TestStatementsAreFoundByTheirIndex(t *testing.T) {
	db, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "x.db"), Options{
		Now: time.Now, NewID: func() string { return "id" }, Ring: struct{ Sealer }{},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	day := houzhen.Date{Year: 2026, Month: 3, Day: 2}
	ofDay, ofDayArgs := selectAppointments(booking.AppointmentFilter{From: day, To: day, States: []booking.State{booking.Booked}})
	for name, c := range map[string]struct {
		text string
		args []any
		want string
	}{
		"whether a slot is taken": {
			`SELECT ` + slotColumns + ` FROM slot WHERE session_id = $1`,
			[]any{"s1"},
			"appointment_place (session_id=? AND <expr>=?)",
		},
		"the sessions of a day's visits": {ofDay, ofDayArgs, "session_day (day=?)"},
		"a day's visits":                 {ofDay, ofDayArgs, "appointment_place (session_id=?)"},
	} {
		if err := db.View(t.Context(), func(tx *Tx) error {
			plan, err := explained(t.Context(), tx, c.text, c.args...)
			if got := strings.Join(plan, "; "); !strings.Contains(got, c.want) {
				t.Errorf("%s: planned as %s", name, got)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// explained gives how the embedded engine would go about a statement.
func explained(ctx context.Context, tx *Tx, text string, args ...any) ([]string, error) {
	type step struct {
		id, parent, unused int64
		detail             string
	}
	steps, err := all(ctx, tx, func(s *step) []any { return []any{&s.id, &s.parent, &s.unused, &s.detail} }, `EXPLAIN QUERY PLAN `+text, args...)
	plan := make([]string, len(steps))
	for i, s := range steps {
		plan[i] = s.detail
	}
	return plan, err
}
