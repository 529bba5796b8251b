package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/aliyun"
	"github.com/houzhen/houzhen/templates"
)

// choiceRefund is what the digit 0 of a suspension stands for; the other
// digits stand for the ids of kept places.
const choiceRefund = string(notify.IntentRefund)

// refundLate is how long after the lost session a refund may still be answered
// by SMS.
const refundLate = 24 * time.Hour

// askByReply opens the question that the notice of a suspension asks, when
// the hospital takes replies. The places keep their digits from then on.
func (a *App) askByReply(ctx context.Context, tx everything, at booking.Appointment, end time.Time) error {
	if !a.cfg.Replies {
		return nil
	}
	p, err := tx.Patient(ctx, at.PatientID)
	if err != nil {
		return fmt.Errorf("load patient: %w", err)
	}
	held, err := tx.Appointments(ctx, booking.AppointmentFilter{
		OriginID: at.ID, States: []booking.State{booking.Held}, Purpose: booking.PurposeOption,
	})
	if err != nil {
		return fmt.Errorf("load kept places: %w", err)
	}
	if len(held) == 0 {
		return nil
	}
	slices.SortFunc(held, func(x, y booking.Appointment) int { return x.Start.Compare(y.Start) })
	choices := map[string]string{"0": choiceRefund}
	for i, o := range held[:min(len(held), mostOptions)] {
		choices[strconv.Itoa(i+1)] = o.ID
	}
	return a.ask(ctx, tx, p, notify.Question{
		Kind: notify.KindSuspended, Subject: at.ID, Choices: choices, ExpiresAt: latest(end, tx.Now()).Add(refundLate),
	})
}

// ask opens a question on a patient's phone, when the hospital takes replies. A
// phone on which too many are open gets none: its message says to telephone.
func (a *App) ask(ctx context.Context, tx everything, p directory.Patient, q notify.Question) error {
	if !a.cfg.Replies || p.Phone.IsZero() {
		return nil
	}
	q.Phone, q.Recipient = p.Phone, p.ID
	_, err := notify.Ask(ctx, tx, q)
	if code := houzhen.CodeOf(err); code == houzhen.CodeLimit || code == houzhen.CodeConflict {
		return nil
	}
	return err
}

// mostOptions is how many places the wording has room for.
const mostOptions = 3

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// offers are the wordings by how many places they offer.
var offers = [...]string{"", "session.suspended.options.one", "session.suspended.options.two", "session.suspended.options"}

// offer makes the notice of a suspension ask for a digit, if a question is
// open, every place in it is still kept and the text fits into one message.
// Otherwise the wording says to telephone.
func (s *scene) offer(v *notify.View, m notify.Message, at booking.Appointment) error {
	if m.Channel != notify.SMS {
		return nil
	}
	q, err := s.tx.QuestionOf(s.ctx, notify.KindSuspended, at.ID)
	if houzhen.CodeOf(err) == houzhen.CodeNotFound {
		return nil
	}
	if err != nil || !q.Asks(s.tx.Now()) {
		return err
	}
	n := len(q.Choices) - 1
	if n < 1 || n >= len(offers) {
		return nil
	}
	v.Vars["r0"] = q.Sign("0")
	for i := 1; i <= n; i++ {
		digit := strconv.Itoa(i)
		o, err := s.tx.Appointment(s.ctx, q.Choices[digit])
		if err != nil {
			return err
		}
		if o.State != booking.Held || !s.tx.Now().Before(o.ExpiresAt) {
			return nil
		}
		v.Vars["r"+digit], v.Vars["opt"+digit] = q.Sign(digit), shortWhen(o.Start, v.Lang, s.loc)
	}
	wording := templates.Key(offers[n], v.Sensitive)
	text, err := templates.Message(wording, v.Lang, v.Vars)
	if err != nil {
		return err
	}
	if _, parts := templates.Parts(s.signature, text); parts <= partsOf[v.Lang] {
		v.Wording = wording
	}
	return nil
}

// partsOf is how many messages a text may make.
var partsOf = map[houzhen.Lang]int{houzhen.Chinese: 1, houzhen.English: 2}

// shortWhen gives day of the month and time, as short as it can be said.
func shortWhen(t time.Time, lang houzhen.Lang, loc *time.Location) string {
	local := t.In(loc)
	if lang == houzhen.English {
		return local.Format("2 Jan 15:04")
	}
	return templates.T(lang, "suspension.short", "day", local.Day(), "time", local.Format("15:04"))
}

// reply is the answer to an SMS that came in.
func (s *scene) reply(m notify.Message) (notify.View, error) {
	r, err := s.tx.Reply(s.ctx, m.Subject)
	if err != nil {
		return notify.View{}, err
	}
	v, err := s.person(m.Recipient)
	if err != nil {
		return v, err
	}
	v.Phone = r.Phone
	v.Vars["phone"], v.Vars["mins"] = s.index.Hospital.Phone, strconv.Itoa(int(lateBy/time.Minute))
	return v, nil
}

// SMSUp takes what people answered (api.Receipts): it is a row before it is
// acknowledged, and whatever comes twice is one row.
func (a *App) SMSUp(ctx context.Context, token string, body []byte) error {
	if _, err := a.callback(token); err != nil {
		return err
	}
	replies, err := aliyun.ParseReplies(body)
	if err != nil {
		return err
	}
	return a.inTx(ctx, func(tx everything) error {
		for _, r := range replies {
			if r.Sequence == "" {
				sum := sha256.Sum256([]byte(r.Text + "|" + r.SentAt.Format(time.RFC3339)))
				r.Sequence = "digest-" + hex.EncodeToString(sum[:8])
			}
			r.ID, r.State, r.ReceivedAt, r.Version = tx.NewID(), notify.ReplyNew, tx.Now(), 1
			added, err := tx.AddReply(ctx, r)
			if err != nil {
				return err
			}
			if !added {
				continue
			}
			if err := tx.Emit(houzhen.Event{ID: tx.NewID(), Kind: houzhen.ReplyReceived, Subject: r.ID, Version: 1, At: tx.Now()}); err != nil {
				return fmt.Errorf("emit fact: %w", err)
			}
		}
		return nil
	})
}

