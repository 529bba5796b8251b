package app

import (
	"context"
	"fmt"
	"slices"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/queue"
)

// ChangeHours gives a session other hours, keeps places with its doctor's peers
// too, takes an open queue along and writes the record, all in one transaction.
func (a *App) ChangeHours(ctx context.Context, by string, r booking.HoursRequest) (result booking.HoursResult, err error) {
	index, err := a.Directory.Index(ctx)
	if err != nil {
		return result, err
	}
	err = a.inTx(ctx, func(tx everything) error {
		session, err := tx.Session(ctx, r.SessionID)
		if err != nil {
			return fmt.Errorf("load session: %w", err)
		}
		r.Peers = index.Peers(session.DoctorID)
		if result, err = a.Booking.ChangeHoursTx(ctx, tx, r); err != nil {
			return err
		}
		if err := a.bringQueue(ctx, tx, r.SessionID); err != nil {
			return err
		}
		span := result.Start.In(a.loc).Format("15:04") + "-" + result.End.In(a.loc).Format("15:04")
		return tx.Append(ctx, by, "session.hours", r.SessionID, span+" "+r.Reason)
	})
	return result, err
}

// PreviewHours implements api.Pool.
func (p pool) PreviewHours(ctx context.Context, r booking.HoursRequest) (booking.HoursPreview, error) {
	return p.Booking.PreviewHours(ctx, r)
}

// retimeQueue brings the queue after its session.
func (a *App) retimeQueue(ctx context.Context, tx everything, e houzhen.Event) error {
	err := a.bringQueue(ctx, tx, e.Subject)
	if houzhen.CodeOf(err) == houzhen.CodeSessionBegun {
		return nil // the doctor began meanwhile, with everybody as he saw them
	}
	return err
}

// bringQueue gives the queue of a session its hours, and each ticket the slice
// of its appointment. A queue that is not open yet opens with what holds then.
func (a *App) bringQueue(ctx context.Context, tx everything, sessionID string) error {
	session, err := tx.Session(ctx, sessionID)
	if err != nil || session.Status != booking.SessionOpen {
		return err
	}
	standing, err := tx.Appointments(ctx, booking.AppointmentFilter{
		SessionID: sessionID, States: []booking.State{booking.Booked, booking.CheckedIn}, Purpose: booking.PurposeVisit,
	})
	if err != nil {
		return fmt.Errorf("load appointments: %w", err)
	}
	to := queue.Hours{Start: session.Start, End: session.End, Deadline: session.Deadline, Slices: map[string]queue.Slice{}}
	for _, at := range standing {
		to.Slices[at.ID] = queue.Slice{Start: at.Start, End: at.End}
	}
	err = a.Queue.Retime(ctx, tx, sessionID, to)
	if houzhen.CodeOf(err) == houzhen.CodeNotFound {
		return nil
	}
	return err
}

// tellRetimed tells the patient that his visit has another time. A reminder
// that has not gone yet is void with the old time, and is planned anew; one that
// went is put right by this word. Who is still to be found another place knows
// more than the time already.
func (a *App) tellRetimed(ctx context.Context, tx everything, e houzhen.Event) error {
	at, err := appointmentOf(ctx, tx, e.Subject)
	if err != nil || !at.Active() || at.Version != e.Version && at.State != booking.CheckedIn {
		return err
	}
	place, err := tx.Slot(ctx, at.SessionID, at.SlotNo)
	if err != nil || place.Withheld && at.State != booking.CheckedIn {
		return err
	}
	s, err := a.subject(ctx, tx, at)
	if err != nil {
		return err
	}
	s.Version = e.Version
	rows := a.policy.PlanTimeChanged(s, tx.Now())
	if at.State == booking.Booked {
		again, err := a.remindAgain(ctx, tx, s)
		if err != nil {
			return err
		}
		rows = append(rows, again...)
	}
	return a.enter(ctx, tx, rows)
}

// remindAgain plans those reminders of a visit anew that were planned and have
// not gone.
func (a *App) remindAgain(ctx context.Context, tx everything, s notify.Subject) (rows []notify.Message, err error) {
	for _, kind := range []notify.Kind{notify.KindReminder, notify.KindReminder3} {
		old, err := tx.Messages(ctx, notify.MessageFilter{Subject: s.ID, Kind: kind, Limit: 10})
		if err != nil {
			return nil, fmt.Errorf("load reminders: %w", err)
		}
		waits := func(m notify.Message) bool { return m.State == notify.Planned && m.Prior == "" }
		switch {
		case !slices.ContainsFunc(old, waits):
		case kind == notify.KindReminder:
			rows = append(rows, a.policy.PlanReminder(s, tx.Now())...)
		default:
			rows = append(rows, a.policy.PlanReminder3(s, tx.Now())...)
		}
	}
	return rows, nil
}
