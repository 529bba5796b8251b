package app

import (
	"sync"
	"time"

	"github.com/houzhen/houzhen/internal/board"
	"github.com/houzhen/houzhen/queue"
)

// beforehand remembers how each queue stood before its last change, so that a
// phone can say why a position is another one. It is a cache: a node that has
// forgotten says nothing until the next change.
type beforehand struct {
	mu   sync.Mutex
	last map[string]seen
}

type seen struct {
	q       queue.Queue
	at      time.Time
	changes map[string][]board.Reason
}

func newBeforehand() *beforehand { return &beforehand{last: map[string]seen{}} }

// changes explains, by ticket, what the latest change of a queue did to those
// who wait.
func (b *beforehand) changes(q queue.Queue, p queue.Policy, now time.Time) map[string][]board.Reason {
	b.mu.Lock()
	old, known := b.last[q.SessionID]
	b.mu.Unlock()
	if known && old.q.Version >= q.Version {
		return old.changes
	}
	next := seen{q: q, at: now, changes: map[string][]board.Reason{}}
	if known {
		for id, shifts := range queue.Shifts(old.q, q, p, now) {
			for _, s := range shifts {
				next.changes[id] = append(next.changes[id], reasonOf(s.Reason()))
			}
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.last[q.SessionID].q.Version < q.Version {
		b.last[q.SessionID] = next
	}
	return next.changes
}

// prune forgets queues that nobody has looked at for a day.
func (b *beforehand) prune(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, s := range b.last {
		if now.Sub(s.at) > 24*time.Hour {
			delete(b.last, id)
		}
	}
}
