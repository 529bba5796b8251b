package store

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/abuse"
	"github.com/houzhen/houzhen/booking/draw"
	"github.com/houzhen/houzhen/booking/pay"
	"github.com/houzhen/houzhen/booking/suspension"
	"github.com/houzhen/houzhen/booking/waitlist"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/outbox"
	"github.com/houzhen/houzhen/internal/stats"
	"github.com/houzhen/houzhen/internal/webhook"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/queue"
)

// adapter shows the database to one domain as the store it asks for. What the
// domain gets is the *Tx itself: whoever wires the domains may assert it back.
type adapter[T any] struct {
	db *DB
	as func(*Tx) T
}

// InTx runs f in a transaction.
func (a adapter[T]) InTx(ctx context.Context, f func(T) error) error {
	return a.db.InTx(ctx, func(tx *Tx) error { return f(a.as(tx)) })
}

// View runs f read-only.
func (a adapter[T]) View(ctx context.Context, f func(T) error) error {
	return a.db.View(ctx, func(tx *Tx) error { return f(a.as(tx)) })
}

// Glance runs f read-only for one statement.
func (a adapter[T]) Glance(ctx context.Context, f func(T) error) error {
	return a.db.Glance(ctx, func(tx *Tx) error { return f(a.as(tx)) })
}

// Time is the one that a transaction would be given.
func (a adapter[T]) Time() time.Time { return a.db.time() }

// Directory is the store of people and rooms.
func (db *DB) Directory() directory.Store {
	return adapter[directory.Tx]{db, func(tx *Tx) directory.Tx { return tx }}
}

// Booking is the store of places, which tells what was committed.
func (db *DB) Booking() booking.Store {
	return hearing{adapter[booking.Tx]{db, func(tx *Tx) booking.Tx { return tx }}}
}

// Pay is the store of payments.
func (db *DB) Pay() pay.Store {
	return adapter[pay.Tx]{db, func(tx *Tx) pay.Tx { return tx }}
}

// hearing is a booking.Hearing.
type hearing struct{ adapter[booking.Tx] }

// Traits say how bookings are best written.
func (h hearing) Traits() booking.Traits { return h.db.d.bookings }

// Watch has f told of the facts of every later transaction.
func (h hearing) Watch(f func(ctx context.Context, facts []houzhen.Event)) { h.db.watch(f) }

// Draw is the store of draws.
func (db *DB) Draw() draw.Store {
	return adapter[draw.Tx]{db, func(tx *Tx) draw.Tx { return tx }}
}

// Queue is the store of waiting patients.
func (db *DB) Queue() queue.Store {
	return adapter[queue.Tx]{db, func(tx *Tx) queue.Tx { return tx }}
}

// Notify is the store of messages.
func (db *DB) Notify() notify.Store {
	return adapter[notify.Tx]{db, func(tx *Tx) notify.Tx { return tx }}
}

// Machines is the store of other systems and their tokens.
func (db *DB) Machines() auth.MachineStore {
	return adapter[auth.MachineTx]{db, func(tx *Tx) auth.MachineTx { return tx }}
}

// Suspension is the store of sessions that will not take place.
func (db *DB) Suspension() suspension.Store {
	return adapter[suspension.Tx]{db, func(tx *Tx) suspension.Tx { return tx }}
}

// Waitlist is the store of those who wait for a place.
func (db *DB) Waitlist() waitlist.Store {
	return adapter[waitlist.Tx]{db, func(tx *Tx) waitlist.Tx { return tx }}
}

// Outbox is the store of facts.
func (db *DB) Outbox() outbox.Store {
	return adapter[outbox.Tx]{db, func(tx *Tx) outbox.Tx { return tx }}
}

// Auth is the store of sign-in codes.
func (db *DB) Auth() auth.Store {
	return adapter[auth.Tx]{db, func(tx *Tx) auth.Tx { return tx }}
}

// Stats is the store of what was counted.
func (db *DB) Stats() stats.Store {
	return adapter[stats.Tx]{db, func(tx *Tx) stats.Tx { return tx }}
}

// Webhooks is the store of what other systems are told.
func (db *DB) Webhooks() webhook.Store {
	return adapter[webhook.Tx]{db, func(tx *Tx) webhook.Tx { return tx }}
}

// Abuse is the store of traces and flags.
func (db *DB) Abuse() abuse.Store {
	return adapter[abuse.Tx]{db, func(tx *Tx) abuse.Tx { return tx }}
}
