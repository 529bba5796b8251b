package apitest

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/webhook"
)

// channels is what other systems ask of the sample clinic.
type channels struct{ *Clinic }

func (c channels) Person(_ context.Context, n directory.NewPatient) (directory.Patient, error) {
	return c.People[0], c.ask("person", n.Relation)
}

func (c channels) Known(_ context.Context, _ directory.DocType, number string) (directory.Patient, error) {
	if number == "unknown" {
		return directory.Patient{}, missing()
	}
	return c.People[0], c.ask("known", "")
}

func (c channels) Confirm(_ context.Context, id string) (booking.Appointment, error) {
	a, err := c.visit(id)
	if err != nil {
		return a, err
	}
	return a, c.ask("confirm", id)
}

func (c channels) SetQuotas(_ context.Context, id string, _ booking.Quotas) ([]booking.QuotaUse, error) {
	return []booking.QuotaUse{{Places: 20, Sold: 9}, {Quota: booking.QuotaPlatform, Places: 4, Sold: 1}}, c.ask("quotas", id)
}

func (c channels) Bring(_ context.Context, format string, _ []byte, _ bool) ([]booking.BroughtLine, []api.RosterFault, error) {
	return []booking.BroughtLine{
		{SessionID: "s1", DoctorID: "d1", Date: "2026-03-03", Part: houzhen.Morning, Change: booking.BringChange, Fields: []string{"room"}, Protected: booking.ProtectedBooked, Booked: 3},
	}, c.RosterAnswer.Faults, c.ask("bring", format)
}

func (c channels) ResultsReady(_ context.Context, id string) error { return c.ask("results", id) }

func (c channels) Elsewhere(_ context.Context, id, place string, _ time.Time) error {
	return c.ask("elsewhere", id+" "+place)
}

func (c channels) Notice(_ context.Context, id string, kind houzhen.EventKind) error {
	return c.ask("notice", id+" "+string(kind))
}

// webhooks is where the sample clinic tells what happened.
type webhooks struct{ *Clinic }

func (w webhooks) endpoint(id, verb string) (webhook.Endpoint, error) {
	if id != "w1" {
		return webhook.Endpoint{}, missing()
	}
	return webhook.Endpoint{ //nolint:gosec // nobody's secret
		ID: "w1", MachineID: "m1", Channel: "platform", URL: "https://platform.example.org/facts", State: webhook.Active, Secret: "whsec_c2VjcmV0", Seen: 41,
	}, w.ask(verb, id)
}

func (w webhooks) Read(_ context.Context, channel string, after int64, _ int) (webhook.Page, error) {
	return webhook.Page{Events: []webhook.Event{{
		ID: "f42", Cursor: after + 1, Type: string(houzhen.AppointmentCancelled), At: w.At, AppointmentID: "a2", SessionID: "s1", Version: 2,
		Data: map[string]any{"by": "patient", "reason": "withdrawn"},
	}}, Next: after + 1}, w.ask("read", channel)
}

func (w webhooks) List(_ context.Context, channel string) ([]webhook.Endpoint, error) {
	e, err := w.endpoint("w1", "list")
	if w.Quiet {
		return nil, err
	}
	broken := e
	broken.ID, broken.State, broken.Reason, broken.Failures, broken.Status = "w2", webhook.Disabled, webhook.ReasonFailures, webhook.MaxFailures, 503
	broken.OKAt = w.At.Add(-32 * time.Hour)
	if channel != "" {
		return []webhook.Endpoint{e}, err
	}
	orphan := e
	orphan.ID, orphan.MachineID, orphan.Channel, orphan.URL = "w3", "n4", "kiosk", "https://kiosk.example.org/in"
	return []webhook.Endpoint{e, broken, orphan}, err
}

func (w webhooks) Register(context.Context, string, string, string) (webhook.Endpoint, error) {
	return w.endpoint("w1", "register-hook")
}

func (w webhooks) Rotate(_ context.Context, id, _, _ string) (webhook.Endpoint, error) {
	return w.endpoint(id, "rotate-hook")
}

func (w webhooks) Enable(_ context.Context, id, _, _ string) (webhook.Endpoint, error) {
	return w.endpoint(id, "enable-hook")
}

func (w webhooks) Disable(_ context.Context, id, _, _ string) (webhook.Endpoint, error) {
	return w.endpoint(id, "disable-hook")
}

func (w webhooks) Remove(_ context.Context, id, _, _ string) error {
	_, err := w.endpoint(id, "remove-hook")
	return err
}

func (w webhooks) Test(_ context.Context, id, _ string) (webhook.Answer, error) {
	_, err := w.endpoint(id, "test-hook")
	return webhook.Answer{Status: 204}, err
}
