package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/queue"
)

// queueOf describes the queue of a session; several doctors serve a pool's.
func (a *App) queueOf(ctx context.Context, s booking.Session) (queue.OpenQueue, error) {
	index, err := a.Directory.Index(ctx)
	if err != nil {
		return queue.OpenQueue{}, err
	}
	return queue.OpenQueue{
		SessionID: s.ID, ZoneID: s.ZoneID, RoomID: s.RoomID, DoctorID: s.AttendingID, Prefix: s.Prefix,
		Start: s.Start, End: s.End, Deadline: s.Deadline, Pool: index.DoctorOf(s.AttendingID).Pool,
	}, nil
}

// freeElsewhere lets a patient who is no longer with one doctor be called by
// the other who had put him off.
func (a *App) freeElsewhere(ctx context.Context, tx everything, e houzhen.Event) error {
	t, err := ticketOf(ctx, tx, e.Subject)
	if err != nil {
		return err
	}
	c := crowdOf(ctx, tx)
	if _, asked := c.tickets[t.ID]; asked && !c.putOff[t.PatientID] {
		return nil // whoever puts him off later knows that he is free
	}
	return a.Queue.Free(ctx, tx, t.PatientID)
}

// noteResults lets somebody who is out for tests check in again.
func (a *App) noteResults(ctx context.Context, tx everything, e houzhen.Event) error {
	_, err := a.Queue.ResultsReady(ctx, tx, e.Subject)
	if houzhen.CodeOf(err) == houzhen.CodeNotFound {
		return nil // he is in no queue
	}
	return err
}

// tickQueues brings back whoever asked to go later and is due.
func (a *App) tickQueues(ctx context.Context, _ time.Time) error {
	var due []string
	err := a.view(ctx, func(tx everything) (err error) {
		due, err = tx.DeferredDue(ctx)
		return err
	})
	for _, id := range due {
		err = errors.Join(err, a.inTx(ctx, func(tx everything) error {
			_, err := a.Queue.Tick(ctx, tx, id)
			return err
		}))
	}
	return err
}

// closedAtOnce bounds how many queues one sweep ends.
const closedAtOnce = 100

// endOldQueues ends the queues of business dates that are over, which is at
// 04:00: whoever still stood there is carried over, which is never a no-show.
func (a *App) endOldQueues(ctx context.Context) (int, error) {
	begin := houzhen.BusinessDate(a.clock.Now(), a.loc).At(4, 0, a.loc)
	var old []string
	err := a.view(ctx, func(tx everything) (err error) {
		old, err = tx.QueuesOpen(ctx, begin.UnixMicro(), closedAtOnce)
		return err
	})
	for i, id := range old {
		err := a.inTx(ctx, func(tx everything) error {
			_, err := a.Queue.EndSessionTx(ctx, tx, queue.EndRequest{SessionID: id, RequestID: "day-" + id, Dispose: queue.DropCarriedOver})
			return err
		})
		if err != nil && houzhen.CodeOf(err) != houzhen.CodeSessionClosed { // ended meanwhile by whoever closed the session
			return i, fmt.Errorf("end queue of a past day: %w", err)
		}
	}
	return len(old), err
}

// continueTests disposes of those who are still out for tests when their
// business date is over: each is given a continuation where the zone gives any,
// and his ticket ends.
func (a *App) continueTests(ctx context.Context) (int, error) {
	begin := houzhen.BusinessDate(a.clock.Now(), a.loc).At(4, 0, a.loc)
	var out []string
	err := a.view(ctx, func(tx everything) (err error) {
		out, err = tx.TestsOut(ctx, begin.UnixMicro(), closedAtOnce)
		return err
	})
	for i, id := range out {
		_, err := continuations{a}.Give(ctx, id, "")
		if code := houzhen.CodeOf(err); err != nil && code != houzhen.CodeState && code != houzhen.CodeLimit {
			return i, fmt.Errorf("continue after tests: %w", err)
		}
		err = a.inTx(ctx, func(tx everything) error { return a.drop(ctx, tx, id, queue.DropContinued) })
		if err != nil {
			return i, fmt.Errorf("end ticket out for tests: %w", err)
		}
	}
	return len(out), err
}

