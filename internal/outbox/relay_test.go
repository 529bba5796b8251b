package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/outbox"
	"github.com/houzhen/houzhen/internal/outbox/outboxtest"
)

// pass lets time go by in a synctest bubble, where it takes none.
func pass(d time.Duration) { <-time.After(d) }

// lane is a pipeline that writes down what it is handed.
type lane struct {
	mu    sync.Mutex
	tasks []task
	block chan struct{} // if set, each task waits for it
	err   error
}

type task struct {
	Urgency houzhen.Urgency
	IDs     []string
}

func (l *lane) enqueue(_ context.Context, u houzhen.Urgency, ids []string) error {
	l.mu.Lock()
	l.tasks = append(l.tasks, task{u, slices.Clone(ids)})
	block, err := l.block, l.err
	l.mu.Unlock()
	if block != nil {
		<-block
	}
	return err
}

func (l *lane) seen() []task {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.tasks)
}

func facts(kind houzhen.EventKind, from, n int) []houzhen.Event {
	var out []houzhen.Event
	for i := from; i < from+n; i++ {
		out = append(out, fact(fmt.Sprint(i), kind))
	}
	return out
}

func relay(t *testing.T, l *lane, bound int) *outbox.Relay {
	t.Helper()
	r := outbox.NewRelay(outbox.RelayOptions{Enqueue: l.enqueue, Logger: slog.New(slog.DiscardHandler), Bound: bound})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := r.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
	return r
}

func TestRelayHandsALoneFactOverAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lane{}
		r := relay(t, l, 0)
		r.Committed(t.Context(), nil)
		r.Committed(t.Context(), facts(houzhen.TicketCalled, 1, 1))
		synctest.Wait() // and no time passes
		equal(t, l.seen(), []task{{houzhen.Critical, []string{"1"}}})
		equal(t, r.Pending(), 0)
	})
}

func TestRelayBatchesWhatPilesUpMostUrgentFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lane{block: make(chan struct{})}
		r := relay(t, l, 0)
		r.Committed(t.Context(), facts(houzhen.AppointmentBooked, 0, 1))
		synctest.Wait() // the first is on its way
		r.Committed(t.Context(), facts(houzhen.AppointmentNoShow, 1, 1))
		r.Committed(t.Context(), facts(houzhen.AppointmentBooked, 2, 150))
		r.Committed(t.Context(), facts(houzhen.TicketCalled, 200, 2))
		equal(t, r.Pending(), 154)
		close(l.block)
		synctest.Wait()
		var sizes []int
		var order []houzhen.Urgency
		for _, k := range l.seen() {
			sizes, order = append(sizes, len(k.IDs)), append(order, k.Urgency)
		}
		equal(t, sizes, []int{1, 2, 100, 50, 1})
		equal(t, order, []houzhen.Urgency{houzhen.Soon, houzhen.Critical, houzhen.Soon, houzhen.Soon, houzhen.Routine})
		equal(t, r.Pending(), 0)
	})
}

func TestRelayNeverMakesACommitWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lane{block: make(chan struct{})}
		r := relay(t, l, 100)
		for range 10 {
			r.Committed(t.Context(), facts(houzhen.AppointmentBooked, 0, 50))
		}
		if got := r.Dropped(); got < 300 {
			t.Errorf("got %d dropped, want the overflow", got)
		}
		close(l.block)
		synctest.Wait()
		equal(t, r.Pending(), 0)
	})
}

func TestRelayGoesOnAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lane{err: errors.New("redis is away")}
		r := relay(t, l, 0)
		r.Committed(t.Context(), facts(houzhen.AppointmentBooked, 1, 1))
		synctest.Wait()
		r.Committed(t.Context(), facts(houzhen.AppointmentBooked, 2, 1))
		synctest.Wait()
		equal(t, len(l.seen()), 2)
	})
}

func sweeper(s outbox.Store, l *lane) *outbox.Sweeper {
	return outbox.NewSweeper(outbox.SweeperOptions{Store: s, Enqueue: l.enqueue, Grace: 5 * time.Second, Again: time.Minute})
}

