// Package outbox hands committed facts to those who react to them.
//
// A fact is a row written in the transaction that made it true. After the
// commit its id goes to the job pipeline; what was lost on the way is found by
// the sweeper, because the row says that nobody handled it yet.
package outbox

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
)

// Tx is what the outbox asks of a transaction.
type Tx interface {
	Now() time.Time
	// ClaimFacts gives those of ids that nobody has handled, in the order they
	// were written, and keeps others off them until the transaction ends
	// (PostgreSQL: FOR UPDATE SKIP LOCKED; SQLite has one writer).
	ClaimFacts(ctx context.Context, ids []string) ([]houzhen.Event, error)
	// FactsHandled marks facts as done.
	FactsHandled(ctx context.Context, ids []string) error
	// FactFailed counts an attempt and sets when the sweeper may try again.
	FactFailed(ctx context.Context, id, code string, retryAt time.Time) error
	// PendingFacts gives ids of unhandled facts of one urgency whose retry time
	// has come, oldest first.
	PendingFacts(ctx context.Context, u houzhen.Urgency, now time.Time, limit int) ([]string, error)
	// FactsAfter pages through all facts in the order they were written;
	// seq 0 starts at the first.
	FactsAfter(ctx context.Context, seq int64, limit int) (facts []houzhen.Event, last int64, err error)
	// Savepoint runs f so that its failure undoes f's writes only.
	Savepoint(ctx context.Context, f func() error) error
	// Tick records that a schedule's tick is being run; first is false when
	// any node has recorded it before.
	Tick(ctx context.Context, schedule string, at time.Time) (first bool, err error)
	// LastTick gives the latest recorded tick of a schedule, zero if none.
	LastTick(ctx context.Context, schedule string) (time.Time, error)
}

// Store runs transactions.
type Store interface {
	InTx(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}
