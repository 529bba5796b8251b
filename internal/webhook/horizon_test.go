package webhook_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/houzhen/houzhen/internal/webhook"
)

// TestNoNumberAppearsBelowTheHorizon runs a model of a database: transactions
// begin, draw an id, then numbers, and end, in any order; a reader marks.
func TestNoNumberAppearsBelowTheHorizon(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type tx struct {
			id   int64
			seqs []int64
		}
		var running []*tx
		var h webhook.Horizon
		nextID, nextSeq, latestDone, visible, settled := int64(1), int64(1), int64(0), int64(0), int64(0)
		oldest := func() int64 {
			low := latestDone + 1
			for _, x := range running {
				if x.id < low {
					low = x.id
				}
			}
			return low
		}
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			switch what := rapid.IntRange(0, 3).Draw(t, "what"); {
			case what == 0 || len(running) == 0:
				running = append(running, &tx{id: nextID})
				nextID++
			case what == 1:
				x := running[rapid.IntRange(0, len(running)-1).Draw(t, "who")]
				x.seqs = append(x.seqs, nextSeq)
				nextSeq++
			case what == 2:
				i := rapid.IntRange(0, len(running)-1).Draw(t, "who")
				x := running[i]
				running = append(running[:i], running[i+1:]...)
				latestDone = max(latestDone, x.id)
				if rapid.Bool().Draw(t, "commits") {
					for _, s := range x.seqs {
						if s <= settled {
							t.Fatalf("number %d appeared below the horizon %d", s, settled)
						}
						visible = max(visible, s)
					}
				}
			default:
				m := webhook.Mark{Seq: visible, Oldest: oldest(), Fence: nextID}
				nextID++
				latestDone = max(latestDone, m.Fence)
				got := h.See(m)
				if got < settled || got > visible {
					t.Fatalf("the horizon went from %d to %d, visible is %d", settled, got, visible)
				}
				settled = got
			}
		}
		running = nil
		h.See(webhook.Mark{Seq: visible, Oldest: nextID, Fence: nextID})
		if got := h.See(webhook.Mark{Seq: visible, Oldest: nextID + 1, Fence: nextID + 1}); got != visible {
			t.Fatalf("all is over: got %d, want %d", got, visible)
		}
	})
}
