package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/abuse"
	"github.com/houzhen/houzhen/internal/store"
)

// runAbuse: traces come back in order, a flag is open once for its subject,
// and a bar holds until its end.
func runAbuse(t *testing.T, open Opener) {
	t.Helper()
	t.Run("traces", func(t *testing.T) { abuseTraces(t, open(t)) })
	t.Run("flags", func(t *testing.T) { abuseFlags(t, open(t)) })
}

func abuseTraces(t *testing.T, db *store.DB) {
	t.Helper()
	now := Start()
	trace := func(id string, at time.Time) abuse.Trace {
		return abuse.Trace{
			ID: id, At: at, Action: abuse.Booked, AccountID: "acc", Origin: abuse.Origin{Device: "d", Address: "x"}, PatientID: "p",
			SessionID: "s", AppointmentID: "a" + id,
		}
	}
	late, early, old := trace("1", now), trace("2", now.Add(-time.Minute)), trace("3", now.AddDate(0, 0, -40))
	write(t, db, func(tx *store.Tx) error { return tx.AddTraces(t.Context(), []abuse.Trace{late, early, old}) })
	write(t, db, func(tx *store.Tx) error { return tx.AddTraces(t.Context(), []abuse.Trace{late}) })
	want := func(list ...abuse.Trace) {
		t.Helper()
		look(t, db, func(tx *store.Tx) error {
			got, err := tx.Traces(t.Context(), now.AddDate(0, 0, -50))
			if diff := cmp.Diff(got, list); diff != "" {
				t.Errorf("traces: %s", diff)
			}
			return err
		})
	}
	want(old, early, late)
	if n, err := db.PurgeTraces(t.Context(), now.AddDate(0, 0, -30)); err != nil || n != 1 {
		t.Errorf("purged %d, %v, want 1", n, err)
	}
	want(early, late)
}

func abuseFlags(t *testing.T, db *store.DB) {
	t.Helper()
	now := Start()
	f := abuse.Flag{
		ID: "f1", Kind: abuse.Churn, Subject: "acc1", Accounts: []string{"acc1", "acc2"}, Count: 7, First: now.Add(-time.Hour), Last: now,
		Evidence: []string{"a1", "a2"}, State: abuse.Open,
	}
	save := func(f *abuse.Flag) error {
		return db.InTx(t.Context(), func(tx *store.Tx) error { return tx.SaveFlag(t.Context(), f) })
	}
	if err := save(&f); err != nil || f.Version != 1 {
		t.Fatalf("save: version %d, %v", f.Version, err)
	}
	twin := f
	twin.ID, twin.Version = "f2", 0
	if err := save(&twin); err == nil {
		t.Error("a second open flag of the same pattern and subject was taken")
	}
	stale := f
	f.State, f.Until, f.DecidedBy, f.DecidedAt, f.Reason = abuse.Confirmed, now.AddDate(0, 0, 30), "m1", now, "resale"
	if err := save(&f); err != nil {
		t.Fatal(err)
	}
	refused(t, save(&stale), houzhen.CodeConflict)
	write(t, db, func(tx *store.Tx) error {
		got, err := tx.LockFlag(t.Context(), "f1")
		if diff := cmp.Diff(got, f); diff != "" {
			t.Errorf("flag: %s", diff)
		}
		if err != nil {
			return err
		}
		_, err = tx.LockFlag(t.Context(), "none")
		refused(t, err, houzhen.CodeNotFound)
		return nil
	})
	look(t, db, func(tx *store.Tx) error {
		open, err := tx.Flags(t.Context(), abuse.Open)
		if len(open) != 0 {
			t.Errorf("open flags %v, want none", open)
		}
		if err != nil {
			return err
		}
		barred, err := tx.Barred(t.Context(), now, []string{"acc1", "acc2", "acc3"})
		if diff := cmp.Diff(barred, map[string]time.Time{"acc1": f.Until, "acc2": f.Until}); diff != "" {
			t.Errorf("barred: %s", diff)
		}
		if err != nil {
			return err
		}
		barred, err = tx.Barred(t.Context(), f.Until, []string{"acc1"})
		if len(barred) != 0 {
			t.Errorf("still barred at the end: %v", barred)
		}
		return err
	})
}
