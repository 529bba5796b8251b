package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// Whether a slot is taken is never stored: it follows from the appointments, of
// which a unique index lets one at most be active. It is counted and not asked
// for by EXISTS, which PostgreSQL may answer by reading all appointments there
// are: it plans so while the table is small, and keeps the plan as it grows.
const slotColumns = ownSlotColumns + `, (
 SELECT COUNT(*) FROM appointment WHERE appointment.session_id = slot.session_id AND ` + holds + ` = +slot.no)`

// holds is the number of the place that an appointment holds, in the words of
// the index that guards it; NULL for one that is cancelled. It has no affinity:
// SQLite goes by the index only when what it is compared with has none either,
// hence the plus signs.
const holds = `(CASE WHEN appointment.state > 0 THEN appointment.slot_no END)`

func slotInto(s *booking.Slot) []any {
	return []any{
		&s.SessionID, (*number)(&s.No), (*instant)(&s.Start), (*instant)(&s.End), (*string)(&s.Band),
		(*flag)(&s.Withheld), &s.FreedBy, (*string)(&s.Quota), (*instant)(&s.OpenAt), &s.Reason,
		(*instant)(&s.RetimedAt), (*flag)(&s.Taken),
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

// layout is the slots of one session in one text.
type layout struct{ session, slots string }

// Layout lists the slots of sessions by session and number, with what picking
// one needs: Taken, FreedBy and Reason are not filled. A session has dozens of
// slots, and reading a row each would take longer than all the rest of a
// booking.
func (tx *Tx) Layout(ctx context.Context, sessionIDs ...string) ([]booking.Slot, error) {
	var out []booking.Slot
	err := chunks(sessionIDs, 1, func(list string, args []any) error {
		some, err := all(ctx, tx, func(l *layout) []any { return []any{&l.session, &l.slots} }, `SELECT session_id, string_agg(
 concat_ws(' ', no, start_at, end_at, withheld, open_at, band, quota), ';')
 FROM slot WHERE session_id IN (`+list+`) GROUP BY session_id ORDER BY session_id`, args...)
		if err != nil {
			return err
		}
		for _, l := range some {
			from := len(out)
			if out, err = l.unpack(out); err != nil {
				return err
			}
			slices.SortFunc(out[from:], func(a, b booking.Slot) int { return cmp.Compare(a.No, b.No) })
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list layout: %w", err)
	}
	if len(sessionIDs) > maxList {
		slices.SortStableFunc(out, func(a, b booking.Slot) int { return cmp.Compare(a.SessionID, b.SessionID) })
	}
	return out, nil
}

// unpack adds the slots of a layout to a list.
func (l layout) unpack(out []booking.Slot) ([]booking.Slot, error) {
	out = slices.Grow(out, strings.Count(l.slots, ";")+1)
	for one := range strings.SplitSeq(l.slots, ";") {
		s := booking.Slot{SessionID: l.session}
		var n [5]int64
		rest := one
		for i := range n {
			text, after, _ := strings.Cut(rest, " ")
			v, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return nil, fmt.Errorf("slot cannot be read: %w", err)
			}
			n[i], rest = v, after
		}
		band, quota, _ := strings.Cut(rest, " ")
		s.No, s.Withheld, s.Band, s.Quota = int(n[0]), n[3] != 0, booking.Band(band), booking.Quota(quota)
		s.Start, s.End, s.OpenAt = fromMicros(n[1]), fromMicros(n[2]), fromMicros(n[4])
		out = append(out, s)
	}
	return out, nil
}

// AddSlot inserts a slot; CodeConflict when the number is taken, or when the
// same absence has freed a place before.
func (tx *Tx) AddSlot(ctx context.Context, s booking.Slot) error {
	return tx.addSlots(ctx, [][]any{slotArgs(s)})
}

// PassFreed puts the slot that one appointment's absence freed in the name of
// another.
func (tx *Tx) PassFreed(ctx context.Context, from, to string) error {
	if _, err := tx.exec(ctx, `UPDATE slot SET freed_by = $1 WHERE freed_by = $2 AND freed_by <> ''`, to, from); err != nil {
		return fmt.Errorf("pass freed slot: %w", err)
	}
	return nil
}

const ownSlotColumns = `session_id, no, start_at, end_at, band, withheld, freed_by, quota, open_at, reason, retimed_at`

func slotArgs(s booking.Slot) []any {
	return []any{
		s.SessionID, int64(s.No), micros(s.Start), micros(s.End), string(s.Band), bit(s.Withheld), s.FreedBy,
		string(s.Quota), micros(s.OpenAt), s.Reason, micros(s.RetimedAt),
	}
}

// addSlots inserts slots, with one statement where that is one round trip.
func (tx *Tx) addSlots(ctx context.Context, rows [][]any) error {
	insert := func(text string, args []any, want int) error {
		n, err := tx.exec(ctx, text+` ON CONFLICT DO NOTHING`, args...)
		if err != nil {
			return fmt.Errorf("add slots: %w", err)
		}
		if n != int64(want) {
			return houzhen.E(houzhen.CodeConflict, "slot exists")
		}
		return nil
	}
	if tx.db.d.arrays && len(rows) > 1 {
		return insert(arrayInsert("slot", ownSlotColumns, rows[0]), columnsOf(rows), len(rows))
	}
	for _, row := range rows {
		if err := insert(`INSERT INTO slot (`+ownSlotColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, row, 1); err != nil {
			return err
		}
	}
	return nil
}

// UpdateSlot saves for whom a slot is kept, from when on it is open, and
// whether and why it is withheld; CodeSlotUnknown.
func (tx *Tx) UpdateSlot(ctx context.Context, s booking.Slot) error {
	return tx.changeSlot(ctx, `quota = $1, open_at = $2, withheld = $3, reason = $4 WHERE session_id = $5 AND no = $6`,
		string(s.Quota), micros(s.OpenAt), bit(s.Withheld), s.Reason, s.SessionID, int64(s.No))
}

// OpenSlot saves from when on a slot is open, and nothing else; CodeSlotUnknown.
func (tx *Tx) OpenSlot(ctx context.Context, sessionID string, no int, at time.Time) error {
	return tx.changeSlot(ctx, `open_at = $1 WHERE session_id = $2 AND no = $3`, micros(at), sessionID, int64(no))
}

// RetimeSlot is UpdateSlot that also saves the slice and when it was changed.
func (tx *Tx) RetimeSlot(ctx context.Context, s booking.Slot) error {
	return tx.changeSlot(ctx, `quota = $1, open_at = $2, withheld = $3, reason = $4, start_at = $5, end_at = $6, retimed_at = $7
 WHERE session_id = $8 AND no = $9`,
		string(s.Quota), micros(s.OpenAt), bit(s.Withheld), s.Reason, micros(s.Start), micros(s.End), micros(s.RetimedAt),
		s.SessionID, int64(s.No))
}

func (tx *Tx) changeSlot(ctx context.Context, change string, args ...any) error {
	n, err := tx.exec(ctx, `UPDATE slot SET `+change, args...)
	if err != nil {
		return fmt.Errorf("update slot: %w", err)
	}
	if n == 0 {
		return houzhen.E(houzhen.CodeSlotUnknown, "slot")
	}
	return nil
}
