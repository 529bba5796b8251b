package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// group is one commit and those who wait for it.
type group struct {
	members int
	done    chan struct{} // closed after the commit
	err     error         // of the commit; read after done
}

// grouped runs f as one of a group, and answers when the group has committed.
func (db *DB) grouped(ctx context.Context, f func(*Tx) error) ([]houzhen.Event, error) {
	ahead := booking.Grouped(ctx)
	if err := db.turns.take(ctx, ahead); err != nil {
		return nil, fmt.Errorf("wait for the writer: %w", err)
	}
	tx := db.newTx(ctx)
	g, err := db.turns.member(ctx, tx, ahead, f)
	if g == nil {
		return nil, err
	}
	<-g.done
	if g.err != nil { // then what a failed member saw did not come true either
		return nil, g.err
	}
	if err == nil {
		db.queues.remember(tx.seen)
	}
	return tx.facts, err
}

// member uses a turn. The group is nil if f was not run.
func (w *turns) member(ctx context.Context, tx *Tx, ahead bool, f func(*Tx) error) (*group, error) {
	defer w.leave(context.WithoutCancel(ctx), ahead)
	if err := w.join(ctx, tx); err != nil {
		return nil, err
	}
	g, kept := w.group, false
	defer func() { // an error, a panic or a test that gives up
		if !kept {
			w.undo(tx)
		}
	}()
	if err := tx.run(ctx, f); err != nil {
		return g, err
	}
	if g.members > 0 {
		if _, err := tx.exec(context.WithoutCancel(ctx), "RELEASE member"); err != nil {
			return g, fmt.Errorf("join commit: %w", err)
		}
	}
	g.members++
	w.tidy.wrote(tx.writes)
	kept = true
	return g, nil
}

// join begins a group or enters the one that was left open.
func (w *turns) join(ctx context.Context, tx *Tx) error {
	if w.lease == nil {
		c, err := w.conns.Conn(ctx)
		if err != nil {
			return fmt.Errorf("take connection: %w", err)
		}
		w.lease = &lease{conn: c, stmts: map[string]*sql.Stmt{}}
	}
	tx.lease = w.lease
	if w.group != nil {
		_, err := tx.exec(ctx, "SAVEPOINT member")
		return err
	}
	if _, err := tx.exec(ctx, tx.db.d.begin); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	w.group = &group{done: make(chan struct{})}
	return nil
}

// undo takes what a member did back out of the group.
func (w *turns) undo(tx *Tx) {
	if w.group.members == 0 {
		w.settle(w.lease.run(tx.calm, "ROLLBACK") != nil, nil)
		return
	}
	_, err := tx.exec(tx.calm, "ROLLBACK TO member")
	if err == nil {
		_, err = tx.exec(tx.calm, "RELEASE member")
	}
	if err != nil { // the database has given up the whole transaction
		w.settle(w.lease.run(tx.calm, "ROLLBACK") != nil, fmt.Errorf("give up group: %w", err))
	}
}

// commit makes durable what the group did.
func (w *turns) commit(calm context.Context) {
	if err := w.lease.run(calm, "COMMIT"); err != nil {
		w.settle(w.lease.run(calm, "ROLLBACK") != nil, fmt.Errorf("commit: %w", err))
		return
	}
	w.tidy.committed()
	w.settle(false, nil)
}

// settle tells the group how it went, and drops a connection of which nobody
// knows whether it is still inside a transaction.
func (w *turns) settle(broken bool, err error) {
	g := w.group
	w.group = nil
	if broken {
		_ = w.lease.drop()
		w.lease = nil
	}
	g.err = err
	close(g.done)
}
