package app

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/credit"
	"github.com/houzhen/houzhen/booking/suspension"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/templates"
)

// Reasons why a message must not go any more, as the page of sent messages
// shows them.
const (
	staleMoved     = "moved"
	staleCancelled = "cancelled"
	staleRebooked  = "not_cancelled"
	staleSettled   = "already_chosen"
	staleArrived   = "checked_in"
	staleOver      = "over"
	staleGone      = "gone"
	staleAnswered  = "answered" // called, and he came or was missed
)

// world re-reads what a message is about at the moment of sending. It is the
// only place where messages, appointments, tickets and people meet.
type world struct {
	house     func(ctx context.Context) (*directory.Index, error)
	loc       *time.Location
	lead      time.Duration // cancel by this long before midnight of the day before
	signature string        // of SMS, for what fits one message
	board     *boards
	sign      func(purpose, subject string, expires time.Time) string // of links in messages

	reach  bool // a channel is set up that names people by a contact of theirs
	limits func(ctx context.Context, tx everything, patientIDs ...string) (map[string]credit.Limit, error)
}

// Look implements notify.World: one view a message, in the order given.
func (w *world) Look(ctx context.Context, tx notify.Tx, messages []notify.Message) ([]notify.View, error) {
	index, err := w.house(ctx)
	if err != nil {
		return nil, fmt.Errorf("load house: %w", err)
	}
	s, err := w.set(ctx, tx.(everything), index, messages)
	if err != nil {
		return nil, err
	}
	views := make([]notify.View, len(messages))
	for i, m := range messages {
		v, err := s.look(m)
		if houzhen.CodeOf(err) == houzhen.CodeNotFound {
			v, err = notify.View{Stale: staleGone}, nil
		}
		if err != nil {
			return nil, fmt.Errorf("look at %s: %w", m.Kind, err)
		}
		v.Prefs, v.Paused = s.prefs[m.Recipient], s.pauses
		v.Silenced, v.Household = s.silenced[m.Recipient], s.families[m.Recipient]
		views[i] = v
	}
	return views, nil
}

// ofTurn reports whether a kind of message is about somebody's turn: its subject
// is a ticket.
func ofTurn(k notify.Kind) bool {
	switch k {
	case notify.KindCalled, notify.KindMissed, notify.KindLeaveNow, notify.KindCheckedIn, notify.KindReturnIn, notify.KindNear,
		notify.KindDelayed, notify.KindWaitALittle, notify.KindProgress, notify.KindReady:
		return true
	default:
		return false
	}
}

func (s *scene) look(m notify.Message) (notify.View, error) {
	if ofTurn(m.Kind) {
		return s.ticket(m)
	}
	switch m.Kind {
	case notify.KindSignIn:
		return s.signIn(m)
	case notify.KindHold:
		return s.hold(m)
	case notify.KindRefundDone, notify.KindRefundFailed:
		return s.payment(m)
	case notify.KindProxy:
		return s.proxy(m)
	case notify.KindWaitJoined, notify.KindWaitClosed:
		return s.waitEntry(m)
	case notify.KindWaitOffer, notify.KindWaitInvite, notify.KindWaitLost:
		return s.proposal(m)
	case notify.KindNoShow, notify.KindLimited, notify.KindLifted, notify.KindAppealReceived, notify.KindAppealGranted, notify.KindAppealRefused:
		return s.credit(m)
	case notify.KindExtra:
		return s.extra(m)
	case notify.KindAgain:
		return s.again(m)
	case notify.KindDrawLost:
		return s.lot(m)
	case notify.KindUnclear, notify.KindLapsed, notify.KindStopped, notify.KindReplied, notify.KindLate, notify.KindPassed:
		return s.reply(m)
	default:
		return s.appointment(m)
	}
}

func (s *scene) signIn(m notify.Message) (notify.View, error) {
	ask, err := s.tx.SignIn(s.ctx, m.Subject)
	if err != nil {
		return notify.View{}, err
	}
	if !ask.UsedAt.IsZero() {
		return notify.View{Stale: staleOver}, nil
	}
	return notify.View{
		Vars: map[string]string{"code": m.Secret}, Lang: houzhen.Chinese, Phone: ask.Phone, ExpiresAt: ask.ExpiresAt,
	}, nil
}

