package app

import (
	"context"
	"fmt"
	"slices"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/suspension"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/templates"
)

// understand reads a reply as one of the words that stand without a question,
// as the answer to the only question that offers it, or as word of the way from
// somebody who is in one queue today. done is false when nothing was understood.
func (a *App) understand(ctx context.Context, tx everything, r notify.Reply, people []directory.Patient, known []notify.Question) (done bool, err error) {
	intent, code := notify.ReadIntent(r.Text, templates.ReplyMeaning)
	switch intent {
	case "":
		return false, nil
	case notify.IntentStop, notify.IntentStart:
		return true, a.switchSMS(ctx, tx, r, people, intent == notify.IntentStop)
	case notify.IntentNotMe:
		return true, a.strangerThere(ctx, tx, r, people)
	case notify.IntentConfirm, notify.IntentCancel, notify.IntentLate, notify.IntentOnWay, notify.IntentRefund:
	}
	if answer, found := notify.MatchIntent(known, intent, code, tx.Now()); found {
		return true, a.obey(ctx, tx, r, answer)
	}
	if code != 0 || !intent.OfTheWay() {
		return false, nil
	}
	t, found, err := a.turn(ctx, tx, people)
	if err != nil || !found {
		return false, err
	}
	return true, a.notedWay(ctx, tx, r, t, intent)
}

// idsOf lists the ids of people.
func idsOf(people []directory.Patient) []string {
	ids := make([]string, len(people))
	for i, p := range people {
		ids[i] = p.ID
	}
	return ids
}

// switchSMS takes ordinary messages off a phone, for everybody whose phone it
// is, or puts them back. What is critical goes on.
func (a *App) switchSMS(ctx context.Context, tx everything, r notify.Reply, people []directory.Patient, off bool) error {
	ids := idsOf(people)
	prefs, err := tx.MessagePrefs(ctx, ids)
	if err != nil {
		return err
	}
	by := notify.Off{Class: notify.ClassService, Channel: notify.SMS}
	for _, id := range ids {
		p := prefs[id]
		p.Patient = id
		has := slices.Contains(p.Off, by)
		switch {
		case off == has:
			continue
		case off:
			p.Off = append(slices.Clone(p.Off), by)
		default:
			p.Off = slices.DeleteFunc(slices.Clone(p.Off), func(o notify.Off) bool { return o == by })
		}
		if err := tx.SaveMessagePrefs(ctx, &p); err != nil {
			return err
		}
	}
	r.State = notify.ReplyAnswered
	kind := notify.KindReplied
	if off {
		kind = notify.KindStopped
	}
	return a.replied(ctx, tx, r, kind)
}

// strangerThere notes that a phone is not that of the patient whom the last
// message to it was about: nothing about him goes there any more.
func (a *App) strangerThere(ctx context.Context, tx everything, r notify.Reply, people []directory.Patient) error {
	last, err := tx.Messages(ctx, notify.MessageFilter{Phone: r.Phone, Channel: notify.SMS, Limit: 1})
	if err != nil {
		return fmt.Errorf("find last message: %w", err)
	}
	if len(last) > 0 && slices.ContainsFunc(people, func(p directory.Patient) bool { return p.ID == last[0].Recipient }) {
		r.Recipient = last[0].Recipient
	}
	if err := tx.Silence(ctx, notify.Silence{Patient: r.Recipient, At: tx.Now(), By: "sms"}); err != nil {
		return err
	}
	r.State = notify.ReplyDesk // somebody has to find his new number
	r.Answer = string(notify.IntentNotMe)
	return tx.UpdateReply(ctx, &r)
}

// replied stores a reply and answers it.
func (a *App) replied(ctx context.Context, tx everything, r notify.Reply, kind notify.Kind) error {
	if err := a.enter(ctx, tx, a.policy.PlanReply(kind, notify.Subject{ID: r.ID, Version: 1, Recipient: r.Recipient}, tx.Now())); err != nil {
		return err
	}
	return tx.UpdateReply(ctx, &r)
}

// done does what an answer stands for.
func (a *App) done(ctx context.Context, tx everything, answer notify.Answer) error {
	q := answer.Question
	if q.Kind == notify.KindSuspended {
		if answer.Choice == choiceRefund {
			return a.Suspension.RefundTx(ctx, tx, q.Subject, suspension.ViaSMS)
		}
		_, err := a.Suspension.ChooseTx(ctx, tx, q.Subject, answer.Choice, suspension.ViaSMS)
		return err
	}
	at, err := tx.Appointment(ctx, q.Subject)
	switch {
	case err != nil:
		return err
	case !at.Active() || !tx.Now().Before(at.Start):
		return houzhen.E(houzhen.CodeState, "the visit is over or given up")
	case answer.Choice == string(notify.IntentCancel):
		_, err = a.Booking.CancelTx(ctx, tx, booking.CancelRequest{AppointmentID: at.ID, By: booking.ByPatient})
	}
	return err
}

// askToConfirm opens the question that the reminder of the day before asks, on
// phones of hospitals that take replies.
func (a *App) askToConfirm(ctx context.Context, tx everything, at booking.Appointment, p directory.Patient) error {
	return a.ask(ctx, tx, p, notify.Question{Kind: notify.KindReminder, Subject: at.ID, Choices: notify.RemindChoices(), ExpiresAt: at.Start})
}
