package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/pay"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/templates"
)

func (s *site) paymentRoutes() []route {
	patient, manager := []auth.Role{auth.Patient}, []auth.Role{auth.Manager}
	return []route{
		{"POST", "/appointments/{id}/pay", patient, s.pay, "leads to the cashier"},
		{"GET", "/manage/payments", manager, s.payments, "those that wait for a person"},
		{"POST", "/manage/payments/{id}/settle", manager, s.settlePayment, ""},
		{"POST", "/manage/payments/{id}/retry", manager, s.retryPayment, ""},
		{"POST", "/manage/payments/object", manager, s.objectPayment, "another system does not agree"},
	}
}

// yuan writes an amount of fen as "50.00".
func yuan(fen int64) string { return fmt.Sprintf("%d.%02d", fen/100, fen%100) }

// payCard is what the patient sees of the money for an appointment; nothing
// when none is paid in advance.
type payCard struct {
	Key, Tone, Until, Yuan string
	Payable, Again         bool
}

func (s *site) payCard(r *http.Request, a booking.Appointment) (payCard, error) {
	list, err := s.Payments.Payments(r.Context(), pay.Filter{AppointmentID: a.ID})
	if err != nil || len(list) == 0 {
		return payCard{}, wrap("load payments", err)
	}
	p := weighty(list)
	c := payCard{Yuan: yuan(max(p.Paid, p.Fee)), Until: templates.Clock(a.ExpiresAt, s.Location)}
	held := a.State == booking.Held && s.Now().Before(a.ExpiresAt)
	switch {
	case held && p.Paid == 0 && p.State != pay.Asked:
		c.Key, c.Tone, c.Payable, c.Again = "pay.due", "soon", true, p.State == pay.Open
		return c, nil
	case held && p.State == pay.Asked:
		c.Key, c.Tone, c.Payable = "pay.waiting", "soon", true
		return c, nil
	}
	c.Key, c.Tone = stateWords(p.State)
	return c, nil
}

// weighty picks the payment that matters most to the patient: the one that
// holds money, or else the last.
func weighty(list []pay.Payment) pay.Payment {
	p := list[len(list)-1]
	for _, x := range list {
		if x.Money() {
			p = x
		}
	}
	return p
}

func stateWords(s pay.State) (key, tone string) {
	switch s {
	case pay.Kept:
		return "pay.kept", "go"
	case pay.RefundDue, pay.RefundAsked:
		return "pay.refunding", "soon"
	case pay.Refunded:
		return "pay.refunded", ""
	case pay.Manual:
		return "pay.hand", "stop"
	case pay.Settled:
		return "pay.settled", ""
	case pay.Asked, pay.Open, pay.Closing:
		return "pay.waiting", "soon"
	case pay.Waiting, pay.Closed:
	}
	return "pay.expired", "off"
}

// pay leads the patient to the cashier.
func (s *site) pay(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	a, err := s.Own(r.Context(), auth.From(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	p, err := s.Payments.Pay(r.Context(), a.ID, r.PostForm.Get("again") != "")
	switch {
	case err != nil:
		d, dataErr := s.appointmentData(r, a)
		if dataErr != nil {
			return err
		}
		s.fail(w, r, "appointment", d, err)
		return nil
	case p.Cashier == "":
		return back(w, r, "/appointments/"+url.PathEscape(a.ID))
	}
	http.Redirect(w, r, p.Cashier, http.StatusSeeOther)
	return nil
}

type paymentsData struct {
	Rows        []paymentRow
	Settlements []string
	Older       string
}

type paymentRow struct {
	ID, OutNo, Reason, Fee, Paid, Insured, Patient, Voucher string
	PaidAt, Start                                           time.Time
	Retry                                                   bool
}

const paymentsPerPage = 50

// payments lists what no rule could settle.
func (s *site) payments(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Payments.Payments(r.Context(), pay.Filter{
		States: []pay.State{pay.Manual}, AfterID: r.URL.Query().Get("after"), Limit: paymentsPerPage,
	})
	if err != nil {
		return wrap("load payments", err)
	}
	if err := s.Audit.Record(r.Context(), auth.From(r.Context()).ID, "payments.read", ""); err != nil {
		return wrap("record reading", err)
	}
	d := paymentsData{Settlements: pay.Settlements()}
	for _, p := range list {
		row, err := s.paymentRow(r, p)
		if err != nil {
			return err
		}
		d.Rows = append(d.Rows, row)
	}
	if len(list) == paymentsPerPage {
		d.Older = "/manage/payments?" + url.Values{"after": {list[len(list)-1].ID}}.Encode()
	}
	return s.show(w, r, "payments", "payments", d)
}

func (s *site) paymentRow(r *http.Request, p pay.Payment) (paymentRow, error) {
	row := paymentRow{
		ID: p.ID, OutNo: p.OutNo, Reason: p.Reason, Fee: yuan(p.Fee), Paid: yuan(p.Paid), PaidAt: p.PaidAt,
		Retry: p.Retryable(),
	}
	if p.Insured > 0 {
		row.Insured = yuan(p.Insured)
	}
	a, err := s.Booking.Appointment(r.Context(), p.AppointmentID)
	if err != nil {
		return row, wrap("load appointment", err)
	}
	row.Voucher, row.Start = a.Voucher, a.Start
	who, err := s.Directory.Patient(r.Context(), p.PatientID)
	if err != nil {
		return row, wrap("load patient", err)
	}
	row.Patient = strings.TrimSpace(who.Name.String() + " " + who.Phone.String())
	return row, nil
}

func (s *site) settlePayment(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	_, err := s.Payments.Settle(r.Context(), r.PathValue("id"), auth.From(r.Context()).ID, r.PostForm.Get("settlement"))
	return s.afterPayment(w, r, err)
}

func (s *site) retryPayment(w http.ResponseWriter, r *http.Request) error {
	_, err := s.Payments.Retry(r.Context(), r.PathValue("id"), auth.From(r.Context()).ID)
	return s.afterPayment(w, r, err)
}

// objectPayment puts the payment of an order number on the list.
func (s *site) objectPayment(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	_, err := s.Payments.Object(r.Context(), strings.TrimSpace(r.PostForm.Get("number")), auth.From(r.Context()).ID)
	return s.afterPayment(w, r, err)
}

// afterPayment shows the list again. A payment that somebody has settled
// meanwhile is no longer on it, which says enough.
func (s *site) afterPayment(w http.ResponseWriter, r *http.Request, err error) error {
	if err != nil && houzhen.CodeOf(err) != houzhen.CodeState {
		return wrap("settle payment", err)
	}
	return back(w, r, "/manage/payments")
}
