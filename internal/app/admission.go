package app

import (
	"context"
	"fmt"

	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/queue"
)

// admission is a booked patient as the queue sees him.
func (a *App) admission(ctx context.Context, tx everything, at booking.Appointment) (queue.Admission, error) {
	p, err := tx.Patient(ctx, at.PatientID)
	if err != nil {
		return queue.Admission{}, fmt.Errorf("load patient: %w", err)
	}
	travel := at.TravelMinute
	if travel == 0 {
		travel = p.TravelMinutes
	}
	inHouse, err := keptInHouse(ctx, tx, at)
	if err != nil {
		return queue.Admission{}, err
	}
	return queue.Admission{
		InHouse: inHouse, AppointmentID: at.ID, PatientID: at.PatientID, SessionID: at.SessionID, No: at.SlotNo,
		SliceStart: at.Start, SliceEnd: at.End, WalkIn: booking.BandOf(at.SlotNo) == booking.BandWalkIn, TravelMinutes: travel,
		LivesNear: p.LivesNear,
	}, nil
}
