package booking

import (
	"context"
	"fmt"
	"slices"

	"github.com/houzhen/houzhen"
)

// Stand is what must be known of a doctor to let one stand in for another.
type Stand struct {
	DoctorID     string
	DepartmentID string
	Grade        int
	Pool         bool
}

// SubstituteRequest puts another doctor into a session. Places, numbers and
// queue stay; DoctorID of the session, which was booked, never changes.
type SubstituteRequest struct {
	SessionID string
	Own, By   Stand // whose session it is, and who stands in
}

// maySubstitute is domain rule §3.11: the same speciality, and the same grade or
// a higher one. A lower one would owe the difference of the fee and is refused.
func maySubstitute(s Session, own, by Stand) error {
	refuse := func(why string) error {
		return houzhen.E(houzhen.CodeSubstitute, "doctor may not stand in").On("doctor_id").With("reason", why)
	}
	switch {
	case s.Status == SessionSuspended:
		return houzhen.E(houzhen.CodeSessionSuspended, "session is suspended").On("session_id")
	case s.Status == SessionClosed:
		return houzhen.E(houzhen.CodeSessionClosed, "session is over").On("session_id")
	case by.DoctorID == "" || by.Pool:
		return refuse("pool")
	case by.DepartmentID != own.DepartmentID:
		return refuse("department")
	case by.Grade < own.Grade:
		return refuse("grade")
	}
	return nil
}

// Substitute lets another doctor sit in a session. Doing it again changes
// nothing; putting the booked doctor back is a substitution too.
func (s *Service) Substitute(ctx context.Context, r SubstituteRequest) (x Session, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		x, err = s.SubstituteTx(ctx, tx, r)
		return err
	})
	return x, err
}

// SubstituteTx is Substitute inside a transaction.
func (s *Service) SubstituteTx(ctx context.Context, tx Tx, r SubstituteRequest) (Session, error) {
	x, err := tx.LockSession(ctx, r.SessionID)
	if err != nil {
		return x, fmt.Errorf("lock session: %w", err)
	}
	if err := maySubstitute(x, r.Own, r.By); err != nil || x.AttendingID == r.By.DoctorID {
		return x, err
	}
	busy, err := tx.Sessions(ctx, SessionFilter{From: x.Date, To: x.Date, Status: []SessionStatus{SessionPlanned, SessionOpen}})
	if err != nil {
		return x, fmt.Errorf("load sessions of the day: %w", err)
	}
	if slices.ContainsFunc(busy, func(o Session) bool {
		return o.ID != x.ID && o.AttendingID == r.By.DoctorID && o.Start.Before(x.End) && x.Start.Before(o.End)
	}) {
		return x, houzhen.E(houzhen.CodeSubstitute, "doctor sits elsewhere then").On("doctor_id").With("reason", "busy")
	}
	x.AttendingID = r.By.DoctorID
	if err := tx.UpdateSession(ctx, x); err != nil {
		return x, fmt.Errorf("substitute: %w", err)
	}
	x.Version++
	return x, emitSession(tx, houzhen.SessionSubstituted, x, nil)
}

// Substituted reports whether another doctor sits there than the one booked;
// whoever booked may then give the place up freely until his slice begins.
func (s Session) Substituted() bool { return s.AttendingID != "" && s.AttendingID != s.DoctorID }

// ChangeRoom lets a session take place in another room; the queue stays.
func (s *Service) ChangeRoom(ctx context.Context, sessionID, zoneID, roomID string) (x Session, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		x, err = s.ChangeRoomTx(ctx, tx, sessionID, zoneID, roomID)
		return err
	})
	return x, err
}

// ChangeRoomTx is ChangeRoom inside a transaction.
func (s *Service) ChangeRoomTx(ctx context.Context, tx Tx, sessionID, zoneID, roomID string) (Session, error) {
	x, err := tx.LockSession(ctx, sessionID)
	switch {
	case err != nil:
		return x, fmt.Errorf("lock session: %w", err)
	case roomID == "" || zoneID == "":
		return x, houzhen.E(houzhen.CodeMissing, "a session needs its room").On("room_id")
	case x.Status == SessionSuspended:
		return x, houzhen.E(houzhen.CodeSessionSuspended, "session is suspended").On("session_id")
	case x.Status == SessionClosed:
		return x, houzhen.E(houzhen.CodeSessionClosed, "session is over").On("session_id")
	case x.RoomID == roomID:
		return x, nil
	}
	x.ZoneID, x.RoomID = zoneID, roomID
	if err := tx.UpdateSession(ctx, x); err != nil {
		return x, fmt.Errorf("change room: %w", err)
	}
	x.Version++
	return x, emitSession(tx, houzhen.SessionPlaceChanged, x, nil)
}

// SwapRooms lets two sessions change rooms in one act.
func (s *Service) SwapRooms(ctx context.Context, one, other string) error {
	return s.store.InTx(ctx, func(tx Tx) error {
		ids := []string{one, other}
		slices.Sort(ids)
		var locked [2]Session
		for i, id := range ids {
			x, err := tx.LockSession(ctx, id)
			if err != nil {
				return fmt.Errorf("lock session: %w", err)
			}
			locked[i] = x
		}
		for i, x := range locked {
			to := locked[1-i]
			if _, err := s.ChangeRoomTx(ctx, tx, x.ID, to.ZoneID, to.RoomID); err != nil {
				return err
			}
		}
		return nil
	})
}
