package api

import (
	"context"
	"net/http"
	"time"

	"github.com/houzhen/houzhen/booking"
)

type bookIn struct {
	Body struct {
		PatientID     string    `json:"patient_id"`
		SessionID     string    `json:"session_id"`
		Slot          int       `json:"slot,omitempty" minimum:"0" doc:"A number, or any of the slice"`
		Start         time.Time `json:"start,omitzero" required:"false" doc:"Start of a slice, or the first free one"`
		TravelMinutes int       `json:"travel_minutes,omitempty" minimum:"0" maximum:"600"`
	}
}

type appointmentOut struct {
	Status int
	Body   AppointmentView
}

// book takes a place for one of the account's people.
func (a *API) book(ctx context.Context, in *bookIn) (*appointmentOut, error) {
	p := who(ctx)
	if _, err := a.OwnPatient(ctx, p, in.Body.PatientID); err != nil {
		return nil, err
	}
	made, err := a.Booking.Book(ctx, booking.BookRequest{
		Caller: callerOf(p), Key: requestOf(ctx).key, SessionID: in.Body.SessionID, SlotNo: in.Body.Slot, Start: in.Body.Start,
		PatientID: in.Body.PatientID, AccountID: p.AccountID, Channel: "api", TravelMinutes: in.Body.TravelMinutes,
	})
	if err != nil {
		return nil, err
	}
	return a.show(ctx, made, http.StatusCreated)
}
