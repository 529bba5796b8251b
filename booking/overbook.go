package booking

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
)

// OverbookRequest asks for a place beyond the roster for one patient
// (overbook), by the doctor or the desk, with a reason.
type OverbookRequest struct {
	Caller, Key string
	SessionID   string
	PatientID   string
	Start       time.Time // of the slice to come in; zero is the last
	Reason      string
}

// Overbook adds a place in the band from 301 on and books it in one act. The
// rule of the department says how many a session may have; a released or full
// session makes no difference, a suspended or closed one does. The place is
// shown to nobody else, and is gone when its owner gives it up.
func (s *Service) Overbook(ctx context.Context, o OverbookRequest) (Appointment, error) {
	r := BookRequest{
		Caller: o.Caller, Key: o.Key, SessionID: o.SessionID, PatientID: o.PatientID, Start: o.Start, Channel: DeskChannel,
	}
	if err := r.validate(); err != nil {
		return Appointment{}, err
	}
	if o.Reason == "" {
		return Appointment{}, houzhen.E(houzhen.CodeMissing, "reason is missing").On("reason")
	}
	var a Appointment
	err := s.store.InTx(ctx, func(tx Tx) error {
		session, slots, err := lockSlots(ctx, tx, o.SessionID)
		if err != nil {
			return err
		}
		rules, err := tx.ReleaseRules(ctx)
		if err != nil {
			return fmt.Errorf("load release rules: %w", err)
		}
		place, err := overbooked(session, slots, o.Start, RuleFor(rules, session.DepartmentID, s.policy).OverbookMost, tx.Now())
		if err != nil {
			return err
		}
		place.Reason = o.Reason
		if err := tx.AddSlot(ctx, place); err != nil {
			return fmt.Errorf("add slot: %w", err)
		}
		a = r.appointment(session, tx.Now(), s.policy)
		a.sit(session, place)
		if err := s.insert(ctx, tx, &a); err != nil {
			return err
		}
		return emit(tx, houzhen.AppointmentBooked, a, bookedData(a))
	})
	if err != nil && houzhen.CodeOf(err) != houzhen.CodeInternal {
		old, _, err := s.replay(ctx, r, err)
		return old, err
	}
	return a, err
}

// overbooked makes the next place of the overbook band, or says that the
// session has as many as it may.
func overbooked(session Session, slots []Slot, start time.Time, most int, now time.Time) (Slot, error) {
	next, used := FirstOverbook, 0
	for _, s := range slots {
		if s.Band != BandOverbook {
			continue
		}
		next = max(next, s.No+1)
		if s.Taken {
			used++
		}
	}
	if used >= most || next > LastOverbook {
		return Slot{}, houzhen.E(houzhen.CodeSessionFull, "no more places may be added").On("session_id")
	}
	laid := LaySlots(session)
	if len(laid) == 0 {
		return Slot{}, houzhen.E(houzhen.CodeSlotUnknown, "session has no slices").On("session_id")
	}
	place := laid[len(laid)-1]
	if !start.IsZero() {
		at := startingAt(laid, start)
		if len(at) == 0 {
			return Slot{}, houzhen.E(houzhen.CodeSlotUnknown, "no slice starts then").On("start")
		}
		place = at[0]
	}
	if !now.Before(place.End) {
		return Slot{}, houzhen.E(houzhen.CodeSlotPast, "slice is over").On("start")
	}
	place.No, place.Band, place.Quota = next, BandOverbook, ""
	return place, nil
}
