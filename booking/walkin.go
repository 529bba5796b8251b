package booking

import (
	"context"
	"slices"

	"github.com/houzhen/houzhen"
)

// WalkInRequest asks for a place now, at the desk.
type WalkInRequest struct {
	Caller, Key   string
	SessionID     string
	PatientID     string
	TravelMinutes int
}

// WalkIn books a place of today's session at the desk: one that an absent
// patient left free if there is any, else one of the remaining booked band.
func (s *Service) WalkIn(ctx context.Context, w WalkInRequest) (Appointment, error) {
	r := BookRequest{
		Caller: w.Caller, Key: w.Key, SessionID: w.SessionID, PatientID: w.PatientID,
		Channel: DeskChannel, TravelMinutes: w.TravelMinutes,
	}
	if err := r.validate(); err != nil {
		return Appointment{}, err
	}
	session, places, err := s.look(ctx, r)
	if err != nil {
		old, _, err := s.replay(ctx, r, err)
		return old, err
	}
	slices.SortStableFunc(places, func(a, b Slot) int { return band(a) - band(b) })
	var a Appointment
	err = s.store.InTx(ctx, func(tx Tx) error {
		if session.Date != s.today(tx.Now()) {
			return houzhen.E(houzhen.CodeNotToday, "session is of another day").With("date", session.Date.String())
		}
		a = r.appointment(session, tx.Now(), s.policy)
		if err := s.take(ctx, tx, &a, session, places, r); err != nil {
			return err
		}
		return emit(tx, houzhen.AppointmentBooked, a, bookedData(a))
	})
	if err != nil && houzhen.CodeOf(err) != houzhen.CodeInternal {
		old, _, err := s.replay(ctx, r, err)
		return old, err
	}
	return a, err
}

func band(p Slot) int {
	if p.Band == BandWalkIn {
		return 0
	}
	return 1
}
