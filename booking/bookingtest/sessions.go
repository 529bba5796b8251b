package bookingtest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// Session finds a session.
func (tx *Tx) Session(_ context.Context, id string) (booking.Session, error) {
	return find(tx.store.sessions, id)
}

// ShareSessions gives versions by id: transactions are alone here.
func (tx *Tx) ShareSessions(_ context.Context, ids ...string) (map[string]int64, error) {
	versions := map[string]int64{}
	for _, id := range ids {
		if s, ok := tx.store.sessions[id]; ok {
			versions[id] = s.Version
		}
	}
	return versions, nil
}

// LockSession is Session: transactions are alone here.
func (tx *Tx) LockSession(ctx context.Context, id string) (booking.Session, error) {
	return tx.Session(ctx, id)
}

// QueueForSession is Session: transactions are alone here.
func (tx *Tx) QueueForSession(ctx context.Context, id string) (booking.Session, error) {
	return tx.Session(ctx, id)
}

// Sessions lists sessions by start and id.
func (tx *Tx) Sessions(_ context.Context, f booking.SessionFilter) ([]booking.Session, error) {
	return byStart(tx.sessionsWhere(func(s booking.Session) bool {
		return (f.IDs == nil || slices.Contains(f.IDs, s.ID)) &&
			(f.DepartmentID == "" || f.DepartmentID == s.DepartmentID) &&
			(f.ZoneID == "" || f.ZoneID == s.ZoneID) &&
			(f.DoctorID == "" || f.DoctorID == s.DoctorID) &&
			(f.From.IsZero() || !s.Date.Before(f.From)) && (f.To.IsZero() || !f.To.Before(s.Date)) &&
			(len(f.Status) == 0 || slices.Contains(f.Status, s.Status))
	})), nil
}

func (tx *Tx) sessionsWhere(is func(booking.Session) bool) []booking.Session {
	var list []booking.Session
	for _, id := range slices.Sorted(maps.Keys(tx.store.sessions)) {
		if s := tx.store.sessions[id]; is(s) {
			list = append(list, s)
		}
	}
	return list
}

// AddSession inserts a session with its slots.
func (tx *Tx) AddSession(_ context.Context, s booking.Session, slots []booking.Slot) error {
	if err := tx.may("add_session", s.ID); err != nil {
		return err
	}
	for _, o := range tx.store.sessions {
		if o.ID == s.ID || o.DoctorID == s.DoctorID && o.Date == s.Date && o.Part == s.Part {
			return houzhen.E(houzhen.CodeConflict, "doctor has that session")
		}
	}
	set(tx, tx.store.sessions, s.ID, s)
	set(tx, tx.store.slots, s.ID, slices.Clone(slots))
	return nil
}

// DropSession removes a session on which nobody ever stood.
func (tx *Tx) DropSession(_ context.Context, id string) error {
	if err := tx.may("drop_session", id); err != nil {
		return err
	}
	for _, a := range tx.store.appointments {
		if a.SessionID == id {
			return houzhen.E(houzhen.CodeState, "session has appointments")
		}
	}
	unset(tx, tx.store.sessions, id)
	unset(tx, tx.store.slots, id)
	return nil
}

// UpdateSession saves by version.
func (tx *Tx) UpdateSession(ctx context.Context, s booking.Session) error {
	if err := tx.may("update_session", s.ID); err != nil {
		return err
	}
	old, err := tx.Session(ctx, s.ID)
	if err != nil {
		return err
	}
	if old.Version != s.Version {
		return houzhen.E(houzhen.CodeConflict, "session changed meanwhile")
	}
	s.Version++
	set(tx, tx.store.sessions, s.ID, s)
	return nil
}

// Slot finds a slot.
func (tx *Tx) Slot(ctx context.Context, sessionID string, no int) (booking.Slot, error) {
	slots, _ := tx.Slots(ctx, sessionID)
	for _, s := range slots {
		if s.No == no {
			return s, nil
		}
	}
	return booking.Slot{}, houzhen.E(houzhen.CodeSlotUnknown, "no such slot")
}

