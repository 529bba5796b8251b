package booking

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/houzhen/houzhen"
)

// SuspendRequest says that a session will not take place, or not go on. Peers
// are doctors of the same grade, as the directory knows; without any, the
// sessions of the same class count as such.
type SuspendRequest struct {
	SessionID     string
	Peers         []string
	KeepCheckedIn bool // who has checked in is still seen
}

// SuspendResult counts the patients: Affected = Kept + Without.
type SuspendResult struct {
	Affected int `json:"affected"`
	Kept     int `json:"kept"`    // with at least one place kept in their name
	Without  int `json:"without"` // nothing free was found
}

// Suspend cancels every appointment of a session in one act and keeps places
// in the patients' names for them to choose from. Suspending again gives the
// same result.
func (s *Service) Suspend(ctx context.Context, r SuspendRequest) (result SuspendResult, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		session, err := tx.LockSession(ctx, r.SessionID)
		switch {
		case err != nil:
			return fmt.Errorf("lock session: %w", err)
		case session.Status == SessionSuspended:
			result, err = s.suspended(ctx, tx, session)
			return err
		case session.Status == SessionClosed:
			return houzhen.E(houzhen.CodeSessionClosed, "session is over").On("session_id")
		}
		session.Status = SessionSuspended
		if err := tx.UpdateSession(ctx, session); err != nil {
			return fmt.Errorf("suspend session: %w", err)
		}
		session.Version++
		if err := emitSession(tx, houzhen.SessionSuspended, session, nil); err != nil {
			return err
		}
		ended, err := s.endAll(ctx, tx, session, r.KeepCheckedIn)
		if err != nil {
			return err
		}
		kept, err := s.keepOptions(ctx, tx, session, ended, r.Peers)
		result = SuspendResult{Affected: len(ended), Kept: kept, Without: len(ended) - kept}
		return err
	})
	return result, err
}

// endAll cancels whoever stands on the session and gives those who need
// another place, by the time they had: visits, and patients whose last kept
// place was here. The latter keep the origin that they were offered it for.
func (s *Service) endAll(ctx context.Context, tx Tx, session Session, keepCheckedIn bool) ([]Appointment, error) {
	standing, err := tx.Appointments(ctx, AppointmentFilter{SessionID: session.ID, States: []State{Held, Booked, CheckedIn}})
	if err != nil {
		return nil, fmt.Errorf("load appointments: %w", err)
	}
	ended := make([]Appointment, 0, len(standing))
	for _, a := range standing {
		if a, err = tx.LockAppointment(ctx, a.ID); err != nil {
			return nil, fmt.Errorf("lock appointment: %w", err)
		}
		if a.SessionID != session.ID || !a.Active() || a.State > CheckedIn || keepCheckedIn && a.State == CheckedIn {
			continue
		}
		if a, err = s.endOne(ctx, tx, a); err != nil {
			return nil, err
		}
		if a.Purpose == PurposeOption {
			others, err := s.liveOptions(ctx, tx, a.OriginID)
			if err != nil {
				return nil, err
			}
			if len(others) > 0 {
				continue
			}
		}
		ended = append(ended, a)
	}
	slices.SortFunc(ended, func(a, b Appointment) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.SlotNo, b.SlotNo))
	})
	return ended, nil
}

func (s *Service) endOne(ctx context.Context, tx Tx, a Appointment) (Appointment, error) {
	kind := houzhen.AppointmentCancelled
	if a.Purpose == PurposeOption {
		kind = houzhen.OptionLapsed
	}
	a = a.end(tx.Now(), ByHospital, ReasonSuspended)
	if err := tx.UpdateAppointment(ctx, &a); err != nil {
		return a, fmt.Errorf("cancel appointment: %w", err)
	}
	return a, emit(tx, kind, a, cancelledData(a))
}

// suspended recounts what a suspension did.
func (s *Service) suspended(ctx context.Context, tx Tx, session Session) (SuspendResult, error) {
	ended, err := tx.Appointments(ctx, AppointmentFilter{SessionID: session.ID, States: []State{Cancelled}})
	if err != nil {
		return SuspendResult{}, fmt.Errorf("load suspended appointments: %w", err)
	}
	origins, patients := map[string]bool{}, []string{}
	for _, a := range ended {
		if a.Reason == ReasonSuspended {
			origins[a.origin()] = false
			patients = append(patients, a.PatientID)
		}
	}
	if len(patients) == 0 {
		return SuspendResult{}, nil
	}
	after, err := tx.Appointments(ctx, AppointmentFilter{PatientIDs: patients})
	if err != nil {
		return SuspendResult{}, fmt.Errorf("load kept places: %w", err)
	}
	kept := 0
	for _, a := range after {
		if seen, ours := origins[a.OriginID]; ours && !seen && a.SessionID != session.ID && !a.Trace() {
			origins[a.OriginID] = true
			kept++
		}
	}
	return SuspendResult{Affected: len(origins), Kept: kept, Without: len(origins) - kept}, nil
}

// origin gives the appointment that places are kept for in a's stead.
func (a Appointment) origin() string {
	if a.Purpose == PurposeOption {
		return a.OriginID
	}
	return a.ID
}
