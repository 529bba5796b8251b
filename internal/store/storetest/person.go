package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/person"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/store"
)

// runPerson: what the rules about persons read.
func runPerson(t *testing.T, open Opener) {
	t.Helper()
	t.Run("traits of many patients", func(t *testing.T) { traitsListed(t, open(t)) })
	t.Run("wards of accounts", func(t *testing.T) { wardsListed(t, open(t)) })
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
