package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/notify/wording"
	"github.com/houzhen/houzhen/templates"
)

// runWording: a version comes back whole, has a number of its own, changes by
// its revision and in nothing but what became of it, and moves the stamp.
func runWording(t *testing.T, open Opener) {
	t.Helper()
	db := open(t)
	first := wording.Version{
		ID: "w1", Draft: templates.Draft{Key: "queue.near", Lang: houzhen.English, Channel: templates.SMS, Title: "T", Text: "No. ${no}"},
		Number: 1, State: wording.Draft, AuthorID: "m1", SavedAt: Start(),
	}
	second, field := first, first
	second.ID, second.Number = "w2", 2
	field.ID, field.Key, field.Channel, field.Text = "w3", "queue.ready", templates.WeChat, ""
	field.Fields = map[string]string{"thing1": "${no}"}
	for _, v := range []*wording.Version{&first, &second, &field} {
		if err := saveWording(t, db, v); err != nil || v.Revision != 1 {
			t.Fatalf("save: revision %d, %v", v.Revision, err)
		}
	}
	twin := second
	twin.ID, twin.Revision = "w4", 0
	refused(t, saveWording(t, db, &twin), houzhen.CodeConflict)
	before := wordingStamp(t, db)
	stale, changed := first, first
	changed.State, changed.Code, changed.Note, changed.DecidedBy = wording.Approved, "SMS_1", "fine", "m2"
	changed.DecidedAt, changed.Text = Start().Add(time.Hour), "other words"
	if err := saveWording(t, db, &changed); err != nil {
		t.Fatal(err)
	}
	changed.Text = first.Text // the words of a version never change
	refused(t, saveWording(t, db, &stale), houzhen.CodeConflict)
	if after := wordingStamp(t, db); after == before {
		t.Errorf("stamp stays %d after a change", after)
	}
	write(t, db, func(tx *store.Tx) error {
		for key, want := range map[string][]wording.Version{"": {second, changed, field}, "queue.ready": {field}, "none": {}} {
			got, err := tx.WordingVersions(t.Context(), key)
			if diff := cmp.Diff(got, want); diff != "" || err != nil {
				t.Errorf("versions of %q: %v %s", key, err, diff)
			}
		}
		one, err := tx.LockWording(t.Context(), "w3")
		if diff := cmp.Diff(one, field); diff != "" || err != nil {
			t.Errorf("version: %v %s", err, diff)
		}
		_, err = tx.LockWording(t.Context(), "none")
		refused(t, err, houzhen.CodeNotFound)
		return nil
	})
}

func saveWording(t *testing.T, db *store.DB, v *wording.Version) error {
	t.Helper()
	return db.InTx(t.Context(), func(tx *store.Tx) error { return tx.SaveWording(t.Context(), v) })
}

func wordingStamp(t *testing.T, db *store.DB) (stamp int64) {
	t.Helper()
	write(t, db, func(tx *store.Tx) (err error) {
		stamp, err = tx.WordingStamp(t.Context())
		return err
	})
	return stamp
}
