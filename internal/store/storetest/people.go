package storetest

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/notify"
)

const (
	plainName  = "Tester Longname"
	plainPhone = "13812340000"
	plainDoc   = "11010519491231002X"
	plainPush  = "push-account-77"
	plainText  = "your number is A032"
	plainCode  = "secret-482913"
)

func patient() directory.Patient {
	return directory.Patient{
		ID: "p1", Name: houzhen.NewName(plainName), DocType: directory.DocID, Doc: houzhen.NewIDNumber(plainDoc),
		Sex: directory.Female, Birth: houzhen.Date{Year: 1949, Month: time.December, Day: 31},
		Phone: houzhen.NewPhone(plainPhone), Lang: houzhen.English, PushAccount: plainPush, TravelMinutes: 40, LivesNear: true, Version: 1,
	}
}

// hidden compares what masks itself by what it hides.
func hidden() cmp.Options {
	return cmp.Options{
		cmp.Comparer(func(a, b houzhen.Name) bool { return a.Reveal() == b.Reveal() }),
		cmp.Comparer(func(a, b houzhen.Phone) bool { return a.Reveal() == b.Reveal() }),
		cmp.Comparer(func(a, b houzhen.IDNumber) bool { return a.Reveal() == b.Reveal() }),
	}
}

func samePatient(tb testing.TB, got, want directory.Patient) {
	tb.Helper()
	if diff := cmp.Diff(got, want, hidden()); diff != "" {
		tb.Errorf("patient (-got +want):\n%s", diff)
	}
}

func runPeople(t *testing.T, open Opener) {
	t.Helper()
	t.Run("a patient is found by id, document, phone and document tail", func(t *testing.T) { patientIsFound(t, open(t)) })
	t.Run("one document, one patient", func(t *testing.T) { oneDocument(t, open(t)) })
	t.Run("a patient without a document is no other one's double", func(t *testing.T) {
		db := open(t)
		for _, id := range []string{"p1", "p2"} {
			write(t, db, func(tx *store.Tx) error {
				return tx.AddPatient(t.Context(), directory.Patient{ID: id, Name: houzhen.NewName("Newborn")})
			})
		}
		refused(t, db.View(t.Context(), func(tx *store.Tx) error {
			_, err := tx.PatientByDoc(t.Context(), "", houzhen.IDNumber{})
			return err
		}), houzhen.CodeNotFound)
	})
	t.Run("an update knows the version it read", func(t *testing.T) { patientVersion(t, open(t)) })
	t.Run("accounts and kin", func(t *testing.T) { accountsAndKin(t, open(t)) })
	t.Run("the database holds nothing plain of a person", func(t *testing.T) { sealedAtRest(t, open) })
}

func patientIsFound(t *testing.T, db *store.DB) {
	t.Helper()
	p := patient()
	write(t, db, func(tx *store.Tx) error { return tx.AddPatient(t.Context(), p) })
	look(t, db, func(tx *store.Tx) error {
		byID, err1 := tx.Patient(t.Context(), "p1")
		samePatient(t, byID, p)
		byDoc, err2 := tx.PatientByDoc(t.Context(), directory.DocID, p.Doc)
		samePatient(t, byDoc, p)
		byPhone, err3 := tx.PatientsByPhone(t.Context(), p.Phone)
		byTail, err4 := tx.PatientsByDocTail(t.Context(), "002X", []string{"p0", "p1", "p2"})
		for _, list := range [][]directory.Patient{byPhone, byTail} {
			if len(list) != 1 {
				t.Fatalf("got %d patients, want 1", len(list))
			}
			samePatient(t, list[0], p)
		}
		others, err5 := tx.PatientsByDocTail(t.Context(), "002X", []string{"p2"})
		wrong, err6 := tx.PatientsByDocTail(t.Context(), "002Y", []string{"p1"})
		if len(others)+len(wrong) != 0 {
			t.Errorf("got %d among others and %d by another tail, want none", len(others), len(wrong))
		}
		_, err7 := tx.PatientByDoc(t.Context(), directory.DocPassport, p.Doc)
		refused(t, err7, houzhen.CodeNotFound)
		return errors.Join(err1, err2, err3, err4, err5, err6)
	})
}

func oneDocument(t *testing.T, db *store.DB) {
	t.Helper()
	write(t, db, func(tx *store.Tx) error {
		p := patient()
		if err := tx.AddPatient(t.Context(), p); err != nil {
			return err
		}
		p.ID = "p2"
		refused(t, tx.AddPatient(t.Context(), p), houzhen.CodePatientExists)
		p.DocType = directory.DocPassport // the transaction is still of use
		return tx.AddPatient(t.Context(), p)
	})
	refused(t, db.InTx(t.Context(), func(tx *store.Tx) error {
		p := patient()
		p.ID = "p2"
		return tx.UpdatePatient(t.Context(), p)
	}), houzhen.CodePatientExists)
}

