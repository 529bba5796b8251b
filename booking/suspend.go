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
	// Avoid are sessions in which no place is kept, because they will be
	// suspended too.
	Avoid []string
}

// Affected is whom a suspension concerns: Ended lost a place, by the time they
// had, and Here go on waiting at the desk. A kept place that was lost again
// stands for the appointment it replaces.
type Affected struct{ Ended, Here []Appointment }

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
		result, _, err = s.SuspendTx(ctx, tx, r)
		return err
	})
	return result, err
}

// SuspendTx is Suspend inside a transaction. It also tells whom it concerned;
// nobody when the session was suspended before.
func (s *Service) SuspendTx(ctx context.Context, tx Tx, r SuspendRequest) (result SuspendResult, whom Affected, err error) {
	session, err := tx.LockSession(ctx, r.SessionID)
	switch {
	case err != nil:
		return result, whom, fmt.Errorf("lock session: %w", err)
	case session.Status == SessionSuspended:
		result, err = s.suspended(ctx, tx, session)
		return result, whom, err
	case session.Status == SessionClosed:
		return result, whom, houzhen.E(houzhen.CodeSessionClosed, "session is over").On("session_id")
	}
	session.Status = SessionSuspended
	if err := tx.UpdateSession(ctx, session); err != nil {
		return result, whom, fmt.Errorf("suspend session: %w", err)
	}
	session.Version++
	if err := emitSession(tx, houzhen.SessionSuspended, session, nil); err != nil {
		return result, whom, err
	}
	if whom, err = s.endAll(ctx, tx, session, r.KeepCheckedIn); err != nil {
		return result, whom, err
	}
	kept, err := s.keepOptions(ctx, tx, session, whom.Ended, r)
	return SuspendResult{Affected: len(whom.Ended), Kept: kept, Without: len(whom.Ended) - kept}, whom, err
}

// endAll cancels whoever stands on the session and gives those who need
// another place, by the time they had: visits, and patients whose last kept
// place was here. The latter keep the origin that they were offered it for.
func (s *Service) endAll(ctx context.Context, tx Tx, session Session, keepCheckedIn bool) (whom Affected, err error) {
	standing, err := tx.Appointments(ctx, AppointmentFilter{SessionID: session.ID, States: []State{Held, Booked, CheckedIn}})
	if err != nil {
		return whom, fmt.Errorf("load appointments: %w", err)
	}
	for _, a := range standing {
		if a, err = tx.LockAppointment(ctx, a.ID); err != nil {
			return whom, fmt.Errorf("lock appointment: %w", err)
		}
		switch {
		case a.SessionID != session.ID || !a.Active() || a.State > CheckedIn:
		case keepCheckedIn && a.State == CheckedIn:
			whom.Here = append(whom.Here, a)
		default:
			last, err := s.endLast(ctx, tx, &a)
			if err != nil {
				return whom, err
			}
			if last {
				whom.Ended = append(whom.Ended, a)
			}
		}
	}
	slices.SortFunc(whom.Ended, bySlice)
	slices.SortFunc(whom.Here, bySlice)
	return whom, nil
}

func bySlice(a, b Appointment) int {
	return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.SlotNo, b.SlotNo))
}

// endLast ends a and reports whether its patient now has nothing instead: a
// kept place that goes is no loss while another one is kept.
func (s *Service) endLast(ctx context.Context, tx Tx, a *Appointment) (last bool, err error) {
	if *a, err = s.endOne(ctx, tx, *a); err != nil || a.Purpose != PurposeOption {
		return err == nil && a.Purpose != PurposeOffer, err // an offer was not his yet
	}
	others, err := s.liveOptions(ctx, tx, a.OriginID)
	return len(others) == 0, err
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
			origins[a.Origin()] = false
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

// Origin gives the appointment that places are kept for in a's stead.
func (a Appointment) Origin() string {
	if a.Purpose == PurposeOption {
		return a.OriginID
	}
	return a.ID
}
