package pay

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// Callback takes a provider's callback. It may come again, late, or before the
// answer that it follows.
func (s *Service) Callback(ctx context.Context, header http.Header, body []byte) error {
	n, err := s.payer.Read(ctx, header, body)
	if err != nil {
		return err
	}
	if n.Trade != nil {
		if _, err := s.told(ctx, *n.Trade); err != nil {
			return err
		}
	}
	if n.Refund != nil {
		_, err = s.toldRefund(ctx, *n.Refund)
	}
	return err
}

// Review looks what has become of an appointment and its payments, in the
// caller's transaction: the price of one that ended goes back, unless the
// patient took a place that was kept for him instead, which it then buys if
// that costs the same. While places are still kept it waits. It may be called
// at any time and any number of times.
func (s *Service) Review(ctx context.Context, tx Tx, appointmentID string) error {
	a, err := tx.Appointment(ctx, appointmentID)
	if err != nil || a.Active() {
		return err
	}
	list, err := tries(ctx, tx, a.ID)
	if err != nil {
		return err
	}
	for _, p := range list {
		if err := s.review(ctx, tx, a, p.ID); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) review(ctx context.Context, tx Tx, a booking.Appointment, id string) error {
	p, err := tx.LockPayment(ctx, id)
	if err != nil {
		return fmt.Errorf("lock payment: %w", err)
	}
	before := p.State
	switch p.State {
	case Waiting:
		p = p.end(Closed, tx.Now())
	case Asked, Open:
		p = p.due(Closing, tx.Now())
	case Kept:
		return s.reviewKept(ctx, tx, a, p)
	default:
		return nil
	}
	return save(ctx, tx, before, &p)
}

func (s *Service) reviewKept(ctx context.Context, tx Tx, a booking.Appointment, p Payment) error {
	instead, err := tx.Appointments(ctx, booking.AppointmentFilter{OriginID: a.ID})
	if err != nil {
		return fmt.Errorf("load places kept instead: %w", err)
	}
	instead = slices.DeleteFunc(instead, booking.Appointment.Trace)
	chosen := slices.IndexFunc(instead, func(o booking.Appointment) bool { return o.Purpose == booking.PurposeVisit })
	switch {
	case chosen >= 0:
		return s.carry(ctx, tx, p, instead[chosen])
	case slices.ContainsFunc(instead, func(o booking.Appointment) bool { return o.State == booking.Held }):
		return nil // he may still choose; the end of each is told
	}
	p = p.back(why(a), tx.Now())
	return save(ctx, tx, Kept, &p)
}

// carry lets a payment buy the place that was chosen instead.
func (s *Service) carry(ctx context.Context, tx Tx, p Payment, to booking.Appointment) error {
	session, err := tx.Session(ctx, to.SessionID)
	if err != nil {
		return fmt.Errorf("load session: %w", err)
	}
	if s.policy.Of(session).Fen != p.Fee {
		p = p.back(ReasonFeeDiffers, tx.Now())
		return save(ctx, tx, Kept, &p)
	}
	p.AppointmentID = to.ID
	if err := tx.UpdatePayment(ctx, &p); err != nil {
		return fmt.Errorf("carry payment: %w", err)
	}
	return s.Review(ctx, tx, to.ID) // which may have ended meanwhile
}

// Settle takes a payment off the list: a person says how it was settled.
func (s *Service) Settle(ctx context.Context, id, by, how string) (Payment, error) {
	if !slices.Contains(Settlements(), how) {
		return Payment{}, houzhen.E(houzhen.CodeInvalid, "no such settlement").On("settlement")
	}
	return s.change(ctx, id, func(tx Tx, p Payment) (Payment, error) {
		switch {
		case p.State == Settled && p.Settlement == how:
			return p, nil
		case p.State != Manual:
			return p, houzhen.E(houzhen.CodeState, "payment does not wait for a person")
		}
		p = p.end(Settled, tx.Now())
		p.Settlement, p.SettledBy = how, by
		return p, nil
	})
}

// Retryable reports whether the provider may be asked to give back a payment
// that waits for a person.
func (p Payment) Retryable() bool {
	return p.State == Manual && p.Insured == 0 && p.Paid > 0 && (p.Reason == ReasonRefundFailed || p.Reason == ReasonAmount)
}

// Retry lets the provider try once more to give money back that waits for a
// person. What the insurance bore is not its business.
func (s *Service) Retry(ctx context.Context, id string) (Payment, error) {
	return s.change(ctx, id, func(tx Tx, p Payment) (Payment, error) {
		if !p.Retryable() {
			return p, houzhen.E(houzhen.CodeState, "the provider cannot give this payment back")
		}
		p.Attempts = 0
		return p.due(RefundDue, tx.Now()), nil
	})
}

// Object puts a payment on the list of those that wait for a person, because
// another system does not agree with what became of it.
func (s *Service) Object(ctx context.Context, id string) (Payment, error) {
	return s.change(ctx, id, func(tx Tx, p Payment) (Payment, error) {
		switch p.State {
		case Refunded, Kept:
			return p.byHand(ReasonHIS, tx.Now()), nil
		case Manual:
			return p, nil
		case Waiting, Asked, Open, Closing, Closed, RefundDue, RefundAsked, Settled:
		}
		return p, houzhen.E(houzhen.CodeState, "payment is not at an end")
	})
}

func (s *Service) change(ctx context.Context, id string, f func(Tx, Payment) (Payment, error)) (p Payment, err error) {
	err = s.retry(ctx, func(tx Tx) error {
		before, err := tx.LockPayment(ctx, id)
		if err != nil {
			return fmt.Errorf("lock payment: %w", err)
		}
		if p, err = f(tx, before); err != nil || p == before {
			return err
		}
		return save(ctx, tx, before.State, &p)
	})
	return p, err
}
