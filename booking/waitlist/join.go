package waitlist

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// maxWishDays bounds how far ahead and how long a wish reaches.
const maxWishDays = 92

// JoinRequest asks to wait for a session, or for any session of a doctor or
// department on some dates.
type JoinRequest struct {
	PatientID, AccountID   string
	SessionID              string // or, when empty, a wish:
	DepartmentID, DoctorID string // DoctorID "" is any of the department
	Class                  booking.RegClass
	From, To               houzhen.Date
	Slice                  time.Time // only that slice of the session; zero for any
	Group                  booking.Quota
	SameDay                bool
	TravelMinutes          int
}

func (r JoinRequest) validate(today houzhen.Date) error {
	switch {
	case r.PatientID == "":
		return houzhen.E(houzhen.CodeMissing, "patient is missing").On("patient_id")
	case r.TravelMinutes < 0 || r.TravelMinutes > 24*60:
		return houzhen.E(houzhen.CodeInvalid, "travel minutes out of range").On("travel_minutes")
	case r.SessionID != "":
		return nil
	case r.DepartmentID == "":
		return houzhen.E(houzhen.CodeMissing, "session or department is missing").On("department_id")
	case r.From.IsZero() || r.To.IsZero():
		return houzhen.E(houzhen.CodeMissing, "dates are missing").On("from")
	case r.To.Before(r.From) || r.To.Before(today) || today.DaysUntil(r.To) > maxWishDays:
		return houzhen.E(houzhen.CodeInvalid, "dates out of range").On("to")
	case !r.Slice.IsZero():
		return houzhen.E(houzhen.CodeInvalid, "a slice is of a session").On("slice")
	}
	return nil
}

// wish names what an entry is for, so that nobody waits twice for the same.
func (r JoinRequest) wish() string {
	if r.SessionID != "" {
		parts := []string{"session", r.SessionID}
		if !r.Slice.IsZero() {
			parts = append(parts, r.Slice.UTC().Format(time.RFC3339))
		}
		return strings.Join(parts, ":")
	}
	return strings.Join([]string{"any", r.DepartmentID, r.DoctorID, string(r.Class), r.From.String(), r.To.String()}, ":")
}

// Join puts a patient on a list. Only what is full has one: CodeNotFull.
// Joining again gives the same entry, with its rank; more than a few at a time
// are CodeLimit.
func (s *Service) Join(ctx context.Context, r JoinRequest) (e Entry, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		if err := r.validate(houzhen.DateOf(tx.Now(), s.loc)); err != nil {
			return err
		}
		e, err = tx.WaitEntryOf(ctx, r.PatientID, r.wish())
		if houzhen.CodeOf(err) != houzhen.CodeNotFound {
			return err
		}
		if e, err = s.entry(ctx, tx, r); err != nil {
			return err
		}
		if err := s.roomFor(ctx, tx, r.PatientID); err != nil {
			return err
		}
		if err := tx.AddWaitEntry(ctx, e); err != nil {
			return fmt.Errorf("add entry: %w", err)
		}
		return emit(tx, houzhen.WaitlistJoined, e.ID, e.Version, e.SessionID, entryData(e))
	})
	return e, err
}

func (s *Service) roomFor(ctx context.Context, tx Tx, patientID string) error {
	mine, err := tx.WaitEntries(ctx, Filter{PatientIDs: []string{patientID}, Status: []Status{Waiting, Frozen}})
	if err != nil {
		return fmt.Errorf("load entries: %w", err)
	}
	if len(mine) >= s.policy.MostEntries {
		return houzhen.E(houzhen.CodeLimit, "patient waits for enough already").With("span", "waitlist")
	}
	return nil
}

// entry makes the row of a request, after looking whether it is full.
func (s *Service) entry(ctx context.Context, tx Tx, r JoinRequest) (Entry, error) {
	e := Entry{
		ID: tx.NewID(), PatientID: r.PatientID, AccountID: r.AccountID, SessionID: r.SessionID,
		DepartmentID: r.DepartmentID, DoctorID: r.DoctorID, Class: r.Class, From: r.From, To: r.To, Slice: r.Slice,
		Group: r.Group, SameDay: r.SameDay, TravelMinutes: r.TravelMinutes, Wish: r.wish(),
		Status: Waiting, JoinedAt: tx.Now(), Version: 1,
	}
	sessions, err := s.wanted(ctx, tx, &e)
	if err != nil {
		return e, err
	}
	e.CloseAt = s.policy.closing(e, e.To, e.To.AddDays(1).At(0, 0, s.loc), s.loc)
	if e.SessionID != "" {
		e.CloseAt = s.policy.closing(e, e.To, sessions[0].End, s.loc)
	}
	if !tx.Now().Before(e.CloseAt) {
		return e, houzhen.E(houzhen.CodeSessionClosed, "the list of that day is over").On("session_id")
	}
	return e, s.full(ctx, tx, e, sessions)
}

