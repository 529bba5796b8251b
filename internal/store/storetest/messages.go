package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/notify"
)

func message(id, subject string, version int64) notify.Message {
	return notify.Message{
		ID: id, Subject: subject, Version: version, Kind: notify.KindBooked, Recipient: "p1", Channel: notify.SMS,
		Class: notify.ClassCritical, Urgency: houzhen.Soon, State: notify.Planned, DueAt: Start(),
		ExpiresAt: Start().Add(time.Hour), OutID: notify.OutID(id), CreatedAt: Start(),
	}
}

func plan(tb testing.TB, db *store.DB, m ...notify.Message) []string {
	tb.Helper()
	var ids []string
	write(tb, db, func(tx *store.Tx) (err error) {
		ids, err = tx.PlanMessages(tb.Context(), m)
		return err
	})
	return ids
}

func runMessages(t *testing.T, open Opener) {
	t.Helper()
	t.Run("a message comes back whole", func(t *testing.T) {
		db, want := open(t), message("m1", "a1", 2)
		want.State, want.Attempts, want.ClaimedAt, want.ProviderID = notify.Delivered, 2, Start().Add(1e9), "provider"
		want.ErrorCode, want.Reason, want.Text, want.Secret = "code", "reason", "the words", "482913"
		want.SentAt, want.DoneAt = Start().Add(2e9), Start().Add(3e9)
		plan(t, db, want)
		look(t, db, func(tx *store.Tx) error {
			byID, err1 := tx.Message(t.Context(), "m1")
			byOut, err2 := tx.MessageByOutID(t.Context(), "hz-m1")
			for _, got := range []notify.Message{byID, byOut} {
				if diff := cmp.Diff(got, want, hidden()); diff != "" {
					t.Errorf("message (-got +want):\n%s", diff)
				}
			}
			_, err3 := tx.MessageByOutID(t.Context(), "")
			refused(t, err3, houzhen.CodeNotFound)
			return errors.Join(err1, err2)
		})
	})
	t.Run("a message is planned once", func(t *testing.T) { plannedOnce(t, open(t)) })
	t.Run("messages are filtered, newest first", func(t *testing.T) { messageFilter(t, open(t)) })
	t.Run("due ones by urgency, oldest first", func(t *testing.T) { dueMessages(t, open(t)) })
	t.Run("lost ones", func(t *testing.T) { lostMessages(t, open(t)) })
	t.Run("what became of a message is stored without its text", func(t *testing.T) { fateStored(t, open(t)) })
	t.Run("a message that was taken is not lost", func(t *testing.T) { takenIsNotLost(t, open(t)) })
	t.Run("what is open is found through every change", func(t *testing.T) { openFollows(t, open(t)) })
	t.Run("bodies are purged, rows stay", func(t *testing.T) { bodiesPurged(t, open(t)) })
}

func plannedOnce(t *testing.T, db *store.DB) {
	t.Helper()
	first := message("m1", "a1", 1)
	double := message("m2", "a1", 1)
	differ := []notify.Message{double, double, double, double, double}
	differ[0].ID, differ[0].Version = "n0", 2
	differ[1].ID, differ[1].Kind = "n1", notify.KindMoved
	differ[2].ID, differ[2].Recipient = "n2", "p2"
	differ[3].ID, differ[3].Channel = "n3", notify.Push
	differ[4].ID, differ[4].Subject = "n4", "a2"
	if diff := cmp.Diff(plan(t, db, first), []string{"m1"}); diff != "" {
		t.Errorf("first (-got +want):\n%s", diff)
	}
	got := plan(t, db, append([]notify.Message{double}, differ...)...)
	if diff := cmp.Diff(got, []string{"n0", "n1", "n2", "n3", "n4"}); diff != "" {
		t.Errorf("those that differ in one part of the key (-got +want):\n%s", diff)
	}
	if got := plan(t, db); len(got) != 0 {
		t.Errorf("planned nothing: got %v", got)
	}
}

