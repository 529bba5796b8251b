package store

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"
)

// tidyAfter is how many writing statements are left in the write-ahead log
// before their pages are moved to their place.
const tidyAfter = 500

// tidy empties the write-ahead log of an embedded database beside the writer,
// who would otherwise do it within somebody's commit. What it does not get done
// under load the writer does when the log has become long.
type tidy struct {
	conns *sql.DB
	wake  chan struct{}
	ended chan struct{}
	end   sync.Once
	since atomic.Int64 // statements since the last round
}

func newTidy(ctx context.Context, conns *sql.DB) *tidy {
	conns.SetMaxOpenConns(1)
	t := &tidy{conns: conns, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	go t.run(context.WithoutCancel(ctx))
	return t
}

// wrote is told how many statements a transaction has written with.
func (t *tidy) wrote(statements int) { t.since.Add(int64(statements)) }

// committed is told of each commit.
func (t *tidy) committed() {
	if t.since.Load() < tidyAfter {
		return
	}
	t.since.Store(0)
	select {
	case t.wake <- struct{}{}:
	default: // it is at work
	}
}

func (t *tidy) run(ctx context.Context) {
	defer close(t.ended)
	for range t.wake {
		// A reader or the writer may be in the way: then some of it waits for
		// the next round. What fails for good, such as a full disk, fails for
		// the writer too, who says so.
		_, _ = t.conns.ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)")
	}
}

// stop waits until no round is under way. Nobody commits any more.
func (t *tidy) stop() {
	t.end.Do(func() { close(t.wake) })
	<-t.ended
}
