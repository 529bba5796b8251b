package app

import (
	"strconv"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/templates"
)

// staleFull: there is nothing left to book.
const staleFull = "full"

// extra is the view of word of an extra session.
func (s *scene) extra(m notify.Message) (notify.View, error) {
	session, err := s.session(m.Subject)
	if err != nil {
		return notify.View{}, err
	}
	if session.Status == booking.SessionSuspended || session.Status == booking.SessionClosed {
		return notify.View{Stale: staleOver}, nil
	}
	slots, err := s.tx.Slots(s.ctx, session.ID)
	if err != nil {
		return notify.View{}, err
	}
	free := 0
	for _, slot := range slots {
		if !slot.Taken {
			free++
		}
	}
	if free == 0 {
		return notify.View{Stale: staleFull}, nil
	}
	v, err := s.person(m.Recipient)
	if err != nil {
		return v, err
	}
	s.describe(&v, session, booking.Appointment{Start: session.Start, End: session.End, Day: session.Date})
	v.Vars["n"], v.Link = strconv.Itoa(free), "/"
	return v, nil
}

// kept makes the notice of a suspension on a channel that leads to a page say
// how many places are kept, and until when.
func (s *scene) kept(v *notify.View, at booking.Appointment) {
	var held []booking.Appointment
	for _, o := range s.after[at.ID] {
		if o.State == booking.Held && o.Purpose == booking.PurposeOption {
			held = append(held, o)
		}
	}
	if len(held) == 0 {
		return
	}
	until := held[0].ExpiresAt
	for _, o := range held {
		if o.ExpiresAt.Before(until) {
			until = o.ExpiresAt
		}
	}
	v.Vars["n"], v.Vars["until"] = strconv.Itoa(len(held)), templates.Day(houzhen.DateOf(until, s.loc), v.Lang)
	v.Wording = templates.Key(string(notify.KindKept), v.Sensitive)
}

// invite makes a message ask for a digit, if a question of its kind about the
// visit is open on that phone.
func (s *scene) invite(v *notify.View, m notify.Message, appointmentID string) error {
	if m.Channel != notify.SMS {
		return nil
	}
	q, err := s.tx.QuestionOf(s.ctx, m.Kind, appointmentID)
	if houzhen.CodeOf(err) == houzhen.CodeNotFound {
		return nil
	}
	if err != nil || !q.Asks(s.tx.Now()) {
		return err
	}
	for digit := range q.Choices {
		v.Vars["r"+digit] = q.Sign(digit)
	}
	wording := templates.Key(string(m.Kind)+".reply", v.Sensitive)
	text, err := templates.Message(wording, v.Lang, v.Vars)
	if err != nil {
		return err
	}
	if _, parts := templates.Parts(s.signature, text); parts <= partsOf[v.Lang] {
		v.Wording = wording
	}
	return nil
}

// staleProgress: of the steps through a queue only the present one is told.
func staleProgress(m notify.Message, t queue.Ticket) string {
	switch m.Kind {
	case notify.KindCheckedIn, notify.KindReturnIn, notify.KindProgress, notify.KindNear, notify.KindReady, notify.KindDelayed:
		if t.State != queue.Waiting {
			return staleAnswered
		}
	case notify.KindWaitALittle:
		if t.State != queue.NotCheckedIn {
			return staleArrived
		}
	default:
	}
	return ""
}

// leastDelay is the shortest delay that is told of, in steps of five minutes.
const leastDelay = 10

// delay gives in minutes how much later than his slice somebody will be called.
func delay(expected, sliceEnd time.Time) string {
	minutes := int(expected.Sub(sliceEnd).Minutes())
	return strconv.Itoa(max(leastDelay, (minutes+4)/5*5))
}
