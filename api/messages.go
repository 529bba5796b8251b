package api

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen/notify"
)

type messagesIn struct {
	Subject string `query:"subject"`
	Kind    string `query:"kind"`
	Channel string `query:"channel"`
	State   string `query:"state"`
	Before  string `query:"before" doc:"Id of the last one seen"`
	Limit   int    `query:"limit" minimum:"0" maximum:"200"`
}

type messagesOut struct{ Body []messageView }

type messageView struct {
	ID      string         `json:"id"`
	Subject string         `json:"subject"`
	Kind    notify.Kind    `json:"kind"`
	Channel notify.Channel `json:"channel"`
	State   notify.State   `json:"state"`
	Due     time.Time      `json:"due"`
	Sent    *time.Time     `json:"sent,omitempty"`
	Text    string         `json:"text" doc:"As sent, names masked"`
	Code    string         `json:"code,omitempty" doc:"The provider's, or why it did not go"`
}

// messages lists what was sent, newest first.
func (a *API) messages(ctx context.Context, in *messagesIn) (*messagesOut, error) {
	f := notify.MessageFilter{
		Subject: in.Subject, Kind: notify.Kind(in.Kind), Channel: notify.Channel(in.Channel), BeforeID: in.Before, Limit: in.Limit,
	}
	if f.Limit == 0 {
		f.Limit = 50
	}
	if in.State != "" {
		f.States = []notify.State{notify.State(in.State)}
	}
	list, err := a.Messages.Messages(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("load messages: %w", err)
	}
	if err := a.Audit.Record(ctx, who(ctx).ID, "messages.read", in.Subject); err != nil {
		return nil, fmt.Errorf("record reading: %w", err)
	}
	out := &messagesOut{Body: []messageView{}}
	for _, m := range list {
		out.Body = append(out.Body, viewMessage(m))
	}
	return out, nil
}

func viewMessage(m notify.Message) messageView {
	v := messageView{
		ID: m.ID, Subject: m.Subject, Kind: m.Kind, Channel: m.Channel, State: m.State, Due: m.DueAt, Text: SafeText(m), Code: m.ErrorCode,
	}
	if v.Code == "" {
		v.Code = m.Reason
	}
	if !m.SentAt.IsZero() {
		v.Sent = &m.SentAt
	}
	return v
}

// SafeText gives the text of a message as staff may read it: a sign-in code is
// nobody's but the patient's.
func SafeText(m notify.Message) string {
	if m.Kind == notify.KindSignIn {
		return digits.ReplaceAllString(m.Text, "******")
	}
	return m.Text
}
