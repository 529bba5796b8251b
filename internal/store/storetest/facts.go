package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/store"
)

func emitAll(tb testing.TB, db *store.DB, events ...houzhen.Event) {
	tb.Helper()
	write(tb, db, func(tx *store.Tx) error {
		for _, e := range events {
			if err := tx.Emit(e); err != nil {
				return err
			}
		}
		return nil
	})
}

func runFacts(t *testing.T, open Opener) {
	t.Helper()
	t.Run("facts come back whole and in the order they were written", func(t *testing.T) {
		db := open(t)
		want := []houzhen.Event{
			{ID: "z", Kind: houzhen.AppointmentBooked, Subject: "a1", Version: 3, Session: "s1", At: Start().Add(time.Hour), Data: json.RawMessage(`{"slot":4}`)},
			{ID: "a", Kind: houzhen.TicketCalled, Subject: "t1", Version: 1, At: Start()},
		}
		emitAll(t, db, want[0])
		emitAll(t, db, want[1])
		emitAll(t, db, houzhen.Event{Kind: houzhen.SessionClosed})
		look(t, db, func(tx *store.Tx) error {
			got, last, err := tx.FactsAfter(t.Context(), 0, 2)
			if diff := cmp.Diff(got, want); diff != "" {
				t.Errorf("first page (-got +want):\n%s", diff)
			}
			rest, end, err2 := tx.FactsAfter(t.Context(), last, 2)
			if len(rest) != 1 || rest[0].ID == "" || rest[0].At != Start() || end <= last {
				t.Errorf("second page: got %+v ending at %d after %d, want one with an id, at the transaction's instant", rest, end, last)
			}
			none, end2, err3 := tx.FactsAfter(t.Context(), end, 2)
			if len(none) != 0 || end2 != end {
				t.Errorf("after the last: got %v ending at %d, want none at %d", none, end2, end)
			}
			return errors.Join(err, err2, err3)
		})
	})
	t.Run("facts are told after the commit and never after a rollback", func(t *testing.T) { toldAfterCommit(t, open(t)) })
	t.Run("pending ones are found by urgency until they are handled", func(t *testing.T) { pendingUntilHandled(t, open(t)) })
	t.Run("two hundred facts are claimed and handled at once", func(t *testing.T) { manyFacts(t, open(t)) })
	t.Run("a claim keeps others off until it ends", func(t *testing.T) { claimsAreExclusive(t, open(t)) })
	t.Run("a tick is first once", func(t *testing.T) { tickOnce(t, open(t)) })
}

func toldAfterCommit(t *testing.T, db *store.DB) {
	t.Helper()
	var told []houzhen.Event
	db.OnCommit(func(ctx context.Context, facts []houzhen.Event) {
		if ctx.Err() != nil {
			t.Error("told with a cancelled context")
		}
		for _, f := range facts { // the row is there for everybody by now
			err := db.View(ctx, func(tx *store.Tx) error {
				got, err := tx.PendingFacts(ctx, houzhen.UrgencyOf(f.Kind), Start(), 10)
				if diff := cmp.Diff(got, []string{f.ID}); diff != "" {
					t.Errorf("pending when told (-got +want):\n%s", diff)
				}
				return err
			})
			if err != nil {
				t.Errorf("look when told: %v", err)
			}
		}
		told = append(told, facts...)
	})
	err := db.InTx(t.Context(), func(tx *store.Tx) error {
		return errors.Join(tx.Emit(houzhen.Event{ID: "undone", Kind: houzhen.TicketCalled}), errStop)
	})
	if !errors.Is(err, errStop) || len(told) > 0 {
		t.Fatalf("after a rollback: got %v, told %v", err, told)
	}
	write(t, db, func(tx *store.Tx) error {
		err := tx.Emit(houzhen.Event{ID: "done", Kind: houzhen.TicketCalled})
		if len(told) > 0 {
			t.Error("told before the commit")
		}
		return err
	})
	write(t, db, func(*store.Tx) error { return nil })
	if diff := cmp.Diff(told, []houzhen.Event{{ID: "done", Kind: houzhen.TicketCalled, At: Start()}}); diff != "" {
		t.Errorf("told (-got +want):\n%s", diff)
	}
}

func pending(tb testing.TB, db *store.DB, u houzhen.Urgency, now time.Time) []string {
	tb.Helper()
	var ids []string
	look(tb, db, func(tx *store.Tx) (err error) {
		ids, err = tx.PendingFacts(tb.Context(), u, now, 10)
		return err
	})
	return ids
}

