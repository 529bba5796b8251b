package apitest

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
)

type persons struct{ c *Clinic }

// BookWalkUp implements api.People.
func (p persons) BookWalkUp(_ context.Context, b api.WalkUpBooking) (api.WalkUpBooked, error) {
	at := p.c.Visits[0]
	return api.WalkUpBooked{Appointment: at, Warning: houzhen.E(houzhen.CodeTooOld, "").With("age", "14")}, p.c.ask("walk-up", b.SessionID)
}

// Complete implements api.People.
func (p persons) Complete(_ context.Context, appointmentID, _ string, d directory.Document) (directory.Patient, error) {
	return p.c.People[0], p.c.ask("complete", appointmentID+" "+string(d.Type))
}

// Merge implements api.People.
func (p persons) Merge(_ context.Context, kept, lost, _, reason string) error {
	return p.c.ask("merge", kept+" "+lost+" "+reason)
}

// Swap implements api.People.
func (p persons) Swap(_ context.Context, r booking.SwapRequest) (booking.Appointment, error) {
	at := p.c.Visits[0]
	at.PatientID, at.BookedAt = r.PatientID, time.Time{}
	return at, p.c.ask("swap", r.AppointmentID+" "+r.PatientID)
}
