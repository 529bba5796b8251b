package webhook

import "sync"

// Mark is what the store knows of facts at one moment. Seq is the highest
// number that can be seen. Every transaction that holds a lower number, seen
// or not, has an id below Fence; those below Oldest are over. An engine with
// one writer gives zero for both.
type Mark struct{ Seq, Fence, Oldest int64 }

// Horizon knows up to which number nothing more can appear. It remembers what
// it saw, because whether a moment has settled is known only later. Each
// process has its own: it starts at zero and is never too high.
type Horizon struct {
	mu      sync.Mutex
	settled int64
	waiting []Mark // of rising Seq and Fence
}

// horizonMost bounds what is remembered while one transaction stays open.
const horizonMost = 64

// See takes a new mark and gives the highest number at or below which
// everything is visible that ever will be.
func (h *Horizon) See(m Mark) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	if m.Seq > h.settled && len(h.waiting) < horizonMost {
		h.waiting = append(h.waiting, m)
	}
	rest := h.waiting[:0]
	for _, w := range h.waiting {
		if m.Oldest >= w.Fence {
			h.settled = max(h.settled, w.Seq)
		} else {
			rest = append(rest, w)
		}
	}
	h.waiting = rest
	return h.settled
}
