package app

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/pay"
	"github.com/houzhen/houzhen/booking/person"
	"github.com/houzhen/houzhen/booking/waitlist"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/outbox"
)

// fitness is the rule of age, sex and guardians, which reads the departments
// from memory.
func (a *App) fitness() person.Rule {
	return person.Rule{Policy: person.DefaultPolicy(), Bounds: a.bounds}
}

// bounds says whom a department sees.
func (a *App) bounds(ctx context.Context, departmentID string) (person.Bounds, error) {
	index, err := a.Directory.Index(ctx)
	if err != nil {
		return person.Bounds{}, err
	}
	d := index.DepartmentOf(departmentID)
	return person.Bounds{MinAge: d.MinAge, MaxAge: d.MaxAge, Sex: string(d.Sex)}, nil
}

// mergeTx is what making one of two records asks of a transaction beside the
// domains' own.
type mergeTx interface {
	RepointWait(ctx context.Context, entryID, patientID string) error
}

// persons gives API and pages what is done for persons (api.People).
type persons struct{ *App }

// visitor finds who stands at the desk, or makes a record by name and phone.
func (p persons) visitor(ctx context.Context, b api.WalkUpBooking) (who directory.Patient, err error) {
	if b.Who != "" {
		return pool(p).FindPatient(ctx, b.StaffID, b.Who)
	}
	err = p.inTx(ctx, func(tx everything) error {
		if who, err = p.Directory.AddWalkUpTx(ctx, tx, b.Person); err != nil {
			return err
		}
		return tx.Append(ctx, b.StaffID, "patient.walk_up", who.ID, string(who.Standing))
	})
	return who, err
}

// BookWalkUp books at the desk, for somebody who is known or who shows no
// document yet. A rule of age or sex only warns.
func (p persons) BookWalkUp(ctx context.Context, b api.WalkUpBooking) (done api.WalkUpBooked, err error) {
	a := p.App
	if b.Group != "" && !slices.Contains(booking.GroupQuotas, b.Group) {
		return done, houzhen.E(houzhen.CodeInvalid, "no such group").On("group")
	}
	who, err := p.visitor(ctx, b)
	if err != nil {
		return done, err
	}
	groups := a.groupsOf(who)
	if b.Group != "" {
		groups = append(groups, b.Group)
	}
	done.Appointment, err = a.Booking.Book(ctx, booking.BookRequest{
		Caller: "staff:" + b.StaffID, Key: b.RequestID, SessionID: b.SessionID, SlotNo: b.SlotNo, Start: b.Start, PatientID: who.ID,
		Channel: booking.DeskChannel, Groups: groups,
	})
	if err != nil {
		return done, err
	}
	session, err := a.Booking.Glance(ctx, done.Appointment.SessionID)
	if err != nil {
		return done, err
	}
	bounds, err := a.bounds(ctx, session.DepartmentID)
	if err != nil {
		return done, err
	}
	done.Warning = bounds.Sees(person.Traits{Birth: who.Birth, Sex: string(who.Sex)}, session.Date)
	return done, nil
}

// Complete gives the patient of an appointment the document that was shown. Is
// it another record's, of the same name, the two become one.
func (p persons) Complete(ctx context.Context, appointmentID, staffID string, d directory.Document) (who directory.Patient, err error) {
	a := p.App
	hooked, after := outbox.WithHooks(ctx)
	err = a.inTx(hooked, func(tx everything) error {
		at, err := tx.Appointment(hooked, appointmentID)
		if err != nil {
			return err
		}
		known := false
		if who, known, err = a.Directory.CompleteTx(hooked, tx, at.PatientID, d); err != nil {
			return err
		}
		if known {
			return a.merge(hooked, tx, directory.Merge{Kept: who.ID, Lost: at.PatientID, By: staffID, Reason: "completed"})
		}
		return tx.Append(hooked, staffID, "patient.completed", who.ID, string(d.Type))
	})
	if err == nil {
		after(ctx)
	}
	return who, err
}

