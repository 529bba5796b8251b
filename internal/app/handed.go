package app

import (
	"sync"
	"time"
)

// handedFor is how long a message that was handed to the pipeline is left
// alone by the sweep. A second task would be harmless, because each id is
// claimed, but a backlog must not be handed over every two seconds.
const handedFor = 30 * time.Second

// handed remembers, in real time, what the sweep has handed over.
type handed struct {
	mu   sync.Mutex
	when map[string]time.Time
}

// fresh gives those of ids that were not handed over lately, and notes them.
func (a *App) fresh(ids []string) []string {
	a.handed.mu.Lock()
	defer a.handed.mu.Unlock()
	now := wall()
	for id, at := range a.handed.when {
		if now.Sub(at) > handedFor {
			delete(a.handed.when, id)
		}
	}
	var list []string
	for _, id := range ids {
		if _, known := a.handed.when[id]; !known {
			a.handed.when[id] = now
			list = append(list, id)
		}
	}
	return list
}

func (a *App) forgetHanded() {
	a.handed.mu.Lock()
	defer a.handed.mu.Unlock()
	clear(a.handed.when)
}
