package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/queue"
)

// desk gives API and pages what needs several domains at once (api.Desk).
type desk struct{ *App }

// SetTravel notes how long the road is: with the patient for later visits, and
// with the ticket of this one.
func (d desk) SetTravel(ctx context.Context, appointmentID string, way queue.Way) error {
	at, err := d.Booking.Appointment(ctx, appointmentID)
	if err != nil {
		return err
	}
	if err := d.Directory.UpdateTravel(ctx, at.PatientID, way.Minutes, way.Near); err != nil {
		return err
	}
	return d.inTx(ctx, func(tx everything) error {
		t, err := tx.TicketByAppointment(ctx, appointmentID)
		if houzhen.CodeOf(err) == houzhen.CodeNotFound {
			return nil // the queue is not open yet; admission reads it from the patient
		}
		if err != nil {
			return err
		}
		_, err = d.App.Queue.SetTravel(ctx, tx, t.ID, way)
		return err
	})
}

// SetOut notes that a patient who was told to leave says that he has.
func (d desk) SetOut(ctx context.Context, appointmentID string) error {
	return d.inTx(ctx, func(tx everything) error {
		t, err := tx.TicketByAppointment(ctx, appointmentID)
		if err != nil {
			return err
		}
		_, err = d.App.Queue.SetOut(ctx, tx, t.ID)
		return err
	})
}

func (d desk) Queue(ctx context.Context, sessionID string) (q queue.Queue, err error) {
	err = d.view(ctx, func(tx everything) error {
		q, err = tx.Queue(ctx, sessionID)
		return err
	})
	return q, err
}

func (d desk) Ticket(ctx context.Context, id string) (t queue.Ticket, err error) {
	err = d.view(ctx, func(tx everything) error {
		t, err = tx.Ticket(ctx, id)
		return err
	})
	return t, err
}

func (d desk) AppointmentByVoucher(ctx context.Context, voucher string) (a booking.Appointment, err error) {
	err = d.view(ctx, func(tx everything) error {
		a, err = d.Booking.ByVoucher(ctx, tx, voucher)
		return err
	})
	return a, err
}

// record writes a line of the audit.
func (a *App) record(ctx context.Context, actor, action, object, detail string) error {
	err := a.inTx(ctx, func(tx everything) error { return tx.Append(ctx, actor, action, object, detail) })
	if err != nil {
		return fmt.Errorf("audit %s: %w", action, err)
	}
	return nil
}

// Messages lists what was sent (api.Messages).
func (a *App) Messages(ctx context.Context, f notify.MessageFilter) (list []notify.Message, err error) {
	err = a.view(ctx, func(tx everything) error {
		list, err = tx.Messages(ctx, f)
		return err
	})
	return list, err
}

// Sizes of a search by the end of a phone: how many rows are read at once, and
// how many one search reads.
const (
	searchPage = 500
	searchMost = 10_000
)

// SearchMessages lists messages to phones that end in tail, newest first
// (api.Messages). Phones are sealed and the end of one is in no index, so it
// reads through what the filter leaves; more is where to go on, "" at the end.
func (a *App) SearchMessages(ctx context.Context, f notify.MessageFilter, tail string) (list []notify.Message, more string, err error) {
	want := f.Limit
	f.Limit = searchPage
	err = a.view(ctx, func(tx everything) error {
		list, more = nil, ""
		for read := 0; read < searchMost; {
			page, err := tx.Messages(ctx, f)
			if err != nil {
				return err
			}
			read += len(page)
			var people []string
			for _, m := range page {
				people = append(people, m.Recipient)
			}
			known, err := tx.PatientsByID(ctx, distinct(people))
			if err != nil {
				return err
			}
			for _, m := range page {
				f.BeforeID = m.ID
				if !strings.HasSuffix(known[m.Recipient].Phone.Reveal(), tail) || known[m.Recipient].Phone.IsZero() {
					continue
				}
				if list = append(list, m); len(list) == want {
					more = m.ID
					return nil
				}
			}
			if len(page) < searchPage {
				return nil
			}
		}
		more = f.BeforeID
		return nil
	})
	return list, more, err
}

// Record notes that somebody read or changed what belongs to a person.
func (a *App) Record(ctx context.Context, actor, action, subject string) error {
	return a.record(ctx, actor, action, subject, "")
}

// postReceipts puts receipts into the inbox and wakes whoever works on them.
// What the wake-up loses the clockwork finds.
func (a *App) postReceipts(ctx context.Context, receipts []notify.Receipt) error {
	var added []string
	if err := a.inTx(ctx, func(tx everything) (err error) {
		added, err = notify.Post(ctx, tx, receipts)
		return err
	}); err != nil {
		return fmt.Errorf("post receipts: %w", err)
	}
	a.post.Add(houzhen.Soon, added...)
	return nil
}

// Ready says whether requests can be answered (api.Health).
func (a *App) Ready(ctx context.Context) error {
	if err := a.Store.Ping(ctx); err != nil {
		return houzhen.E(houzhen.CodeUnavailable, "database does not answer").Because(err)
	}
	return nil
}

// people gives API and pages what they ask of the directory.
type people struct{ *directory.Service }

// Register adds a person to an account, or links one who is known.
func (p people) Register(ctx context.Context, r api.Registration) (directory.Patient, error) {
	return p.RegisterPatient(ctx, r.AccountID, directory.NewPatient{
		Name: r.Patient.Name.Reveal(), Doc: r.Patient.Doc.Reveal(), DocType: r.Patient.DocType, Phone: r.Patient.Phone.Reveal(),
		Relation: r.Relation, Sex: r.Patient.Sex, Birth: r.Patient.Birth, Lang: r.Patient.Lang, TravelMinutes: r.Patient.TravelMinutes,
	})
}
