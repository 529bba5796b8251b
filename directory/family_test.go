package directory_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/directory"
)

// relative registers an adult for an account, by a passport of that number.
func relative(t *testing.T, s *directory.Service, accountID, phone string, n int) (directory.Patient, error) {
	t.Helper()
	return s.RegisterPatient(t.Context(), accountID, directory.NewPatient{
		Name: fmt.Sprint("Person ", string(rune('A'+n))), Doc: fmt.Sprintf("E1234567%d", n), DocType: directory.DocPassport, Phone: phone,
		Relation: directory.RelationOther, Birth: houzhen.Date{Year: 1990, Month: 1, Day: 1},
	})
}

func mayAct(t *testing.T, s *directory.Service, accountID, patientID string) bool {
	t.Helper()
	people, err := s.Patients(t.Context(), accountID)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range people {
		if p.ID == patientID {
			return true
		}
	}
	return false
}

// Whoever has a phone of his own sees with it who wants to book for him, and
// agrees, or takes it back.
func TestAPersonSeesWhoBooksForHim(t *testing.T) {
	s, _ := desk(t)
	asks, asked := account(t, s, ownPhone), account(t, s, otherPhone)
	p, err := relative(t, s, asks.ID, otherPhone, 0)
	if err != nil || mayAct(t, s, asks.ID, p.ID) {
		t.Fatalf("%v, want him registered and not agreed", err)
	}
	list, err := s.Agreements(t.Context(), asked.ID)
	want := []directory.Agreement{{AccountID: asks.ID, PatientID: p.ID, Name: p.Name, By: asks.Phone, Relation: directory.RelationOther}}
	if d := cmp.Diff(want, list, cmp.Comparer(func(a, b houzhen.Phone) bool { return a == b }), cmp.Comparer(func(a, b houzhen.Name) bool { return a == b })); d != "" || err != nil {
		t.Fatal(err, d)
	}
	if err := s.GiveConsent(t.Context(), asked.ID, asks.ID, p.ID); err != nil || !mayAct(t, s, asks.ID, p.ID) {
		t.Errorf("agreed: %v", err)
	}
	if err := s.WithdrawConsent(t.Context(), asked.ID, asks.ID, p.ID); err != nil || mayAct(t, s, asks.ID, p.ID) {
		t.Errorf("taken back: %v", err)
	}
	if list, err := s.Agreements(t.Context(), asks.ID); err != nil || len(list) > 0 {
		t.Errorf("the one who asks sees %+v, %v", list, err)
	}
}

// One phone books for so many others and no more, whether they agreed at once
// or later; giving one up makes room.
func TestAnAccountBooksForSoManyOthers(t *testing.T) {
	s, _ := desk(t)
	a, theirs := account(t, s, ownPhone), account(t, s, otherPhone)
	var first directory.Patient
	for n := range directory.MostRelatives {
		p, err := relative(t, s, a.ID, ownPhone, n) // shares the phone: agrees at once
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			first = p
		}
	}
	_, err := relative(t, s, a.ID, ownPhone, 7)
	wantCode(t, err, houzhen.CodeFamilyFull)
	later, err := relative(t, s, a.ID, otherPhone, 8)
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, s.GiveConsent(t.Context(), theirs.ID, a.ID, later.ID), houzhen.CodeFamilyFull)
	if err := s.WithdrawConsent(t.Context(), a.ID, a.ID, first.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.GiveConsent(t.Context(), theirs.ID, a.ID, later.ID); err != nil {
		t.Errorf("after one was given up: %v", err)
	}
}
