package api

import (
	"context"

	"github.com/houzhen/houzhen/internal/board"
)

type positionOut struct{ Body board.Position }

// position shows the account's own place in the queue.
func (a *API) position(ctx context.Context, in *appointmentIn) (*positionOut, error) {
	if _, err := a.Own(ctx, who(ctx), in.ID); err != nil {
		return nil, err
	}
	return a.positionOf(ctx, in.ID)
}

// positionOf is the place in the queue of an appointment, whoever's it is.
func (a *API) positionOf(ctx context.Context, appointmentID string) (*positionOut, error) {
	p, err := a.Boards.Position(ctx, appointmentID)
	if err != nil {
		return nil, err
	}
	return &positionOut{p}, nil
}
