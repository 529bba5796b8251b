package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/credit"
	"github.com/houzhen/houzhen/notify"
)

// creditReactions says what facts of credit cause.
func (a *App) creditReactions() map[houzhen.EventKind][]reaction {
	return map[houzhen.EventKind][]reaction{
		houzhen.CreditMarked:         {a.tellMark(notify.KindNoShow)},
		houzhen.CreditLimited:        {a.tellMark(notify.KindLimited)},
		houzhen.CreditLifted:         {a.tellLifted},
		houzhen.CreditAppealed:       {a.tellAppeal},
		houzhen.CreditDecided:        {a.tellAppeal},
		houzhen.CreditRulesPublished: {},
	}
}

// noteNoShow marks whoever never checked in.
func (a *App) noteNoShow(ctx context.Context, tx everything, e houzhen.Event) error {
	at, err := tx.Appointment(ctx, e.Subject)
	if err != nil || at.State != booking.NoShow {
		return err
	}
	return a.Credit.Note(ctx, tx, at, credit.NoShow, at.EndedAt)
}

// noteCancelled marks whoever gave a place up too late, or let a held one
// lapse.
func (a *App) noteCancelled(ctx context.Context, tx everything, e houzhen.Event) error {
	at, err := appointmentOf(ctx, tx, e.Subject)
	switch {
	case err != nil || at.State != booking.Cancelled || at.Purpose != booking.PurposeVisit:
		return err
	case at.By == booking.BySystem && at.Reason == booking.ReasonExpired:
		return a.Credit.Note(ctx, tx, at, credit.HoldExpired, at.EndedAt)
	case credit.LateCancelled(at, cancelLead, a.loc):
		return a.Credit.Note(ctx, tx, at, credit.LateCancel, at.EndedAt)
	}
	return nil
}

// noteRefund marks whoever had paid and gave the place up on the day itself.
func (a *App) noteRefund(ctx context.Context, tx everything, e houzhen.Event) error {
	p, err := tx.Payment(ctx, e.Subject)
	if err != nil {
		return fmt.Errorf("load payment: %w", err)
	}
	at, err := tx.Appointment(ctx, p.AppointmentID)
	if err != nil {
		return fmt.Errorf("load appointment: %w", err)
	}
	if at.State != booking.Cancelled || at.By != booking.ByPatient || houzhen.BusinessDate(at.EndedAt, a.loc) != at.Day {
		return nil
	}
	return a.Credit.Note(ctx, tx, at, credit.SameDayRefund, at.EndedAt)
}

// tellMark tells the patient of a mark that counts.
func (a *App) tellMark(kind notify.Kind) reaction {
	return func(ctx context.Context, tx everything, e houzhen.Event) error {
		m, err := tx.Mark(ctx, e.Subject)
		if err != nil {
			return fmt.Errorf("load mark: %w", err)
		}
		if m.State != credit.Counted || kind == notify.KindNoShow && m.Cause != credit.NoShow {
			return nil
		}
		return a.tellCredit(ctx, tx, kind, notify.Subject{ID: m.ID, Version: m.Version}, m.PatientID)
	}
}

// tellLifted tells the patient that a mark counts no more, unless he appealed
// against it: then the decision says so.
func (a *App) tellLifted(ctx context.Context, tx everything, e houzhen.Event) error {
	m, err := tx.Mark(ctx, e.Subject)
	if err != nil {
		return fmt.Errorf("load mark: %w", err)
	}
	appeals, err := tx.AppealsOf(ctx, m.PatientID)
	if err != nil {
		return fmt.Errorf("load appeals: %w", err)
	}
	if m.State != credit.Lifted || slices.ContainsFunc(appeals, func(p credit.Appeal) bool { return p.MarkID == m.ID }) {
		return nil
	}
	return a.tellCredit(ctx, tx, notify.KindLifted, notify.Subject{ID: m.ID, Version: m.Version}, m.PatientID)
}

// tellAppeal tells the patient that an appeal was taken, or what became of it.
func (a *App) tellAppeal(ctx context.Context, tx everything, e houzhen.Event) error {
	p, err := tx.Appeal(ctx, e.Subject)
	if err != nil {
		return fmt.Errorf("load appeal: %w", err)
	}
	if p.Version != e.Version {
		return nil // decided meanwhile, which is told
	}
	return a.tellCredit(ctx, tx, appealKind(p.State), notify.Subject{ID: p.ID, Version: p.Version}, p.PatientID)
}

func appealKind(s credit.AppealState) notify.Kind {
	switch s {
	case credit.Open:
		return notify.KindAppealReceived
	case credit.Refused:
		return notify.KindAppealRefused
	default:
		return notify.KindAppealGranted
	}
}

