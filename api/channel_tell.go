package api

import (
	"context"
	"net/http"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/webhook"
)

type resultsIn struct {
	Body struct {
		Voucher string `json:"voucher" minLength:"1" maxLength:"40" doc:"Of the visit that ordered the tests"`
	}
}

// channelResults notes that results of a visit are there.
func (a *API) channelResults(ctx context.Context, in *resultsIn) (*struct{}, error) {
	found, err := a.Desk.AppointmentByVoucher(ctx, in.Body.Voucher)
	if err != nil {
		return nil, err
	}
	return nil, a.Channel.ResultsReady(ctx, found.ID)
}

type presenceIn struct {
	Body struct {
		DocType string    `json:"doc_type,omitempty" doc:"CV02.01.101; 01, the identity card, if left out"`
		Doc     string    `json:"doc" minLength:"1" maxLength:"40"`
		Place   string    `json:"place,omitempty" maxLength:"60" doc:"Code of the service point; empty when he has left it"`
		Until   time.Time `json:"until,omitzero" required:"false" doc:"Until when he is expected to stay"`
	}
}

// channelPresence notes where in the house a patient is. Whoever was kept
// elsewhere while his slice ran is not late.
func (a *API) channelPresence(ctx context.Context, in *presenceIn) (*struct{}, error) {
	p, err := a.Channel.Known(ctx, docType(in.Body.DocType), in.Body.Doc)
	if err != nil {
		return nil, err
	}
	return nil, a.Channel.Elsewhere(ctx, p.ID, in.Body.Place, in.Body.Until)
}

type noticeIn struct {
	Body struct {
		DocType string `json:"doc_type,omitempty" doc:"CV02.01.101; 01, the identity card, if left out"`
		Doc     string `json:"doc" minLength:"1" maxLength:"40"`
		Kind    string `json:"kind" enum:"admitted,died"`
	}
}

// channelNotice notes that a patient was admitted or died.
func (a *API) channelNotice(ctx context.Context, in *noticeIn) (*struct{}, error) {
	p, err := a.Channel.Known(ctx, docType(in.Body.DocType), in.Body.Doc)
	if err != nil {
		return nil, err
	}
	kind := houzhen.PatientAdmitted
	if in.Body.Kind == "died" {
		kind = houzhen.PatientDied
	}
	return nil, a.Channel.Notice(ctx, p.ID, kind)
}

type eventsIn struct {
	After int64 `query:"after" minimum:"0" doc:"The next of the page before; 0 is the beginning"`
	Limit int   `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

type eventsOut struct{ Body eventsView }

type eventsView struct {
	Events []webhook.Event `json:"events"`
	Next   int64           `json:"next" doc:"Give it as after"`
	More   bool            `json:"more" doc:"There is more already"`
}

// channelEvents reads public facts. The same cursor gives the same facts.
func (a *API) channelEvents(ctx context.Context, in *eventsIn) (*eventsOut, error) {
	p, err := a.Webhooks.Read(ctx, who(ctx).Channel, in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	if p.Events == nil {
		p.Events = []webhook.Event{}
	}
	return &eventsOut{eventsView{p.Events, p.Next, p.More}}, nil
}

// WebhookView is an endpoint as it is shown.
type WebhookView struct {
	ID       string        `json:"id"`
	URL      string        `json:"url"`
	State    webhook.State `json:"state" enum:"active,disabled"`
	Seen     int64         `json:"seen" doc:"Cursor of the last fact that was taken"`
	Failures int           `json:"failures" doc:"In a row"`
	Status   int           `json:"status" doc:"Of the last answer, 0 without one"`
	Reason   string        `json:"reason" doc:"Of the last failure, or why it stands still"`
	Secret   string        `json:"secret,omitempty" doc:"Shown when it is made and never again"`
}

func webhookView(e webhook.Endpoint, secret bool) WebhookView {
	v := WebhookView{ID: e.ID, URL: e.URL, State: e.State, Seen: e.Seen, Failures: e.Failures, Status: e.Status, Reason: e.Reason}
	if secret {
		v.Secret = e.Secret
	}
	return v
}

type (
	noIn        struct{}
	webhooksOut struct{ Body []WebhookView }
	webhookOut  struct {
		Status int
		Body   WebhookView
	}
	webhookIn struct {
		ID string `path:"id"`
	}
	addWebhookIn struct {
		Body struct {
			URL string `json:"url" maxLength:"500" doc:"https, of a public address"`
		}
	}
	testedOut struct{ Body testedView }
)

type testedView struct {
	OK     bool   `json:"ok"`
	Status int    `json:"status"`
	Reason string `json:"reason"`
}

func (in *webhookIn) subject() string { return in.ID }

func (a *API) channelWebhooks(ctx context.Context, _ *noIn) (*webhooksOut, error) {
	list, err := a.Webhooks.List(ctx, who(ctx).Channel)
	if err != nil {
		return nil, err
	}
	out := &webhooksOut{Body: []WebhookView{}}
	for _, e := range list {
		out.Body = append(out.Body, webhookView(e, false))
	}
	return out, nil
}

func (a *API) channelAddWebhook(ctx context.Context, in *addWebhookIn) (*webhookOut, error) {
	e, err := a.Webhooks.Register(ctx, who(ctx).ID, who(ctx).Channel, in.Body.URL)
	if err != nil {
		return nil, err
	}
	return &webhookOut{http.StatusCreated, webhookView(e, true)}, nil
}

func (a *API) channelRotateWebhook(ctx context.Context, in *webhookIn) (*webhookOut, error) {
	e, err := a.Webhooks.Rotate(ctx, in.ID, who(ctx).Channel, callerOf(who(ctx)))
	if err != nil {
		return nil, err
	}
	return &webhookOut{http.StatusOK, webhookView(e, true)}, nil
}

func (a *API) channelEnableWebhook(ctx context.Context, in *webhookIn) (*webhookOut, error) {
	e, err := a.Webhooks.Enable(ctx, in.ID, who(ctx).Channel, callerOf(who(ctx)))
	if err != nil {
		return nil, err
	}
	return &webhookOut{http.StatusOK, webhookView(e, false)}, nil
}

func (a *API) channelTestWebhook(ctx context.Context, in *webhookIn) (*testedOut, error) {
	answer, err := a.Webhooks.Test(ctx, in.ID, who(ctx).Channel)
	if err != nil {
		return nil, err
	}
	return &testedOut{testedView{answer.OK(), answer.Status, answer.Reason}}, nil
}

func (a *API) channelRemoveWebhook(ctx context.Context, in *webhookIn) (*struct{}, error) {
	return nil, a.Webhooks.Remove(ctx, in.ID, who(ctx).Channel, callerOf(who(ctx)))
}
