package outbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
)

// Reaction does what one fact causes. It may run again for the same fact, and
// facts may come in any order: it reads state and never patches it.
type Reaction func(ctx context.Context, tx Tx, e houzhen.Event) error

// Limits of the back-off: a fact that fails at age a is tried again at about 2a.
const (
	minBackOff = 5 * time.Second
	maxBackOff = 15 * time.Minute
)

// Grouping prepares the reactions to facts that are worked on together: it may
// read ahead what they need, and gives the context that they run with and what
// is to be done after the last of them, in the same transaction.
type Grouping func(ctx context.Context, tx Tx, facts []houzhen.Event) (inner context.Context, end func(context.Context) error, err error)

// Reactor runs reactions to committed facts.
type Reactor struct {
	store     Store
	reactions map[houzhen.EventKind][]Reaction
	grouping  Grouping // nil for none
	log       *slog.Logger
}

// NewReactor makes a reactor. A kind without reactions is simply marked as
// handled.
func NewReactor(store Store, reactions map[houzhen.EventKind][]Reaction, log *slog.Logger) *Reactor {
	return &Reactor{store: store, reactions: reactions, log: log}
}

// Group has facts that are worked on together prepared by g. When any of them
// fails, all are done again one by one and without it.
func (r *Reactor) Group(g Grouping) { r.grouping = g }

// Handle reacts to those of the facts that nobody has handled, in one
// transaction, those of a session in the order in which they were written. One
// that fails is undone alone, counted and left to the sweeper; the others go on. An error means
// that the store is in trouble and some of ids are still unhandled.
//
// The first try runs without savepoints, which cost more than the reactions of
// a quiet day; only when something fails is the batch done again with them,
// and if even that is refused, fact by fact.
func (r *Reactor) Handle(ctx context.Context, ids []string) error {
	err := r.batch(ctx, ids, r.together)
	if err == nil || ctx.Err() != nil {
		return err
	}
	if err = r.batch(ctx, ids, r.alone); err == nil || ctx.Err() != nil || len(ids) < 2 {
		return err
	}
	var errs []error
	for _, id := range ids {
		errs = append(errs, r.batch(ctx, []string{id}, r.alone))
	}
	return errors.Join(errs...)
}

// bySession keeps the facts of a session in the order in which they were
// written, and sessions in one order for all: two batches that lock the rows
// of the same sessions wait for each other instead of meeting head-on.
func bySession(a, b houzhen.Event) int { return cmp.Compare(a.Session, b.Session) }

// work reacts to claimed facts and gives the ids of those that count as handled.
type work func(ctx context.Context, tx Tx, facts []houzhen.Event) (done []string, err error)

func (r *Reactor) batch(ctx context.Context, ids []string, do work) error {
	h := &hooks{}
	inner := context.WithValue(ctx, hooksKey{}, h)
	err := r.store.InTx(inner, func(tx Tx) error {
		h.cut(0) // the store may run this again
		facts, err := tx.ClaimFacts(inner, ids)
		if err != nil {
			return fmt.Errorf("claim facts: %w", err)
		}
		slices.SortStableFunc(facts, bySession)
		done, err := do(inner, tx, facts)
		if err != nil || len(done) == 0 {
			return err
		}
		if err := tx.FactsHandled(inner, done); err != nil {
			return fmt.Errorf("mark facts: %w", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	h.run(ctx)
	return nil
}

// together reacts to all facts or to none.
func (r *Reactor) together(ctx context.Context, tx Tx, facts []houzhen.Event) ([]string, error) {
	end := func(context.Context) error { return nil }
	if r.grouping != nil && len(facts) > 1 {
		var err error
		if ctx, end, err = r.grouping(ctx, tx, facts); err != nil {
			return nil, fmt.Errorf("prepare facts: %w", err)
		}
	}
	done := make([]string, len(facts))
	for i, e := range facts {
		if err := r.react(ctx, tx, e); err != nil {
			return nil, err
		}
		done[i] = e.ID
	}
	return done, end(ctx)
}

// alone reacts to each fact behind a savepoint of its own.
func (r *Reactor) alone(ctx context.Context, tx Tx, facts []houzhen.Event) (done []string, err error) {
	for _, e := range facts {
		handled, err := r.guarded(ctx, tx, e)
		if err != nil {
			return nil, err
		}
		if handled {
			done = append(done, e.ID)
		}
	}
	return done, nil
}

func (r *Reactor) guarded(ctx context.Context, tx Tx, e houzhen.Event) (bool, error) {
	h, _ := ctx.Value(hooksKey{}).(*hooks)
	before := h.size()
	cause := tx.Savepoint(ctx, func() error { return r.react(ctx, tx, e) })
	if cause == nil {
		return true, nil
	}
	h.cut(before)
	if ctx.Err() != nil {
		return false, cause // stopped, not failed
	}
	code := houzhen.CodeOf(cause)
	retryAt := tx.Now().Add(min(max(tx.Now().Sub(e.At), minBackOff), maxBackOff))
	r.log.ErrorContext(ctx, "fact failed", "fact", e.ID, "kind", e.Kind, "subject", e.Subject, "code", code, "error", cause, "retry_at", retryAt)
	if err := tx.FactFailed(ctx, e.ID, string(code), retryAt); err != nil {
		return false, fmt.Errorf("count failure: %w", errors.Join(err, cause))
	}
	return false, nil
}

// react runs the reactions in order; a panic is an error of this fact alone.
func (r *Reactor) react(ctx context.Context, tx Tx, e houzhen.Event) (err error) {
	defer func() {
		if x := recover(); x != nil {
			r.log.ErrorContext(ctx, "reaction panicked", "fact", e.ID, "kind", e.Kind, "stack", string(debug.Stack()))
			err = houzhen.E(houzhen.CodeInternal, "reaction panicked")
		}
	}()
	for _, f := range r.reactions[e.Kind] {
		if err := f(ctx, tx, e); err != nil {
			return fmt.Errorf("react to %s: %w", e.Kind, err)
		}
	}
	return nil
}
