package api

import (
	"context"
	"net/http"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/auth"
)

// People is what is done for persons across directory, booking and queue.
type People interface {
	// BookWalkUp books for somebody at the desk, with or without a document.
	BookWalkUp(ctx context.Context, b WalkUpBooking) (WalkUpBooked, error)
	// Complete gives the patient of an appointment his document.
	Complete(ctx context.Context, appointmentID, staffID string, d directory.Document) (directory.Patient, error)
	// Merge gives one record up for another of the same person.
	Merge(ctx context.Context, kept, lost, by, reason string) error
	// Swap gives a place to another of the family, shortly after booking.
	Swap(ctx context.Context, r booking.SwapRequest) (booking.Appointment, error)
}

// WalkUpBooking asks for a place for somebody at the desk: known by a document
// or voucher, or by name and phone until he shows one.
type WalkUpBooking struct {
	Who       string // document or voucher; then Person is left out
	Person    directory.WalkUp
	Group     booking.Quota // whose kept places the desk has seen that he may have
	SessionID string
	SlotNo    int       // 0 takes any
	Start     time.Time // of the slice; zero is any
	StaffID   string
	RequestID string
}

// WalkUpBooked is what the desk tells the person, and is warned of itself.
type WalkUpBooked struct {
	Appointment booking.Appointment
	Warning     error // what a rule has against it that the desk may overlook; nil for nothing
}

func (a *API) peopleRoutes(patient, desk, manager []auth.Role) []route {
	return []route{
		keyed(verb(a, "POST", "/api/v1/appointments/{id}/swap", "Give the place to another of the family", patient, a.swap)),
		keyed(verb(a, "POST", "/api/v1/desk/appointments", "Book for somebody at the desk, with or without a document", desk, a.bookWalkUp)),
		keyed(verb(a, "POST", "/api/v1/desk/appointments/{id}/complete", "Take the document of whoever booked without", desk, a.complete)),
		keyed(verb(a, "POST", "/api/v1/patients/{id}/merge", "Give another record of the same person up for this one", manager, a.mergePatients)),
	}
}

type swapIn struct {
	ID   string `path:"id"`
	Body struct {
		PatientID     string `json:"patient_id"`
		TravelMinutes int    `json:"travel_minutes,omitempty" minimum:"0" maximum:"600"`
	}
}

// swap gives a place that was booked for the wrong one of the family to the
// right one.
func (a *API) swap(ctx context.Context, in *swapIn) (*appointmentOut, error) {
	p := who(ctx)
	if _, err := a.Own(ctx, p, in.ID); err != nil {
		return nil, err
	}
	to, err := a.OwnPatient(ctx, p, in.Body.PatientID)
	if err != nil {
		return nil, err
	}
	made, err := a.People.Swap(ctx, booking.SwapRequest{
		AppointmentID: in.ID, PatientID: to.ID, AccountID: p.AccountID, TravelMinutes: in.Body.TravelMinutes,
	})
	if err != nil {
		return nil, err
	}
	names, err := a.named.of(ctx, a.Directory)
	if err != nil {
		return nil, err
	}
	session, err := a.Booking.Glance(ctx, made.SessionID)
	if err != nil {
		return nil, err
	}
	return &appointmentOut{Status: http.StatusOK, Body: names.View(made, session, to.Name.String())}, nil
}

type walkUpIn struct {
	Body struct {
		Who        string `json:"who,omitempty" maxLength:"60" doc:"Document or voucher of somebody who is known; instead of name and phone"`
		Name       string `json:"name,omitempty" maxLength:"60"`
		Phone      string `json:"phone,omitempty" maxLength:"20"`
		Birth      string `json:"birth,omitempty" doc:"YYYY-MM-DD; needed for a newborn"`
		Sex        string `json:"sex,omitempty" doc:"M or F"`
		ParentType string `json:"parent_doc_type,omitempty" doc:"Of a newborn; 01 if left out"`
		ParentDoc  string `json:"parent_doc,omitempty" maxLength:"40" doc:"A parent's document, for a newborn who has none"`
		SessionID  string `json:"session_id"`
		Slot       int    `json:"slot,omitempty" minimum:"0"`

		Start time.Time     `json:"start,omitzero" required:"false" doc:"Start of a slice, or the first free one"`
		Group booking.Quota `json:"group,omitempty" enum:"referral,followup,continuation" doc:"What the desk has seen that the patient is of; he may have the places kept for it"`
	}
}

type walkUpOut struct {
	Status int
	Body   walkUpView
}

type walkUpView struct {
	ID        string       `json:"id"`
	Voucher   string       `json:"voucher"`
	PatientID string       `json:"patient_id"`
	SessionID string       `json:"session_id"`
	Number    int          `json:"number"`
	Start     time.Time    `json:"start"`
	End       time.Time    `json:"end"`
	Warning   houzhen.Code `json:"warning,omitempty" doc:"What online booking would have been refused for"`
}

// bookWalkUp books at the desk; without a document it is by name and phone, and
// the document is shown at the visit.
func (a *API) bookWalkUp(ctx context.Context, in *walkUpIn) (*walkUpOut, error) {
	b := in.Body
	w := directory.WalkUp{
		Name: b.Name, Phone: b.Phone, Sex: directory.Sex(b.Sex), Lang: houzhen.Chinese, ParentType: directory.DocType(b.ParentType), ParentDoc: b.ParentDoc,
	}
	if w.ParentType == "" {
		w.ParentType = directory.DocID
	}
	if err := parseDate(b.Birth, "birth", &w.Birth); err != nil {
		return nil, err
	}
	done, err := a.People.BookWalkUp(ctx, WalkUpBooking{
		Who: b.Who, Person: w, Group: b.Group, SessionID: b.SessionID, SlotNo: b.Slot, Start: b.Start,
		StaffID: who(ctx).ID, RequestID: requestOf(ctx).key,
	})
	if err != nil {
		return nil, err
	}
	at := done.Appointment
	return &walkUpOut{http.StatusCreated, walkUpView{
		at.ID, at.Voucher, at.PatientID, at.SessionID, at.SlotNo, at.Start, at.End, houzhen.CodeOf(done.Warning),
	}}, nil
}

type completeIn struct {
	ID   string `path:"id"`
	Body struct {
		DocType string `json:"doc_type,omitempty" doc:"01 if left out"`
		Doc     string `json:"doc" maxLength:"40"`
		Sex     string `json:"sex,omitempty"`
		Birth   string `json:"birth,omitempty"`
	}
}

// complete takes the document that was shown at the desk.
func (a *API) complete(ctx context.Context, in *completeIn) (*patientOut, error) {
	d := directory.Document{Type: directory.DocType(in.Body.DocType), Number: in.Body.Doc, Sex: directory.Sex(in.Body.Sex)}
	if d.Type == "" {
		d.Type = directory.DocID
	}
	if err := parseDate(in.Body.Birth, "birth", &d.Birth); err != nil {
		return nil, err
	}
	p, err := a.People.Complete(ctx, in.ID, who(ctx).ID, d)
	if err != nil {
		return nil, err
	}
	return &patientOut{http.StatusOK, patientView(p)}, nil
}

type mergeIn struct {
	ID   string `path:"id"`
	Body struct {
		Lost   string `json:"lost" doc:"The record that is given up"`
		Reason string `json:"reason" maxLength:"200"`
	}
}

// mergePatients gives one record up for another of the same person.
func (a *API) mergePatients(ctx context.Context, in *mergeIn) (*struct{}, error) {
	return nil, a.People.Merge(ctx, in.ID, in.Body.Lost, who(ctx).ID, in.Body.Reason)
}
