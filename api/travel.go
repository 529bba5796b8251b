package api

import (
	"context"

	"github.com/houzhen/houzhen/internal/board"
)

type travelIn struct {
	ID   string `path:"id"`
	Body struct {
		Minutes int `json:"minutes" minimum:"0" maximum:"600"`
	}
}

// travel keeps how many minutes the patient needs to come.
func (a *API) travel(ctx context.Context, in *travelIn) (*positionOut, error) {
	if _, err := a.Own(ctx, who(ctx), in.ID); err != nil {
		return nil, err
	}
	if err := a.Desk.SetTravel(ctx, in.ID, in.Body.Minutes); err != nil {
		return nil, err
	}
	var p board.Position
	p, err := a.Boards.Position(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &positionOut{p}, nil
}
