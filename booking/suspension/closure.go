package suspension

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// ClosureRequest asks that every session of some days does not take place.
type ClosureRequest struct {
	From, To    houzhen.Date // inclusive
	Parts       []houzhen.DayPart
	Departments []string
	Reason      string
	By          Person
}

// longestClosure bounds what one request closes, in days.
const longestClosure = 31

func (r ClosureRequest) validate(today houzhen.Date) error {
	switch {
	case r.From.IsZero() || r.To.IsZero():
		return houzhen.E(houzhen.CodeMissing, "a closure needs its days").On("from")
	case r.From.Before(today):
		return houzhen.E(houzhen.CodeInvalid, "a closure begins today or later").On("from")
	case r.To.Before(r.From) || r.From.DaysUntil(r.To) >= longestClosure:
		return houzhen.E(houzhen.CodeInvalid, "a closure ends after it begins, within a month").On("to")
	}
	for _, p := range r.Parts {
		if !p.Valid() {
			return houzhen.E(houzhen.CodeInvalid, "no such half-day").On("parts")
		}
	}
	return nil
}

// Preview is what a closure would suspend.
type Preview struct {
	Sessions []PreviewSession
	Patients int // who lose their places
	Here     int // who have checked in and would be disposed of at the desk
}

// PreviewSession is one session of a Preview, in the order of suspending.
type PreviewSession struct {
	Session  booking.Session
	Patients int
	Here     int
}

// Preview counts what a closure would suspend now.
func (s *Service) Preview(ctx context.Context, r ClosureRequest) (p Preview, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		p = Preview{}
		if err := r.validate(s.places.Today(tx.Now())); err != nil {
			return err
		}
		sessions, err := selected(ctx, tx, r.From, r.To, r.Parts, r.Departments)
		if err != nil {
			return err
		}
		visits, err := tx.Appointments(ctx, booking.AppointmentFilter{
			From: r.From, To: r.To, States: []booking.State{booking.Held, booking.Booked, booking.CheckedIn}, Purpose: booking.PurposeVisit,
		})
		if err != nil {
			return fmt.Errorf("load appointments: %w", err)
		}
		p = previewOf(sessions, visits)
		return nil
	})
	return p, err
}

func previewOf(sessions []booking.Session, visits []booking.Appointment) Preview {
	lose, here := map[string]int{}, map[string]int{}
	for _, a := range visits {
		if a.State == booking.CheckedIn {
			here[a.SessionID]++
		} else {
			lose[a.SessionID]++
		}
	}
	p := Preview{}
	for _, x := range sessions {
		p.Sessions = append(p.Sessions, PreviewSession{x, lose[x.ID], here[x.ID]})
		p.Patients += lose[x.ID]
		p.Here += here[x.ID]
	}
	return p
}

// selected lists the sessions of a closure, the earliest first: who would
// leave home soonest is told first.
func selected(ctx context.Context, tx Tx, from, to houzhen.Date, parts []houzhen.DayPart, departments []string) ([]booking.Session, error) {
	all, err := tx.Sessions(ctx, booking.SessionFilter{
		From: from, To: to, Status: []booking.SessionStatus{booking.SessionPlanned, booking.SessionOpen},
	})
	if err != nil {
		return nil, fmt.Errorf("load sessions: %w", err)
	}
	now := tx.Now()
	return slices.DeleteFunc(all, func(x booking.Session) bool {
		return !now.Before(x.End) || len(parts) > 0 && !slices.Contains(parts, x.Part) ||
			len(departments) > 0 && !slices.Contains(departments, x.DepartmentID)
	}), nil
}

// AskClosure asks for a closure.
func (s *Service) AskClosure(ctx context.Context, r ClosureRequest) (a Suspension, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		if a, err = s.policy.ask(r.By, r.Reason, tx.Now()); err != nil {
			return err
		}
		if err := r.validate(s.places.Today(tx.Now())); err != nil {
			return err
		}
		a.ID, a.Kind, a.From, a.To, a.Parts, a.Departments = tx.NewID(), KindClosure, r.From, r.To, r.Parts, r.Departments
		return s.add(ctx, tx, a)
	})
	return a, err
}

// schedule gives every session of a closure its turn, ClosureEach apart. What
// is not laid out yet is found by Extend.
func (s *Service) schedule(ctx context.Context, tx Tx, a Suspension) error {
	sessions, err := selected(ctx, tx, a.From, a.To, a.Parts, a.Departments)
	if err != nil {
		return err
	}
	known, err := tx.Items(ctx, a.ID)
	if err != nil {
		return err
	}
	due, rank := tx.Now(), len(known)
	for _, x := range sessions {
		if slices.ContainsFunc(known, func(i Item) bool { return i.SessionID == x.ID }) {
			continue
		}
		rank++
		if err := tx.AddItem(ctx, Item{SuspensionID: a.ID, SessionID: x.ID, Rank: rank, DueAt: due}); err != nil {
			return err
		}
		due = due.Add(s.policy.ClosureEach)
	}
	return nil
}

// closuresSince bounds how long ago a closure was asked for that Extend looks at.
const closuresSince = 100 * 24 * time.Hour

// Extend takes sessions that were laid out after a closure was approved into
// it, and ends a closure that has nothing to do. It gives how many it changed.
func (s *Service) Extend(ctx context.Context) (changed int, err error) {
	var open []Suspension
	if err := s.store.View(ctx, func(tx Tx) error {
		open, err = tx.Suspensions(ctx, Filter{States: []State{Approved, Done}, Since: tx.Now().Add(-closuresSince)})
		return err
	}); err != nil {
		return 0, err
	}
	for _, a := range open {
		if a.Kind != KindClosure {
			continue
		}
		did, err := s.extend(ctx, a.ID)
		if err != nil {
			return changed, err
		}
		if did {
			changed++
		}
	}
	return changed, nil
}

func (s *Service) extend(ctx context.Context, id string) (did bool, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		did = false
		a, err := tx.LockSuspension(ctx, id)
		if err != nil || a.State != Approved && a.State != Done || a.To.Before(s.places.Today(tx.Now())) && a.State == Done {
			return err
		}
		if err := s.schedule(ctx, tx, a); err != nil {
			return err
		}
		items, err := tx.Items(ctx, a.ID)
		if err != nil {
			return err
		}
		is := Done
		if slices.ContainsFunc(items, func(i Item) bool { return i.Outcome == ItemPending }) {
			is = Approved
		}
		if did = is != a.State; !did {
			return nil
		}
		a.State, a.EndedAt = is, time.Time{}
		if is == Done {
			a.EndedAt = tx.Now()
		}
		if err := tx.UpdateSuspension(ctx, &a); err != nil {
			return err
		}
		return tell(tx, houzhen.SuspensionDecided, a)
	})
	return did, err
}
