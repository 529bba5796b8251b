package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/store"
)

var errStop = errors.New("stop")

func runTx(t *testing.T, open Opener) {
	t.Helper()
	t.Run("what fails leaves nothing", func(t *testing.T) { failureLeavesNothing(t, open) })
	t.Run("now stands still, in UTC and microseconds", func(t *testing.T) {
		clock := NewClock(Start().In(time.FixedZone("elsewhere", 3600)).Add(1234567 * time.Nanosecond))
		db := open(t, Now(clock.Now))
		write(t, db, func(tx *store.Tx) error {
			clock.Advance(time.Hour)
			if got, want := tx.Now(), Start().Add(1234*time.Microsecond); got != want {
				t.Errorf("got %v, want %v", got, want)
			}
			return nil
		})
	})
	t.Run("a view neither writes nor emits", func(t *testing.T) {
		db := open(t)
		for name, f := range map[string]func(*store.Tx) error{
			"write": func(tx *store.Tx) error { return tx.SaveStaff(t.Context(), directory.Staff{ID: "n1", Login: "nurse"}) },
			"emit":  func(tx *store.Tx) error { return tx.Emit(houzhen.Event{Kind: houzhen.QueuePaused}) },
		} {
			if err := db.View(t.Context(), f); err == nil {
				t.Errorf("%s in a view was taken", name)
			}
		}
		noStaff(t, db, "n1")
	})
	t.Run("a glance gives its connection back", func(t *testing.T) { glanceGivesBack(t, open(t)) })
	t.Run("a view sees one state", func(t *testing.T) { viewSeesOneState(t, open(t)) })
	t.Run("a savepoint undoes its own part only", func(t *testing.T) { savepointUndoesItsPart(t, open(t)) })
	t.Run("writers of one row wait for one another", func(t *testing.T) { writersWait(t, open(t)) })
}

// glanceGivesBack looks more often than there are connections, and finds
// something, nothing, and the end of its caller's patience.
func glanceGivesBack(t *testing.T, db *store.DB) {
	t.Helper()
	addSession(t, db, "s1", "d1", 1)
	gone, leave := context.WithCancel(t.Context())
	leave()
	for range 40 {
		for id, want := range map[string]houzhen.Code{"s1": "", "nothing": houzhen.CodeNotFound} {
			err := db.Glance(t.Context(), func(tx *store.Tx) error {
				_, err := tx.Session(t.Context(), id)
				return err
			})
			if houzhen.CodeOf(err) != want {
				t.Fatalf("%s: got %v", id, err)
			}
		}
		if err := db.Glance(gone, func(tx *store.Tx) error {
			_, err := tx.Session(gone, "s1")
			return err
		}); err == nil {
			t.Fatal("a caller who has gone was answered")
		}
	}
	if err := db.Glance(t.Context(), func(tx *store.Tx) error { return tx.Emit(houzhen.Event{Kind: houzhen.SessionOpened}) }); err == nil {
		t.Error("a glance told a fact")
	}
}

