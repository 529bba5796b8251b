package booking

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/houzhen/houzhen"
)

// ReasonTaken ends a kept place that became the place of its origin.
const ReasonTaken = "taken"

// Displaced is somebody on the overflow list: his place was withheld after he
// had booked it, and he still stands on it.
type Displaced struct {
	Appointment Appointment
	Session     Session
	Options     []Appointment // places kept for him, by start
}

// Overflow lists who must be found another place, latest booked first within a
// session, sessions by start. Whoever has come is seen. Zero fields of the filter do not restrict.
func (s *Service) Overflow(ctx context.Context, f SessionFilter) (list []Displaced, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		list = []Displaced{}
		if f.From.IsZero() {
			f.From = s.today(tx.Now())
		}
		if f.To.IsZero() {
			f.To = f.From.AddDays(maxFindDays)
		}
		standing, err := tx.Displaced(ctx, f.From, f.To)
		if err != nil {
			return fmt.Errorf("load displaced: %w", err)
		}
		sessions := &sessionsOf{}
		for _, a := range standing {
			session, err := sessions.of(ctx, tx, a.SessionID)
			if err != nil {
				return err
			}
			if a.State == CheckedIn || !f.selects(session) {
				continue
			}
			options, err := s.liveOptions(ctx, tx, a.ID)
			if err != nil {
				return err
			}
			slices.SortFunc(options, func(a, b Appointment) int { return a.Start.Compare(b.Start) })
			list = append(list, Displaced{a, session, options})
		}
		return nil
	})
	slices.SortFunc(list, func(a, b Displaced) int {
		return cmp.Or(a.Session.Start.Compare(b.Session.Start), strings.Compare(a.Session.ID, b.Session.ID),
			b.Appointment.BookedAt.Compare(a.Appointment.BookedAt), strings.Compare(a.Appointment.ID, b.Appointment.ID))
	})
	return list, err
}

func (f SessionFilter) selects(o Session) bool {
	return (f.IDs == nil || slices.Contains(f.IDs, o.ID)) && (f.DepartmentID == "" || f.DepartmentID == o.DepartmentID) &&
		(f.ZoneID == "" || f.ZoneID == o.ZoneID) && (f.DoctorID == "" || f.DoctorID == o.DoctorID)
}

// chooseInstead moves an appointment that still stands into a place kept for
// it. False means that the origin has ended, and the kept place becomes an
// appointment of its own.
func (s *Service) chooseInstead(ctx context.Context, tx Tx, optionID string) (Appointment, bool, error) {
	seen, err := tx.Appointment(ctx, optionID)
	if err != nil {
		return seen, false, fmt.Errorf("load option: %w", err)
	}
	if seen.OriginID == "" || seen.Purpose != PurposeOption {
		return seen, false, nil
	}
	origin, locked, err := s.lockFor(ctx, tx, seen.OriginID)
	if err != nil || !origin.Active() {
		return origin, false, err
	}
	option, err := tx.LockAppointment(ctx, optionID)
	switch {
	case err != nil:
		return origin, false, fmt.Errorf("lock option: %w", err)
	case option.Reason == ReasonTaken && origin.SessionID == option.SessionID && origin.SlotNo == option.SlotNo:
		return origin, true, nil
	case origin.State != Booked:
		return origin, false, stateError("only a booked appointment moves")
	}
	if _, err := option.choose(tx.Now()); err != nil {
		return origin, false, err
	}
	a, err := s.moveInto(ctx, tx, origin, option, locked[origin.SessionID])
	return a, err == nil, err
}

// moveInto gives the kept place up and the origin its place, in one act.
func (s *Service) moveInto(ctx context.Context, tx Tx, origin, option Appointment, left Session) (Appointment, error) {
	session, err := tx.Session(ctx, option.SessionID)
	if err != nil {
		return origin, fmt.Errorf("load session: %w", err)
	}
	option = option.end(tx.Now(), BySystem, ReasonTaken)
	if err := tx.UpdateAppointment(ctx, &option); err != nil {
		return origin, fmt.Errorf("give up kept place: %w", err)
	}
	old := origin
	if origin.Nth, err = s.nthOn(ctx, tx, origin, option.Day); err != nil {
		return origin, err
	}
	origin.sit(session, Slot{No: option.SlotNo, Start: option.Start, End: option.End})
	if err := tx.UpdateAppointment(ctx, &origin); err != nil {
		return origin, fmt.Errorf("move into kept place: %w", err)
	}
	if err := s.leaveTrace(ctx, tx, old, left); err != nil {
		return origin, err
	}
	if err := s.lapseOptions(ctx, tx, origin.ID, BySystem, ReasonOtherChosen); err != nil {
		return origin, err
	}
	if err := emit(tx, houzhen.OptionChosen, option, bookedData(option)); err != nil {
		return origin, err
	}
	return origin, emit(tx, houzhen.AppointmentMoved, origin, houzhen.MovedData{
		FromSession: old.SessionID, FromSlot: old.SlotNo, Slot: origin.SlotNo, Patient: origin.PatientID, Day: origin.Day,
	})
}
