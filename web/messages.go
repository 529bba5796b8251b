package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/templates"
)

type messagesData struct {
	Kinds                       []notify.Kind
	Channels                    []notify.Channel
	States                      []notify.State
	Reasons                     []reasonRow
	Kind, Channel, State, Older string
	Reason, Tail                string // why it did not go, and the end of the phone it went to
	Messages                    []messageRow
}

// reasonRow is why messages did not go, to be searched for.
type reasonRow struct{ Code, Words string }

func reasonRows(lang houzhen.Lang) []reasonRow {
	var rows []reasonRow
	for _, code := range notify.Reasons() {
		rows = append(rows, reasonRow{code, templates.Reason("message."+code, lang, nil)})
	}
	return rows
}

type messageRow struct {
	ID            string
	Again         bool // it failed, and may be sent again
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
		notify.KindReplied, notify.KindStopped, notify.KindLate, notify.KindPassed,
	}
	return slices.Concat(list, notify.CreditKinds(), notify.QueueKinds(), notify.ManyKinds(), notify.AgainKinds())
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
		Kind: q.Get("kind"), Channel: q.Get("channel"), State: q.Get("state"), Reason: q.Get("reason"), Tail: strings.TrimSpace(q.Get("tail")),
		Reasons: reasonRows(api.LangOf(r)),
	}
	list, more, err := s.findMessages(r, d)
	if err != nil {
		return wrap("load messages", err)
	}
	if err := s.Audit.Record(r.Context(), auth.From(r.Context()).ID, "messages.read", ""); err != nil {
		return wrap("record reading", err)
	}
	for _, m := range list {
		row := s.messageRow(r, m)
		row.Again = row.Again && auth.From(r.Context()).Is(auth.Manager)
		d.Messages = append(d.Messages, row)
	}
	if more != "" {
		older := url.Values{"kind": {d.Kind}, "channel": {d.Channel}, "state": {d.State}, "reason": {d.Reason}, "tail": {d.Tail}, "before": {more}}
		d.Older = "/messages?" + older.Encode()
	}
	return s.show(w, r, "messages", "messages", d)
}

// findMessages gives a page of what was asked for, and where the next one
// begins. Of a phone its last four digits are enough: more are not shown either.
func (s *site) findMessages(r *http.Request, d messagesData) (list []notify.Message, more string, err error) {
	f := notify.MessageFilter{
		Kind: notify.Kind(d.Kind), Channel: notify.Channel(d.Channel), Reason: d.Reason, BeforeID: r.URL.Query().Get("before"), Limit: messagesPerPage,
	}
	if d.State != "" {
		f.States = []notify.State{notify.State(d.State)}
	}
	if d.Tail != "" {
		if len(d.Tail) != 4 || strings.Trim(d.Tail, "0123456789") != "" {
			return nil, "", houzhen.E(houzhen.CodeInvalid, "give the last four digits of the phone").On("tail")
		}
		return s.Messages.SearchMessages(r.Context(), f, d.Tail)
	}
	if list, err = s.Messages.Messages(r.Context(), f); len(list) == messagesPerPage {
		more = list[len(list)-1].ID
	}
	return list, more, err
}

func (s *site) messageRow(r *http.Request, m notify.Message) messageRow {
	row := messageRow{
		ID: m.ID, Again: m.State == notify.Failed && m.Reason != notify.ReasonUnknown && s.Now().Before(m.ExpiresAt),
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
