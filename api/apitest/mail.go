package apitest

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
)

// mails is the sending of messages.
type mails struct{ *Clinic }

// Outlook implements api.Mail.
func (c mails) Outlook(context.Context, time.Time) (notify.Outlook, error) {
	return notify.Outlook{
		Channels: []notify.ChannelHealth{{Channel: notify.SMS, LastAccepted: c.At}},
		Rates: []notify.Rate{
			{Channel: notify.SMS, Kind: notify.KindBooked, State: notify.Delivered, Count: 41, Parts: 41},
			{Channel: notify.SMS, Kind: notify.KindBooked, State: notify.Undelivered, Count: 1, Parts: 1},
		},
		Pauses: []notify.Pause{{Scope: notify.PauseKind, Target: string(notify.KindReminder), At: c.At, By: "m1", Reason: "wording"}},
		Due:    3, OldestDue: c.At.Add(-time.Minute), OnList: 1, Prices: map[notify.Channel]int{notify.SMS: 45},
		Accounts: []notify.AccountHealth{
			{Name: "first", Points: 40, Code: "isv.AMOUNT_NOT_ENOUGH", StoppedUntil: c.At.Add(time.Minute), Pulse: notify.Pulse{Calls: 30, Failures: 12, Down: true}},
			{Name: "second", Points: 60, Pulse: notify.Pulse{Calls: 70}},
		},
	}, c.ask("outlook", "")
}

// Pause implements api.Mail.
func (c mails) Pause(_ context.Context, _ string, p notify.Pause, _ bool) error {
	return c.ask("pause-messages", string(p.Scope)+" "+p.Target)
}

// Calls implements api.Mail.
func (c mails) Calls(context.Context) ([]notify.Message, error) {
	return []notify.Message{{
		ID: "call1", Subject: "a1", Kind: notify.KindSuspended, Recipient: "p1", Channel: notify.Desk, State: notify.Accepted,
		Text: "Sorry: the clinic is off.", SentAt: c.At, ExpiresAt: c.At.Add(4 * time.Hour),
	}}, c.ask("calls", "")
}

// Call implements api.Mail.
func (c mails) Call(_ context.Context, _, id string, o notify.CallOutcome) error {
	return c.ask("note-call", id+" "+string(o))
}

// Redrive implements api.Mail.
func (c mails) Redrive(_ context.Context, _, id string) (notify.Message, error) {
	return notify.Message{ID: id, Kind: notify.KindBooked, Channel: notify.SMS, State: notify.Planned, DueAt: c.At}, c.ask("redrive", id)
}

// Announce implements api.Mail.
func (c mails) Announce(context.Context, string, bool, time.Time) (int, error) {
	return 7, c.ask("announce", "")
}

// Extra implements api.Mail.
func (c mails) Extra(_ context.Context, _, sessionID string) (int, error) {
	return 2, c.ask("extra", sessionID)
}

// Prefs implements api.Mail.
func (c mails) Prefs(_ context.Context, patientID string) (notify.Prefs, error) {
	return notify.Prefs{Patient: patientID, Prefers: notify.SMS}, c.ask("prefs", patientID)
}

// SetPrefs implements api.Mail.
func (c mails) SetPrefs(_ context.Context, p notify.Prefs) (notify.Prefs, error) {
	p.Version++
	return p, c.ask("set-prefs", p.Patient)
}

// NotMe implements api.Mail.
func (c mails) NotMe(_ context.Context, _, patientID string, _ bool) error {
	return c.ask("not-me", patientID)
}

// Follow implements api.Mail.
func (c mails) Follow(_ context.Context, patientID, doctorID string, _ bool) error {
	return c.ask("follow", patientID+" "+doctorID)
}

// Followed implements api.Mail.
func (c mails) Followed(_ context.Context, patientID string) ([]string, error) {
	return []string{c.Public.Doctors[0].ID}, c.ask("followed", patientID)
}

// SetLang implements api.Mail.
func (c mails) SetLang(_ context.Context, patientID string, lang houzhen.Lang) error {
	return c.ask("set-lang", patientID+" "+string(lang))
}
