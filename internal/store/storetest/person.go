package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/person"
	"github.com/houzhen/houzhen/booking/waitlist"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/store"
)

// runPerson: what the rules about persons read.
func runPerson(t *testing.T, open Opener) {
	t.Helper()
	t.Run("traits of many patients", func(t *testing.T) { traitsListed(t, open(t)) })
	t.Run("wards of accounts", func(t *testing.T) { wardsListed(t, open(t)) })
	t.Run("a record is given up once, and what it had is another's", func(t *testing.T) { recordsMerged(t, open(t)) })
}

func traitsListed(t *testing.T, db *store.DB) {
	t.Helper()
	p, bare := patient(), directory.Patient{ID: "p2", Name: houzhen.NewName("Newborn"), Standing: directory.StandingNewborn, Linked: "p1"}
	write(t, db, func(tx *store.Tx) error { return tx.AddPatient(t.Context(), p) })
	write(t, db, func(tx *store.Tx) error { return tx.AddPatient(t.Context(), bare) })
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.PatientTraits(t.Context(), []string{"p1", "p2", "nobody"})
		want := map[string]person.Traits{"p1": {Birth: p.Birth, Sex: "F"}, "p2": {}}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("traits (-got +want):\n%s", diff)
		}
		return err
	})
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.Patient(t.Context(), "p2")
		samePatient(t, got, bare)
		return err
	})
}

func wardsListed(t *testing.T, db *store.DB) {
	t.Helper()
	ctx := t.Context()
	write(t, db, func(tx *store.Tx) error {
		for i, id := range []string{"a1", "a2"} {
			account := directory.Account{ID: id, Phone: houzhen.NewPhone("1381234000" + string(rune('0'+i)))}
			if err := tx.AddAccount(ctx, account); err != nil {
				return err
			}
		}
		for i, id := range []string{"c1", "c2", "c3"} {
			p := patient()
			p.ID, p.Doc = id, houzhen.NewIDNumber(plainDoc[:16]+string(rune('0'+i))+"X")
			if err := tx.AddPatient(ctx, p); err != nil {
				return err
			}
		}
		for _, k := range []directory.Kinship{
			{AccountID: "a1", PatientID: "c1", Relation: directory.RelationChild, ConsentAt: Start().Add(time.Hour)},
			{AccountID: "a1", PatientID: "c2", Relation: directory.RelationChild},
			{AccountID: "a1", PatientID: "c3", Relation: directory.RelationOther, ConsentAt: Start()},
			{AccountID: "a2", PatientID: "c2", Relation: directory.RelationChild, ConsentAt: Start()},
		} {
			if err := tx.SaveKin(ctx, k); err != nil {
				return err
			}
		}
		return nil
	})
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.Wards(ctx, []string{"a1", "a2", "a3"})
		want := []person.Ward{{AccountID: "a1", PatientID: "c1"}, {AccountID: "a2", PatientID: "c2"}}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("wards (-got +want):\n%s", diff)
		}
		return err
	})
}

func recordsMerged(t *testing.T, db *store.DB) {
	t.Helper()
	ctx := t.Context()
	s := addSession(t, db, "s1", "d1", 4)
	at := book(t, db, appointment(s, 1, "p2"))
	kin := directory.Kinship{AccountID: "a1", PatientID: "p2", Relation: directory.RelationSelf}
	merge := directory.Merge{ID: "m1", Kept: "p1", Lost: "p2", By: "boss", Reason: "same person", At: Start(), Undo: "{}"}
	write(t, db, func(tx *store.Tx) error {
		p, q := patient(), patient()
		q.ID, q.DocType, q.Doc = "p2", directory.DocPassport, houzhen.NewIDNumber("E12345678")
		tk := ticket("s1", 1)
		tk.AppointmentID, tk.PatientID = at.ID, "p2"
		if _, err := tx.AddQueue(ctx, head("s1", s.Start)); err != nil {
			return err
		}
		return errors.Join(
			tx.AddPatient(ctx, p), tx.AddPatient(ctx, q), tx.AddAccount(ctx, directory.Account{ID: "a1", Phone: houzhen.NewPhone(plainPhone)}),
			tx.SaveKin(ctx, kin), tx.AddTicket(ctx, tk), tx.AddMerge(ctx, merge),
			tx.AddWaitEntry(ctx, waitlist.Entry{ID: "w1", PatientID: "p2", Wish: "session:s1", Status: waitlist.Waiting, JoinedAt: Start(), Version: 1}),
		)
	})
	refused(t, db.InTx(ctx, func(tx *store.Tx) error { return tx.AddMerge(ctx, directory.Merge{ID: "m2", Kept: "p1", Lost: "p2"}) }), houzhen.CodeConflict)
	write(t, db, func(tx *store.Tx) error {
		return tx.RepointWait(ctx, "w1", "p1")
	})
	look(t, db, func(tx *store.Tx) error {
		of, err := tx.KinOf(ctx, "p2")
		if diff := cmp.Diff(of, []directory.Kinship{kin}); diff != "" {
			t.Errorf("kin (-got +want):\n%s", diff)
		}
		w, err2 := tx.WaitEntry(ctx, "w1")
		if w.PatientID != "p1" {
			t.Errorf("entry of %s, want p1", w.PatientID)
		}
		return errors.Join(err, err2)
	})
}
