package api

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/continuation"
	"github.com/houzhen/houzhen/internal/auth"
)

func (a *API) continuationRoutes(patient []auth.Role) []route {
	either := append([]auth.Role{auth.Nurse, auth.Manager}, patient...)
	return []route{
		keyed(verb(a, "POST", "/api/v1/appointments/{id}/continuation", "Continue a registration", auth.StaffRoles(), a.giveContinuation)),
		verb(a, "GET", "/api/v1/continuations", "Continuations of the account's people", patient, a.continuations),
		keyed(verb(a, "POST", "/api/v1/continuations/{id}/book", "Book with a continuation", either, a.bookContinuation)),
	}
}

type continuationView struct {
	ID           string       `json:"id"`
	VisitID      string       `json:"visit_id"`
	PatientID    string       `json:"patient_id"`
	DepartmentID string       `json:"department_id"`
	From         houzhen.Date `json:"from"`
	Until        houzhen.Date `json:"until" doc:"Inclusive"`
	UsedBy       string       `json:"used_by,omitempty" doc:"The appointment that was booked with it"`
}

type continuationOut struct{ Body continuationView }

func viewContinuation(c continuation.Continuation) continuationView {
	return continuationView{c.ID, c.VisitID, c.PatientID, c.DepartmentID, c.From, c.Until, c.UsedBy}
}

type visitIn struct {
	ID string `path:"id" maxLength:"80"`
}

// giveContinuation continues the registration of a visit.
func (a *API) giveContinuation(ctx context.Context, in *visitIn) (*continuationOut, error) {
	c, err := a.ContinueVisit(ctx, who(ctx), in.ID)
	return &continuationOut{viewContinuation(c)}, err
}

// ContinueVisit continues a registration for whoever may run its queue.
func (s Services) ContinueVisit(ctx context.Context, p auth.Principal, appointmentID string) (continuation.Continuation, error) {
	at, err := s.served(ctx, p, appointmentID)
	if err != nil {
		return continuation.Continuation{}, err
	}
	return s.Continuations.Give(ctx, at.ID, p.ID)
}

type continuationsOut struct{ Body []continuationView }

func (a *API) continuations(ctx context.Context, _ *struct{}) (*continuationsOut, error) {
	list, err := a.OwnContinuations(ctx, who(ctx))
	out := &continuationsOut{Body: []continuationView{}}
	for _, c := range list {
		out.Body = append(out.Body, viewContinuation(c))
	}
	return out, err
}

// OwnContinuations lists those of everybody an account acts for.
func (s Services) OwnContinuations(ctx context.Context, p auth.Principal) ([]continuation.Continuation, error) {
	ids, err := s.family(ctx, p)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return s.Continuations.Of(ctx, ids...)
}

type bookContinuationIn struct {
	ID   string `path:"id" maxLength:"80"`
	Body struct {
		SessionID string     `json:"session_id"`
		SlotNo    int        `json:"slot_no,omitempty" minimum:"0"`
		Start     *time.Time `json:"start,omitempty" doc:"Of the slice; the first free place if neither is given"`
	}
}

type continuedOut struct{ Body bookedByContinuation }

type bookedByContinuation struct {
	ID        string    `json:"id"`
	SessionID string    `json:"session_id"`
	SlotNo    int       `json:"slot_no"`
	Start     time.Time `json:"start"`
	End       time.Time `json:"end"`
}

// bookContinuation takes a place with a continuation.
func (a *API) bookContinuation(ctx context.Context, in *bookContinuationIn) (*continuedOut, error) {
	r := ContinuationBooking{ID: in.ID, SessionID: in.Body.SessionID, SlotNo: in.Body.SlotNo}
	if in.Body.Start != nil {
		r.Start = *in.Body.Start
	}
	at, err := a.UseContinuation(ctx, who(ctx), r)
	return &continuedOut{bookedByContinuation{at.ID, at.SessionID, at.SlotNo, at.Start, at.End}}, err
}

// UseContinuation books for the patient himself, or at the desk.
func (s Services) UseContinuation(ctx context.Context, p auth.Principal, r ContinuationBooking) (booking.Appointment, error) {
	if p.Is(auth.Patient) {
		if _, err := s.OwnContinuation(ctx, p, r.ID); err != nil {
			return booking.Appointment{}, err
		}
		r.AccountID = p.AccountID
	}
	return s.Continuations.Book(ctx, r)
}

// OwnContinuation gives one to whoever may act for its patient; to others it
// does not exist.
func (s Services) OwnContinuation(ctx context.Context, p auth.Principal, id string) (continuation.Continuation, error) {
	c, err := s.Continuations.Continuation(ctx, id)
	if err != nil {
		return c, err
	}
	if _, err := s.OwnPatient(ctx, p, c.PatientID); err != nil {
		return continuation.Continuation{}, houzhen.E(houzhen.CodeNotFound, "no such continuation of this account")
	}
	return c, nil
}
