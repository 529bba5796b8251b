package api

import (
	"context"
	"net/http"
	"time"

	"github.com/houzhen/houzhen/booking"
)

type moveIn struct {
	ID   string `path:"id"`
	Body struct {
		SessionID string    `json:"session_id"`
		Slot      int       `json:"slot,omitempty" minimum:"0"`
		Start     time.Time `json:"start,omitzero" required:"false"`
	}
}

// move takes another place for the same visit, and frees the old one.
func (a *API) move(ctx context.Context, in *moveIn) (*appointmentOut, error) {
	if _, err := a.Own(ctx, who(ctx), in.ID); err != nil {
		return nil, err
	}
	moved, err := a.Booking.Move(ctx, booking.MoveRequest{
		AppointmentID: in.ID, SessionID: in.Body.SessionID, SlotNo: in.Body.Slot, Start: in.Body.Start, Channel: "api",
	})
	if err != nil {
		return nil, err
	}
	return a.show(ctx, moved, http.StatusOK)
}