func (s *scene) appointment(m notify.Message) (notify.View, error) {
	a, err := s.at(m.Subject)
	if err != nil {
		return notify.View{}, err
	}
	if stale, err := s.staleAppointment(m, a); stale != "" || err != nil {
		return notify.View{Stale: stale}, err
	}
	session, err := s.session(a.SessionID)
	if err != nil {
		return notify.View{}, err
	}
	v, err := s.person(a.PatientID)
	if err != nil {
		return notify.View{}, err
	}
	s.describe(&v, session, a)
	v.Link = s.appointmentLink(m, a.ID, a.Start, session.End)
	switch {
	case m.Kind == notify.KindSuspended && m.Channel == notify.SMS:
		err = s.offer(&v, m, a)
	case m.Kind == notify.KindSuspended:
		s.kept(&v, a)
	case m.Kind == notify.KindReminder:
		err = s.invite(&v, m, a.ID)
	}
	return v, err
}

// staleAppointment says why a message about a must not go, "" if it may. A
// message speaks of one version of an appointment: any later change makes it
// wrong, except that arriving does not unsay a confirmation.
func (s *scene) staleAppointment(m notify.Message, a booking.Appointment) (string, error) {
	switch m.Kind {
	case notify.KindCancelled:
		if a.State != booking.Cancelled {
			return staleRebooked, nil
		}
		return "", nil
	case notify.KindSuspended:
		return s.staleSuspension(a), nil
	case notify.KindSubstituted, notify.KindPlaceChanged, notify.KindTimeChanged:
		return s.staleChange(m, a)
	case notify.KindOutage, notify.KindRecovered:
		if a.State == booking.Cancelled {
			return staleCancelled, nil
		}
		return "", nil
	default:
	}
	switch {
	case a.State == booking.Cancelled:
		return staleCancelled, nil
	case a.State > booking.Booked && (m.Kind == notify.KindReminder || m.Kind == notify.KindReminder3):
		return staleArrived, nil
	case a.State > booking.Booked:
		return "", nil
	case a.Version != m.Version:
		return staleMoved, nil
	}
	return "", nil
}

// staleSuspension: nothing is left to tell once the patient has chosen.
func (s *scene) staleSuspension(a booking.Appointment) string {
	if a.State != booking.Cancelled {
		return staleRebooked
	}
	visit := func(o booking.Appointment) bool { return o.Purpose == booking.PurposeVisit && !o.Trace() }
	if slices.ContainsFunc(s.after[a.ID], visit) || s.cases[inSession{a.SessionID, a.ID}].Step == suspension.StepRefunded {
		return staleSettled
	}
	return ""
}

// staleChange: whoever has come sees for himself, unless it is when his turn
// comes; and of two changes only the last is told.
func (s *scene) staleChange(m notify.Message, a booking.Appointment) (string, error) {
	switch {
	case a.State == booking.Cancelled:
		return staleCancelled, nil
	case a.State > booking.CheckedIn, a.State == booking.CheckedIn && m.Kind != notify.KindTimeChanged:
		return staleArrived, nil
	}
	same, err := s.tx.Messages(s.ctx, notify.MessageFilter{Subject: a.ID, Kind: m.Kind, Channel: m.Channel, Limit: 5})
	if err != nil {
		return "", err
	}
	for _, other := range same {
		if other.Version > m.Version {
			return staleMoved, nil
		}
	}
	return "", nil
}

func (s *scene) ticket(m notify.Message) (notify.View, error) {
	t, err := readOr(s.ctx, s.tickets, m.Subject, "ticket", s.tx.Ticket)
	if err != nil {
		return notify.View{}, err
	}
	if stale := staleTicket(m, t); stale != "" {
		return notify.View{Stale: stale}, nil
	}
	v, err := s.person(t.PatientID)
	if err != nil {
		return notify.View{}, err
	}
	session, err := s.session(t.SessionID)
	if err != nil {
		return notify.View{}, err
	}
	v.Link = s.ticketLink(m, t)
	v.Vars["no"] = t.Label
	v.Vars["room"] = s.index.RoomName(t.RoomID).In(v.Lang)
	s.describe(&v, session, booking.Appointment{Start: t.SliceStart, End: t.SliceEnd, Day: session.Date})
	if err := s.ahead(&v, m, t); err != nil || m.Kind != notify.KindLeaveNow {
		return v, err
	}
	return v, s.invite(&v, m, t.AppointmentID)
}

