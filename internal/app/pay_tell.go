package app

import (
	"context"
	"fmt"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/pay"
	"github.com/houzhen/houzhen/internal/sandboxpay"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/templates"
)

// reviewPayment lets payments follow an appointment that ended.
func (a *App) reviewPayment(ctx context.Context, tx everything, e houzhen.Event) error {
	return a.Pay.Review(ctx, tx, e.Subject)
}

// reviewOrigin lets the payment of a suspended appointment follow what became
// of a place that was kept instead.
func (a *App) reviewOrigin(ctx context.Context, tx everything, e houzhen.Event) error {
	at, err := tx.Appointment(ctx, e.Subject)
	if err != nil || at.OriginID == "" {
		return err
	}
	return a.Pay.Review(ctx, tx, at.OriginID)
}

// tellHold tells the patient until when to pay.
func (a *App) tellHold(ctx context.Context, tx everything, e houzhen.Event) error {
	p, err := tx.Payment(ctx, e.Subject)
	if err != nil {
		return fmt.Errorf("load payment: %w", err)
	}
	at, err := tx.Appointment(ctx, p.AppointmentID)
	if err != nil || at.State != booking.Held {
		return err
	}
	s, err := a.subject(ctx, tx, at)
	if err != nil {
		return err
	}
	return a.enter(ctx, tx, a.policy.PlanHold(s, at.ExpiresAt, tx.Now()))
}

// tellRefunded tells the patient that the fee went back.
func (a *App) tellRefunded(ctx context.Context, tx everything, e houzhen.Event) error {
	p, s, err := a.paymentSubject(ctx, tx, e)
	if err != nil || p.State != pay.Refunded {
		return err
	}
	return a.enter(ctx, tx, a.policy.PlanRefundDone(s, tx.Now()))
}

// tellStuck tells the patient that the cashier has to see him about the fee.
func (a *App) tellStuck(ctx context.Context, tx everything, e houzhen.Event) error {
	p, s, err := a.paymentSubject(ctx, tx, e)
	if err != nil || p.State != pay.Manual {
		return err
	}
	return a.enter(ctx, tx, a.policy.PlanRefundFailed(s, tx.Now()))
}

func (a *App) paymentSubject(ctx context.Context, tx everything, e houzhen.Event) (pay.Payment, notify.Subject, error) {
	p, err := tx.Payment(ctx, e.Subject)
	if err != nil {
		return p, notify.Subject{}, fmt.Errorf("load payment: %w", err)
	}
	who, err := tx.Patient(ctx, p.PatientID)
	if err != nil {
		return p, notify.Subject{}, fmt.Errorf("load patient: %w", err)
	}
	s, err := a.reached(ctx, tx, notify.Subject{ID: p.ID, Version: e.Version}, who)
	return p, s, err
}

// quietly reports whether the end of an appointment for a reason is told by
// nobody: a hold that lapsed, what the fault of a
// system undid, a place that stayed in the family, and the patient who lies in
// a ward or has died.
func quietly(reason string) bool {
	switch reason {
	case booking.ReasonExpired, booking.ReasonSystemDown, booking.ReasonSwapped, booking.ReasonAdmitted, booking.ReasonDied:
		return true
	}
	return false
}

// hold is the view of a message that asks to pay for a held place.
func (s *scene) hold(m notify.Message) (notify.View, error) {
	at, err := s.at(m.Subject)
	if err != nil {
		return notify.View{}, err
	}
	if at.State != booking.Held {
		return notify.View{Stale: staleSettled}, nil
	}
	v, err := s.person(at.PatientID)
	if err != nil {
		return v, err
	}
	v.Link, v.ExpiresAt = "/appointments/"+at.ID, at.ExpiresAt
	v.Vars["deadline"] = templates.Clock(at.ExpiresAt, s.loc)
	return v, nil
}

// payment is the view of a message about money that went back, or did not.
func (s *scene) payment(m notify.Message) (notify.View, error) {
	p, err := s.tx.Payment(s.ctx, m.Subject)
	if err != nil {
		return notify.View{}, err
	}
	if want := map[notify.Kind]pay.State{notify.KindRefundDone: pay.Refunded, notify.KindRefundFailed: pay.Manual}[m.Kind]; p.State != want {
		return notify.View{Stale: staleSettled}, nil
	}
	v, err := s.person(p.PatientID)
	if err != nil {
		return v, err
	}
	v.Link = "/appointments/" + p.AppointmentID
	v.Vars["fee"], v.Vars["phone"] = sandboxpay.Yuan(p.Paid), s.index.Hospital.Phone
	return v, nil
}
