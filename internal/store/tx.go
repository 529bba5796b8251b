package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/continuation"
	"github.com/houzhen/houzhen/booking/credit"
	"github.com/houzhen/houzhen/booking/draw"
	"github.com/houzhen/houzhen/booking/noshow"
	"github.com/houzhen/houzhen/booking/pay"
	"github.com/houzhen/houzhen/booking/person"
	"github.com/houzhen/houzhen/booking/waitlist"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/outbox"
	"github.com/houzhen/houzhen/internal/webhook"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/queue"
)

// Tx is one transaction. It serves all domains at once, so that a reaction can
// cross their borders in one commit. It belongs to one goroutine, and must not
// be used after the function it was given to has returned.
type Tx struct {
	db       *DB
	lease    *lease
	calm     context.Context // carries no cancellation: for Emit, which is given none, and for undoing
	now      time.Time
	readOnly bool
	depth    int // savepoints that are open
	writes   int // statements that may have changed rows
	facts    []houzhen.Event
	seen     seen // of queues

	unbegun  string   // what begins the transaction, until the first statement goes out
	late     []write  // what goes out with the next statement or the commit
	owed     bool     // what was written late is in the batch that goes out
	together bool     // writes that must change a row go out late
	ahead    []*read  // answers to reads that are yet to be asked
	foresees *[]*read // not nil: the transaction only listens to what is read
}

var (
	_ directory.Tx = (*Tx)(nil)
	_ booking.Tx   = (*Tx)(nil)
	_ credit.Tx    = (*Tx)(nil)

	_ continuation.Tx = (*Tx)(nil)
	_ draw.Tx         = (*Tx)(nil)
	_ noshow.Tx       = (*Tx)(nil)
	_ pay.Tx          = (*Tx)(nil)
	_ person.Tx       = (*Tx)(nil)
	_ waitlist.Tx     = (*Tx)(nil)
	_ queue.Tx        = (*Tx)(nil)
	_ notify.Tx       = (*Tx)(nil)
	_ outbox.Tx       = (*Tx)(nil)
	_ auth.Tx         = (*Tx)(nil)

	_ auth.MachineTx = (*Tx)(nil)
	_ webhook.Tx     = (*Tx)(nil)
)

const (
	maxAttempts = 5                // of a transaction that met another one
	endTimeout  = 30 * time.Second // for COMMIT and ROLLBACK, which outlive their caller
	firstPause  = 5 * time.Millisecond
)

var errReadOnly = errors.New("a view cannot emit facts")

// InTx runs f in a transaction and commits if f gives nil. When another
// transaction was in the way it runs f again from the start, so f must set
// what it hands out and not add to it. Transactions do not nest.
func (db *DB) InTx(ctx context.Context, f func(*Tx) error) error {
	for attempt := 1; ; attempt++ {
		facts, err := db.writing(ctx, f)
		if err == nil {
			db.tell(ctx, facts)
			return nil
		}
		if attempt == maxAttempts || !db.d.retryable(err) {
			return err
		}
		if err := pause(ctx, firstPause<<attempt); err != nil {
			return err
		}
	}
}

// View runs f on one unchanging state of the database; writes in it fail.
func (db *DB) View(ctx context.Context, f func(*Tx) error) error {
	_, err := db.once(ctx, db.conns, db.d.beginRead, f)
	return err
}

// Glance is View for one statement: no transaction is put around it, which where
// the database is a network away would be a round trip more. A second statement
// would see another moment.
func (db *DB) Glance(ctx context.Context, f func(*Tx) error) error {
	l, err := db.conns.take(ctx)
	if err != nil {
		return fmt.Errorf("take connection: %w", err)
	}
	broken := true // also by a panic
	defer func() { db.conns.give(l, broken) }()
	tx := db.newTx(ctx)
	tx.lease, tx.readOnly = l, true
	err = tx.run(ctx, f)
	broken = err != nil && !errors.Is(err, sql.ErrNoRows) && houzhen.CodeOf(err) != houzhen.CodeNotFound
	return err
}

// writing runs f once, in a transaction of its own or as one of a group.
func (db *DB) writing(ctx context.Context, f func(*Tx) error) ([]houzhen.Event, error) {
	if db.turns != nil {
		return db.grouped(ctx, f)
	}
	return db.once(ctx, db.conns, db.d.begin, f)
}