// ahead fills in how many are before him and about when he will be called.
func (s *scene) ahead(v *notify.View, m notify.Message, t queue.Ticket) error {
	if m.Kind == notify.KindMissed {
		v.Vars["n"] = strconv.Itoa(t.SkipNormals)
		return nil
	}
	if m.Kind == notify.KindCalled {
		return nil
	}
	where, err := s.standings(t.SessionID)
	if err != nil {
		return err
	}
	w := where[t.ID]
	v.Vars["n"] = strconv.Itoa(w.ahead)
	v.Vars["eta"] = templates.Clock(w.lo, s.loc)
	v.Vars["mins"] = delay(w.lo, t.SliceEnd)
	if m.Kind == notify.KindLeaveNow {
		v.ExpiresAt = w.hi
	}
	return nil
}

func staleTicket(m notify.Message, t queue.Ticket) string {
	switch {
	case t.State == queue.Dropped || t.State == queue.Done:
		return staleOver
	case m.Kind == notify.KindCalled && t.State != queue.Called:
		return staleAnswered
	case m.Kind == notify.KindMissed && t.State != queue.Missed:
		return staleAnswered
	case m.Kind == notify.KindLeaveNow && t.State != queue.NotCheckedIn:
		return staleArrived
	case m.Kind == notify.KindLeaveNow && !t.Advised(), m.Kind == notify.KindWaitALittle && t.Advised():
		return staleAnswered // the other was said since
	}
	return staleProgress(m, t)
}

// person starts a view with whom it goes to.
func (s *scene) person(patientID string) (notify.View, error) {
	p, err := s.patient(patientID)
	if err != nil {
		return notify.View{}, err
	}
	v := notify.View{
		Vars: map[string]string{"name": p.Name.String(), "hospital": s.index.Hospital.Name.In(houzhen.ParseLang(string(p.Lang)))}, Lang: houzhen.ParseLang(string(p.Lang)), Phone: p.Phone, Push: p.PushAccount,
	}
	s.contacts(&v, p.ID)
	if p.Standing == directory.StandingDead { // nothing is sent to the phone of the dead
		v.Stale = staleOver
	}
	return v, nil
}

// describe adds where and when. A sensitive department lends its alias only.
func (s *scene) describe(v *notify.View, session booking.Session, a booking.Appointment) {
	department := s.index.DepartmentOf(session.DepartmentID)
	v.Sensitive = department.Sensitive
	v.Vars["date"] = templates.Day(a.Day, v.Lang)
	v.Vars["time"] = templates.Slice(a.Start, a.End, s.loc)
	v.Vars["dept"] = department.Name.In(v.Lang)
	v.Vars["doctor"] = s.index.DoctorOf(session.DoctorID).Name.In(v.Lang)
	v.Vars["place"] = s.index.ZoneOf(session.ZoneID).Name.In(v.Lang)
	v.Vars["doctor2"] = s.index.DoctorOf(session.AttendingID).Name.In(v.Lang)
	v.Vars["start"], v.Vars["newtime"] = templates.Clock(a.Start, s.loc), v.Vars["time"]
	v.Vars["place2"] = templates.T(v.Lang, "suspension.place", "zone", v.Vars["place"], "room", s.index.RoomName(session.RoomID).In(v.Lang))
	v.Vars["phone"] = s.index.Hospital.Phone
	v.Vars["deadline"] = templates.Clock(a.Day.At(0, 0, s.loc).Add(-s.lead), s.loc)
	v.Vars["tail"] = tail(a.Voucher, 4)
	if department.Sensitive {
		v.Vars["dept"], v.Vars["doctor"], v.Vars["doctor2"] = department.Alias.In(v.Lang), "", ""
	}
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }
