package booking

import (
	"context"
	"fmt"

	"github.com/houzhen/houzhen"
)

// retimePlaces saves the session and its places.
func (s *Service) retimePlaces(ctx context.Context, tx Tx, z retiming) error {
	if err := tx.UpdateSession(ctx, z.session); err != nil {
		return fmt.Errorf("change hours: %w", err)
	}
	for _, p := range z.slots {
		if err := tx.RetimeSlot(ctx, p); err != nil {
			return fmt.Errorf("retime slot: %w", err)
		}
	}
	for _, p := range z.add {
		if err := tx.AddSlot(ctx, p); err != nil {
			return fmt.Errorf("add slot: %w", err)
		}
	}
	if s.returns == nil {
		return nil
	}
	z.session.Version++
	if err := s.returns.Retimed(ctx, tx, Retimed{Session: z.session, Slots: z.slots, Times: z.times}); err != nil {
		return fmt.Errorf("tell who waits: %w", err)
	}
	return nil
}

// retimePeople saves what becomes of those who stand on the places, and gives
// those who need another one.
func (s *Service) retimePeople(ctx context.Context, tx Tx, z retiming) (homeless []Appointment, err error) {
	for _, a := range z.moved {
		if err := tx.UpdateAppointment(ctx, &a); err != nil {
			return nil, fmt.Errorf("retime appointment: %w", err)
		}
		if a.Purpose != PurposeVisit {
			continue
		}
		data := houzhen.RetimedData{Slot: a.SlotNo, Patient: a.PatientID, Day: a.Day, Start: a.Start, End: a.End}
		if err := emit(tx, houzhen.AppointmentRetimed, a, data); err != nil {
			return nil, err
		}
	}
	for _, a := range z.offered { // offered anew by whoever offered it
		a = a.end(tx.Now(), BySystem, ReasonRetimed)
		if err := tx.UpdateAppointment(ctx, &a); err != nil {
			return nil, fmt.Errorf("take offer back: %w", err)
		}
	}
	for _, a := range z.displaced {
		if err := emit(tx, houzhen.PlaceDisplaced, a, bookedData(a)); err != nil {
			return nil, err
		}
	}
	homeless = append(homeless, z.displaced...)
	for _, a := range z.gone {
		last, err := s.endHeld(ctx, tx, &a)
		if err != nil {
			return nil, err
		}
		if last {
			homeless = append(homeless, a)
		}
	}
	return homeless, nil
}

// endHeld ends a place that was only held, and reports whether it was the last
// one that was kept in its patient's name.
func (s *Service) endHeld(ctx context.Context, tx Tx, a *Appointment) (last bool, err error) {
	by, kind := ByHospital, houzhen.AppointmentCancelled
	if a.Purpose == PurposeOption {
		by, kind = BySystem, houzhen.OptionLapsed
	}
	*a = a.end(tx.Now(), by, ReasonRetimed)
	if err := tx.UpdateAppointment(ctx, a); err != nil {
		return false, fmt.Errorf("end held place: %w", err)
	}
	if err := emit(tx, kind, *a, cancelledData(*a)); err != nil || a.Purpose != PurposeOption {
		return false, err
	}
	others, err := s.liveOptions(ctx, tx, a.OriginID)
	return len(others) == 0, err
}

// openHours opens what is new and nobody was given just now: at once where
// nothing is released yet, else after the waitlist had its turn.
func (s *Service) openHours(ctx context.Context, tx Tx, z retiming) (int, error) {
	fresh := map[int]bool{}
	for _, p := range z.add {
		fresh[p.No] = true
	}
	slots, err := tx.Slots(ctx, z.session.ID)
	if err != nil {
		return 0, fmt.Errorf("load slots: %w", err)
	}
	data := houzhen.OpenedData{OpenAt: s.opening(z.session, tx.Now())}
	opened := 0
	for _, p := range slots {
		if !fresh[p.No] && !z.back[p.No] {
			continue
		}
		if fresh[p.No] || !p.Taken {
			opened++
		}
		if p.Taken || data.OpenAt.IsZero() {
			continue
		}
		data.Slots = append(data.Slots, p.No)
		if err := openSlot(ctx, tx, p, data.OpenAt); err != nil {
			return opened, err
		}
	}
	if len(data.Slots) == 0 {
		return opened, nil
	}
	o := z.session
	o.Version++
	return opened, emitSession(tx, houzhen.PlaceOpened, o, data)
}

// tellHours writes the fact of the session itself.
func tellHours(tx Tx, old Session, z retiming) error {
	o := z.session
	o.Version++
	return emitSession(tx, houzhen.SessionRetimed, o, houzhen.HoursData{
		FromStart: old.Start, FromEnd: old.End, Start: o.Start, End: o.End, Moved: len(z.told()), Displaced: len(z.displaced),
	})
}
