package outbox_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/outbox"
	"github.com/houzhen/houzhen/internal/outbox/outboxtest"
)

var start = outboxtest.Start

func fixed() time.Time { return start }

func fact(id string, kind houzhen.EventKind) houzhen.Event {
	return houzhen.Event{ID: id, Kind: kind, Subject: "s-" + id, Version: 1, At: start}
}

func storeWith(t *testing.T, facts ...houzhen.Event) *outboxtest.Store {
	t.Helper()
	s := outboxtest.New(fixed, nil)
	if err := s.Emit(t.Context(), facts...); err != nil {
		t.Fatal(err)
	}
	return s
}

// note is a reaction that writes down which fact it saw.
func note(prefix string) outbox.Reaction {
	return func(_ context.Context, tx outbox.Tx, e houzhen.Event) error {
		return tx.(*outboxtest.Tx).Note(prefix + e.ID)
	}
}

func reactor(s outbox.Store, r map[houzhen.EventKind][]outbox.Reaction) *outbox.Reactor {
	return outbox.NewReactor(s, r, slog.New(slog.DiscardHandler))
}

func equal(t *testing.T, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("got other than wanted (-want +got):\n%s", d)
	}
}

func handled(s *outboxtest.Store) map[string]bool {
	m := map[string]bool{}
	for id, f := range s.Facts() {
		m[id] = f.Handled
	}
	return m
}

func TestHandleRunsEveryReactionOnceAndInOrder(t *testing.T) {
	s := storeWith(t, fact("a", houzhen.AppointmentBooked), fact("b", houzhen.TicketCalled), fact("c", houzhen.AppointmentBooked))
	r := reactor(s, map[houzhen.EventKind][]outbox.Reaction{
		houzhen.AppointmentBooked: {note("plan "), note("admit ")},
		houzhen.TicketCalled:      {note("show ")},
	})
	for range 2 { // a task may come twice
		if err := r.Handle(t.Context(), []string{"c", "b", "a", "unknown"}); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, s.Notes(), []string{"plan a", "admit a", "show b", "plan c", "admit c"})
	equal(t, handled(s), map[string]bool{"a": true, "b": true, "c": true})
}

func TestHandleMarksAFactWithoutReactions(t *testing.T) {
	s := storeWith(t, fact("a", houzhen.QueuePaused))
	if err := reactor(s, nil).Handle(t.Context(), []string{"a"}); err != nil {
		t.Fatal(err)
	}
	equal(t, handled(s), map[string]bool{"a": true})
}

func TestOneFailingFactDoesNotKeepTheOthers(t *testing.T) {
	cause := houzhen.E(houzhen.CodeState, "not possible")
	for name, bad := range map[string]outbox.Reaction{
		"error": func(context.Context, outbox.Tx, houzhen.Event) error { return cause },
		"panic": func(context.Context, outbox.Tx, houzhen.Event) error { panic("boom") },
	} {
		t.Run(name, func(t *testing.T) {
			s := storeWith(t, fact("a", houzhen.AppointmentBooked), fact("bad", houzhen.TicketMissed), fact("c", houzhen.AppointmentBooked))
			r := reactor(s, map[houzhen.EventKind][]outbox.Reaction{
				houzhen.AppointmentBooked: {note("plan ")},
				houzhen.TicketMissed:      {note("undone "), bad},
			})
			if err := r.Handle(t.Context(), []string{"a", "bad", "c"}); err != nil {
				t.Fatal(err)
			}
			equal(t, s.Notes(), []string{"plan a", "plan c"})
			equal(t, handled(s), map[string]bool{"a": true, "bad": false, "c": true})
			code := map[string]string{"error": "state", "panic": "internal"}[name]
			equal(t, s.Facts()["bad"], outboxtest.Fact{Attempts: 1, Code: code, NextAt: start.Add(5 * time.Second)})
		})
	}
}

func TestBackOffGrowsWithTheAgeOfTheFact(t *testing.T) {
	for _, c := range []struct{ age, want time.Duration }{
		{0, 5 * time.Second}, {time.Minute, time.Minute}, {24 * time.Hour, 15 * time.Minute},
	} {
		old := fact("a", houzhen.TicketMissed)
		old.At = start.Add(-c.age)
		s := storeWith(t, old)
		r := reactor(s, map[houzhen.EventKind][]outbox.Reaction{
			houzhen.TicketMissed: {func(context.Context, outbox.Tx, houzhen.Event) error { return errors.New("no") }},
		})
		if err := r.Handle(t.Context(), []string{"a"}); err != nil {
			t.Fatal(err)
		}
		if got := s.Facts()["a"].NextAt.Sub(start); got != c.want {
			t.Errorf("age %v: got retry after %v, want %v", c.age, got, c.want)
		}
	}
}

