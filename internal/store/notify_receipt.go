package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
)

var _ notify.ReceiptTx = (*Tx)(nil)

// AddReceipts stores what a provider said, leaving what waits already, and gives
// the ids that what is new has got. It goes by id, so that two posts of the same
// receipts never wait for each other.
func (tx *Tx) AddReceipts(ctx context.Context, list []notify.PostedReceipt) ([]string, error) {
	ids, err := tx.addReceipts(ctx, list, 0, "")
	if err != nil {
		return nil, fmt.Errorf("store receipts: %w", err)
	}
	return ids, nil
}

// KeepReceipts puts receipts that were taken back as worked on, until they are
// purged.
func (tx *Tx) KeepReceipts(ctx context.Context, outcome string, list ...notify.PostedReceipt) error {
	if _, err := tx.addReceipts(ctx, list, micros(tx.now), outcome); err != nil {
		return fmt.Errorf("keep receipts: %w", err)
	}
	return nil
}

func (tx *Tx) addReceipts(ctx context.Context, list []notify.PostedReceipt, handled int64, outcome string) ([]string, error) {
	rows := make([][]any, len(list))
	for i, r := range list {
		phone, err := tx.db.seal(r.Phone.Reveal(), sealPatientPhone)
		if err != nil {
			return nil, err
		}
		index := tx.phoneIndex(r.Phone)
		rows[i] = []any{
			receiptID(r, index), r.OutID, r.ProviderID, phone, index, bit(r.Delivered), r.ErrorCode, micros(r.At), micros(r.ReceivedAt), handled, outcome,
		}
	}
	slices.SortFunc(rows, func(a, b []any) int { return cmp.Compare(a[0].(string), b[0].(string)) }) //nolint:forcetypeassert // the id
	return tx.insertNew(ctx, "receipt_inbox", receiptColumns, rows)
}

// receiptID is the same for what says the same: a provider posts a receipt up to
// three times. Of the phone it takes the keyed hash, from which no phone is found.
func receiptID(r notify.PostedReceipt, phoneIndex string) string {
	h := sha256.New()
	for _, s := range []string{r.OutID, r.ProviderID, phoneIndex, r.ErrorCode} {
		_, _ = fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	_, _ = fmt.Fprintf(h, "%t %d", r.Delivered, micros(r.At))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:18])
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

// OpenReceipts takes what was not worked on out of the inbox, oldest first. It
// passes over what somebody else is taking.
func (tx *Tx) OpenReceipts(ctx context.Context, limit int) ([]notify.PostedReceipt, error) {
	rows, err := all(ctx, tx, receiptInto, `DELETE FROM receipt_inbox WHERE id IN (SELECT id FROM receipt_inbox
 WHERE handled_at = 0 ORDER BY received_at, id LIMIT $1`+tx.db.d.lockSkip+`) RETURNING `+readReceipt, int64(limit))
	if err != nil {
		return nil, fmt.Errorf("take receipts: %w", err)
	}
	return tx.posted(rows)
}

// ClaimReceipts takes those of ids that were not worked on out of the inbox,
// oldest first. What somebody else is taking is waited for.
func (tx *Tx) ClaimReceipts(ctx context.Context, ids []string) ([]notify.PostedReceipt, error) {
	var rows []receiptRow
	err := tx.remove("receipt_inbox", ids, func(rest string, args []any) error {
		some, err := all(ctx, tx, receiptInto, `DELETE FROM receipt_inbox`+rest+` AND `+only(`receipt_inbox.handled_at = 0`)+` RETURNING `+readReceipt, args...)
		rows = append(rows, some...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim receipts: %w", err)
	}
	return tx.posted(rows)
}

const readReceipt = `receipt_inbox.id, out_id, provider_id, phone, delivered, error_code, at, received_at`

func (tx *Tx) posted(rows []receiptRow) ([]notify.PostedReceipt, error) {
	out := make([]notify.PostedReceipt, len(rows))
	for i, r := range rows {
		phone, err := tx.db.unseal(r.phone, sealPatientPhone)
		if err != nil {
			return nil, err
		}
		out[i] = r.PostedReceipt
		out[i].Phone = houzhen.NewPhone(phone)
	}
	slices.SortFunc(out, func(a, b notify.PostedReceipt) int {
		return cmp.Or(a.ReceivedAt.Compare(b.ReceivedAt), cmp.Compare(a.ID, b.ID))
	})
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
