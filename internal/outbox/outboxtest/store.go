// Package outboxtest has an honest double of the outbox's store, in memory,
// and the contract that it and the real store keep.
package outboxtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/outbox"
)

// Store keeps facts and ticks in memory. It has one writer at a time, undoes
// what fails, and tells of facts after their commit only.
type Store struct {
	now       func() time.Time
	committed func(ctx context.Context, facts []houzhen.Event)

	mu    sync.Mutex
	state state
	fails []error
}

// state is all there is; a transaction works on a copy.
type state struct {
	facts []fact
	ticks map[string][]time.Time
	notes []string
}

type fact struct {
	houzhen.Event
	handled  bool
	attempts int
	code     string
	nextAt   time.Time
}

func (s state) clone() state {
	ticks := map[string][]time.Time{}
	for name, at := range s.ticks {
		ticks[name] = slices.Clone(at)
	}
	return state{slices.Clone(s.facts), ticks, slices.Clone(s.notes)}
}

// New makes an empty store. committed, if given, hears of facts after their
// commit.
func New(now func() time.Time, committed func(ctx context.Context, facts []houzhen.Event)) *Store {
	return &Store{now: now, committed: committed, state: state{ticks: map[string][]time.Time{}}}
}

// FailNext makes the next transactions fail at their commit, one for each
// error.
func (s *Store) FailNext(errs ...error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = append(s.fails, errs...)
}

// InTx runs f in a transaction.
func (s *Store) InTx(ctx context.Context, f func(outbox.Tx) error) error {
	facts, err := s.once(ctx, false, f)
	if err == nil && s.committed != nil && len(facts) > 0 {
		s.committed(context.WithoutCancel(ctx), facts)
	}
	return err
}

// View runs f on a state that cannot be changed.
func (s *Store) View(ctx context.Context, f func(outbox.Tx) error) error {
	_, err := s.once(ctx, true, f)
	return err
}

func (s *Store) once(ctx context.Context, readOnly bool, f func(outbox.Tx) error) ([]houzhen.Event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	tx := &Tx{state: s.state.clone(), now: s.now().UTC().Truncate(time.Microsecond), readOnly: readOnly}
	if err := f(tx); err != nil {
		return nil, err
	}
	if readOnly {
		return nil, nil
	}
	if len(s.fails) > 0 {
		err := s.fails[0]
		s.fails = s.fails[1:]
		if err != nil {
			return nil, err
		}
	}
	s.state = tx.state
	return tx.emitted, nil
}

// Emit commits facts. An id or instant that is missing is made.
func (s *Store) Emit(ctx context.Context, facts ...houzhen.Event) error {
	return s.InTx(ctx, func(tx outbox.Tx) error {
		for _, e := range facts {
			if err := tx.(*Tx).Emit(e); err != nil {
				return err
			}
		}
		return nil
	})
}

// Notes gives what reactions wrote with Tx.Note, in order.
func (s *Store) Notes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.state.notes)
}

// Fact is a fact as the store knows it.
type Fact struct {
	Handled  bool
	Attempts int
	Code     string
	NextAt   time.Time
}

// Facts gives what is known of each fact.
func (s *Store) Facts() map[string]Fact {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := map[string]Fact{}
	for _, f := range s.state.facts {
		m[f.ID] = Fact{f.handled, f.attempts, f.code, f.nextAt}
	}
	return m
}

// Tx is one transaction of the double.
type Tx struct {
	state    state
	emitted  []houzhen.Event
	now      time.Time
	readOnly bool
}

var errReadOnly = errors.New("a view cannot be written to")

// Now is the instant of the transaction.
func (tx *Tx) Now() time.Time { return tx.now }

// Emit writes a fact.
func (tx *Tx) Emit(e houzhen.Event) error {
	if tx.readOnly {
		return errReadOnly
	}
	if e.ID == "" {
		e.ID = fmt.Sprintf("fact-%d", len(tx.state.facts)+1)
	}
	if e.At.IsZero() {
		e.At = tx.now
	}
	tx.state.facts = append(tx.state.facts, fact{Event: e, nextAt: e.At})
	tx.emitted = append(tx.emitted, e)
	return nil
}

// Note writes a line that is undone with its transaction, so that a test sees
// which effects of reactions stayed.
func (tx *Tx) Note(line string) error {
	if tx.readOnly {
		return errReadOnly
	}
	tx.state.notes = append(tx.state.notes, line)
	return nil
}

// ClaimFacts gives unhandled facts in the order they were written.
func (tx *Tx) ClaimFacts(_ context.Context, ids []string) ([]houzhen.Event, error) {
	if tx.readOnly {
		return nil, errReadOnly
	}
	var out []houzhen.Event
	for _, f := range tx.state.facts {
		if !f.handled && slices.Contains(ids, f.ID) {
			out = append(out, f.Event)
		}
	}
	return out, nil
}

// FactsHandled marks facts as done.
func (tx *Tx) FactsHandled(_ context.Context, ids []string) error {
	for i, f := range tx.state.facts {
		if slices.Contains(ids, f.ID) {
			tx.state.facts[i].handled = true
		}
	}
	return nil
}

// FactFailed counts an attempt.
func (tx *Tx) FactFailed(_ context.Context, id, code string, retryAt time.Time) error {
	for i, f := range tx.state.facts {
		if f.ID == id && !f.handled {
			tx.state.facts[i].attempts++
			tx.state.facts[i].code, tx.state.facts[i].nextAt = code, retryAt
			return nil
		}
	}
	return houzhen.E(houzhen.CodeNotFound, "no such unhandled fact")
}

// PendingFacts gives unhandled facts whose time has come.
func (tx *Tx) PendingFacts(_ context.Context, u houzhen.Urgency, now time.Time, limit int) ([]string, error) {
	var ids []string
	for _, f := range tx.state.facts {
		if !f.handled && houzhen.UrgencyOf(f.Kind) == u && !f.nextAt.After(now) && len(ids) < limit {
			ids = append(ids, f.ID)
		}
	}
	return ids, nil
}

// FactsAfter pages through all facts.
func (tx *Tx) FactsAfter(_ context.Context, seq int64, limit int) (facts []houzhen.Event, last int64, err error) {
	all := tx.state.facts[min(int(seq), len(tx.state.facts)):]
	for _, f := range all[:min(limit, len(all))] {
		facts = append(facts, f.Event)
	}
	return facts, seq + int64(len(facts)), nil
}

// Savepoint undoes what f wrote if it fails.
func (tx *Tx) Savepoint(_ context.Context, f func() error) error {
	before, emitted := tx.state.clone(), slices.Clone(tx.emitted)
	err := f()
	if err != nil {
		tx.state, tx.emitted = before, emitted
	}
	return err
}

// Tick records a tick.
func (tx *Tx) Tick(_ context.Context, schedule string, at time.Time) (bool, error) {
	if tx.readOnly {
		return false, errReadOnly
	}
	if slices.ContainsFunc(tx.state.ticks[schedule], at.Equal) {
		return false, nil
	}
	tx.state.ticks = maps.Clone(tx.state.ticks)
	tx.state.ticks[schedule] = append(tx.state.ticks[schedule], at)
	return true, nil
}

// LastTick gives the latest tick.
func (tx *Tx) LastTick(_ context.Context, schedule string) (time.Time, error) {
	var last time.Time
	for _, at := range tx.state.ticks[schedule] {
		if at.After(last) {
			last = at
		}
	}
	return last, nil
}
