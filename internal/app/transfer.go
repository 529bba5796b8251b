package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/queue"
)

// Transfer lets somebody who has come, be he in the room already, go on to
// another doctor who sits that day, of whatever department, with a new number at
// the end of that queue. His
// registration stays the same one, so that what was paid in advance for must be
// of the same terms: CodeFeeDiffers. CodeNotFound: that doctor does not sit now.
// Doing it again changes nothing.
func (a *App) Transfer(ctx context.Context, r api.Transfer) (t queue.Ticket, err error) {
	err = a.inTx(ctx, func(tx everything) error {
		at, err := appointmentOf(ctx, tx, r.AppointmentID)
		if err != nil {
			return err
		}
		from, err := tx.Session(ctx, at.SessionID)
		if err != nil {
			return fmt.Errorf("load session: %w", err)
		}
		to, err := sitting(ctx, tx, r.DoctorID, at.Day)
		if err != nil {
			return err
		}
		if !a.sameTerms(from, to) {
			return houzhen.E(houzhen.CodeFeeDiffers, "that doctor's places have other terms of payment").On("doctor_id")
		}
		_, admission, err := a.reseat(ctx, tx, at.ID, to)
		if err != nil {
			return err
		}
		admission.Last, admission.Operator, admission.Cause = true, r.By, r.Cause
		t, err = a.Queue.Transfer(ctx, tx, admission)
		return err
	})
	return t, err
}

// sitting finds the session that a doctor serves now; of two half-days that
// overlap, the one that began last.
func sitting(ctx context.Context, tx everything, doctorID string, day houzhen.Date) (booking.Session, error) {
	list, err := tx.Sessions(ctx, booking.SessionFilter{From: day, To: day, Status: []booking.SessionStatus{booking.SessionOpen}})
	if err != nil {
		return booking.Session{}, fmt.Errorf("load sessions: %w", err)
	}
	list = slices.DeleteFunc(list, func(o booking.Session) bool { return o.AttendingID != doctorID || !tx.Now().Before(o.End) })
	if len(list) == 0 {
		return booking.Session{}, houzhen.E(houzhen.CodeNotFound, "that doctor does not sit now").On("doctor_id")
	}
	return slices.MaxFunc(list, func(a, b booking.Session) int { return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.ID, b.ID)) }), nil
}

// freeReseated lets a patient whom one doctor sent on be called by the others
// who had put him off meanwhile.
func (a *App) freeReseated(ctx context.Context, tx everything, e houzhen.Event) error {
	at, err := appointmentOf(ctx, tx, e.Subject)
	if err != nil {
		return err
	}
	return a.Queue.Free(ctx, tx, at.PatientID)
}