func sweep(t *testing.T, w *outbox.Sweeper, after time.Duration) int {
	t.Helper()
	n, err := w.Sweep(t.Context(), start.Add(after))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSweepFindsWhatTheRelayLostAfterItsGrace(t *testing.T) {
	s := storeWith(t, fact("a", houzhen.AppointmentBooked), fact("b", houzhen.TicketCalled))
	l := &lane{}
	w := sweeper(s, l)
	equal(t, sweep(t, w, 4*time.Second), 0)
	equal(t, sweep(t, w, 5*time.Second), 2)
	equal(t, l.seen(), []task{{houzhen.Critical, []string{"b"}}, {houzhen.Soon, []string{"a"}}})
}

func TestSweepDoesNotPileUpABacklog(t *testing.T) {
	s := storeWith(t, fact("a", houzhen.AppointmentBooked))
	w := sweeper(s, &lane{})
	got := []int{sweep(t, w, 10*time.Second), sweep(t, w, 11*time.Second), sweep(t, w, 69*time.Second), sweep(t, w, 70*time.Second)}
	equal(t, got, []int{1, 0, 0, 1})
}

func TestSweepStartsAnewWhenThePipelineWasEmptied(t *testing.T) {
	s := storeWith(t, fact("a", houzhen.AppointmentBooked))
	w := sweeper(s, &lane{})
	sweep(t, w, 10*time.Second)
	w.Forget()
	equal(t, sweep(t, w, 11*time.Second), 1)
}

func TestSweepLeavesHandledFactsAlone(t *testing.T) {
	s := storeWith(t, fact("a", houzhen.AppointmentBooked))
	if err := reactor(s, nil).Handle(t.Context(), []string{"a"}); err != nil {
		t.Fatal(err)
	}
	equal(t, sweep(t, sweeper(s, &lane{}), time.Hour), 0)
}

func TestSweepTriesAgainWhatItCouldNotHandOver(t *testing.T) {
	s := storeWith(t, fact("a", houzhen.AppointmentBooked), fact("b", houzhen.TicketCalled))
	l := &lane{err: errors.New("redis is away")}
	w := sweeper(s, l)
	if _, err := w.Sweep(t.Context(), start.Add(time.Minute)); err == nil {
		t.Error("got no error")
	}
	equal(t, len(l.seen()), 2) // the other lane was tried too
	l.err = nil
	equal(t, sweep(t, w, time.Minute), 2)
}

// The whole way: a fact that fails comes back through the sweeper and ends
// handled.
func TestAFailedFactComesBackWithTheSweeper(t *testing.T) {
	now := start
	s := outboxtest.New(func() time.Time { return now }, nil)
	if err := s.Emit(t.Context(), fact("a", houzhen.AppointmentBooked)); err != nil {
		t.Fatal(err)
	}
	broken := true
	r := reactor(s, map[houzhen.EventKind][]outbox.Reaction{
		houzhen.AppointmentBooked: {func(context.Context, outbox.Tx, houzhen.Event) error {
			if broken {
				return errors.New("no")
			}
			return nil
		}},
	})
	w := outbox.NewSweeper(outbox.SweeperOptions{Store: s, Grace: time.Second, Enqueue: func(ctx context.Context, _ houzhen.Urgency, ids []string) error {
		return r.Handle(ctx, ids)
	}})
	for range 5 {
		now = now.Add(31 * time.Second)
		if _, err := w.Sweep(t.Context(), now); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.Facts()["a"]; got.Handled || got.Attempts < 2 {
		t.Errorf("got %+v, want several failures", got)
	}
	broken = false
	now = now.Add(20 * time.Minute)
	if _, err := w.Sweep(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	if !s.Facts()["a"].Handled {
		t.Error("got an unhandled fact, want it handled at last")
	}
}

func lingering(t *testing.T, l *lane) *outbox.Relay {
	t.Helper()
	r := outbox.NewRelay(outbox.RelayOptions{Enqueue: l.enqueue, Logger: slog.New(slog.DiscardHandler), Linger: 20 * time.Millisecond})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = r.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return r
}

func TestLingeringIDsTravelTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lane{}
		r := lingering(t, l)
		for i := range 5 {
			r.Add(houzhen.Soon, fmt.Sprint(i))
			pass(time.Millisecond)
		}
		equal(t, len(l.seen()), 0)
		equal(t, r.Pending(), 5)
		pass(20 * time.Millisecond)
		equal(t, l.seen(), []task{{houzhen.Soon, []string{"0", "1", "2", "3", "4"}}})
	})
}

func TestLingeringEndsForWhatCannotWait(t *testing.T) {
	for name, end := range map[string]func(r *outbox.Relay){
		"something critical": func(r *outbox.Relay) { r.Add(houzhen.Critical, "called") },
		"a full task":        func(r *outbox.Relay) { r.Committed(t.Context(), facts(houzhen.AppointmentBooked, 1, 99)) },
		"a flush":            func(r *outbox.Relay) { r.Flush() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &lane{}
				r := lingering(t, l)
				r.Add(houzhen.Soon, "0")
				synctest.Wait()
				equal(t, len(l.seen()), 0)
				end(r)
				synctest.Wait() // and no time passes
				if len(l.seen()) == 0 {
					t.Error("it goes on waiting")
				}
			})
		})
	}
}

func TestAddTakesNoMoreThanTheBound(t *testing.T) {
	l := &lane{}
	r := outbox.NewRelay(outbox.RelayOptions{Enqueue: l.enqueue, Logger: slog.New(slog.DiscardHandler), Bound: 3})
	r.Add(houzhen.Soon)
	r.Add(houzhen.Soon, "a", "b")
	r.Add(houzhen.Soon, "c", "d", "e")
	r.Add(houzhen.Critical, "f")
	equal(t, []int64{int64(r.Pending()), r.Dropped()}, []int64{4, 2})
}
