package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
)

// lease is one connection while a transaction has it.
type lease struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt // nil: the driver keeps them itself
}

// prepared gives the statement of a text, made on first use.
func (l *lease) prepared(ctx context.Context, text string) (*sql.Stmt, error) {
	if s, ok := l.stmts[text]; ok {
		return s, nil
	}
	s, err := l.conn.PrepareContext(ctx, positional(text))
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	l.stmts[text] = s
	return s, nil
}

// run runs a statement without arguments.
func (l *lease) run(ctx context.Context, text string) error {
	s, err := l.prepared(ctx, text) //nolint:sqlclosecheck // kept with its connection
	if err != nil {
		return err
	}
	_, err = s.ExecContext(ctx)
	return err
}

// drop closes the connection for good.
func (l *lease) drop() error {
	for _, s := range l.stmts {
		_ = s.Close()
	}
	err := l.conn.Raw(func(any) error { return driver.ErrBadConn })
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) {
		err = nil
	}
	return errors.Join(err, ignoreDone(l.conn.Close()))
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrConnDone) {
		return nil
	}
	return err
}

// pool lends connections. A kept one has places for a fixed number of
// connections that keep their prepared statements; a shared one asks
// database/sql each time.
type pool struct {
	conns *sql.DB
	kept  chan *lease // a nil lease is a place without a connection yet
}

func newSharedPool(conns *sql.DB) pool { return pool{conns: conns} }

func newKeptPool(conns *sql.DB, size int) pool {
	p := pool{conns: conns, kept: make(chan *lease, size)}
	conns.SetMaxOpenConns(size)
	conns.SetMaxIdleConns(size)
	for range size {
		p.kept <- nil
	}
	return p
}

// take waits for a connection.
func (p pool) take(ctx context.Context) (*lease, error) {
	if p.kept == nil {
		return p.connect(ctx)
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case l, open := <-p.kept:
		if !open {
			return nil, sql.ErrConnDone
		}
		if l != nil {
			return l, nil
		}
		l, err := p.connect(ctx)
		if err != nil {
			p.kept <- nil
			return nil, err
		}
		l.stmts = map[string]*sql.Stmt{}
		return l, nil
	}
}

func (p pool) connect(ctx context.Context) (*lease, error) {
	c, err := p.conns.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &lease{conn: c}, nil
}

// give takes a connection back; a broken one is closed.
func (p pool) give(l *lease, broken bool) {
	switch {
	case broken:
		_ = l.drop()
		l = nil
	case p.kept == nil:
		_ = l.conn.Close()
	}
	if p.kept != nil {
		p.kept <- l
	}
}

// check takes a connection once, to see that there is one.
func (p pool) check(ctx context.Context) error {
	l, err := p.take(ctx)
	if err != nil {
		return err
	}
	p.give(l, false)
	return nil
}

// shut waits until all kept connections are back and closes them.
func (p pool) shut() error {
	if p.kept == nil {
		return nil
	}
	var errs []error
	for range cap(p.kept) {
		if l := <-p.kept; l != nil {
			errs = append(errs, l.drop())
		}
	}
	close(p.kept)
	return errors.Join(errs...)
}
