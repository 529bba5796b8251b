package api

import (
	"context"
	"fmt"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/queue"
)

type checkInIn struct {
	Body struct {
		Voucher   string `json:"voucher,omitempty" maxLength:"40"`
		IDTail    string `json:"id_tail,omitempty" maxLength:"4" doc:"Last four signs of the document"`
		Number    string `json:"number,omitempty" maxLength:"10" doc:"The number as it is called, within a session or zone"`
		SessionID string `json:"session_id,omitempty"`
		ZoneID    string `json:"zone_id,omitempty"`
	}
}

type checkInOut struct{ Body checkedInView }

type checkedInView struct {
	AppointmentID string      `json:"appointment_id"`
	TicketID      string      `json:"ticket_id"`
	Label         string      `json:"label"`
	State         queue.State `json:"state"`
	Lane          queue.Lane  `json:"lane"`
	Name          string      `json:"name" doc:"Masked"`
	Room          string      `json:"room"`
	Ahead         int         `json:"ahead"`
}

// checkIn takes somebody who has come into the queue.
func (a *API) checkIn(ctx context.Context, in *checkInIn) (*checkInOut, error) {
	b, p := in.Body, who(ctx)
	if b.Voucher == "" && b.IDTail == "" && b.Number == "" {
		return nil, houzhen.E(houzhen.CodeMissing, "neither voucher nor ID tail nor number").On("voucher")
	}
	c, err := a.Desk.CheckIn(ctx, Arrival{
		Voucher: b.Voucher, IDTail: b.IDTail, Number: b.Number, SessionID: b.SessionID, ZoneID: b.ZoneID,
		RequestID: requestOf(ctx).key, StaffID: p.ID,
	})
	if err != nil {
		return nil, fmt.Errorf("check in: %w", err)
	}
	return &checkInOut{checkedInView{
		c.AppointmentID, c.Ticket.ID, c.Ticket.Label, c.Ticket.State, c.Ticket.Lane, c.Name.String(), c.Room, c.Ahead,
	}}, nil
}
