package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/waitlist"
	"github.com/houzhen/houzhen/internal/auth"
)

// Waitlist is what API and pages ask of the waitlist; waitlist.Service has these.
type Waitlist interface {
	Join(ctx context.Context, r waitlist.JoinRequest) (waitlist.Entry, error)
	Leave(ctx context.Context, entryID string) (waitlist.Entry, error)
	Entry(ctx context.Context, id string) (waitlist.Entry, error)
	Proposal(ctx context.Context, id string) (waitlist.Proposal, error)
	// Mine lists the entries of patients with their ranks, the latest first.
	Mine(ctx context.Context, patientIDs []string) ([]waitlist.Standing, error)
	Accept(ctx context.Context, proposalID string) (booking.Appointment, error)
	Decline(ctx context.Context, proposalID string) error
	Overview(ctx context.Context, departmentID string, from, to houzhen.Date) (waitlist.Overview, error)
}

func (a *API) waitlistRoutes() []route {
	patient, desk := []auth.Role{auth.Patient}, []auth.Role{auth.Nurse, auth.Manager}
	return []route{
		verb(a, "GET", "/api/v1/waitlist", "Waits of the account, with ranks and offers", patient, a.waits),
		keyed(verb(a, "POST", "/api/v1/waitlist", "Wait for what is full", patient, a.wait)),
		keyed(verb(a, "POST", "/api/v1/waitlist/{id}/leave", "Wait no longer", patient, a.leaveWait)),
		keyed(verb(a, "POST", "/api/v1/offers/{id}/accept", "Take an offered place", patient, a.acceptOffer)),
		keyed(verb(a, "POST", "/api/v1/offers/{id}/decline", "Leave an offered place to the next", patient, a.declineOffer)),
		verb(a, "GET", "/api/v1/waitlist/overview", "Who waits, and how places were filled", desk, a.waitOverview),
	}
}

// OwnEntry gives an entry of the waitlist to whoever may act for its patient.
func (s Services) OwnEntry(ctx context.Context, p auth.Principal, id string) (waitlist.Entry, error) {
	e, err := s.Waitlist.Entry(ctx, id)
	if err != nil {
		return e, fmt.Errorf("load entry: %w", err)
	}
	if _, err := s.OwnPatient(ctx, p, e.PatientID); err != nil {
		return waitlist.Entry{}, houzhen.E(houzhen.CodeNotFound, "no such entry of this account")
	}
	return e, nil
}

// OwnOffer gives an offer of the waitlist to whoever may act for its patient.
func (s Services) OwnOffer(ctx context.Context, p auth.Principal, id string) (waitlist.Proposal, error) {
	o, err := s.Waitlist.Proposal(ctx, id)
	if err != nil {
		return o, fmt.Errorf("load offer: %w", err)
	}
	if _, err := s.OwnPatient(ctx, p, o.PatientID); err != nil {
		return waitlist.Proposal{}, houzhen.E(houzhen.CodeNotFound, "no such offer of this account")
	}
	return o, nil
}

// MyWaits lists the waits of everybody an account acts for.
func (s Services) MyWaits(ctx context.Context, p auth.Principal) ([]waitlist.Standing, error) {
	people, err := s.Directory.Patients(ctx, p.AccountID)
	if err != nil {
		return nil, fmt.Errorf("load patients: %w", err)
	}
	if len(people) == 0 {
		return []waitlist.Standing{}, nil
	}
	list, err := s.Waitlist.Mine(ctx, ids(people))
	if err != nil {
		return nil, fmt.Errorf("load waits: %w", err)
	}
	return list, nil
}

type waitView struct {
	ID           string           `json:"id"`
	PatientID    string           `json:"patient_id"`
	SessionID    string           `json:"session_id,omitempty"`
	DepartmentID string           `json:"department_id"`
	DoctorID     string           `json:"doctor_id,omitempty"`
	Class        booking.RegClass `json:"class,omitempty"`
	From         houzhen.Date     `json:"from"`
	To           houzhen.Date     `json:"to"`
	SameDay      bool             `json:"same_day"`
	Status       waitlist.Status  `json:"status" enum:"waiting,frozen,booked,left,closed"`
	Reason       string           `json:"reason,omitempty"`
	Rank         int              `json:"rank" doc:"1 is next; 0 when the wait is over"`
	JoinedAt     time.Time        `json:"joined_at"`
	Offer        *offerView       `json:"offer,omitempty"`
}

type offerView struct {
	ID        string        `json:"id"`
	Kind      waitlist.Kind `json:"kind" enum:"offer,invite" doc:"offer: kept for you; invite: the first to confirm has it"`
	SessionID string        `json:"session_id"`
	Start     time.Time     `json:"start"`
	End       time.Time     `json:"end"`
	ExpiresAt time.Time     `json:"expires_at"`
}

func viewWait(st waitlist.Standing) waitView {
	v := waitView{
		ID: st.ID, PatientID: st.PatientID, SessionID: st.SessionID, DepartmentID: st.DepartmentID, DoctorID: st.DoctorID,
		Class: st.Class, From: st.From, To: st.To, SameDay: st.SameDay, Status: st.Status, Reason: st.Reason, Rank: st.Rank,
		JoinedAt: st.JoinedAt,
	}
	if o := st.Offer; o != nil {
		v.Offer = &offerView{o.ID, o.Kind, o.SessionID, o.Start, o.End, o.ExpiresAt}
	}
	return v
}

func viewWaits(list []waitlist.Standing) []waitView {
	views := make([]waitView, len(list))
	for i, st := range list {
		views[i] = viewWait(st)
	}
	return views
}

