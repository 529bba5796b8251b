package api

import (
	"context"

	"github.com/houzhen/houzhen/queue"
)

type travelIn struct {
	ID   string `path:"id"`
	Body struct {
		Minutes int  `json:"minutes" minimum:"0" maximum:"600"`
		Near    bool `json:"near,omitempty" doc:"He lives near and would rather come late once than wait every time: a higher chance of missing the call is accepted"`
	}
}

// travel keeps how the patient comes.
func (a *API) travel(ctx context.Context, in *travelIn) (*positionOut, error) {
	if _, err := a.Own(ctx, who(ctx), in.ID); err != nil {
		return nil, err
	}
	if err := a.Desk.SetTravel(ctx, in.ID, queue.Way{Minutes: in.Body.Minutes, Near: in.Body.Near}); err != nil {
		return nil, err
	}
	return a.positionOf(ctx, in.ID)
}

type setOutIn struct {
	ID string `path:"id"`
}

// setOut notes that the patient has set out, once he was told to.
func (a *API) setOut(ctx context.Context, in *setOutIn) (*positionOut, error) {
	if _, err := a.Own(ctx, who(ctx), in.ID); err != nil {
		return nil, err
	}
	if err := a.Desk.SetOut(ctx, in.ID); err != nil {
		return nil, err
	}
	return a.positionOf(ctx, in.ID)
}
