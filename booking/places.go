package booking

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
)

// free lists the places that somebody can book at now, earliest first; of one
// slice those that are kept for him before the general ones. A drawn lot gets
// what is kept for it before anything else, so that nothing is left over.
func free(slots []Slot, spent map[int]bool, now time.Time, who Who, fallBack time.Time) []Slot {
	var open []Slot
	for _, s := range slots {
		if !s.Taken && !spent[s.No] && s.bookable(now, who, fallBack) == nil {
			open = append(open, s)
		}
	}
	slices.SortFunc(open, inOrder)
	if who.Drawn {
		slices.SortStableFunc(open, func(a, b Slot) int { return cmp.Compare(a.general(), b.general()) })
	}
	return open
}

// inOrder is the order in which places are given.
func inOrder(a, b Slot) int {
	return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.general(), b.general()), cmp.Compare(a.No, b.No))
}

// spentNumbers gives the numbers of a session that were left after its day
// had begun. Before that there are none and the store is not asked.
func (s *Service) spentNumbers(ctx context.Context, tx Tx, session Session) (map[int]bool, error) {
	if !s.dayBegun(session.Date, tx.Now()) {
		return map[int]bool{}, nil
	}
	ended, err := tx.Appointments(ctx, AppointmentFilter{SessionID: session.ID, States: []State{Cancelled}})
	if err != nil {
		return nil, fmt.Errorf("load left numbers: %w", err)
	}
	spent := map[int]bool{}
	for _, a := range ended {
		if a.spent(s.loc) {
			spent[a.SlotNo] = true
		}
	}
	return spent, nil
}

// freePlaces loads the bookable places of one session.
func (s *Service) freePlaces(ctx context.Context, tx Tx, session Session, who Who) ([]Slot, error) {
	slots, err := tx.Slots(ctx, session.ID)
	if err != nil {
		return nil, fmt.Errorf("load slots: %w", err)
	}
	spent, err := s.spentNumbers(ctx, tx, session)
	if err != nil {
		return nil, err
	}
	return free(slots, spent, tx.Now(), who, session.FallBackAt), nil
}

// whyNone says that a session has no slice at start, or that it has begun; nil
// when its places are merely taken, or when any time will do.
func whyNone(ctx context.Context, tx Tx, session Session, start time.Time, who Who) error {
	if start.IsZero() {
		return nil
	}
	slots, err := tx.Slots(ctx, session.ID)
	if err != nil {
		return fmt.Errorf("load slots: %w", err)
	}
	why := error(houzhen.E(houzhen.CodeSlotUnknown, "no slice starts then").On("start"))
	for _, p := range startingAt(slots, start) {
		if why = p.bookable(tx.Now(), who, session.FallBackAt); why == nil {
			return nil
		}
	}
	return why
}

// giveBack makes a new walk-in place of the capacity that a leaves behind on
// the day itself, when its number may not be used again. The caller has locked
// the session. It gives the number, or 0 if too little of the session is left.
func (s *Service) giveBack(ctx context.Context, tx Tx, session Session, a Appointment) (int, error) {
	slots, err := tx.Slots(ctx, session.ID)
	if err != nil {
		return 0, fmt.Errorf("load slots: %w", err)
	}
	if slices.ContainsFunc(slots, func(x Slot) bool { return x.FreedBy == a.ID || x.No == a.SlotNo && x.Withheld }) || BandOf(a.SlotNo) == BandOverbook {
		return 0, nil // went back when the patient was late; or there is no such capacity any more
	}
	slot, worth := freedSlot(session, a, nextWalkIn(slots), tx.Now(), s.policy.ReleaseMinLeft)
	if !worth {
		return 0, nil
	}
	if slot.OpenAt, err = s.publicFrom(ctx, tx, session, slot); err != nil {
		return 0, err
	}
	if err := tx.AddSlot(ctx, slot); err != nil {
		return 0, fmt.Errorf("add freed slot: %w", err)
	}
	return slot.No, nil
}

// lockFor locks an appointment, and before it the sessions whose slots may be
// changed or must be looked at a second time, in the order of their ids.
// Sessions go before appointments everywhere, so that nobody waits in a ring.
func (s *Service) lockFor(ctx context.Context, tx Tx, id string, more ...string) (Appointment, map[string]Session, error) {
	seen, err := tx.Appointment(ctx, id)
	if err != nil {
		return Appointment{}, nil, fmt.Errorf("load appointment: %w", err)
	}
	ids := more
	if s.dayBegun(seen.Day, tx.Now()) {
		ids = append(slices.Clone(more), seen.SessionID)
	}
	ids = slices.Compact(slices.SortedFunc(slices.Values(ids), strings.Compare))
	locked := map[string]Session{}
	for _, sid := range ids {
		if locked[sid], err = tx.LockSession(ctx, sid); err != nil {
			return Appointment{}, nil, fmt.Errorf("lock session: %w", err)
		}
	}
	a, err := tx.LockAppointment(ctx, id)
	if err != nil {
		return Appointment{}, nil, fmt.Errorf("lock appointment: %w", err)
	}
	if a.SessionID != seen.SessionID {
		return Appointment{}, nil, houzhen.E(houzhen.CodeConflict, "appointment moved meanwhile")
	}
	return a, locked, nil
}
