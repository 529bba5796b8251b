package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/queue"
)

// CheckIn notes that a patient has come: the appointment and the ticket in one
// transaction, so that neither is ever without the other. A missed patient who
// comes back is put in again.
func (d desk) CheckIn(ctx context.Context, c api.Arrival) (api.CheckedIn, error) {
	var done api.CheckedIn
	a := d.App
	tried := ""
	err := a.inTx(ctx, func(tx everything) error {
		at, err := a.find(ctx, tx, c)
		if err != nil {
			return err
		}
		tried = at.ID
		ticket, at, err := a.checkIn(ctx, tx, at, c.StaffID != "", c.StaffID)
		if err != nil {
			return err
		}
		patient, err := tx.Patient(ctx, at.PatientID)
		if err != nil {
			return fmt.Errorf("load patient: %w", err)
		}
		done = api.CheckedIn{AppointmentID: at.ID, Ticket: ticket, Name: patient.Name}
		return a.whereNow(ctx, tx, &done)
	})
	a.noteAttempt(ctx, tried, err)
	return done, err
}

// CheckInAppointment is CheckIn for an appointment that is known.
func (a *App) CheckInAppointment(ctx context.Context, appointmentID string) (queue.Ticket, error) {
	var t queue.Ticket
	err := a.inTx(ctx, func(tx everything) error {
		at, err := tx.Appointment(ctx, appointmentID)
		if err == nil {
			t, _, err = a.checkIn(ctx, tx, at, false, "")
		}
		return err
	})
	a.noteAttempt(ctx, appointmentID, err)
	return t, err
}

func (a *App) checkIn(ctx context.Context, tx everything, at booking.Appointment, nurse bool, by string) (queue.Ticket, booking.Appointment, error) {
	ctx = context.WithValue(ctx, crowdKey{}, &crowd{tx: tx, people: map[string]directory.Patient{}})
	if err := foreseeCheckIn(ctx, tx, at); err != nil {
		return queue.Ticket{}, at, err
	}
	who, err := patientOf(ctx, tx, at.PatientID)
	if err != nil {
		return queue.Ticket{}, at, err
	}
	if err := identified(who); err != nil {
		return queue.Ticket{}, at, err
	}
	err = tx.Together(func() (err error) {
		at, err = a.Booking.CheckIn(ctx, tx, at.ID)
		return err
	})
	if err != nil {
		return queue.Ticket{}, at, err
	}
	t, seated, err := a.checkInQueue(ctx, tx, at, nurse, by)
	if houzhen.CodeOf(err) != houzhen.CodeNotFound {
		return t, seated, err
	}
	session, err := tx.Session(ctx, at.SessionID)
	if err != nil {
		return queue.Ticket{}, at, fmt.Errorf("load session: %w", err)
	}
	if err := a.openFor(ctx, tx, session); err != nil { // who is here first opens it
		return queue.Ticket{}, at, err
	}
	return a.checkInQueue(ctx, tx, at, nurse, by)
}

// foreseeCheckIn has all read in one go that a plain check-in asks for.
func foreseeCheckIn(ctx context.Context, tx everything, at booking.Appointment) error {
	return tx.Foresee(ctx, func(guess queue.Tx) {
		tx, _ := guess.(everything)
		_, _ = tx.Patient(ctx, at.PatientID)
		_, _ = tx.LockAppointment(ctx, at.ID)
		_, _ = tx.Session(ctx, at.SessionID)
		_, _ = keptInHouse(ctx, tx, at)
		_, _ = firstVisit(ctx, tx, at)
		_, _ = tx.LockHead(ctx, at.SessionID)
		_, _ = tx.TicketByAppointment(ctx, at.ID)
		_, _ = tx.LockedTickets(ctx, queue.Queue{SessionID: at.SessionID})
	})
}

// whereNow adds what the desk tells the person: room and how many before.
func (a *App) whereNow(ctx context.Context, tx everything, done *api.CheckedIn) error {
	index, err := a.Directory.Index(ctx)
	if err != nil {
		return err
	}
	q, err := tx.Queue(ctx, done.Ticket.SessionID)
	if err != nil {
		return fmt.Errorf("load queue: %w", err)
	}
	done.Room = index.RoomName(q.RoomID).Zh
	if at, ok := queue.Ahead(q, a.policies.of(q.ZoneID), done.Ticket.ID, tx.Now()); ok {
		done.Ahead = at.Ahead
	}
	return nil
}

