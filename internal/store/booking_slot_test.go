package store

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Whether a slot is taken must be seen in the index alone: a session has dozens
// of slots, and one search of all its appointments for each would be thousands.
func TestATakenSlotIsFoundByItsNumber(t *testing.T) {
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
	var plan []string
	if err := db.View(t.Context(), func(tx *Tx) error {
		plan, err = explained(t.Context(), tx, `SELECT `+slotColumns+` FROM slot WHERE session_id = $1`, "s1")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(plan, "; "); !strings.Contains(got, "appointment_place (session_id=? AND <expr>=?)") {
		t.Errorf("planned as %s", got)
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
