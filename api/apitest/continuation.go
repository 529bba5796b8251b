package apitest

import (
	"context"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/continuation"
)

type continuations struct{ *Clinic }

// Give implements api.Continuations.
func (c continuations) Give(_ context.Context, appointmentID, by string) (continuation.Continuation, error) {
	one := Continued()
	one.VisitID, one.GivenBy = appointmentID, by
	return one, c.ask("continue", appointmentID)
}

// Of implements api.Continuations.
func (c continuations) Of(context.Context, ...string) ([]continuation.Continuation, error) {
	return c.Continued, c.ask("continuations", "")
}

// Continuation implements api.Continuations.
func (c continuations) Continuation(_ context.Context, id string) (continuation.Continuation, error) {
	for _, one := range append([]continuation.Continuation{Continued()}, c.Continued...) {
		if one.ID == id {
			return one, nil
		}
	}
	return continuation.Continuation{}, houzhen.E(houzhen.CodeNotFound, "no such continuation")
}

// Book implements api.Continuations.
func (c continuations) Book(_ context.Context, r api.ContinuationBooking) (booking.Appointment, error) {
	if len(c.Visits) == 0 {
		return booking.Appointment{}, c.ask("use", r.ID+" "+r.SessionID)
	}
	return c.Visits[0], c.ask("use", r.ID+" "+r.SessionID)
}

// Continued is a registration that is good once more, of the first person.
func Continued() continuation.Continuation {
	today := houzhen.Date{Year: 2026, Month: 3, Day: 2}
	return continuation.Continuation{
		ID: "c1", VisitID: "a1", PatientID: "p1", DepartmentID: "cardio", DoctorID: "d1", MaxGrade: 3, From: today, Until: today.AddDays(2), Version: 1,
	}
}
