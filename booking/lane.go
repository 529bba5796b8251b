package booking

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/houzhen/houzhen"
)

const (
	maxGroup   = 128  // bookings in one transaction
	fairGroup  = 16   // of which one writer may take all that there are
	maxShelves = 2048 // sessions remembered
	crowd      = 4    // that many in one show that many book at once
	laneTries  = 2    // how often a request goes in a group before it goes alone
)

// lane books in groups. Whoever asks joins a queue; whenever a writer is free
// it takes what has piled up, so that a lone caller does not wait for anybody
// and a crowd shares its transactions. Who asks for a session that memory does
// not have joins when it was read, so that a writer waits for no reader. Memory
// picks the places, the unique indexes judge, and whoever they refuse is sent to
// look for himself.
//
// Every field below mu is guarded by it; mu is never held over the store.
type lane struct {
	s     *Service
	store Hearing
	Traits
	wary    atomic.Int64 // groups that are still written with care
	mu      sync.Mutex
	cold    []*pending // who ask for sessions that must be read first
	loading bool       // somebody reads them
	warmed  int        // how many ever joined the queue after that
	joined  *sync.Cond // some of them just did
	queue   []*pending
	crowdAt time.Time       // when a group last had many members
	running int             // writers at work
	busy    map[string]bool // patients in a group, and ids of what they ask for
	shelves map[string]*shelf
}

// pending is a request that waits for its group.
type pending struct {
	ctx     context.Context //nolint:containedctx // whose request it is: a group has many
	r       BookRequest
	id      string
	digest  string // of what is asked for
	tries   int
	shelf   *shelf
	session Session // as memory had it when the place was picked; the shelf's own may be read anew meanwhile
	gen     int
	place   Slot
	picked  bool
	again   bool // goes into the next group
	parked  bool // waits for other people's groups
	settled bool // has his answer
	done    chan outcome
}

// outcome is what became of a pending request.
type outcome struct {
	a       Appointment
	err     error
	refused refusal
}

// refusal says who refused.
type refusal int

const (
	byNobody refusal = iota
	byMemory         // and the database was not asked
	byRule           // a rule, in the group's transaction
	byGroup          // the group could not say: ask alone
)

func newLane(s *Service, store Hearing) *lane {
	l := &lane{s: s, store: store, Traits: store.Traits(), busy: map[string]bool{}, shelves: map[string]*shelf{}}
	l.Lanes, l.joined = max(l.Lanes, 1), sync.NewCond(&l.mu)
	store.Watch(l.hear)
	return l
}

// book asks memory, and joins a group if memory has a place or does not know.
func (l *lane) book(ctx context.Context, r BookRequest) outcome {
	p := &pending{ctx: ctx, r: r, id: r.id(), digest: r.digest(), done: make(chan outcome, 1)}
	l.mu.Lock()
	f := l.shelves[r.SessionID]
	if f != nil {
		if err, sure := l.refuse(f, p); sure {
			l.mu.Unlock()
			return outcome{err: err, refused: byMemory}
		}
	}
	l.join(f, p) //nolint:contextcheck // a writer serves many callers, each with his own
	l.mu.Unlock()
	select {
	case out := <-p.done:
		return out
	case <-ctx.Done():
		return p.left(ctx)
	}
}

// left is what a caller hears who waits no longer. His group goes on without
// him; if it has answered by now, that is his answer.
func (p *pending) left(ctx context.Context) outcome {
	select {
	case out := <-p.done:
		return out
	default:
		return outcome{err: houzhen.E(houzhen.CodeUnavailable, "caller left before his group was written").Because(context.Cause(ctx))}
	}
}

// refuse says no without asking the database, when what memory holds is fresh
// and leaves no doubt. Who had a place here before is not refused: his request
// may be one that was answered already.
func (l *lane) refuse(f *shelf, p *pending) (error, bool) {
	now := l.store.Time()
	if !f.fresh(now, l.Fresh) || f.ids[p.id] {
		return nil, false
	}
	if err := f.session.bookable(now, p.r.who()); err != nil {
		return err, houzhen.CodeOf(err) == houzhen.CodeNotReleased
	}
	if _, says := f.pick(p.r, now); says != full {
		return nil, false
	}
	return p.r.noPlace(), true
}

// noPlace is the refusal of a request for which there is no free place.
func (r BookRequest) noPlace() error {
	if r.SlotNo != 0 || !r.Start.IsZero() {
		return houzhen.E(houzhen.CodeSlotTaken, "no free place at that time").On("slot")
	}
	return houzhen.E(houzhen.CodeSessionFull, "no free place").On("session_id")
}

// join lets a request wait for a writer, or first for its session to be read
// while there are others to write.
func (l *lane) join(f *shelf, p *pending) {
	if l.running > 0 && (f == nil || !f.usable(l.store.Time(), l.Fresh)) {
		l.cold = append(l.cold, p)
		if !l.loading {
			l.loading = true
			go l.warm()
		}
		return
	}
	l.queue = append(l.queue, p)
	l.start()
}

