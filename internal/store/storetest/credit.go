package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/credit"
	"github.com/houzhen/houzhen/internal/store"
)

func runCredit(t *testing.T, open Opener) {
	t.Helper()
	t.Run("versions of the rules are kept", func(t *testing.T) { creditRules(t, open(t)) })
	t.Run("an appointment has one mark of a cause", func(t *testing.T) { creditMarks(t, open(t)) })
	t.Run("times that excuse are found where they overlap", func(t *testing.T) { creditShields(t, open(t)) })
	t.Run("attempts to check in are kept", func(t *testing.T) {
		db := open(t)
		a := credit.Attempt{AppointmentID: "a1", At: Start(), Code: "not_today"}
		for range 2 {
			write(t, db, func(tx *store.Tx) error { return tx.AddAttempt(t.Context(), a) })
		}
		look(t, db, func(tx *store.Tx) error {
			got, err := tx.Attempts(t.Context(), "a1")
			if diff := cmp.Diff(got, []credit.Attempt{a}); diff != "" {
				t.Errorf("(-got +want):\n%s", diff)
			}
			return err
		})
	})
	t.Run("a mark has one appeal", func(t *testing.T) { creditAppeals(t, open(t)) })
}

func creditRules(t *testing.T, db *store.DB) {
	t.Helper()
	first := credit.DefaultRules()
	first.ID, first.Version, first.PublishedAt, first.ValidFrom, first.PublishedBy = "r1", 1, Start(), Start().Add(time.Hour), "m1"
	second := first
	second.ID, second.Version, second.AppealDays, second.Rules = "r2", 2, 14, append(first.Rules[:1:1], credit.Rule{
		Key: "late", Counts: []credit.Cause{credit.LateCancel, credit.HoldExpired}, Window: credit.Window{Kind: credit.Month}, Threshold: 4,
		Penalty: credit.Penalty{Kind: credit.RestOfWindow}, Scope: credit.Platform, Effect: credit.OnlineOnly,
	})
	write(t, db, func(tx *store.Tx) error { return tx.AddRuleSet(t.Context(), second) })
	write(t, db, func(tx *store.Tx) error {
		refused(t, tx.AddRuleSet(t.Context(), second), houzhen.CodeConflict)
		return tx.AddRuleSet(t.Context(), first)
	})
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.RuleSets(t.Context())
		if diff := cmp.Diff(got, []credit.RuleSet{first, second}); diff != "" {
			t.Errorf("(-got +want):\n%s", diff)
		}
		return err
	})
	early := first
	early.ID, early.Version, early.ValidFrom = "r3", 3, first.PublishedAt
	if err := db.InTx(t.Context(), func(tx *store.Tx) error { return tx.AddRuleSet(t.Context(), early) }); err == nil {
		t.Error("rules that took effect when they were published were kept")
	}
}

func creditMark(id, patient, appointment string, after time.Duration) credit.Mark {
	return credit.Mark{
		ID: id, PatientID: patient, AppointmentID: appointment, Cause: credit.NoShow, At: Start().Add(after), Day: today(),
		State: credit.Counted, RuleSet: 1, Version: 1,
	}
}

func creditMarks(t *testing.T, db *store.DB) {
	t.Helper()
	a, b, c := creditMark("m1", "p1", "a1", time.Hour), creditMark("m2", "p1", "a2", 0), creditMark("m3", "p2", "a3", 2*time.Hour)
	late := creditMark("m4", "p1", "a1", 3*time.Hour)
	late.Cause, late.State, late.Why = credit.LateCancel, credit.Exempt, credit.WhySuspended
	write(t, db, func(tx *store.Tx) error {
		for _, m := range []credit.Mark{a, b, c, late} {
			if added, err := tx.AddMark(t.Context(), m); err != nil || !added {
				t.Errorf("%s: added %v, %v", m.ID, added, err)
			}
		}
		again := a
		again.ID = "m9"
		added, err := tx.AddMark(t.Context(), again)
		if added {
			t.Error("the same appointment was marked twice for one cause")
		}
		return err
	})
	lifted := a
	write(t, db, func(tx *store.Tx) error {
		lifted.State, lifted.Why = credit.Lifted, credit.WhyAppeal
		if err := tx.UpdateMark(t.Context(), &lifted); err != nil {
			return err
		}
		stale := a
		refused(t, tx.UpdateMark(t.Context(), &stale), houzhen.CodeConflict)
		return nil
	})
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.MarksOf(t.Context(), "p1", "p9")
		if diff := cmp.Diff(got, []credit.Mark{b, lifted, late}); diff != "" || err != nil {
			t.Errorf("of p1: %v (-got +want):\n%s", err, diff)
		}
		if got, err = tx.MarksSince(t.Context(), Start().Add(time.Hour)); cmp.Diff(got, []credit.Mark{lifted, c, late}) != "" || err != nil {
			t.Errorf("since: got %v, %v", got, err)
		}
		one, err := tx.Mark(t.Context(), "m1")
		if diff := cmp.Diff(one, lifted); diff != "" || err != nil {
			t.Errorf("one: %v (-got +want):\n%s", err, diff)
		}
		_, err = tx.Mark(t.Context(), "none")
		refused(t, err, houzhen.CodeNotFound)
		return nil
	})
}

