package api

import (
	"context"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/suspension"
)

type revealIn struct {
	ID          string `path:"id"`
	Appointment string `path:"appointment"`
}

type revealOut struct {
	Body struct {
		Phone string `json:"phone"`
	}
}

// reveal shows a number to whoever is about to call it.
func (a *API) reveal(ctx context.Context, in *revealIn) (*revealOut, error) {
	phone, err := a.Suspension.Reveal(ctx, in.Appointment, who(ctx).ID)
	if err != nil {
		return nil, err
	}
	out := &revealOut{}
	out.Body.Phone = phone.Reveal()
	return out, nil
}

type calledIn struct {
	ID          string `path:"id"`
	Appointment string `path:"appointment"`
	Body        struct {
		Result string `json:"result" enum:"chose,refund,no_answer,wrong_number"`
		Option string `json:"option,omitempty"`
	}
}

func (a *API) called(ctx context.Context, in *calledIn) (*struct{}, error) {
	_, err := a.Suspension.Called(ctx, suspension.CallRequest{
		AppointmentID: in.Appointment, Result: suspension.CallResult(in.Body.Result), OptionID: in.Body.Option, By: who(ctx).ID,
	})
	return nil, err
}

type closureIn struct {
	Body struct {
		From        string            `json:"from" format:"date"`
		To          string            `json:"to" format:"date"`
		Parts       []houzhen.DayPart `json:"parts,omitempty"`
		Departments []string          `json:"departments,omitempty"`
		Reason      string            `json:"reason,omitempty" maxLength:"60"`
	}
}

func (in *closureIn) request(by suspension.Person) (suspension.ClosureRequest, error) {
	from, err := houzhen.ParseDate(in.Body.From)
	if err != nil {
		return suspension.ClosureRequest{}, houzhen.E(houzhen.CodeInvalid, "not a date").On("from")
	}
	to, err := houzhen.ParseDate(in.Body.To)
	if err != nil {
		return suspension.ClosureRequest{}, houzhen.E(houzhen.CodeInvalid, "not a date").On("to")
	}
	return suspension.ClosureRequest{
		From: from, To: to, Parts: in.Body.Parts, Departments: in.Body.Departments, Reason: in.Body.Reason, By: by,
	}, nil
}

type previewOut struct {
	Body struct {
		Sessions int `json:"sessions"`
		Patients int `json:"patients"`
		Here     int `json:"here"`
	}
}

// preview counts what a closure would suspend.
func (a *API) preview(ctx context.Context, in *closureIn) (*previewOut, error) {
	r, err := in.request(Staff(who(ctx)))
	if err != nil {
		return nil, err
	}
	p, err := a.Suspension.Preview(ctx, r)
	if err != nil {
		return nil, err
	}
	out := &previewOut{}
	out.Body.Sessions, out.Body.Patients, out.Body.Here = len(p.Sessions), p.Patients, p.Here
	return out, nil
}

func (a *API) closure(ctx context.Context, in *closureIn) (*suspensionOut, error) {
	r, err := in.request(Staff(who(ctx)))
	if err != nil {
		return nil, err
	}
	return shown(a.Suspension.AskClosure(ctx, r))
}

type substituteIn struct {
	ID   string `path:"id"`
	Body struct {
		Doctor string `json:"doctor_id" minLength:"1"`
	}
}

func (a *API) substitute(ctx context.Context, in *substituteIn) (*struct{}, error) {
	return nil, a.Suspension.Substitute(ctx, in.ID, in.Body.Doctor, who(ctx).ID)
}

type roomIn struct {
	ID   string `path:"id"`
	Body struct {
		Room string `json:"room_id,omitempty"`
		Swap string `json:"swap_with,omitempty" doc:"A session whose room is taken, and which gets this one's"`
	}
}

func (a *API) changeRoom(ctx context.Context, in *roomIn) (*struct{}, error) {
	if in.Body.Swap != "" {
		return nil, a.Suspension.SwapRooms(ctx, in.ID, in.Body.Swap, who(ctx).ID)
	}
	return nil, a.Suspension.ChangeRoom(ctx, in.ID, in.Body.Room, who(ctx).ID)
}

// WizardView is who has come to a session whose doctor is gone.
type WizardView struct {
	Here    []WizardPerson `json:"here"`
	Running []WizardPeer   `json:"running"`
}

// WizardPerson is one who has come, masked.
type WizardPerson struct {
	AppointmentID string `json:"appointment_id"`
	Label         string `json:"label"`
	Name          string `json:"name" doc:"Masked"`
	State         string `json:"state"`
	Waits         bool   `json:"waits"`
}

// WizardPeer is a session in which people may go on.
type WizardPeer struct {
	SessionID string `json:"session_id"`
	DoctorID  string `json:"doctor_id"`
	Waiting   int    `json:"waiting"`
}

type wizardIn struct {
	ID string `path:"id"`
}

type wizardOut struct{ Body WizardView }

func (a *API) wizard(ctx context.Context, in *wizardIn) (*wizardOut, error) {
	w, err := a.Suspension.Wizard(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &wizardOut{WizardView{Here: []WizardPerson{}, Running: []WizardPeer{}}}
	for _, l := range w.Here {
		out.Body.Here = append(out.Body.Here, WizardPerson{l.AppointmentID, l.Label, l.Name.String(), string(l.State), l.Waits})
	}
	for _, t := range w.Running {
		out.Body.Running = append(out.Body.Running, WizardPeer{t.Session.ID, t.Session.AttendingID, t.Waiting})
	}
	return out, nil
}

type disposeIn struct {
	ID   string `path:"id"`
	Body struct {
		Action       string   `json:"action" enum:"wait,spread,move,refund"`
		Appointments []string `json:"appointments,omitempty" doc:"Empty: everybody who is here"`
	}
}

type disposeOut struct {
	Body struct {
		Done []Disposed `json:"done"`
	}
}

func (a *API) dispose(ctx context.Context, in *disposeIn) (*disposeOut, error) {
	done, err := a.Suspension.Dispose(ctx, Disposal{
		SessionID: in.ID, AppointmentIDs: in.Body.Appointments, Action: in.Body.Action, By: who(ctx).ID,
	})
	if err != nil {
		return nil, err
	}
	out := &disposeOut{}
	out.Body.Done = append([]Disposed{}, done...)
	return out, nil
}

// ReplyView is an SMS that the desk has to look at.
type ReplyView struct {
	ID        string `json:"id"`
	Name      string `json:"name" doc:"Masked"`
	PhoneTail string `json:"phone_tail"`
	Text      string `json:"text"`
}

type repliesOut struct {
	Body struct {
		Replies []ReplyView `json:"replies"`
	}
}

func (a *API) replies(ctx context.Context, _ *struct{}) (*repliesOut, error) {
	list, err := a.Suspension.Replies(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.Audit.Record(ctx, who(ctx).ID, "replies.read", ""); err != nil {
		return nil, err
	}
	out := &repliesOut{}
	out.Body.Replies = make([]ReplyView, 0, len(list))
	for _, r := range list {
		out.Body.Replies = append(out.Body.Replies, ReplyView{r.ID, r.Name.String(), r.PhoneTail, r.Text})
	}
	return out, nil
}

type replyDoneIn struct {
	ID string `path:"id"`
}

func (a *API) replyDone(ctx context.Context, in *replyDoneIn) (*struct{}, error) {
	return nil, a.Suspension.ReplyDone(ctx, in.ID, who(ctx).ID)
}