func failureLeavesNothing(t *testing.T, open Opener) {
	t.Helper()
	t.Run("an error undoes everything", func(t *testing.T) {
		db := open(t)
		err := db.InTx(t.Context(), func(tx *store.Tx) error {
			return errors.Join(tx.SaveStaff(t.Context(), directory.Staff{ID: "n1", Login: "nurse"}), errStop)
		})
		if !errors.Is(err, errStop) {
			t.Fatalf("got %v, want the error of the function", err)
		}
		noStaff(t, db, "n1")
	})
	t.Run("a panic undoes everything and leaves the store usable", func(t *testing.T) {
		db := open(t)
		func() {
			defer func() {
				if p := recover(); p != "boom" {
					t.Errorf("recovered %v, want the panic of the function", p)
				}
			}()
			_ = db.InTx(t.Context(), func(tx *store.Tx) error {
				if err := tx.SaveStaff(t.Context(), directory.Staff{ID: "n1", Login: "nurse"}); err != nil {
					t.Error(err)
				}
				panic("boom")
			})
		}()
		noStaff(t, db, "n1")
		write(t, db, func(tx *store.Tx) error { return tx.SaveStaff(t.Context(), directory.Staff{ID: "n1", Login: "nurse"}) })
	})
	t.Run("a cancelled caller commits nothing", func(t *testing.T) {
		db := open(t)
		ctx, cancel := context.WithCancel(t.Context())
		err := db.InTx(ctx, func(tx *store.Tx) error {
			err := tx.SaveStaff(ctx, directory.Staff{ID: "n1", Login: "nurse"})
			cancel()
			return err
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
		noStaff(t, db, "n1")
	})
}

func noStaff(t *testing.T, db *store.DB, id string) {
	t.Helper()
	refused(t, db.View(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Staff(t.Context(), id)
		return err
	}), houzhen.CodeNotFound)
}

func viewSeesOneState(t *testing.T, db *store.DB) {
	t.Helper()
	look(t, db, func(tx *store.Tx) error {
		before, err := tx.StaffList(t.Context())
		if err != nil {
			return err
		}
		write(t, db, func(tx *store.Tx) error { return tx.SaveStaff(t.Context(), directory.Staff{ID: "n1", Login: "nurse"}) })
		after, err := tx.StaffList(t.Context())
		if diff := cmp.Diff(after, before); diff != "" {
			t.Errorf("the view changed (-got +want):\n%s", diff)
		}
		return err
	})
}

func savepointUndoesItsPart(t *testing.T, db *store.DB) {
	t.Helper()
	var told []string
	db.OnCommit(func(_ context.Context, facts []houzhen.Event) {
		for _, f := range facts {
			told = append(told, f.Subject)
		}
	})
	write(t, db, func(tx *store.Tx) error {
		part := func(name string, result error) error {
			return tx.Savepoint(t.Context(), func() error {
				return errors.Join(
					tx.SaveStaff(t.Context(), directory.Staff{ID: name, Login: name}),
					tx.Emit(houzhen.Event{Kind: houzhen.SessionOpened, Subject: name}),
					tx.Savepoint(t.Context(), func() error { return tx.Emit(houzhen.Event{Kind: houzhen.SessionOpened, Subject: name + " inner"}) }),
					result)
			})
		}
		if err := part("kept", nil); err != nil {
			return err
		}
		if err := part("undone", errStop); !errors.Is(err, errStop) {
			t.Errorf("got %v, want the error of the part", err)
		}
		return part("after", nil)
	})
	noStaff(t, db, "undone")
	if diff := cmp.Diff(told, []string{"kept", "kept inner", "after", "after inner"}); diff != "" {
		t.Errorf("facts told (-got +want):\n%s", diff)
	}
	look(t, db, func(tx *store.Tx) error {
		for _, id := range []string{"kept", "after"} {
			if _, err := tx.Staff(t.Context(), id); err != nil {
				t.Errorf("%s: %v", id, err)
			}
		}
		return nil
	})
}

// writersWait raises a counter in read-then-write steps under the session's
// lock: none may be lost.
func writersWait(t *testing.T, db *store.DB) {
	t.Helper()
	addSession(t, db, "s1", "d1", 1)
	const writers, rounds = 6, 5
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range rounds {
				err := db.InTx(t.Context(), func(tx *store.Tx) error {
					s, err := tx.LockSession(t.Context(), "s1")
					if err != nil {
						return err
					}
					s.SliceCapacity++
					return tx.UpdateSession(t.Context(), s)
				})
				if err != nil {
					t.Errorf("raise: %v", err)
				}
			}
		})
	}
	wg.Wait()
	look(t, db, func(tx *store.Tx) error {
		s, err := tx.Session(t.Context(), "s1")
		if got, want := s.SliceCapacity, 2+writers*rounds; got != want {
			t.Errorf("got %d, want %d", got, want)
		}
		if got, want := s.Version, int64(1+writers*rounds); got != want {
			t.Errorf("version: got %d, want %d", got, want)
		}
		return err
	})
}
