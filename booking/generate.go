package booking

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/houzhen/houzhen"
)

// GenerateSessions adds the sessions that the roster makes from one date to
// another, both included, with their slots, and tells how many were new. What
// exists is never changed or removed: a session with bookings is suspended,
// not deleted.
func (s *Service) GenerateSessions(ctx context.Context, from, to houzhen.Date) (int, error) {
	if to.Before(from) || from.DaysUntil(to) > 400 {
		return 0, houzhen.E(houzhen.CodeInvalid, "dates are the wrong way round or too far apart").On("to")
	}
	missing, err := s.missingSessions(ctx, from, to)
	if err != nil {
		return 0, err
	}
	return sweep(ctx, s, missing, func(ctx context.Context, tx Tx, o planned) (bool, error) {
		if err := s.addSession(ctx, tx, o.Session, LayOut(o.Session, o.quotas), o.extra); err != nil {
			return false, fmt.Errorf("add session: %w", err)
		}
		return true, nil
	})
}

// AddSession adds one session by hand (an extra session, an outside roster),
// filling what is left empty: id, deadline, release, status.
func (s *Service) AddSession(ctx context.Context, o Session, q ...Quotas) (Session, error) {
	quotas := append(q, nil)[0]
	if err := quotas.Validate(); err != nil {
		return Session{}, err
	}
	rule, err := s.ReleaseRule(ctx, o.DepartmentID)
	if err != nil {
		return Session{}, err
	}
	o.Status, o.Version = SessionPlanned, 1
	if o.Deadline.IsZero() {
		o.Deadline = s.policy.deadline(o, s.loc)
	}
	if o.ReleaseAt.IsZero() {
		o.ReleaseAt = rule.opens(o, s.loc)
	}
	if o.FallBackAt.IsZero() {
		o.FallBackAt = rule.FallBack(o.Date, s.loc)
	}
	if o.AttendingID == "" {
		o.AttendingID = o.DoctorID
	}
	if o.ID == "" {
		o.ID = sessionID(o)
	}
	err = s.store.InTx(ctx, func(tx Tx) error { return s.addSession(ctx, tx, o, LayOut(o, quotas), false) })
	if err != nil {
		return Session{}, fmt.Errorf("add session: %w", err)
	}
	return o, nil
}

// addSession inserts a session. An extra one that is added after its own
// release opens to all only when the waitlist had its turn.
func (s *Service) addSession(ctx context.Context, tx Tx, o Session, slots []Slot, extra bool) error {
	if len(slots) >= FirstWalkIn {
		return tooManyPlaces("slice_capacity")
	}
	late := extra && !o.ReleaseAt.IsZero() && tx.Now().After(o.ReleaseAt) && tx.Now().Before(o.Start)
	data := houzhen.OpenedData{OpenAt: tx.Now().Add(s.policy.OpenedLead)}
	for i := range slots {
		if late {
			slots[i].OpenAt = data.OpenAt
			data.Slots = append(data.Slots, slots[i].No)
		}
	}
	if err := tx.AddSession(ctx, o, slots); err != nil || len(data.Slots) == 0 {
		return err
	}
	return emitSession(tx, houzhen.PlaceOpened, o, data)
}

func tooManyPlaces(field string) error {
	return houzhen.E(houzhen.CodeInvalid, "a session has at most 200 places").On(field).With("max", strconv.Itoa(FirstWalkIn-1))
}

func (s *Service) missingSessions(ctx context.Context, from, to houzhen.Date) (missing []planned, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		rosters, err := tx.Rosters(ctx)
		if err != nil {
			return fmt.Errorf("load rosters: %w", err)
		}
		exceptions, err := tx.Exceptions(ctx, from, to)
		if err != nil {
			return fmt.Errorf("load exceptions: %w", err)
		}
		known, err := tx.Sessions(ctx, SessionFilter{From: from, To: to})
		if err != nil {
			return fmt.Errorf("load sessions: %w", err)
		}
		exists := map[string]bool{}
		for _, o := range known {
			exists[sessionKey(o)] = true
		}
		rules, err := tx.ReleaseRules(ctx)
		if err != nil {
			return fmt.Errorf("load release rules: %w", err)
		}
		for d := from; !to.Before(d); d = d.AddDays(1) {
			for _, o := range plan(rosters, exceptions, d, s.loc, s.policy, rules...) {
				if !exists[sessionKey(o.Session)] {
					o.ID = sessionID(o.Session)
					missing = append(missing, o)
				}
			}
		}
		return nil
	})
	return missing, err
}

// sessionKey is what a unique index holds: doctor, day and half-day.
func sessionKey(o Session) string {
	return strings.Join([]string{o.DoctorID, o.Date.String(), string(o.Part)}, "|")
}

// sessionID derives the id, so that every node makes the same session.
func sessionID(o Session) string { return deriveID("session", sessionKey(o)) }
