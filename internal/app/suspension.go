package app

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
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

// Options implements api.Suspension.
func (s suspensions) Options(ctx context.Context, appointmentID string) ([]booking.Appointment, error) {
	return s.app.Booking.Options(ctx, appointmentID)
}

// Substitute implements api.Suspension.
func (s suspensions) Substitute(ctx context.Context, sessionID, doctorID, by string) error {
	_, err := s.app.Substitute(ctx, sessionID, doctorID, by)
	return err
}

// ChangeRoom implements api.Suspension.
func (s suspensions) ChangeRoom(ctx context.Context, sessionID, roomID, by string) error {
	_, err := s.app.ChangeRoom(ctx, sessionID, roomID, by)
	return err
}

// SwapRooms implements api.Suspension.
func (s suspensions) SwapRooms(ctx context.Context, one, other, by string) error {
	return s.app.SwapRooms(ctx, one, other, by)
}

// Board implements api.Suspension.
func (s suspensions) Board(ctx context.Context, id string) (api.SuspensionBoard, error) {
	return s.app.Board(ctx, id)
}

// Wizard implements api.Suspension.
func (s suspensions) Wizard(ctx context.Context, sessionID string) (api.Wizard, error) {
	return s.app.Wizard(ctx, sessionID)
}

// Dispose implements api.Suspension.
func (s suspensions) Dispose(ctx context.Context, d api.Disposal) ([]api.Disposed, error) {
	return s.app.Dispose(ctx, d)
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
