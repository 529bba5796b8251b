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
// the end of that queue: to a doctor, to whoever sits in a room, or to that
// doctor of a department for whom the fewest wait. His registration stays the
// same one, so that what was paid in advance for must be of the same terms:
// CodeFeeDiffers. CodeNotFound: nobody sits there now. Doing it again changes
// nothing.
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
		to, err := destination(ctx, tx, r, from)
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

// destination finds the session to which somebody goes on from another. Of two
// half-days of a doctor that overlap it is the one that began last; who is in the
// room or department already stays.
func destination(ctx context.Context, tx everything, r api.Transfer, from booking.Session) (booking.Session, error) {
	there := func(o booking.Session) bool {
		switch {
		case r.DoctorID != "":
			return o.AttendingID == r.DoctorID
		case r.RoomID != "":
			return o.RoomID == r.RoomID
		default:
			return o.DepartmentID == r.DepartmentID
		}
	}
	if r.DoctorID == "" && there(from) {
		return from, nil
	}
	list, err := tx.Sessions(ctx, booking.SessionFilter{From: from.Date, To: from.Date, Status: []booking.SessionStatus{booking.SessionOpen}})
	if err != nil {
		return booking.Session{}, fmt.Errorf("load sessions: %w", err)
	}
	list = slices.DeleteFunc(list, func(o booking.Session) bool { return !there(o) || !tx.Now().Before(o.End) })
	waiting := map[string]int{}
	if r.DepartmentID != "" {
		if waiting, list, err = lines(ctx, tx, list); err != nil {
			return booking.Session{}, err
		}
	}
	if len(list) == 0 {
		return booking.Session{}, houzhen.E(houzhen.CodeNotFound, "nobody sits there now").On("doctor_id")
	}
	return slices.MaxFunc(list, func(a, b booking.Session) int {
		return cmp.Or(cmp.Compare(waiting[b.ID], waiting[a.ID]), a.Start.Compare(b.Start), cmp.Compare(a.ID, b.ID))
	}), nil
}

// lines counts who is in the line of each session whose doctor still sees
// patients, and leaves those.
func lines(ctx context.Context, tx everything, list []booking.Session) (n map[string]int, seeing []booking.Session, err error) {
	n = make(map[string]int, len(list))
	for _, o := range list {
		waiting, sees, err := lineOf(ctx, tx, o.ID)
		if err != nil {
			return nil, nil, fmt.Errorf("load queue: %w", err)
		}
		if sees {
			n[o.ID], seeing = waiting, append(seeing, o)
		}
	}
	return n, seeing, nil
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
