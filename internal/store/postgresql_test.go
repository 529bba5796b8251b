package store_test

import (
	"context"
	"sync"
	"testing"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/internal/store/storetest"
)

func addBareSession(t *testing.T, db *store.DB, id string) {
	t.Helper()
	s := booking.Session{ID: id, DoctorID: id, Date: houzhen.Date{Year: 2026, Month: 3, Day: 2}, Part: houzhen.Morning, Version: 1}
	if err := db.InTx(t.Context(), func(tx *store.Tx) error { return tx.AddSession(t.Context(), s, nil) }); err != nil {
		t.Fatal(err)
	}
}

// Two transactions that lock the same rows in opposite order block each other.
// PostgreSQL gives one of them up; it is run again, and both come through.
func TestADeadlockIsTriedAgain(t *testing.T) {
	var told []string
	var mu sync.Mutex
	db := storetest.PostgreSQL(t)
	db.OnCommit(func(_ context.Context, facts []houzhen.Event) {
		mu.Lock()
		defer mu.Unlock()
		for _, f := range facts {
			told = append(told, f.Subject)
		}
	})
	addBareSession(t, db, "s1")
	addBareSession(t, db, "s2")
	var both, done sync.WaitGroup
	both.Add(2)
	runs := [2]int{}
	for i, order := range [2][2]string{{"s1", "s2"}, {"s2", "s1"}} {
		done.Go(func() {
			err := db.InTx(t.Context(), func(tx *store.Tx) error {
				runs[i]++
				if err := tx.Emit(houzhen.Event{Kind: houzhen.SessionOpened, Subject: order[0]}); err != nil {
					return err
				}
				if _, err := tx.LockSession(t.Context(), order[0]); err != nil {
					return err
				}
				if runs[i] == 1 {
					both.Done()
					both.Wait() // each holds what the other wants next
				}
				_, err := tx.LockSession(t.Context(), order[1])
				return err
			})
			if err != nil {
				t.Errorf("transaction %d: %v", i, err)
			}
		})
	}
	done.Wait()
	if runs[0]+runs[1] != 3 {
		t.Errorf("ran %v times, want one of them twice", runs)
	}
	if len(told) != 2 {
		t.Errorf("told %v, want each fact once", told)
	}
}

func TestAClaimPassesOverWhatIsBeingClaimed(t *testing.T) {
	db := storetest.PostgreSQL(t)
	if err := db.InTx(t.Context(), func(tx *store.Tx) error {
		for _, id := range []string{"f1", "f2"} {
			if err := tx.Emit(houzhen.Event{ID: id, Kind: houzhen.SessionOpened}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	claim := func(tx *store.Tx, want int, ids ...string) {
		t.Helper()
		facts, err := tx.ClaimFacts(t.Context(), ids)
		if err != nil || len(facts) != want {
			t.Errorf("claimed %d of %v, %v, want %d", len(facts), ids, err, want)
		}
	}
	err := db.InTx(t.Context(), func(one *store.Tx) error {
		claim(one, 1, "f1")
		return db.InTx(t.Context(), func(other *store.Tx) error { // on another connection
			claim(other, 1, "f1", "f2")
			return nil
		})
	})
	if err != nil {
		t.Error(err)
	}
}

func TestACancelledStatementDoesNotSpoilThePool(t *testing.T) {
	db := storetest.PostgreSQL(t, storetest.Conns(2))
	addBareSession(t, db, "s1")
	err := db.InTx(t.Context(), func(one *store.Tx) error {
		if _, err := one.LockSession(t.Context(), "s1"); err != nil {
			return err
		}
		for range 5 { // each waits for the lock until it is cancelled
			ctx, cancel := context.WithCancel(t.Context())
			waiting := make(chan error)
			go func() {
				waiting <- db.InTx(ctx, func(tx *store.Tx) error {
					cancel()
					_, err := tx.LockSession(ctx, "s1")
					return err
				})
			}()
			if err := <-waiting; err == nil {
				t.Error("a cancelled transaction committed")
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	for range 4 {
		if err := db.Ping(t.Context()); err != nil {
			t.Errorf("ping: %v", err)
		}
	}
}
