package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/notify"
)

// fateStored: what became of a message changes and nothing else, but that its
// secret is dropped.
func fateStored(t *testing.T, db *store.DB) {
	t.Helper()
	sent, other := message("m1", "a1", 1), message("m2", "a2", 1)
	sent.State, sent.Text, sent.Secret, sent.Attempts, sent.ClaimedAt = notify.Claimed, "words", "482913", 2, Start().Add(time.Second)
	plan(t, db, sent, other)
	became := notify.Message{
		ID: "m1", State: notify.Undelivered, ProviderID: "biz", ErrorCode: "OFF", Reason: "why", SentAt: Start().Add(2e9), DoneAt: Start().Add(3e9),
		NextAt: Start().Add(4e9), Parts: 2,
	}
	never := became
	never.ID = "m2"
	write(t, db, func(tx *store.Tx) error {
		n, err := tx.SaveFates(t.Context(), []notify.State{notify.Claimed, notify.Unknown}, never, became)
		if n != 1 {
			t.Errorf("saved %d, want the one that was claimed", n)
		}
		return err
	})
	want := sent
	want.State, want.ProviderID, want.ErrorCode, want.Reason, want.Secret = became.State, became.ProviderID, became.ErrorCode, became.Reason, ""
	want.SentAt, want.DoneAt, want.NextAt, want.Parts = became.SentAt, became.DoneAt, became.NextAt, became.Parts
	write(t, db, func(tx *store.Tx) error {
		got, err := tx.Message(t.Context(), "m1")
		if diff := cmp.Diff(got, want, hidden()); diff != "" {
			t.Errorf("stored (-got +want):\n%s", diff)
		}
		if err != nil {
			return err
		}
		fates, err := tx.Fates(t.Context(), []string{"hz-m2", "hz-m1", "hz-m9", "another", ""})
		read := notify.Message{
			ID: want.ID, Channel: want.Channel, Urgency: want.Urgency, State: want.State, DueAt: want.DueAt, Attempts: want.Attempts, ClaimedAt: want.ClaimedAt,
			OutID: want.OutID, ProviderID: want.ProviderID, ErrorCode: want.ErrorCode, Reason: want.Reason, SentAt: want.SentAt, DoneAt: want.DoneAt,
			NextAt: want.NextAt, Parts: want.Parts,
		}
		if diff := cmp.Diff(messageIDs(fates), []string{"m1", "m2"}); diff != "" {
			t.Fatalf("found (-got +want):\n%s", diff)
		}
		if diff := cmp.Diff(fates[0], read, hidden()); diff != "" {
			t.Errorf("read (-got +want):\n%s", diff)
		}
		return err
	})
	sameOpen(t, db)
}

// takenIsNotLost: a message that was taken waits for its next channel as it was
// planned to, and is not among the claims that nobody answered for.
func takenIsNotLost(t *testing.T, db *store.DB) {
	t.Helper()
	var rows []notify.Message
	for _, id := range []string{"m1", "m2", "m3", "m4"} {
		m := message(id, "a"+id, 1)
		m.State, m.ClaimedAt, m.NextAt = notify.Claimed, Start(), Start().Add(time.Minute)
		rows = append(rows, m)
	}
	rows[1].NextAt = time.Time{} // nothing is tried after it
	rows[3].NextAt = Start().Add(time.Second)
	plan(t, db, rows...)
	lost := func(want ...string) {
		t.Helper()
		write(t, db, func(tx *store.Tx) error {
			got, err := tx.LostMessages(t.Context(), Start().Add(time.Second), 2)
			if diff := cmp.Diff(messageIDs(got), want); diff != "" {
				t.Errorf("lost (-got +want):\n%s", diff)
			}
			return err
		})
		sameOpen(t, db)
	}
	for i := range rows[:3] {
		rows[i].State, rows[i].SentAt = notify.Accepted, Start()
	}
	write(t, db, func(tx *store.Tx) error {
		saved, err := tx.SaveTaken(t.Context(), rows[:3]...)
		if diff := cmp.Diff(saved, []string{"m1", "m2", "m3"}); diff != "" {
			t.Errorf("stored (-got +want):\n%s", diff)
		}
		return err
	})
	sameOpen(t, db)
	lost("m4") // though the two that were taken stand before it
	lost("m4")
	write(t, db, func(tx *store.Tx) error {
		saved, err := tx.SaveTaken(t.Context(), rows[0])
		if len(saved) != 0 {
			t.Errorf("taken twice: %v", saved)
		}
		return err
	})
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.UnheardMessages(t.Context(), Start().Add(time.Hour), 9)
		if diff := cmp.Diff(messageIDs(got), []string{"m1", "m3"}); diff != "" {
			t.Errorf("unheard (-got +want):\n%s", diff)
		}
		first, err2 := tx.UnheardMessages(t.Context(), Start().Add(time.Hour), 1)
		if diff := cmp.Diff(messageIDs(first), []string{"m1"}); diff != "" {
			t.Errorf("the first, though one that is claimed stands before it (-got +want):\n%s", diff)
		}
		return errors.Join(err, err2)
	})
}
