package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
)

var _ notify.ReceiptTx = (*Tx)(nil)

// AddReceipts stores what a provider said, leaving what is known, and gives the
// ids of what is new. It goes by id, so that two posts of the same receipts never
// wait for each other.
func (tx *Tx) AddReceipts(ctx context.Context, list []notify.PostedReceipt) ([]string, error) {
	rows := make([][]any, len(list))
	byID := slices.SortedStableFunc(slices.Values(list), func(a, b notify.PostedReceipt) int { return cmp.Compare(a.ID, b.ID) })
	for i, r := range byID {
		phone, err := tx.db.seal(r.Phone.Reveal(), sealPatientPhone)
		if err != nil {
			return nil, err
		}
		rows[i] = []any{
			r.ID, r.OutID, r.ProviderID, phone, tx.phoneIndex(r.Phone), bit(r.Delivered), r.ErrorCode, micros(r.At), micros(r.ReceivedAt), int64(0), "",
		}
	}
	ids, err := tx.insertNew(ctx, "receipt_inbox", receiptColumns, rows)
	if err != nil {
		return nil, fmt.Errorf("store receipts: %w", err)
	}
	return ids, nil
}

const receiptColumns = `id, out_id, provider_id, phone, phone_index, delivered, error_code, at, received_at, handled_at, outcome`

type receiptRow struct {
	notify.PostedReceipt
	phone []byte
}

func receiptInto(r *receiptRow) []any {
	return []any{
		&r.ID, &r.OutID, &r.ProviderID, &r.phone, (*flag)(&r.Delivered), &r.ErrorCode, (*instant)(&r.At), (*instant)(&r.ReceivedAt),
	}
}

// OpenReceipts gives what was not worked on, oldest first, and lets nobody else
// work on it in the meantime.
func (tx *Tx) OpenReceipts(ctx context.Context, limit int) ([]notify.PostedReceipt, error) {
	rows, err := all(ctx, tx, receiptInto, `SELECT id, out_id, provider_id, phone, delivered, error_code, at, received_at FROM receipt_inbox
 WHERE handled_at = 0 ORDER BY received_at, id LIMIT $1`+tx.db.d.lockSkip, int64(limit))
	if err != nil {
		return nil, fmt.Errorf("list receipts: %w", err)
	}
	out := make([]notify.PostedReceipt, len(rows))
	for i, r := range rows {
		phone, err := tx.db.unseal(r.phone, sealPatientPhone)
		if err != nil {
			return nil, err
		}
		out[i] = r.PostedReceipt
		out[i].Phone = houzhen.NewPhone(phone)
	}
	return out, nil
}

// WaitingReceipts counts what was not worked on, and since when the oldest
// waits; zero when none does.
func (tx *Tx) WaitingReceipts(ctx context.Context) (n int, oldest time.Time, err error) {
	var count int64
	var at instant
	err = tx.scan(ctx, `SELECT COUNT(*), COALESCE(MIN(received_at), 0) FROM receipt_inbox WHERE handled_at = 0`, nil, &count, &at)
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("count receipts: %w", err)
	}
	return int(count), time.Time(at), nil
}

// EndReceipts notes what became of receipts.
func (tx *Tx) EndReceipts(ctx context.Context, outcome string, ids ...string) error {
	err := tx.change("receipt_inbox", ids, 3, func(rest string, args []any) error {
		_, err := tx.exec(ctx, `UPDATE receipt_inbox SET handled_at = $1, outcome = $2`+rest, append([]any{micros(tx.now), outcome}, args...)...)
		return err
	})
	if err != nil {
		return fmt.Errorf("end receipts: %w", err)
	}
	return nil
}

// PurgeReceipts drops what was worked on before an instant.
func (db *DB) PurgeReceipts(ctx context.Context, before time.Time) (n int64, err error) {
	err = db.InTx(ctx, func(tx *Tx) error {
		n, err = tx.exec(ctx, `DELETE FROM receipt_inbox WHERE handled_at > 0 AND handled_at < $1`, micros(before))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("purge receipts: %w", err)
	}
	return n, nil
}
