package api

import (
	"context"
	"time"

	"github.com/houzhen/houzhen/booking/abuse"
	"github.com/houzhen/houzhen/internal/auth"
)

func (a *API) abuseRoutes(manager []auth.Role) []route {
	return []route{
		verb(a, "GET", "/api/v1/abuse", "What looks like grabbing places for others", manager, a.abuse),
		keyed(verb(a, "POST", "/api/v1/abuse/{id}/decide", "Confirm or dismiss a flag", manager, a.decideAbuse)),
	}
}

type abuseOut struct{ Body []abuseView }

type abuseView struct {
	ID       string      `json:"id"`
	Kind     abuse.Kind  `json:"kind" doc:"handover, churn, hoard, crowd, flood"`
	Subject  string      `json:"subject" doc:"An account, or the digest of a device"`
	Accounts []string    `json:"accounts"`
	Count    int         `json:"count"`
	First    time.Time   `json:"first"`
	Last     time.Time   `json:"last"`
	Evidence []string    `json:"evidence" doc:"Appointments"`
	State    abuse.State `json:"state"`
	Until    *time.Time  `json:"until,omitempty" doc:"No online booking until then"`
	Reason   string      `json:"reason,omitempty"`
}

func viewFlag(f abuse.Flag) abuseView {
	v := abuseView{f.ID, f.Kind, f.Subject, f.Accounts, f.Count, f.First, f.Last, f.Evidence, f.State, nil, f.Reason}
	if !f.Until.IsZero() {
		v.Until = &f.Until
	}
	return v
}

// abuse lists flags, latest first.
func (a *API) abuse(ctx context.Context, _ *struct{}) (*abuseOut, error) {
	found, err := a.Abuse.Flags(ctx)
	if err != nil {
		return nil, err
	}
	out := &abuseOut{Body: make([]abuseView, 0, len(found))}
	for _, f := range found {
		out.Body = append(out.Body, viewFlag(f))
	}
	return out, nil
}

type decideAbuseIn struct {
	ID   string `path:"id"`
	Body struct {
		Days   int    `json:"days" minimum:"0" maximum:"180" doc:"Without online booking; 0 dismisses the flag"`
		Reason string `json:"reason"`
	}
}

type decideAbuseOut struct{ Body abuseView }

// decideAbuse notes what a manager made of a flag.
func (a *API) decideAbuse(ctx context.Context, in *decideAbuseIn) (*decideAbuseOut, error) {
	f, err := a.Abuse.Decide(ctx, in.ID, who(ctx).ID, in.Body.Reason, in.Body.Days)
	if err != nil {
		return nil, err
	}
	return &decideAbuseOut{viewFlag(f)}, nil
}
