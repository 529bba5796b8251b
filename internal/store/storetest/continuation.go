package storetest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/continuation"
	"github.com/houzhen/houzhen/internal/store"
)

func runContinuation(t *testing.T, open Opener) {
	t.Helper()
	t.Run("one is found by id, patient, visit and use", func(t *testing.T) { continuationFound(t, open(t)) })
	t.Run("it is used once", func(t *testing.T) { continuationUsedOnce(t, open(t)) })
}

func given(id, patient string) continuation.Continuation {
	return continuation.Continuation{
		ID: id, VisitID: "a1", PatientID: patient, DepartmentID: "dep", DoctorID: "d1", MaxGrade: 2, From: today(), Until: today().AddDays(2),
		GivenBy: "staff", GivenAt: Start(), Version: 1,
	}
}

func continuationFound(t *testing.T, db *store.DB) {
	t.Helper()
	first, second := given("c1", "p1"), given("c2", "p2")
	second.VisitID, second.UsedBy = "a2", "a9"
	for _, c := range []continuation.Continuation{first, second} {
		write(t, db, func(tx *store.Tx) error { return tx.AddContinuation(t.Context(), c) })
	}
	refused(t, db.InTx(t.Context(), func(tx *store.Tx) error { return tx.AddContinuation(t.Context(), first) }), houzhen.CodeConflict)
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.Continuation(t.Context(), "c1")
		if diff := cmp.Diff(first, got); err != nil || diff != "" {
			t.Errorf("by id: %v %s", err, diff)
		}
		used, err := tx.ContinuationUsedBy(t.Context(), "a9")
		if diff := cmp.Diff(second, used); err != nil || diff != "" {
			t.Errorf("by use: %v %s", err, diff)
		}
		list, err := tx.Continuations(t.Context(), "p1", "p2", "p3")
		if err != nil || len(list) != 2 {
			t.Errorf("of patients: %v %v", list, err)
		}
		list, err = tx.ContinuationsOf(t.Context(), "a2")
		if diff := cmp.Diff([]continuation.Continuation{second}, list); err != nil || diff != "" {
			t.Errorf("of the visit: %v %s", err, diff)
		}
		_, err = tx.ContinuationUsedBy(t.Context(), "")
		refused(t, err, houzhen.CodeNotFound)
		_, err = tx.Continuation(t.Context(), "none")
		refused(t, err, houzhen.CodeNotFound)
		return nil
	})
}

func continuationUsedOnce(t *testing.T, db *store.DB) {
	t.Helper()
	for _, id := range []string{"c1", "c2"} {
		write(t, db, func(tx *store.Tx) error { return tx.AddContinuation(t.Context(), given(id, "p1")) })
	}
	use := func(id, appointment string, version int64) error {
		c := given(id, "p1")
		c.UsedBy, c.Version = appointment, version
		return db.InTx(t.Context(), func(tx *store.Tx) error { return tx.SaveContinuation(t.Context(), c) })
	}
	if err := use("c1", "a9", 1); err != nil {
		t.Fatal(err)
	}
	refused(t, use("c1", "a8", 1), houzhen.CodeConflict)
	refused(t, use("c2", "a9", 1), houzhen.CodeConflict)
	if err := use("c1", "", 2); err != nil {
		t.Errorf("it is not given back: %v", err)
	}
	if err := use("c2", "a9", 1); err != nil {
		t.Errorf("after it was given back: %v", err)
	}
}
