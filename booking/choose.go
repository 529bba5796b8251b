package booking

import (
	"context"
	"fmt"
	"slices"

	"github.com/houzhen/houzhen"
)

// Options lists the places that are still kept in the stead of a suspended
// appointment, and the one that was chosen, by start.
func (s *Service) Options(ctx context.Context, originID string) (list []Appointment, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		all, err := tx.Appointments(ctx, AppointmentFilter{OriginID: originID})
		if err != nil {
			return fmt.Errorf("load options: %w", err)
		}
		list = slices.DeleteFunc(all, func(a Appointment) bool {
			return !a.Active() || a.State == Held && !tx.Now().Before(a.ExpiresAt)
		})
		return nil
	})
	slices.SortFunc(list, func(a, b Appointment) int { return a.Start.Compare(b.Start) })
	return list, err
}

// liveOptions gives the places still held for an origin, by id.
func (s *Service) liveOptions(ctx context.Context, tx Tx, originID string) ([]Appointment, error) {
	held, err := tx.Appointments(ctx, AppointmentFilter{OriginID: originID, States: []State{Held}, Purpose: PurposeOption})
	if err != nil {
		return nil, fmt.Errorf("load options: %w", err)
	}
	return held, nil
}

// Choose books a kept place; the other places of the same origin lapse.
// Choosing it again gives the same appointment.
func (s *Service) Choose(ctx context.Context, optionID string) (a Appointment, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		a, err = s.ChooseTx(ctx, tx, optionID)
		return err
	})
	return a, err
}

// ChooseTx is Choose inside a transaction.
func (s *Service) ChooseTx(ctx context.Context, tx Tx, optionID string) (Appointment, error) {
	if instead, moved, err := s.chooseInstead(ctx, tx, optionID); err != nil || moved {
		return instead, err
	}
	a, err := s.lockOption(ctx, tx, optionID)
	if err != nil || a.Purpose == PurposeVisit && a.Active() {
		return a, err
	}
	if a, err = a.choose(tx.Now()); err != nil {
		return a, err
	}
	if a.Nth, err = s.nthOn(ctx, tx, a, a.Day); err != nil {
		return a, err
	}
	if err := tx.UpdateAppointment(ctx, &a); err != nil {
		return a, fmt.Errorf("book option: %w", err)
	}
	if err := s.lapseOptions(ctx, tx, a.OriginID, BySystem, ReasonOtherChosen); err != nil {
		return a, err
	}
	if err := emit(tx, houzhen.OptionChosen, a, bookedData(a)); err != nil {
		return a, err
	}
	return a, emit(tx, houzhen.AppointmentBooked, a, bookedData(a))
}

// lockOption locks the origin first, so that two who choose different places
// of one origin at the same time go one after the other.
func (s *Service) lockOption(ctx context.Context, tx Tx, id string) (Appointment, error) {
	a, err := tx.Appointment(ctx, id)
	if err != nil {
		return a, fmt.Errorf("load option: %w", err)
	}
	if a.OriginID == "" || a.Trace() {
		return a, stateError("not a kept place")
	}
	if _, err := tx.LockAppointment(ctx, a.OriginID); err != nil {
		return a, fmt.Errorf("lock origin: %w", err)
	}
	if a, err = tx.LockAppointment(ctx, id); err != nil {
		return a, fmt.Errorf("lock option: %w", err)
	}
	return a, nil
}

// Decline gives up all places kept for an origin. Declining again, or when
// nothing is kept any more, changes nothing.
func (s *Service) Decline(ctx context.Context, originID string) error {
	return s.store.InTx(ctx, func(tx Tx) error { return s.DeclineTx(ctx, tx, originID) })
}

// DeclineTx is Decline inside a transaction.
func (s *Service) DeclineTx(ctx context.Context, tx Tx, originID string) error {
	if _, err := tx.LockAppointment(ctx, originID); err != nil {
		return fmt.Errorf("lock origin: %w", err)
	}
	return s.lapseOptions(ctx, tx, originID, ByPatient, ReasonDeclined)
}

// ChosenTx gives the visit that was chosen in an origin's stead, whatever
// became of it since; CodeNotFound if none was.
func (s *Service) ChosenTx(ctx context.Context, tx Tx, originID string) (Appointment, error) {
	visits, err := tx.Appointments(ctx, AppointmentFilter{OriginID: originID, Purpose: PurposeVisit})
	if err != nil {
		return Appointment{}, fmt.Errorf("load chosen place: %w", err)
	}
	visits = slices.DeleteFunc(visits, Appointment.Trace)
	if len(visits) == 0 {
		return Appointment{}, houzhen.E(houzhen.CodeNotFound, "no kept place was chosen")
	}
	return visits[0], nil
}

func (s *Service) lapseOptions(ctx context.Context, tx Tx, originID, by, reason string) error {
	held, err := s.liveOptions(ctx, tx, originID)
	if err != nil {
		return err
	}
	for _, o := range held {
		if o, err = tx.LockAppointment(ctx, o.ID); err != nil {
			return fmt.Errorf("lock option: %w", err)
		}
		if o.State != Held || o.Purpose != PurposeOption {
			continue
		}
		o = o.end(tx.Now(), by, reason)
		if err := tx.UpdateAppointment(ctx, &o); err != nil {
			return fmt.Errorf("lapse option: %w", err)
		}
		if err := s.vacate(ctx, tx, o.SessionID, o.SlotNo); err != nil {
			return err
		}
		if err := emit(tx, houzhen.OptionLapsed, o, cancelledData(o)); err != nil {
			return err
		}
	}
	return nil
}