// wanted gives the sessions that an entry is for and completes it from the one
// session it names.
func (s *Service) wanted(ctx context.Context, tx Tx, e *Entry) ([]booking.Session, error) {
	if e.SessionID == "" {
		list, err := tx.Sessions(ctx, booking.SessionFilter{
			DepartmentID: e.DepartmentID, DoctorID: e.DoctorID, From: e.From, To: e.To,
			Status: []booking.SessionStatus{booking.SessionPlanned, booking.SessionOpen},
		})
		if err != nil {
			return nil, fmt.Errorf("load sessions: %w", err)
		}
		return list, nil
	}
	session, err := tx.Session(ctx, e.SessionID)
	if err != nil {
		return nil, fmt.Errorf("load session: %w", err)
	}
	switch {
	case session.Status == booking.SessionSuspended:
		return nil, houzhen.E(houzhen.CodeSessionSuspended, "session is suspended").On("session_id")
	case session.Status == booking.SessionClosed || !tx.Now().Before(session.End):
		return nil, houzhen.E(houzhen.CodeSessionClosed, "session is over").On("session_id")
	case tx.Now().Before(session.ReleaseAt):
		return nil, houzhen.E(houzhen.CodeNotReleased, "session is not released yet").On("session_id").
			With("at", session.ReleaseAt.UTC().Format(time.RFC3339))
	}
	e.DepartmentID, e.DoctorID, e.Class = session.DepartmentID, session.DoctorID, session.Class
	e.From, e.To = session.Date, session.Date
	return []booking.Session{session}, nil
}

// full refuses an entry for what the patient could simply book.
func (s *Service) full(ctx context.Context, tx Tx, e Entry, sessions []booking.Session) error {
	seen := 0
	for _, o := range sessions {
		if !e.Wants(o) || tx.Now().Before(o.ReleaseAt) {
			continue
		}
		seen++
		free, err := s.booking.FreePlaces(ctx, tx, o, e.who())
		if err != nil {
			return err
		}
		for _, p := range free {
			if e.Slice.IsZero() || e.Slice.Equal(p.Start) {
				return houzhen.E(houzhen.CodeNotFull, "there are free places").On("session_id")
			}
		}
	}
	if seen == 0 {
		return houzhen.E(houzhen.CodeNotFound, "no session of that doctor or department on those dates").On("department_id")
	}
	return nil
}

// Leave takes a patient off the list; what he was offered goes to the next.
// Leaving again changes nothing.
func (s *Service) Leave(ctx context.Context, entryID string) (e Entry, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		e, err = s.LeaveTx(ctx, tx, entryID)
		return err
	})
	return e, err
}

// LeaveTx is Leave inside a transaction.
func (s *Service) LeaveTx(ctx context.Context, tx Tx, entryID string) (Entry, error) {
	e, err := tx.WaitEntry(ctx, entryID)
	if err != nil {
		return e, fmt.Errorf("load entry: %w", err)
	}
	if !e.Status.Live() {
		return e, nil
	}
	offers, err := tx.ProposalsOf(ctx, e.ID)
	if err != nil {
		return e, fmt.Errorf("load offers: %w", err)
	}
	for _, o := range offers {
		if o.Status == Open {
			if err := s.giveUp(ctx, tx, o.ID, Declined); err != nil {
				return e, err
			}
		}
	}
	return e, s.end(ctx, tx, &e, Left, "")
}

// end takes an entry off the list and says so.
func (s *Service) end(ctx context.Context, tx Tx, e *Entry, to Status, reason string) error {
	e.Status, e.Reason, e.EndedAt, e.CloseAt = to, reason, tx.Now(), time.Time{}
	if err := tx.UpdateWaitEntry(ctx, e); err != nil {
		return fmt.Errorf("end entry: %w", err)
	}
	if to == Booked {
		return nil // told as accepted
	}
	return emit(tx, houzhen.WaitlistClosed, e.ID, e.Version, e.SessionID, entryData(*e))
}
