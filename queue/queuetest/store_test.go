package queuetest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/queue/queuetest"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func in(t *testing.T, s *queuetest.Store, f func(tx queue.Tx) error) {
	t.Helper()
	if err := s.InTx(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func code(t *testing.T, err error, want houzhen.Code) {
	t.Helper()
	if got := houzhen.CodeOf(err); got != want {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
}

func TestARefusedTransactionLeavesNothing(t *testing.T) {
	s := queuetest.NewStore(noon)
	boom := errors.New("boom")
	err := s.InTx(t.Context(), func(tx queue.Tx) error {
		if _, err := tx.AddQueue(t.Context(), queue.Queue{SessionID: "s", Version: 1}); err != nil {
			return err
		}
		if err := tx.Emit(houzhen.Event{ID: "e", Subject: "s", Version: 1}); err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) || len(s.Events()) != 0 {
		t.Errorf("got %v and %d facts", err, len(s.Events()))
	}
	code(t, s.View(t.Context(), func(tx queue.Tx) error {
		_, err := tx.Queue(t.Context(), "s")
		return err
	}), houzhen.CodeNotFound)
}

// head drops whether a queue was added.
func head(_ bool, err error) error { return err }

func TestVersionsAndUniqueness(t *testing.T) {
	s := queuetest.NewStore(noon)
	in(t, s, func(tx queue.Tx) error {
		ctx := t.Context()
		ticket := queue.Ticket{ID: "t", SessionID: "s", AppointmentID: "a", No: 1, Version: 1}
		if err := errors.Join(
			head(tx.AddQueue(ctx, queue.Queue{SessionID: "s", ZoneID: "z", Start: noon, Version: 1})),
			head(tx.AddQueue(ctx, queue.Queue{SessionID: "s", ZoneID: "other", Version: 9})),
			tx.AddTicket(ctx, ticket),
			tx.AddCall(ctx, queue.Call{SessionID: "s", RequestID: "q"}),
		); err != nil {
			return err
		}
		code(t, tx.AddTicket(ctx, queue.Ticket{ID: "t2", AppointmentID: "a"}), houzhen.CodeConflict)
		code(t, tx.AddCall(ctx, queue.Call{SessionID: "s", RequestID: "q"}), houzhen.CodeConflict)
		code(t, tx.Emit(houzhen.Event{}), houzhen.CodeInternal)
		stale := ticket
		if err := tx.SaveTicket(ctx, &ticket); err != nil || ticket.Version != 2 {
			t.Errorf("saved as version %d: %v", ticket.Version, err)
		}
		code(t, tx.SaveTicket(ctx, &stale), houzhen.CodeConflict)
		q, err := tx.LockHead(ctx, "s")
		if err != nil || len(q.Tickets) != 0 || q.ZoneID != "z" {
			t.Errorf("head of %s with %d tickets: %v", q.ZoneID, len(q.Tickets), err)
		}
		old := q
		if err := tx.SaveQueue(ctx, &q); err != nil || q.Version != 2 {
			t.Errorf("head saved as version %d: %v", q.Version, err)
		}
		code(t, tx.SaveQueue(ctx, &old), houzhen.CodeConflict)
		return nil
	})
}

func TestLists(t *testing.T) {
	s := queuetest.NewStore(noon)
	in(t, s, func(tx queue.Tx) error {
		ctx := t.Context()
		done := func(id, doctor string, start time.Time) queue.Ticket {
			return queue.Ticket{
				ID: id, SessionID: "s", AppointmentID: id, DoctorID: doctor, State: queue.Done,
				StartedAt: start, EndedAt: start.Add(5 * time.Minute),
			}
		}
		if err := errors.Join(
			head(tx.AddQueue(ctx, queue.Queue{SessionID: "s", ZoneID: "z", Start: noon})),
			tx.AddTicket(ctx, done("1", "d1", noon)),
			tx.AddTicket(ctx, done("2", "d2", noon.Add(time.Hour))),
			tx.AddTicket(ctx, done("3", "d1", noon.Add(2*time.Hour))),
		); err != nil {
			return err
		}
		of, err := tx.Consultations(ctx, "d1", noon, 9)
		if err != nil || len(of) != 2 || !of[0].Start.After(of[1].Start) || of[0].Length != 5*time.Minute {
			t.Errorf("of one doctor: %v, %v", of, err)
		}
		all, err := tx.Consultations(ctx, "", noon.Add(30*time.Minute), 1)
		if err != nil || len(all) != 1 || all[0].DoctorID != "d1" {
			t.Errorf("newest of all: %v, %v", all, err)
		}
		call := func(verb string, minutes int) error {
			at := noon.Add(time.Duration(minutes) * time.Minute)
			return tx.AddCall(ctx, queue.Call{RequestID: verb, SessionID: "s", TicketID: "3", DoctorID: "d1", Verb: verb, At: at})
		}
		if err := errors.Join(call(queue.VerbStart, 10), call(queue.VerbTests, 17)); err != nil {
			return err
		}
		of, err = tx.Consultations(ctx, "d1", noon, 9)
		if err != nil || len(of) != 3 || !of[1].Start.Equal(noon.Add(10*time.Minute)) || of[1].Length != 7*time.Minute {
			t.Errorf("with the one before tests: %v, %v", of, err)
		}
		in, err := tx.Queues(ctx, "z", noon, noon.Add(time.Minute))
		if err != nil || len(in) != 1 || len(in[0].Tickets) != 3 {
			t.Errorf("queues: %v, %v", in, err)
		}
		out, err := tx.Queues(ctx, "z", noon.Add(-time.Hour), noon)
		if err != nil || len(out) != 0 {
			t.Errorf("queues before noon: %v, %v", out, err)
		}
		return nil
	})
}

func TestTheClockStandsStill(t *testing.T) {
	s := queuetest.NewStore(noon)
	s.Advance(time.Minute)
	in(t, s, func(tx queue.Tx) error {
		if got, want := tx.Now(), noon.Add(time.Minute); !got.Equal(want) {
			t.Errorf("got %s, want %s", got, want)
		}
		return nil
	})
}
