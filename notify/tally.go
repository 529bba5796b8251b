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
	// SentKinds counts the SMS of any class that went out since an instant, by
	// recipient and kind.
	SentKinds(ctx context.Context, since time.Time, recipients []string) (map[string]map[Kind]int, error)
	// Told gives for subjects when a message of one of kinds went out last; those
	// of which none did are left out.
	Told(ctx context.Context, subjects []string, kinds []Kind) (map[string]map[Kind]time.Time, error)
}

// wentOut lists the states of a message that left the house, or may have.
func wentOut() []State { return []State{Accepted, Delivered, Undelivered, Unknown} }

// tally counts what the gate needs to know about earlier messages.
func (s *Service) tally(ctx context.Context, tx Tx, batch []Candidate, now time.Time) error {
	var ordered, subjects, recipients, phones []string
	for _, c := range batch {
		if c.View.Stale != "" {
			continue
		}
		if len(laterKinds(c.Message.Kind)) > 0 {
			ordered = append(ordered, c.Message.Subject)
		}
		if c.Message.Channel == SMS {
			phones = append(append(phones, c.Message.Recipient), c.View.Household...)
		}
		if counts(c.Message) {
			subjects = append(subjects, c.Message.Subject)
			recipients = append(append(recipients, c.Message.Recipient), c.View.Household...)
		}
	}
	told, err := toldOf(ctx, tx, distinct(ordered))
	if err != nil {
		return fmt.Errorf("find what was told: %w", err)
	}
	bySubject, byRecipient, err := sentSince(ctx, tx, s.opt.Policy.dayOf(now), distinct(subjects), distinct(recipients))
	if err != nil {
		return fmt.Errorf("count messages: %w", err)
	}
	byKind, err := sentKinds(ctx, tx, now.Add(-24*time.Hour), distinct(phones))
	if err != nil {
		return fmt.Errorf("count messages of a kind: %w", err)
	}
	for i, c := range batch {
		t := &batch[i].Tally
		t.Ticket = bySubject[c.Message.Subject]
		for _, r := range distinct(append([]string{c.Message.Recipient}, c.View.Household...)) {
			t.Phone += byRecipient[r]
			t.Template += byKind[r][c.Message.Kind]
		}
		for _, k := range laterKinds(c.Message.Kind) {
			at, went := told[c.Message.Subject][k] // what went before it was planned was about an earlier turn
			t.Later = t.Later || went && !at.Before(c.Planned)
		}
	}
	return nil
}

func toldOf(ctx context.Context, tx Tx, subjects []string) (map[string]map[Kind]time.Time, error) {
	told := map[string]map[Kind]time.Time{}
	if len(subjects) == 0 {
		return told, nil
	}
	if t, ok := tx.(Tallier); ok {
		return t.Told(ctx, subjects, steps())
	}
	for _, subject := range subjects {
		for _, k := range steps() {
			rows, err := tx.Messages(ctx, MessageFilter{Subject: subject, Kind: k, States: wentOut(), Limit: manyADay})
			if err != nil {
				return nil, err
			}
			for _, m := range rows {
				if told[subject] == nil {
					told[subject] = map[Kind]time.Time{}
				}
				told[subject][k] = later(told[subject][k], m.SentAt)
			}
		}
	}
	return told, nil
}

func sentKinds(ctx context.Context, tx Tx, since time.Time, recipients []string) (map[string]map[Kind]int, error) {
	if len(recipients) == 0 {
		return map[string]map[Kind]int{}, nil
	}
	if t, ok := tx.(Tallier); ok {
		return t.SentKinds(ctx, since, recipients)
	}
	sent := map[string]map[Kind]int{}
	for _, r := range recipients {
		rows, err := tx.Messages(ctx, MessageFilter{Recipient: r, Channel: SMS, States: wentOut(), Limit: manyADay})
		if err != nil {
			return nil, err
		}
		sent[r] = map[Kind]int{}
		for _, m := range rows {
			if carries(m) && !m.SentAt.Before(since) {
				sent[r][m.Kind]++
			}
		}
	}
	return sent, nil
}

// carries reports whether a row went out with a text of its own.
func carries(m Message) bool { return m.SentWith == "" || m.SentWith == m.ID }

// manyADay is more than one recipient gets in a day.
const manyADay = 60

func sentSince(ctx context.Context, tx Tx, since time.Time, subjects, recipients []string) (bySubject, byRecipient map[string]int, err error) {
	if t, ok := tx.(Tallier); ok && len(subjects) > 0 {
		return t.SentSince(ctx, since, subjects, recipients)
	}
	bySubject, byRecipient = map[string]int{}, map[string]int{}
	if len(subjects) == 0 {
		return bySubject, byRecipient, nil
	}
	for _, r := range recipients {
		sent, err := tx.Messages(ctx, MessageFilter{Recipient: r, Channel: SMS, States: wentOut(), Limit: manyADay})
		if err != nil {
			return nil, nil, err
		}
		for _, m := range sent {
			if counts(m) && !m.SentAt.Before(since) {
				bySubject[m.Subject]++
				if carries(m) {
					byRecipient[r]++
				}
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
