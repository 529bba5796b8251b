package storetest

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/notify"
)

func runChannels(t *testing.T, open Opener) {
	t.Helper()
	t.Run("a contact comes back, changed and dropped", func(t *testing.T) { contactKept(t, open(t)) })
	t.Run("one tap is one consent, whoever asks at once", func(t *testing.T) { consentsSpent(t, open(t)) })
	t.Run("a consent told twice counts once", func(t *testing.T) { consentsTold(t, open(t)) })
	t.Run("a message on the page is there once and read once", func(t *testing.T) { inboxKept(t, open(t)) })
	t.Run("a provider's id leads to one message or none", func(t *testing.T) { providerKnown(t, open(t)) })
}

func contactKept(t *testing.T, db *store.DB) {
	t.Helper()
	write(t, db, func(tx *store.Tx) error { return tx.AddPatient(t.Context(), patient()) })
	c := store.Contact{PatientID: "p1", Channel: notify.WeChat, Address: "o-1", At: Start(), By: "machine"}
	mail := store.Contact{PatientID: "p1", Channel: notify.Email, Address: "a@b.example", At: Start(), By: "account"}
	expect := func(want ...store.Contact) {
		t.Helper()
		look(t, db, func(tx *store.Tx) error {
			got, err := tx.Contacts(t.Context(), "p1", "nobody")
			if diff := cmp.Diff(got["p1"], want); diff != "" || len(got["nobody"]) != 0 {
				t.Error(diff)
			}
			return err
		})
	}
	write(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.SaveContact(t.Context(), c), tx.SaveContact(t.Context(), mail))
	})
	expect(mail, c)
	c.Address, c.At = "o-2", Start().Add(time.Hour)
	mail.Address = ""
	write(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.SaveContact(t.Context(), c), tx.SaveContact(t.Context(), mail))
	})
	expect(c)
}

func consentsSpent(t *testing.T, db *store.DB) {
	t.Helper()
	w, ctx := db.WeChat(), t.Context()
	for n := range 3 {
		if err := w.Grant(ctx, "o-1", "T", Start().Add(time.Duration(n)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	var spent atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			ok, err := w.Spend(ctx, "o-1", "T", false)
			if err != nil {
				t.Error(err)
			}
			if ok {
				spent.Add(1)
			}
		})
	}
	wg.Wait()
	if spent.Load() != 3 {
		t.Errorf("%d spent of 3", spent.Load())
	}
	spend := func(openID, template string, lasting, want bool) {
		t.Helper()
		if ok, err := w.Spend(ctx, openID, template, lasting); ok != want || err != nil {
			t.Errorf("%s, %s: spent %v, %v, want %v", openID, template, ok, err, want)
		}
	}
	if err := w.Return(ctx, "o-1", "T"); err != nil {
		t.Fatal(err)
	}
	spend("o-1", "other", false, false)
	spend("o-2", "T", false, false)
	spend("o-1", "T", true, true)
	spend("o-1", "T", true, true)
	spend("o-1", "T", false, true)
	spend("o-1", "T", true, false)
}

func consentsTold(t *testing.T, db *store.DB) {
	t.Helper()
	w, ctx := db.WeChat(), t.Context()
	left := func() (n int) {
		t.Helper()
		for {
			ok, err := w.Spend(ctx, "o-1", "T", false)
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				return n
			}
			n++
		}
	}
	grant := func(at ...int) {
		t.Helper()
		for _, s := range at {
			if err := w.Grant(ctx, "o-1", "T", Start().Add(time.Duration(s)*time.Second)); err != nil {
				t.Fatal(err)
			}
		}
	}
	grant(1, 1, 2, 1)
	if n := left(); n != 2 {
		t.Errorf("%d consents of two taps told four times", n)
	}
	grant(3)
	if err := w.Clear(ctx, "o-1", "T"); err != nil {
		t.Fatal(err)
	}
	grant(3, 2)
	if n := left(); n != 0 {
		t.Errorf("%d consents after all were taken back and an old one told again", n)
	}
}

func inboxKept(t *testing.T, db *store.DB) {
	t.Helper()
	item := notify.InboxItem{ID: "hz-1", PatientID: "p1", Kind: notify.KindBooked, Subject: "a1", Title: "Booked", Text: "Z*** booked", Link: "/a/1", At: Start()}
	other := item
	other.ID, other.At = "hz-2", Start().Add(time.Minute)
	strange := item
	strange.ID, strange.PatientID = "hz-3", "p2"
	again := item
	again.Text = "another"
	for _, n := range []notify.InboxItem{item, other, strange, again} {
		if err := db.Inbox().KeepItem(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []bool{true, false} {
		write(t, db, func(tx *store.Tx) error {
			first, err := tx.ReadItem(t.Context(), "hz-1", Start().Add(time.Hour))
			if first != want {
				t.Errorf("read for the first time: %v, want %v", first, want)
			}
			return err
		})
	}
	item.ReadAt = Start().Add(time.Hour)
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.InboxOf(t.Context(), 10, "p1", "p3")
		if diff := cmp.Diff(got, []notify.InboxItem{other, item}); diff != "" {
			t.Error(diff)
		}
		if some, err := tx.InboxOf(t.Context(), 1, "p1"); err != nil || len(some) != 1 {
			t.Errorf("%d items, %v, want the newest", len(some), err)
		}
		if none, err := tx.InboxOf(t.Context(), 9); err != nil || len(none) != 0 {
			t.Errorf("%d items of nobody, %v", len(none), err)
		}
		if one, err2 := tx.InboxItem(t.Context(), "hz-1"); !cmp.Equal(one, item) || err2 != nil {
			t.Errorf("%+v, %v", one, err2)
		}
		if _, err := tx.InboxItem(t.Context(), "hz-9"); houzhen.CodeOf(err) != houzhen.CodeNotFound {
			t.Errorf("%v, want not found", err)
		}
		return err
	})
}

func providerKnown(t *testing.T, db *store.DB) {
	t.Helper()
	list := []notify.Message{message("m1", "a1", 1), message("m2", "a2", 1), message("m3", "a3", 1)}
	for i := range list {
		list[i].Channel = notify.WeChat
		list[i].ProviderID = map[string]string{"m1": "wx-1", "m2": "batch", "m3": "batch"}[list[i].ID]
	}
	plan(t, db, list...)
	addPatients(t, db, phoned("p1", "doc-1", "13800000001"), phoned("p2", "doc-2", "13800000002"))
	write(t, db, func(tx *store.Tx) error {
		return errors.Join(
			tx.SaveContact(t.Context(), store.Contact{PatientID: "p1", Channel: notify.WeChat, Address: "openid"}),
			tx.SaveContact(t.Context(), store.Contact{PatientID: "p2", Channel: notify.WeChat, Address: "another"}))
	})
	look(t, db, func(tx *store.Tx) error {
		if got, err := tx.OutIDOf(t.Context(), notify.WeChat, "another", "wx-1"); got != "" || err != nil {
			t.Errorf("of somebody else: %q, %v", got, err)
		}
		for id, want := range map[string]string{"wx-1": list[0].OutID, "batch": "", "wx-2": "", "": ""} {
			got, err := tx.OutIDOf(t.Context(), notify.WeChat, "openid", id)
			if got != want || err != nil {
				t.Errorf("%q: %q, %v, want %q", id, got, err, want)
			}
		}
		return nil
	})
}