func pendingUntilHandled(t *testing.T, db *store.DB) {
	t.Helper()
	emitAll(
		t, db,
		houzhen.Event{ID: "c", Kind: houzhen.TicketCalled}, houzhen.Event{ID: "s2", Kind: houzhen.AppointmentBooked},
		houzhen.Event{ID: "s1", Kind: houzhen.AppointmentMoved}, houzhen.Event{ID: "r", Kind: houzhen.SessionClosed},
	)
	later := Start().Add(time.Minute)
	check := func(what string, u houzhen.Urgency, now time.Time, want ...string) {
		t.Helper()
		if diff := cmp.Diff(pending(t, db, u, now), want); diff != "" {
			t.Errorf("%s (-got +want):\n%s", what, diff)
		}
	}
	check("critical", houzhen.Critical, Start(), "c")
	check("soon, oldest first", houzhen.Soon, Start(), "s2", "s1")
	check("routine", houzhen.Routine, Start(), "r")
	check("before its time", houzhen.Routine, Start().Add(-time.Second))
	write(t, db, func(tx *store.Tx) error { return tx.FactFailed(t.Context(), "s2", "unavailable", later) })
	check("after a failure", houzhen.Soon, Start(), "s1")
	check("when it may be tried again", houzhen.Soon, later, "s2", "s1")
	write(t, db, func(tx *store.Tx) error { return tx.FactsHandled(t.Context(), []string{"s1", "unheard of"}) })
	check("after one was handled", houzhen.Soon, later, "s2")
	refused(t, db.InTx(t.Context(), func(tx *store.Tx) error {
		return tx.FactFailed(t.Context(), "s1", "internal", later)
	}), houzhen.CodeNotFound)
}

func manyFacts(t *testing.T, db *store.DB) {
	t.Helper()
	var events []houzhen.Event
	var ids []string
	for i := range 200 {
		id := fmt.Sprintf("f%03d", i)
		events = append(events, houzhen.Event{ID: id, Kind: houzhen.AppointmentBooked})
		ids = append(ids, id)
	}
	emitAll(t, db, events...)
	write(t, db, func(tx *store.Tx) error {
		backwards := slices.Clone(ids)
		slices.Reverse(backwards)
		got, err := tx.ClaimFacts(t.Context(), backwards)
		for i, f := range got {
			if f.ID != ids[i] {
				t.Fatalf("claim %d: got %s, want %s", i, f.ID, ids[i])
			}
		}
		if len(got) != len(ids) {
			t.Errorf("claimed %d, want %d", len(got), len(ids))
		}
		return errors.Join(err, tx.FactsHandled(t.Context(), ids[:199]))
	})
	write(t, db, func(tx *store.Tx) error {
		got, err := tx.ClaimFacts(t.Context(), ids)
		if len(got) != 1 || got[0].ID != ids[199] {
			t.Errorf("claimed again %d facts, want the last one only", len(got))
		}
		return err
	})
}

func claimsAreExclusive(t *testing.T, db *store.DB) {
	t.Helper()
	emitAll(t, db, houzhen.Event{ID: "f1", Kind: houzhen.AppointmentBooked}, houzhen.Event{ID: "f2", Kind: houzhen.AppointmentBooked})
	// Many claim at once; each fact is handled by exactly one of them.
	const claimers = 8
	results := make(chan int, claimers)
	for range claimers {
		go func() {
			n := 0
			err := db.InTx(t.Context(), func(tx *store.Tx) error {
				facts, err := tx.ClaimFacts(t.Context(), []string{"f1", "f2"})
				n = len(facts)
				return errors.Join(err, tx.FactsHandled(t.Context(), []string{"f1", "f2"}))
			})
			if err != nil {
				t.Errorf("claim: %v", err)
			}
			results <- n
		}()
	}
	total := 0
	for range claimers {
		total += <-results
	}
	if total != 2 {
		t.Errorf("claimed %d facts in all, want 2", total)
	}
}

func tickOnce(t *testing.T, db *store.DB) {
	t.Helper()
	tick := func(schedule string, at time.Time) (first bool) {
		write(t, db, func(tx *store.Tx) (err error) {
			first, err = tx.Tick(t.Context(), schedule, at)
			return err
		})
		return first
	}
	for _, c := range []struct {
		schedule string
		at       time.Time
		want     bool
	}{
		{"open", Start(), true},
		{"open", Start(), false},
		{"close", Start(), true},
		{"open", Start().Add(time.Hour), true},
		{"open", Start().Add(time.Minute), true},
	} {
		if got := tick(c.schedule, c.at); got != c.want {
			t.Errorf("%s at %v: first is %v, want %v", c.schedule, c.at, got, c.want)
		}
	}
	look(t, db, func(tx *store.Tx) error {
		last, err := tx.LastTick(t.Context(), "open")
		if want := Start().Add(time.Hour); last != want {
			t.Errorf("last tick: got %v, want %v", last, want)
		}
		never, err2 := tx.LastTick(t.Context(), "never")
		if !never.IsZero() {
			t.Errorf("last tick of an unknown schedule: got %v, want zero", never)
		}
		return errors.Join(err, err2)
	})
}
