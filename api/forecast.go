package api

import (
	"context"

	"github.com/houzhen/houzhen/internal/board"
)

type ifCameOut struct{ Body board.IfCame }

// ifCame tells when somebody would be called who is not booked and came now.
func (a *API) ifCame(ctx context.Context, in *struct {
	ID string `path:"id"`
},
) (*ifCameOut, error) {
	is, err := a.Boards.IfCame(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &ifCameOut{is}, nil
}

type qualitiesOut struct{ Body []board.Quality }

// qualities tells how good the waiting times were that each zone showed.
func (a *API) qualities(ctx context.Context, _ *struct{}) (*qualitiesOut, error) {
	list, err := a.Boards.Qualities(ctx)
	if err != nil {
		return nil, err
	}
	return &qualitiesOut{list}, nil
}
