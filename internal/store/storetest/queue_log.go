package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/queue"
)

func runQueueLog(t *testing.T, open Opener) {
	t.Helper()
	t.Run("a log comes back whole, and each version is written once", func(t *testing.T) { logComesBack(t, open(t)) })
	t.Run("a patient's tickets of the day", func(t *testing.T) { ticketsElsewhere(t, open(t)) })
	t.Run("sessions with somebody to wake, and queues nobody ended", func(t *testing.T) { queuesDue(t, open(t)) })
	t.Run("policies by version", func(t *testing.T) {
		db := open(t)
		first := store.ZonePolicy{ZoneID: "z1", Version: 1, Document: "ready_size: 3", SetBy: "m1", SetAt: 5}
		second := store.ZonePolicy{Version: 2, SetBy: "m1", SetAt: 6}
		write(t, db, func(tx *store.Tx) error {
			err := errors.Join(tx.AddZonePolicy(t.Context(), second), tx.AddZonePolicy(t.Context(), first))
			refused(t, tx.AddZonePolicy(t.Context(), first), houzhen.CodeConflict)
			got, err2 := tx.ZonePolicies(t.Context())
			if diff := cmp.Diff([]store.ZonePolicy{first, second}, got); diff != "" {
				t.Errorf("policies (-want +got):\n%s", diff)
			}
			return errors.Join(err, err2)
		})
	})
}

func logComesBack(t *testing.T, db *store.DB) {
	t.Helper()
	q := head("s1", Start())
	addQueue(t, db, q)
	called := ticket("s1", 1)
	called.State, called.CalledAt, called.Overtaken, called.OvertakenFor = queue.Called, Start().Add(time.Second), 2, time.Minute
	q.Series, q.Desks, q.NormalsSinceInsert = map[queue.Lane]int{queue.LaneReturn: 1}, []queue.Desk{{DoctorID: "d1", Status: queue.DeskSeeing}}, map[queue.Lane]int{"late": 2}
	q.Version = 3
	full := queue.Entry{
		SessionID: "s1", Version: 3, At: Start().Add(time.Minute), Verb: "next", Operator: "n1", RequestID: "r1", TicketID: called.ID, Cause: "c",
		Reason: queue.Reason{Code: "in_order", Args: map[string]string{"n": "1"}}, Policy: 4,
		Change: queue.Change{
			Head: q, Tickets: []queue.Ticket{called}, Gone: []string{"t9"},
			Picks: []queue.Note{{Verb: "ready", TicketID: "t2", Reason: queue.Reason{Code: "in_order"}}},
		},
	}
	bare := queue.Entry{SessionID: "s1", Version: 2, At: Start(), Verb: "open", Change: queue.Change{Head: head("s1", Start())}}
	write(t, db, func(tx *store.Tx) error {
		err := errors.Join(tx.AddEntry(t.Context(), full), tx.AddEntry(t.Context(), bare))
		refused(t, tx.AddEntry(t.Context(), full), houzhen.CodeConflict)
		got, err2 := tx.Log(t.Context(), "s1")
		if diff := cmp.Diff([]queue.Entry{bare, full}, got); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
		none, err3 := tx.Log(t.Context(), "s9")
		if len(none) > 0 {
			t.Errorf("another session has %d entries", len(none))
		}
		return errors.Join(err, err2, err3)
	})
}

func ticketsElsewhere(t *testing.T, db *store.DB) {
	t.Helper()
	later := ticket("s2", 1)
	later.SliceStart = Start().Add(24 * time.Hour)
	other := ticket("s1", 2)
	other.PatientID = "p2"
	addQueue(t, db, head("s1", Start()), ticket("s1", 1), other)
	addQueue(t, db, head("s2", Start()), later)
	addQueue(t, db, head("s3", Start()), ticket("s3", 1))
	write(t, db, func(tx *store.Tx) error {
		got, err := tx.Elsewhere(t.Context(), "p1", Start(), Start().Add(time.Hour))
		if diff := cmp.Diff([]queue.Ticket{ticket("s1", 1), ticket("s3", 1)}, got); diff != "" {
			t.Errorf("tickets (-want +got):\n%s", diff)
		}
		return err
	})
}

func queuesDue(t *testing.T, db *store.DB) {
	t.Helper()
	now := Start()
	due, notYet := ticket("s1", 1), ticket("s2", 1)
	due.State, due.NotBefore = queue.Deferred, now.Add(-time.Minute)
	notYet.State, notYet.NotBefore = queue.Deferred, now.Add(time.Hour)
	ended := head("s3", Start())
	ended.Desk = queue.DeskEnded
	addQueue(t, db, head("s1", Start()), due)
	addQueue(t, db, head("s2", Start().Add(time.Hour)), notYet)
	addQueue(t, db, ended)
	look(t, db, func(tx *store.Tx) error {
		ids, err := tx.DeferredDue(t.Context())
		if diff := cmp.Diff([]string{"s1"}, ids); diff != "" {
			t.Errorf("due (-want +got):\n%s", diff)
		}
		open, err2 := tx.QueuesOpen(t.Context(), Start().Add(2*time.Hour).UnixMicro(), 10)
		if diff := cmp.Diff([]string{"s1", "s2"}, open); diff != "" {
			t.Errorf("open (-want +got):\n%s", diff)
		}
		early, err3 := tx.QueuesOpen(t.Context(), Start().UnixMicro(), 10)
		if len(early) > 0 {
			t.Errorf("before their start: %v", early)
		}
		return errors.Join(err, err2, err3)
	})
}
