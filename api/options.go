package api

import (
	"context"
	"fmt"
)

// options lists the places kept for a suspended appointment.
func (a *API) options(ctx context.Context, in *appointmentIn) (*appointmentsOut, error) {
	if _, err := a.Own(ctx, who(ctx), in.ID); err != nil {
		return nil, err
	}
	list, err := a.Suspension.Options(ctx, in.ID)
	if err != nil {
		return nil, fmt.Errorf("load options: %w", err)
	}
	views, err := a.Views(ctx, list...)
	return &appointmentsOut{views}, err
}