func (a *App) tellCredit(ctx context.Context, tx everything, kind notify.Kind, s notify.Subject, patientID string) error {
	p, err := tx.Patient(ctx, patientID)
	if err != nil {
		return fmt.Errorf("load patient: %w", err)
	}
	if s, err = a.reached(ctx, tx, s, p); err != nil {
		return err
	}
	return a.enter(ctx, tx, a.policy.PlanCredit(kind, s, tx.Now()))
}

// restrictions gives the limits of those patients who have one.
func (a *App) restrictions(ctx context.Context, tx everything, patientIDs ...string) (map[string]credit.Limit, error) {
	return a.Credit.Restrictions(ctx, tx, patientIDs...)
}

// lapseBatch is how many appeals one transaction of the sweep ends.
const lapseBatch = 100

// lapseAppeals lifts the marks of appeals that nobody decided in time.
func (a *App) lapseAppeals(ctx context.Context) (n int, err error) {
	err = a.inTx(ctx, func(tx everything) error {
		n, err = a.Credit.LapseAppeals(ctx, tx, lapseBatch)
		return err
	})
	return n, err
}

// evidence gathers what happened to an appointment, oldest first, so that an
// appeal needs no papers: when it was booked, what was sent and whether it
// arrived, when he came, what the hospital changed and when the system was
// down. It holds codes and instants only.
func (a *App) evidence(ctx context.Context, tx everything, m credit.Mark) ([]credit.Evidence, error) {
	at, err := tx.Appointment(ctx, m.AppointmentID)
	if err != nil {
		return nil, fmt.Errorf("load appointment: %w", err)
	}
	session, err := tx.Session(ctx, at.SessionID)
	if err != nil {
		return nil, fmt.Errorf("load session: %w", err)
	}
	list := []credit.Evidence{
		{At: at.BookedAt, Code: "booked", Args: map[string]string{"channel": at.Channel}},
		{At: at.Start, Code: "slice"},
		{At: session.Deadline, Code: "deadline"},
		{At: m.At, Code: string(m.Cause)},
	}
	if !at.CheckedInAt.IsZero() {
		list = append(list, credit.Evidence{At: at.CheckedInAt, Code: "checked_in"})
	}
	more, err := a.tried(ctx, tx, at)
	if err != nil {
		return nil, err
	}
	sent, err := tx.Messages(ctx, notify.MessageFilter{Subject: at.ID, Limit: 100})
	if err != nil {
		return nil, fmt.Errorf("load messages: %w", err)
	}
	down, err := tx.Outages(ctx, at.Start.Add(-24*time.Hour), session.Deadline)
	if err != nil {
		return nil, fmt.Errorf("load outages: %w", err)
	}
	for _, o := range down {
		list = append(list, credit.Evidence{At: o.From, Code: "down"}, credit.Evidence{At: o.To, Code: "up"})
	}
	list = append(append(list, more...), messageEvidence(sent)...)
	return credit.Told(list), nil
}

// tried lists the attempts to check in that were refused.
func (a *App) tried(ctx context.Context, tx everything, at booking.Appointment) ([]credit.Evidence, error) {
	attempts, err := tx.Attempts(ctx, at.ID)
	if err != nil {
		return nil, fmt.Errorf("load attempts: %w", err)
	}
	list := make([]credit.Evidence, len(attempts))
	for i, t := range attempts {
		list[i] = credit.Evidence{At: t.At, Code: "refused", Args: map[string]string{"code": t.Code}}
	}
	return list, nil
}

// noteAttempt keeps that somebody came and could not be checked in: evidence
// should he be marked as absent.
func (a *App) noteAttempt(ctx context.Context, appointmentID string, why error) {
	code := houzhen.CodeOf(why)
	if appointmentID == "" || code == "" || ctx.Err() != nil {
		return
	}
	err := a.inTx(ctx, func(tx everything) error {
		return tx.AddAttempt(ctx, credit.Attempt{AppointmentID: appointmentID, At: tx.Now(), Code: string(code)})
	})
	if err != nil {
		a.log.WarnContext(ctx, "attempt to check in was not kept", "error", err.Error())
	}
}

func messageEvidence(sent []notify.Message) []credit.Evidence {
	var list []credit.Evidence
	for _, m := range sent {
		e := credit.Evidence{At: m.SentAt, Code: "message", Args: map[string]string{
			"kind": string(m.Kind), "channel": string(m.Channel), "state": string(m.State),
		}}
		if e.At.IsZero() {
			e.At = m.DueAt
		}
		list = append(list, e)
	}
	return list
}
