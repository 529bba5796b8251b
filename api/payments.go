package api

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/pay"
	"github.com/houzhen/houzhen/internal/auth"
)

// Payments is what API and pages ask about money.
type Payments interface {
	// Pay takes the fee of a held place to the provider and gives the cashier's
	// address; again asks for a fresh order.
	Pay(ctx context.Context, appointmentID string, again bool) (pay.Payment, error)
	Payments(ctx context.Context, f pay.Filter) ([]pay.Payment, error)
	// Settle takes a payment off the list of those that wait for a person.
	Settle(ctx context.Context, id, by, how string) (pay.Payment, error)
	// Object puts the payment of an order number on the list of those that wait
	// for a person, because another system does not agree with what became of it.
	Object(ctx context.Context, number, by string) (pay.Payment, error)
	// Retry lets the provider try a refund once more.
	Retry(ctx context.Context, id, by string) (pay.Payment, error)
	// PayCallback takes what the provider sends; its signature is the key.
	PayCallback(ctx context.Context, header http.Header, body []byte) error
}

// PaymentView is a payment as the API shows it.
type PaymentView struct {
	ID            string     `json:"id"`
	AppointmentID string     `json:"appointment_id"`
	State         pay.State  `json:"state"`
	Reason        string     `json:"reason,omitempty"`
	Settlement    string     `json:"settlement,omitempty"`
	FeeFen        int64      `json:"fee_fen" doc:"Asked, in fen"`
	PaidFen       int64      `json:"paid_fen" doc:"Taken, in fen"`
	InsuredFen    int64      `json:"insured_fen,omitempty"`
	Cashier       string     `json:"cashier,omitempty" doc:"Where the patient pays"`
	ExpiresAt     time.Time  `json:"expires_at"`
	PaidAt        *time.Time `json:"paid_at,omitempty"`
}

func paymentView(p pay.Payment) PaymentView {
	v := PaymentView{
		ID: p.ID, AppointmentID: p.AppointmentID, State: p.State, Reason: p.Reason, Settlement: p.Settlement, FeeFen: p.Fee,
		PaidFen: p.Paid, InsuredFen: p.Insured, Cashier: p.Cashier, ExpiresAt: p.ExpiresAt,
	}
	if !p.PaidAt.IsZero() {
		v.PaidAt = &p.PaidAt
	}
	return v
}

func (a *API) paymentRoutes() []route {
	patient, manager := []auth.Role{auth.Patient}, []auth.Role{auth.Manager}
	return []route{
		keyed(verb(a, "POST", "/api/v1/appointments/{id}/pay", "Pay for a held place", patient, a.pay)),
		verb(a, "GET", "/api/v1/appointments/{id}/payments", "Payments of an appointment", patient, a.paymentsOf),
		verb(a, "GET", "/api/v1/payments", "Payments that wait for a person", manager, a.paymentList),
		keyed(verb(a, "POST", "/api/v1/payments/{id}/settle", "Say how a payment was settled", manager, a.settle)),
		keyed(verb(a, "POST", "/api/v1/payments/object", "Another system does not agree: a person has to look", manager, a.objectPayment)),
		keyed(verb(a, "POST", "/api/v1/payments/{id}/retry", "Try a refund once more", manager, a.retryRefund)),
		plain(a, "POST", "/callbacks/pay", "The payment provider's callbacks; the signature is the key", everybody(), a.payCallback),
	}
}

type payIn struct {
	ID   string `path:"id"`
	Body *struct {
		Again bool `json:"again,omitempty" doc:"The code of the last order no longer works"`
	}
}

type paymentOut struct{ Body PaymentView }

type paymentsOut struct {
	Body struct {
		Payments []PaymentView `json:"payments"`
	}
}

func (a *API) pay(ctx context.Context, in *payIn) (*paymentOut, error) {
	if _, err := a.Own(ctx, who(ctx), in.ID); err != nil {
		return nil, err
	}
	p, err := a.Payments.Pay(ctx, in.ID, in.Body != nil && in.Body.Again)
	if err != nil {
		return nil, err
	}
	return &paymentOut{paymentView(p)}, nil
}

func (a *API) paymentsOf(ctx context.Context, in *appointmentIn) (*paymentsOut, error) {
	if _, err := a.Own(ctx, who(ctx), in.ID); err != nil {
		return nil, err
	}
	return a.listPayments(ctx, pay.Filter{AppointmentID: in.ID})
}

type paymentListIn struct {
	After string `query:"after" doc:"The id of the last one seen"`
}

// paymentsPerPage is how many payments a page of the list has.
const paymentsPerPage = 100

func (a *API) paymentList(ctx context.Context, in *paymentListIn) (*paymentsOut, error) {
	return a.listPayments(ctx, pay.Filter{States: []pay.State{pay.Manual}, AfterID: in.After, Limit: paymentsPerPage})
}

func (a *API) listPayments(ctx context.Context, f pay.Filter) (*paymentsOut, error) {
	list, err := a.Payments.Payments(ctx, f)
	if err != nil {
		return nil, err
	}
	out := &paymentsOut{}
	out.Body.Payments = make([]PaymentView, 0, len(list))
	for _, p := range list {
		out.Body.Payments = append(out.Body.Payments, paymentView(p))
	}
	return out, nil
}

type objectIn struct {
	Body struct {
		Number string `json:"number" minLength:"1" maxLength:"40" doc:"Of the order, as the provider has it"`
	}
}

// objectPayment is for a refund that succeeded and that the hospital's own
// system refuses, and the like.
func (a *API) objectPayment(ctx context.Context, in *objectIn) (*paymentOut, error) {
	p, err := a.Payments.Object(ctx, in.Body.Number, who(ctx).ID)
	if err != nil {
		return nil, err
	}
	return &paymentOut{paymentView(p)}, nil
}

type settleIn struct {
	ID   string `path:"id"`
	Body struct {
		Settlement string `json:"settlement" enum:"cash,transfer,kept,nothing"`
	}
}

func (a *API) settle(ctx context.Context, in *settleIn) (*paymentOut, error) {
	p, err := a.Payments.Settle(ctx, in.ID, who(ctx).ID, in.Body.Settlement)
	if err != nil {
		return nil, err
	}
	return &paymentOut{paymentView(p)}, nil
}

func (a *API) retryRefund(ctx context.Context, in *appointmentIn) (*paymentOut, error) {
	p, err := a.Payments.Retry(ctx, in.ID, who(ctx).ID)
	if err != nil {
		return nil, err
	}
	return &paymentOut{paymentView(p)}, nil
}

// payCallback takes a callback of the provider. It is answered only when what
// it says is stored.
func (a *API) payCallback(w http.ResponseWriter, r *http.Request) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if err != nil {
		return houzhen.E(houzhen.CodeTooLarge, "callback is too large").Because(err)
	}
	if err := a.Payments.PayCallback(r.Context(), r.Header, body); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
