package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/store"
)

var _ scs.CtxStore = store.Sessions{}

func signIn(id string) auth.SignIn {
	return auth.SignIn{
		ID: id, Phone: houzhen.NewPhone(plainPhone), CodeHash: "hash", ExpiresAt: Start().Add(5 * time.Minute), CreatedAt: Start(),
	}
}

func runAccess(t *testing.T, open Opener) {
	t.Helper()
	t.Run("a sign-in code is tried, counted and spent once", func(t *testing.T) { signInOnce(t, open(t)) })
	t.Run("codes of a phone are counted since an instant", func(t *testing.T) { signInsCounted(t, open(t)) })
	t.Run("an HTTP session lives until it expires", func(t *testing.T) { webSession(t, open) })
	t.Run("the first answer to a key stays", func(t *testing.T) { replayed(t, open) })
}

func signInOnce(t *testing.T, db *store.DB) {
	t.Helper()
	want := signIn("s1")
	write(t, db, func(tx *store.Tx) error {
		err := tx.AddSignIn(t.Context(), want)
		refused(t, tx.AddSignIn(t.Context(), want), houzhen.CodeConflict)
		return err
	})
	write(t, db, func(tx *store.Tx) error {
		got, err := tx.SignIn(t.Context(), "s1")
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		for i := 1; i <= 2; i++ {
			n, err := tx.SignInFailed(t.Context(), "s1")
			if err != nil || n != i {
				t.Errorf("attempt %d: got %d, %v", i, n, err)
			}
		}
		err = errors.Join(err, tx.SignInUsed(t.Context(), "s1"))
		refused(t, tx.SignInUsed(t.Context(), "s1"), houzhen.CodeBadCode)
		_, unknown := tx.SignInFailed(t.Context(), "s9")
		refused(t, unknown, houzhen.CodeNotFound)
		return err
	})
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.SignIn(t.Context(), "s1")
		if got.Attempts != 2 || got.UsedAt != Start() {
			t.Errorf("got %d attempts, used at %v, want 2 at %v", got.Attempts, got.UsedAt, Start())
		}
		_, unknown := tx.SignIn(t.Context(), "s9")
		refused(t, unknown, houzhen.CodeNotFound)
		return err
	})
}

func signInsCounted(t *testing.T, db *store.DB) {
	t.Helper()
	for i, id := range []string{"s1", "s2", "s3"} {
		s := signIn(id)
		s.CreatedAt = Start().Add(time.Duration(i) * time.Minute)
		if id == "s3" {
			s.Phone = houzhen.NewPhone("13900001111")
		}
		write(t, db, func(tx *store.Tx) error { return tx.AddSignIn(t.Context(), s) })
	}
	count := func(since time.Time, want int) {
		t.Helper()
		look(t, db, func(tx *store.Tx) error {
			n, err := tx.SignInsSince(t.Context(), houzhen.NewPhone(plainPhone), since)
			if n != want {
				t.Errorf("since %v: got %d, want %d", since, n, want)
			}
			return err
		})
	}
	count(Start(), 2)
	count(Start().Add(time.Microsecond), 1)
	if n, err := db.PurgeSignIns(t.Context(), Start().Add(time.Minute)); err != nil || n != 1 {
		t.Errorf("purged %d, %v, want 1", n, err)
	}
	count(Start(), 1)
}

func webSession(t *testing.T, open Opener) {
	t.Helper()
	clock := NewClock(Start())
	db := open(t, Now(clock.Now))
	s := db.Sessions()
	expect := func(token, want string) {
		t.Helper()
		got, found, err := s.FindCtx(t.Context(), token)
		if err != nil || found != (want != "") || string(got) != want {
			t.Errorf("%s: got %q, %v, %v, want %q", token, got, found, err, want)
		}
	}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	expect("one", "")
	check(s.CommitCtx(t.Context(), "one", []byte("first"), Start().Add(time.Hour)))
	check(s.CommitCtx(t.Context(), "two", []byte("second"), Start().Add(time.Hour)))
	check(s.CommitCtx(t.Context(), "one", []byte("changed"), Start().Add(2*time.Hour)))
	expect("one", "changed")
	check(s.DeleteCtx(t.Context(), "nobody"))
	clock.Advance(time.Hour)
	expect("one", "changed")
	expect("two", "")
	if n, err := db.DeleteExpiredSessions(t.Context()); err != nil || n != 1 {
		t.Errorf("deleted %d, %v, want 1", n, err)
	}
	check(s.DeleteCtx(t.Context(), "one"))
	expect("one", "")
}

func replayed(t *testing.T, open Opener) {
	t.Helper()
	clock := NewClock(Start())
	db := open(t, Now(clock.Now))
	expect := func(caller, key, digest string, status int, body string) {
		t.Helper()
		d, s, b, found, err := db.Replay(t.Context(), caller, key)
		if err != nil || d != digest || s != status || string(b) != body || found != (digest != "") {
			t.Errorf("%s %s: got %q, %d, %q, %v, %v", caller, key, d, s, b, found, err)
		}
	}
	keep := func(caller, key, digest string, status int, body string) {
		t.Helper()
		if err := db.SaveReplay(t.Context(), caller, key, digest, status, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	expect("c1", "k", "", 0, "")
	keep("c1", "k", "d1", 201, "made")
	keep("c1", "k", "d2", 409, "late")
	keep("c2", "k", "d3", 204, "")
	expect("c1", "k", "d1", 201, "made")
	expect("c2", "k", "d3", 204, "")
	now := clock.Advance(time.Hour)
	keep("c1", "k2", "d4", 200, "new")
	if n, err := db.PurgeReplays(t.Context(), now); err != nil || n != 2 {
		t.Errorf("purged %d, %v, want 2", n, err)
	}
	expect("c1", "k", "", 0, "")
	expect("c1", "k2", "d4", 200, "new")
}
