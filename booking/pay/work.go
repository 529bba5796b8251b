package pay

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/houzhen/houzhen"
)

func byNth(list []Payment) {
	slices.SortFunc(list, func(a, b Payment) int { return cmp.Compare(a.Nth, b.Nth) })
}

func (s *Service) sweep(ctx context.Context, due []Payment) (int, error) {
	done := 0
	var faults []error
	for _, p := range due {
		p, todo, err := s.claim(ctx, p.ID)
		if err == nil {
			done++
			_, err = s.do(ctx, p, todo)
		}
		if code := houzhen.CodeOf(err); err != nil && code != houzhen.CodeConflict && code != houzhen.CodeUnavailable {
			faults = append(faults, err) // those two are another node's, or fall due again
		}
		if ctx.Err() != nil {
			return done, ctx.Err()
		}
	}
	return done, errors.Join(faults...)
}

// claim saves that a due payment is being worked on, before anything is asked
// of the provider. What another node has claimed meanwhile is CodeConflict.
func (s *Service) claim(ctx context.Context, id string) (p Payment, todo act, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		if p, err = tx.LockPayment(ctx, id); err != nil {
			return fmt.Errorf("lock payment: %w", err)
		}
		if p.DueAt.IsZero() || p.DueAt.After(tx.Now()) {
			return houzhen.E(houzhen.CodeConflict, "payment is no longer due")
		}
		a, err := tx.Appointment(ctx, p.AppointmentID)
		if err != nil {
			return fmt.Errorf("load appointment: %w", err)
		}
		before := p.State
		p, todo = p.next(held(a, tx.Now()), tx.Now(), s.policy)
		return save(ctx, tx, before, &p)
	})
	return p, todo, err
}

// do asks the provider and takes in what it answers.
func (s *Service) do(ctx context.Context, p Payment, todo act) (Payment, error) {
	switch todo {
	case actCreate:
		return s.create(ctx, p)
	case actQuery:
		t, err := s.payer.Query(ctx, p.OutNo)
		return s.answered(ctx, p, t, err)
	case actClose:
		t, err := s.payer.Close(ctx, p.OutNo)
		return s.answered(ctx, p, t, err)
	case actRefund:
		r, err := s.payer.Refund(ctx, Refund{OutNo: p.OutNo, RefundNo: p.RefundNo(), TradeNo: p.TradeNo, Fen: p.Paid})
		if err != nil && houzhen.CodeOf(err) != houzhen.CodeUnavailable { // certainly not done
			r, err = RefundStatus{OutNo: p.OutNo, RefundNo: p.RefundNo(), State: RefundFailed}, nil
		}
		return s.refundAnswered(ctx, p, r, err)
	case actQueryRefund:
		r, err := s.payer.QueryRefund(ctx, p.OutNo, p.RefundNo())
		return s.refundAnswered(ctx, p, r, err)
	case actNone:
	}
	return p, nil
}

func (s *Service) create(ctx context.Context, p Payment) (Payment, error) {
	t, err := s.payer.Create(ctx, Order{
		OutNo: p.OutNo, Fen: p.Fee, Subject: subject, Expires: p.ExpiresAt, Return: "/appointments/" + p.AppointmentID,
	})
	if err != nil && houzhen.CodeOf(err) != houzhen.CodeUnavailable { // certainly not taken: the patient may try again
		return s.release(ctx, p, err)
	}
	return s.answered(ctx, p, t, err)
}

// subject is what the provider shows an order as; it tells nothing of a person.
const subject = "registration"

// release makes a payment whose order the provider refused payable again.
func (s *Service) release(ctx context.Context, p Payment, refusal error) (Payment, error) {
	err := s.store.InTx(ctx, func(tx Tx) (err error) {
		if p, err = tx.LockPayment(ctx, p.ID); err != nil || p.State != Asked {
			return err
		}
		p.State, p.DueAt = Waiting, p.ExpiresAt
		return save(ctx, tx, Asked, &p)
	})
	return p, errors.Join(refusal, err)
}

func (s *Service) answered(ctx context.Context, p Payment, t Trade, err error) (Payment, error) {
	if err != nil {
		return p, fmt.Errorf("ask provider: %w", err)
	}
	t.OutNo = p.OutNo
	return s.told(ctx, t)
}

func (s *Service) refundAnswered(ctx context.Context, p Payment, r RefundStatus, err error) (Payment, error) {
	if err != nil {
		return p, fmt.Errorf("ask provider: %w", err)
	}
	r.OutNo = p.OutNo
	return s.toldRefund(ctx, r)
}

