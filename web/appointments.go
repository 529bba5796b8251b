package web

import (
	"net/http"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/queue"
)

// card is one appointment on a page of its patient's own.
type card struct {
	ID, Voucher, Label              string
	StateKey, Tone                  string
	Start, End                      time.Time
	Department, Doctor, Title, Zone houzhen.Label
	Patient, Until                  string
	Same                            bool // the same doctor as before
}

func (s *site) card(r *http.Request, names *api.Names, a booking.Appointment) (card, booking.Session, error) {
	session, err := s.Booking.Session(r.Context(), a.SessionID)
	if err != nil {
		return card{}, session, wrap("load session", err)
	}
	patient, err := s.Directory.Patient(r.Context(), a.PatientID)
	if err != nil {
		return card{}, session, wrap("load patient", err)
	}
	doctor := names.Attending(session)
	c := card{
		ID: a.ID, Voucher: a.Voucher, Label: queue.Label(session.Prefix, a.SlotNo), Start: a.Start, End: a.End,
		Department: names.Department(session.DepartmentID).Name, Doctor: doctor.Name, Title: doctor.Title,
		Zone: names.ZoneName(session.ZoneID), Patient: patient.Name.String(),
	}
	c.StateKey, c.Tone = "appt."+api.StateName(a.State), tone(a.State)
	if session.Status == booking.SessionSuspended && a.State == booking.Booked {
		c.StateKey, c.Tone = "appt.suspended", "stop"
	}
	return c, session, nil
}

func tone(s booking.State) string {
	switch s {
	case booking.Held:
		return "soon"
	case booking.CheckedIn:
		return "go"
	case booking.Cancelled, booking.Fulfilled:
		return "off"
	case booking.NoShow:
		return "late"
	case booking.Booked:
		return ""
	}
	return ""
}

type appointmentsData struct {
	Coming, Past []card
	Continued    []continued
}

func (s *site) appointments(w http.ResponseWriter, r *http.Request) error {
	names, err := s.names(r.Context())
	if err != nil {
		return err
	}
	list, err := s.Mine(r.Context(), auth.From(r.Context()).AccountID, s.today().AddDays(-180), houzhen.Date{})
	if err != nil {
		return err
	}
	var d appointmentsData
	if d.Continued, err = s.openContinuations(r, names); err != nil {
		return err
	}
	for _, a := range list {
		c, _, err := s.card(r, names, a)
		if err != nil {
			return err
		}
		if a.Active() && a.State != booking.Fulfilled && a.State != booking.NoShow && !a.Day.Before(s.today()) {
			d.Coming = append(d.Coming, c)
		} else {
			d.Past = append(d.Past, c)
		}
	}
	slices.Reverse(d.Past)
	d.Past = d.Past[:min(len(d.Past), 50)]
	return s.show(w, r, "appointments", "mine", d)
}

type appointmentData struct {
	Card                                      card
	DepartmentID                              string
	Fresh, Live, Place, Changeable, Suspended bool
	Pay                                       payCard
	Swap                                      []patientRow // to whom the place may still go
}

func (s *site) appointment(w http.ResponseWriter, r *http.Request) error {
	a, err := s.Own(r.Context(), auth.From(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	d, err := s.appointmentData(r, a)
	if err != nil {
		return err
	}
	return s.show(w, r, "appointment", "mine", d)
}

func (s *site) appointmentData(r *http.Request, a booking.Appointment) (appointmentData, error) {
	names, err := s.names(r.Context())
	if err != nil {
		return appointmentData{}, err
	}
	c, session, err := s.card(r, names, a)
	if err != nil {
		return appointmentData{}, err
	}
	money, err := s.payCard(r, a)
	if err != nil {
		return appointmentData{}, err
	}
	live := a.State == booking.Booked || a.State == booking.CheckedIn
	d := appointmentData{
		Card: c, Pay: money, DepartmentID: session.DepartmentID, Live: live, Fresh: r.URL.Query().Get("fresh") != "" && live,
		Suspended: session.Status == booking.SessionSuspended && a.State == booking.Booked,
		Place:     live && a.Day == s.today(),
	}
	if d.Swap, err = s.swappable(r, a); err != nil {
		return d, err
	}
	d.Changeable = a.State == booking.Booked && !d.Suspended && s.Now().Before(session.Deadline)
	return d, nil
}

func (s *site) cancel(w http.ResponseWriter, r *http.Request) error {
	a, err := s.Own(r.Context(), auth.From(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	if _, err := s.Booking.Cancel(r.Context(), booking.CancelRequest{AppointmentID: a.ID, By: booking.ByPatient}); err != nil {
		d, dataErr := s.appointmentData(r, a)
		if dataErr != nil {
			return err
		}
		s.fail(w, r, "appointment", d, err)
		return nil
	}
	return back(w, r, "/appointments")
}
