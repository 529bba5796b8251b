package sim

import (
	"container/heap"
	"sync"
	"time"
)

// step is one thing that happens in a replay, at its instant. Steps of one
// instant happen in the order of their keys.
type step struct {
	at   time.Time
	key  string
	lane string // steps of different lanes do not touch each other; "": alone
	calm bool   // only when nothing is under way: the change must be clean
	do   func() error
}

// timeline is a queue of steps by time. Steps may be added by many at once.
type timeline struct {
	mu    sync.Mutex
	steps []step
}

func (t *timeline) add(s step) {
	t.mu.Lock()
	defer t.mu.Unlock()
	heap.Push(t, s)
}

func (t *timeline) next() (step, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.steps) == 0 {
		return step{}, false
	}
	return heap.Pop(t).(step), true
}

// company takes the steps that may happen together with first: those of lanes
// within the window, up to the next one that wants to be alone.
func (t *timeline) company(first step, window time.Duration) []step {
	t.mu.Lock()
	defer t.mu.Unlock()
	group := []step{first}
	for first.lane != "" && len(t.steps) > 0 && t.steps[0].lane != "" && t.steps[0].at.Sub(first.at) < window {
		group = append(group, heap.Pop(t).(step))
	}
	return group
}

// Len implements heap.Interface.
func (t *timeline) Len() int { return len(t.steps) }

// Less implements heap.Interface.
func (t *timeline) Less(i, j int) bool {
	a, b := t.steps[i], t.steps[j]
	if !a.at.Equal(b.at) {
		return a.at.Before(b.at)
	}
	return a.key < b.key
}

// Swap implements heap.Interface.
func (t *timeline) Swap(i, j int) { t.steps[i], t.steps[j] = t.steps[j], t.steps[i] }

// Push implements heap.Interface.
func (t *timeline) Push(x any) { t.steps = append(t.steps, x.(step)) }

// Pop implements heap.Interface.
func (t *timeline) Pop() any {
	last := t.steps[len(t.steps)-1]
	t.steps = t.steps[:len(t.steps)-1]
	return last
}
