// Package queuetest is an honest double of the queue's store: in memory, one
// writer at a time, rolled back when a verb fails, with the same refusals as
// the real one. It decides nothing about order.
package queuetest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/queue"
)

// Store keeps queues in memory. Its clock stands still until Advance.
type Store struct {
	mu    sync.Mutex
	now   time.Time
	data  data
	loads int
}

type data struct {
	seq     int
	queues  map[string]queue.Queue // heads
	tickets map[string]queue.Ticket
	calls   []queue.Call
	log     []queue.Entry
	events  []houzhen.Event
}

// NewStore starts empty at an instant.
func NewStore(now time.Time) *Store {
	return &Store{now: now, data: data{queues: map[string]queue.Queue{}, tickets: map[string]queue.Ticket{}}}
}

// Advance moves the clock.
func (s *Store) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// Events gives the committed facts, oldest first.
func (s *Store) Events() []houzhen.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.data.events)
}

// WholeLoads counts how often all tickets of a queue were loaded under lock.
func (s *Store) WholeLoads() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.loads
}

// InTx runs f on a copy and keeps the copy if f succeeds.
func (s *Store) InTx(_ context.Context, f func(queue.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &tx{store: s, data: s.data.clone()}
	if err := f(t); err != nil {
		return err
	}
	s.data = t.data
	return nil
}

// View runs f on a copy and forgets it.
func (s *Store) View(_ context.Context, f func(queue.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return f(&tx{store: s, data: s.data.clone()})
}

// clone copies what a transaction may change. Calls, log and facts are only
// ever appended to, so those of a copy that is forgotten lie beyond the end of
// those that are kept.
func (d data) clone() data {
	d.queues, d.tickets = maps.Clone(d.queues), maps.Clone(d.tickets)
	return d
}

// tx is one transaction's copy.
type tx struct {
	store *Store
	data  data
}

// Now gives the store's clock.
func (t *tx) Now() time.Time { return t.store.now }

// NewID counts.
func (t *tx) NewID() string {
	t.data.seq++
	return fmt.Sprintf("id-%06d", t.data.seq)
}

// Emit keeps a fact; one without id or subject is refused.
func (t *tx) Emit(e houzhen.Event) error {
	if e.ID == "" || e.Subject == "" || e.Version == 0 {
		return houzhen.E(houzhen.CodeInternal, "a fact needs id, subject and version")
	}
	t.data.events = append(t.data.events, e)
	return nil
}

// Foresee does nothing: memory is near.
func (t *tx) Foresee(context.Context, func(queue.Tx)) error { return nil }

// Together writes one after the other.
func (t *tx) Together(write func() error) error { return write() }

// Queue loads a head with its tickets by number.
func (t *tx) Queue(_ context.Context, sessionID string) (queue.Queue, error) {
	q, err := t.head(sessionID)
	if err != nil {
		return queue.Queue{}, err
	}
	for _, ticket := range t.data.tickets {
		if ticket.SessionID == sessionID {
			q.Tickets = append(q.Tickets, ticket)
		}
	}
	slices.SortFunc(q.Tickets, func(a, b queue.Ticket) int { return a.No - b.No })
	return q, nil
}

// LockQueue is Queue: there is one writer at a time.
func (t *tx) LockQueue(ctx context.Context, sessionID string) (queue.Queue, error) {
	t.store.loads++
	return t.Queue(ctx, sessionID)
}

// LockHead gives the head alone.
func (t *tx) LockHead(_ context.Context, sessionID string) (queue.Queue, error) {
	return t.head(sessionID)
}

// LockedTickets gives the tickets of a head.
func (t *tx) LockedTickets(ctx context.Context, head queue.Queue) ([]queue.Ticket, error) {
	q, err := t.LockQueue(ctx, head.SessionID)
	return q.Tickets, err
}

func (t *tx) head(sessionID string) (queue.Queue, error) {
	q, ok := t.data.queues[sessionID]
	if !ok {
		return queue.Queue{}, houzhen.E(houzhen.CodeNotFound, "no such queue")
	}
	return clone(q), nil
}

// clone copies what two heads would share.
func clone(q queue.Queue) queue.Queue {
	q.NormalsSinceInsert, q.Series, q.Desks = maps.Clone(q.NormalsSinceInsert), maps.Clone(q.Series), slices.Clone(q.Desks)
	return q
}

// Queues lists a zone's queues by start.
func (t *tx) Queues(ctx context.Context, zoneID string, from, to time.Time) ([]queue.Queue, error) {
	var found []queue.Queue
	for id, head := range t.data.queues {
		if head.ZoneID != zoneID || head.Start.Before(from) || !head.Start.Before(to) {
			continue
		}
		q, err := t.Queue(ctx, id)
		if err != nil {
			return nil, err
		}
		found = append(found, q)
	}
	slices.SortFunc(found, func(a, b queue.Queue) int { return a.Start.Compare(b.Start) })
	return found, nil
}

// AddQueue adds a head unless it exists.
func (t *tx) AddQueue(_ context.Context, q queue.Queue) (bool, error) {
	_, known := t.data.queues[q.SessionID]
	if !known {
		q.Tickets = nil
		t.data.queues[q.SessionID] = clone(q)
	}
	return !known, nil
}

// SaveQueue writes the head and raises its version.
func (t *tx) SaveQueue(_ context.Context, q *queue.Queue) error {
	old, err := t.head(q.SessionID)
	if err != nil {
		return err
	}
	if old.Version != q.Version {
		return houzhen.E(houzhen.CodeConflict, "the queue has another version")
	}
	q.Version++
	head := *q
	head.Tickets = nil
	t.data.queues[q.SessionID] = clone(head)
	return nil
}
