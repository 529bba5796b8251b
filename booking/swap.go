package booking

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/houzhen/houzhen"
)

// SwapRequest gives a place that was booked for the wrong one of the family to
// the right one.
type SwapRequest struct {
	AppointmentID string
	PatientID     string // who gets it
	AccountID     string // that booked it, and asks now
	TravelMinutes int
	Groups        []Quota // whose kept places the new patient may have
}

// Swap ends an appointment and books its very place for another of the same
// account's people, in one transaction. A name is never changed otherwise: it
// is possible once a place, and within Policy.SwapWithin of booking
// (domain rule §7.19); CodeSwap. Whether the account may act for both is asked
// before. Asking again gives the same appointment.
func (s *Service) Swap(ctx context.Context, r SwapRequest) (a Appointment, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		old, _, err := s.lockFor(ctx, tx, r.AppointmentID)
		if err != nil {
			return err
		}
		id := AppointmentID("swap", old.SessionID, strconv.Itoa(old.SlotNo))
		made, err := tx.Appointment(ctx, id)
		switch {
		case err == nil && old.Reason == ReasonSwapped && made.PatientID == r.PatientID && made.AccountID == r.AccountID:
			a = made
			return nil
		case err == nil:
			return s.noSwap("place was swapped before")
		case houzhen.CodeOf(err) != houzhen.CodeNotFound:
			return fmt.Errorf("look for earlier swap: %w", err)
		}
		if err := s.swappable(old, r, tx.Now()); err != nil {
			return err
		}
		a, err = s.swap(ctx, tx, old, r, id)
		return err
	})
	return a, err
}

func (s *Service) noSwap(msg string) error {
	return houzhen.E(houzhen.CodeSwap, msg).With("minutes", strconv.Itoa(int(s.policy.SwapWithin/time.Minute)))
}

func (s *Service) swappable(old Appointment, r SwapRequest, now time.Time) error {
	switch {
	case r.PatientID == "":
		return houzhen.E(houzhen.CodeMissing, "patient is missing").On("patient_id")
	case old.PatientID == r.PatientID:
		return houzhen.E(houzhen.CodeInvalid, "the place is his already").On("patient_id")
	case r.AccountID == "" || old.AccountID != r.AccountID:
		return s.noSwap("booked by another account")
	case old.State != Booked || old.Purpose != PurposeVisit:
		return stateError("only a booked appointment is swapped")
	case now.Sub(old.BookedAt) > s.policy.SwapWithin:
		return s.noSwap("booked too long ago")
	case !now.Before(old.End):
		return houzhen.E(houzhen.CodeSlotPast, "the slice is over")
	}
	return nil
}

// swap lets the rules judge the new patient and gives him the place.
func (s *Service) swap(ctx context.Context, tx Tx, old Appointment, r SwapRequest, id string) (Appointment, error) {
	session, err := tx.Session(ctx, old.SessionID)
	if err != nil {
		return old, fmt.Errorf("load session: %w", err)
	}
	if err := session.bookable(tx.Now(), Who{Channel: old.Channel, Drawn: true}); err != nil {
		return old, err
	}
	request := BookRequest{
		SessionID: session.ID, SlotNo: old.SlotNo, PatientID: r.PatientID, AccountID: r.AccountID, Channel: old.Channel,
		TravelMinutes: r.TravelMinutes, Groups: r.Groups,
	}
	slot, err := tx.Slot(ctx, session.ID, old.SlotNo)
	if err != nil {
		return old, fmt.Errorf("load slot: %w", err)
	}
	if err := slot.keptFor(tx.Now(), request.who(), session.FallBackAt); err != nil {
		return old, err // booked for grandfather, to have a place that is kept for elders
	}
	verdicts, err := s.judge(ctx, tx, []Ask{{Request: request, Session: session, Start: old.Start, End: old.End}})
	if err != nil {
		return old, err
	}
	if verdicts[0] != nil {
		return old, verdicts[0]
	}
	a := request.appointment(session, tx.Now(), s.policy)
	a.ID, a.SlotNo, a.Start, a.End, a.Voucher = id, old.SlotNo, old.Start, old.End, voucherOf(id)
	old = old.end(tx.Now(), BySystem, ReasonSwapped)
	if err := tx.UpdateAppointment(ctx, &old); err != nil {
		return old, fmt.Errorf("end swapped appointment: %w", err)
	}
	if err := s.insert(ctx, tx, &a); err != nil {
		return old, err
	}
	if err := emit(tx, houzhen.AppointmentCancelled, old, cancelledData(old)); err != nil {
		return old, err
	}
	return a, emit(tx, houzhen.AppointmentBooked, a, bookedData(a))
}
