package app

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/suspension"
	"github.com/houzhen/houzhen/directory"
)

// wireSuspension makes the workflow around sessions that will not take place.
func (a *App) wireSuspension() (err error) {
	peers := func(ctx context.Context, doctorID string) ([]string, error) {
		index, err := a.Directory.Index(ctx)
		if err != nil {
			return nil, err
		}
		return index.Peers(doctorID), nil
	}
	a.Suspension, err = suspension.NewService(a.Store.Suspension(), a.Booking, peers, suspension.DefaultPolicy())
	return err
}

// suspensions gives API and pages what happens when a doctor cannot come.
type suspensions struct {
	*suspension.Service

	app *App
}

func (s suspensions) Suspend(ctx context.Context, sessionID, by, reason string) error {
	_, err := s.app.SuspendSession(ctx, sessionID, by, reason)
	return err
}

func (s suspensions) Options(ctx context.Context, appointmentID string) ([]booking.Appointment, error) {
	return s.app.Booking.Options(ctx, appointmentID)
}

func (s suspensions) Choose(ctx context.Context, appointmentID, optionID string) (booking.Appointment, error) {
	return s.Service.Choose(ctx, appointmentID, optionID, suspension.ViaLink)
}

// SuspendSession suspends a session in one act: by asks, and the second person
// of the simulated and told clinics approves. Whoever has checked in is still
// seen. Suspending again gives the same result.
func (a *App) SuspendSession(ctx context.Context, sessionID, by, reason string) (booking.SuspendResult, error) {
	asked, err := a.Suspension.Ask(ctx, suspension.AskRequest{
		SessionID: sessionID, Reason: reason, By: suspension.Person{ID: by, Role: string(directory.RoleNurse)},
	})
	if err == nil {
		_, err = a.Suspension.Approve(ctx, asked.ID, suspension.Person{ID: by + "-second", Role: string(directory.RoleManager)})
	}
	if err != nil && houzhen.CodeOf(err) != houzhen.CodeSessionSuspended {
		return booking.SuspendResult{}, err
	}
	return a.Booking.Suspend(ctx, booking.SuspendRequest{SessionID: sessionID}) // suspended by now: counts what was done
}

// runClosures suspends the sessions of closures whose turn has come, and takes
// in those that were laid out since.
func (a *App) runClosures(ctx context.Context, _ time.Time) error {
	if _, err := a.Suspension.Extend(ctx); err != nil {
		return err
	}
	for {
		n, err := a.Suspension.Run(ctx)
		if err != nil || n == 0 {
			return err
		}
	}
}