func TestABatchThatCannotCommitIsDoneFactByFact(t *testing.T) {
	s := storeWith(t, fact("a", houzhen.AppointmentBooked), fact("b", houzhen.AppointmentBooked))
	s.FailNext(errors.New("first try"), errors.New("with savepoints"), errors.New("a alone"))
	r := reactor(s, map[houzhen.EventKind][]outbox.Reaction{houzhen.AppointmentBooked: {note("")}})
	if err := r.Handle(t.Context(), []string{"a", "b"}); err == nil {
		t.Error("got no error though a is unhandled")
	}
	equal(t, handled(s), map[string]bool{"a": false, "b": true})
	equal(t, s.Notes(), []string{"b"})
}

func TestHandleStopsWhenItsContextDoes(t *testing.T) {
	s := storeWith(t, fact("a", houzhen.AppointmentBooked), fact("b", houzhen.AppointmentBooked))
	ctx, cancel := context.WithCancel(t.Context())
	runs := 0
	r := reactor(s, map[houzhen.EventKind][]outbox.Reaction{
		houzhen.AppointmentBooked: {func(ctx context.Context, _ outbox.Tx, _ houzhen.Event) error {
			runs++
			cancel()
			return ctx.Err()
		}},
	})
	if err := r.Handle(ctx, []string{"a", "b"}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if runs != 1 {
		t.Errorf("got %d runs, want 1: being stopped is no failure", runs)
	}
	equal(t, s.Facts()["a"].Attempts, 0)
}

func TestAfterCommitRunsOnceAndOnlyForWhatStayed(t *testing.T) {
	s := storeWith(t, fact("a", houzhen.AppointmentBooked), fact("bad", houzhen.TicketMissed))
	var woken []string
	wake := func(ctx context.Context, _ outbox.Tx, e houzhen.Event) error {
		outbox.AfterCommit(ctx, func(context.Context) {
			if !s.Facts()["a"].Handled {
				t.Error("hook ran before the commit")
			}
			woken = append(woken, e.ID)
		})
		return nil
	}
	r := reactor(s, map[houzhen.EventKind][]outbox.Reaction{
		houzhen.AppointmentBooked: {wake},
		houzhen.TicketMissed:      {wake, func(context.Context, outbox.Tx, houzhen.Event) error { return errors.New("no") }},
	})
	if err := r.Handle(t.Context(), []string{"a", "bad"}); err != nil {
		t.Fatal(err)
	}
	equal(t, woken, []string{"a"})
}

func TestAfterCommitIsDroppedWithItsTransaction(t *testing.T) {
	s := storeWith(t, fact("a", houzhen.AppointmentBooked))
	s.FailNext(errors.New("first"), errors.New("second"))
	r := reactor(s, map[houzhen.EventKind][]outbox.Reaction{
		houzhen.AppointmentBooked: {func(ctx context.Context, _ outbox.Tx, _ houzhen.Event) error {
			outbox.AfterCommit(ctx, func(context.Context) { t.Error("hook ran without a commit") })
			return nil
		}},
	})
	if err := r.Handle(t.Context(), []string{"a"}); err == nil {
		t.Error("got no error")
	}
}

// again is a store that runs every transaction twice, as one does that met
// another writer.
type again struct{ *outboxtest.Store }

func (a again) InTx(ctx context.Context, f func(outbox.Tx) error) error {
	_ = a.Store.InTx(ctx, func(tx outbox.Tx) error { return errors.Join(f(tx), errors.New("met another")) })
	return a.Store.InTx(ctx, f)
}

func TestAfterCommitRunsOnceWhenTheStoreRunsATransactionAgain(t *testing.T) {
	s := storeWith(t, fact("a", houzhen.AppointmentBooked))
	n := 0
	r := reactor(again{s}, map[houzhen.EventKind][]outbox.Reaction{
		houzhen.AppointmentBooked: {func(ctx context.Context, _ outbox.Tx, _ houzhen.Event) error {
			outbox.AfterCommit(ctx, func(context.Context) { n++ })
			return nil
		}},
	})
	if err := r.Handle(t.Context(), []string{"a"}); err != nil {
		t.Fatal(err)
	}
	equal(t, n, 1)
}

func TestAfterCommitOutsideATransactionPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("got no panic")
		}
	}()
	outbox.AfterCommit(t.Context(), func(context.Context) {})
}

func TestWithHooksRunsThemInOrderAndOnce(t *testing.T) {
	ctx, run := outbox.WithHooks(t.Context())
	var got []int
	for i := range 3 {
		outbox.AfterCommit(ctx, func(context.Context) { got = append(got, i) })
	}
	run(t.Context())
	run(t.Context())
	equal(t, got, []int{0, 1, 2})
}
