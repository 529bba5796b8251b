package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/notify"
)

// runTally: what went out on a day is counted by subject and by recipient.
func runTally(t *testing.T, open Opener) {
	t.Helper()
	db := open(t)
	now := Start()
	row := func(subject, recipient string, kind notify.Kind, class notify.Class, channel notify.Channel, state notify.State, sent time.Time) notify.Message {
		m := notify.Message{
			ID: subject + string(kind) + string(channel), Subject: subject, Version: 1, Kind: kind, Recipient: recipient, Channel: channel,
			Class: class, State: state, DueAt: now, ExpiresAt: now.Add(time.Hour), CreatedAt: now, SentAt: sent,
		}
		m.OutID = "hz-" + m.ID
		return m
	}
	messages := []notify.Message{
		row("a1", "p1", notify.KindBooked, notify.ClassService, notify.SMS, notify.Accepted, now),
		row("a1", "p1", notify.KindReminder, notify.ClassService, notify.SMS, notify.Unknown, now.Add(time.Minute)),
		row("a2", "p1", notify.KindBooked, notify.ClassService, notify.SMS, notify.Delivered, now),
		row("a3", "p2", notify.KindBooked, notify.ClassService, notify.SMS, notify.Delivered, now.Add(-time.Hour)), // before
		row("a4", "p3", notify.KindCalled, notify.ClassCritical, notify.SMS, notify.Accepted, now),                 // critical
		row("a5", "p4", notify.KindBooked, notify.ClassService, notify.Push, notify.Accepted, now),                 // not an SMS
		row("a6", "p5", notify.KindBooked, notify.ClassService, notify.SMS, notify.Planned, time.Time{}),           // not sent
	}
	var bySubject, byRecipient map[string]int
	err := db.InTx(t.Context(), func(tx *store.Tx) (err error) {
		if _, err = tx.PlanMessages(t.Context(), messages); err != nil {
			return err
		}
		bySubject, byRecipient, err = tx.SentSince(t.Context(), now,
			[]string{"a1", "a2", "a3", "a4", "a5", "a6"}, []string{"p1", "p2", "p3", "p4", "p5"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(bySubject, map[string]int{"a1": 2, "a2": 1}); diff != "" {
		t.Errorf("by subject: %s", diff)
	}
	if diff := cmp.Diff(byRecipient, map[string]int{"p1": 3}); diff != "" {
		t.Errorf("by recipient: %s", diff)
	}
}
