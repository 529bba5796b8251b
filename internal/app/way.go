package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/queue"
)

// lateBy is how much later somebody goes who writes that he is late; whoever
// needs another time says so on his page.
const lateBy = 20 * time.Minute

// askTheWay opens the question that the word to set out asks; it may be answered
// until the session is over.
func (a *App) askTheWay(ctx context.Context, tx everything, t queue.Ticket, until time.Time) error {
	p, err := patientOf(ctx, tx, t.PatientID)
	if err != nil {
		return err
	}
	return a.ask(ctx, tx, p, notify.Question{
		Kind: notify.KindLeaveNow, Subject: t.AppointmentID, Choices: notify.LeaveChoices(), ExpiresAt: until,
	})
}

// turn finds the only ticket of some patients in a queue of today, for words that
// answer no question; with several nobody knows which is meant.
func (a *App) turn(ctx context.Context, tx everything, people []directory.Patient) (only queue.Ticket, found bool, err error) {
	ids := idsOf(people)
	today := houzhen.BusinessDate(tx.Now(), a.loc)
	booked, err := tx.Appointments(ctx, booking.AppointmentFilter{
		PatientIDs: ids, From: today, To: today, States: []booking.State{booking.Booked, booking.CheckedIn}, Purpose: booking.PurposeVisit,
	})
	if err != nil {
		return only, false, fmt.Errorf("load appointments: %w", err)
	}
	for _, at := range booked {
		t, err := tx.TicketByAppointment(ctx, at.ID)
		switch {
		case houzhen.CodeOf(err) == houzhen.CodeNotFound:
			continue // its queue is not open yet
		case err != nil:
			return only, false, fmt.Errorf("load ticket: %w", err)
		case found:
			return only, false, nil
		}
		only, found = t, true
	}
	return only, found, nil
}

// notedWay does to a ticket what its patient writes of his way: that he has set
// out, or that he is late. What the queue does not take, as of somebody who was
// called, the desk sees to.
func (a *App) notedWay(ctx context.Context, tx everything, r notify.Reply, t queue.Ticket, i notify.Intent) error {
	r.Recipient = t.PatientID
	if r.Answer == "" {
		r.Answer = string(i)
	}
	var err error
	if i == notify.IntentOnWay {
		_, err = a.Queue.SetOut(ctx, tx, t.ID)
	} else {
		_, err = a.later(ctx, tx, t, lateBy, "sms-"+r.ID)
	}
	switch {
	case err == nil && i == notify.IntentOnWay: // nothing changes for him
		r.State = notify.ReplyAnswered
		return tx.UpdateReply(ctx, &r)
	case err == nil:
		r.State = notify.ReplyAnswered
		return a.replied(ctx, tx, r, notify.KindLate)
	case slices.Contains(notTaken, houzhen.CodeOf(err)):
		r.State = notify.ReplyDesk
		return a.replied(ctx, tx, r, notify.KindPassed)
	}
	return err
}

// notTaken are the refusals of a queue that come before anything is written.
var notTaken = []houzhen.Code{houzhen.CodeState, houzhen.CodeSessionClosed, houzhen.CodeInvalid}

// later lets a patient go later by his own wish.
func (a *App) later(ctx context.Context, tx everything, t queue.Ticket, by time.Duration, request string) (queue.Outcome, error) {
	return a.Queue.ActTx(ctx, tx, queue.Action{
		Verb: queue.VerbDefer, SessionID: t.SessionID, TicketID: t.ID, RequestID: request, Minutes: int(by / time.Minute), Operator: "patient",
	})
}
