package web

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/templates"
)

type messagesData struct {
	Kinds                       []notify.Kind
	Channels                    []notify.Channel
	States                      []notify.State
	Kind, Channel, State, Older string
	Messages                    []messageRow
}

type messageRow struct {
	Kind          notify.Kind
	Channel       notify.Channel
	State         notify.State
	DueAt, SentAt time.Time
	To, Text      string
	Tone, Why     string
}

// messageKinds lists every kind, for choosing one.
func messageKinds() []notify.Kind {
	list := []notify.Kind{
		notify.KindBooked, notify.KindMoved, notify.KindCancelled, notify.KindReminder, notify.KindSuspended,
		notify.KindSubstituted, notify.KindPlaceChanged, notify.KindUnclear, notify.KindLapsed,
		notify.KindLeaveNow, notify.KindCalled, notify.KindMissed, notify.KindSignIn,
		notify.KindWaitJoined, notify.KindWaitOffer, notify.KindWaitInvite, notify.KindWaitLost, notify.KindWaitClosed,
		notify.KindProxy,
		notify.KindDisplaced, notify.KindDrawWon, notify.KindDrawLost,
		notify.KindHold, notify.KindRefundDone, notify.KindRefundFailed,
		notify.KindReplied, notify.KindStopped,
	}
	return slices.Concat(list, notify.CreditKinds(), notify.QueueKinds(), notify.ManyKinds())
}

const messagesPerPage = 50

// messages shows what was sent, as it was sent.
func (s *site) messages(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	d := messagesData{
		Kinds:    messageKinds(),
		Channels: notify.Channels(),
		States: []notify.State{
			notify.Planned, notify.Claimed, notify.Accepted, notify.Delivered, notify.Undelivered, notify.Suppressed,
			notify.Expired, notify.Failed, notify.Unknown,
		},
		Kind: q.Get("kind"), Channel: q.Get("channel"), State: q.Get("state"),
	}
	f := notify.MessageFilter{Kind: notify.Kind(d.Kind), Channel: notify.Channel(d.Channel), BeforeID: q.Get("before"), Limit: messagesPerPage}
	if d.State != "" {
		f.States = []notify.State{notify.State(d.State)}
	}
	list, err := s.Messages.Messages(r.Context(), f)
	if err != nil {
		return wrap("load messages", err)
	}
	if err := s.Audit.Record(r.Context(), auth.From(r.Context()).ID, "messages.read", ""); err != nil {
		return wrap("record reading", err)
	}
	for _, m := range list {
		d.Messages = append(d.Messages, s.messageRow(r, m))
	}
	if len(list) == messagesPerPage {
		older := url.Values{"kind": {d.Kind}, "channel": {d.Channel}, "state": {d.State}, "before": {list[len(list)-1].ID}}
		d.Older = "/messages?" + older.Encode()
	}
	return s.show(w, r, "messages", "messages", d)
}

func (s *site) messageRow(r *http.Request, m notify.Message) messageRow {
	row := messageRow{
		Kind: m.Kind, Channel: m.Channel, State: m.State, DueAt: m.DueAt, SentAt: m.SentAt,
		Text: api.SafeText(m), Tone: messageTone(m.State), Why: m.ErrorCode,
	}
	if m.Reason != "" {
		row.Why = templates.Reason("message."+m.Reason, api.LangOf(r), nil)
	}
	if m.Kind != notify.KindSignIn { // whose recipient is an account: a phone and nothing else
		if p, err := s.Directory.Patient(r.Context(), m.Recipient); err == nil {
			row.To = p.Name.String() + " " + p.Phone.String()
		}
	}
	return row
}

func messageTone(s notify.State) string {
	switch {
	case s == notify.Delivered || s == notify.Accepted:
		return "go"
	case slices.Contains([]notify.State{notify.Failed, notify.Undelivered}, s):
		return "stop"
	case s == notify.Unknown || s == notify.Expired:
		return "soon"
	case s == notify.Suppressed:
		return "off"
	}
	return ""
}