func patientVersion(t *testing.T, db *store.DB) {
	t.Helper()
	p := patient()
	write(t, db, func(tx *store.Tx) error { return tx.AddPatient(t.Context(), p) })
	p.Phone, p.Doc, p.TravelMinutes = houzhen.NewPhone("13900001111"), houzhen.NewIDNumber("E1234567"), 15
	p.LivesNear = false
	write(t, db, func(tx *store.Tx) error { return tx.UpdatePatient(t.Context(), p) })
	refused(t, db.InTx(t.Context(), func(tx *store.Tx) error { return tx.UpdatePatient(t.Context(), p) }), houzhen.CodeConflict)
	p.Version = 2
	look(t, db, func(tx *store.Tx) error {
		byNew, err1 := tx.PatientByDoc(t.Context(), directory.DocID, p.Doc)
		samePatient(t, byNew, p)
		names, err3 := tx.PatientNames(t.Context(), []string{p.ID, "nobody"})
		if len(names) != 1 || names[p.ID].Reveal() != plainName {
			t.Errorf("names: got %d, want that of one", len(names))
		}
		byOld, err2 := tx.PatientsByPhone(t.Context(), houzhen.NewPhone(plainPhone))
		if len(byOld) != 0 {
			t.Errorf("found by the old phone: %d, want 0", len(byOld))
		}
		return errors.Join(err1, err2, err3)
	})
}

func accountsAndKin(t *testing.T, db *store.DB) {
	t.Helper()
	a := directory.Account{ID: "acc", Phone: houzhen.NewPhone(plainPhone), Lang: houzhen.Chinese}
	kin := directory.Kinship{AccountID: "acc", PatientID: "p1", Relation: "parent"}
	write(t, db, func(tx *store.Tx) error {
		err := errors.Join(tx.AddAccount(t.Context(), a), tx.AddPatient(t.Context(), patient()), tx.SaveKin(t.Context(), kin))
		other := a
		other.ID = "other"
		refused(t, tx.AddAccount(t.Context(), other), houzhen.CodeConflict)
		kin.ConsentAt = tx.Now()
		return errors.Join(err, tx.SaveKin(t.Context(), kin))
	})
	look(t, db, func(tx *store.Tx) error {
		byID, err1 := tx.Account(t.Context(), "acc")
		byPhone, err2 := tx.AccountByPhone(t.Context(), a.Phone)
		for _, got := range []directory.Account{byID, byPhone} {
			if got != a {
				t.Errorf("got account %+v, want %+v", got, a)
			}
		}
		got, err3 := tx.Kin(t.Context(), "acc")
		if diff := cmp.Diff(got, []directory.Kinship{kin}); diff != "" {
			t.Errorf("kin (-got +want):\n%s", diff)
		}
		relatives, err5 := tx.Relatives(t.Context(), "acc")
		if err5 == nil && (len(relatives) != 1 || relatives[0].ConsentAt != kin.ConsentAt || relatives[0].Relation != kin.Relation) {
			t.Errorf("got relatives %+v, want the one of %+v", relatives, kin)
		}
		whole, err6 := tx.Patient(t.Context(), "p1")
		for _, r := range relatives {
			if r.Patient != whole {
				t.Errorf("got relative %+v, want %+v", r.Patient, whole)
			}
		}
		_, err4 := tx.AccountByPhone(t.Context(), houzhen.NewPhone("13900001111"))
		refused(t, err4, houzhen.CodeNotFound)
		return errors.Join(err1, err2, err3, err5, err6)
	})
}

func sealedAtRest(t *testing.T, open Opener) {
	t.Helper()
	var address string
	db := open(t, Address(&address))
	write(t, db, func(tx *store.Tx) error {
		m := message("m1", "appt", 1)
		m.Text, m.Secret = plainText, plainCode
		_, err := tx.PlanMessages(t.Context(), []notify.Message{m})
		return errors.Join(err, tx.AddPatient(t.Context(), patient()), tx.AddSignIn(t.Context(), signIn("s1")),
			tx.AddAccount(t.Context(), directory.Account{ID: "acc", Phone: houzhen.NewPhone(plainPhone)}))
	})
	if err := db.SaveReplay(t.Context(), "caller", "key", "digest", 201, []byte(plainName)); err != nil {
		t.Fatal(err)
	}
	if err := db.Sessions().CommitCtx(t.Context(), "the-token", []byte(plainPhone), Start().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	everything := dump(t, address)
	for _, plain := range []string{plainName, plainPhone, plainDoc, plainDoc[14:], plainPush, plainText, plainCode, "1949-12-31", "the-token"} {
		if bytes.Contains(everything, []byte(plain)) {
			t.Errorf("the database holds %q in plain", plain)
		}
	}
	if !bytes.Contains(everything, []byte("p1")) {
		t.Error("the dump does not hold the patient's id: it proves nothing")
	}
}