// Slots lists slots by session and number, with Taken filled.
func (tx *Tx) Slots(_ context.Context, sessionIDs ...string) ([]booking.Slot, error) {
	var list []booking.Slot
	for _, id := range slices.Sorted(slices.Values(sessionIDs)) {
		taken := map[int]bool{}
		for a := range tx.store.bySession[id] {
			if row := tx.store.appointments[a]; row.SessionID == id && row.Active() {
				taken[row.SlotNo] = true
			}
		}
		for _, s := range tx.store.slots[id] {
			s.Taken = taken[s.No]
			list = append(list, s)
		}
	}
	return list, nil
}

// Layout gives slots of which nobody knows whether they are taken.
func (tx *Tx) Layout(_ context.Context, sessionIDs ...string) ([]booking.Slot, error) {
	var list []booking.Slot
	for _, id := range slices.Sorted(slices.Values(sessionIDs)) {
		for _, s := range tx.store.slots[id] {
			s.Taken = false
			list = append(list, s)
		}
	}
	return list, nil
}

// AddSlot inserts a slot.
func (tx *Tx) AddSlot(ctx context.Context, s booking.Slot) error {
	if err := tx.may("add_slot", s.SessionID); err != nil {
		return err
	}
	if _, err := tx.Session(ctx, s.SessionID); err != nil {
		return err
	}
	old := tx.store.slots[s.SessionID]
	if slices.ContainsFunc(old, func(o booking.Slot) bool { return o.No == s.No }) {
		return houzhen.E(houzhen.CodeConflict, "slot exists")
	}
	if s.FreedBy != "" && slices.ContainsFunc(slices.Concat(slices.Collect(maps.Values(tx.store.slots))...), func(o booking.Slot) bool { return o.FreedBy == s.FreedBy }) {
		return houzhen.E(houzhen.CodeConflict, "slot exists")
	}
	s.Taken = false
	all := append(slices.Clone(old), s)
	slices.SortFunc(all, func(a, b booking.Slot) int { return cmp.Compare(a.No, b.No) })
	set(tx, tx.store.slots, s.SessionID, all)
	return nil
}

// UpdateSlot saves what may change of a slot.
func (tx *Tx) UpdateSlot(_ context.Context, s booking.Slot) error {
	return tx.changeSlot("update_slot", s.SessionID, s.No, func(old *booking.Slot) {
		old.Quota, old.OpenAt, old.Withheld, old.Reason = s.Quota, s.OpenAt, s.Withheld, s.Reason
	})
}

// OpenSlot saves when a slot opens.
func (tx *Tx) OpenSlot(_ context.Context, sessionID string, no int, at time.Time) error {
	return tx.changeSlot("open_slot", sessionID, no, func(old *booking.Slot) { old.OpenAt = at })
}

// RetimeSlot saves what new hours change of a slot.
func (tx *Tx) RetimeSlot(_ context.Context, s booking.Slot) error {
	return tx.changeSlot("retime_slot", s.SessionID, s.No, func(old *booking.Slot) {
		old.Quota, old.OpenAt, old.Withheld, old.Reason = s.Quota, s.OpenAt, s.Withheld, s.Reason
		old.Start, old.End, old.RetimedAt = s.Start, s.End, s.RetimedAt
	})
}

func (tx *Tx) changeSlot(verb, sessionID string, no int, change func(*booking.Slot)) error {
	if err := tx.may(verb, sessionID); err != nil {
		return err
	}
	all := slices.Clone(tx.store.slots[sessionID])
	for i := range all {
		if all[i].No == no {
			change(&all[i])
			set(tx, tx.store.slots, sessionID, all)
			return nil
		}
	}
	return houzhen.E(houzhen.CodeSlotUnknown, "no such slot")
}

// PassFreed changes whose absence freed a slot.
func (tx *Tx) PassFreed(_ context.Context, from, to string) error {
	if err := tx.may("pass_freed", from); err != nil {
		return err
	}
	for session, slots := range tx.store.slots {
		all := slices.Clone(slots)
		for i := range all {
			if all[i].FreedBy == from {
				all[i].FreedBy = to
				set(tx, tx.store.slots, session, all)
			}
		}
	}
	return nil
}

