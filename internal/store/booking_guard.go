package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// maxNth is the ceiling that the check appointment_nth holds.
const maxNth = 3

const insertAppointment = `INSERT INTO appointment (` + appointmentColumns + `)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)
 ON CONFLICT DO NOTHING`

// AddAppointment inserts an appointment, or says which guard refused it:
// CodeKeyReused (the id exists), CodeAlreadyBooked, CodeSlotTaken, CodeLimit. A
// refusal leaves the transaction usable.
func (tx *Tx) AddAppointment(ctx context.Context, a booking.Appointment) error {
	if a.Nth > maxNth {
		return guardLimit.refusal()
	}
	for range 2 { // a second look when what was in the way has gone
		n, err := tx.exec(ctx, insertAppointment, appointmentArgs(a)...)
		if err != nil {
			return tx.refusedAppointment(err, "add appointment")
		}
		if n == 1 {
			return nil
		}
		if g, err := tx.guardOf(ctx, a); err != nil || g != guardNone {
			return errors.Join(err, g.refusal())
		}
	}
	return houzhen.E(houzhen.CodeConflict, "another booking was in the way")
}

// guard is one of the constraints that protect places and people.
type guard int

const (
	guardNone guard = iota
	guardID
	guardOnce
	guardPlace
	guardLimit
)

// refusal says in words of the contract which guard stood in the way.
func (g guard) refusal() error {
	switch g {
	case guardID:
		return houzhen.E(houzhen.CodeKeyReused, "appointment exists")
	case guardOnce:
		return houzhen.E(houzhen.CodeAlreadyBooked, "patient has an appointment with this doctor on this day")
	case guardPlace:
		return houzhen.E(houzhen.CodeSlotTaken, "slot is taken")
	case guardLimit:
		return houzhen.E(houzhen.CodeLimit, "patient has reached the ceiling of this day")
	case guardNone:
	}
	return nil
}

// guardOf finds out which guard refused an insert. A patient who meets himself
// is told so before anything else.
func (tx *Tx) guardOf(ctx context.Context, a booking.Appointment) (guard, error) {
	var g number
	err := tx.scan(ctx, `SELECT CASE
 WHEN EXISTS (SELECT 1 FROM appointment WHERE id = $1) THEN 1
 WHEN $2 <> 'option' AND EXISTS (SELECT 1 FROM appointment
  WHERE patient_id = $3 AND doctor_id = $4 AND day = $5 AND state > 0 AND purpose <> 'option') THEN 2
 WHEN EXISTS (SELECT 1 FROM appointment WHERE session_id = $6 AND `+holds+` = $7) THEN 3
 WHEN $8 <> 'option' AND EXISTS (SELECT 1 FROM appointment
  WHERE patient_id = $9 AND day = $10 AND nth = $11 AND nth > 0 AND state > 0 AND purpose <> 'option') THEN 4
 ELSE 0 END`, []any{
		a.ID, string(a.Purpose), a.PatientID, a.DoctorID, dateNumber(a.Day), a.SessionID, int64(a.SlotNo),
		string(a.Purpose), a.PatientID, dateNumber(a.Day), int64(a.Nth),
	}, &g)
	if err != nil {
		return guardNone, fmt.Errorf("find refusing guard: %w", err)
	}
	return guard(g), nil
}

// refusedAppointment maps the refusal of an insert or update by the constraint
// that made it; PostgreSQL names it, SQLite lists its columns.
func (tx *Tx) refusedAppointment(err error, doing string) error {
	v := tx.db.d.violation(err)
	g := guardNone
	switch v.guard {
	case "appointment_pkey", "appointment.id":
		g = guardID
	case "appointment_once", "appointment.patient_id, appointment.doctor_id, appointment.day":
		g = guardOnce
	case "appointment_place", "index 'appointment_place'":
		g = guardPlace
	case "appointment_limit", "index 'appointment_limit'", "appointment_nth":
		g = guardLimit
	}
	switch {
	case g != guardNone:
		return g.refusal()
	case v.kind == foreignViolation && !strings.HasPrefix(v.guard, "appointment_session"):
		return houzhen.E(houzhen.CodeSlotUnknown, "no such slot, or not of that doctor and day").Because(err)
	default:
		return fmt.Errorf("%s: %w", doing, err)
	}
}
