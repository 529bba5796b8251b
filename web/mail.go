package web

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/notify"
)

// mailRoutes are the pages about how sending fares and whom to telephone.
func (s *site) mailRoutes(desk, manager []auth.Role) []route {
	return []route{
		{"GET", "/messages/state", desk, s.mailState, "health, pauses, rates and the telephone list"},
		{"POST", "/messages/pause", manager, s.pauseMail, "holds a channel, a kind or everything back, or lets it go"},
		{"POST", "/messages/{id}/call", desk, s.noteCall, "what came of a call"},
		{"POST", "/messages/{id}/redrive", manager, s.redriveMail, "sends one again that failed"},
	}
}

type mailData struct {
	notify.Outlook
	Lines    []rateLine
	Calls    []callRow
	Kinds    []notify.Kind
	Sendable []notify.Channel
	Manager  bool
}

// rateLine is how one channel fared.
type rateLine struct {
	Channel                       notify.Channel
	Sent, Arrived, Failed, Parts  int
	Percent                       int // of what is known to have arrived or not
	Waiting, Suppressed, Unproven int
	Yuan                          string // what it cost about, "" for nothing
}

type callRow struct {
	ID, To, Text, Last string
	Kind               notify.Kind
	Since, Until       time.Time
}

// mailState shows how sending fares.
func (s *site) mailState(w http.ResponseWriter, r *http.Request) error {
	o, err := s.Mail.Outlook(r.Context(), s.Now().Add(-24*time.Hour))
	if err != nil {
		return wrap("look at messages", err)
	}
	calls, err := s.Mail.Calls(r.Context())
	if err != nil {
		return wrap("load calls", err)
	}
	d := mailData{
		Outlook: o, Lines: rateLines(o.Rates, o.Prices), Kinds: messageKinds(), Sendable: notify.Channels(), Manager: auth.From(r.Context()).Is(auth.Manager),
	}
	for _, m := range calls {
		row := callRow{ID: m.ID, Kind: m.Kind, Text: m.Text, Last: m.ErrorCode, Since: m.SentAt, Until: m.ExpiresAt}
		if p, err := s.Directory.Patient(r.Context(), m.Recipient); err == nil {
			row.To = p.Name.String() + " " + p.Phone.String()
		}
		d.Calls = append(d.Calls, row)
	}
	if err := s.Audit.Record(r.Context(), auth.From(r.Context()).ID, "messages.read", "state"); err != nil {
		return wrap("record reading", err)
	}
	return s.show(w, r, "mail", "messages", d)
}

// rateLines adds rates up by channel. What an SMS costs goes by its parts, what
// another channel costs by what was sent; prices are in thousandths of a yuan.
func rateLines(rates []notify.Rate, prices map[notify.Channel]int) []rateLine {
	var lines []rateLine
	at := map[notify.Channel]int{}
	for _, r := range rates {
		i, known := at[r.Channel]
		if !known {
			i = len(lines)
			at[r.Channel] = i
			lines = append(lines, rateLine{Channel: r.Channel})
		}
		l := &lines[i]
		l.Parts += r.Parts
		switch r.State {
		case notify.Delivered:
			l.Sent, l.Arrived = l.Sent+r.Count, l.Arrived+r.Count
		case notify.Undelivered:
			l.Sent, l.Failed = l.Sent+r.Count, l.Failed+r.Count
		case notify.Accepted, notify.Unknown:
			l.Sent, l.Unproven = l.Sent+r.Count, l.Unproven+r.Count
		case notify.Planned, notify.Claimed:
			l.Waiting += r.Count
		case notify.Suppressed, notify.Expired, notify.Failed:
			l.Suppressed += r.Count
		}
	}
	for i, l := range lines {
		if known := l.Arrived + l.Failed; known > 0 {
			lines[i].Percent = 100 * l.Arrived / known
		}
		charged := l.Sent
		if l.Channel == notify.SMS {
			charged = l.Parts
		}
		if cost := charged * prices[l.Channel]; cost > 0 {
			lines[i].Yuan = fmt.Sprintf("%d.%02d", (cost+5)/1000, (cost+5)%1000/10)
		}
	}
	return lines
}

// pauseMail holds messages back, or lets them go again. What is chosen reads
// "hospital", "channel sms" or "kind appt.booked".
func (s *site) pauseMail(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	scope, target, _ := strings.Cut(r.PostForm.Get("what"), " ")
	p := notify.Pause{Scope: notify.PauseScope(scope), Target: target, Reason: r.PostForm.Get("reason")}
	if err := s.Mail.Pause(r.Context(), auth.From(r.Context()).ID, p, r.PostForm.Get("on") != ""); err != nil {
		return err
	}
	return back(w, r, "/messages/state")
}

// noteCall notes what came of telephoning somebody.
func (s *site) noteCall(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	err := s.Mail.Call(r.Context(), auth.From(r.Context()).ID, r.PathValue("id"), notify.CallOutcome(r.PostForm.Get("outcome")))
	if err != nil {
		return err
	}
	return back(w, r, "/messages/state")
}

// redriveMail sends one again that failed.
func (s *site) redriveMail(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.Mail.Redrive(r.Context(), auth.From(r.Context()).ID, r.PathValue("id")); err != nil {
		return err
	}
	return back(w, r, "/messages?state=planned")
}