func messageFilter(t *testing.T, db *store.DB) {
	t.Helper()
	all := []notify.Message{message("m1", "a1", 1), message("m2", "a1", 2), message("m3", "a2", 1), message("m4", "a2", 2)}
	all[0].CreatedAt = Start().Add(time.Minute) // the newest
	all[1].State, all[1].Recipient = notify.Delivered, "p2"
	all[2].Kind, all[2].Channel = notify.KindReminder, notify.Push
	all[3].State = notify.Failed
	plan(t, db, all...)
	for name, c := range map[string]struct {
		filter notify.MessageFilter
		want   []string
	}{
		"all":          {notify.MessageFilter{}, []string{"m1", "m4", "m3", "m2"}},
		"by subject":   {notify.MessageFilter{Subject: "a2"}, []string{"m4", "m3"}},
		"by recipient": {notify.MessageFilter{Recipient: "p2"}, []string{"m2"}},
		"by kind":      {notify.MessageFilter{Kind: notify.KindReminder}, []string{"m3"}},
		"by channel":   {notify.MessageFilter{Channel: notify.SMS, Subject: "a2"}, []string{"m4"}},
		"by states":    {notify.MessageFilter{States: []notify.State{notify.Failed, notify.Delivered}}, []string{"m4", "m2"}},
		"first page":   {notify.MessageFilter{Limit: 2}, []string{"m1", "m4"}},
		"second page":  {notify.MessageFilter{BeforeID: "m4", Limit: 2}, []string{"m3", "m2"}},
		"from newest":  {notify.MessageFilter{BeforeID: "m1", Limit: 1}, []string{"m4"}},
	} {
		look(t, db, func(tx *store.Tx) error {
			got, err := tx.Messages(t.Context(), c.filter)
			if diff := cmp.Diff(messageIDs(got), c.want); diff != "" {
				t.Errorf("%s (-got +want):\n%s", name, diff)
			}
			return err
		})
	}
}

func messageIDs(in []notify.Message) []string {
	var out []string
	for _, m := range in {
		out = append(out, m.ID)
	}
	return out
}

func dueMessages(t *testing.T, db *store.DB) {
	t.Helper()
	later := Start().Add(time.Minute)
	all := []notify.Message{message("m1", "a1", 1), message("m2", "a2", 1), message("m3", "a3", 1), message("m4", "a4", 1)}
	all[0].DueAt = later
	all[2].Urgency, all[2].DueAt = houzhen.Critical, later.Add(time.Minute)
	all[3].State = notify.Claimed
	plan(t, db, all...)
	for name, c := range map[string]struct {
		urgency houzhen.Urgency
		now     time.Time
		limit   int
		want    []string
	}{
		"what is due":          {houzhen.Soon, Start(), 9, []string{"m2"}},
		"oldest first":         {houzhen.Soon, later, 9, []string{"m2", "m1"}},
		"at most":              {houzhen.Soon, later, 1, []string{"m2"}},
		"none of another lane": {houzhen.Critical, later, 9, nil},
		"of the other lane":    {houzhen.Critical, later.Add(time.Minute), 9, []string{"m3"}},
	} {
		look(t, db, func(tx *store.Tx) error {
			got, err := tx.DueMessages(t.Context(), c.urgency, c.now, c.limit)
			if diff := cmp.Diff(got, c.want); diff != "" {
				t.Errorf("%s (-got +want):\n%s", name, diff)
			}
			return err
		})
	}
	for now, want := range map[time.Time]time.Time{
		Start().Add(-1e9): Start(), Start(): later, later: later.Add(time.Minute), later.Add(time.Minute): {},
	} {
		look(t, db, func(tx *store.Tx) error {
			got, err := tx.NextDue(t.Context(), now)
			if got != want {
				t.Errorf("next due after %v: got %v, want %v", now, got, want)
			}
			return err
		})
	}
}

func lostMessages(t *testing.T, db *store.DB) {
	t.Helper()
	all := []notify.Message{message("m1", "a1", 1), message("m2", "a2", 1), message("m3", "a3", 1), message("m4", "a4", 1)}
	all[0].State, all[0].ClaimedAt = notify.Claimed, Start().Add(time.Minute)
	all[1].State, all[1].ClaimedAt = notify.Claimed, Start()
	all[2].State, all[2].ClaimedAt = notify.Unknown, Start().Add(time.Hour)
	plan(t, db, all...)
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.LostMessages(t.Context(), Start().Add(time.Minute), 9)
		if diff := cmp.Diff(messageIDs(got), []string{"m2", "m3"}); diff != "" {
			t.Errorf("lost (-got +want):\n%s", diff)
		}
		return err
	})
}

func bodiesPurged(t *testing.T, db *store.DB) {
	t.Helper()
	all := []notify.Message{message("old", "a1", 1), message("waiting", "a2", 1), message("new", "a3", 1)}
	for i := range all {
		all[i].Text, all[i].Secret, all[i].State = "words", "482913", notify.Delivered
	}
	all[1].State = notify.Planned
	all[2].CreatedAt = Start().Add(time.Hour)
	plan(t, db, all...)
	for _, want := range []int{1, 0} {
		n, err := db.PurgeMessageBodies(t.Context(), Start().Add(time.Hour))
		if err != nil || n != want {
			t.Errorf("purged %d, %v, want %d", n, err, want)
		}
	}
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.Messages(t.Context(), notify.MessageFilter{})
		texts := map[string]string{}
		for _, m := range got {
			texts[m.ID] = m.Text + m.Secret
		}
		if diff := cmp.Diff(texts, map[string]string{"old": "", "waiting": "words482913", "new": "words482913"}); diff != "" {
			t.Errorf("texts (-got +want):\n%s", diff)
		}
		return err
	})
}
