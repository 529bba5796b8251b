package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/queue"
)

// queueRemembered does to queues what may be done, and reads them after each
// step by Queue, which may remember them, and by Queues, which never does.
func queueRemembered(t *testing.T, db *store.DB) {
	t.Helper()
	ctx := t.Context()
	addQueue(t, db, head("s1", Start()), ticket("s1", 2))
	addQueue(t, db, head("s2", Start()), ticket("s2", 1))
	undone := errors.New("undone")
	lock := func(tx *store.Tx, id string) queue.Queue {
		q, err := tx.LockQueue(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	type step struct {
		name string
		do   func(tx *store.Tx) error
	}
	for _, step := range []step{
		{"nothing", func(*store.Tx) error { return nil }},
		{"a ticket is added before the others", func(tx *store.Tx) error {
			q := lock(tx, "s1")
			return errors.Join(tx.AddTicket(ctx, ticket("s1", 1)), tx.SaveQueue(ctx, &q))
		}},
		{"a ticket is changed, with parts of a second that are not kept", func(tx *store.Tx) error {
			q := lock(tx, "s1")
			q.Tickets[0].State, q.Tickets[0].CheckedInAt = queue.Waiting, Start().Add(time.Microsecond+time.Nanosecond).In(time.FixedZone("", 3600))
			return errors.Join(tx.SaveTicket(ctx, &q.Tickets[0]), tx.SaveQueue(ctx, &q))
		}},
		{"what failed was not done", func(tx *store.Tx) error {
			q := lock(tx, "s1")
			q.Tickets[0].State = queue.Done
			return errors.Join(tx.SaveTicket(ctx, &q.Tickets[0]), tx.SaveQueue(ctx, &q), undone)
		}},
		{"what was done after it has the same version", func(tx *store.Tx) error {
			q := lock(tx, "s1")
			q.Tickets[1].State = queue.Ready
			return errors.Join(tx.SaveTicket(ctx, &q.Tickets[1]), tx.SaveQueue(ctx, &q))
		}},
		{"a part was undone", func(tx *store.Tx) error {
			_ = tx.Savepoint(ctx, func() error {
				q := lock(tx, "s2")
				q.Tickets[0].State = queue.Done
				return errors.Join(tx.SaveTicket(ctx, &q.Tickets[0]), tx.SaveQueue(ctx, &q), undone)
			})
			return nil
		}},
		{"a ticket goes to another queue", func(tx *store.Tx) error {
			from, to := lock(tx, "s1"), lock(tx, "s2")
			moved := from.Tickets[0]
			moved.SessionID, moved.No = "s2", 7
			return errors.Join(tx.SaveTicket(ctx, &moved), tx.SaveQueue(ctx, &from), tx.SaveQueue(ctx, &to))
		}},
		{"a ticket is changed and the head is not", func(tx *store.Tx) error {
			q := lock(tx, "s2")
			q.Tickets[0].State = queue.Missed
			return tx.SaveTicket(ctx, &q.Tickets[0])
		}},
		{"the head alone is changed", func(tx *store.Tx) error {
			q, err := tx.LockHead(ctx, "s2")
			q.Desk = queue.DeskPaused
			return errors.Join(err, tx.SaveQueue(ctx, &q))
		}},
	} {
		if err := db.InTx(ctx, step.do); err != nil && !errors.Is(err, undone) {
			t.Fatalf("%s: %v", step.name, err)
		}
		for range 2 { // the second time it is remembered, if ever
			look(t, db, func(tx *store.Tx) error {
				want, err := tx.Queues(ctx, "", Start(), Start().Add(time.Hour))
				for _, w := range want {
					got, err := tx.Queue(ctx, w.SessionID)
					if diff := cmp.Diff(got, w); diff != "" || err != nil {
						t.Errorf("%s (-got +stored), %v:\n%s", step.name, err, diff)
					}
					all, err := db.KnownQueues(ctx, []string{"s3", w.SessionID})
					known, ok := all[w.SessionID]
					if diff := cmp.Diff(known.Queue, w); ok && diff != "" || err != nil {
						t.Errorf("%s (-known +stored), %v:\n%s", step.name, err, diff)
					}
				}
				return err
			})
		}
	}
}

// queueKnown reads queues that are remembered with their sessions in one trip, and
// leaves out those that are not.
func queueKnown(t *testing.T, db *store.DB) {
	t.Helper()
	ctx := t.Context()
	want := map[string]store.KnownQueue{}
	known := func(when string, statements int64) {
		t.Helper()
		before := db.Statements()
		got, err := db.KnownQueues(ctx, []string{"s2", "nowhere", "s1"})
		if diff := cmp.Diff(got, want, cmpopts.EquateEmpty()); diff != "" || err != nil || db.Statements() != before+statements {
			t.Errorf("%s: %d statements, %v (-got +want):\n%s", when, db.Statements()-before, err, diff)
		}
	}
	for i, id := range []string{"s1", "s2"} {
		addSession(t, db, id, "d"+id, 4)
		addQueue(t, db, head(id, Start()), ticket(id, 2+i))
	}
	known("before they were read", 0)
	for _, id := range []string{"s1", "s2"} {
		k := store.KnownQueue{Queue: changeHead(t, db, id)}
		look(t, db, func(tx *store.Tx) (err error) {
			k.Session, err = tx.Session(ctx, id)
			return err
		})
		want[id] = k
	}
	known("as they were left", 4) // with those that begin and end the view
	changed := want["s1"].Queue.Tickets[0]
	write(t, db, func(tx *store.Tx) error { return tx.SaveTicket(ctx, &changed) }) // by somebody who does not keep to the versions
	delete(want, "s1")
	known("after a ticket was written behind its back", 4)
}

// changeHead saves a queue's head, and gives the queue.
func changeHead(t *testing.T, db *store.DB, id string) (q queue.Queue) {
	t.Helper()
	write(t, db, func(tx *store.Tx) (err error) {
		if q, err = tx.LockQueue(t.Context(), id); err != nil {
			return err
		}
		return tx.SaveQueue(t.Context(), &q)
	})
	return q
}

// oldVersionTogether writes a ticket of a version that is past together with
// the head: both stay as they were.
func oldVersionTogether(t *testing.T, db *store.DB) {
	t.Helper()
	ctx := t.Context()
	addQueue(t, db, head("s1", Start()), ticket("s1", 2))
	want := changeHead(t, db, "s1")
	for name, spoil := range map[string]func(tx *store.Tx, q *queue.Queue) error{
		"ticket": func(tx *store.Tx, q *queue.Queue) error {
			old := q.Tickets[0]
			old.Version, old.Calls = old.Version+1, 7
			return tx.SaveTicket(ctx, &old)
		},
		"head": func(tx *store.Tx, q *queue.Queue) error {
			return tx.SaveQueue(ctx, &queue.Queue{SessionID: "s1", Version: q.Version + 1})
		},
		"second": func(tx *store.Tx, q *queue.Queue) error { return tx.AddTicket(ctx, q.Tickets[0]) },
	} {
		refused(t, db.InTx(ctx, func(tx *store.Tx) error {
			q, err := tx.LockQueue(ctx, "s1")
			if err != nil {
				return err
			}
			return tx.Together(func() error { return errors.Join(spoil(tx, &q), tx.SaveQueue(ctx, &q)) })
		}), houzhen.CodeConflict)
		look(t, db, func(tx *store.Tx) error {
			got, err := tx.Queue(ctx, "s1")
			if diff := cmp.Diff(got, want); diff != "" {
				t.Errorf("%s (-got +want):\n%s", name, diff)
			}
			return err
		})
	}
}
