package api

import (
	"context"
	"net/http"

	"github.com/houzhen/houzhen/booking"
)

// cancel gives a place up.
func (a *API) cancel(ctx context.Context, in *appointmentIn) (*appointmentOut, error) {
	if _, err := a.Own(ctx, who(ctx), in.ID); err != nil {
		return nil, err
	}
	done, err := a.Booking.Cancel(ctx, booking.CancelRequest{AppointmentID: in.ID, By: booking.ByPatient})
	if err != nil {
		return nil, err
	}
	return a.show(ctx, done, http.StatusOK)
}