// checkInQueue is Queue.CheckIn; a patient who is back from tests after his
// session has ended goes on to a doctor of the same grade who still sits
// (domain rule §7 case 50).
func (a *App) checkInQueue(ctx context.Context, tx everything, at booking.Appointment, nurse bool, by string) (queue.Ticket, booking.Appointment, error) {
	admission, err := a.admission(ctx, tx, at)
	if err != nil {
		return queue.Ticket{}, at, err
	}
	admission.Nurse, admission.Operator = nurse, by
	t, err := a.Queue.CheckIn(ctx, tx, admission)
	if houzhen.CodeOf(err) != houzhen.CodeSessionClosed {
		return t, at, err
	}
	old, failed := tx.TicketByAppointment(ctx, at.ID)
	if failed != nil || old.State != queue.OutForTests {
		return t, at, err
	}
	index, failed := a.Directory.Index(ctx)
	if failed != nil {
		return t, at, failed
	}
	session, failed := tx.Session(ctx, at.SessionID)
	if failed != nil {
		return t, at, failed
	}
	targets, failed := running(ctx, tx, index, session)
	if failed != nil {
		return t, at, failed
	}
	if len(targets) == 0 {
		return t, at, err
	}
	if at, admission, err = a.reseat(ctx, tx, at.ID, targets[0].Session); err != nil {
		return t, at, err
	}
	admission.Nurse, admission.Operator = nurse, by
	if _, err := a.Queue.Transfer(ctx, tx, admission); err != nil {
		return t, at, err
	}
	t, err = a.Queue.CheckIn(ctx, tx, admission)
	return t, at, err
}

// reseat gives somebody who has come a place in another session that runs, and
// what its queue is to know of him: Queue.Transfer takes him there.
func (a *App) reseat(ctx context.Context, tx everything, appointmentID string, to booking.Session) (booking.Appointment, queue.Admission, error) {
	at, err := a.Booking.Reseat(ctx, tx, appointmentID, to.ID)
	if err != nil {
		return at, queue.Admission{}, err
	}
	if err := a.openFor(ctx, tx, to); err != nil {
		return at, queue.Admission{}, err
	}
	admission, err := a.admission(ctx, tx, at)
	return at, admission, err
}

// openFor makes a session's queue if it has none yet.
func (a *App) openFor(ctx context.Context, tx everything, s booking.Session) error {
	o, err := a.queueOf(ctx, s)
	if err != nil {
		return err
	}
	return a.Queue.Open(ctx, tx, o)
}

// Later puts off a patient who asked to go later, or notes when one who is not
// here means to come.
func (d desk) Later(ctx context.Context, appointmentID string, minutes int, request string) (queue.Outcome, error) {
	var o queue.Outcome
	err := d.inTx(ctx, func(tx everything) error {
		t, err := tx.TicketByAppointment(ctx, appointmentID)
		if houzhen.CodeOf(err) == houzhen.CodeNotFound {
			return houzhen.E(houzhen.CodeNotToday, "the queue is not open yet")
		}
		if err != nil {
			return err
		}
		o, err = d.later(ctx, tx, t, time.Duration(minutes)*time.Minute, request)
		return err
	})
	return o, err
}

// Codes of a zone's rotating QR: a new one every half minute, good for two
// minutes, so that a picture of it is of no use at home.
const (
	hereEvery   = 30 * time.Second
	hereLasts   = 2 * time.Minute
	purposeHere = "here"
)

// hereCode is the code that a zone's screen shows at an instant.
func (a *App) hereCode(zoneID string, now time.Time) string {
	return a.Ring.SignLink(purposeHere, zoneID, now.Truncate(hereEvery).Add(hereLasts))
}

// Here checks in a patient by the code that his phone read from the screen of
// the zone, if the zone's policy lets it.
func (d desk) Here(ctx context.Context, appointmentID, code string) (api.CheckedIn, error) {
	var done api.CheckedIn
	zoneID, err := d.Ring.OpenLink(purposeHere, code, d.clock.Now())
	if err != nil {
		return done, err
	}
	err = d.inTx(ctx, func(tx everything) error {
		at, err := tx.Appointment(ctx, appointmentID)
		if err != nil {
			return err
		}
		session, err := tx.Session(ctx, at.SessionID)
		if err != nil {
			return err
		}
		if session.ZoneID != zoneID {
			return houzhen.E(houzhen.CodeVoucher, "that is the screen of another zone").On("code")
		}
		if !d.policies.of(zoneID).Allows(queue.AtZoneQR) {
			return houzhen.E(houzhen.CodeForbidden, "check in at the desk here")
		}
		ticket, at, err := d.checkIn(ctx, tx, at, false, "patient")
		if err != nil {
			return err
		}
		patient, err := tx.Patient(ctx, at.PatientID)
		if err != nil {
			return fmt.Errorf("load patient: %w", err)
		}
		done = api.CheckedIn{AppointmentID: at.ID, Ticket: ticket, Name: patient.Name}
		return d.whereNow(ctx, tx, &done)
	})
	d.noteAttempt(ctx, appointmentID, err)
	return done, err
}
