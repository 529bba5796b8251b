package api

import (
	"context"
	"fmt"

	"github.com/houzhen/houzhen/queue"
)

// reCheckIn takes a missed patient who is back into the queue again.
func (a *API) reCheckIn(ctx context.Context, in *sessionIn) (*queueVerbOut, error) {
	o, err := a.ReCheckIn(ctx, in.ID, requestOf(ctx).key)
	if err != nil {
		return nil, err
	}
	return &queueVerbOut{outcomeView(o)}, nil
}

// ReCheckIn puts a missed ticket back where the policy wants it.
func (s Services) ReCheckIn(ctx context.Context, ticketID, requestID string) (queue.Outcome, error) {
	t, err := s.Desk.Ticket(ctx, ticketID)
	if err != nil {
		return queue.Outcome{}, fmt.Errorf("load ticket: %w", err)
	}
	return s.Queue.ReCheckIn(ctx, queue.TicketRequest{SessionID: t.SessionID, RequestID: requestID, TicketID: ticketID})
}
