package suspension

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// Choose books a place that is kept for a suspended appointment and notes how
// the answer came. Choosing it again gives the same appointment.
func (s *Service) Choose(ctx context.Context, appointmentID, optionID, via string) (a booking.Appointment, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		a, err = s.ChooseTx(ctx, tx, appointmentID, optionID, via)
		return err
	})
	return a, err
}

// ChooseTx is Choose inside a transaction.
func (s *Service) ChooseTx(ctx context.Context, tx Tx, appointmentID, optionID, via string) (booking.Appointment, error) {
	option, err := tx.Appointment(ctx, optionID)
	if err != nil {
		return option, err
	}
	if option.OriginID != appointmentID {
		return booking.Appointment{}, houzhen.E(houzhen.CodeNotFound, "the option is of another appointment").On("option")
	}
	if option, err = s.places.ChooseTx(ctx, tx, optionID); err != nil {
		return option, err
	}
	lost, err := tx.Appointment(ctx, appointmentID)
	if err != nil {
		return option, fmt.Errorf("load lost place: %w", err)
	}
	err = settle(ctx, tx, lost, StepOpen, via)
	return option, err
}

// settle notes in the case how it was settled, once. An appointment that was
// suspended without a case has nothing to note.
func settle(ctx context.Context, tx Tx, lost booking.Appointment, step Step, via string) error {
	c, err := tx.Case(ctx, lost.SessionID, lost.ID)
	switch {
	case houzhen.CodeOf(err) == houzhen.CodeNotFound:
		return nil
	case err != nil:
		return err
	case !c.SettledAt.IsZero() && c.Step == step:
		return nil
	}
	c.Step, c.Via, c.SettledAt, c.CallAt = step, via, tx.Now(), time.Time{}
	return tx.UpdateCase(ctx, &c)
}

// Refund notes that the patient wants the fee back and gives up every place
// kept for him. A second time it changes nothing; after he took another place
// it is refused.
func (s *Service) Refund(ctx context.Context, appointmentID, via string) error {
	return s.store.InTx(ctx, func(tx Tx) error { return s.RefundTx(ctx, tx, appointmentID, via) })
}

// RefundTx is Refund inside a transaction.
func (s *Service) RefundTx(ctx context.Context, tx Tx, appointmentID, via string) error {
	lost, err := tx.LockAppointment(ctx, appointmentID)
	if err != nil {
		return fmt.Errorf("lock appointment: %w", err)
	}
	if lost.State != booking.Cancelled || lost.Reason != booking.ReasonSuspended {
		return houzhen.E(houzhen.CodeState, "the appointment was not suspended")
	}
	if c, err := tx.Case(ctx, lost.SessionID, lost.ID); err == nil && c.Step == StepRefunded {
		return nil
	}
	if _, err := s.places.ChosenTx(ctx, tx, lost.ID); houzhen.CodeOf(err) != houzhen.CodeNotFound {
		if err == nil {
			return houzhen.E(houzhen.CodeState, "the patient took another place")
		}
		return err
	}
	if err := s.places.DeclineTx(ctx, tx, lost.ID); err != nil {
		return err
	}
	if err := settle(ctx, tx, lost, StepRefunded, via); err != nil {
		return err
	}
	return emit(tx, houzhen.Event{Kind: houzhen.RefundChosen, Subject: lost.ID, Version: lost.Version, Session: lost.SessionID},
		houzhen.CancelledData{Slot: lost.SlotNo, Patient: lost.PatientID, By: booking.ByPatient, Reason: booking.ReasonSuspended})
}

// CallRequest records a telephone call. OptionID goes with CallChose.
type CallRequest struct {
	AppointmentID string
	Result        CallResult
	OptionID      string
	By            string
}

// Called records what came of a call, and does what the patient said in it.
func (s *Service) Called(ctx context.Context, r CallRequest) (c Case, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		lost, err := tx.LockAppointment(ctx, r.AppointmentID)
		if err != nil {
			return fmt.Errorf("lock appointment: %w", err)
		}
		if c, err = tx.Case(ctx, lost.SessionID, lost.ID); err != nil {
			return err
		}
		if c, err = s.policy.called(c, r.Result, r.By, tx.Now()); err != nil {
			return err
		}
		if err := tx.UpdateCase(ctx, &c); err != nil {
			return err
		}
		switch r.Result {
		case CallChose:
			_, err = s.ChooseTx(ctx, tx, lost.ID, r.OptionID, ViaPhone)
		case CallRefund:
			err = s.RefundTx(ctx, tx, lost.ID, ViaPhone)
		case CallNone, CallNoAnswer, CallWrong:
		}
		if err != nil {
			return err
		}
		return tx.Append(ctx, r.By, "suspension.called", lost.ID, string(r.Result))
	})
	return c, err
}

// Waits notes that somebody who is here goes on waiting in this session, or is
// refunded at the desk; the caller has disposed of the ticket.
func (s *Service) Waits(ctx context.Context, tx Tx, a booking.Appointment) error {
	err := settle(ctx, tx, a, StepWaits, ViaDesk)
	return err
}

// Chains loads what the outcomes of a suspension are judged by. Failed is left
// to the caller, who knows the messages.
func Chains(ctx context.Context, tx Tx, f CaseFilter) ([]Chain, error) {
	cases, err := tx.Cases(ctx, f)
	if err != nil {
		return nil, err
	}
	chains := make([]Chain, 0, len(cases))
	for _, c := range cases {
		lost, err := tx.Appointment(ctx, c.AppointmentID)
		if err != nil {
			return nil, fmt.Errorf("load lost place: %w", err)
		}
		after, err := tx.Appointments(ctx, booking.AppointmentFilter{OriginID: c.AppointmentID})
		if err != nil {
			return nil, fmt.Errorf("load kept places: %w", err)
		}
		chains = append(chains, Chain{Case: c, Lost: lost, After: after})
	}
	return chains, nil
}

// Suspensions lists suspensions, newest first.
func (s *Service) Suspensions(ctx context.Context, f Filter) (list []Suspension, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		list, err = tx.Suspensions(ctx, f)
		return err
	})
	return list, err
}
