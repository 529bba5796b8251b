package booking

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
)

// firstTries is how many places are tried before the session is locked and
// looked at a second time.
const firstTries = 6

// take inserts the appointment on the first place that the unique indexes
// give it. If somebody was faster everywhere and any place will do, it looks a
// second time, with the session locked, before it says that there is none.
func (s *Service) take(ctx context.Context, tx Tx, a *Appointment, session Session, places []Slot, r BookRequest) error {
	err := s.insertFirst(ctx, tx, a, session, places[:min(len(places), firstTries)], r)
	if code := houzhen.CodeOf(err); r.SlotNo == 0 && (code == houzhen.CodeSessionFull || code == houzhen.CodeSlotTaken) {
		return s.secondLook(ctx, tx, a, r)
	}
	if err != nil {
		return err
	}
	// The insert has locked the session against being suspended; what was
	// read before may be old.
	now, err := tx.Session(ctx, a.SessionID)
	if err != nil {
		return fmt.Errorf("load session again: %w", err)
	}
	if err := now.bookable(tx.Now(), r.who()); err != nil {
		return err
	}
	if now.Version != session.Version { // its quotas or its capacity may have changed
		if err := stillHis(ctx, tx, now, *a, r.who()); err != nil {
			return err
		}
	}
	return s.numberUnspent(ctx, tx, now, *a, r.SlotNo != 0)
}

func (s *Service) secondLook(ctx context.Context, tx Tx, a *Appointment, r BookRequest) error {
	// Whoever has inserted, and wants to share the session, must not wait here
	// for one who waits for that insert.
	session, err := tx.QueueForSession(ctx, r.SessionID)
	if err != nil {
		return fmt.Errorf("queue for session: %w", err)
	}
	if err := session.bookable(tx.Now(), r.who()); err != nil {
		return err
	}
	places, err := s.freePlaces(ctx, tx, session, r.who())
	if err != nil {
		return err
	}
	return s.insertFirst(ctx, tx, a, session, r.among(places), r)
}

// stillHis looks at a's place again, after the insert. A place that has another
// time by now is not the one that he asked for.
func stillHis(ctx context.Context, tx Tx, session Session, a Appointment, who Who) error {
	slot, err := tx.Slot(ctx, a.SessionID, a.SlotNo)
	if err != nil {
		return fmt.Errorf("load slot again: %w", err)
	}
	if slot.Start.After(tx.Now()) && !slot.Start.Equal(a.Start) {
		return houzhen.E(houzhen.CodeSlotTaken, "the hours of the session were changed").On("slot")
	}
	return slot.bookable(tx.Now(), who, session.FallBackAt)
}

// numberUnspent refuses a number that its owner left on the day itself,
// between our look and our insert: CodeSlotTaken if he had chosen it, and that there
// is none otherwise.
func (s *Service) numberUnspent(ctx context.Context, tx Tx, session Session, a Appointment, chosen bool) error {
	spent, err := s.spentNumbers(ctx, tx, session)
	if err != nil {
		return err
	}
	if spent[a.SlotNo] {
		if !chosen {
			return houzhen.E(houzhen.CodeSessionFull, "the number was left on the day itself").On("session_id")
		}
		return houzhen.E(houzhen.CodeSlotTaken, "the number was left on the day itself").On("slot")
	}
	return nil
}

// insertFirst tries places in order until one is not taken.
func (s *Service) insertFirst(ctx context.Context, tx Tx, a *Appointment, session Session, places []Slot, r BookRequest) error {
	err := error(houzhen.E(houzhen.CodeSessionFull, "no free place").On("session_id"))
	if r.SlotNo != 0 || !r.Start.IsZero() {
		err = houzhen.E(houzhen.CodeSlotTaken, "no free place at that time").On("slot")
	}
	for _, p := range places {
		a.take(session, p, tx.Now())
		refusal := s.insert(ctx, tx, a)
		if refusal == nil {
			return nil
		}
		if houzhen.CodeOf(refusal) != houzhen.CodeSlotTaken {
			return refusal
		}
	}
	return err
}

// sit puts the appointment on a place.
func (a *Appointment) sit(s Session, p Slot) {
	a.SessionID, a.DoctorID, a.Day = s.ID, s.DoctorID, s.Date
	a.SlotNo, a.Start, a.End = p.No, p.Start, p.End
}

// take sits the appointment on a place; one of the walk-in band whose time has
// begun counts from the slice that runs.
func (a *Appointment) take(o Session, p Slot, now time.Time) {
	a.sit(o, p)
	if a.Start.Before(now) && p.Band == BandWalkIn {
		a.Start, a.End = o.SliceAt(now)
	}
}

// insert adds the row. The patient's how many-eth visit of the day is found
// by trying.
func (s *Service) insert(ctx context.Context, tx Tx, a *Appointment) error {
	for {
		err := tx.AddAppointment(ctx, *a)
		switch code := houzhen.CodeOf(err); {
		case err == nil:
			return nil
		case code == houzhen.CodeLimit && a.Nth < s.perDay(*a):
			a.Nth++
		case slices.Contains(guards, code):
			return err
		default:
			return fmt.Errorf("add appointment: %w", err)
		}
	}
}

// guards are the refusals of the unique indexes, passed on as they are.
var guards = []houzhen.Code{houzhen.CodeSlotTaken, houzhen.CodeAlreadyBooked, houzhen.CodeLimit, houzhen.CodeKeyReused}

// perDay gives how many visits the patient may have on the day; the desk goes
// up to what the index allows.
func (s *Service) perDay(a Appointment) int {
	if s.policy.PerDay > 0 && a.Channel == DeskChannel {
		return Ceiling
	}
	return s.policy.PerDay
}
