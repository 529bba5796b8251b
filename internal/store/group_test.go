package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/internal/store/storetest"
)

var errNo = errors.New("no")

func nurse(ctx context.Context, tx *store.Tx, id string) error {
	return tx.SaveStaff(ctx, directory.Staff{ID: id, Login: id})
}

func staffIDs(t *testing.T, db *store.DB) []string {
	t.Helper()
	var out []string
	if err := db.View(t.Context(), func(tx *store.Tx) error {
		list, err := tx.StaffList(t.Context())
		for _, s := range list {
			out = append(out, s.ID)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// grouping starts a transaction, lets others line up behind it, and then lets
// all run: they share one commit.
func grouping(t *testing.T, db *store.DB, members ...func(context.Context) error) []error {
	t.Helper()
	results := make([]error, len(members))
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := db.InTx(t.Context(), func(tx *store.Tx) error {
				<-hold
				return nurse(t.Context(), tx, "first")
			}); err != nil {
				t.Errorf("first: %v", err)
			}
		})
		synctest.Wait()
		for i, f := range members {
			wg.Go(func() { results[i] = f(t.Context()) })
			synctest.Wait() // in line, in this order
		}
		close(hold)
		wg.Wait()
	})
	return results
}

func TestMembersOfAGroupFailAlone(t *testing.T) {
	db := storetest.SQLite(t)
	step := func(id string, result error) func(context.Context) error {
		return func(ctx context.Context) error {
			return db.InTx(ctx, func(tx *store.Tx) error { return errors.Join(nurse(ctx, tx, id), result) })
		}
	}
	results := grouping(t, db, step("kept", nil), step("undone", errNo), func(ctx context.Context) (err error) {
		defer func() { err = fmt.Errorf("recovered %v", recover()) }()
		return db.InTx(ctx, func(tx *store.Tx) error {
			if err := nurse(ctx, tx, "panicked"); err != nil {
				return err
			}
			panic("boom")
		})
	}, step("last", nil))
	if results[0] != nil || !errors.Is(results[1], errNo) || results[2].Error() != "recovered boom" || results[3] != nil {
		t.Errorf("got %v", results)
	}
	if diff := cmp.Diff(staffIDs(t, db), []string{"first", "kept", "last"}); diff != "" {
		t.Errorf("stored (-got +want):\n%s", diff)
	}
}

func TestAMemberSeesWhatTheOneBeforeDid(t *testing.T) {
	db := storetest.SQLite(t)
	results := grouping(t, db, func(ctx context.Context) error {
		return db.InTx(ctx, func(tx *store.Tx) error {
			_, err := tx.Staff(ctx, "first")
			return err
		})
	})
	if results[0] != nil {
		t.Error(results[0])
	}
}

func TestWhoeverGivesUpInLineLeavesTheOthersRunning(t *testing.T) {
	db := storetest.SQLite(t)
	results := grouping(t, db, func(ctx context.Context) error {
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		return db.InTx(ctx, func(tx *store.Tx) error { return nurse(ctx, tx, "gone") })
	}, func(ctx context.Context) error {
		return db.InTx(ctx, func(tx *store.Tx) error { return nurse(ctx, tx, "stayed") })
	})
	if !errors.Is(results[0], context.Canceled) || results[1] != nil {
		t.Errorf("got %v", results)
	}
	if diff := cmp.Diff(staffIDs(t, db), []string{"first", "stayed"}); diff != "" {
		t.Errorf("stored (-got +want):\n%s", diff)
	}
}

// Many writers, some of whom fail or give up at any moment: what was answered
// with success is stored, and nothing else.
func TestManyMembersAreAnsweredTruly(t *testing.T) {
	db := storetest.SQLite(t)
	const writers, rounds = 16, 20
	var mu sync.Mutex
	want := map[string]bool{}
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for r := range rounds {
				id := fmt.Sprintf("%02d-%02d", w, r)
				ctx, cancel := context.WithCancel(t.Context())
				if (w+r)%5 == 0 {
					go cancel()
				}
				err := db.InTx(ctx, func(tx *store.Tx) error {
					err := nurse(ctx, tx, id)
					if (w+r)%3 == 0 {
						return errNo
					}
					return err
				})
				cancel()
				mu.Lock()
				want[id] = err == nil
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	stored := map[string]bool{}
	for _, id := range staffIDs(t, db) {
		stored[id] = true
	}
	for id, kept := range want {
		if stored[id] != kept {
			t.Errorf("%s: stored is %v, answered %v", id, stored[id], kept)
		}
	}
}

// A group is closed when it is full, so that nobody waits for ever for his
// answer under unceasing load.
func TestAGroupIsClosedWhenItIsFull(t *testing.T) {
	db := storetest.SQLite(t)
	seen := 0
	var members []func(context.Context) error
	for i := range 40 {
		members = append(members, func(ctx context.Context) error {
			return db.InTx(ctx, func(tx *store.Tx) error {
				if i == 39 { // the last one looks what is there for everybody
					seen = len(staffIDs(t, db))
				}
				return nurse(ctx, tx, fmt.Sprintf("n%02d", i))
			})
		})
	}
	for i, err := range grouping(t, db, members...) {
		if err != nil {
			t.Errorf("member %d: %v", i, err)
		}
	}
	if seen != 32 {
		t.Errorf("the last member saw %d committed rows, want those of the first full group", seen)
	}
	if got := len(staffIDs(t, db)); got != 41 {
		t.Errorf("stored %d, want 41", got)
	}
}
