package booking

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
)

// MoveRequest asks for another place for the same visit. SlotNo and Start are
// as in BookRequest.
type MoveRequest struct {
	AppointmentID string
	SessionID     string
	SlotNo        int
	Start         time.Time
	Desk          bool // asked at the desk: running slices are open
	Channel       string
	Groups        []Quota // as in BookRequest
}

// moveTries bounds how often a place that was lost meanwhile is replaced.
const moveTries = 5

// Move takes the new place and leaves the old one in one transaction, or does
// nothing. Every rule judges it as it judges a booking: else whoever may not
// book a place would book another and move. Moving to where the appointment
// already is changes nothing. Who loses a race keeps the old place and gets
// CodeSlotTaken or CodeSessionFull with []Alternative.
func (s *Service) Move(ctx context.Context, r MoveRequest) (Appointment, error) {
	var a Appointment
	var err error
	for try := range moveTries {
		a, err = s.move(ctx, r, try == moveTries-1)
		if houzhen.CodeOf(err) != houzhen.CodeSlotTaken || r.SlotNo != 0 {
			break
		}
	}
	if err != nil {
		return Appointment{}, s.withAlternatives(ctx, err, r.SessionID, r.Start, r.SlotNo)
	}
	return a, nil
}

func (s *Service) move(ctx context.Context, r MoveRequest, lock bool) (a Appointment, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		var more []string
		if lock { // the last try looks while nobody else can change the session
			more = []string{r.SessionID}
		}
		var locked map[string]Session
		if a, locked, err = s.lockFor(ctx, tx, r.AppointmentID, more...); err != nil || a.at(r) {
			return err
		}
		if err = a.movable(tx.Now()); err != nil {
			return err
		}
		old, trace := a, locked[a.SessionID]
		if r, err = s.keepsRight(ctx, tx, a, r); err != nil {
			return err
		}
		if a, err = s.sitAnew(ctx, tx, a, r); err != nil {
			return err
		}
		if err = tx.UpdateAppointment(ctx, &a); err != nil {
			return fmt.Errorf("update appointment: %w", err)
		}
		if err = s.stillOpen(ctx, tx, a, r); err != nil {
			return err
		}
		if err = s.leaveTrace(ctx, tx, old, trace); err != nil {
			return err
		}
		if err = s.lapseOptions(ctx, tx, a.ID, BySystem, ReasonOtherChosen); err != nil {
			return err
		}
		return emit(tx, houzhen.AppointmentMoved, a, houzhen.MovedData{
			FromSession: old.SessionID, FromSlot: old.SlotNo, Slot: a.SlotNo, Patient: a.PatientID, Day: a.Day,
		})
	})
	return a, err
}

// keepsRight lets whoever stands on a place kept for a group, and took it
// before the quotas fell back, have another of that group.
func (s *Service) keepsRight(ctx context.Context, tx Tx, a Appointment, r MoveRequest) (MoveRequest, error) {
	if r.Channel == "" {
		r.Channel = a.Channel
	}
	slot, err := tx.Slot(ctx, a.SessionID, a.SlotNo)
	if err != nil {
		return r, fmt.Errorf("load slot: %w", err)
	}
	if !slices.Contains(GroupQuotas, slot.Quota) {
		return r, nil
	}
	session, err := tx.Session(ctx, a.SessionID)
	if err != nil {
		return r, fmt.Errorf("load session: %w", err)
	}
	if session.FallBackAt.IsZero() || a.BookedAt.Before(session.FallBackAt) {
		r.Groups = append(slices.Clone(r.Groups), slot.Quota)
	}
	return r, nil
}

// at reports whether a already stands where r asks for.
func (a Appointment) at(r MoveRequest) bool {
	return a.State == Booked && a.SessionID == r.SessionID &&
		(r.SlotNo == a.SlotNo || r.SlotNo == 0 && (r.Start.IsZero() || r.Start.Equal(a.Start)))
}

// sitAnew puts a on the first place that r asks for and that is free.
func (s *Service) sitAnew(ctx context.Context, tx Tx, a Appointment, r MoveRequest) (Appointment, error) {
	session, err := bookableSession(ctx, tx, r.SessionID, r.who())
	if err != nil {
		return a, err
	}
	places, err := s.freePlaces(ctx, tx, session, r.who())
	if err != nil {
		return a, err
	}
	if r.SlotNo != 0 {
		if places, err = s.namedPlace(ctx, tx, session, places, r); err != nil {
			return a, err
		}
	}
	places = startingAt(places, r.Start)
	if len(places) == 0 {
		if err := whyNone(ctx, tx, session, r.Start, r.who()); err != nil {
			return a, err
		}
		return a, houzhen.E(houzhen.CodeSessionFull, "no free place").On("session_id")
	}
	if a.Nth, err = s.nthOn(ctx, tx, a, session.Date); err != nil {
		return a, err
	}
	old := a
	a.sit(session, places[0])
	a.ReleasedAt = time.Time{}
	return a, s.mayMove(ctx, tx, old, Ask{Session: session, Start: a.Start, End: a.End}, r)
}