// Merge gives one record up for another of the same person.
func (p persons) Merge(ctx context.Context, kept, lost, by, reason string) error {
	return p.inTx(ctx, func(tx everything) error {
		return p.merge(ctx, tx, directory.Merge{Kept: kept, Lost: lost, By: by, Reason: reason})
	})
}

// undo is what has to be put back by hand should a merge have been wrong.
type undo struct {
	booking.Reassigned

	Accounts []string `json:"accounts,omitempty"` // act for the kept record since
	Waits    []string `json:"waits,omitempty"`
	WaitsOff []string `json:"waits_left,omitempty"`
}

// merge makes one of two records, over all domains in one transaction.
func (a *App) merge(ctx context.Context, tx everything, m directory.Merge) (err error) {
	var u undo
	if u.Accounts, err = a.Directory.MergeTx(ctx, tx, m); err != nil {
		return err
	}
	if u.Reassigned, err = a.Booking.Reassign(ctx, tx, m.Lost, m.Kept); err != nil {
		return err
	}
	if err := a.repointTickets(ctx, tx, u.Moved, m.Kept); err != nil {
		return err
	}
	if err := a.repointWaits(ctx, tx, m, &u); err != nil {
		return err
	}
	text, err := json.Marshal(u)
	if err != nil {
		return fmt.Errorf("encode undo: %w", err)
	}
	m.ID, m.At, m.Reason, m.Undo = tx.NewID(), tx.Now(), strings.TrimSpace(m.Reason), string(text)
	if err := tx.AddMerge(ctx, m); err != nil {
		return fmt.Errorf("keep merge: %w", err)
	}
	data, err := json.Marshal(houzhen.MergedData{Lost: m.Lost})
	if err != nil {
		return fmt.Errorf("encode fact: %w", err)
	}
	if err := tx.Append(ctx, m.By, "patient.merged", m.Kept, m.Lost); err != nil {
		return err
	}
	return tx.Emit(houzhen.Event{ID: tx.NewID(), Kind: houzhen.PatientMerged, Subject: m.Kept, At: tx.Now(), Data: data})
}

// repointTickets gives tickets to the kept record.
func (a *App) repointTickets(ctx context.Context, tx everything, appointments []string, kept string) error {
	for _, id := range appointments {
		if err := unlessUnknown(a.Queue.Repoint(ctx, tx, id, kept)); err != nil {
			return fmt.Errorf("repoint ticket: %w", err)
		}
	}
	return nil
}

// repointWaits gives live entries of the waitlist to the kept record. What it
// waits for already is left.
func (a *App) repointWaits(ctx context.Context, tx everything, m directory.Merge, u *undo) error {
	entries, err := tx.WaitEntries(ctx, waitlist.Filter{PatientIDs: []string{m.Lost}, Status: []waitlist.Status{waitlist.Waiting, waitlist.Frozen}})
	if err != nil {
		return fmt.Errorf("load entries: %w", err)
	}
	for _, e := range entries {
		_, err := tx.WaitEntryOf(ctx, m.Kept, e.Wish)
		switch {
		case err == nil:
			if _, err := a.Waitlist.LeaveTx(ctx, tx, e.ID); err != nil {
				return err
			}
			u.WaitsOff = append(u.WaitsOff, e.ID)
		case houzhen.CodeOf(err) == houzhen.CodeNotFound:
			if err := tx.RepointWait(ctx, e.ID, m.Kept); err != nil {
				return err
			}
			u.Waits = append(u.Waits, e.ID)
		default:
			return fmt.Errorf("look for entry: %w", err)
		}
	}
	return nil
}

// Swap gives a place to another of the family. One that was paid for is not:
// its payment is of the one who was booked for.
func (p persons) Swap(ctx context.Context, r booking.SwapRequest) (booking.Appointment, error) {
	err := p.view(ctx, func(tx everything) error {
		paid, err := tx.Payments(ctx, pay.Filter{AppointmentID: r.AppointmentID})
		if err == nil && len(paid) > 0 {
			return houzhen.E(houzhen.CodeState, "a paid place is not swapped")
		}
		return err
	})
	if err != nil {
		return booking.Appointment{}, err
	}
	groups, err := p.groups(ctx, r.PatientID)
	if err != nil {
		return booking.Appointment{}, err
	}
	r.Groups = append(r.Groups, groups...)
	return p.Booking.Swap(ctx, r)
}

