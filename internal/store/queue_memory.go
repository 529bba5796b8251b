package store

import (
	"cmp"
	"maps"
	"slices"
	"sync"

	"github.com/houzhen/houzhen/queue"
)

// remembered is the tickets of one version of a queue. Every change of a ticket
// raises the version of its queue, so that they are those of that version for good.
type remembered struct {
	version int64
	tickets []queue.Ticket // by number
}

// queuesRemembered bounds how many queues are remembered; then all are forgotten.
const queuesRemembered = 2000

// memory keeps the tickets of queues as they were last read or written here,
// so that they are read again only when the head has another version.
type memory struct {
	mu sync.Mutex
	of map[string]remembered // by session
}

func (m *memory) get(sessionID string) remembered {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.of[sessionID]
}

func (m *memory) keep(sessionID string, r remembered) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of == nil || len(m.of) >= queuesRemembered {
		m.of = map[string]remembered{}
	}
	if m.of[sessionID].version < r.version {
		m.of[sessionID] = r
	}
}

func (m *memory) forget(sessionID string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.of, sessionID)
}

// forgetAll is for when the database may not be the one that it was.
func (m *memory) forgetAll() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of = nil
}

// seen is what a transaction knows of queues, to be remembered when it has
// committed.
type seen struct {
	known  map[string]remembered // by session, as remembered when it was first asked for
	whole  map[string]remembered // by session, with what was written since
	wrote  map[string]bool       // sessions with a ticket that was written
	raised map[string]bool       // sessions whose head was saved
	unsure bool                  // part of it was undone
}

// known gives what is remembered of a queue, the same throughout a transaction.
func (tx *Tx) known(sessionID string) remembered {
	if r, asked := tx.seen.known[sessionID]; asked {
		return r
	}
	r := tx.db.queues.get(sessionID)
	if tx.seen.known == nil {
		tx.seen.known = map[string]remembered{}
	}
	tx.seen.known[sessionID] = r
	return r
}

func (s *seen) read(sessionID string, r remembered) {
	if s.whole == nil {
		s.whole = map[string]remembered{}
	}
	s.whole[sessionID] = r
}

// ticket notes one as it is stored now, wherever it was before.
func (s *seen) ticket(t queue.Ticket) {
	if s.wrote == nil {
		s.wrote = map[string]bool{}
	}
	s.wrote[t.SessionID] = true
	for id, r := range s.whole {
		if i := slices.IndexFunc(r.tickets, func(o queue.Ticket) bool { return o.ID == t.ID }); i >= 0 {
			r.tickets = slices.Delete(slices.Clone(r.tickets), i, i+1)
			s.whole[id] = r
		}
	}
	r, known := s.whole[t.SessionID]
	if !known {
		return
	}
	at, _ := slices.BinarySearchFunc(r.tickets, t, func(a, b queue.Ticket) int {
		return cmp.Or(cmp.Compare(a.No, b.No), cmp.Compare(a.ID, b.ID))
	})
	r.tickets = slices.Insert(slices.Clone(r.tickets), at, stored(t))
	s.whole[t.SessionID] = r
}

// head notes that the head was saved, and has this version now.
func (s *seen) head(sessionID string, version int64) {
	if s.raised == nil {
		s.raised = map[string]bool{}
	}
	s.raised[sessionID] = true
	if r, known := s.whole[sessionID]; known && r.version == version-1 {
		r.version = version
		s.whole[sessionID] = r
		return
	}
	delete(s.whole, sessionID)
}

// remember keeps what a transaction that has committed knows of queues.
func (m *memory) remember(s seen) {
	for id := range s.wrote {
		if !s.raised[id] { // by somebody who does not keep to the versions
			delete(s.whole, id)
			m.forget(id)
		}
	}
	if s.unsure {
		return
	}
	for _, id := range slices.Sorted(maps.Keys(s.whole)) {
		m.keep(id, s.whole[id])
	}
}

// stored gives a ticket as it comes back from the database.
func stored(t queue.Ticket) (out queue.Ticket) {
	if err := assign(ticketInto(&out), ticketArgs(t)); err != nil {
		return t // a column that is written and read in different forms; the tests of the store would show it
	}
	return out
}
