package api

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/webhook"
)

// Channel is what other systems ask and pages do not; internal/app provides it.
type Channel interface {
	// Person gives the person of a document, registered if he is new.
	Person(ctx context.Context, n directory.NewPatient) (directory.Patient, error)
	// Known finds the person of a document; CodeNotFound.
	Known(ctx context.Context, t directory.DocType, number string) (directory.Patient, error)
	Confirm(ctx context.Context, appointmentID string) (booking.Appointment, error)
	SetQuotas(ctx context.Context, sessionID string, q booking.Quotas) ([]booking.QuotaUse, error)
	// Bring takes a roster in with booked places protected; nothing is taken
	// of one with faults.
	Bring(ctx context.Context, format string, body []byte, dry bool) ([]booking.BroughtLine, []RosterFault, error)
	ResultsReady(ctx context.Context, appointmentID string) error
	Elsewhere(ctx context.Context, patientID, place string, until time.Time) error
	Notice(ctx context.Context, patientID string, kind houzhen.EventKind) error
}

// Webhooks tells other systems what happened; webhook.Service has these. A
// channel "" is any.
type Webhooks interface {
	Read(ctx context.Context, channel string, after int64, limit int) (webhook.Page, error)
	List(ctx context.Context, channel string) ([]webhook.Endpoint, error)
	Register(ctx context.Context, machineID, channel, url string) (webhook.Endpoint, error)
	Rotate(ctx context.Context, id, channel, by string) (webhook.Endpoint, error)
	Enable(ctx context.Context, id, channel, by string) (webhook.Endpoint, error)
	Disable(ctx context.Context, id, channel, by string) (webhook.Endpoint, error)
	Remove(ctx context.Context, id, channel, by string) error
	Test(ctx context.Context, id, channel string) (webhook.Answer, error)
}

// channelRoutes are those of other systems, each with the scope that it needs.
func (a *API) channelRoutes() []route {
	const at = "/api/v1/channel/"
	return []route{
		machine(a, "GET", at+"sessions", "Sessions with the places that are free for the channel", auth.ScopeRead, a.channelSessions),
		keyed(machine(a, "POST", at+"appointments", "Book or hold a place for a patient", auth.ScopeBook, a.channelBook)),
		machine(a, "GET", at+"appointments/{id}", "An appointment that the channel made", auth.ScopeRead, a.channelAppointment),
		keyed(machine(a, "POST", at+"appointments/{id}/confirm", "Book what is held", auth.ScopeBook, a.channelConfirm)),
		keyed(machine(a, "POST", at+"appointments/{id}/cancel", "Give a place up", auth.ScopeCancel, a.channelCancel)),
		keyed(machine(a, "POST", at+"appointments/{id}/move", "Take another place", auth.ScopeMove, a.channelMove)),
		keyed(machine(a, "POST", at+"checkin", "Somebody has come to a kiosk", auth.ScopeCheckIn, a.channelCheckIn)),
		keyed(machine(a, "PUT", at+"rosters", "Bring rosters; booked places are protected", auth.ScopeRosterWrite, a.channelRosters)),
		keyed(machine(a, "PUT", at+"sessions/{id}/quotas", "Keep places of a session", auth.ScopeQuotaWrite, a.channelQuotas)),
		keyed(machine(a, "POST", at+"results", "Results of a visit are there", auth.ScopeResults, a.channelResults)),
		keyed(machine(a, "POST", at+"presence", "A patient is at another service point, or has left it", auth.ScopePresence, a.channelPresence)),
		keyed(machine(a, "POST", at+"notices", "A patient was admitted or died", auth.ScopePresence, a.channelNotice)),
		keyed(machine(a, "PUT", at+"openid", "The openid of a patient at the hospital's WeChat account", auth.ScopePresence, a.channelOpenID)),
		machine(a, "GET", at+"events", "Public facts after a cursor", auth.ScopeWebhooks, a.channelEvents),
		machine(a, "GET", at+"webhooks", "Where facts are delivered", auth.ScopeWebhooks, a.channelWebhooks),
		keyed(machine(a, "POST", at+"webhooks", "Have facts delivered", auth.ScopeWebhooks, a.channelAddWebhook)),
		keyed(machine(a, "POST", at+"webhooks/{id}/rotate", "Change the secret", auth.ScopeWebhooks, a.channelRotateWebhook)),
		keyed(machine(a, "POST", at+"webhooks/{id}/enable", "Go on delivering", auth.ScopeWebhooks, a.channelEnableWebhook)),
		keyed(machine(a, "POST", at+"webhooks/{id}/test", "Deliver an event of no meaning", auth.ScopeWebhooks, a.channelTestWebhook)),
		keyed(machine(a, "DELETE", at+"webhooks/{id}", "Deliver no more", auth.ScopeWebhooks, a.channelRemoveWebhook)),
	}
}

// machine is a verb for other systems. What was done is recorded with the
// machine's id; what was refused changed and showed nothing.
func machine[I, O any](a *API, method, pattern, summary string, scope auth.Scope, do func(context.Context, *I) (*O, error)) route {
	recorded := func(ctx context.Context, in *I) (*O, error) {
		out, err := do(ctx, in)
		if err != nil {
			return nil, err
		}
		return out, a.Audit.Record(ctx, callerOf(who(ctx)), "channel."+operationID(method, pattern), subjectOf(in))
	}
	r := verb(a, method, pattern, summary, []auth.Role{auth.Machinery}, recorded)
	r.scope = scope
	return r
}

// subjected says what a request is about, in ids.
type subjected interface{ subject() string }

func subjectOf(in any) string {
	if s, ok := in.(subjected); ok {
		return s.subject()
	}
	return ""
}

// channelPatient is a patient as another system knows him.
type channelPatient struct {
	Name          string `json:"name" maxLength:"60"`
	DocType       string `json:"doc_type,omitempty" doc:"CV02.01.101; 01, the identity card, if left out"`
	Doc           string `json:"doc" maxLength:"40"`
	Sex           string `json:"sex,omitempty" doc:"M or F; an identity card says it itself"`
	Birth         string `json:"birth,omitempty" doc:"YYYY-MM-DD; an identity card says it itself"`
	Phone         string `json:"phone,omitempty" maxLength:"20" doc:"Where messages go"`
	Guardian      bool   `json:"guardian,omitempty" doc:"For a child: the caller vouches that a guardian asks"`
	TravelMinutes int    `json:"travel_minutes,omitempty" minimum:"0" maximum:"600"`
}

func (p channelPatient) patient(lang houzhen.Lang) (directory.NewPatient, error) {
	n := directory.NewPatient{
		Name: p.Name, Doc: p.Doc, DocType: docType(p.DocType), Phone: p.Phone, Sex: directory.Sex(p.Sex), Lang: lang,
		TravelMinutes: p.TravelMinutes,
	}
	if p.Guardian {
		n.Relation = directory.RelationChild
	}
	return n, parseDate(p.Birth, "patient.birth", &n.Birth)
}

func docType(s string) directory.DocType {
	if s == "" {
		return directory.DocID
	}
	return directory.DocType(s)
}

// own gives an appointment to the channel that made it. To others it does not
// exist.
func (a *API) channelOwn(ctx context.Context, id string) (booking.Appointment, error) {
	found, err := a.Booking.Appointment(ctx, id)
	if err != nil {
		return booking.Appointment{}, err
	}
	if found.Channel != who(ctx).Channel {
		return booking.Appointment{}, houzhen.E(houzhen.CodeNotFound, "no such appointment of this channel")
	}
	return found, nil
}
