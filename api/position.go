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
	p, err := a.Boards.Position(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &positionOut{p}, nil
}
