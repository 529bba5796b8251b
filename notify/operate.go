package notify

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
)

// Rate counts what became of the messages of one kind on one channel.
type Rate struct {
	Channel Channel
	Kind    Kind
	State   State
	Count   int
	Parts   int // SMS parts that were charged
}

// Outlook is how sending fares at an instant.
type Outlook struct {
	Channels  []ChannelHealth // of this node
	Rates     []Rate          // of what was planned since
	Pauses    []Pause
	OldestDue time.Time // the longest that something due waits; zero when nothing does
	Due       int
	Receipts  int // posted and not worked on
	OnList    int // on the desk's telephone list
	// Prices are what one message of a channel costs about, of an SMS one part, in
	// thousandths of a yuan; channels that cost nothing are left out.
	Prices   map[Channel]int
	Accounts []AccountHealth // of a channel with two
}

// OutlookTx is what an Outlook asks of a transaction besides Tx.
type OutlookTx interface {
	PrefTx
	ReceiptTx
	MessageRates(ctx context.Context, since time.Time) ([]Rate, error)
	// OldestDue counts what is due, and since when the oldest is; zero when
	// nothing is.
	OldestDue(ctx context.Context, now time.Time) (n int, since time.Time, err error)
}

// Outlook tells how sending fares, of what was planned since an instant.
func (s *Service) Outlook(ctx context.Context, since time.Time) (o Outlook, err error) {
	o.Channels, o.Prices = s.Health(), map[Channel]int{}
	for c, able := range s.Abilities() {
		if able.Cost > 0 {
			o.Prices[c] = able.Cost
		}
	}
	err = s.store.View(ctx, func(tx Tx) error {
		more := tx.(OutlookTx)
		if o.Rates, err = more.MessageRates(ctx, since); err != nil {
			return err
		}
		if o.Pauses, err = more.Pauses(ctx); err != nil {
			return err
		}
		if o.Due, o.OldestDue, err = more.OldestDue(ctx, tx.Now()); err != nil {
			return err
		}
		for _, r := range o.Rates {
			if r.Channel == Desk && r.State == Accepted {
				o.OnList += r.Count
			}
		}
		o.Receipts, _, err = more.WaitingReceipts(ctx)
		return err
	})
	if err != nil {
		return o, fmt.Errorf("look at messages: %w", err)
	}
	return o, nil
}

// Redrive plans a message again that the provider refused for good, after its
// cause was removed: a wording was approved, a number corrected. The gate looks
// at it as at every other. One whose answer was lost is never sent again:
// CodeState, and so is one whose time has passed.
func (s *Service) Redrive(ctx context.Context, id string) (m Message, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		if m, err = tx.Message(ctx, id); err != nil {
			return err
		}
		switch {
		case m.State != Failed || m.Reason == ReasonUnknown:
			return houzhen.E(houzhen.CodeState, "message did not fail, or may have been taken")
		case !tx.Now().Before(m.ExpiresAt):
			return houzhen.E(houzhen.CodeState, "message is of no use any more")
		}
		m.State, m.Reason, m.ErrorCode, m.Attempts, m.DueAt, m.NextAt = Planned, "", "", 0, tx.Now(), time.Time{}
		saved, err := tx.SaveMessages(ctx, []State{Failed}, m)
		if err != nil {
			return fmt.Errorf("plan again: %w", err)
		}
		if saved == 0 {
			return houzhen.E(houzhen.CodeConflict, "somebody else was faster")
		}
		return nil
	})
	return m, err
}
