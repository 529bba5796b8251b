package store

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// HoldsLapsed lists held appointments whose time has run out, oldest first.
func (tx *Tx) HoldsLapsed(ctx context.Context, now time.Time, limit int) ([]booking.Appointment, error) {
	return tx.dueAppointments(ctx, `SELECT `+appointmentColumns+` FROM appointment
 WHERE state = 1 AND expires_at <= $1 ORDER BY expires_at, id LIMIT $2`, micros(now), int64(limit))
}

// PlacesToRelease lists booked appointments in open sessions whose slice began
// by then, who have not checked in and whose place was not given back yet.
func (tx *Tx) PlacesToRelease(ctx context.Context, startedBy time.Time, limit int) ([]booking.Appointment, error) {
	return tx.dueAppointments(ctx, ofSession(`a.state = 2 AND a.start_at <= $1 AND a.released_at = 0
 AND a.checked_in_at = 0 AND s.status = 'open' ORDER BY a.start_at, a.id LIMIT $2`), micros(startedBy), int64(limit))
}

// NoShowsDue lists booked appointments whose slice has begun and whose session
// is past its deadline and was not suspended.
func (tx *Tx) NoShowsDue(ctx context.Context, now time.Time, limit int) ([]booking.Appointment, error) {
	at := micros(now)
	return tx.dueAppointments(ctx, ofSession(`a.state = 2 AND a.start_at <= $1 AND s.deadline <= $2
 AND s.status <> 'suspended' ORDER BY a.start_at, a.id LIMIT $3`), at, at, int64(limit))
}

func ofSession(condition string) string {
	return `SELECT ` + of("a", appointmentColumns) + ` FROM appointment a JOIN session s ON s.id = a.session_id WHERE ` + condition
}

func (tx *Tx) dueAppointments(ctx context.Context, text string, args ...any) ([]booking.Appointment, error) {
	out, err := all(ctx, tx, appointmentInto, text, args...)
	if err != nil {
		return nil, fmt.Errorf("list due appointments: %w", err)
	}
	return out, nil
}

// Displaced lists active visits on withheld slots of a run of days, by id. The
// slots come first: few are withheld.
func (tx *Tx) Displaced(ctx context.Context, from, to houzhen.Date) ([]booking.Appointment, error) {
	return tx.dueAppointments(ctx, `SELECT `+of("appointment", appointmentColumns)+`
 FROM slot JOIN appointment ON appointment.session_id = slot.session_id AND `+holds+` = +slot.no
 WHERE slot.withheld = 1 AND state <= 3 AND purpose <> 'option' AND day >= $1 AND day <= $2 ORDER BY id`,
		dateNumber(from), dateNumber(to))
}
