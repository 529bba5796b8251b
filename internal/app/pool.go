package app

import (
	"context"
	"fmt"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/draw"
	"github.com/houzhen/houzhen/notify"
)

// tellDisplaced tells the patient that a cut of capacity took his place, while
// he still stands on it.
func (a *App) tellDisplaced(ctx context.Context, tx everything, e houzhen.Event) error {
	return a.confirm(ctx, tx, e, a.policy.PlanDisplaced)
}

// tellDrawLost tells a patient that his lot gave no place.
func (a *App) tellDrawLost(ctx context.Context, tx everything, e houzhen.Event) error {
	lot, err := tx.DrawRequest(ctx, e.Subject)
	if err != nil || lot.Outcome == draw.Won {
		return err
	}
	session, err := tx.Session(ctx, lot.SessionID)
	if err != nil {
		return fmt.Errorf("load session: %w", err)
	}
	p, err := tx.Patient(ctx, lot.PatientID)
	if err != nil {
		return fmt.Errorf("load patient: %w", err)
	}
	s, err := a.reached(ctx, tx, notify.Subject{ID: lot.ID, Version: e.Version, Start: session.Start}, p)
	if err != nil {
		return err
	}
	return a.enter(ctx, tx, a.policy.PlanDrawLost(s, tx.Now()))
}

// lot is what a message about a lot says.
func (s *scene) lot(m notify.Message) (notify.View, error) {
	lot, err := s.tx.DrawRequest(s.ctx, m.Subject)
	if err != nil {
		return notify.View{}, err
	}
	session, err := s.session(lot.SessionID)
	if err != nil {
		return notify.View{}, err
	}
	v, err := s.person(lot.PatientID)
	if err != nil {
		return notify.View{}, err
	}
	s.describe(&v, session, booking.Appointment{Start: session.Start, End: session.End, Day: session.Date})
	v.Link = "/draw/" + session.ID
	return v, nil
}
