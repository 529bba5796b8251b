package store

import (
	"context"
	"database/sql"
	"slices"
	"sync"
)

// maxGroup is how many transactions one commit carries at most.
const maxGroup = 32

// turns lets one transaction at a time write to an embedded database. Making a
// commit durable takes longer than the work before it, so whoever ends while
// others wait leaves the commit to them: the next one works on in the same
// database transaction behind a savepoint, and the last of the group commits
// for all. Nobody is answered before that commit, and a failed one undoes only
// what it did itself.
type turns struct {
	conns *sql.DB
	tidy  *tidy

	mu      sync.Mutex
	free    bool // nobody has the turn
	waiting []chan struct{}

	// What follows belongs to whoever has the turn.
	lease  *lease
	group  *group // nil: no transaction is open
	closed bool
}

func newTurns(conns *sql.DB, t *tidy) *turns {
	conns.SetMaxOpenConns(1)
	return &turns{conns: conns, tidy: t, free: true}
}

// goAhead is how many of those in line stay before one who goes ahead, so that
// they get on too when one such follows the other.
const goAhead = 4

// take waits for the turn, first come first served; ahead is for one for whom
// many people wait.
func (w *turns) take(ctx context.Context, ahead bool) error {
	w.mu.Lock()
	if w.free {
		w.free = false
		w.mu.Unlock()
		return w.open()
	}
	mine := make(chan struct{}, 1)
	at := len(w.waiting)
	if ahead {
		at = min(at, goAhead)
	}
	w.waiting = slices.Insert(w.waiting, at, mine)
	w.mu.Unlock()
	select {
	case <-mine:
		return w.open()
	case <-ctx.Done():
		w.giveUp(context.WithoutCancel(ctx), mine)
		return ctx.Err()
	}
}

// open looks, with the turn, whether there is anything left to write to.
func (w *turns) open() error {
	if w.closed {
		w.pass()
		return sql.ErrConnDone
	}
	return nil
}

// giveUp leaves the line. Who was handed the turn at that very moment has to
// carry the group on.
func (w *turns) giveUp(calm context.Context, mine chan struct{}) {
	w.mu.Lock()
	i := slices.Index(w.waiting, mine)
	if i >= 0 {
		w.waiting = slices.Delete(w.waiting, i, i+1)
	}
	w.mu.Unlock()
	if i < 0 {
		<-mine
		w.leave(calm, false)
	}
}

// hand gives the turn to the first in line; false if there is none.
func (w *turns) hand() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.handLocked()
}

func (w *turns) handLocked() bool {
	if len(w.waiting) == 0 {
		return false
	}
	w.waiting[0] <- struct{}{}
	w.waiting = w.waiting[1:]
	return true
}

// pass gives the turn to the next in line, now or when one comes.
func (w *turns) pass() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.free = !w.handLocked()
}

// leave ends a turn: the commit is left to the next in line, or made at once
// for one who goes ahead.
func (w *turns) leave(calm context.Context, ahead bool) {
	if w.group != nil && !ahead && w.group.members < maxGroup && w.hand() {
		return
	}
	if w.group != nil {
		w.commit(calm)
	}
	w.pass()
}

// shut waits for the turn and closes the connection.
func (w *turns) shut(ctx context.Context) error {
	if err := w.take(ctx, false); err != nil {
		return err
	}
	defer w.pass()
	w.closed = true
	w.tidy.stop()
	if w.lease == nil {
		return nil
	}
	return w.lease.drop()
}
