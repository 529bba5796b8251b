package apitest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/pay"
)

// Pay implements api.Payments.
func (c *Clinic) Pay(_ context.Context, appointmentID string, _ bool) (pay.Payment, error) {
	for _, p := range c.Money {
		if p.AppointmentID == appointmentID {
			return p, c.ask("pay", appointmentID)
		}
	}
	return pay.Payment{AppointmentID: appointmentID, State: pay.Open, Cashier: "/sandbox-pay/cashier/x"}, c.ask("pay", appointmentID)
}

// Payments implements api.Payments.
func (c *Clinic) Payments(_ context.Context, f pay.Filter) ([]pay.Payment, error) {
	list := slices.DeleteFunc(slices.Clone(c.Money), func(p pay.Payment) bool {
		return f.AppointmentID != "" && p.AppointmentID != f.AppointmentID || len(f.States) > 0 && !slices.Contains(f.States, p.State)
	})
	return list, c.ask("payments", f.AppointmentID)
}

// Settle implements api.Payments.
func (c *Clinic) Settle(_ context.Context, id, by, how string) (pay.Payment, error) {
	return c.money("settle", id, by+" "+how)
}

// Object implements api.Payments.
func (c *Clinic) Object(_ context.Context, number, by string) (pay.Payment, error) {
	if number == "none" {
		return pay.Payment{}, missing()
	}
	return c.money("object", c.Money[0].ID, by)
}

// Retry implements api.Payments.
func (c *Clinic) Retry(_ context.Context, id, by string) (pay.Payment, error) {
	return c.money("retry", id, by)
}

func (c *Clinic) money(verb, id, about string) (pay.Payment, error) {
	i := slices.IndexFunc(c.Money, func(p pay.Payment) bool { return p.ID == id })
	if i < 0 {
		return pay.Payment{}, missing()
	}
	return c.Money[i], c.ask(verb, id+" "+about)
}

// PayCallback implements api.Payments.
func (c *Clinic) PayCallback(_ context.Context, header http.Header, body []byte) error {
	if header.Get("X-Pay-Signature") != "good" {
		return houzhen.E(houzhen.CodeNotFound, "no such callback")
	}
	return c.ask("callback", string(body))
}

// owing leaves two payments for a person to look at.
func (c *Clinic) owing() {
	for i, reason := range []string{pay.ReasonRefundFailed, pay.ReasonInsured} {
		a := c.Visits[len(c.Visits)-1]
		p := pay.Payment{
			ID: fmt.Sprintf("pay%d", i+1), OutNo: fmt.Sprintf("0195f8c27b4d7a10%016d", i+1), AppointmentID: a.ID, PatientID: a.PatientID, Nth: i + 1,
			Fee: 5000, Paid: 5000, State: pay.Manual, Reason: reason, PaidAt: c.At.Add(-48 * time.Hour), Version: 1,
		}
		if reason == pay.ReasonInsured {
			p.Insured = 3000
		}
		c.Money = append(c.Money, p)
	}
}
