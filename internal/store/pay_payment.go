package store

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/pay"
)

const paymentColumns = `id, out_no, appointment_id, patient_id, nth, fee, paid, insured, state, reason, settlement, settled_by,
 trade_no, cashier, expires_at, due_at, attempts, silent, created_at, paid_at, ended_at, version`

func paymentInto(p *pay.Payment) []any {
	return []any{
		&p.ID, &p.OutNo, &p.AppointmentID, &p.PatientID, (*number)(&p.Nth), &p.Fee, &p.Paid, &p.Insured, (*string)(&p.State),
		&p.Reason, &p.Settlement, &p.SettledBy, &p.TradeNo, &p.Cashier, (*instant)(&p.ExpiresAt), (*instant)(&p.DueAt),
		(*number)(&p.Attempts), (*number)(&p.Silent), (*instant)(&p.CreatedAt), (*instant)(&p.PaidAt), (*instant)(&p.EndedAt),
		&p.Version,
	}
}

// Payment finds a payment.
func (tx *Tx) Payment(ctx context.Context, id string) (pay.Payment, error) {
	return one(ctx, tx, missing("payment"), paymentInto, `SELECT `+paymentColumns+` FROM payment WHERE id = $1`, id)
}

// LockPayment finds a payment and keeps other writers off it until the
// transaction ends.
func (tx *Tx) LockPayment(ctx context.Context, id string) (pay.Payment, error) {
	return one(ctx, tx, missing("payment"), paymentInto,
		`SELECT `+paymentColumns+` FROM payment WHERE id = $1`+tx.db.d.lock, id)
}

// PaymentByOutNo finds a payment by its number at the provider.
func (tx *Tx) PaymentByOutNo(ctx context.Context, outNo string) (pay.Payment, error) {
	return one(ctx, tx, missing("payment"), paymentInto, `SELECT `+paymentColumns+` FROM payment WHERE out_no = $1`, outNo)
}

// Payments lists payments by id.
func (tx *Tx) Payments(ctx context.Context, f pay.Filter) ([]pay.Payment, error) {
	w := where{}
	w.text("appointment_id = ", f.AppointmentID)
	w.text("patient_id = ", f.PatientID)
	if len(f.States) == 1 && f.States[0] == pay.Manual {
		w.raw("state = 'manual'") // or the partial index is not used
	} else {
		w.in("state", texts(f.States))
	}
	w.text("id > ", f.AfterID)
	text := `SELECT ` + paymentColumns + ` FROM payment` + w.clause() + ` ORDER BY id`
	if f.Limit > 0 {
		w.args = append(w.args, int64(f.Limit))
		text += ` LIMIT ` + placeholders(len(w.args), 1)
	}
	out, err := all(ctx, tx, paymentInto, text, w.args...)
	if err != nil {
		return nil, fmt.Errorf("list payments: %w", err)
	}
	return out, nil
}

// PaymentsDue lists payments that are to be looked at by now, oldest first.
func (tx *Tx) PaymentsDue(ctx context.Context, now time.Time, limit int) ([]pay.Payment, error) {
	out, err := all(ctx, tx, paymentInto, `SELECT `+paymentColumns+` FROM payment
 WHERE due_at > 0 AND due_at <= $1 ORDER BY due_at, id LIMIT $2`, micros(now), int64(limit))
	if err != nil {
		return nil, fmt.Errorf("list due payments: %w", err)
	}
	return out, nil
}

// AddPayment inserts a payment: CodeConflict when its id or number exists.
func (tx *Tx) AddPayment(ctx context.Context, p pay.Payment) error {
	n, err := tx.exec(ctx, `INSERT INTO payment (`+paymentColumns+`)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
 ON CONFLICT DO NOTHING`,
		p.ID, p.OutNo, p.AppointmentID, p.PatientID, int64(p.Nth), p.Fee, p.Paid, p.Insured, string(p.State), p.Reason, p.Settlement,
		p.SettledBy, p.TradeNo, p.Cashier, micros(p.ExpiresAt), micros(p.DueAt), int64(p.Attempts), int64(p.Silent),
		micros(p.CreatedAt), micros(p.PaidAt), micros(p.EndedAt), p.Version)
	if err != nil {
		return fmt.Errorf("add payment: %w", err)
	}
	if n == 0 {
		return houzhen.E(houzhen.CodeConflict, "payment exists")
	}
	return nil
}

// UpdatePayment saves by id and the version that was read, and raises it:
// CodeConflict when it was changed meanwhile, or when another payment is kept
// for the appointment. Either way the transaction stays usable.
func (tx *Tx) UpdatePayment(ctx context.Context, p *pay.Payment) error {
	var n int64
	update := func() (err error) {
		n, err = tx.exec(ctx, `UPDATE payment SET appointment_id = $1, paid = $2, insured = $3, state = $4, reason = $5,
 settlement = $6, settled_by = $7, trade_no = $8, cashier = $9, expires_at = $10, due_at = $11, attempts = $12, silent = $13,
 paid_at = $14, ended_at = $15, version = version + 1 WHERE id = $16 AND version = $17`,
			p.AppointmentID, p.Paid, p.Insured, string(p.State), p.Reason, p.Settlement, p.SettledBy, p.TradeNo, p.Cashier,
			micros(p.ExpiresAt), micros(p.DueAt), int64(p.Attempts), int64(p.Silent), micros(p.PaidAt), micros(p.EndedAt), p.ID, p.Version)
		if err != nil && tx.db.d.violation(err).kind == uniqueViolation {
			return houzhen.E(houzhen.CodeConflict, "another payment is kept for the appointment").Because(err)
		}
		return err
	}
	var err error
	if tx.db.d.failedAborts && p.State == pay.Kept {
		err = tx.Savepoint(ctx, update)
	} else {
		err = update()
	}
	if err != nil {
		return fmt.Errorf("update payment: %w", err)
	}
	if n == 0 {
		return houzhen.E(houzhen.CodeConflict, "payment was changed meanwhile")
	}
	p.Version++
	return nil
}
