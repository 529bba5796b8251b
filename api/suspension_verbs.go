package api

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/suspension"
	"github.com/houzhen/houzhen/internal/auth"
)

func (a *API) suspensionRoutes() []route {
	patient, staff := []auth.Role{auth.Patient}, auth.StaffRoles()
	desk, manager := []auth.Role{auth.Nurse, auth.Manager}, []auth.Role{auth.Manager}
	return []route{
		keyed(verb(a, "POST", "/api/v1/appointments/{id}/refund", "Have the fee back after a suspension", patient, a.refund)),
		keyed(verb(a, "POST", "/api/v1/sessions/{id}/suspend", "Ask that a session does not take place", staff, a.suspend)),
		keyed(verb(a, "POST", "/api/v1/sessions/{id}/substitute", "Let another doctor sit there", desk, a.substitute)),
		keyed(verb(a, "POST", "/api/v1/sessions/{id}/room", "Change the room", desk, a.changeRoom)),
		verb(a, "GET", "/api/v1/sessions/{id}/wizard", "Who has come to a doctor who is gone", desk, a.wizard),
		keyed(verb(a, "POST", "/api/v1/sessions/{id}/dispose", "Decide about those who have come", desk, a.dispose)),
		verb(a, "GET", "/api/v1/suspensions", "Suspensions, newest first", desk, a.suspensions),
		verb(a, "GET", "/api/v1/suspensions/{id}", "What became of everybody", desk, a.suspensionBoard),
		keyed(verb(a, "POST", "/api/v1/suspensions/{id}/approve", "Approve as the second person", desk, a.approve)),
		keyed(verb(a, "POST", "/api/v1/suspensions/{id}/refuse", "Refuse, or withdraw one's own", staff, a.refuse)),
		keyed(verb(a, "POST", "/api/v1/suspensions/{id}/stop", "Stop a closure", manager, a.stop)),
		keyed(verb(a, "POST", "/api/v1/suspensions/{id}/cases/{appointment}/reveal", "A number to call; recorded", desk, a.reveal)),
		keyed(verb(a, "POST", "/api/v1/suspensions/{id}/cases/{appointment}/call", "What came of a call", desk, a.called)),
		keyed(verb(a, "POST", "/api/v1/closures/preview", "What a closure would suspend", desk, a.preview)),
		keyed(verb(a, "POST", "/api/v1/closures", "Ask for a closure", desk, a.closure)),
		verb(a, "GET", "/api/v1/replies", "SMS that nobody understood", desk, a.replies),
		keyed(verb(a, "POST", "/api/v1/replies/{id}/done", "A reply was looked at", desk, a.replyDone)),
	}
}

// SuspensionView is a suspension as the API shows it.
type SuspensionView struct {
	ID          string            `json:"id"`
	Kind        string            `json:"kind" enum:"session,closure"`
	State       string            `json:"state" enum:"asked,approved,refused,withdrawn,stopped,done"`
	SessionID   string            `json:"session_id,omitempty"`
	From        string            `json:"from,omitempty"`
	To          string            `json:"to,omitempty"`
	Parts       []houzhen.DayPart `json:"parts,omitempty"`
	Departments []string          `json:"departments,omitempty"`
	Reason      string            `json:"reason"`
	AskedBy     string            `json:"asked_by"`
	DecidedBy   string            `json:"decided_by,omitempty"`
	Alone       bool              `json:"alone" doc:"One person both asked and approved, as urgent cases allow"`
	AskedAt     time.Time         `json:"asked_at"`
}

func suspensionView(s suspension.Suspension) SuspensionView {
	v := SuspensionView{
		ID: s.ID, Kind: string(s.Kind), State: string(s.State), SessionID: s.SessionID, Parts: s.Parts, Departments: s.Departments,
		Reason: s.Reason, AskedBy: s.AskedBy, DecidedBy: s.DecidedBy, Alone: s.Alone, AskedAt: s.AskedAt,
	}
	if s.Kind == suspension.KindClosure {
		v.From, v.To = s.From.String(), s.To.String()
	}
	return v
}

type suspensionIn struct {
	ID string `path:"id"`
}

type suspensionOut struct{ Body SuspensionView }

func shown(s suspension.Suspension, err error) (*suspensionOut, error) {
	if err != nil {
		return nil, err
	}
	return &suspensionOut{suspensionView(s)}, nil
}

type suspendIn struct {
	ID   string `path:"id"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"60"`
		Alone  bool   `json:"alone,omitempty" doc:"Approve it too, as urgent cases allow"`
	}
}

// suspend asks that a session does not take place.
func (a *API) suspend(ctx context.Context, in *suspendIn) (*suspensionOut, error) {
	r := suspension.AskRequest{SessionID: in.ID, Reason: in.Body.Reason, By: Staff(who(ctx))}
	if _, err := a.MayRun(ctx, who(ctx), in.ID); err != nil {
		return nil, err
	}
	if in.Body.Alone {
		return shown(a.Suspension.AskAlone(ctx, r))
	}
	return shown(a.Suspension.Ask(ctx, r))
}

func (a *API) approve(ctx context.Context, in *suspensionIn) (*suspensionOut, error) {
	return shown(a.Suspension.Approve(ctx, in.ID, Staff(who(ctx))))
}

func (a *API) refuse(ctx context.Context, in *suspensionIn) (*suspensionOut, error) {
	return shown(a.Suspension.Refuse(ctx, in.ID, Staff(who(ctx))))
}

func (a *API) stop(ctx context.Context, in *suspensionIn) (*suspensionOut, error) {
	return shown(a.Suspension.Stop(ctx, in.ID, Staff(who(ctx))))
}

type refundIn struct {
	ID string `path:"id"`
}

// refund gives up the places kept for a suspended appointment.
func (a *API) refund(ctx context.Context, in *refundIn) (*struct{}, error) {
	if _, err := a.Own(ctx, who(ctx), in.ID); err != nil {
		return nil, err
	}
	return nil, a.Suspension.Refund(ctx, in.ID, suspension.ViaApp)
}

type suspensionsOut struct {
	Body struct {
		Suspensions []SuspensionView `json:"suspensions"`
	}
}

// suspensionsShown is how many are listed.
const suspensionsShown = 100

func (a *API) suspensions(ctx context.Context, _ *struct{}) (*suspensionsOut, error) {
	list, err := a.Suspension.Suspensions(ctx, suspension.Filter{Limit: suspensionsShown})
	if err != nil {
		return nil, err
	}
	out := &suspensionsOut{}
	out.Body.Suspensions = make([]SuspensionView, 0, len(list))
	for _, s := range list {
		out.Body.Suspensions = append(out.Body.Suspensions, suspensionView(s))
	}
	return out, nil
}

// CaseView is one patient of a board, masked.
type CaseView struct {
	AppointmentID string     `json:"appointment_id"`
	Name          string     `json:"name" doc:"Masked"`
	PhoneTail     string     `json:"phone_tail"`
	Start         time.Time  `json:"start"`
	Outcome       string     `json:"outcome" enum:"rebooked,refunded,here,asked,unreached"`
	CallDue       bool       `json:"call_due"`
	Calls         int        `json:"calls"`
	LastCall      string     `json:"last_call,omitempty"`
	Options       []string   `json:"options"`
	ChosenAt      *time.Time `json:"chosen_start,omitempty"`
}

type boardOut struct {
	Body struct {
		Suspension SuspensionView             `json:"suspension"`
		Counts     map[suspension.Outcome]int `json:"counts"`
		Sessions   int                        `json:"sessions"`
		Done       int                        `json:"sessions_done"`
		Cases      []CaseView                 `json:"cases"`
	}
}

func (a *API) suspensionBoard(ctx context.Context, in *suspensionIn) (*boardOut, error) {
	b, err := a.Suspension.Board(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if err := a.Audit.Record(ctx, who(ctx).ID, "suspension.board", in.ID); err != nil {
		return nil, err
	}
	out := &boardOut{}
	out.Body.Suspension, out.Body.Counts, out.Body.Sessions = suspensionView(b.Suspension), b.Counts, len(b.Items)
	for _, i := range b.Items {
		if i.Outcome != suspension.ItemPending {
			out.Body.Done++
		}
	}
	out.Body.Cases = make([]CaseView, 0, len(b.Lines))
	for _, l := range b.Lines {
		v := CaseView{
			AppointmentID: l.Case.AppointmentID, Name: l.Name.String(), PhoneTail: l.PhoneTail, Start: l.Case.Start,
			Outcome: string(l.Outcome), CallDue: l.CallDue, Calls: l.Case.Calls, LastCall: string(l.Case.LastCall), Options: []string{},
		}
		for _, o := range l.Options {
			v.Options = append(v.Options, o.ID)
		}
		if l.Chosen != nil {
			v.ChosenAt = &l.Chosen.Start
		}
		out.Body.Cases = append(out.Body.Cases, v)
	}
	return out, nil
}
