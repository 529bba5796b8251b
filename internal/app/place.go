package app

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/queue"
)

// Substitute lets another doctor sit in a session, as the directory's grades
// allow, and writes it into the audit.
func (a *App) Substitute(ctx context.Context, sessionID, doctorID, by string) (x booking.Session, err error) {
	index, err := a.Directory.Index(ctx)
	if err != nil {
		return x, err
	}
	err = a.inTx(ctx, func(tx everything) error {
		if x, err = tx.Session(ctx, sessionID); err != nil {
			return fmt.Errorf("load session: %w", err)
		}
		x, err = a.Booking.SubstituteTx(ctx, tx, booking.SubstituteRequest{
			SessionID: sessionID, Own: stand(index, x.DoctorID), By: stand(index, doctorID),
		})
		if err != nil {
			return err
		}
		return tx.Append(ctx, by, "session.substitute", sessionID, doctorID)
	})
	return x, err
}

func stand(index *directory.Index, doctorID string) booking.Stand {
	d := index.DoctorOf(doctorID)
	return booking.Stand{DoctorID: d.ID, DepartmentID: d.DepartmentID, Grade: d.Grade, Pool: d.Pool}
}

// ChangeRoom lets a session take place elsewhere.
func (a *App) ChangeRoom(ctx context.Context, sessionID, roomID, by string) (x booking.Session, err error) {
	index, err := a.Directory.Index(ctx)
	if err != nil {
		return x, err
	}
	zone, known := zoneOfRoom(index, roomID)
	if !known {
		return x, houzhen.E(houzhen.CodeNotFound, "no such room").On("room_id")
	}
	err = a.inTx(ctx, func(tx everything) error {
		if x, err = a.Booking.ChangeRoomTx(ctx, tx, sessionID, zone, roomID); err != nil {
			return err
		}
		return tx.Append(ctx, by, "session.room", sessionID, roomID)
	})
	return x, err
}

func zoneOfRoom(index *directory.Index, roomID string) (string, bool) {
	for _, r := range index.Rooms {
		if r.ID == roomID {
			return r.ZoneID, true
		}
	}
	return "", false
}

// SwapRooms lets two sessions change rooms.
func (a *App) SwapRooms(ctx context.Context, one, other, by string) error {
	if err := a.Booking.SwapRooms(ctx, one, other); err != nil {
		return err
	}
	return a.record(ctx, by, "session.swap_rooms", one, other)
}

// relocateQueue brings the queue after its session.
func (a *App) relocateQueue(ctx context.Context, tx everything, e houzhen.Event) error {
	x, err := tx.Session(ctx, e.Subject)
	if err != nil {
		return err
	}
	err = a.Queue.Relocate(ctx, tx, x.ID, queue.Seat{ZoneID: x.ZoneID, RoomID: x.RoomID, DoctorID: x.AttendingID})
	if houzhen.CodeOf(err) == houzhen.CodeNotFound {
		return nil // it opens with what the session says then
	}
	return err
}

func (a *App) tellSubstituted(ctx context.Context, tx everything, e houzhen.Event) error {
	return a.tellExpected(ctx, tx, e, a.policy.PlanSubstituted)
}

func (a *App) tellPlaceChanged(ctx context.Context, tx everything, e houzhen.Event) error {
	return a.tellExpected(ctx, tx, e, a.policy.PlanPlaceChanged)
}

// tellExpected tells everybody who is booked into a session and has not come
// yet. The version is the session's, so that the next change is told again.
func (a *App) tellExpected(ctx context.Context, tx everything, e houzhen.Event, plan func(notify.Subject, time.Time) []notify.Message) error {
	booked, err := tx.Appointments(ctx, booking.AppointmentFilter{
		SessionID: e.Subject, States: []booking.State{booking.Booked}, Purpose: booking.PurposeVisit,
	})
	if err != nil {
		return fmt.Errorf("load appointments: %w", err)
	}
	met, err := a.meet(ctx, tx, booked)
	if err != nil {
		return err
	}
	var rows []notify.Message
	for _, at := range booked {
		s, err := a.subject(met, tx, at)
		if err != nil {
			return err
		}
		s.Version = e.Version
		rows = append(rows, plan(s, tx.Now())...)
	}
	return a.enter(ctx, tx, rows)
}
