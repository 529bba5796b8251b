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
		instead, moved, err := s.chooseInstead(ctx, tx, optionID)
		if err != nil || moved {
			a = instead
			return err
		}
		if a, err = s.lockOption(ctx, tx, optionID); err != nil {
			return err
		}
		if a.Purpose == PurposeVisit && a.Active() {
			return nil
		}
		if a, err = a.choose(tx.Now()); err != nil {
			return err
		}
		if a.Nth, err = s.nthOn(ctx, tx, a, a.Day); err != nil {
			return err
		}
		if err = tx.UpdateAppointment(ctx, &a); err != nil {
			return fmt.Errorf("book option: %w", err)
		}
		if err = s.lapseOptions(ctx, tx, a.OriginID, BySystem, ReasonOtherChosen); err != nil {
			return err
		}
		if err = emit(tx, houzhen.OptionChosen, a, bookedData(a)); err != nil {
			return err
		}
		return emit(tx, houzhen.AppointmentBooked, a, bookedData(a))
	})
	return a, err
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
	return s.store.InTx(ctx, func(tx Tx) error {
		if _, err := tx.LockAppointment(ctx, originID); err != nil {
			return fmt.Errorf("lock origin: %w", err)
		}
		return s.lapseOptions(ctx, tx, originID, ByPatient, ReasonDeclined)
	})
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
		if err := emit(tx, houzhen.OptionLapsed, o, cancelledData(o)); err != nil {
			return err
		}
	}
	return nil
}
