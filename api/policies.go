package api

import (
	"context"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/queue"
)

// Policies holds the queue policies of zones.
type Policies interface {
	// Policies lists what holds in every zone, the hospital's own first.
	Policies(ctx context.Context) ([]ZonePolicy, error)
	// SetPolicy puts a whole policy into force; zone "" is the hospital, an
	// empty document gives a zone back to the hospital's.
	SetPolicy(ctx context.Context, zoneID, document, by string) (queue.Policy, error)
}

// ZonePolicy is the policy that holds in a zone.
type ZonePolicy struct {
	ZoneID string // "" is the hospital
	Zone   houzhen.Label
	Policy queue.Policy
	Own    bool // the zone has one of its own
}

// wholeHospital stands in addresses for the policy of zones without their own.
const wholeHospital = "hospital"

func (a *API) laneRoutes(patient, manager []auth.Role) []route {
	return []route{
		keyed(verb(a, "POST", "/api/v1/appointments/{id}/later", "I am late, or may I go later", patient, a.later)),
		keyed(verb(a, "POST", "/api/v1/appointments/{id}/here", "Check in by the code on the screen of the zone", patient, a.here)),
		verb(a, "GET", "/api/v1/queue-policies", "The queue policy of every zone", manager, a.queuePolicies),
		keyed(verb(a, "PUT", "/api/v1/queue-policies/{zone}", "Put a whole policy into force; zone hospital is all that have none", manager, a.setQueuePolicy)),
	}
}

type zonePolicyView struct {
	ZoneID   string        `json:"zone_id" doc:"hospital is every zone without a policy of its own"`
	Zone     houzhen.Label `json:"zone"`
	Own      bool          `json:"own"`
	Version  int           `json:"version" doc:"0 is the built-in default"`
	Document string        `json:"document" doc:"YAML"`
}

type zonePoliciesOut struct {
	Body struct {
		Items []zonePolicyView `json:"items"`
	}
}

func (a *API) queuePolicies(ctx context.Context, _ *struct{}) (*zonePoliciesOut, error) {
	list, err := a.Policies.Policies(ctx)
	if err != nil {
		return nil, err
	}
	out := &zonePoliciesOut{}
	out.Body.Items = []zonePolicyView{}
	for _, z := range list {
		text, err := z.Policy.Document()
		if err != nil {
			return nil, err
		}
		out.Body.Items = append(out.Body.Items, zonePolicyView{zoneWord(z.ZoneID), z.Zone, z.Own, z.Policy.Version, string(text)})
	}
	return out, nil
}

func zoneWord(id string) string {
	if id == "" {
		return wholeHospital
	}
	return id
}

type setPolicyIn struct {
	Zone string `path:"zone"`
	Body struct {
		Document string `json:"document" maxLength:"65536" doc:"YAML or JSON; what it leaves out has the default; empty follows the hospital again"`
	}
}

type zonePolicyOut struct{ Body zonePolicyView }

func (a *API) setQueuePolicy(ctx context.Context, in *setPolicyIn) (*zonePolicyOut, error) {
	zone := in.Zone
	if zone == wholeHospital {
		zone = ""
	}
	p, err := a.Policies.SetPolicy(ctx, zone, in.Body.Document, who(ctx).ID)
	if err != nil {
		return nil, err
	}
	text, err := p.Document()
	if err != nil {
		return nil, err
	}
	return &zonePolicyOut{zonePolicyView{ZoneID: in.Zone, Own: in.Body.Document != "", Version: p.Version, Document: string(text)}}, nil
}
