package notify

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// PostedReceipt is a receipt as a provider posted it: a row before it is
// acknowledged, worked on after. What it says stands in the ledger then, and the
// row goes; one of no message of ours is kept for a while.
type PostedReceipt struct {
	Receipt

	ID         string
	ReceivedAt time.Time
}

// What became of a posted receipt.
const (
	ReceiptApplied  = "applied"
	ReceiptRepeated = "repeated" // known already, or overtaken by a better one
	ReceiptStrange  = "strange"  // of no message of ours
)

// ReceiptTx is what the inbox of receipts asks of a transaction besides Tx.
type ReceiptTx interface {
	// AddReceipts stores them, leaving those that wait already, and gives the ids
	// that the new ones have got: two that say the same have one id.
	AddReceipts(ctx context.Context, list []PostedReceipt) ([]string, error)
	// OpenReceipts takes what was not worked on out of the inbox, oldest first:
	// with the commit it is gone, and without one it is there again.
	OpenReceipts(ctx context.Context, limit int) ([]PostedReceipt, error)
	// ClaimReceipts is OpenReceipts for those of ids.
	ClaimReceipts(ctx context.Context, ids []string) ([]PostedReceipt, error)
	// WaitingReceipts counts those that were not worked on, and since when the
	// oldest waits.
	WaitingReceipts(ctx context.Context) (n int, oldest time.Time, err error)
	// KeepReceipts puts some that were taken back as worked on, to be looked at by a
	// person.
	KeepReceipts(ctx context.Context, outcome string, list ...PostedReceipt) error
}

// Post stores what a provider says, so that it can be acknowledged at once. It
// may come twice and in any order. It gives the ids of what is new.
func Post(ctx context.Context, tx interface {
	Tx
	ReceiptTx
}, receipts []Receipt,
) ([]string, error) {
	posted := make([]PostedReceipt, len(receipts))
	for i, r := range receipts {
		posted[i] = PostedReceipt{Receipt: r, ReceivedAt: tx.Now()}
	}
	var added []string
	for chunk := range slices.Chunk(posted, batchSize) {
		ids, err := tx.AddReceipts(ctx, chunk)
		if err != nil {
			return added, err
		}
		added = append(added, ids...)
	}
	return added, nil
}

// TakeReceipts works on what was posted, up to a hundred at a time, until
// nothing is left or ctx ends. A node that dies leaves them for another.
func (s *Service) TakeReceipts(ctx context.Context) (ReceiveResult, error) {
	var total ReceiveResult
	for {
		n, err := s.takeReceipts(ctx, &total, func(box ReceiptTx) ([]PostedReceipt, error) { return box.OpenReceipts(ctx, batchSize) })
		if err != nil || n < batchSize {
			return total, err
		}
	}
}

// WorkReceipts is TakeReceipts for those of ids that nobody works on: what was
// posted just now is so found without a search.
func (s *Service) WorkReceipts(ctx context.Context, ids []string) (ReceiveResult, error) {
	var total ReceiveResult
	for chunk := range slices.Chunk(ids, batchSize) {
		_, err := s.takeReceipts(ctx, &total, func(box ReceiptTx) ([]PostedReceipt, error) { return box.ClaimReceipts(ctx, chunk) })
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

func (s *Service) takeReceipts(ctx context.Context, total *ReceiveResult, open func(ReceiptTx) ([]PostedReceipt, error)) (n int, err error) {
	var became []string
	err = s.store.InTx(ctx, func(tx Tx) error {
		box := tx.(ReceiptTx)
		list, err := open(box)
		if err != nil {
			return err
		}
		receipts := make([]Receipt, len(list))
		for i, r := range list {
			receipts[i] = r.Receipt
		}
		n = len(list)
		if became, err = receive(ctx, tx, receipts); err != nil {
			return err
		}
		var strange []PostedReceipt
		for i, r := range list {
			if became[i] == ReceiptStrange {
				strange = append(strange, r)
			}
		}
		return box.KeepReceipts(ctx, ReceiptStrange, strange...)
	})
	if err != nil {
		return 0, fmt.Errorf("work on receipts: %w", err)
	}
	total.count(became)
	return n, nil
}