// mayMove asks every rule about the new place, as about a booking; the visit
// that is left does not count.
func (s *Service) mayMove(ctx context.Context, tx Tx, old Appointment, ask Ask, r MoveRequest) error {
	who := r.who()
	ask.Request = BookRequest{
		SessionID: ask.Session.ID, PatientID: old.PatientID, AccountID: old.AccountID, Channel: who.Channel, Groups: who.Groups,
		TravelMinutes: old.TravelMinute,
	}
	ask.Leaves = Visit{PatientID: old.PatientID, Day: old.Day, DoctorID: old.DoctorID, Start: old.Start, End: old.End}
	verdicts, err := s.judge(ctx, tx, []Ask{ask})
	if err != nil {
		return err
	}
	return verdicts[0]
}

// namedPlace gives the one free place of that number, or why it is not.
func (s *Service) namedPlace(ctx context.Context, tx Tx, session Session, free []Slot, r MoveRequest) ([]Slot, error) {
	for _, p := range free {
		if p.No == r.SlotNo {
			return []Slot{p}, nil
		}
	}
	slot, err := tx.Slot(ctx, r.SessionID, r.SlotNo)
	if err != nil {
		return nil, fmt.Errorf("load slot: %w", err)
	}
	if err := slot.bookable(tx.Now(), r.who(), session.FallBackAt); err != nil {
		return nil, err
	}
	return nil, houzhen.E(houzhen.CodeSlotTaken, "slot is taken").On("slot")
}

// nthOn gives the first free how-many-eth of a's patient on a day, leaving a
// itself out; 0 where the policy counts no visits.
func (s *Service) nthOn(ctx context.Context, tx Tx, a Appointment, day houzhen.Date) (int, error) {
	if s.policy.PerDay == 0 {
		return 0, nil
	}
	visits, err := tx.Appointments(ctx, AppointmentFilter{
		PatientIDs: []string{a.PatientID}, From: day, To: day,
		States: []State{Held, Booked, CheckedIn, Fulfilled, NoShow}, Purpose: PurposeVisit,
	})
	if err != nil {
		return 0, fmt.Errorf("load visits of the day: %w", err)
	}
	used := [Ceiling + 1]bool{}
	for _, v := range visits {
		if v.ID != a.ID && v.Nth <= Ceiling {
			used[v.Nth] = true
		}
	}
	for nth := 1; nth <= s.perDay(a); nth++ {
		if !used[nth] {
			return nth, nil
		}
	}
	return 0, houzhen.E(houzhen.CodeLimit, "limit of visits reached").With("span", "day")
}

// stillOpen looks at the new session and the new number again, now that the
// update has locked the one against being suspended and has the other: somebody
// may have taken it and left it since it was found to be free.
func (s *Service) stillOpen(ctx context.Context, tx Tx, a Appointment, r MoveRequest) error {
	session, err := bookableSession(ctx, tx, a.SessionID, r.who())
	if err != nil {
		return err
	}
	if err := stillHis(ctx, tx, session, a, r.who()); err != nil {
		return err
	}
	return s.numberUnspent(ctx, tx, session, a, true)
}

// leaveTrace remembers a number that was left on its own day and gives its
// capacity back; before the day begins the number is simply free again. The
// zero session means that the day has not begun.
func (s *Service) leaveTrace(ctx context.Context, tx Tx, old Appointment, session Session) error {
	if session.ID == "" || !s.dayBegun(old.Day, tx.Now()) {
		return s.vacate(ctx, tx, old.SessionID, old.SlotNo)
	}
	trace, err := s.leaveNumber(ctx, tx, old)
	if err != nil || !old.ReleasedAt.IsZero() {
		return err // went back when the patient was late
	}
	_, err = s.giveBack(ctx, tx, session, trace)
	return err
}

// leaveNumber keeps a number that somebody left in use, by a row of its own,
// which is also whose absence freed the place, if it was given back: he may be
// late for his new one too.
func (s *Service) leaveNumber(ctx context.Context, tx Tx, old Appointment) (Appointment, error) {
	trace := old.end(tx.Now(), BySystem, ReasonMoved)
	trace.ID, trace.Voucher, trace.OriginID, trace.Key, trace.Version = tx.NewID(), "", old.ID, "", 1
	if err := tx.AddAppointment(ctx, trace); err != nil {
		return trace, fmt.Errorf("add trace: %w", err)
	}
	if old.ReleasedAt.IsZero() {
		return trace, nil
	}
	if err := tx.PassFreed(ctx, old.ID, trace.ID); err != nil {
		return trace, fmt.Errorf("pass freed place: %w", err)
	}
	return trace, nil
}
