package app

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/web"
)

// links opens signed addresses (web.Links).
type links struct{ *App }

// Open gives the subject that a token of this purpose leads to.
func (l links) Open(p web.Purpose, token string) (string, error) {
	return l.Ring.OpenLink(string(p), token, l.clock.Now())
}

// seenMost bounds how many messages are about one subject.
const seenMost = 50

// Seen notes that somebody who knows the patient has read what messages about a
// subject lead to: nothing more is tried for those that were on their way.
func (l links) Seen(ctx context.Context, subject string) error {
	var ids []string
	err := l.view(ctx, func(tx everything) error {
		rows, err := tx.Messages(ctx, notify.MessageFilter{
			Subject: subject, States: []notify.State{notify.Accepted, notify.Unknown, notify.Undelivered}, Limit: seenMost,
		})
		for _, m := range rows {
			if m.Channel != notify.Desk { // that one ends with a call
				ids = append(ids, m.ID)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := l.Notify.Opened(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// Confirm notes that the patient of an appointment means to come: the question
// that its reminder asked is answered.
func (l links) Confirm(ctx context.Context, appointmentID string) error {
	return l.inTx(ctx, func(tx everything) error {
		at, err := tx.Appointment(ctx, appointmentID)
		if err != nil {
			return err
		}
		if !at.Active() || !tx.Now().Before(at.Start) {
			return houzhen.E(houzhen.CodeState, "the visit is over or given up")
		}
		q, err := tx.QuestionOf(ctx, notify.KindReminder, at.ID)
		if err == nil {
			err = tx.EndQuestion(ctx, q.ID, notify.QuestionAnswered, tx.Now())
		}
		if err != nil && houzhen.CodeOf(err) != houzhen.CodeNotFound {
			return err
		}
		return tx.Append(ctx, "link", "visit.confirm", at.ID, "")
	})
}

// recordLasts is how long a link to somebody's record opens it.
const recordLasts = 30 * 24 * time.Hour

// link gives the address that a message leads to. The page of messages that a
// person sees when he is signed in leads to his own pages; every other channel
// to one that a signed link opens.
func (w *world) link(m notify.Message, p web.Purpose, subject string, expires time.Time, own string) string {
	if m.Channel == notify.Inbox {
		return own
	}
	return p.Address(w.sign(string(p), subject, expires))
}

// appointmentLink leads to the places that are kept instead of one that was
// taken away, or to the visit.
func (s *scene) appointmentLink(m notify.Message, id string, start, end time.Time) string {
	switch m.Kind {
	case notify.KindSuspended, notify.KindDisplaced:
		return s.link(m, web.LinkOptions, id, latest(end, s.tx.Now()).Add(refundLate), "/appointments/"+id+"/options")
	default:
		return s.link(m, web.LinkVisit, id, latest(end, start).Add(visitLasts), "/appointments/"+id)
	}
}

// visitLasts is how long after a visit its link still shows it.
const visitLasts = 12 * time.Hour

// ticketLink leads to the visit of a ticket: its place in the queue for whoever
// is signed in.
func (s *scene) ticketLink(m notify.Message, t queue.Ticket) string {
	return s.link(m, web.LinkVisit, t.AppointmentID, latest(t.SliceEnd, s.tx.Now()).Add(visitLasts), "/place/"+t.AppointmentID)
}
