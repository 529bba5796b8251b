package apitest

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
)

// Family implements api.Directory: everybody of the account, and one who has
// not agreed.
func (c *Clinic) Family(_ context.Context, accountID string) ([]directory.Relative, error) {
	if len(c.People) == 0 {
		return nil, c.ask("family", accountID)
	}
	var list []directory.Relative
	for i, p := range c.People {
		r := directory.Relative{Patient: p, Relation: directory.RelationParent, ConsentAt: c.At}
		if i == 0 {
			r.Relation, r.ConsentAt = directory.RelationSelf, time.Time{}
		}
		list = append(list, r)
	}
	asked := directory.Patient{ID: "p9", Name: houzhen.NewName("Zhao Liu")}
	return append(list, directory.Relative{Patient: asked, Relation: directory.RelationSpouse}), c.ask("family", accountID)
}

// Agreements implements api.Directory: one account that asks, and one that may.
func (c *Clinic) Agreements(_ context.Context, accountID string) ([]directory.Agreement, error) {
	if c.Quiet || len(c.People) == 0 {
		return []directory.Agreement{}, c.ask("agreements", accountID)
	}
	p := c.People[0]
	return []directory.Agreement{
		{AccountID: "acc7", PatientID: p.ID, Name: p.Name, By: houzhen.NewPhone("13912345678"), Relation: directory.RelationOther},
		{AccountID: "acc8", PatientID: p.ID, Name: p.Name, By: houzhen.NewPhone("13812345679"), Relation: directory.RelationChild, ConsentAt: c.At},
	}, c.ask("agreements", accountID)
}

// GiveConsent implements api.Directory.
func (c *Clinic) GiveConsent(_ context.Context, by, accountID, patientID string) error {
	return c.ask("agree", by+" "+accountID+" "+patientID)
}

// WithdrawConsent implements api.Directory.
func (c *Clinic) WithdrawConsent(_ context.Context, by, accountID, patientID string) error {
	return c.ask("disagree", by+" "+accountID+" "+patientID)
}

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
