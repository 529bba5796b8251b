package web

import (
	"net/http"
	"net/url"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/continuation"
	"github.com/houzhen/houzhen/internal/auth"
)

// verbContinue is a registration's continuation among the verbs of strip and
// desk.
const verbContinue = "continuation"

// continued is a continuation on the patient's own page.
type continued struct {
	ID, Patient string
	Department  houzhen.Label
	Until       houzhen.Date
}

// openContinuations lists those of the account's people that are still good.
func (s *site) openContinuations(r *http.Request, names *api.Names) ([]continued, error) {
	list, err := s.OwnContinuations(r.Context(), auth.From(r.Context()))
	if err != nil {
		return nil, err
	}
	var open []continued
	for _, c := range list {
		if !c.Open(s.today()) {
			continue
		}
		patient, err := s.Directory.Patient(r.Context(), c.PatientID)
		if err != nil {
			return nil, wrap("load patient", err)
		}
		open = append(open, continued{c.ID, patient.Name.String(), names.Department(c.DepartmentID).Name, c.Until})
	}
	return open, nil
}

type continuationData struct {
	Continued continued
	Places    []continuationPlace
}

type continuationPlace struct {
	Session    string
	No, Left   int
	Day        houzhen.Date
	Start, End time.Time
	Doctor     houzhen.Label
}

// continuationPage lets a patient choose a place with a continuation.
func (s *site) continuationPage(w http.ResponseWriter, r *http.Request) error {
	d, err := s.continuationData(r)
	if err != nil {
		return err
	}
	return s.show(w, r, "continuation", "mine", d)
}

func (s *site) continuationData(r *http.Request) (d continuationData, err error) {
	names, err := s.names(r.Context())
	if err != nil {
		return d, err
	}
	c, err := s.OwnContinuation(r.Context(), auth.From(r.Context()), r.PathValue("id"))
	if err != nil {
		return d, err
	}
	patient, err := s.Directory.Patient(r.Context(), c.PatientID)
	if err != nil {
		return d, wrap("load patient", err)
	}
	d.Continued = continued{c.ID, patient.Name.String(), names.Department(c.DepartmentID).Name, c.Until}
	offers, err := s.Booking.Find(r.Context(), booking.FindQuery{
		DepartmentID: c.DepartmentID, To: c.Until, Who: booking.Who{Groups: []booking.Quota{booking.QuotaContinuation}},
	})
	if err != nil {
		return d, wrap("find places", err)
	}
	for _, o := range offers {
		d.Places = append(d.Places, slicesFor(o, c, names)...)
	}
	return d, nil
}

// slicesFor lists the slices of a session for which a continuation is good.
func slicesFor(o booking.Offer, c continuation.Continuation, names *api.Names) (list []continuationPlace) {
	doctor := names.Doctor(o.Session.DoctorID)
	if c.Fits(continuation.Session{DepartmentID: o.Session.DepartmentID, Grade: doctor.Grade, Day: o.Session.Date}) != nil {
		return nil
	}
	for _, slice := range o.Slices {
		if slice.Free > 0 {
			list = append(list, continuationPlace{o.Session.ID, slice.FirstNo, slice.Free, o.Session.Date, slice.Start, slice.End, names.Attending(o.Session).Name})
		}
	}
	return list
}

// bookContinuation takes the place that was chosen.
func (s *site) bookContinuation(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	no, err := minutesOf(r.PostForm.Get("no")) // a whole number, 0 when it is left out
	if err != nil {
		return err
	}
	at, err := s.UseContinuation(r.Context(), auth.From(r.Context()), api.ContinuationBooking{ID: r.PathValue("id"), SessionID: r.PostForm.Get("session"), SlotNo: no})
	if err != nil {
		d, dataErr := s.continuationData(r)
		if dataErr != nil {
			return err
		}
		s.fail(w, r, "continuation", d, err)
		return nil
	}
	return back(w, r, "/appointments/"+url.PathEscape(at.ID)+"?fresh=1")
}

// stripContinue continues the registration of the doctor's present patient.
func (s *site) stripContinue(r *http.Request, session string) error {
	now, err := s.withDoctor(r, session)
	if err != nil {
		return err
	}
	_, err = s.ContinueVisit(r.Context(), auth.From(r.Context()), now.Appointment)
	return err
}

func (s *site) continuationRoutes() []route {
	patient, screen := []auth.Role{auth.Patient}, append(auth.StaffRoles(), auth.Screen)
	return []route{
		{"GET", "/screen/zone/{id}/here.svg", screen, s.hereCode, "the square with which phones check in"},
		{"GET", "/here/{zone}", patient, s.herePage, "where it leads"},
		{"POST", "/here/{zone}", patient, s.here, ""},
		{"GET", "/continuations/{id}", patient, s.continuationPage, "come once more for one registration"},
		{"POST", "/continuations/{id}/book", patient, s.bookContinuation, ""},
	}
}
