package app

import (
	"strconv"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/credit"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/templates"
	"github.com/houzhen/houzhen/web"
)

// staleLifted: a mark that no longer counts is not told of, and staleCounted
// the other way round.
const (
	staleLifted  = "lifted"
	staleCounted = "counted"
)

// credit is the view of a message about somebody's record.
func (s *scene) credit(m notify.Message) (notify.View, error) {
	appeal, mark, stale, err := s.markOf(m)
	if stale != "" || err != nil {
		return notify.View{Stale: stale}, err
	}
	at, err := s.tx.Appointment(s.ctx, mark.AppointmentID)
	if err != nil {
		return notify.View{}, err
	}
	session, err := s.session(at.SessionID)
	if err != nil {
		return notify.View{}, err
	}
	v, err := s.person(mark.PatientID)
	if err != nil {
		return notify.View{}, err
	}
	s.describe(&v, session, booking.Appointment{Start: at.Start, End: at.End, Day: mark.Day})
	v.Link = s.link(m, web.LinkRecord, mark.PatientID, s.tx.Now().Add(recordLasts), "/credit")
	if m.Kind == notify.KindAppealReceived {
		v.Vars["until"] = templates.Day(houzhen.DateOf(appeal.DueAt, s.loc), v.Lang)
	}
	return v, s.standing(&v, m, mark)
}

// markOf finds what a message is about, and why it must not go any more.
func (s *scene) markOf(m notify.Message) (a credit.Appeal, mark credit.Mark, stale string, err error) {
	id := m.Subject
	if !aboutMark(m.Kind) {
		if a, err = s.tx.Appeal(s.ctx, m.Subject); err != nil {
			return a, mark, "", err
		}
		if appealKind(a.State) != m.Kind {
			return a, mark, staleAnswered, nil
		}
		id = a.MarkID
	}
	mark, err = s.tx.Mark(s.ctx, id)
	switch {
	case err != nil || a.ID != "":
	case m.Kind == notify.KindLifted && mark.State == credit.Counted:
		stale = staleCounted
	case m.Kind != notify.KindLifted && mark.State != credit.Counted:
		stale = staleLifted
	}
	return a, mark, stale, err
}

// aboutMark reports whether the subject of a message is a mark itself.
func aboutMark(k notify.Kind) bool {
	return k == notify.KindNoShow || k == notify.KindLimited || k == notify.KindLifted
}

// standing adds how often, until when, and how long an appeal is possible.
func (s *scene) standing(v *notify.View, m notify.Message, mark credit.Mark) error {
	if m.Kind != notify.KindNoShow && m.Kind != notify.KindLimited {
		return nil
	}
	sets, err := s.tx.RuleSets(s.ctx)
	if err != nil {
		return err
	}
	set, _ := credit.InForce(sets, mark.At)
	v.Vars["days"] = strconv.Itoa(set.AppealDays)
	marks, err := s.tx.MarksOf(s.ctx, mark.PatientID)
	if err != nil {
		return err
	}
	v.Vars["count"] = strconv.Itoa(credit.Count(sets, marks, mark, s.loc))
	if m.Kind == notify.KindLimited {
		limits, err := s.limits(s.ctx, s.tx, mark.PatientID)
		if err != nil {
			return err
		}
		limit, ok := limits[mark.PatientID]
		if !ok {
			v.Stale = staleLifted
			return nil
		}
		v.Vars["until"] = templates.Day(limit.Last, v.Lang)
	}
	return nil
}