func creditShields(t *testing.T, db *store.DB) {
	t.Helper()
	s := credit.Shield{ID: "s1", Kind: credit.WhyFault, From: Start(), To: Start().Add(time.Hour), Note: "power cut", By: "m1"}
	write(t, db, func(tx *store.Tx) error { return tx.AddShield(t.Context(), s) })
	for _, c := range []struct {
		from, to time.Duration
		want     int
	}{
		{-time.Hour, 0, 0},
		{-time.Hour, time.Microsecond, 1},
		{30 * time.Minute, 2 * time.Hour, 1},
		{time.Hour, 2 * time.Hour, 0},
	} {
		look(t, db, func(tx *store.Tx) error {
			got, err := tx.Shields(t.Context(), Start().Add(c.from), Start().Add(c.to))
			if len(got) != c.want || c.want == 1 && got[0] != s {
				t.Errorf("from %v to %v: got %v, want %d", c.from, c.to, got, c.want)
			}
			return err
		})
	}
}

func creditAppeals(t *testing.T, db *store.DB) {
	t.Helper()
	appeal := func(id, mark string, due time.Duration) credit.Appeal {
		return credit.Appeal{
			ID: id, MarkID: mark, PatientID: "p1", Words: "the bus broke down", State: credit.Open, AskedAt: Start(), DueAt: Start().Add(due), Version: 1,
			Evidence: []credit.Evidence{{At: Start(), Code: "booked", Args: map[string]string{"channel": "app"}}},
		}
	}
	x, y := appeal("x", "m1", 2*time.Hour), appeal("y", "m2", time.Hour)
	write(t, db, func(tx *store.Tx) error {
		for i, id := range []string{"m1", "m2"} {
			if _, err := tx.AddMark(t.Context(), creditMark(id, "p1", "a"+string(rune('1'+i)), 0)); err != nil {
				return err
			}
		}
		if err := tx.AddAppeal(t.Context(), x); err != nil {
			return err
		}
		refused(t, tx.AddAppeal(t.Context(), appeal("z", "m1", 0)), houzhen.CodeAppealed)
		return tx.AddAppeal(t.Context(), y)
	})
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.AppealsOpen(t.Context(), 10)
		if diff := cmp.Diff(got, []credit.Appeal{y, x}); diff != "" {
			t.Errorf("open, by when they are due (-got +want):\n%s", diff)
		}
		return err
	})
	write(t, db, func(tx *store.Tx) error {
		stale := y
		y.State, y.DecidedAt, y.DecidedBy, y.Note = credit.Refused, Start().Add(time.Minute), "m1", "you were seen in town"
		if err := tx.UpdateAppeal(t.Context(), &y); err != nil {
			return err
		}
		refused(t, tx.UpdateAppeal(t.Context(), &stale), houzhen.CodeConflict)
		return nil
	})
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.Appeal(t.Context(), "y")
		if diff := cmp.Diff(got, y); diff != "" || err != nil {
			t.Errorf("%v (-got +want):\n%s", err, diff)
		}
		open, err := tx.AppealsOpen(t.Context(), 10)
		if len(open) != 1 || open[0].ID != "x" {
			t.Errorf("open: got %v", open)
		}
		of, _ := tx.AppealsOf(t.Context(), "p1")
		if len(of) != 2 {
			t.Errorf("of p1: got %v", of)
		}
		return err
	})
}