type waitsOut struct{ Body []waitView }

func (a *API) waits(ctx context.Context, _ *struct{}) (*waitsOut, error) {
	list, err := a.MyWaits(ctx, who(ctx))
	return &waitsOut{viewWaits(list)}, err
}

type waitIn struct {
	Body struct {
		PatientID     string           `json:"patient_id"`
		SessionID     string           `json:"session_id,omitempty" doc:"Or a wish: department, doctor and dates"`
		DepartmentID  string           `json:"department_id,omitempty"`
		DoctorID      string           `json:"doctor_id,omitempty"`
		Class         booking.RegClass `json:"class,omitempty"`
		From          string           `json:"from,omitempty" doc:"YYYY-MM-DD"`
		To            string           `json:"to,omitempty" doc:"YYYY-MM-DD"`
		Slice         time.Time        `json:"slice,omitzero" doc:"Only the slice that starts then"`
		SameDay       bool             `json:"same_day,omitempty" doc:"Go on, on the day itself"`
		TravelMinutes int              `json:"travel_minutes,omitempty" minimum:"0" maximum:"600"`
	}
}

type waitOut struct {
	Status int
	Body   waitView
}

// wait puts a patient of the account on a list.
func (a *API) wait(ctx context.Context, in *waitIn) (*waitOut, error) {
	b := in.Body
	r := waitlist.JoinRequest{
		PatientID: b.PatientID, AccountID: who(ctx).AccountID, SessionID: b.SessionID, DepartmentID: b.DepartmentID,
		DoctorID: b.DoctorID, Class: b.Class, Slice: b.Slice, SameDay: b.SameDay, TravelMinutes: b.TravelMinutes,
	}
	if err := parseDate(b.From, "from", &r.From); err != nil {
		return nil, err
	}
	if err := parseDate(b.To, "to", &r.To); err != nil {
		return nil, err
	}
	e, err := a.JoinWaitlist(ctx, who(ctx), r)
	if err != nil {
		return nil, err
	}
	return a.showWait(ctx, e, http.StatusCreated)
}

// JoinWaitlist puts a patient of the account on a list; how long he travels is
// taken from his own data unless it is said.
func (s Services) JoinWaitlist(ctx context.Context, p auth.Principal, r waitlist.JoinRequest) (waitlist.Entry, error) {
	patient, err := s.OwnPatient(ctx, p, r.PatientID)
	if err != nil {
		return waitlist.Entry{}, err
	}
	if r.TravelMinutes == 0 {
		r.TravelMinutes = patient.TravelMinutes
	}
	return s.Waitlist.Join(ctx, r)
}

func (a *API) showWait(ctx context.Context, e waitlist.Entry, status int) (*waitOut, error) {
	list, err := a.Waitlist.Mine(ctx, []string{e.PatientID})
	if err != nil {
		return nil, fmt.Errorf("load waits: %w", err)
	}
	for _, st := range list {
		if st.ID == e.ID {
			return &waitOut{status, viewWait(st)}, nil
		}
	}
	return &waitOut{status, viewWait(waitlist.Standing{Entry: e})}, nil
}

type waitIDIn struct {
	ID string `path:"id"`
}

func (a *API) leaveWait(ctx context.Context, in *waitIDIn) (*waitOut, error) {
	if _, err := a.OwnEntry(ctx, who(ctx), in.ID); err != nil {
		return nil, err
	}
	e, err := a.Waitlist.Leave(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return a.showWait(ctx, e, http.StatusOK)
}

func (a *API) acceptOffer(ctx context.Context, in *waitIDIn) (*appointmentOut, error) {
	if _, err := a.OwnOffer(ctx, who(ctx), in.ID); err != nil {
		return nil, err
	}
	got, err := a.Waitlist.Accept(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return a.show(ctx, got, http.StatusOK)
}

func (a *API) declineOffer(ctx context.Context, in *waitIDIn) (*waitOut, error) {
	o, err := a.OwnOffer(ctx, who(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	if err := a.Waitlist.Decline(ctx, in.ID); err != nil {
		return nil, err
	}
	e, err := a.Waitlist.Entry(ctx, o.EntryID)
	if err != nil {
		return nil, fmt.Errorf("load entry: %w", err)
	}
	return a.showWait(ctx, e, http.StatusOK)
}

type overviewIn struct {
	Department string `query:"department"`
	From       string `query:"from" doc:"YYYY-MM-DD"`
	To         string `query:"to" doc:"YYYY-MM-DD"`
}

type overviewOut struct {
	Body struct {
		Waiting  []waitView `json:"waiting"`
		Opened   int        `json:"opened" doc:"Places that came back while somebody waited"`
		Taken    int        `json:"taken" doc:"Of these taken from the list"`
		Public   int        `json:"public" doc:"Of these opened to everybody"`
		Offers   int        `json:"offers"`
		Accepted int        `json:"accepted"`
	}
}

func (a *API) waitOverview(ctx context.Context, in *overviewIn) (*overviewOut, error) {
	var from, to houzhen.Date
	if err := parseDate(in.From, "from", &from); err != nil {
		return nil, err
	}
	if err := parseDate(in.To, "to", &to); err != nil {
		return nil, err
	}
	o, err := a.Waitlist.Overview(ctx, in.Department, from, to)
	if err != nil {
		return nil, err
	}
	out := &overviewOut{}
	out.Body.Waiting = viewWaits(o.Waiting)
	t := o.Tally
	out.Body.Opened, out.Body.Taken, out.Body.Public, out.Body.Offers, out.Body.Accepted = t.Opened, t.Taken, t.Public, t.Offers, t.Accepted
	return out, nil
}
