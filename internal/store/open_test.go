package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/internal/store/storetest"
)

func options(t *testing.T) store.Options {
	t.Helper()
	return store.Options{Now: storetest.Start, NewID: storetest.Counter("id"), Ring: storetest.Ring(t)}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	for address, want := range map[string]string{
		"":                                       "must begin with",
		"mysql://localhost/x":                    "must begin with",
		"sqlite:":                                "path of a file",
		"sqlite::memory:":                        "path of a file",
		"sqlite:/nowhere/at/all/houzhen.db":      "no such file",
		"postgres://u:hidden@127.0.0.1:1/x%zz":   "cannot be read",
		"postgres://u:hidden@127.0.0.1:1/x":      "connect to PostgreSQL",
		"postgres://u:hidden@127.0.0.1:port/abc": "cannot be read",
	} {
		db, err := store.Open(t.Context(), address, options(t))
		if err == nil {
			_ = db.Close()
			t.Errorf("%q was opened", address)
			continue
		}
		if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%q: got %q, want it to say %q and no password", address, err, want)
		}
	}
}

func TestOpenNeedsClockIDsAndRing(t *testing.T) {
	for name, spoil := range map[string]func(*store.Options){
		"clock": func(o *store.Options) { o.Now = nil },
		"ids":   func(o *store.Options) { o.NewID = nil },
		"ring":  func(o *store.Options) { o.Ring = nil },
	} {
		o := options(t)
		spoil(&o)
		if _, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "x.db"), o); err == nil {
			t.Errorf("opened without %s", name)
		}
	}
}

func TestSQLiteFilesAreTheirOwnersAlone(t *testing.T) {
	var address string
	db := storetest.SQLite(t, storetest.Address(&address))
	if err := db.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(strings.TrimPrefix(address, "sqlite:") + "*")
	if err != nil || len(files) < 2 {
		t.Fatalf("found %v, %v, want the database and its log", files, err)
	}
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v, want 0600", filepath.Base(name), info.Mode().Perm(), err)
		}
	}
}

func TestSQLiteKeepsWhatWasCommittedAcrossOpenings(t *testing.T) {
	var address string
	db := storetest.SQLite(t, storetest.Address(&address))
	if err := db.InTx(t.Context(), func(tx *store.Tx) error {
		return tx.SaveStaff(t.Context(), directory.Staff{ID: "n1", Login: "nurse"})
	}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Close(), db.Close()); err != nil {
		t.Fatalf("close twice: %v", err)
	}
	if err := db.Ping(t.Context()); err == nil {
		t.Error("a closed store answered")
	}
	if err := db.InTx(t.Context(), func(*store.Tx) error { return nil }); err == nil {
		t.Error("a closed store began a transaction")
	}
	again := storetest.Open(t, address)
	if err := again.View(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Staff(t.Context(), "n1")
		return err
	}); err != nil {
		t.Errorf("after opening again: %v", err)
	}
}

func TestASecondProcessWaitsForTheFirst(t *testing.T) {
	var address string
	db := storetest.SQLite(t, storetest.Address(&address))
	other := storetest.Open(t, address)
	inside, done := make(chan struct{}), make(chan error)
	go func() {
		done <- db.InTx(context.WithoutCancel(t.Context()), func(tx *store.Tx) error {
			close(inside)
			return tx.SaveStaff(t.Context(), directory.Staff{ID: "n1", Login: "first"})
		})
	}()
	<-inside
	err := other.InTx(t.Context(), func(tx *store.Tx) error {
		s, err := tx.Staff(t.Context(), "n1")
		s.Login += " and second"
		return errors.Join(err, tx.SaveStaff(t.Context(), s))
	})
	if err := errors.Join(<-done, err); err != nil {
		t.Fatal(err)
	}
	if err := db.View(t.Context(), func(tx *store.Tx) error {
		_, err := tx.StaffByLogin(t.Context(), "first and second")
		return err
	}); err != nil {
		t.Error(err)
	}
}
