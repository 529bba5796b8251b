package app

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/noshow"
	"github.com/houzhen/houzhen/booking/waitlist"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/templates"
	"github.com/houzhen/houzhen/web"
)

// waits is the waitlist as API and pages see it: with what the directory knows
// of who waits (api.Waitlist).
type waits struct {
	*waitlist.Service

	app *App
}

// Waits gives the waitlist as API and pages see it.
func (a *App) Waits() api.Waitlist { return waits{a.Waitlist, a} }

// Join puts a patient on a list, for places that are kept for his group too.
func (w waits) Join(ctx context.Context, r waitlist.JoinRequest) (waitlist.Entry, error) {
	if r.Group == "" && r.PatientID != "" {
		groups, err := w.app.groups(ctx, r.PatientID)
		if err != nil {
			return waitlist.Entry{}, err
		}
		if len(groups) > 0 {
			r.Group = groups[0]
		}
	}
	return w.Service.Join(ctx, r)
}

// Accept takes an offered place. One that is paid for in advance is kept
// meanwhile, as any other, and the patient is asked to pay.
func (w waits) Accept(ctx context.Context, proposalID string) (booking.Appointment, error) {
	a, err := w.Service.Accept(ctx, proposalID)
	if err != nil || a.State != booking.Held {
		return a, err
	}
	if _, err := w.app.Pay.Open(ctx, a.ID); err != nil && houzhen.CodeOf(err) != houzhen.CodeHoldExpired {
		return a, fmt.Errorf("ask for the fee: %w", err)
	}
	return a, nil
}

// offerPlaces makes offers where places of the session are due for them.
func (a *App) offerPlaces(ctx context.Context, tx everything, e houzhen.Event) error {
	return a.Waitlist.RunSession(ctx, tx, e.Session)
}

// adoptPlaces keeps places that were added for whoever waits, before they are
// public.
func (a *App) adoptPlaces(ctx context.Context, tx everything, e houzhen.Event) error {
	_, err := a.Waitlist.Adopt(ctx, tx, e.Session)
	return err
}

// freezeWaitlist stops the list of a session that will not take place.
func (a *App) freezeWaitlist(ctx context.Context, tx everything, e houzhen.Event) error {
	session, err := tx.Session(ctx, e.Subject)
	if err != nil || session.Status != booking.SessionSuspended {
		return err
	}
	return a.Waitlist.Suspend(ctx, tx, e.Subject)
}

// tellEntry tells a patient about his wait itself.
func (a *App) tellEntry(kind notify.Kind) reaction {
	return func(ctx context.Context, tx everything, e houzhen.Event) error {
		entry, err := tx.WaitEntry(ctx, e.Subject)
		if err != nil {
			return fmt.Errorf("load entry: %w", err)
		}
		if staleEntry(kind, entry) != "" {
			return nil
		}
		return a.tellWait(ctx, tx, kind, notify.Subject{ID: entry.ID, Version: e.Version}, entry.PatientID)
	}
}

// tellProposal tells a patient of a place that is offered, or that was lost.
func (a *App) tellProposal(kind notify.Kind) reaction {
	return func(ctx context.Context, tx everything, e houzhen.Event) error {
		o, err := tx.Proposal(ctx, e.Subject)
		if err != nil {
			return fmt.Errorf("load offer: %w", err)
		}
		if staleProposal(kind, o) != "" {
			return nil
		}
		return a.tellWait(ctx, tx, kind, notify.Subject{ID: o.ID, Version: e.Version, Start: o.Start, End: o.ExpiresAt}, o.PatientID)
	}
}

func (a *App) tellWait(ctx context.Context, tx everything, kind notify.Kind, s notify.Subject, patientID string) error {
	p, err := tx.Patient(ctx, patientID)
	if err != nil {
		return fmt.Errorf("load patient: %w", err)
	}
	if s, err = a.reached(ctx, tx, s, p); err != nil {
		return err
	}
	return a.enter(ctx, tx, a.policy.PlanWait(kind, s, tx.Now()))
}

func staleEntry(k notify.Kind, e waitlist.Entry) string {
	switch {
	case k == notify.KindWaitJoined && e.Status != waitlist.Waiting,
		k == notify.KindWaitClosed && e.Status != waitlist.Closed:
		return staleOver
	case k == notify.KindWaitClosed && e.Reason == waitlist.ReasonSuspended && e.SessionID == "":
		return staleOver
	}
	return ""
}