// answerReply does what somebody answered, or says once that it was not
// understood; after that the desk looks at it.
func (a *App) answerReply(ctx context.Context, tx everything, e houzhen.Event) error {
	r, err := tx.Reply(ctx, e.Subject)
	if err != nil || r.State != notify.ReplyNew {
		return err
	}
	r.HandledAt = tx.Now()
	people, err := tx.PatientsByPhone(ctx, r.Phone)
	if err != nil {
		return fmt.Errorf("find patients of phone: %w", err)
	}
	if len(people) == 0 {
		r.State = notify.ReplyStrange
		return tx.UpdateReply(ctx, &r)
	}
	r.Recipient = people[0].ID
	known, err := tx.QuestionsOf(ctx, r.Phone, tx.Now().Add(-replyLookBack))
	if err != nil {
		return err
	}
	answer, understood := notify.MatchReply(known, r.Text, tx.Now())
	if !understood {
		if done, err := a.understand(ctx, tx, r, people, known); done || err != nil {
			return err
		}
		return a.unclear(ctx, tx, r)
	}
	return a.obey(ctx, tx, r, answer)
}

// replyLookBack is how far back a question may have been asked.
const replyLookBack = 32 * 24 * time.Hour

// unclear answers politely, once a day for one phone, and hands further ones
// to the desk.
func (a *App) unclear(ctx context.Context, tx everything, r notify.Reply) error {
	before, err := tx.RepliesOf(ctx, r.Phone, notify.ReplyUnclear, tx.Now().Add(-notify.PoliteEvery))
	if err != nil {
		return err
	}
	r.State = notify.ReplyDesk
	if before == 0 {
		r.State = notify.ReplyUnclear
		if err := a.enter(ctx, tx, a.policy.PlanReply(notify.KindUnclear, notify.Subject{ID: r.ID, Version: 1, Recipient: r.Recipient}, tx.Now())); err != nil {
			return err
		}
	}
	return tx.UpdateReply(ctx, &r)
}

// obey does what an answer stands for. What is no longer possible is told, and
// the desk looks at it.
func (a *App) obey(ctx context.Context, tx everything, r notify.Reply, answer notify.Answer) error {
	q := answer.Question
	r.QuestionID, r.Answer, r.Recipient = q.ID, answer.Digit, q.Recipient
	if i := notify.Intent(answer.Choice); i.OfTheWay() {
		t, err := tx.TicketByAppointment(ctx, q.Subject)
		if houzhen.CodeOf(err) != houzhen.CodeNotFound { // otherwise the desk notes it
			if err != nil {
				return fmt.Errorf("load ticket: %w", err)
			}
			return a.notedWay(ctx, tx, r, t, i) // asked until it is over: who is on the way may be late yet
		}
	}
	done := a.done(ctx, tx, answer)
	switch code := houzhen.CodeOf(done); {
	case done == nil:
		r.State = notify.ReplyAnswered
		if answer.Choice == string(notify.IntentLate) {
			r.State = notify.ReplyDesk // who comes late is on the desk's list
		}
		if err := tx.EndQuestion(ctx, q.ID, notify.QuestionAnswered, tx.Now()); err != nil {
			return err
		}
	case slices.Contains(tooLate, code):
		r.State = notify.ReplyDesk
		s := notify.Subject{ID: r.ID, Version: 1, Recipient: r.Recipient}
		if err := a.enter(ctx, tx, a.policy.PlanReply(notify.KindLapsed, s, tx.Now())); err != nil {
			return err
		}
	default:
		return done
	}
	return tx.UpdateReply(ctx, &r)
}

// tooLate are the refusals after which the patient is told that his choice is
// gone; they come before anything is written.
var tooLate = []houzhen.Code{
	houzhen.CodeState, houzhen.CodeHoldExpired, houzhen.CodeLimit, houzhen.CodeAlreadyBooked, houzhen.CodeNotFound,
}

// tellRefund confirms to a patient that he gets the fee back.
func (a *App) tellRefund(ctx context.Context, tx everything, e houzhen.Event) error {
	at, err := tx.Appointment(ctx, e.Subject)
	if err != nil || at.Active() {
		return err
	}
	s, err := a.subject(ctx, tx, at)
	if err != nil {
		return err
	}
	return a.enter(ctx, tx, a.policy.PlanCancelled(s, tx.Now()))
}

// closeQuestion lets the question about an appointment take no more answers,
// because it was answered by another way.
func (a *App) closeQuestion(ctx context.Context, tx everything, e houzhen.Event) error {
	return a.closeAbout(ctx, tx, e.Subject)
}

func (a *App) closeChosenQuestion(ctx context.Context, tx everything, e houzhen.Event) error {
	at, err := tx.Appointment(ctx, e.Subject)
	if err != nil || at.OriginID == "" {
		return err
	}
	return a.closeAbout(ctx, tx, at.OriginID)
}

func (a *App) closeAbout(ctx context.Context, tx everything, appointmentID string) error {
	q, err := tx.QuestionOf(ctx, notify.KindSuspended, appointmentID)
	switch {
	case houzhen.CodeOf(err) == houzhen.CodeNotFound:
		return nil
	case err != nil:
		return err
	}
	return tx.EndQuestion(ctx, q.ID, notify.QuestionClosed, tx.Now())
}
