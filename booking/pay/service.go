package pay

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// Service runs the verbs of paying on a store.
type Service struct {
	store   Store
	booking Booking
	payer   Payer
	policy  Policy
}

// NewService makes the service; the policy must be valid.
func NewService(store Store, b Booking, payer Payer, policy Policy) (*Service, error) {
	if err := policy.Validate(); err != nil {
		return nil, fmt.Errorf("payment policy: %w", err)
	}
	return &Service{store: store, booking: b, payer: payer, policy: policy}, nil
}

// Policy gives the policy in force.
func (s *Service) Policy() Policy { return s.policy }

// Payments lists payments by id.
func (s *Service) Payments(ctx context.Context, f Filter) (list []Payment, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		list, err = tx.Payments(ctx, f)
		return err
	})
	return list, err
}

// Payment finds one payment.
func (s *Service) Payment(ctx context.Context, id string) (p Payment, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		p, err = tx.Payment(ctx, id)
		return err
	})
	return p, err
}

// Open asks the patient for the fee of a held place: it makes the payment that
// Pay will take to the provider. Doing it again gives the same one.
func (s *Service) Open(ctx context.Context, appointmentID string) (p Payment, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		a, list, err := s.lockHeld(ctx, tx, appointmentID)
		if err != nil {
			return err
		}
		if n := len(list); n > 0 && list[n-1].Unpaid() {
			p = list[n-1]
			return nil
		}
		p, err = s.add(ctx, tx, a, list)
		return err
	})
	return p, err
}

// Pay takes a payment to the provider and gives it with the address of the
// cashier. Again asks for a fresh order, when the code of the old one no longer
// works; the old one is closed. CodeUnavailable means that the provider did
// not answer: the sweep asks for the answer, and so does paying once more.
func (s *Service) Pay(ctx context.Context, appointmentID string, again bool) (p Payment, err error) {
	todo := actNone
	err = s.store.InTx(ctx, func(tx Tx) error {
		p, todo, err = s.claimPay(ctx, tx, appointmentID, again)
		return err
	})
	if err != nil {
		return p, err
	}
	return s.do(ctx, p, todo)
}

func (s *Service) claimPay(ctx context.Context, tx Tx, appointmentID string, again bool) (Payment, act, error) {
	a, list, err := s.lockHeld(ctx, tx, appointmentID)
	if err != nil {
		return Payment{}, actNone, err
	}
	var p Payment
	if n := len(list); n > 0 {
		p = list[n-1]
	}
	if again && (p.State == Asked || p.State == Open) {
		old := p.due(Closing, tx.Now())
		if err := tx.UpdatePayment(ctx, &old); err != nil {
			return p, actNone, fmt.Errorf("close old order: %w", err)
		}
		p = Payment{}
	}
	if !p.Unpaid() {
		if p, err = s.add(ctx, tx, a, list); err != nil {
			return p, actNone, err
		}
	}
	if p.State == Open {
		return p, actNone, nil
	}
	p, todo := p.next(true, tx.Now(), s.policy)
	if err := tx.UpdatePayment(ctx, &p); err != nil {
		return p, actNone, fmt.Errorf("claim payment: %w", err)
	}
	return p, todo, nil
}

// lockHeld locks an appointment whose place is kept, and gives its payments in
// the order of their making.
func (s *Service) lockHeld(ctx context.Context, tx Tx, id string) (booking.Appointment, []Payment, error) {
	a, err := tx.LockAppointment(ctx, id)
	switch {
	case err != nil:
		return a, nil, fmt.Errorf("lock appointment: %w", err)
	case a.State == booking.Held && a.Purpose == booking.PurposeVisit && tx.Now().Before(a.ExpiresAt):
	case a.State == booking.Held, a.State == booking.Cancelled && a.Reason == booking.ReasonExpired:
		return a, nil, houzhen.E(houzhen.CodeHoldExpired, "the place is no longer kept")
	default:
		return a, nil, houzhen.E(houzhen.CodeState, "nothing is to be paid in advance")
	}
	list, err := tries(ctx, tx, id)
	return a, list, err
}

// tries gives the payments of an appointment in the order of their making.
func tries(ctx context.Context, tx Tx, appointmentID string) ([]Payment, error) {
	list, err := tx.Payments(ctx, Filter{AppointmentID: appointmentID})
	if err != nil {
		return nil, fmt.Errorf("load payments: %w", err)
	}
	byNth(list)
	return list, nil
}

func (s *Service) add(ctx context.Context, tx Tx, a booking.Appointment, before []Payment) (Payment, error) {
	session, err := tx.Session(ctx, a.SessionID)
	if err != nil {
		return Payment{}, fmt.Errorf("load session: %w", err)
	}
	terms := s.policy.Of(session)
	if terms.Fen == 0 {
		return Payment{}, houzhen.E(houzhen.CodeState, "the place costs nothing")
	}
	nth := 1
	if n := len(before); n > 0 {
		nth = before[n-1].Nth + 1
	}
	p := Payment{
		ID: tx.NewID(), AppointmentID: a.ID, PatientID: a.PatientID, Nth: nth, Fee: terms.Fen, State: Waiting,
		ExpiresAt: a.ExpiresAt, DueAt: a.ExpiresAt, CreatedAt: tx.Now(), Version: 1,
	}
	p.OutNo = outNo(p.ID)
	if err := tx.AddPayment(ctx, p); err != nil {
		return p, fmt.Errorf("add payment: %w", err)
	}
	if nth > 1 {
		return p, nil
	}
	return p, emit(tx, houzhen.PaymentAsked, p)
}

// outNo gives our number of an order: providers take up to 32 letters and digits.
func outNo(id string) string { return strings.ReplaceAll(id, "-", "") }

// Sweep does what is due, each payment for itself, and tells how many it took.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	var due []Payment
	err := s.store.View(ctx, func(tx Tx) (err error) {
		due, err = tx.PaymentsDue(ctx, tx.Now(), s.policy.Sweep)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("load due payments: %w", err)
	}
	return s.sweep(ctx, due)
}

// held reports whether an appointment's place is kept for its patient to pay.
func held(a booking.Appointment, now time.Time) bool {
	return a.State == booking.Held && a.Purpose == booking.PurposeVisit && now.Before(a.ExpiresAt)
}
