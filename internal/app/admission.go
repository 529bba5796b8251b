package app

import (
	"context"
	"fmt"
	"slices"

	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/continuation"
	"github.com/houzhen/houzhen/booking/noshow"
	"github.com/houzhen/houzhen/queue"
)

// admission is a booked patient as the queue sees him.
func (a *App) admission(ctx context.Context, tx everything, at booking.Appointment) (queue.Admission, error) {
	p, err := patientOf(ctx, tx, at.PatientID)
	if err != nil {
		return queue.Admission{}, err
	}
	travel := at.TravelMinute
	if travel == 0 {
		travel = p.TravelMinutes
	}
	inHouse, err := keptInHouse(ctx, tx, at)
	if err != nil {
		return queue.Admission{}, err
	}
	lane := queue.Lane("")
	if at.Channel == continuation.Channel {
		session, err := tx.Session(ctx, at.SessionID)
		if err != nil {
			return queue.Admission{}, fmt.Errorf("load session: %w", err)
		}
		lane = a.policies.of(session.ZoneID).Continuation.Lane
	}
	first, err := firstVisit(ctx, tx, at)
	if err != nil {
		return queue.Admission{}, err
	}
	return queue.Admission{
		Lane: lane, FirstVisit: first, InHouse: inHouse, AppointmentID: at.ID, PatientID: at.PatientID, SessionID: at.SessionID, No: at.SlotNo,
		SliceStart: at.Start, SliceEnd: at.End, WalkIn: booking.BandOf(at.SlotNo) == booking.BandWalkIn, TravelMinutes: travel,
		LivesNear: p.LivesNear,
	}, nil
}

// foreknown is an admission of one who has not come yet: with how likely he is
// to stay away, where that has been estimated.
func (a *App) foreknown(ctx context.Context, tx everything, at booking.Appointment) (queue.Admission, error) {
	admission, err := a.admission(ctx, tx, at)
	if err != nil {
		return queue.Admission{}, err
	}
	admission.NoShow, _, err = noshow.Chance(ctx, tx, at.ID)
	return admission, err
}

// knownDays is for how many days a doctor knows whom he has seen.
const knownDays = 365

// firstVisit reports whether the doctor, or the pool, has not seen the patient
// in the last year: he takes longer.
func firstVisit(ctx context.Context, tx everything, at booking.Appointment) (bool, error) {
	seen, err := tx.Appointments(ctx, booking.AppointmentFilter{
		PatientIDs: []string{at.PatientID}, From: at.Day.AddDays(-knownDays), To: at.Day, States: []booking.State{booking.Fulfilled},
	})
	if err != nil {
		return false, fmt.Errorf("load earlier visits: %w", err)
	}
	return !slices.ContainsFunc(seen, func(o booking.Appointment) bool { return o.DoctorID == at.DoctorID && o.ID != at.ID }), nil
}