func (db *DB) newTx(ctx context.Context) *Tx {
	return &Tx{db: db, calm: context.WithoutCancel(ctx)}
}

func (db *DB) once(ctx context.Context, from pool, begin string, f func(*Tx) error) ([]houzhen.Event, error) {
	l, err := from.take(ctx)
	if err != nil {
		return nil, fmt.Errorf("take connection: %w", err)
	}
	tx := db.newTx(ctx)
	tx.lease, tx.readOnly = l, begin == db.d.beginRead
	broken := true // until the connection is known to be outside a transaction
	defer func() {
		if broken {
			db.queues.forgetAll()
		}
		from.give(l, broken)
	}()
	if db.d.embedded {
		if _, err := tx.exec(ctx, begin); err != nil {
			broken = false
			return nil, fmt.Errorf("begin: %w", err)
		}
	} else {
		tx.unbegun = begin // with the first statement, to save a round trip
	}
	ended := false
	defer func() { // an error, a panic or a test that gives up
		if !ended {
			broken = tx.end(ctx, "ROLLBACK") != nil
		}
	}()
	if err := tx.run(ctx, f); err != nil {
		return nil, err
	}
	if err := tx.end(ctx, "COMMIT"); err != nil {
		return nil, fmt.Errorf("commit: %w", err)
	}
	ended, broken = true, false
	db.queues.remember(tx.seen)
	return tx.facts, nil
}

// run fixes the instant and runs f; a caller who has gone commits nothing.
func (tx *Tx) run(ctx context.Context, f func(*Tx) error) error {
	tx.now = tx.db.time()
	if err := f(tx); err != nil {
		return err
	}
	return ctx.Err()
}

// end runs COMMIT or ROLLBACK, also for a caller who has gone.
func (tx *Tx) end(ctx context.Context, verb string) error {
	if verb == "ROLLBACK" {
		tx.late = nil
	}
	if tx.unbegun != "" && len(tx.late) == 0 {
		return nil // nothing was asked
	}
	ctx = context.WithoutCancel(ctx)
	if !tx.db.d.embedded {
		bounded, cancel := context.WithTimeout(ctx, endTimeout)
		defer cancel()
		ctx = bounded
	}
	if len(tx.late) > 0 {
		return tx.commitLate(ctx)
	}
	_, err := tx.exec(ctx, verb)
	return err
}

// tell hands committed facts on. The caller's cancellation no longer counts:
// what has happened is told.
func (db *DB) tell(ctx context.Context, facts []houzhen.Event) {
	if len(facts) == 0 {
		return
	}
	ctx = context.WithoutCancel(ctx)
	if watching := db.watching.Load(); watching != nil {
		for _, f := range *watching {
			f(ctx, facts)
		}
	}
	if f := db.committed.Load(); f != nil && *f != nil {
		(*f)(ctx, facts)
	}
}

// pause waits for about d, so that two that met do not meet again.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d/2 + rand.N(d))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Now is the instant of the transaction: fixed at its begin, UTC, microseconds.
func (tx *Tx) Now() time.Time { return tx.now }

// NewID makes an id for a row.
func (tx *Tx) NewID() string { return tx.db.newID() }

// Savepoint runs f so that its failure undoes f's writes and facts only.
func (tx *Tx) Savepoint(ctx context.Context, f func() error) error {
	tx.depth++
	defer func() { tx.depth-- }()
	name, facts := "sp"+strconv.Itoa(tx.depth), len(tx.facts)
	if _, err := tx.exec(ctx, "SAVEPOINT "+name); err != nil {
		return fmt.Errorf("set savepoint: %w", err)
	}
	err := f()
	if err == nil && len(tx.late) > 0 { // what they give is f's to answer for
		err = tx.flush(ctx)
	}
	if err != nil {
		tx.facts, tx.late, tx.seen.unsure = tx.facts[:facts], nil, true
		_, undone := tx.exec(ctx, "ROLLBACK TO "+name)
		_, released := tx.exec(ctx, "RELEASE "+name)
		return errors.Join(err, undone, released)
	}
	if _, err := tx.exec(ctx, "RELEASE "+name); err != nil {
		return fmt.Errorf("release savepoint: %w", err)
	}
	return nil
}
