package sim

import (
	"container/heap"
	"time"
)

// step is one thing that happens in a replay, at its instant. Steps of one
// instant happen in the order in which they were added.
type step struct {
	at    time.Time
	seq   int
	calm  bool // only when nothing is under way: the change must be clean
	do    func() error
	ticks bool
}

// timeline is a queue of steps by time.
type timeline struct {
	steps []step
	seq   int
}

func (t *timeline) add(s step) {
	t.seq++
	s.seq = t.seq
	heap.Push(t, s)
}

func (t *timeline) next() (step, bool) {
	if len(t.steps) == 0 {
		return step{}, false
	}
	return heap.Pop(t).(step), true
}

// Len implements heap.Interface.
func (t *timeline) Len() int { return len(t.steps) }

// Less implements heap.Interface.
func (t *timeline) Less(i, j int) bool {
	a, b := t.steps[i], t.steps[j]
	if !a.at.Equal(b.at) {
		return a.at.Before(b.at)
	}
	return a.seq < b.seq
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
