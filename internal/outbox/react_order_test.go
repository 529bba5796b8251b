package outbox

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
)

// TestFactsAreTakenBySession: every batch goes through the sessions in one
// order, and through the facts of a session as they were written.
func TestFactsAreTakenBySession(t *testing.T) {
	facts := []houzhen.Event{
		{ID: "1", Session: "b"}, {ID: "2", Session: "a"}, {ID: "3", Session: "b"}, {ID: "4"}, {ID: "5", Session: "a"},
	}
	slices.SortStableFunc(facts, bySession)
	var got []string
	for _, e := range facts {
		got = append(got, e.Session+e.ID)
	}
	if diff := cmp.Diff(got, []string{"4", "a2", "a5", "b1", "b3"}); diff != "" {
		t.Error(diff)
	}
}
