package notify

import (
	"context"
	"fmt"

	"github.com/houzhen/houzhen/templates"
)

// Launch is for messages that are due when they are planned: they enter the
// ledger as claimed, and the gate decides about them, in the transaction that
// plans them; they leave after its commit. What Deliver would do in a second
// transaction is so done in the first. One Launch serves one transaction, which
// may be tried several times.
type Launch struct {
	s       *Service
	book    *templates.Book
	jobs    []job
	settled []Message
}

// NewLaunch prepares a launch: it reads the words that hold, which is why it is
// made before the transaction begins.
func (s *Service) NewLaunch(ctx context.Context) *Launch { return &Launch{s: s, book: s.words(ctx)} }

// Enter writes messages that are due into the ledger, claimed, with what the gate
// says of them; those that are there already are left alone.
func (l *Launch) Enter(ctx context.Context, tx Tx, rows []Message) error {
	l.Forget()
	now := tx.Now()
	for i := range rows {
		rows[i].State, rows[i].Attempts, rows[i].ClaimedAt = Claimed, 1, now
	}
	ids, err := Enter(ctx, tx, rows)
	if err != nil || len(ids) == 0 {
		return err
	}
	fresh := make(map[string]bool, len(ids))
	for _, id := range ids {
		fresh[id] = true
	}
	claimed := make([]Message, 0, len(ids))
	for _, m := range rows {
		if fresh[m.ID] {
			claimed = append(claimed, m)
		}
	}
	if l.jobs, l.settled, err = l.s.judge(ctx, tx, l.book, claimed, now); err != nil {
		return fmt.Errorf("judge messages: %w", err)
	}
	return nil
}

// Send hands what the gate let go to the providers and stores their answers. It
// is called after the commit; a process that dies before leaves claims, which
// Reconcile finds.
func (l *Launch) Send(ctx context.Context) (DeliverResult, error) {
	var total DeliverResult
	jobs, settled := l.jobs, l.settled
	l.jobs, l.settled = nil, nil
	l.s.fly(jobs)
	return total, l.s.finish(ctx, jobs, settled, &total)
}

// Forget drops what a transaction has entered that did not come true. After Send
// it does nothing.
func (l *Launch) Forget() {
	l.s.landed(append(l.jobs, job{followers: l.settled}))
	l.jobs, l.settled = nil, nil
}
