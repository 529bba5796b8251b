package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/pay"
	"github.com/houzhen/houzhen/internal/store"
)

func runPayments(t *testing.T, open Opener) {
	t.Helper()
	t.Run("comes back as it was saved", func(t *testing.T) { paymentRoundTrip(t, open(t)) })
	t.Run("one is kept for an appointment", func(t *testing.T) { paymentKeptOnce(t, open(t)) })
	t.Run("is saved by its version", func(t *testing.T) { paymentVersions(t, open(t)) })
	t.Run("falls due", func(t *testing.T) { paymentsDue(t, open(t)) })
	t.Run("is listed", func(t *testing.T) { paymentsListed(t, open(t)) })
}

// payment gives an open payment of an appointment.
func payment(id, appointment string) pay.Payment {
	return pay.Payment{
		ID: id, OutNo: "o" + id, AppointmentID: appointment, PatientID: "p", Nth: 1, Fee: 5000, State: pay.Open, Cashier: "/c",
		ExpiresAt: Start().Add(15 * time.Minute), DueAt: Start(), CreatedAt: Start(), Version: 1,
	}
}

// paidFor stores an appointment to pay for and gives its id.
func paidFor(t *testing.T, db *store.DB, no int) string {
	t.Helper()
	s, _ := session("s", "d", today(), 4)
	return book(t, db, appointment(s, no, string(rune('p'+no)))).ID
}

func addPayments(t *testing.T, db *store.DB, list ...pay.Payment) {
	t.Helper()
	write(t, db, func(tx *store.Tx) error {
		for _, p := range list {
			if err := tx.AddPayment(t.Context(), p); err != nil {
				return err
			}
		}
		return nil
	})
}

func paymentRoundTrip(t *testing.T, db *store.DB) {
	t.Helper()
	addSession(t, db, "s", "d", 4)
	want := payment("1", paidFor(t, db, 1))
	want.Paid, want.Insured, want.Reason, want.Settlement, want.SettledBy = 5000, 1000, pay.ReasonTwice, pay.SettledCash, "m"
	want.TradeNo, want.Attempts, want.Silent, want.PaidAt, want.EndedAt = "t", 3, 2, Start(), Start().Add(time.Hour)
	addPayments(t, db, want)
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.Payment(t.Context(), "1")
		if diff := cmp.Diff(got, want); err != nil || diff != "" {
			t.Errorf("by id %v (-got +want):\n%s", err, diff)
		}
		got, err = tx.PaymentByOutNo(t.Context(), "o1")
		if diff := cmp.Diff(got, want); err != nil || diff != "" {
			t.Errorf("by number %v (-got +want):\n%s", err, diff)
		}
		if _, err := tx.PaymentByOutNo(t.Context(), "none"); houzhen.CodeOf(err) != houzhen.CodeNotFound {
			t.Errorf("no number: %v, want %s", err, houzhen.CodeNotFound)
		}
		_, err = tx.Payment(t.Context(), "none")
		if houzhen.CodeOf(err) != houzhen.CodeNotFound {
			t.Errorf("no id: %v, want %s", err, houzhen.CodeNotFound)
		}
		return nil
	})
	write(t, db, func(tx *store.Tx) error {
		if err := tx.AddPayment(t.Context(), want); houzhen.CodeOf(err) != houzhen.CodeConflict {
			t.Errorf("the same again: %v, want %s", err, houzhen.CodeConflict)
		}
		return nil
	})
}

func paymentKeptOnce(t *testing.T, db *store.DB) {
	t.Helper()
	addSession(t, db, "s", "d", 4)
	at := paidFor(t, db, 1)
	first, second := payment("1", at), payment("2", at)
	addPayments(t, db, first, second)
	first.State, second.State = pay.Kept, pay.Kept
	write(t, db, func(tx *store.Tx) error { return tx.UpdatePayment(t.Context(), &first) })
	write(t, db, func(tx *store.Tx) error {
		if err := tx.UpdatePayment(t.Context(), &second); houzhen.CodeOf(err) != houzhen.CodeConflict {
			t.Errorf("a second one kept: %v, want %s", err, houzhen.CodeConflict)
		}
		second.State = pay.RefundDue // the refusal has not spoilt the transaction
		return tx.UpdatePayment(t.Context(), &second)
	})
	other := payment("3", paidFor(t, db, 2))
	addPayments(t, db, other)
	other.State = pay.Kept
	write(t, db, func(tx *store.Tx) error { return tx.UpdatePayment(t.Context(), &other) })
}