func staleProposal(k notify.Kind, o waitlist.Proposal) string {
	switch {
	case k == notify.KindWaitLost && o.Status != waitlist.Lost:
		return staleAnswered
	case k != notify.KindWaitLost && o.Status != waitlist.Open:
		return staleAnswered
	}
	return ""
}

// waitEntry is the view of a message about somebody's wait.
func (s *scene) waitEntry(m notify.Message) (notify.View, error) {
	e, err := s.tx.WaitEntry(s.ctx, m.Subject)
	if err != nil {
		return notify.View{}, err
	}
	if stale := staleEntry(m.Kind, e); stale != "" {
		return notify.View{Stale: stale}, nil
	}
	v, err := s.person(e.PatientID)
	if err != nil {
		return notify.View{}, err
	}
	ahead, err := s.tx.WaitAhead(s.ctx, e)
	if err != nil {
		return notify.View{}, err
	}
	s.describe(&v, booking.Session{DepartmentID: e.DepartmentID, DoctorID: e.DoctorID}, booking.Appointment{Day: e.From})
	if e.To != e.From {
		v.Vars["date"] = templates.Day(e.From, v.Lang) + "-" + templates.Day(e.To, v.Lang)
	}
	v.Vars["n"] = strconv.Itoa(ahead + 1)
	v.Link = "/waitlist"
	return v, nil
}

// proposal is the view of a message about a place that is offered. The link
// opens with the last signs of the document alone.
func (s *scene) proposal(m notify.Message) (notify.View, error) {
	o, err := s.tx.Proposal(s.ctx, m.Subject)
	if err != nil {
		return notify.View{}, err
	}
	if stale := staleProposal(m.Kind, o); stale != "" {
		return notify.View{Stale: stale}, nil
	}
	v, err := s.person(o.PatientID)
	if err != nil {
		return notify.View{}, err
	}
	session, err := s.session(o.SessionID)
	if err != nil {
		return notify.View{}, err
	}
	s.describe(&v, session, booking.Appointment{Start: o.Start, End: o.End, Day: session.Date})
	v.Vars["deadline"] = templates.Clock(o.ExpiresAt, s.loc)
	v.Link = s.link(m, web.LinkOffer, o.ID, o.End, "/waitlist")
	return v, nil
}

// waitReactions says what facts of the waitlist cause.
func (a *App) waitReactions() map[houzhen.EventKind][]reaction {
	return map[houzhen.EventKind][]reaction{
		houzhen.WaitlistJoined:   {a.tellEntry(notify.KindWaitJoined)},
		houzhen.WaitlistOpened:   {a.offerPlaces},
		houzhen.WaitlistOffered:  {a.tellProposal(notify.KindWaitOffer)},
		houzhen.WaitlistInvited:  {a.tellProposal(notify.KindWaitInvite)},
		houzhen.WaitlistAccepted: {},
		houzhen.WaitlistLapsed:   {a.offerPlaces},
		houzhen.WaitlistLost:     {a.tellProposal(notify.KindWaitLost)},
		houzhen.WaitlistClosed:   {a.tellEntry(notify.KindWaitClosed)},
	}
}

// beat notes that the system is up. The first beat of a process, and the first
// after some that failed, looks how long nobody was.
func (a *App) beat(ctx context.Context, _ time.Time) error {
	down, err := a.Booking.Beat(ctx, !a.beating)
	a.beating = err == nil
	if down {
		a.log.WarnContext(ctx, "system was down")
		if _, err := a.Announce(ctx, true, a.clock.Now().Truncate(time.Minute)); err != nil {
			return fmt.Errorf("tell that it works again: %w", err)
		}
	}
	return err
}

// absence asks the learned model how probable it is that somebody stays away.
type absence struct{}

// Probability implements booking.Absence.
func (absence) Probability(ctx context.Context, tx booking.Tx, a booking.Appointment) (float64, bool, error) {
	return noshow.Chance(ctx, tx.(noshow.Tx), a.ID)
}

// expectation asks the queue whether somebody stays at home at its own word.
type expectation struct{ *App }

// KeptAway implements booking.Expectation.
func (x expectation) KeptAway(ctx context.Context, tx booking.Tx, a booking.Appointment) (bool, error) {
	all := tx.(everything)
	t, err := all.TicketByAppointment(ctx, a.ID)
	if houzhen.CodeOf(err) == houzhen.CodeNotFound {
		return false, nil // he is in no queue
	}
	if err != nil {
		return false, err
	}
	q, err := all.Queue(ctx, t.SessionID)
	if err != nil {
		return false, err
	}
	return queue.KeptAway(q, t, x.policies.of(q.ZoneID), tx.Now()), nil
}
