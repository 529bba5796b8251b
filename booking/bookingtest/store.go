// Package bookingtest has a store of bookings in memory, for tests.
//
// It is honest: it refuses what the unique indexes of a database refuse, keeps
// versions, and a transaction that fails leaves nothing behind. It decides
// nothing, and is not made to be fast.
package bookingtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// Store is a booking.Store in memory. Transactions go one after another.
type Store struct {
	Now func() time.Time

	mu           sync.Mutex
	ids          int
	sessions     map[string]booking.Session
	slots        map[string][]booking.Slot // by session, by number
	appointments map[string]booking.Appointment
	bySession    map[string]map[string]bool // ids of appointments
	byPatient    map[string]map[string]bool
	rosters      map[string]booking.Roster
	exceptions   map[string]booking.Exception
	beats        map[string]time.Time
	outages      []booking.Outage
	rules        map[string]booking.ReleaseRule
	facts        []houzhen.Event
	before       func()
	fail         func(verb, id string) error
	watch        []func(ctx context.Context, facts []houzhen.Event)
}

// New makes an empty store whose time now gives.
func New(now func() time.Time) *Store {
	return &Store{
		Now: now, sessions: map[string]booking.Session{}, slots: map[string][]booking.Slot{},
		appointments: map[string]booking.Appointment{}, bySession: map[string]map[string]bool{}, byPatient: map[string]map[string]bool{},
		rosters: map[string]booking.Roster{}, exceptions: map[string]booking.Exception{}, beats: map[string]time.Time{}, rules: map[string]booking.ReleaseRule{},
	}
}

// InTx runs f alone and undoes everything if it fails.
func (s *Store) InTx(ctx context.Context, f func(booking.Tx) error) error {
	if before := s.takeBefore(); before != nil {
		before()
	}
	facts, err := s.inTx(f)
	if err != nil {
		return err
	}
	for _, told := range s.watchers() {
		told(context.WithoutCancel(ctx), facts)
	}
	return nil
}

func (s *Store) inTx(f func(booking.Tx) error) ([]houzhen.Event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tx := &Tx{store: s, now: s.now()}
	err := f(tx)
	if err != nil {
		for _, undo := range slices.Backward(tx.undo) {
			undo()
		}
		return nil, err
	}
	s.facts = append(s.facts, tx.facts...)
	return tx.facts, nil
}

// Traits are like those of a database.
func (s *Store) Traits() booking.Traits {
	return booking.Traits{Lanes: 2, Fresh: time.Second, Hopes: true}
}

// Time is the one that a transaction would be given.
func (s *Store) Time() time.Time { return s.now() }

// Watch tells f of the facts of each later transaction after its commit.
func (s *Store) Watch(f func(ctx context.Context, facts []houzhen.Event)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watch = append(s.watch, f)
}

func (s *Store) watchers() []func(ctx context.Context, facts []houzhen.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.watch)
}

// View runs f alone; writing in it fails.
func (s *Store) View(_ context.Context, f func(booking.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return f(&Tx{store: s, now: s.now(), readOnly: true})
}

// BeforeNextTx runs f once, between what the next writer has seen and his
// transaction: the place for somebody who is faster.
func (s *Store) BeforeNextTx(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = f
}

// FailWrites asks f before each write of a session or appointment; an error
// from it is the write's.
func (s *Store) FailWrites(f func(verb, id string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = f
}

// Facts gives the committed facts in order.
func (s *Store) Facts() []houzhen.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]houzhen.Event{}, s.facts...)
}

// Kinds gives the kinds of the committed facts in order.
func (s *Store) Kinds() []houzhen.EventKind {
	var kinds []houzhen.EventKind
	for _, f := range s.Facts() {
		kinds = append(kinds, f.Kind)
	}
	return kinds
}

func (s *Store) takeBefore() func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.before
	s.before = nil
	return f
}

func (s *Store) now() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }

// Tx is one transaction of Store.
type Tx struct {
	store    *Store
	now      time.Time
	readOnly bool
	undo     []func()
	facts    []houzhen.Event
}

var _ booking.Tx = (*Tx)(nil)

var errReadOnly = errors.New("a view cannot write")

// Now is fixed for the transaction.
func (tx *Tx) Now() time.Time { return tx.now }

// Ahead does nothing: memory is near.
func (tx *Tx) Ahead(context.Context, func(booking.Tx) error) error { return nil }

// NewID counts up.
func (tx *Tx) NewID() string {
	tx.store.ids++
	return fmt.Sprintf("id-%08d", tx.store.ids)
}

// Emit keeps a fact until the commit.
func (tx *Tx) Emit(e houzhen.Event) error {
	if tx.readOnly {
		return errReadOnly
	}
	tx.facts = append(tx.facts, e)
	return nil
}

// EmitAll keeps facts until the commit.
func (tx *Tx) EmitAll(events []houzhen.Event) error {
	for _, e := range events {
		if err := tx.Emit(e); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) may(verb, id string) error {
	if tx.readOnly {
		return errReadOnly
	}
	if tx.store.fail != nil {
		return tx.store.fail(verb, id)
	}
	return nil
}

// set puts a value into a map and remembers how to undo it.
func set[V any](tx *Tx, m map[string]V, id string, v V) {
	old, had := m[id]
	tx.undo = append(tx.undo, func() {
		if had {
			m[id] = old
		} else {
			delete(m, id)
		}
	})
	m[id] = v
}

func unset[V any](tx *Tx, m map[string]V, id string) {
	if old, had := m[id]; had {
		tx.undo = append(tx.undo, func() { m[id] = old })
		delete(m, id)
	}
}

func find[V any](m map[string]V, id string) (V, error) {
	v, ok := m[id]
	if !ok {
		return v, houzhen.E(houzhen.CodeNotFound, "no such row")
	}
	return v, nil
}