// SessionsReleased lists planned sessions that are released after one instant and
// until another, earliest first.
func (tx *Tx) SessionsReleased(_ context.Context, after, until time.Time, limit int) ([]booking.Session, error) {
	list := tx.sessionsWhere(func(s booking.Session) bool {
		return s.Status == booking.SessionPlanned && s.ReleaseAt.After(after) && !s.ReleaseAt.After(until)
	})
	slices.SortStableFunc(list, func(a, b booking.Session) int { return a.ReleaseAt.Compare(b.ReleaseAt) })
	return first(limit, list), nil
}

// SessionsToOpen lists planned sessions that start by now, earliest first.
func (tx *Tx) SessionsToOpen(_ context.Context, now time.Time, limit int) ([]booking.Session, error) {
	return first(limit, byStart(tx.sessionsWhere(func(s booking.Session) bool {
		return s.Status == booking.SessionPlanned && !now.Before(s.Start)
	}))), nil
}

// SessionsToClose lists open and planned sessions that are over, earliest first.
func (tx *Tx) SessionsToClose(_ context.Context, now time.Time, limit int) ([]booking.Session, error) {
	return first(limit, byStart(tx.sessionsWhere(func(s booking.Session) bool {
		return (s.Status == booking.SessionPlanned || s.Status == booking.SessionOpen) && !now.Before(s.End)
	}))), nil
}

func byStart(list []booking.Session) []booking.Session {
	slices.SortStableFunc(list, func(a, b booking.Session) int { return a.Start.Compare(b.Start) })
	return list
}

func first[T any](limit int, list []T) []T { return list[:min(limit, len(list))] }

// Rosters lists the weekly lines by id.
func (tx *Tx) Rosters(context.Context) ([]booking.Roster, error) {
	return slices.SortedFunc(maps.Values(tx.store.rosters), func(a, b booking.Roster) int { return strings.Compare(a.ID, b.ID) }), nil
}

// Exceptions lists exceptions of a run of dates by id.
func (tx *Tx) Exceptions(_ context.Context, from, to houzhen.Date) ([]booking.Exception, error) {
	var list []booking.Exception
	for _, id := range slices.Sorted(maps.Keys(tx.store.exceptions)) {
		if e := tx.store.exceptions[id]; !e.Date.Before(from) && !to.Before(e.Date) {
			list = append(list, e)
		}
	}
	return list, nil
}

// SaveRoster inserts or updates by id.
func (tx *Tx) SaveRoster(_ context.Context, r booking.Roster) error {
	if err := tx.may("save_roster", r.ID); err != nil {
		return err
	}
	set(tx, tx.store.rosters, r.ID, r)
	return nil
}

// SaveException inserts or updates by id.
func (tx *Tx) SaveException(_ context.Context, e booking.Exception) error {
	if err := tx.may("save_exception", e.ID); err != nil {
		return err
	}
	set(tx, tx.store.exceptions, e.ID, e)
	return nil
}

// ReleaseRules lists every version by department and version.
func (tx *Tx) ReleaseRules(context.Context) ([]booking.ReleaseRule, error) {
	return slices.SortedFunc(maps.Values(tx.store.rules), func(a, b booking.ReleaseRule) int {
		return cmp.Or(strings.Compare(a.DepartmentID, b.DepartmentID), cmp.Compare(a.Version, b.Version))
	}), nil
}

// AddReleaseRule inserts a version.
func (tx *Tx) AddReleaseRule(_ context.Context, r booking.ReleaseRule) error {
	if err := tx.may("add_release_rule", r.DepartmentID); err != nil {
		return err
	}
	key := fmt.Sprint(r.DepartmentID, "|", r.Version)
	if _, exists := tx.store.rules[key]; exists {
		return houzhen.E(houzhen.CodeConflict, "version exists")
	}
	set(tx, tx.store.rules, key, r)
	return nil
}
