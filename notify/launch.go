package notify

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/templates"
)

// Launch is for messages that are due when they are planned: they enter the
// ledger as what the gate makes of them, those that go as claimed and with all
// that is known of them, in the transaction that plans them; they leave after its
// commit. What Deliver would do in a second transaction is so done in the first.
// One Launch serves one transaction, which may be tried several times.
type Launch struct {
	s       *Service
	book    *templates.Book
	jobs    []job
	settled []Message
}

// NewLaunch prepares a launch: it reads the words that hold, which is why it is
// made before the transaction begins.
func (s *Service) NewLaunch(ctx context.Context) *Launch { return &Launch{s: s, book: s.words(ctx)} }

// Enter writes messages that are due into the ledger, with what the gate says of
// them; those that are there already are left alone. CodeConflict when the gate
// might have said something else without those: then each fact is to be worked on
// by itself.
func (l *Launch) Enter(ctx context.Context, tx Tx, rows []Message) error {
	l.Forget()
	now := tx.Now()
	for i := range rows {
		rows[i].State, rows[i].Attempts, rows[i].ClaimedAt = Claimed, 1, now
	}
	identify(tx, rows)
	jobs, settled, err := l.s.decide(ctx, tx, l.book, rows, now)
	if err != nil {
		return fmt.Errorf("judge messages: %w", err)
	}
	await(rows, jobs, now)
	l.jobs, l.settled = jobs, settled
	mine, others := decided(rows, jobs, settled)
	if err := note(ctx, tx, others); err != nil {
		return err
	}
	ids, err := tx.PlanMessages(ctx, mine)
	if err != nil {
		return fmt.Errorf("plan messages: %w", err)
	}
	if len(ids) < len(mine) {
		return l.without(ids)
	}
	return nil
}

// await has new rows that go say when the next channel is tried, as if they had
// been taken at once. If they are, little is left to be stored. The desk's list
// is another matter.
func await(rows []Message, jobs []job, now time.Time) {
	mine := make(map[string]bool, len(rows))
	for _, m := range rows {
		mine[m.ID] = true
	}
	for i := range jobs {
		j := &jobs[i]
		alien := func(m Message) bool { return !mine[m.ID] || m.Channel == Desk }
		if alien(j.message) || slices.ContainsFunc(j.followers, alien) {
			continue
		}
		j.entered, j.message.NextAt = true, awaited(j.message, j.more, now)
		for k := range j.followers {
			j.followers[k].NextAt = j.message.NextAt
		}
	}
}

// decided gives what became of new rows, in their order, and of rows that were
// there and share a text with one of them or were claimed beside it.
func decided(rows []Message, jobs []job, settled []Message) (mine, others []Message) {
	at := make(map[string]int, len(rows))
	for i, m := range rows {
		at[m.ID] = i
	}
	mine = slices.Clone(rows)
	place := func(m Message, changed bool) {
		if i, own := at[m.ID]; own {
			mine[i] = m
		} else if changed {
			others = append(others, m)
		}
	}
	for _, m := range settled {
		place(m, true)
	}
	for _, j := range jobs {
		place(j.message, len(j.followers) > 0)
		for _, f := range j.followers {
			place(f, true)
		}
	}
	return mine, others
}

// without drops the jobs of rows that were there already. Only where all the
// others go, each with a text of its own, is that all there is to it.
func (l *Launch) without(fresh []string) error {
	if len(l.settled) > 0 || slices.ContainsFunc(l.jobs, func(j job) bool { return len(j.followers) > 0 }) {
		l.Forget()
		return houzhen.E(houzhen.CodeConflict, "some of the messages were planned before")
	}
	l.jobs = slices.DeleteFunc(l.jobs, func(j job) bool { return !slices.Contains(fresh, j.message.ID) })
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
	l.jobs, l.settled = nil, nil
}
