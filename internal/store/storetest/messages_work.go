package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/notify"
)

func runMessageWork(t *testing.T, open Opener) {
	t.Helper()
	t.Run("a claim takes what is planned and due, in the order asked", func(t *testing.T) { claimTakesDue(t, open(t)) })
	t.Run("two hundred claimers of one message: one gets it", func(t *testing.T) { claimedOnce(t, open(t)) })
	t.Run("an outcome is stored where the state allows", func(t *testing.T) { outcomeStored(t, open(t)) })
	t.Run("a hundred and more at once", func(t *testing.T) { manyMessages(t, open(t)) })
}

func claim(tb testing.TB, db *store.DB, now time.Time, ids ...string) []notify.Message {
	tb.Helper()
	var got []notify.Message
	write(tb, db, func(tx *store.Tx) (err error) {
		got, err = tx.ClaimMessages(tb.Context(), ids, now)
		return err
	})
	return got
}

func claimTakesDue(t *testing.T, db *store.DB) {
	t.Helper()
	all := []notify.Message{message("m1", "a1", 1), message("m2", "a2", 1), message("m3", "a3", 1), message("m4", "a4", 1)}
	all[1].DueAt = Start().Add(time.Minute)
	all[2].State = notify.Suppressed
	all[3].Secret, all[3].Text = "482913", "words"
	plan(t, db, all...)
	now := Start().Add(time.Second)
	want := []notify.Message{all[3], all[0]}
	for i := range want {
		want[i].State, want[i].Attempts, want[i].ClaimedAt = notify.Claimed, 1, now
	}
	if diff := cmp.Diff(claim(t, db, now, "m4", "m3", "m2", "m1", "m9"), want, hidden()); diff != "" {
		t.Errorf("claimed (-got +want):\n%s", diff)
	}
	if got := claim(t, db, now, "m4", "m1"); len(got) != 0 {
		t.Errorf("claimed again: %v", messageIDs(got))
	}
}

func claimedOnce(t *testing.T, db *store.DB) {
	t.Helper()
	plan(t, db, message("m1", "a1", 1), message("m2", "a2", 1))
	counts := make(chan int, racers)
	race(t, func(i int) error {
		ids := []string{"m1", "m2"}
		if i%2 == 1 {
			ids = []string{"m2", "m1"}
		}
		n := 0
		err := db.InTx(t.Context(), func(tx *store.Tx) error {
			got, err := tx.ClaimMessages(t.Context(), ids, Start())
			n = len(got)
			return err
		})
		if err != nil {
			t.Errorf("claim: %v", err)
		}
		counts <- n
		return err
	})
	close(counts)
	total := 0
	for n := range counts {
		total += n
	}
	if total != 2 {
		t.Errorf("claimed %d in all, want 2", total)
	}
}

func save(tb testing.TB, db *store.DB, from []notify.State, m ...notify.Message) int {
	tb.Helper()
	saved := 0
	write(tb, db, func(tx *store.Tx) (err error) {
		saved, err = tx.SaveMessages(tb.Context(), from, m...)
		return err
	})
	return saved
}

func outcomeStored(t *testing.T, db *store.DB) {
	t.Helper()
	plan(t, db, message("m1", "a1", 1), message("m2", "a2", 1), message("m3", "a3", 1))
	got := claim(t, db, Start(), "m1", "m2")
	want := got[0]
	want.State, want.ProviderID, want.ErrorCode, want.Reason, want.Text = notify.Accepted, "provider", "OK", "why", "words"
	want.DueAt, want.ExpiresAt, want.SentAt, want.DoneAt = Start().Add(1e9), Start().Add(2e9), Start().Add(3e9), Start().Add(4e9)
	want.Attempts, want.ClaimedAt, want.OutID, want.Secret = 3, Start().Add(5e9), "another", "482913"
	back := got[1]
	back.State, back.ClaimedAt = notify.Planned, time.Time{}
	never := message("m3", "a3", 1)
	never.State = notify.Accepted
	if n := save(t, db, []notify.State{notify.Claimed}, want, back, never); n != 2 {
		t.Errorf("saved %d, want the 2 that were claimed", n)
	}
	late := want
	late.State = notify.Unknown
	if n := save(t, db, []notify.State{notify.Claimed, notify.Planned}, late); n != 0 {
		t.Errorf("saved %d over a later state, want 0", n)
	}
	if n := save(t, db, []notify.State{notify.Claimed}); n != 0 {
		t.Errorf("saved %d of none", n)
	}
	look(t, db, func(tx *store.Tx) error {
		for id, want := range map[string]notify.Message{"m1": want, "m2": back, "m3": message("m3", "a3", 1)} {
			got, err := tx.Message(t.Context(), id)
			if err != nil {
				return err
			}
			if diff := cmp.Diff(got, want, hidden()); diff != "" {
				t.Errorf("%s (-got +want):\n%s", id, diff)
			}
		}
		return nil
	})
}

func manyMessages(t *testing.T, db *store.DB) {
	t.Helper()
	var all []notify.Message
	var ids []string
	for i := range 203 {
		m := message(fmt.Sprintf("m%03d", i), fmt.Sprintf("a%03d", i), 1)
		all, ids = append(all, m), append(ids, m.ID)
	}
	if diff := cmp.Diff(plan(t, db, all...), ids); diff != "" {
		t.Errorf("planned (-got +want):\n%s", diff)
	}
	got := claim(t, db, Start(), ids...)
	if diff := cmp.Diff(messageIDs(got), ids); diff != "" {
		t.Errorf("claimed (-got +want):\n%s", diff)
	}
	for i := range got {
		got[i].State = notify.Accepted
	}
	if n := save(t, db, []notify.State{notify.Claimed}, got...); n != len(ids) {
		t.Errorf("saved %d, want %d", n, len(ids))
	}
	look(t, db, func(tx *store.Tx) error {
		stored, err := tx.Messages(t.Context(), notify.MessageFilter{States: []notify.State{notify.Accepted}})
		if len(stored) != len(ids) {
			t.Errorf("stored %d, want %d", len(stored), len(ids))
		}
		return err
	})
}
