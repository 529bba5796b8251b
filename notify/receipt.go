package notify

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
)

// ReceiveResult counts what became of receipts.
type ReceiveResult struct {
	Applied  int
	Repeated int // known already, or overtaken by a better one
	Strange  int // of no message of ours
}

// Receive takes what a provider says about messages it took. Receipts may come
// twice, in any order, and before the answer to the sending itself. An error
// means that the provider should send them again.
func (s *Service) Receive(ctx context.Context, receipts []Receipt) (ReceiveResult, error) {
	var total ReceiveResult
	for chunk := range slices.Chunk(receipts, batchSize) {
		var part ReceiveResult
		err := s.store.InTx(ctx, func(tx Tx) error {
			part = ReceiveResult{}
			for _, r := range chunk {
				if err := s.receive(ctx, tx, r, &part); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return total, fmt.Errorf("store receipts: %w", err)
		}
		total.Applied += part.Applied
		total.Repeated += part.Repeated
		total.Strange += part.Strange
	}
	return total, nil
}

// retake is how often a receipt is tried against a row that changes meanwhile.
const retake = 3

func (s *Service) receive(ctx context.Context, tx Tx, r Receipt, count *ReceiveResult) error {
	for range retake {
		m, err := whose(ctx, tx, r)
		if houzhen.CodeOf(err) == houzhen.CodeNotFound {
			count.Strange++
			return nil
		}
		if err != nil {
			return fmt.Errorf("find message: %w", err)
		}
		from := m.State
		next, moved := m.received(r, tx.Now())
		if !moved {
			count.Repeated++
			return nil
		}
		saved, err := tx.SaveMessages(ctx, []State{from}, next)
		if err != nil {
			return fmt.Errorf("save message: %w", err)
		}
		if saved == 1 {
			count.Applied++
			return share(ctx, tx, next)
		}
	}
	return houzhen.E(houzhen.CodeConflict, "the message keeps changing")
}

// whose finds the message of a receipt: by its out-id, or by the provider's own
// id and the phone, for a call that carried many.
func whose(ctx context.Context, tx Tx, r Receipt) (Message, error) {
	m, err := tx.MessageByOutID(ctx, r.OutID)
	if houzhen.CodeOf(err) == houzhen.CodeNotFound && r.ProviderID != "" && !r.Phone.IsZero() {
		return tx.MessageByProvider(ctx, r.ProviderID, r.Phone)
	}
	return m, err
}

// share lets the rows that a text told of beside its own share its fate.
func share(ctx context.Context, tx Tx, carrier Message) error {
	with, err := followers(ctx, tx, carrier)
	if err != nil {
		return fmt.Errorf("find what was sent with it: %w", err)
	}
	for _, f := range with {
		from := f.State
		if from == Delivered || from == Suppressed {
			continue
		}
		if _, err := tx.SaveMessages(ctx, []State{from}, f.like(carrier)); err != nil {
			return fmt.Errorf("save what was sent with it: %w", err)
		}
	}
	return nil
}

// received gives the row that a receipt makes of a message. States never go
// back: only a later "delivered" replaces "undelivered". A receipt is proof
// that the provider took the message, so it also ends a message whose answer
// was lost and one that waits for another try.
func (m Message) received(r Receipt, now time.Time) (Message, bool) {
	switch m.State {
	case Claimed, Accepted, Unknown:
	case Planned:
		if m.Attempts == 0 {
			return m, false // it was never sent: not our receipt
		}
	case Expired, Failed:
		if m.Reason != ReasonUnknown {
			return m, false
		}
	case Undelivered:
		if !r.Delivered {
			return m, false
		}
	case Delivered, Suppressed:
		return m, false
	}
	m.State, m.ErrorCode, m.Reason, m.NextAt = Undelivered, r.ErrorCode, "", now
	if r.Delivered {
		m.State, m.ErrorCode, m.NextAt = Delivered, "", time.Time{}
	}
	if m.ProviderID == "" {
		m.ProviderID = r.ProviderID
	}
	m.DoneAt = r.At
	if m.DoneAt.IsZero() {
		m.DoneAt = now
	}
	if m.SentAt.IsZero() {
		m.SentAt = m.ClaimedAt
	}
	return m.discreet(), true
}
