package api

import (
	"context"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/notify"
)

// Mail is what API and pages ask about the sending of messages.
type Mail interface {
	// Outlook tells how sending fares, of what was planned since an instant.
	Outlook(ctx context.Context, since time.Time) (notify.Outlook, error)
	// Pause holds messages back, or lets them go again.
	Pause(ctx context.Context, by string, p notify.Pause, on bool) error
	// Calls is the desk's telephone list, oldest first.
	Calls(ctx context.Context) ([]notify.Message, error)
	Call(ctx context.Context, by, id string, o notify.CallOutcome) error
	// Redrive plans a message again that failed.
	Redrive(ctx context.Context, by, id string) (notify.Message, error)
	// Announce tells those whose visit is near of an outage or of its end, and
	// gives how many.
	Announce(ctx context.Context, by string, over bool, since time.Time) (int, error)
	// Extra tells those who follow its doctor of an extra session.
	Extra(ctx context.Context, by, sessionID string) (int, error)
	Prefs(ctx context.Context, patientID string) (notify.Prefs, error)
	SetPrefs(ctx context.Context, p notify.Prefs) (notify.Prefs, error)
	// NotMe notes that a patient's phone is somebody else's.
	NotMe(ctx context.Context, by, patientID string, on bool) error
	Follow(ctx context.Context, patientID, doctorID string, on bool) error
	// Followed lists the doctors that a patient follows.
	Followed(ctx context.Context, patientID string) ([]string, error)
	// SetLang keeps the language of a patient's messages.
	SetLang(ctx context.Context, patientID string, lang houzhen.Lang) error
}

func (a *API) mailRoutes(patient, desk, manager []auth.Role) []route {
	return []route{
		verb(a, "GET", "/api/v1/messages/outlook", "How sending fares", desk, a.outlook),
		keyed(verb(a, "POST", "/api/v1/messages/pause", "Hold a channel, a kind or everything back, or let it go", manager, a.pauseMessages)),
		verb(a, "GET", "/api/v1/messages/calls", "Whom the desk has to telephone", desk, a.calls),
		keyed(verb(a, "POST", "/api/v1/messages/{id}/call", "Note what came of a call", desk, a.noteCall)),
		keyed(verb(a, "POST", "/api/v1/messages/{id}/redrive", "Send one again that failed", manager, a.redrive)),
		keyed(verb(a, "POST", "/api/v1/messages/announce", "Tell of an outage or its end", manager, a.announce)),
		keyed(verb(a, "POST", "/api/v1/sessions/{id}/announce", "Tell those who follow the doctor of an extra session", manager, a.announceExtra)),
		verb(a, "GET", "/api/v1/patients/{id}/messages", "What a patient wants to be told, and how", patient, a.prefs),
		keyed(verb(a, "PUT", "/api/v1/patients/{id}/messages", "Change it", patient, a.setPrefs)),
		keyed(verb(a, "PUT", "/api/v1/patients/{id}/follows/{doctor}", "Hear of a doctor's extra sessions", patient, a.follow)),
		keyed(verb(a, "POST", "/api/v1/patients/{id}/not-me", "The phone is somebody else's", desk, a.notMe)),
	}
}

type outlookOut struct{ Body outlookView }

type outlookView struct {
	Due       int                 `json:"due" doc:"Messages that could go now"`
	OldestDue *time.Time          `json:"oldest_due,omitempty"`
	Receipts  int                 `json:"receipts" doc:"Posted by providers and not worked on"`
	OnList    int                 `json:"on_list" doc:"On the telephone list, of the last 24 hours"`
	Channels  []channelHealthView `json:"channels"`
	Rates     []rateView          `json:"rates" doc:"Of what was planned within 24 hours"`
	Pauses    []pauseView         `json:"pauses"`
}

