package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

func (r *Replay) cancel(ctx context.Context, id string) error {
	a, err := r.App.Booking.Appointment(ctx, id)
	if err != nil || a.State != booking.Booked {
		return err // suspended meanwhile
	}
	_, err = r.App.Booking.Cancel(ctx, booking.CancelRequest{AppointmentID: id, By: booking.ByPatient, Reason: booking.ReasonWithdrawn})
	return expected(err)
}

// move takes another session of the same place, on a later day if there is
// one; when all are full the patient keeps what he has.
func (r *Replay) move(ctx context.Context, row Row, id string, chance *rand.Rand) error {
	a, err := r.App.Booking.Appointment(ctx, id)
	if err != nil || a.State != booking.Booked {
		return err
	}
	choices := r.byPlace[placeID(row.Place)]
	from := chance.IntN(len(choices))
	for i := range min(len(choices), 20) {
		s := choices[(from+i)%len(choices)]
		if s.ID == a.SessionID || !s.Start.After(r.Clock.Now()) {
			continue
		}
		moved, err := r.App.Booking.Move(ctx, booking.MoveRequest{AppointmentID: id, SessionID: s.ID})
		if houzhen.CodeOf(err) == "" {
			if !row.NoShow {
				r.arrive(ctx, moved, chance)
			}
			return nil
		}
		if err := expected(err); err != nil {
			return err
		}
	}
	return nil
}

// suspend cancels a session on the eve. Of those who have a place kept, seven
// of ten choose one two hours later; the others let it lapse or decline.
func (r *Replay) suspend(ctx context.Context, s booking.Session) error {
	booked, err := r.App.Booking.Appointments(ctx, booking.AppointmentFilter{
		SessionID: s.ID, States: []booking.State{booking.Booked}, Purpose: booking.PurposeVisit,
	})
	if err != nil {
		return err
	}
	if _, err := r.App.SuspendSession(ctx, s.ID, "replay", "doctor"); err != nil {
		return expected(err)
	}
	for _, a := range booked {
		chance := Rand(r.Chances.Seed, "choose "+a.ID)
		r.line.add(step{at: s.Date.AddDays(-1).At(20, 0, r.App.Location()), key: "choose " + a.ID, calm: true, do: func() error {
			return r.choose(ctx, a, chance)
		}})
	}
	return nil
}

func (r *Replay) choose(ctx context.Context, origin booking.Appointment, chance *rand.Rand) error {
	options, err := r.App.Booking.Options(ctx, origin.ID)
	if err != nil || len(options) == 0 {
		return err
	}
	if chance.Float64() > 0.7 {
		if chance.Float64() > 0.5 {
			return nil // lets them lapse
		}
		return expected(r.App.Booking.Decline(ctx, origin.ID))
	}
	chosen, err := r.App.Booking.Choose(ctx, options[0].ID)
	if houzhen.CodeOf(err) == "" {
		r.arrive(ctx, chosen, chance)
		return nil
	}
	return expected(err)
}

// checkIn lets the patient arrive for the version of his booking that he
// knows; moved, cancelled and suspended ones stay at home.
func (r *Replay) checkIn(ctx context.Context, id string, version int64) error {
	a, err := r.App.Booking.Appointment(ctx, id)
	if err != nil {
		return err
	}
	if a.State != booking.Booked || a.Version > version && a.ReleasedAt.IsZero() {
		return nil
	}
	_, err = r.App.CheckInAppointment(ctx, id)
	return expected(err)
}

// expected lets pass what a rule refuses; anything else ends the replay.
func expected(err error) error {
	ours := []houzhen.Code{houzhen.CodeInternal, houzhen.CodeUnavailable, houzhen.CodeConflict}
	if slices.Contains(ours, houzhen.CodeOf(err)) {
		return fmt.Errorf("replay: %w", err)
	}
	return nil
}