func paymentVersions(t *testing.T, db *store.DB) {
	t.Helper()
	addSession(t, db, "s", "d", 4)
	old := payment("1", paidFor(t, db, 1))
	addPayments(t, db, old)
	fresh := old
	fresh.Cashier = ""
	write(t, db, func(tx *store.Tx) error {
		locked, err := tx.LockPayment(t.Context(), "1")
		if err != nil || locked != old {
			t.Errorf("locked %+v (%v), want %+v", locked, err, old)
		}
		return tx.UpdatePayment(t.Context(), &fresh)
	})
	if fresh.Version != 2 {
		t.Errorf("version %d after a save, want 2", fresh.Version)
	}
	write(t, db, func(tx *store.Tx) error {
		if err := tx.UpdatePayment(t.Context(), &old); houzhen.CodeOf(err) != houzhen.CodeConflict {
			t.Errorf("an old version: %v, want %s", err, houzhen.CodeConflict)
		}
		return nil
	})
}

func paymentsDue(t *testing.T, db *store.DB) {
	t.Helper()
	addSession(t, db, "s", "d", 4)
	at := paidFor(t, db, 1)
	due := func(id string, after time.Duration) pay.Payment {
		p := payment(id, at)
		p.DueAt = Start().Add(after)
		return p
	}
	never := due("4", 0)
	never.DueAt = time.Time{}
	addPayments(t, db, due("1", time.Minute), due("2", 0), due("3", time.Hour), never)
	for _, c := range []struct {
		now   time.Duration
		limit int
		want  []string
	}{{-time.Microsecond, 9, nil}, {0, 9, []string{"2"}}, {time.Minute, 9, []string{"2", "1"}}, {time.Minute, 1, []string{"2"}}} {
		look(t, db, func(tx *store.Tx) error {
			got, err := tx.PaymentsDue(t.Context(), Start().Add(c.now), c.limit)
			if diff := cmp.Diff(paymentIDs(got), c.want); diff != "" {
				t.Errorf("due at %v (-got +want):\n%s", c.now, diff)
			}
			return err
		})
	}
}

func paymentsListed(t *testing.T, db *store.DB) {
	t.Helper()
	addSession(t, db, "s", "d", 4)
	a, b := paidFor(t, db, 1), paidFor(t, db, 2)
	manual, other := payment("2", a), payment("3", b)
	manual.State, other.PatientID = pay.Manual, "q"
	addPayments(t, db, payment("1", a), manual, other)
	for _, c := range []struct {
		name string
		f    pay.Filter
		want []string
	}{
		{"all", pay.Filter{}, []string{"1", "2", "3"}},
		{"of an appointment", pay.Filter{AppointmentID: a}, []string{"1", "2"}},
		{"of a patient", pay.Filter{PatientID: "q"}, []string{"3"}},
		{"for a person", pay.Filter{States: []pay.State{pay.Manual}}, []string{"2"}},
		{"in two states", pay.Filter{States: []pay.State{pay.Manual, pay.Open}, AppointmentID: a}, []string{"1", "2"}},
		{"page", pay.Filter{AfterID: "1", Limit: 1}, []string{"2"}},
	} {
		look(t, db, func(tx *store.Tx) error {
			got, err := tx.Payments(t.Context(), c.f)
			if diff := cmp.Diff(paymentIDs(got), c.want); diff != "" {
				t.Errorf("%s (-got +want):\n%s", c.name, diff)
			}
			return err
		})
	}
}

func paymentIDs(list []pay.Payment) []string {
	var ids []string
	for _, p := range list {
		ids = append(ids, p.ID)
	}
	return ids
}
