package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/continuation"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/templates"
)

// continuations gives API and pages the right to come once more
// (api.Continuations).
type continuations struct{ *App }

// Give continues the registration of a visit; a second time is refused once it
// was continued as often as its zone allows.
func (c continuations) Give(ctx context.Context, appointmentID, by string) (given continuation.Continuation, err error) {
	index, err := c.Directory.Index(ctx)
	if err != nil {
		return given, err
	}
	err = c.inTx(ctx, func(tx everything) error {
		at, err := tx.LockAppointment(ctx, appointmentID)
		if err != nil {
			return err
		}
		session, err := tx.Session(ctx, at.SessionID)
		if err != nil {
			return fmt.Errorf("load session: %w", err)
		}
		before, err := tx.ContinuationsOf(ctx, at.ID)
		if err != nil {
			return err
		}
		rule := ruleOf(c.policies.of(session.ZoneID))
		given, err = rule.Give(continuation.Visit{
			AppointmentID: at.ID, PatientID: at.PatientID, DepartmentID: session.DepartmentID, DoctorID: session.AttendingID,
			Grade: index.DoctorOf(session.AttendingID).Grade, Day: at.Day, Seen: at.State == booking.CheckedIn || at.State == booking.Fulfilled,
			Continued: at.Channel == continuation.Channel,
		}, len(before), houzhen.BusinessDate(tx.Now(), c.loc))
		if err != nil {
			return err
		}
		given.ID, given.GivenBy, given.GivenAt = tx.NewID(), by, tx.Now()
		if err := tx.AddContinuation(ctx, given); err != nil {
			return err
		}
		data, err := json.Marshal(houzhen.ContinuedData{Continuation: given.ID, Until: given.Until})
		if err != nil {
			return fmt.Errorf("encode fact: %w", err)
		}
		if err := tx.Append(ctx, by, "visit.continued", at.ID, given.Until.String()); err != nil {
			return err
		}
		return tx.Emit(houzhen.Event{
			ID: tx.NewID(), Kind: houzhen.ContinuationGiven, Subject: at.ID, Version: at.Version, Session: at.SessionID, At: tx.Now(), Data: data,
		})
	})
	return given, err
}

func ruleOf(p queue.Policy) continuation.Rule {
	return continuation.Rule{Days: p.Continuation.Days, Times: p.Continuation.Times, AnyGrade: p.Continuation.MaxGrade == "any"}
}

// Of lists the continuations of patients, the newest first.
func (c continuations) Of(ctx context.Context, patientIDs ...string) (list []continuation.Continuation, err error) {
	err = c.view(ctx, func(tx everything) error {
		list, err = tx.Continuations(ctx, patientIDs...)
		return err
	})
	return list, err
}

// Continuation finds one.
func (c continuations) Continuation(ctx context.Context, id string) (one continuation.Continuation, err error) {
	err = c.view(ctx, func(tx everything) error {
		one, err = tx.Continuation(ctx, id)
		return err
	})
	return one, err
}

// Book takes a place with a continuation, which is used up by it. The same
// continuation books once however often and wherever it is tried at the same
// time: its state is part of the booking's key.
func (c continuations) Book(ctx context.Context, r api.ContinuationBooking) (at booking.Appointment, err error) {
	index, err := c.Directory.Index(ctx)
	if err != nil {
		return at, err
	}
	var one continuation.Continuation
	err = c.view(ctx, func(tx everything) error {
		if one, err = tx.Continuation(ctx, r.ID); err != nil {
			return err
		}
		session, err := tx.Session(ctx, r.SessionID)
		if err != nil {
			return err
		}
		return one.Fits(continuation.Session{
			DepartmentID: session.DepartmentID, Grade: index.DoctorOf(session.DoctorID).Grade, Day: session.Date,
		})
	})
	if err != nil {
		return at, err
	}
	at, err = c.Booking.Book(ctx, booking.BookRequest{
		Caller: continuation.Channel, Key: fmt.Sprintf("%s-%d", one.ID, one.Version), SessionID: r.SessionID, SlotNo: r.SlotNo, Start: r.Start,
		PatientID: one.PatientID, AccountID: r.AccountID, Channel: continuation.Channel, Groups: []booking.Quota{booking.QuotaContinuation},
	})
	if err != nil {
		return at, err
	}
	err = c.inTx(ctx, func(tx everything) error {
		now, err := tx.Continuation(ctx, one.ID)
		if err != nil || now.UsedBy == at.ID {
			return err
		}
		one.UsedBy = at.ID
		return tx.SaveContinuation(ctx, one)
	})
	if err != nil { // somebody else was first
		_, undone := c.Booking.Cancel(ctx, booking.CancelRequest{AppointmentID: at.ID, By: booking.BySystem, Reason: booking.ReasonDuplicate})
		return booking.Appointment{}, errors.Join(err, undone)
	}
	return at, nil
}

// giveContinuationBack lets a continuation be used again when the place that it
// took was given up.
func (a *App) giveContinuationBack(ctx context.Context, tx everything, e houzhen.Event) error {
	at, err := appointmentOf(ctx, tx, e.Subject)
	if err != nil || at.Active() || at.Channel != continuation.Channel {
		return err
	}
	one, err := tx.ContinuationUsedBy(ctx, at.ID)
	if houzhen.CodeOf(err) == houzhen.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	one.UsedBy = ""
	return tx.SaveContinuation(ctx, one)
}

// tellContinued tells a patient until when he may come once more, and how.
func (a *App) tellContinued(ctx context.Context, tx everything, e houzhen.Event) error {
	at, err := appointmentOf(ctx, tx, e.Subject)
	if err != nil {
		return err
	}
	var d houzhen.ContinuedData
	if err := json.Unmarshal(e.Data, &d); err != nil {
		return fmt.Errorf("decode fact: %w", err)
	}
	s, err := a.subject(ctx, tx, at)
	if err != nil {
		return err
	}
	s.ID, s.Version, s.End = d.Continuation, 1, d.Until.AddDays(1).At(0, 0, a.loc)
	return a.enter(ctx, tx, a.policy.PlanAgain(s, tx.Now()))
}

// again is the view of word that a registration is good once more; there is
// nothing to tell once it was used.
func (s *scene) again(m notify.Message) (notify.View, error) {
	c, err := s.tx.Continuation(s.ctx, m.Subject)
	if err != nil {
		return notify.View{}, err
	}
	if !c.Open(houzhen.DateOf(s.tx.Now(), s.loc)) {
		return notify.View{Stale: staleSettled}, nil
	}
	at, err := s.at(c.VisitID)
	if err != nil {
		return notify.View{}, err
	}
	session, err := s.session(at.SessionID)
	if err != nil {
		return notify.View{}, err
	}
	v, err := s.person(c.PatientID)
	if err != nil {
		return v, err
	}
	s.describe(&v, session, at)
	v.Vars["until"], v.Link = templates.Day(c.Until, v.Lang), "/continuations/"+c.ID
	return v, nil
}

// Continuations gives what lets patients come once more.
func (a *App) Continuations() api.Continuations { return continuations{a} }