// warm reads the sessions of who waits for them, a few at a time so that the
// first get to the writers soon.
func (l *lane) warm() {
	for {
		l.mu.Lock()
		n := min(fairGroup, len(l.cold))
		some := slices.Clone(l.cold[:n])
		l.cold = slices.Delete(l.cold, 0, n)
		if n == 0 {
			l.loading = false
			l.joined.Broadcast()
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
		l.read(some)
	}
}

// read loads the sessions of some requests and passes these on, whatever comes
// of it.
func (l *lane) read(some []*pending) {
	defer func() {
		_ = recover() // their writer reads again, and meets what went wrong
		l.mu.Lock()
		defer l.mu.Unlock()
		l.queue = append(l.queue, some...)
		l.warmed += len(some)
		l.joined.Broadcast()
		l.start()
	}()
	l.load(context.WithoutCancel(some[0].ctx), some)
}

// start sets a writer to work if there is work and one is free.
func (l *lane) start() {
	if len(l.queue) > 0 && l.running < l.Lanes {
		l.running++
		go l.run()
	}
}

func (l *lane) run() {
	for {
		l.gather()
		group := l.cut()
		if len(group) == 0 {
			return
		}
		l.serve(group)
	}
}

// gather lets those who were just answered ask again, so that they share the
// next commit: as long as the queue grows, whoever can run goes first.
func (l *lane) gather() {
	for before := -1; ; {
		n := l.await()
		if n <= before || n >= maxGroup {
			return
		}
		before = n
		for range 8 {
			runtime.Gosched()
		}
	}
}

// await lets those join whose sessions are being read: a small commit costs
// nearly what a large one does, and while there are several they leave the reader
// no time. A single writer leaves him a processor, and does not wait. It gives how
// many stand in the queue.
func (l *lane) await() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	for most := l.warmed + maxGroup; l.Lanes > 1 && l.loading && l.warmed < most && len(l.queue) < maxGroup; {
		l.joined.Wait()
	}
	return len(l.queue)
}

// cut takes a writer's share of what has piled up, one request of a patient at a
// time so that his limits are judged one after the other, and one of a key, which
// has one answer. With nothing to do the writer ends. A writer who took all would
// be long about it, and leave the others with little.
func (l *lane) cut() []*pending {
	l.mu.Lock()
	defer l.mu.Unlock()
	most := min(maxGroup, max(fairGroup, (len(l.queue)+l.Lanes-1)/l.Lanes))
	var group []*pending
	rest := l.queue[:0]
	for i, p := range l.queue {
		switch {
		case len(group) == most:
			rest = append(rest, l.queue[i:]...)
		case p.ctx.Err() != nil:
			continue
		case l.busy[p.r.PatientID] || l.busy[p.id]:
			rest = append(rest, p)
			continue
		default:
			l.busy[p.r.PatientID], l.busy[p.id] = true, true
			group = append(group, p)
			continue
		}
		break
	}
	clear(l.queue[len(rest):])
	l.queue = rest
	if len(group) >= crowd {
		l.crowdAt = l.store.Time()
	}
	if len(group) == 0 {
		l.running--
	}
	return group
}

// serve answers a group, or sends its members back to the queue.
func (l *lane) serve(group []*pending) {
	defer l.settle(group)
	defer func() { _ = recover() }() // each asks alone, and meets what went wrong himself
	ctx := context.WithValue(context.WithoutCancel(group[0].ctx), grouped{}, true)
	l.load(ctx, group)
	if picked := l.pick(group); len(picked) > 0 {
		l.commit(ctx, picked)
	}
}

// pick gives each of a group a place, or an answer, or lets him wait for those
// whose places are not confirmed yet.
func (l *lane) pick(group []*pending) []*pending {
	now := l.store.Time()
	l.mu.Lock()
	defer l.mu.Unlock()
	picked := make([]*pending, 0, len(group))
	for _, p := range group {
		f := l.shelves[p.r.SessionID]
		if f == nil || !f.usable(now, l.Fresh) || f.ids[p.id] || f.session.bookable(now, p.r.who()) != nil {
			p.answer(outcome{refused: byGroup})
			continue
		}
		at, says := f.pick(p.r, now)
		if says != given && !f.fresh(now, l.Fresh) { // too old to say no: those before him in the group had the last
			p.retry()
			continue
		}
		switch says {
		case given:
			at.picked, f.picks[at.No] = true, true
			p.place, p.shelf, p.session, p.gen, p.picked = at.Slot, f, f.session, f.gen, true
			picked = append(picked, p)
		case wait:
			f.waiting = append(f.waiting, p)
			p.parked = true
		case full:
			p.answer(outcome{err: p.r.noPlace(), refused: byMemory})
		case ask:
			p.answer(outcome{refused: byGroup})
		}
	}
	return picked
}

// retry sends a request into the next group, until it has been there often
// enough.
func (p *pending) retry() {
	if p.tries+1 < laneTries {
		p.tries++
		p.again = true
	}
}

// answer is given once.
func (p *pending) answer(out outcome) {
	if !p.settled {
		p.settled = true
		p.done <- out
	}
}

// settle ends a group: whoever has no answer by now has to ask alone, whoever
// waited for it is asked about again, and its patients may come back.
func (l *lane) settle(group []*pending) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var again []*pending
	for _, p := range group {
		delete(l.busy, p.r.PatientID)
		delete(l.busy, p.id)
		if p.picked { // neither confirmed nor refused
			l.release(p, unknown)
		}
		if !p.parked && !p.again {
			p.answer(outcome{refused: byGroup})
		}
		if p.again {
			again = append(again, p)
		}
		p.parked, p.again = false, false
	}
	for _, p := range group {
		if f := p.shelf; f != nil && len(f.waiting) > 0 {
			again = append(again, f.waiting...)
			f.waiting = nil
		}
	}
	l.queue = slices.Insert(l.queue, 0, again...)
}

// release ends the pick of p.
func (l *lane) release(p *pending, how fate) {
	p.picked = false
	p.shelf.settle(p.place.No, p.id, p.gen, how)
}

// forget drops what memory holds of sessions.
func (l *lane) forget(sessionIDs ...string) {
	if len(sessionIDs) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range sessionIDs {
		if f := l.shelves[id]; f != nil {
			f.drop()
		}
	}
}