type channelHealthView struct {
	Channel      notify.Channel `json:"channel"`
	StoppedUntil *time.Time     `json:"stopped_until,omitempty"`
	Code         string         `json:"code,omitempty" doc:"The provider's, when it refused our settings"`
	LastAccepted *time.Time     `json:"last_accepted,omitempty"`
}

type rateView struct {
	Channel notify.Channel `json:"channel"`
	Kind    notify.Kind    `json:"kind"`
	State   notify.State   `json:"state"`
	Count   int            `json:"count"`
	Parts   int            `json:"parts" doc:"SMS parts that were charged"`
}

type pauseView struct {
	Scope  notify.PauseScope `json:"scope"`
	Target string            `json:"target,omitempty"`
	At     time.Time         `json:"at"`
	Reason string            `json:"reason"`
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// ratesOf is how far back delivery is counted.
const ratesOf = 24 * time.Hour

// outlook tells how sending fares.
func (a *API) outlook(ctx context.Context, _ *struct{}) (*outlookOut, error) {
	o, err := a.Mail.Outlook(ctx, a.Now().Add(-ratesOf))
	if err != nil {
		return nil, err
	}
	v := outlookView{
		Due: o.Due, OldestDue: moment(o.OldestDue), Receipts: o.Receipts, OnList: o.OnList,
		Channels: []channelHealthView{}, Rates: []rateView{}, Pauses: []pauseView{},
	}
	for _, h := range o.Channels {
		v.Channels = append(v.Channels, channelHealthView{h.Channel, moment(h.StoppedUntil), h.Code, moment(h.LastAccepted)})
	}
	for _, r := range o.Rates {
		v.Rates = append(v.Rates, rateView(r))
	}
	for _, p := range o.Pauses {
		v.Pauses = append(v.Pauses, pauseView{p.Scope, p.Target, p.At, p.Reason})
	}
	return &outlookOut{v}, nil
}

type pauseIn struct {
	Body struct {
		Scope  string `json:"scope" enum:"hospital,channel,kind"`
		Target string `json:"target,omitempty" maxLength:"60" doc:"The channel or kind"`
		Reason string `json:"reason,omitempty" maxLength:"200"`
		On     bool   `json:"on"`
	}
}

// pauseMessages holds messages back, or lets them go again.
func (a *API) pauseMessages(ctx context.Context, in *pauseIn) (*struct{}, error) {
	p := notify.Pause{Scope: notify.PauseScope(in.Body.Scope), Target: in.Body.Target, Reason: in.Body.Reason}
	return nil, a.Mail.Pause(ctx, who(ctx).ID, p, in.Body.On)
}

type callsOut struct{ Body []callView }

type callView struct {
	ID      string      `json:"id"`
	Kind    notify.Kind `json:"kind"`
	Patient string      `json:"patient_id"`
	Subject string      `json:"subject"`
	Since   time.Time   `json:"since"`
	Until   time.Time   `json:"until" doc:"The call is of no use after that"`
	Text    string      `json:"text" doc:"What to say, names masked"`
	Last    string      `json:"last,omitempty" doc:"What came of the last call"`
}

// calls is the desk's telephone list.
func (a *API) calls(ctx context.Context, _ *struct{}) (*callsOut, error) {
	list, err := a.Mail.Calls(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.Audit.Record(ctx, who(ctx).ID, "messages.read", "calls"); err != nil {
		return nil, err
	}
	out := &callsOut{Body: []callView{}}
	for _, m := range list {
		out.Body = append(out.Body, callView{m.ID, m.Kind, m.Recipient, m.Subject, m.SentAt, m.ExpiresAt, SafeText(m), m.ErrorCode})
	}
	return out, nil
}

type callIn struct {
	ID   string `path:"id"`
	Body struct {
		Outcome string `json:"outcome" enum:"reached,no_reply,wrong,given_up"`
	}
}

// noteCall notes what came of a call.
func (a *API) noteCall(ctx context.Context, in *callIn) (*struct{}, error) {
	return nil, a.Mail.Call(ctx, who(ctx).ID, in.ID, notify.CallOutcome(in.Body.Outcome))
}

type messageOut struct{ Body messageView }

// redrive plans a message again that failed.
func (a *API) redrive(ctx context.Context, in *struct {
	ID string `path:"id"`
},
) (*messageOut, error) {
	m, err := a.Mail.Redrive(ctx, who(ctx).ID, in.ID)
	if err != nil {
		return nil, err
	}
	return &messageOut{viewMessage(m)}, nil
}

type announceIn struct {
	Body struct {
		Over  bool      `json:"over" doc:"It works again"`
		Since time.Time `json:"since" doc:"When it began; names the outage, so that it is told once"`
	}
}

type toldOut struct {
	Body struct {
		Told int `json:"told"`
	}
}

// announce tells those whose visit is near of an outage or of its end.
func (a *API) announce(ctx context.Context, in *announceIn) (*toldOut, error) {
	n, err := a.Mail.Announce(ctx, who(ctx).ID, in.Body.Over, in.Body.Since)
	out := &toldOut{}
	out.Body.Told = n
	return out, err
}

// announceExtra tells those who follow its doctor of an extra session.
func (a *API) announceExtra(ctx context.Context, in *struct {
	ID string `path:"id"`
},
) (*toldOut, error) {
	n, err := a.Mail.Extra(ctx, who(ctx).ID, in.ID)
	out := &toldOut{}
	out.Body.Told = n
	return out, err
}

type prefsBody struct {
	Prefers string       `json:"prefers,omitempty" enum:",push,wechat,sms,email" doc:"Tried first; empty for the cheapest"`
	Voice   bool         `json:"voice" doc:"Critical messages are read out by telephone too"`
	Off     []notify.Off `json:"off" maxItems:"20" doc:"Classes and channels that are switched off; critical ones cannot be"`
	Version int64        `json:"version"`
}

type prefsOut struct{ Body prefsBody }

func viewPrefs(p notify.Prefs) *prefsOut {
	return &prefsOut{prefsBody{string(p.Prefers), p.Voice, append([]notify.Off{}, p.Off...), p.Version}}
}

// prefs gives what a patient wants.
func (a *API) prefs(ctx context.Context, in *struct {
	ID string `path:"id"`
},
) (*prefsOut, error) {
	if _, err := a.OwnPatient(ctx, who(ctx), in.ID); err != nil {
		return nil, err
	}
	p, err := a.Mail.Prefs(ctx, in.ID)
	return viewPrefs(p), err
}

type setPrefsIn struct {
	ID   string `path:"id"`
	Body prefsBody
}

// setPrefs stores what a patient wants.
func (a *API) setPrefs(ctx context.Context, in *setPrefsIn) (*prefsOut, error) {
	if _, err := a.OwnPatient(ctx, who(ctx), in.ID); err != nil {
		return nil, err
	}
	p, err := a.Mail.SetPrefs(ctx, notify.Prefs{
		Patient: in.ID, Prefers: notify.Channel(in.Body.Prefers), Voice: in.Body.Voice, Off: slices.Clone(in.Body.Off), Version: in.Body.Version,
	})
	return viewPrefs(p), err
}

type onBody struct {
	On bool `json:"on"`
}

// follow notes whether a patient wants to hear of a doctor's extra sessions.
func (a *API) follow(ctx context.Context, in *struct {
	ID     string `path:"id"`
	Doctor string `path:"doctor"`
	Body   onBody
},
) (*struct{}, error) {
	if _, err := a.OwnPatient(ctx, who(ctx), in.ID); err != nil {
		return nil, err
	}
	return nil, a.Mail.Follow(ctx, in.ID, in.Doctor, in.Body.On)
}

// notMe notes that a patient's phone is somebody else's, or takes that back.
func (a *API) notMe(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body onBody
},
) (*struct{}, error) {
	return nil, a.Mail.NotMe(ctx, who(ctx).ID, in.ID, in.Body.On)
}
