package app

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/houzhen/houzhen"
)

// drawers is how many goroutines draw; each waits for database and Redis most of
// its time.
const drawers = 4

// drawnTogether bounds how many sessions are drawn in one go, which they wait
// for together.
const drawnTogether = 16

// live keeps what is watched up to date. A change of a queue is noted by its
// session, and a few goroutines draw the noted ones, each session one at a
// time: a burst of changes is one drawing. Who draws takes all that have piled
// up, so that in a busy time few trips serve many.
type live struct {
	draw  func(ctx context.Context, sessionIDs []string) error
	now   func() time.Time
	kinds map[houzhen.EventKind]bool // facts that are about a queue
	alone map[houzhen.EventKind]bool // of them, those that cause nothing but a drawing
	log   *slog.Logger

	wake  chan struct{}
	mu    sync.Mutex
	fresh pile // queues that changed
	aged  pile // queues in which only time has passed: one at a time, when nothing else is to be done
	ages  bool // one of them is being drawn
	busy  map[string]bool
	known recent // facts whose queue was noted right after their commit
	last  int64
}

func newLive(draw func(ctx context.Context, sessionIDs []string) error, now func() time.Time, log *slog.Logger) *live {
	return &live{
		draw: draw, now: now, log: log, wake: make(chan struct{}, drawers), busy: map[string]bool{},
		kinds: map[houzhen.EventKind]bool{}, alone: map[houzhen.EventKind]bool{},
	}
}

// committed notes the queues that facts of this node are about, as soon as they
// are committed. The reaction to them, wherever it runs, is the second chance.
func (l *live) committed(facts []houzhen.Event) {
	for _, e := range facts {
		if e.Session == "" || !l.kinds[e.Kind] {
			continue
		}
		l.mu.Lock()
		l.known.add(e.ID)
		l.mu.Unlock()
		l.touch(e.Session)
	}
}

// knows reports whether the queue of a fact was noted after its commit.
func (l *live) knows(factID string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.known.has(factID)
}

// touch asks for a session to be drawn again because it changed.
func (l *live) touch(sessionID string) { l.note(&l.fresh, sessionID) }

// refresh asks for it because time has passed.
func (l *live) refresh(sessionID string) { l.note(&l.aged, sessionID) }

func (l *live) note(on *pile, sessionID string) {
	l.mu.Lock()
	on.add(sessionID)
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// idle reports whether nothing is waiting to be drawn.
func (l *live) idle() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.fresh.order)+len(l.aged.order)+len(l.busy) == 0
}

// take gives the next sessions that nobody draws: those that changed, and if there
// are none, one that has grown older.
func (l *live) take() (ids []string, aged bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	ids = l.fresh.take(l.busy, drawnTogether)
	if len(ids) == 0 && !l.ages {
		ids = l.aged.take(l.busy, 1)
		aged = len(ids) > 0
		l.ages = aged
	}
	for _, id := range ids {
		l.busy[id] = true
	}
	return ids, aged
}

func (l *live) done(ids []string, aged bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range ids {
		delete(l.busy, id)
	}
	if aged {
		l.ages = false
	}
}

// run draws until ctx ends.
func (l *live) run(ctx context.Context) error {
	var g errgroup.Group
	for range drawers {
		g.Go(func() error {
			for {
				select {
				case <-ctx.Done():
					return nil
				case <-l.wake:
				}
				l.drawAll(ctx)
			}
		})
	}
	return g.Wait()
}

func (l *live) drawAll(ctx context.Context) {
	for ctx.Err() == nil {
		ids, aged := l.take()
		if len(ids) == 0 {
			return
		}
		err := l.draw(ctx, ids)
		l.done(ids, aged)
		if err != nil && ctx.Err() == nil {
			l.log.WarnContext(ctx, "redraw failed", "sessions", ids, "error", err)
		}
	}
}

// rev is the number of a drawing that begins now: it always rises, also where
// the clock stands still, so that an older drawing never replaces a newer one.
func (l *live) rev() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = max(l.last+1, l.now().UnixMicro())
	return l.last
}

// pile is sessions in the order in which they were first noted.
type pile struct {
	order []string
	in    map[string]bool
}

func (p *pile) add(id string) {
	if p.in == nil {
		p.in = map[string]bool{}
	}
	if !p.in[id] {
		p.in[id] = true
		p.order = append(p.order, id)
	}
}

// take gives the first n that are not busy.
func (p *pile) take(busy map[string]bool, n int) (ids []string) {
	p.order = slices.DeleteFunc(p.order, func(id string) bool {
		if len(ids) == n || busy[id] {
			return false
		}
		ids = append(ids, id)
		delete(p.in, id)
		return true
	})
	return ids
}

// recentKept is how many facts are remembered: seconds of a very busy node.
const recentKept = 20_000

// recent is the last ids that were added.
type recent struct {
	ring []string
	at   int
	in   map[string]bool
}

func (r *recent) add(id string) {
	if r.in == nil {
		r.in, r.ring = map[string]bool{}, make([]string, recentKept)
	}
	delete(r.in, r.ring[r.at])
	r.ring[r.at], r.in[id] = id, true
	r.at = (r.at + 1) % recentKept
}

func (r *recent) has(id string) bool { return r.in[id] }
