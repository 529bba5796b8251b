package store

import (
	"context"
	"fmt"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

const appointmentColumns = `id, voucher, session_id, slot_no, start_at, end_at, patient_id, account_id, doctor_id, day, nth,
 state, purpose, origin_id, expires_at, ended_by, reason, channel, request_key, booked_at, ended_at, checked_in_at,
 released_at, travel_minutes, version`

func appointmentInto(a *booking.Appointment) []any {
	return []any{
		&a.ID, &a.Voucher, &a.SessionID, (*number)(&a.SlotNo), (*instant)(&a.Start), (*instant)(&a.End), &a.PatientID,
		&a.AccountID, &a.DoctorID, (*day)(&a.Day), (*number)(&a.Nth), (*number)(&a.State), (*string)(&a.Purpose),
		&a.OriginID, (*instant)(&a.ExpiresAt), &a.By, &a.Reason, &a.Channel, &a.Key, (*instant)(&a.BookedAt),
		(*instant)(&a.EndedAt), (*instant)(&a.CheckedInAt), (*instant)(&a.ReleasedAt), (*number)(&a.TravelMinute),
		&a.Version,
	}
}

func appointmentArgs(a booking.Appointment) []any {
	return []any{
		a.ID, a.Voucher, a.SessionID, int64(a.SlotNo), micros(a.Start), micros(a.End), a.PatientID, a.AccountID,
		a.DoctorID, dateNumber(a.Day), int64(a.Nth), int64(a.State), string(a.Purpose), a.OriginID, micros(a.ExpiresAt),
		a.By, a.Reason, a.Channel, a.Key, micros(a.BookedAt), micros(a.EndedAt), micros(a.CheckedInAt),
		micros(a.ReleasedAt), int64(a.TravelMinute), a.Version,
	}
}

// Appointment finds an appointment.
func (tx *Tx) Appointment(ctx context.Context, id string) (booking.Appointment, error) {
	return one(ctx, tx, missing("appointment"), appointmentInto,
		`SELECT `+appointmentColumns+` FROM appointment WHERE id = $1`, id)
}

// LockAppointment finds an appointment and keeps other writers off it until
// the transaction ends.
func (tx *Tx) LockAppointment(ctx context.Context, id string) (booking.Appointment, error) {
	return one(ctx, tx, missing("appointment"), appointmentInto,
		`SELECT `+appointmentColumns+` FROM appointment WHERE id = $1`+tx.db.d.lock, id)
}

// AppointmentsByVoucher lists the appointments of the number people carry: by
// the id, which begins with it, or by a column where it is of the old kind.
func (tx *Tx) AppointmentsByVoucher(ctx context.Context, voucher string) ([]booking.Appointment, error) {
	condition, args := `length(voucher) = 9`, []any{voucher}
	if first, last, ok := booking.IDsOfVoucher(voucher); ok {
		condition, args = `id >= $2 AND id <= $3`, []any{voucher, first, last}
	}
	out, err := all(ctx, tx, appointmentInto, `SELECT `+appointmentColumns+` FROM appointment WHERE voucher = $1 AND `+condition, args...)
	if err != nil {
		return nil, fmt.Errorf("list appointments of a voucher: %w", err)
	}
	return out, nil
}

// Appointments lists appointments by id. A filter whose PatientIDs is empty
// but not nil selects nothing.
func (tx *Tx) Appointments(ctx context.Context, f booking.AppointmentFilter) ([]booking.Appointment, error) {
	if f.PatientIDs != nil && len(f.PatientIDs) == 0 {
		return []booking.Appointment{}, nil
	}
	text, args := selectAppointments(f)
	out, err := all(ctx, tx, appointmentInto, text, args...)
	if err != nil {
		return nil, fmt.Errorf("list appointments: %w", err)
	}
	return out, nil
}

func selectAppointments(f booking.AppointmentFilter) (text string, args []any) {
	w := where{}
	w.text("session_id = ", f.SessionID)
	w.in("session_id", padded(f.SessionIDs))
	w.in("patient_id", padded(f.PatientIDs))
	if f.OriginID != "" {
		w.raw("origin_id <> ''") // or the partial index is not used
		w.text("origin_id = ", f.OriginID)
	}
	if f.SessionID == "" && f.SessionIDs == nil && f.PatientIDs == nil && f.OriginID == "" {
		w.sessionsOf(f.From, f.To)
	}
	w.dates("day", f.From, f.To)
	w.in("state", states(f.States))
	w.text("purpose = ", string(f.Purpose))
	w.text("id > ", f.AfterID)
	text = `SELECT ` + appointmentColumns + ` FROM appointment` + w.clause() + ` ORDER BY id`
	if f.Limit > 0 {
		w.args = append(w.args, int64(f.Limit))
		text += ` LIMIT ` + placeholders(len(w.args), 1)
	}
	return text, w.args
}

// sessionsOf finds the appointments of a run of days by their sessions.
func (w *where) sessionsOf(from, to houzhen.Date) {
	if from.IsZero() && to.IsZero() {
		return
	}
	days := where{args: w.args}
	days.dates("day", from, to)
	w.args = days.args
	w.raw("session_id IN (SELECT id FROM session" + days.clause() + ")")
}

func states(in []booking.State) []any {
	out := make([]any, len(in))
	for i, s := range in {
		out[i] = int64(s)
	}
	return out
}
