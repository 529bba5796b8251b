package outboxtest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/outbox"
)

// Start is when the clock of a store under contract stands.
var Start = time.Date(2026, 5, 4, 1, 0, 0, 0, time.UTC)

// emitter is what a transaction of a store under contract can do besides.
type emitter interface{ Emit(e houzhen.Event) error }

// Contract is what any outbox.Store keeps. open gives an empty store whose
// transactions have Emit and whose clock stands at Start.
func Contract(t *testing.T, open func(t *testing.T) outbox.Store) {
	t.Helper()
	for _, c := range []struct {
		name string
		run  func(t *testing.T, s outbox.Store)
	}{
		{"facts are claimed in the order they were written, whatever the order asked for", claimOrder},
		{"a handled fact is not claimed again", handledOnce},
		{"a transaction that fails leaves nothing", rollback},
		{"a savepoint that fails undoes its own writes only", savepoint},
		{"pending facts are of one urgency, due, oldest first and no more than asked for", pending},
		{"a failed fact is pending again at its retry time", failedComesBack},
		{"facts are read in pages until there are no more", pages},
		{"a tick is first once, and the last one is known", ticks},
		{"a view does not write", viewIsReadOnly},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.run(t, open(t))
		})
	}
}

func booked(id string) houzhen.Event {
	return houzhen.Event{ID: id, Kind: houzhen.AppointmentBooked, Subject: "appointment-" + id, Version: 1, At: Start}
}

func called(id string) houzhen.Event {
	return houzhen.Event{ID: id, Kind: houzhen.TicketCalled, Subject: "ticket-" + id, Version: 3, At: Start}
}

func inTx(t *testing.T, s outbox.Store, f func(ctx context.Context, tx outbox.Tx) error) {
	t.Helper()
	if err := s.InTx(t.Context(), func(tx outbox.Tx) error { return f(t.Context(), tx) }); err != nil {
		t.Fatalf("transaction: %v", err)
	}
}

func emit(t *testing.T, s outbox.Store, facts ...houzhen.Event) {
	t.Helper()
	inTx(t, s, func(_ context.Context, tx outbox.Tx) error { return write(tx, facts...) })
}

func write(tx outbox.Tx, facts ...houzhen.Event) error {
	e, ok := tx.(emitter)
	if !ok {
		return errors.New("transaction has no Emit")
	}
	for _, f := range facts {
		if err := e.Emit(f); err != nil {
			return err
		}
	}
	return nil
}

func claimed(t *testing.T, s outbox.Store, ids ...string) []string {
	t.Helper()
	var got []string
	inTx(t, s, func(ctx context.Context, tx outbox.Tx) error {
		got = nil
		facts, err := tx.ClaimFacts(ctx, ids)
		for _, f := range facts {
			got = append(got, f.ID)
		}
		return err
	})
	return got
}

func same(t *testing.T, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("got other than wanted (-want +got):\n%s", d)
	}
}

func claimOrder(t *testing.T, s outbox.Store) {
	t.Helper()
	emit(t, s, booked("a"), called("b"), booked("c"))
	same(t, claimed(t, s, "c", "b", "a", "unknown"), []string{"a", "b", "c"})
	var e houzhen.Event
	inTx(t, s, func(ctx context.Context, tx outbox.Tx) error {
		facts, err := tx.ClaimFacts(ctx, []string{"b"})
		if err == nil && len(facts) == 1 {
			e = facts[0]
		}
		return err
	})
	same(t, e, called("b"))
}

func handledOnce(t *testing.T, s outbox.Store) {
	t.Helper()
	emit(t, s, booked("a"), booked("b"))
	inTx(t, s, func(ctx context.Context, tx outbox.Tx) error { return tx.FactsHandled(ctx, []string{"a"}) })
	same(t, claimed(t, s, "a", "b"), []string{"b"})
}

func rollback(t *testing.T, s outbox.Store) {
	t.Helper()
	emit(t, s, booked("a"))
	cause := errors.New("no")
	err := s.InTx(t.Context(), func(tx outbox.Tx) error {
		if err := tx.FactsHandled(t.Context(), []string{"a"}); err != nil {
			t.Error(err)
		}
		if err := write(tx, booked("b")); err != nil {
			t.Error(err)
		}
		return cause
	})
	if !errors.Is(err, cause) {
		t.Errorf("got error %v, want %v", err, cause)
	}
	same(t, claimed(t, s, "a", "b"), []string{"a"})
}