// identified refuses to check in whoever has shown no document yet.
func identified(p directory.Patient) error {
	if p.Standing == directory.StandingIncomplete {
		return houzhen.E(houzhen.CodeIncomplete, "patient has shown no document")
	}
	return nil
}

// mourn notes that a patient has died, so that nothing is sent any more.
func (a *App) mourn(ctx context.Context, tx everything, e houzhen.Event) error {
	p, err := tx.Patient(ctx, e.Subject)
	if err != nil || p.Standing == directory.StandingDead {
		return unlessUnknown(err)
	}
	if p, err = directory.Current(ctx, tx, p); err != nil {
		return err
	}
	p.Standing = directory.StandingDead
	return tx.UpdatePatient(ctx, p)
}

func unlessUnknown(err error) error {
	if houzhen.CodeOf(err) == houzhen.CodeNotFound {
		return nil
	}
	return err
}

// leaveQuietly takes back what is booked for a patient who lies in a ward or
// has died. Nobody is told, and nothing counts against him (domain rule §7.25).
func (a *App) leaveQuietly(ctx context.Context, tx everything, e houzhen.Event) error {
	p, err := tx.Patient(ctx, e.Subject)
	if err != nil {
		return unlessUnknown(err)
	}
	if p, err = directory.Current(ctx, tx, p); err != nil {
		return err
	}
	reason := booking.ReasonAdmitted
	if e.Kind == houzhen.PatientDied {
		reason = booking.ReasonDied
	}
	entries, err := tx.WaitEntries(ctx, waitlist.Filter{PatientIDs: []string{p.ID}, Status: []waitlist.Status{waitlist.Waiting, waitlist.Frozen}})
	if err != nil {
		return fmt.Errorf("load entries: %w", err)
	}
	for _, w := range entries {
		if _, err := a.Waitlist.LeaveTx(ctx, tx, w.ID); err != nil {
			return err
		}
	}
	return a.cancelQuietly(ctx, tx, p.ID, reason)
}

// cancelQuietly ends the visits that are still to come, and what is kept for
// the patient to choose from.
func (a *App) cancelQuietly(ctx context.Context, tx everything, patientID, reason string) error {
	list, err := tx.Appointments(ctx, booking.AppointmentFilter{
		PatientIDs: []string{patientID}, From: houzhen.BusinessDate(tx.Now(), a.loc), States: []booking.State{booking.Held, booking.Booked},
	})
	if err != nil {
		return fmt.Errorf("load appointments: %w", err)
	}
	for _, at := range list {
		switch at.Purpose {
		case booking.PurposeVisit:
			_, err = a.Booking.CancelTx(ctx, tx, booking.CancelRequest{AppointmentID: at.ID, By: booking.ByHospital, Reason: reason})
		case booking.PurposeOption:
			err = a.Booking.DeclineTx(ctx, tx, at.OriginID)
		case booking.PurposeOffer: // went with its entry
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// showMerged has the boards drawn anew on which the person stands.
func (a *App) showMerged(ctx context.Context, tx everything, e houzhen.Event) error {
	today := houzhen.BusinessDate(tx.Now(), a.loc)
	list, err := tx.Appointments(ctx, booking.AppointmentFilter{PatientIDs: []string{e.Subject}, From: today, To: today})
	if err != nil {
		return fmt.Errorf("load appointments: %w", err)
	}
	for _, at := range list {
		if err := a.show(ctx, tx, houzhen.Event{Session: at.SessionID}); err != nil {
			return err
		}
	}
	return nil
}

// Persons gives what is done for persons.
func (a *App) Persons() api.People { return persons{a} }
