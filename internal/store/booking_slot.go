package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// Whether a slot is taken is never stored: it follows from the appointments, of
// which a unique index lets one at most be active. It is counted and not asked
// for by EXISTS, which PostgreSQL may answer by reading all appointments there
// are: it plans so while the table is small, and keeps the plan as it grows.
const slotColumns = `session_id, no, start_at, end_at, band, withheld, freed_by, quota, open_at, reason, (
 SELECT COUNT(*) FROM appointment WHERE appointment.session_id = slot.session_id AND appointment.slot_no = slot.no AND appointment.state > 0)`

func slotInto(s *booking.Slot) []any {
	return []any{
		&s.SessionID, (*number)(&s.No), (*instant)(&s.Start), (*instant)(&s.End), (*string)(&s.Band),
		(*flag)(&s.Withheld), &s.FreedBy, (*string)(&s.Quota), (*instant)(&s.OpenAt), &s.Reason, (*flag)(&s.Taken),
	}
}

// Slot finds a slot; CodeSlotUnknown.
func (tx *Tx) Slot(ctx context.Context, sessionID string, no int) (booking.Slot, error) {
	return one(ctx, tx, houzhen.E(houzhen.CodeSlotUnknown, "slot"), slotInto,
		`SELECT `+slotColumns+` FROM slot WHERE session_id = $1 AND no = $2`, sessionID, int64(no))
}

// Slots lists the slots of sessions by session and number.
func (tx *Tx) Slots(ctx context.Context, sessionIDs ...string) ([]booking.Slot, error) {
	var out []booking.Slot
	err := chunks(sessionIDs, 1, func(list string, args []any) error {
		some, err := all(ctx, tx, slotInto, `SELECT `+slotColumns+` FROM slot WHERE session_id IN (`+list+`) ORDER BY session_id, no`, args...)
		out = append(out, some...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list slots: %w", err)
	}
	if len(sessionIDs) > maxList {
		slices.SortFunc(out, func(a, b booking.Slot) int {
			return cmp.Or(cmp.Compare(a.SessionID, b.SessionID), cmp.Compare(a.No, b.No))
		})
	}
	return out, nil
}

// AddSlot inserts a slot; CodeConflict when the number is taken, or when the
// same absence has freed a place before.
func (tx *Tx) AddSlot(ctx context.Context, s booking.Slot) error {
	n, err := tx.exec(ctx, `INSERT INTO slot (session_id, no, start_at, end_at, band, withheld, freed_by, quota, open_at, reason)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`,
		s.SessionID, int64(s.No), micros(s.Start), micros(s.End), string(s.Band), bit(s.Withheld), s.FreedBy,
		string(s.Quota), micros(s.OpenAt), s.Reason)
	if err != nil {
		return fmt.Errorf("add slot: %w", err)
	}
	if n == 0 {
		return houzhen.E(houzhen.CodeConflict, "slot exists")
	}
	return nil
}

// UpdateSlot saves for whom a slot is kept, from when on it is open, and
// whether and why it is withheld; CodeSlotUnknown.
func (tx *Tx) UpdateSlot(ctx context.Context, s booking.Slot) error {
	n, err := tx.exec(ctx, `UPDATE slot SET quota = $1, open_at = $2, withheld = $3, reason = $4 WHERE session_id = $5 AND no = $6`,
		string(s.Quota), micros(s.OpenAt), bit(s.Withheld), s.Reason, s.SessionID, int64(s.No))
	if err != nil {
		return fmt.Errorf("update slot: %w", err)
	}
	if n == 0 {
		return houzhen.E(houzhen.CodeSlotUnknown, "slot")
	}
	return nil
}
