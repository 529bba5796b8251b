package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

const rosterColumns = `id, department_id, zone_id, room_id, doctor_id, weekday, part, start_minute, end_minute,
 slice_minutes, slice_capacity, class, prefix, valid_from, valid_to, quotas`

func rosterInto(r *booking.Roster) []any {
	return []any{
		&r.ID, &r.DepartmentID, &r.ZoneID, &r.RoomID, &r.DoctorID, (*number)(&r.Weekday), (*string)(&r.Part),
		(*number)(&r.Start), (*number)(&r.End), (*number)(&r.SliceMinutes), (*number)(&r.SliceCapacity),
		(*string)(&r.Class), &r.Prefix, (*day)(&r.ValidFrom), (*day)(&r.ValidTo), (*quotas)(&r.Quotas),
	}
}

// Rosters lists all weekly lines by weekday, half-day and id.
func (tx *Tx) Rosters(ctx context.Context) ([]booking.Roster, error) {
	out, err := all(ctx, tx, rosterInto, `SELECT `+rosterColumns+` FROM roster ORDER BY weekday, part, id`)
	if err != nil {
		return nil, fmt.Errorf("list rosters: %w", err)
	}
	return out, nil
}

// SaveRoster inserts or updates a line by id.
func (tx *Tx) SaveRoster(ctx context.Context, r booking.Roster) error {
	kept, err := jsonText(r.Quotas)
	if err != nil {
		return fmt.Errorf("write quotas: %w", err)
	}
	return tx.save(ctx, "roster", rosterColumns, r.ID, r.DepartmentID, r.ZoneID, r.RoomID, r.DoctorID, int64(r.Weekday),
		string(r.Part), int64(r.Start), int64(r.End), int64(r.SliceMinutes), int64(r.SliceCapacity), string(r.Class),
		r.Prefix, dateNumber(r.ValidFrom), dateNumber(r.ValidTo), kept)
}

// exceptionRow is an exception as it is stored.
type exceptionRow struct {
	booking.Exception
	extra string
}

func exceptionInto(r *exceptionRow) []any {
	e := &r.Exception
	return []any{&e.ID, (*day)(&e.Date), &e.Kind, &e.DoctorID, (*string)(&e.Part), (*number)(&e.ActsAs), &r.extra}
}

// Exceptions lists the exceptions of an inclusive range of dates, by date and id.
func (tx *Tx) Exceptions(ctx context.Context, from, to houzhen.Date) ([]booking.Exception, error) {
	w := where{}
	w.dates("day", from, to)
	rows, err := all(ctx, tx, exceptionInto, `SELECT id, day, kind, doctor_id, part, acts_as, extra
 FROM roster_exception`+w.clause()+` ORDER BY day, id`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("list exceptions: %w", err)
	}
	out := make([]booking.Exception, len(rows))
	for i, r := range rows {
		out[i] = r.Exception
		if err := json.Unmarshal([]byte(r.extra), &out[i].Extra); err != nil {
			return nil, fmt.Errorf("read extra roster line: %w", err)
		}
	}
	return out, nil
}

// SaveException inserts or updates an exception by id.
func (tx *Tx) SaveException(ctx context.Context, e booking.Exception) error {
	extra, err := json.Marshal(e.Extra)
	if err != nil {
		return fmt.Errorf("write extra roster line: %w", err)
	}
	return tx.save(ctx, "roster_exception", `id, day, kind, doctor_id, part, acts_as, extra`, e.ID, dateNumber(e.Date),
		e.Kind, e.DoctorID, string(e.Part), int64(e.ActsAs), string(extra))
}
