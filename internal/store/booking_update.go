package store

import (
	"context"
	"fmt"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// What may change without asking a guard.
const appointmentSet = `UPDATE appointment SET start_at = $1, end_at = $2, account_id = $3, state = $4, origin_id = $5,
 expires_at = $6, ended_by = $7, reason = $8, channel = $9, request_key = $10, booked_at = $11, ended_at = $12,
 checked_in_at = $13, released_at = $14, travel_minutes = $15`

// stays holds only where every guarded column stays as it is and no
// ended appointment comes back to life, so that no guard can refuse it.
const stays = `version = $17 AND session_id = $18 AND slot_no = $19 AND patient_id = $20 AND doctor_id = $21
 AND day = $22 AND nth = $23 AND purpose = $24 AND voucher = $25 AND (state > 0 OR state = $26)`

const updateGuarded = appointmentSet + `, version = version + 1,
 session_id = $16, slot_no = $17, patient_id = $18, doctor_id = $19, day = $20, nth = $21, purpose = $22, voucher = $23
 WHERE id = $24 AND version = $25`

// UpdateAppointment saves by id and the version that was read, and raises it:
// CodeConflict when it was changed meanwhile, or as AddAppointment when a guard
// refuses. Either way the transaction stays usable. Inside Together, where the
// database is a network away, nothing that a guard asks about may change.
func (tx *Tx) UpdateAppointment(ctx context.Context, a *booking.Appointment) error {
	guarded := []any{
		a.SessionID, int64(a.SlotNo), a.PatientID, a.DoctorID, dateNumber(a.Day), int64(a.Nth), string(a.Purpose), a.Voucher,
	}
	args := append(append(append(appointmentChange(*a), a.ID, a.Version), guarded...), int64(a.State))
	if tx.writesLate() {
		if err := tx.raiseLate(ctx, appointmentSet, `id = $16`, stays, args...); err != nil {
			return fmt.Errorf("update appointment: %w", err)
		}
		a.Version++
		return nil
	}
	n, err := tx.exec(ctx, appointmentSet+`, version = version + 1 WHERE id = $16 AND `+stays, args...)
	if err != nil {
		return fmt.Errorf("update appointment: %w", err)
	}
	if n == 0 {
		args = append(append(appointmentChange(*a), guarded...), a.ID, a.Version)
		if n, err = tx.move(ctx, a.Nth, args); err != nil {
			return err
		}
	}
	if n == 0 {
		return houzhen.E(houzhen.CodeConflict, "appointment was changed meanwhile")
	}
	a.Version++
	return nil
}

func appointmentChange(a booking.Appointment) []any {
	return append(make([]any, 0, 26), micros(a.Start), micros(a.End), a.AccountID, int64(a.State), a.OriginID,
		micros(a.ExpiresAt), a.By, a.Reason, a.Channel, a.Key, micros(a.BookedAt), micros(a.EndedAt),
		micros(a.CheckedInAt), micros(a.ReleasedAt), int64(a.TravelMinute))
}

// move updates guarded columns too, inside a savepoint where a refusal would
// otherwise spoil the transaction.
func (tx *Tx) move(ctx context.Context, nth int, args []any) (int64, error) {
	if nth > maxNth {
		return 0, guardLimit.refusal()
	}
	var n int64
	update := func() error {
		var err error
		if n, err = tx.exec(ctx, updateGuarded, args...); err != nil {
			return tx.refusedAppointment(err, "move appointment")
		}
		return nil
	}
	if !tx.db.d.failedAborts {
		return n, update()
	}
	return n, tx.Savepoint(ctx, update)
}
