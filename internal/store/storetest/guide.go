package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/guide"
	"github.com/houzhen/houzhen/internal/store"
)

// runGuide: a version comes back whole, is changed by its revision, has a
// number of its own, and the one in force is what guide.InForce says.
func runGuide(t *testing.T, open Opener) {
	t.Helper()
	t.Run("versions", func(t *testing.T) { guideVersions(t, open(t)) })
	t.Run("in force", func(t *testing.T) { guideInForce(t, open(t)) })
}

func guideVersion(t *testing.T, id string, no int) guide.Version {
	t.Helper()
	table, err := guide.Parse("sample.yaml", guide.Sample())
	if err != nil {
		t.Fatal(err)
	}
	return guide.Version{ID: id, Number: no, State: guide.Draft, Table: table, AuthorID: "m1", ImportedAt: Start()}
}

func saveGuide(t *testing.T, db *store.DB, v *guide.Version) error {
	t.Helper()
	return db.InTx(t.Context(), func(tx *store.Tx) error { return tx.SaveGuide(t.Context(), v) })
}

func guideVersions(t *testing.T, db *store.DB) {
	t.Helper()
	first, second := guideVersion(t, "g1", 1), guideVersion(t, "g2", 2)
	for _, v := range []*guide.Version{&first, &second} {
		if err := saveGuide(t, db, v); err != nil || v.Revision != 1 {
			t.Fatalf("save: revision %d, %v", v.Revision, err)
		}
	}
	twin := guideVersion(t, "g3", 2)
	refused(t, saveGuide(t, db, &twin), houzhen.CodeConflict)
	stale := first
	first.State, first.ApprovedBy, first.ApprovedAt, first.From = guide.Approved, "m2", Start().Add(time.Hour), today()
	if err := saveGuide(t, db, &first); err != nil {
		t.Fatal(err)
	}
	refused(t, saveGuide(t, db, &stale), houzhen.CodeConflict)
	write(t, db, func(tx *store.Tx) error {
		got, err := tx.GuideVersions(t.Context())
		if diff := cmp.Diff(got, []guide.Version{second, first}); diff != "" {
			t.Errorf("versions: %s", diff)
		}
		if err != nil {
			return err
		}
		one, err := tx.LockGuide(t.Context(), "g1")
		if diff := cmp.Diff(one, first); diff != "" {
			t.Errorf("version: %s", diff)
		}
		if err != nil {
			return err
		}
		_, err = tx.LockGuide(t.Context(), "none")
		refused(t, err, houzhen.CodeNotFound)
		return nil
	})
}

func guideInForce(t *testing.T, db *store.DB) {
	t.Helper()
	var all []guide.Version
	for i, c := range []struct {
		state guide.State
		from  int // days from today
		at    time.Duration
	}{
		{guide.Approved, -3, 0},
		{guide.Approved, 0, 0},
		{guide.Approved, 0, time.Hour},
		{guide.Approved, 2, 0},
		{guide.Superseded, 0, 2 * time.Hour},
		{guide.Draft, 0, 3 * time.Hour},
	} {
		v := guideVersion(t, "g"+string(rune('a'+i)), i+1)
		v.State, v.From, v.ApprovedAt = c.state, today().AddDays(c.from), Start().Add(c.at)
		if err := saveGuide(t, db, &v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	for days, want := range map[int]string{-4: "", -3: "ga", -1: "ga", 0: "gc", 1: "gc", 2: "gd", 9: "gd"} {
		on := today().AddDays(days)
		pure := ""
		if i := guide.InForce(all, on); i >= 0 {
			pure = all[i].ID
		}
		look(t, db, func(tx *store.Tx) error {
			got, err := tx.GuideInForce(t.Context(), on)
			if want == "" {
				refused(t, err, houzhen.CodeNotFound)
				err = nil
			}
			if got.ID != want || pure != want {
				t.Errorf("day %d: stored %q, by rule %q, want %q", days, got.ID, pure, want)
			}
			return err
		})
	}
}
