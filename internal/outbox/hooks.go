package outbox

import (
	"context"
	"sync"
)

type hooksKey struct{}

type hooks struct {
	mu  sync.Mutex
	fns []func(context.Context)
}

// WithHooks gives a context that collects what AfterCommit is handed, and the
// function that runs it: to be called after the commit, or never.
func WithHooks(ctx context.Context) (collecting context.Context, run func(context.Context)) {
	h := &hooks{}
	return context.WithValue(ctx, hooksKey{}, h), h.run
}

// AfterCommit asks for f to be run once the transaction of ctx has committed.
// It is for hints only, such as waking a sender: a crash in between loses it.
// A ctx that does not come from WithHooks is a fault in the program and panics.
func AfterCommit(ctx context.Context, f func(context.Context)) {
	h, ok := ctx.Value(hooksKey{}).(*hooks)
	if !ok {
		panic("outbox: AfterCommit with a context that collects no hooks")
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fns = append(h.fns, f)
}

func (h *hooks) run(ctx context.Context) {
	h.mu.Lock()
	fns := h.fns
	h.fns = nil
	h.mu.Unlock()
	for _, f := range fns {
		f(ctx)
	}
}

// size and cut let a failed savepoint drop the hooks it had registered.
func (h *hooks) size() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.fns)
}

func (h *hooks) cut(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fns = h.fns[:n]
}
