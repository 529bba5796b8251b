// Package store keeps everything that must survive: it is the one home of SQL.
//
// One set of plain statements runs on PostgreSQL and on SQLite; a small dialect
// value holds what must differ. The store decides nothing: it saves what the
// domains decided, and its constraints refuse what must never be, whoever asks.
// It never reads a clock of its own, makes no id, and no SQL calls for the time.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/houzhen/houzhen"
)

// Sealer turns personal data into ciphertext and back, and makes the keyed
// hashes by which sealed values are looked up. A purpose binds a ciphertext to
// its column, so that one cannot be passed off as another.
type Sealer interface {
	Seal(plain, purpose string) ([]byte, error)
	Open(sealed []byte, purpose string) (string, error)
	Index(value, purpose string) string
}

// Options are what a store needs from its surroundings.
type Options struct {
	Now   func() time.Time
	NewID func() string
	Ring  Sealer
	// Committed is told the facts of each transaction after its commit, and
	// nothing of those that failed. It may be nil, or set later by OnCommit.
	Committed func(ctx context.Context, facts []houzhen.Event)
	MaxConns  int // PostgreSQL: size of the pool; SQLite: readers; 0 is the default
}

// DB is an open database. It is safe for use by many goroutines.
type DB struct {
	d         *dialect
	url       string
	now       func() time.Time
	newID     func() string
	ring      Sealer
	committed atomic.Pointer[func(context.Context, []houzhen.Event)]
	watching  atomic.Pointer[[]func(context.Context, []houzhen.Event)]
	inert     atomic.Pointer[map[houzhen.EventKind]bool]
	queues    memory
	conns     pool   // SQLite: those that only read
	turns     *turns // SQLite: the one that writes; nil on PostgreSQL
	close     func() error
	closing   sync.Once

	statements atomic.Int64 // that were sent to the engine
	interrupt  atomic.Pointer[func(statement string) error]
}

// Open connects to "sqlite:PATH" or "postgres://…". It creates the SQLite file
// when there is none; tables come with Migrate.
func Open(ctx context.Context, url string, opt Options) (*DB, error) {
	if opt.Now == nil || opt.NewID == nil || opt.Ring == nil {
		return nil, errors.New("open store: clock, ids and ring must be given")
	}
	db := &DB{url: url, now: opt.Now, newID: opt.NewID, ring: opt.Ring}
	if opt.Committed != nil {
		db.OnCommit(opt.Committed)
	}
	var err error
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		err = db.openSQLite(ctx, strings.TrimPrefix(path, "//"), opt.MaxConns)
	} else if strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://") {
		err = db.openPostgreSQL(ctx, url, opt.MaxConns)
	} else {
		err = errors.New(`the address must begin with "sqlite:" or "postgres://"`)
	}
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	return db, nil
}

// OnCommit sets who is told the facts of each transaction after its commit.
func (db *DB) OnCommit(f func(ctx context.Context, facts []houzhen.Event)) { db.committed.Store(&f) }

// CauseNothing says to which kinds of fact nobody reacts. They are written as
// handled, so that nobody claims them only to find nothing to do.
func (db *DB) CauseNothing(kinds map[houzhen.EventKind]bool) { db.inert.Store(&kinds) }

func (db *DB) causesNothing(k houzhen.EventKind) bool {
	kinds := db.inert.Load()
	return kinds != nil && (*kinds)[k]
}

// Interrupt lets a test stop a program between two steps: ask is asked before
// each statement, and an error of it is what the statement gives. Once it has
// given one it should give no other answer, as a program that is gone does
// nothing more. nil ends it.
func (db *DB) Interrupt(ask func(statement string) error) {
	if ask == nil {
		db.interrupt.Store(nil)
		return
	}
	db.interrupt.Store(&ask)
}

// count counts a statement that is about to be sent.
func (db *DB) count(statement string) error {
	if ask := db.interrupt.Load(); ask != nil {
		if err := (*ask)(statement); err != nil {
			return err
		}
	}
	db.statements.Add(1)
	return nil
}

// Statements counts the statements that were sent to the database since it was
// opened, those that begin and end a transaction included (of a shared commit
// once, where it begins). It is how a test shows that an answer did not need
// the database.
func (db *DB) Statements() int64 { return db.statements.Load() }

// watch adds one who is told the facts of each transaction after its commit,
// before whoever OnCommit has set.
func (db *DB) watch(f func(ctx context.Context, facts []houzhen.Event)) {
	for {
		old := db.watching.Load()
		var list []func(context.Context, []houzhen.Event)
		if old != nil {
			list = *old
		}
		list = append(slices.Clone(list), f)
		if db.watching.CompareAndSwap(old, &list) {
			return
		}
	}
}

// time is what a transaction that began now would be given.
func (db *DB) time() time.Time { return db.now().UTC().Truncate(time.Microsecond) }

// Engine names the database: "sqlite" or "postgresql".
func (db *DB) Engine() string { return db.d.name }

// Ping asks the database for a sign of life.
func (db *DB) Ping(ctx context.Context) error {
	return db.View(ctx, func(tx *Tx) error {
		var one int64
		return tx.scan(ctx, `SELECT 1`, nil, &one)
	})
}

// Close waits for running transactions of SQLite and closes all connections.
// Only the first call does anything.
func (db *DB) Close() error {
	var err error
	db.closing.Do(func() { err = db.shut(context.Background()) })
	return err
}

func (db *DB) shut(ctx context.Context) error {
	var err error
	if db.turns != nil {
		err = db.turns.shut(context.WithoutCancel(ctx))
	}
	return errors.Join(err, db.conns.shut(), db.close())
}

// closeAll closes pools of connections, keeping every error.
func closeAll(pools ...*sql.DB) func() error {
	return func() error {
		var errs []error
		for _, p := range pools {
			errs = append(errs, p.Close())
		}
		return errors.Join(errs...)
	}
}
