package notify

import (
	"context"
	"fmt"
	"maps"
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
		var became []string
		err := s.store.InTx(ctx, func(tx Tx) (err error) {
			became, err = receive(ctx, tx, chunk)
			return err
		})
		if err != nil {
			return total, fmt.Errorf("store receipts: %w", err)
		}
		total.count(became)
	}
	return total, nil
}

func (r *ReceiveResult) count(became []string) {
	for _, b := range became {
		switch b {
		case ReceiptApplied:
			r.Applied++
		case ReceiptStrange:
			r.Strange++
		default:
			r.Repeated++
		}
	}
}

// receive applies receipts in the order given and says what became of each.
// Those that name a message by its own out-id are worked on together.
func receive(ctx context.Context, tx Tx, receipts []Receipt) ([]string, error) {
	became := make([]string, len(receipts))
	known, err := named(ctx, tx, receipts)
	if err != nil {
		return nil, err
	}
	others := false
	for i, r := range receipts {
		if _, found := known[r.OutID]; !found {
			others = true
			if became[i], err = receiveByCall(ctx, tx, r); err != nil {
				return nil, err
			}
		}
	}
	if others { // one of them may have been about a row that is named too
		if known, err = named(ctx, tx, receipts); err != nil {
			return nil, err
		}
	}
	moves := moves{from: map[string]State{}, to: map[string]Message{}}
	for i, r := range receipts {
		m, found := known[r.OutID]
		if !found {
			continue
		}
		next, moved := m.received(r, tx.Now())
		became[i] = ReceiptRepeated
		if moved {
			became[i] = ReceiptApplied
			moves.add(m, next)
			known[r.OutID] = next
		}
	}
	return became, moves.save(ctx, tx)
}

// named gives the messages that receipts name by their own out-ids; nobody else
// changes them until the transaction ends.
func named(ctx context.Context, tx Tx, receipts []Receipt) (map[string]Message, error) {
	known := make(map[string]Message, len(receipts))
	var ids []string
	for _, r := range receipts {
		if r.OutID != "" {
			ids = append(ids, r.OutID)
		}
	}
	if len(ids) == 0 {
		return known, nil
	}
	rows, err := tx.Fates(ctx, distinct(ids))
	if err != nil {
		return nil, fmt.Errorf("find messages: %w", err)
	}
	for _, m := range rows {
		known[m.OutID] = m
	}
	return known, nil
}

// moves is what becomes of rows, and the states that they are stored with.
type moves struct {
	from map[string]State
	to   map[string]Message
}

func (v moves) add(m, next Message) {
	if _, again := v.from[m.ID]; !again {
		v.from[m.ID] = m.State
	}
	v.to[m.ID] = next
}

// save stores rows together that come from one state, by id.
func (v moves) save(ctx context.Context, tx Tx) error {
	by := map[State][]Message{}
	for _, id := range slices.Sorted(maps.Keys(v.to)) {
		by[v.from[id]] = append(by[v.from[id]], v.to[id])
	}
	for _, from := range slices.Sorted(maps.Keys(by)) {
		saved, err := tx.SaveFates(ctx, []State{from}, by[from]...)
		if err != nil {
			return fmt.Errorf("save messages: %w", err)
		}
		if saved != len(by[from]) {
			return houzhen.E(houzhen.CodeConflict, "messages changed meanwhile")
		}
		for _, m := range by[from] {
			if err := share(ctx, tx, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// retake is how often a receipt is tried against a row that changes meanwhile.
const retake = 3

// receiveByCall applies a receipt that names a call which may have carried
// many, by the provider's own id and the phone.
func receiveByCall(ctx context.Context, tx Tx, r Receipt) (string, error) {
	if r.ProviderID == "" || r.Phone.IsZero() {
		return ReceiptStrange, nil
	}
	for range retake {
		m, err := tx.MessageByProvider(ctx, r.ProviderID, r.Phone)
		if houzhen.CodeOf(err) == houzhen.CodeNotFound {
			return ReceiptStrange, nil
		}
		if err != nil {
			return "", fmt.Errorf("find message: %w", err)
		}
		next, moved := m.received(r, tx.Now())
		if !moved {
			return ReceiptRepeated, nil
		}
		saved, err := tx.SaveFates(ctx, []State{m.State}, next)
		if err != nil {
			return "", fmt.Errorf("save message: %w", err)
		}
		if saved == 1 {
			return ReceiptApplied, share(ctx, tx, next)
		}
	}
	return "", houzhen.E(houzhen.CodeConflict, "the message keeps changing")
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
		next := f.like(carrier)
		next.Text = f.Text // of a receipt nobody reads the text
		if _, err := tx.SaveMessages(ctx, []State{from}, next); err != nil {
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
