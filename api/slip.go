package api

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/queue"
)

// Slip is what stands on a ticket of paper.
type Slip struct {
	Label      string        `json:"label"`
	Name       string        `json:"name" doc:"Masked"`
	State      queue.State   `json:"state"`
	Zone       houzhen.Label `json:"zone"`
	Room       string        `json:"room"`
	Department houzhen.Label `json:"department" doc:"Another name where the department is sensitive"`
	Doctor     houzhen.Label `json:"doctor"`
	Start      time.Time     `json:"start"`
	End        time.Time     `json:"end"`
	Ahead      int           `json:"ahead"`
	Voucher    string        `json:"voucher" doc:"Its picture is at /v/{voucher}.svg"`
	At         time.Time     `json:"at"`
}

// Slip gives what a ticket says that is printed again, and records who asked
// for it.
func (s Services) Slip(ctx context.Context, p auth.Principal, ticketID string) (Slip, error) {
	t, err := s.Desk.Ticket(ctx, ticketID)
	if err != nil {
		return Slip{}, fmt.Errorf("load ticket: %w", err)
	}
	at, err := s.Booking.Appointment(ctx, t.AppointmentID)
	if err != nil {
		return Slip{}, fmt.Errorf("load appointment: %w", err)
	}
	pos, err := s.Boards.Position(ctx, at.ID)
	if err != nil {
		return Slip{}, fmt.Errorf("build position: %w", err)
	}
	patient, err := s.Directory.Patient(ctx, at.PatientID)
	if err != nil {
		return Slip{}, fmt.Errorf("load patient: %w", err)
	}
	if err := s.Audit.Record(ctx, p.ID, "ticket.print", t.ID); err != nil {
		return Slip{}, fmt.Errorf("record print: %w", err)
	}
	return Slip{
		Label: pos.Label, Name: patient.Name.String(), State: queue.State(pos.State), Zone: pos.Zone, Room: pos.Room, Department: pos.Department,
		Doctor: pos.Doctor, Start: at.Start, End: at.End, Ahead: pos.Ahead, Voucher: at.Voucher, At: time.UnixMilli(pos.At),
	}, nil
}

type slipIn struct {
	ID string `path:"id" maxLength:"80"`
}

type slipOut struct{ Body Slip }

func (a *API) slip(ctx context.Context, in *slipIn) (*slipOut, error) {
	s, err := a.Slip(ctx, who(ctx), in.ID)
	return &slipOut{s}, err
}
