package app

import (
	"sync"

	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/queue"
)

// stepsTold remembers what this node has told of each queue, so that a board
// that is drawn again asks the ledger nothing. The ledger's own key is what
// keeps a word from being told twice.
type stepsTold struct {
	mu   sync.Mutex
	told map[string]map[toldStep]bool // by session
}

type toldStep struct {
	ticket string
	turn   int64
	kind   notify.Kind
}

// queuesTold bounds how many queues are remembered; then all are forgotten.
const queuesTold = 2000

func (s *stepsTold) fresh(q queue.Queue, due []step) []step {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []step
	for _, d := range due {
		if !s.told[q.SessionID][toldStep{d.ticket.ID, turn(d.ticket), d.kind}] {
			out = append(out, d)
		}
	}
	return out
}

func (s *stepsTold) note(q queue.Queue, done []step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.told == nil || len(s.told) >= queuesTold {
		s.told = map[string]map[toldStep]bool{}
	}
	if s.told[q.SessionID] == nil {
		s.told[q.SessionID] = map[toldStep]bool{}
	}
	for _, d := range done {
		s.told[q.SessionID][toldStep{d.ticket.ID, turn(d.ticket), d.kind}] = true
	}
}