// UndoCheckIn takes a check-in back that was a mistake: place and ticket are as
// before he came. CodeState once he is called.
func (d desk) UndoCheckIn(ctx context.Context, r queue.TicketRequest) (o queue.Outcome, err error) {
	err = d.inTx(ctx, func(tx everything) error {
		t, err := tx.Ticket(ctx, r.TicketID)
		if err != nil {
			return err
		}
		if _, err := d.Booking.UndoCheckIn(ctx, tx, t.AppointmentID); err != nil {
			return err
		}
		o, err = d.App.Queue.UndoCheckInTx(ctx, tx, r)
		return err
	})
	return o, err
}

// find turns what was scanned or typed into an appointment of today.
func (a *App) find(ctx context.Context, tx everything, c api.Arrival) (booking.Appointment, error) {
	switch {
	case c.Voucher != "":
		return a.Booking.Resolve(ctx, tx, c.Voucher)
	case c.IDTail != "":
		return a.findByTail(ctx, tx, c)
	case c.Number != "":
		return a.findByNumber(ctx, tx, c)
	}
	return booking.Appointment{}, houzhen.E(houzhen.CodeMissing, "nothing was scanned or typed").On("voucher")
}

// todays lists the appointments of the desk's sessions.
func (a *App) todays(ctx context.Context, tx everything, c api.Arrival) ([]booking.Appointment, error) {
	today := houzhen.BusinessDate(tx.Now(), a.loc)
	sessions, err := tx.Sessions(ctx, booking.SessionFilter{ZoneID: c.ZoneID, From: today, To: today})
	if err != nil {
		return nil, fmt.Errorf("load sessions: %w", err)
	}
	var all []booking.Appointment
	for _, s := range sessions {
		if c.SessionID != "" && s.ID != c.SessionID {
			continue
		}
		list, err := tx.Appointments(ctx, booking.AppointmentFilter{
			SessionID: s.ID, States: []booking.State{booking.Booked, booking.CheckedIn}, Purpose: booking.PurposeVisit,
		})
		if err != nil {
			return nil, fmt.Errorf("load appointments: %w", err)
		}
		all = append(all, list...)
	}
	return all, nil
}

func (a *App) findByTail(ctx context.Context, tx everything, c api.Arrival) (booking.Appointment, error) {
	today, err := a.todays(ctx, tx, c)
	if err != nil {
		return booking.Appointment{}, err
	}
	var people []string
	for _, at := range today {
		people = append(people, at.PatientID)
	}
	matching, err := tx.PatientsByDocTail(ctx, strings.ToUpper(c.IDTail), people)
	if err != nil {
		return booking.Appointment{}, fmt.Errorf("find by tail: %w", err)
	}
	today = slices.DeleteFunc(today, func(at booking.Appointment) bool {
		for _, p := range matching {
			if p.ID == at.PatientID {
				return false
			}
		}
		return true
	})
	return a.only(today, tx.Now(), "id_tail")
}

func (a *App) findByNumber(ctx context.Context, tx everything, c api.Arrival) (booking.Appointment, error) {
	today, err := a.todays(ctx, tx, c)
	if err != nil {
		return booking.Appointment{}, err
	}
	prefixes := map[string]string{}
	today = slices.DeleteFunc(today, func(at booking.Appointment) bool {
		prefix, known := prefixes[at.SessionID]
		if !known {
			if s, err := tx.Session(ctx, at.SessionID); err == nil {
				prefix = s.Prefix
			}
			prefixes[at.SessionID] = prefix
		}
		return !strings.EqualFold(queue.Label(prefix, at.SlotNo), c.Number)
	})
	return a.only(today, tx.Now(), "number")
}

// only gives the one appointment that was meant: of several of one patient the
// one whose slice is nearest; several patients are ambiguous.
func (a *App) only(found []booking.Appointment, now time.Time, field string) (booking.Appointment, error) {
	if len(found) == 0 {
		return booking.Appointment{}, houzhen.E(houzhen.CodeVoucher, "nobody of today matches").On(field)
	}
	for _, at := range found[1:] {
		if at.PatientID != found[0].PatientID {
			return booking.Appointment{}, houzhen.E(houzhen.CodeAmbiguous, "more than one patient matches").On(field)
		}
	}
	return slices.MinFunc(found, func(x, y booking.Appointment) int {
		return int(x.Start.Sub(now).Abs() - y.Start.Sub(now).Abs())
	}), nil
}