func savepoint(t *testing.T, s outbox.Store) {
	t.Helper()
	emit(t, s, booked("a"), booked("b"))
	cause := errors.New("no")
	inTx(t, s, func(ctx context.Context, tx outbox.Tx) error {
		if err := tx.FactsHandled(ctx, []string{"a"}); err != nil {
			return err
		}
		err := tx.Savepoint(ctx, func() error {
			return errors.Join(tx.FactsHandled(ctx, []string{"b"}), write(tx, booked("undone")), cause)
		})
		if !errors.Is(err, cause) {
			t.Errorf("got error %v, want %v", err, cause)
		}
		return tx.Savepoint(ctx, func() error { return write(tx, booked("kept")) })
	})
	same(t, claimed(t, s, "a", "b", "undone", "kept"), []string{"b", "kept"})
}

func pendingIDs(t *testing.T, s outbox.Store, u houzhen.Urgency, now time.Time, limit int) []string {
	t.Helper()
	var ids []string
	err := s.View(t.Context(), func(tx outbox.Tx) (err error) {
		ids, err = tx.PendingFacts(t.Context(), u, now, limit)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func pending(t *testing.T, s outbox.Store) {
	t.Helper()
	late := booked("late")
	late.At = Start.Add(time.Minute)
	emit(t, s, booked("a"), called("b"), booked("c"), late)
	same(t, pendingIDs(t, s, houzhen.Soon, Start, 10), []string{"a", "c"})
	same(t, pendingIDs(t, s, houzhen.Soon, Start, 1), []string{"a"})
	same(t, pendingIDs(t, s, houzhen.Critical, Start, 10), []string{"b"})
	same(t, pendingIDs(t, s, houzhen.Soon, Start.Add(time.Minute), 10), []string{"a", "c", "late"})
	same(t, len(pendingIDs(t, s, houzhen.Soon, Start.Add(-time.Second), 10)), 0)
}

func failedComesBack(t *testing.T, s outbox.Store) {
	t.Helper()
	emit(t, s, booked("a"))
	inTx(t, s, func(ctx context.Context, tx outbox.Tx) error {
		return tx.FactFailed(ctx, "a", "internal", Start.Add(time.Hour))
	})
	same(t, len(pendingIDs(t, s, houzhen.Soon, Start.Add(time.Hour-time.Second), 10)), 0)
	same(t, pendingIDs(t, s, houzhen.Soon, Start.Add(time.Hour), 10), []string{"a"})
	same(t, claimed(t, s, "a"), []string{"a"})
}

func pages(t *testing.T, s outbox.Store) {
	t.Helper()
	emit(t, s, booked("a"), called("b"))
	emit(t, s, booked("c"))
	var got []string
	var seq int64
	for {
		var facts []houzhen.Event
		err := s.View(t.Context(), func(tx outbox.Tx) (err error) {
			facts, seq, err = tx.FactsAfter(t.Context(), seq, 2)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(facts) == 0 {
			break
		}
		for _, f := range facts {
			got = append(got, f.ID)
		}
	}
	same(t, got, []string{"a", "b", "c"})
}

func ticks(t *testing.T, s outbox.Store) {
	t.Helper()
	tick := func(name string, at time.Time) bool {
		var first bool
		inTx(t, s, func(ctx context.Context, tx outbox.Tx) (err error) {
			first, err = tx.Tick(ctx, name, at)
			return err
		})
		return first
	}
	last := func(name string) (at time.Time) {
		inTx(t, s, func(ctx context.Context, tx outbox.Tx) (err error) {
			at, err = tx.LastTick(ctx, name)
			return err
		})
		return at
	}
	if !last("sweep").IsZero() {
		t.Error("got a last tick before the first")
	}
	same(t, []bool{tick("sweep", Start), tick("sweep", Start), tick("other", Start), tick("sweep", Start.Add(-time.Hour))},
		[]bool{true, false, true, true})
	if got := last("sweep"); !got.Equal(Start) {
		t.Errorf("got last tick %v, want %v", got, Start)
	}
}

func viewIsReadOnly(t *testing.T, s outbox.Store) {
	t.Helper()
	err := s.View(t.Context(), func(tx outbox.Tx) error { return write(tx, booked("a")) })
	if err == nil {
		t.Error("got no error for a write in a view")
	}
	same(t, len(claimed(t, s, "a")), 0)
}
