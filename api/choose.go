package api

import (
	"context"
	"net/http"

	"github.com/houzhen/houzhen/booking/suspension"
)

type chooseIn struct {
	ID     string `path:"id"`
	Option string `path:"option"`
}

// choose takes one of the kept places.
func (a *API) choose(ctx context.Context, in *chooseIn) (*appointmentOut, error) {
	if _, err := a.Own(ctx, who(ctx), in.ID); err != nil {
		return nil, err
	}
	chosen, err := a.Suspension.Choose(ctx, in.ID, in.Option, suspension.ViaApp)
	if err != nil {
		return nil, err
	}
	return a.show(ctx, chosen, http.StatusOK)
}