// told takes in what the provider says of an order, however it came to be
// known: by answer, query or callback, once or many times, in any order.
func (s *Service) told(ctx context.Context, t Trade) (p Payment, err error) {
	err = s.retry(ctx, func(tx Tx) error {
		if p, err = tx.PaymentByOutNo(ctx, t.OutNo); err != nil {
			return fmt.Errorf("find payment: %w", err)
		}
		if t.taken() {
			p, err = s.receive(ctx, tx, p, t)
			return err
		}
		a, err := tx.Appointment(ctx, p.AppointmentID)
		if err != nil {
			return fmt.Errorf("load appointment: %w", err)
		}
		if p, err = tx.LockPayment(ctx, p.ID); err != nil {
			return fmt.Errorf("lock payment: %w", err)
		}
		before := p
		p = p.unpaid(t, held(a, tx.Now()), tx.Now(), s.policy)
		if p == before {
			return nil
		}
		return save(ctx, tx, before.State, &p)
	})
	return p, err
}

// receive takes money in. The place is granted first, because its session is
// locked before anything else.
func (s *Service) receive(ctx context.Context, tx Tx, p Payment, t Trade) (Payment, error) {
	if !p.awaits() {
		return p, nil
	}
	a, err := tx.Appointment(ctx, p.AppointmentID)
	if err != nil {
		return p, fmt.Errorf("load appointment: %w", err)
	}
	stands := false
	if t.whole(p) {
		if a, stands, err = s.booking.Grant(ctx, tx, p.AppointmentID, s.policy.Equal); err != nil {
			return p, fmt.Errorf("grant place: %w", err)
		}
	}
	if p, err = tx.LockPayment(ctx, p.ID); err != nil || !p.awaits() {
		return p, err
	}
	kept, err := tx.Payments(ctx, Filter{AppointmentID: p.AppointmentID, States: []State{Kept}})
	if err != nil {
		return p, fmt.Errorf("load payments: %w", err)
	}
	before := p.State
	p = p.receive(t, a, stands, len(kept) > 0, tx.Now())
	return p, save(ctx, tx, before, &p)
}

// toldRefund takes in what the provider says of a refund.
func (s *Service) toldRefund(ctx context.Context, r RefundStatus) (p Payment, err error) {
	err = s.retry(ctx, func(tx Tx) error {
		if p, err = tx.PaymentByOutNo(ctx, r.OutNo); err != nil {
			return fmt.Errorf("find payment: %w", err)
		}
		if p, err = tx.LockPayment(ctx, p.ID); err != nil {
			return fmt.Errorf("lock payment: %w", err)
		}
		before := p
		if p = p.refunded(r, tx.Now(), s.policy); p == before {
			return nil
		}
		return save(ctx, tx, before.State, &p)
	})
	return p, err
}

// tellings is how often something is taken in anew when it met another writer.
const tellings = 4

func (s *Service) retry(ctx context.Context, f func(Tx) error) (err error) {
	for range tellings {
		if err = s.store.InTx(ctx, f); houzhen.CodeOf(err) != houzhen.CodeConflict {
			return err
		}
	}
	return err
}

// save stores a payment and the fact of the state it has entered.
func save(ctx context.Context, tx Tx, before State, p *Payment) error {
	if err := tx.UpdatePayment(ctx, p); err != nil {
		return fmt.Errorf("save payment: %w", err)
	}
	if p.State == before {
		return nil
	}
	kind, ok := factOf(p.State)
	if !ok {
		return nil
	}
	return emit(tx, kind, *p)
}

func factOf(s State) (houzhen.EventKind, bool) {
	switch s {
	case Kept:
		return houzhen.PaymentKept, true
	case Refunded:
		return houzhen.PaymentRefunded, true
	case Manual:
		return houzhen.PaymentStuck, true
	case Settled:
		return houzhen.PaymentSettled, true
	case Waiting, Asked, Open, Closing, Closed, RefundDue, RefundAsked:
	}
	return "", false
}

func emit(tx Tx, kind houzhen.EventKind, p Payment) error {
	fen := p.Paid
	if fen == 0 {
		fen = p.Fee
	}
	data, err := json.Marshal(houzhen.PaymentData{Appointment: p.AppointmentID, Fen: fen, Reason: p.Reason})
	if err != nil {
		return fmt.Errorf("encode fact: %w", err)
	}
	e := houzhen.Event{ID: tx.NewID(), Kind: kind, Subject: p.ID, Version: p.Version, At: tx.Now(), Data: data}
	if err := tx.Emit(e); err != nil {
		return fmt.Errorf("emit fact: %w", err)
	}
	return nil
}
