package api

import (
	"context"
	"fmt"
	"slices"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/queue"
)

// Transfer says who goes on, and to which doctor, room or department: one of
// them.
type Transfer struct {
	AppointmentID string
	DoctorID      string
	RoomID        string // to whoever sits there
	DepartmentID  string // to its doctor for whom the fewest wait
	Cause         string // for the record
	By            string // the member of staff
}

// where gives the destinations that are named.
func (r Transfer) where() []string {
	return slices.DeleteFunc([]string{r.DoctorID, r.RoomID, r.DepartmentID}, func(s string) bool { return s == "" })
}

type transferIn struct {
	ID   string `path:"id" maxLength:"80"`
	Body struct {
		DoctorID     string `json:"doctor_id,omitempty" maxLength:"80" doc:"Who sits today, of any department; this, room_id or department_id"`
		RoomID       string `json:"room_id,omitempty" maxLength:"80" doc:"To whoever sits there now"`
		DepartmentID string `json:"department_id,omitempty" maxLength:"80" doc:"To its doctor who sits now and for whom the fewest wait"`
		Reason       string `json:"reason" minLength:"1" maxLength:"60" doc:"Why; no names"`
	}
}

type transferOut struct{ Body transferView }

type transferView struct {
	TicketID  string      `json:"ticket_id"`
	Label     string      `json:"label" doc:"The new number"`
	State     queue.State `json:"state"`
	SessionID string      `json:"session_id"`
	RoomID    string      `json:"room_id"`
}

// transfer lets a patient who has come go on to another doctor.
func (a *API) transfer(ctx context.Context, in *transferIn) (*transferOut, error) {
	t, err := a.TransferVisit(ctx, who(ctx), Transfer{
		AppointmentID: in.ID, DoctorID: in.Body.DoctorID, RoomID: in.Body.RoomID, DepartmentID: in.Body.DepartmentID, Cause: in.Body.Reason,
	})
	if err != nil {
		return nil, err
	}
	session, err := a.Booking.Session(ctx, t.SessionID)
	if err != nil {
		return nil, fmt.Errorf("load session: %w", err)
	}
	return &transferOut{transferView{t.ID, t.Label, t.State, t.SessionID, session.RoomID}}, nil
}

// TransferVisit is Desk.Transfer for whoever may run the queue that is left, and
// says why.
func (s Services) TransferVisit(ctx context.Context, p auth.Principal, r Transfer) (queue.Ticket, error) {
	if _, err := s.served(ctx, p, r.AppointmentID); err != nil {
		return queue.Ticket{}, err
	}
	if len(r.where()) != 1 {
		return queue.Ticket{}, houzhen.E(houzhen.CodeMissing, "say to which doctor, room or department, one of them").On("doctor_id")
	}
	r.By = p.ID
	return s.Desk.Transfer(ctx, r)
}
