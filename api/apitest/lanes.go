package apitest

import (
	"context"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/queue"
)

// Later implements api.Desk.
func (c *Clinic) Later(_ context.Context, id string, _ int, request string) (queue.Outcome, error) {
	return queues{c}.do("later", id, request, "")
}

// Here implements api.Desk.
func (c *Clinic) Here(_ context.Context, id, _ string) (api.CheckedIn, error) {
	return api.CheckedIn{
		AppointmentID: id, Ticket: queue.Ticket{ID: "t1", Label: "A032", State: queue.Waiting, Lane: queue.LaneNormal},
		Name: c.People[0].Name, Room: "3", Ahead: 5,
	}, c.ask("here", id)
}

type policies struct{ *Clinic }

// Policies gives the default for the hospital and one zone.
func (p policies) Policies(context.Context) ([]api.ZonePolicy, error) {
	return []api.ZonePolicy{
		{Policy: queue.DefaultPolicy(), Own: true},
		{ZoneID: "z1", Zone: houzhen.Label{Zh: "A", En: "A"}, Policy: queue.DefaultPolicy()},
	}, p.ask("policies", "")
}

// SetPolicy reads the document as the real one does.
func (p policies) SetPolicy(_ context.Context, zoneID, document, _ string) (queue.Policy, error) {
	policy, err := queue.ParsePolicy([]byte(document))
	if err != nil {
		return policy, err
	}
	policy.Version = 1
	return policy, p.ask("set-policy", zoneID)
}

// UndoCheckIn implements api.Desk.
func (c *Clinic) UndoCheckIn(_ context.Context, r queue.TicketRequest) (queue.Outcome, error) {
	return queues{c}.do("undo-check-in", r.SessionID, r.RequestID, r.TicketID)
}
