package api

import (
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/queue"
)

// PatientView is a person as the API shows him: masked.
type PatientView struct {
	ID            string            `json:"id"`
	Name          string            `json:"name" doc:"Masked"`
	DocType       directory.DocType `json:"doc_type"`
	Doc           string            `json:"doc" doc:"Masked"`
	TravelMinutes int               `json:"travel_minutes"`
}

func patientView(p directory.Patient) PatientView {
	return PatientView{p.ID, p.Name.String(), p.DocType, p.Doc.String(), p.TravelMinutes}
}

// AppointmentView is an appointment with the names around it.
type AppointmentView struct {
	ID         string        `json:"id"`
	Voucher    string        `json:"voucher"`
	State      string        `json:"state" enum:"cancelled,held,booked,checked_in,fulfilled,no_show"`
	Purpose    string        `json:"purpose"`
	SessionID  string        `json:"session_id"`
	Number     int           `json:"number"`
	Label      string        `json:"label" doc:"The number that is called"`
	Start      time.Time     `json:"start"`
	End        time.Time     `json:"end"`
	Day        string        `json:"day"`
	PatientID  string        `json:"patient_id"`
	Patient    string        `json:"patient" doc:"Masked"`
	Department houzhen.Label `json:"department"`
	Doctor     houzhen.Label `json:"doctor"`
	Zone       houzhen.Label `json:"zone"`
	ExpiresAt  *time.Time    `json:"expires_at,omitempty"`
	Version    int64         `json:"version"`
}

// StateName gives the name of an appointment's state.
func StateName(s booking.State) string {
	switch s {
	case booking.Held:
		return "held"
	case booking.Booked:
		return "booked"
	case booking.CheckedIn:
		return "checked_in"
	case booking.Fulfilled:
		return "fulfilled"
	case booking.NoShow:
		return "no_show"
	case booking.Cancelled:
		return "cancelled"
	}
	return "cancelled"
}

// View joins an appointment with its session's names.
func (n *Names) View(a booking.Appointment, s booking.Session, patient string) AppointmentView {
	v := AppointmentView{
		ID: a.ID, Voucher: a.Voucher, State: StateName(a.State), Purpose: string(a.Purpose), SessionID: a.SessionID,
		Number: a.SlotNo, Label: queue.Label(s.Prefix, a.SlotNo), Start: a.Start, End: a.End, Day: a.Day.String(),
		PatientID: a.PatientID, Patient: patient, Department: n.Department(s.DepartmentID).Name,
		Doctor: n.Attending(s).Name, Zone: n.ZoneName(s.ZoneID), Version: a.Version,
	}
	if !a.ExpiresAt.IsZero() {
		v.ExpiresAt = &a.ExpiresAt
	}
	return v
}
