package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/houzhen/houzhen/booking"
)

type appointmentIn struct {
	ID string `path:"id"`
}

// appointment shows one appointment of the account.
func (a *API) appointment(ctx context.Context, in *appointmentIn) (*appointmentOut, error) {
	found, err := a.Own(ctx, who(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return a.show(ctx, found, http.StatusOK)
}

func (a *API) show(ctx context.Context, found booking.Appointment, status int) (*appointmentOut, error) {
	views, err := a.Views(ctx, found)
	if err != nil {
		return nil, err
	}
	return &appointmentOut{Status: status, Body: views[0]}, nil
}

// Views joins appointments with the names around them.
func (s Services) Views(ctx context.Context, list ...booking.Appointment) ([]AppointmentView, error) {
	names, err := LoadNames(ctx, s.Directory)
	if err != nil {
		return nil, err
	}
	views := make([]AppointmentView, 0, len(list))
	for _, a := range list {
		session, err := s.Booking.Session(ctx, a.SessionID)
		if err != nil {
			return nil, fmt.Errorf("load session: %w", err)
		}
		patient, err := s.Directory.Patient(ctx, a.PatientID)
		if err != nil {
			return nil, fmt.Errorf("load patient: %w", err)
		}
		views = append(views, names.View(a, session, patient.Name.String()))
	}
	return views, nil
}
