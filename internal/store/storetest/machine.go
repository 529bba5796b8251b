package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/store"
)

func machine(id, channel string) auth.Machine {
	return auth.Machine{
		ID: id, Channel: channel, Name: "name of " + id, Scopes: []auth.Scope{auth.ScopeRead, auth.ScopeRosterWrite},
		CreatedAt: Start(), CreatedBy: "manager",
	}
}

func token(id, of string, expires time.Time) auth.Token {
	return auth.Token{ID: id, MachineID: of, Hash: "hash of " + id, Hint: "abcd", CreatedAt: Start(), CreatedBy: "manager", ExpiresAt: expires}
}

func runMachines(t *testing.T, open Opener) {
	t.Helper()
	t.Run("a machine comes back by its token", func(t *testing.T) { machineByToken(t, open(t)) })
	t.Run("tokens end together and none later than before", func(t *testing.T) { tokensExpire(t, open(t)) })
	t.Run("only sessions on which nobody ever stood are dropped", func(t *testing.T) { emptySessionsDropped(t, open(t)) })
	t.Run("where a patient was seen last is kept", func(t *testing.T) { whereaboutsKept(t, open(t)) })
	t.Run("a revoked machine stays revoked as of the first time", func(t *testing.T) { machineRevoked(t, open) })
}

func machineByToken(t *testing.T, db *store.DB) {
	t.Helper()
	m, k := machine("m1", "region"), token("k1", "m1", Start().Add(time.Hour))
	write(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.AddMachine(t.Context(), m), tx.AddToken(t.Context(), k))
	})
	if err := db.InTx(t.Context(), func(tx *store.Tx) error { return tx.AddToken(t.Context(), token("k2", "nobody", Start())) }); err == nil {
		t.Error("a token without a machine was taken")
	}
	twice := k
	twice.ID = "k3"
	if err := db.InTx(t.Context(), func(tx *store.Tx) error { return tx.AddToken(t.Context(), twice) }); err == nil {
		t.Error("a hash was taken twice")
	}
	write(t, db, func(tx *store.Tx) error { return tx.TokenUsed(t.Context(), "k1") })
	k.LastUsedAt = Start()
	look(t, db, func(tx *store.Tx) error {
		gotKey, gotMachine, err := tx.TokenByHash(t.Context(), k.Hash)
		if diff := cmp.Diff([]any{gotKey, gotMachine}, []any{k, m}); diff != "" {
			t.Errorf("got other than stored (-got +want):\n%s", diff)
		}
		_, _, unknown := tx.TokenByHash(t.Context(), "unknown")
		refused(t, unknown, houzhen.CodeNotFound)
		_, unknown = tx.Machine(t.Context(), "m9")
		refused(t, unknown, houzhen.CodeNotFound)
		return err
	})
}

func tokensExpire(t *testing.T, db *store.DB) {
	t.Helper()
	soon, late, limit := Start().Add(time.Minute), Start().Add(time.Hour), Start().Add(10*time.Minute)
	write(t, db, func(tx *store.Tx) error {
		return errors.Join(
			tx.AddMachine(t.Context(), machine("m2", "phone")), tx.AddMachine(t.Context(), machine("m1", "kiosk")),
			tx.AddToken(t.Context(), token("k1", "m1", soon)), tx.AddToken(t.Context(), token("k2", "m1", late)),
			tx.AddToken(t.Context(), token("k3", "m2", late)), tx.ExpireTokens(t.Context(), "m1", limit))
	})
	look(t, db, func(tx *store.Tx) error {
		machines, err := tx.Machines(t.Context())
		tokens, err2 := tx.Tokens(t.Context())
		var ids []string
		for _, m := range machines {
			ids = append(ids, m.ID)
		}
		ends := map[string]time.Time{}
		for _, k := range tokens {
			ends[k.ID] = k.ExpiresAt
		}
		if diff := cmp.Diff([]any{ids, ends}, []any{[]string{"m1", "m2"}, map[string]time.Time{"k1": soon, "k2": limit, "k3": late}}); diff != "" {
			t.Errorf("(-got +want):\n%s", diff)
		}
		return errors.Join(err, err2)
	})
}

func machineRevoked(t *testing.T, open Opener) {
	t.Helper()
	clock := NewClock(Start())
	db := open(t, Now(clock.Now))
	write(t, db, func(tx *store.Tx) error { return tx.AddMachine(t.Context(), machine("m1", "region")) })
	for range 2 {
		write(t, db, func(tx *store.Tx) error {
			refused(t, tx.RevokeMachine(t.Context(), "m9"), houzhen.CodeNotFound)
			return tx.RevokeMachine(t.Context(), "m1")
		})
		clock.Advance(time.Hour)
	}
	look(t, db, func(tx *store.Tx) error {
		m, err := tx.Machine(t.Context(), "m1")
		if !m.RevokedAt.Equal(Start()) {
			t.Errorf("revoked at %v, want %v", m.RevokedAt, Start())
		}
		return err
	})
}

func emptySessionsDropped(t *testing.T, db *store.DB) {
	t.Helper()
	s := addSession(t, db, "s1", "d1", 4)
	addSession(t, db, "s2", "d2", 4)
	gone := book(t, db, with(appointment(s, 1, "p1"), func(a *booking.Appointment) { a.State = booking.Cancelled }))
	write(t, db, func(tx *store.Tx) error {
		refused(t, tx.DropSession(t.Context(), "s1"), houzhen.CodeState)
		return errors.Join(tx.DropSession(t.Context(), "s2"), tx.DropSession(t.Context(), "s9"))
	})
	look(t, db, func(tx *store.Tx) error {
		_, unknown := tx.Session(t.Context(), "s2")
		refused(t, unknown, houzhen.CodeNotFound)
		slots, err := tx.Slots(t.Context(), "s1", "s2")
		_, err2 := tx.Appointment(t.Context(), gone.ID)
		if len(slots) != 4 {
			t.Errorf("got %d slots, want those of the session that stays", len(slots))
		}
		return errors.Join(err, err2)
	})
}

func whereaboutsKept(t *testing.T, db *store.DB) {
	t.Helper()
	for i, place := range []string{"lab", "xray"} {
		want := store.Whereabouts{PatientID: "p1", Place: place, Since: Start(), Until: Start().Add(time.Hour), Version: int64(i + 1)}
		write(t, db, func(tx *store.Tx) error {
			w := want
			w.Version = 0
			got, err := tx.SaveWhereabouts(t.Context(), w)
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			return err
		})
		look(t, db, func(tx *store.Tx) error {
			got, err := tx.Whereabouts(t.Context(), "p1")
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			_, unknown := tx.Whereabouts(t.Context(), "p9")
			refused(t, unknown, houzhen.CodeNotFound)
			return err
		})
	}
}
