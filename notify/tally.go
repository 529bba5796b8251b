package notify

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Tallier is what a transaction may offer beside Tx: it counts for a whole
// batch at once. Without it the service counts from Messages, one recipient
// after the other.
type Tallier interface {
	// SentSince counts the SMS of class B that went out (Accepted, Delivered,
	// Undelivered or Unknown) with SentAt at or after since: by subject and by
	// recipient. Those without any may be left out.
	SentSince(ctx context.Context, since time.Time, subjects, recipients []string) (bySubject, byRecipient map[string]int, err error)
}

// wentOut lists the states of a message that left the house, or may have.
func wentOut() []State { return []State{Accepted, Delivered, Undelivered, Unknown} }

// tally counts what the gate needs to know about earlier messages.
func (s *Service) tally(ctx context.Context, tx Tx, batch []Candidate, now time.Time) error {
	var subjects, recipients []string
	for i, c := range batch {
		if c.View.Stale != "" {
			continue
		}
		if c.Message.Kind == KindLeaveNow {
			called, err := tx.Messages(ctx, MessageFilter{Subject: c.Message.Subject, Kind: KindCalled, States: wentOut(), Limit: 1})
			if err != nil {
				return fmt.Errorf("find call: %w", err)
			}
			batch[i].Tally.Called = len(called) > 0
		}
		if counts(c.Message) {
			subjects = append(subjects, c.Message.Subject)
			recipients = append(append(recipients, c.Message.Recipient), c.View.Household...)
		}
	}
	if len(subjects) == 0 {
		return nil
	}
	bySubject, byRecipient, err := sentSince(ctx, tx, s.opt.Policy.dayOf(now), distinct(subjects), distinct(recipients))
	if err != nil {
		return fmt.Errorf("count messages: %w", err)
	}
	for i, c := range batch {
		batch[i].Tally.Ticket = bySubject[c.Message.Subject]
		for _, r := range distinct(append([]string{c.Message.Recipient}, c.View.Household...)) {
			batch[i].Tally.Phone += byRecipient[r]
		}
	}
	return nil
}

// manyADay is more than one recipient gets in a day.
const manyADay = 60

func sentSince(ctx context.Context, tx Tx, since time.Time, subjects, recipients []string) (bySubject, byRecipient map[string]int, err error) {
	if t, ok := tx.(Tallier); ok {
		return t.SentSince(ctx, since, subjects, recipients)
	}
	bySubject, byRecipient = map[string]int{}, map[string]int{}
	for _, r := range recipients {
		sent, err := tx.Messages(ctx, MessageFilter{Recipient: r, Channel: SMS, States: wentOut(), Limit: manyADay})
		if err != nil {
			return nil, nil, err
		}
		for _, m := range sent {
			if counts(m) && !m.SentAt.Before(since) {
				bySubject[m.Subject]++
				byRecipient[r]++
			}
		}
	}
	return bySubject, byRecipient, nil
}

func distinct(s []string) []string {
	s = slices.Clone(s)
	slices.Sort(s)
	return slices.Compact(s)
}
