package web

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking/suspension"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/auth"
)

type closureData struct {
	From, To    houzhen.Date
	Parts       []closureChoice[houzhen.DayPart]
	Departments []closureChoice[directory.Department]
	Reasons     []string
	Reason      string
	Preview     *suspension.Preview
	Lines       []closureLine
}

type closureChoice[T any] struct {
	Of      T
	Checked bool
}

type closureLine struct {
	Doctor, Department houzhen.Label
	Start, End         time.Time
	Patients, Here     int
}

// closurePage asks which days and shows what that would suspend before anybody
// asks for it.
func (s *site) closurePage(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	request := s.closureRequest(r)
	d := closureData{From: request.From, To: request.To, Reason: r.FormValue("reason"), Reasons: []string{"weather", "epidemic", "facility", "other"}}
	names, err := s.names(r.Context())
	if err != nil {
		return err
	}
	for _, p := range []houzhen.DayPart{houzhen.Morning, houzhen.Afternoon, houzhen.Evening} {
		d.Parts = append(d.Parts, closureChoice[houzhen.DayPart]{p, slices.Contains(request.Parts, p)})
	}
	for _, x := range names.House.Departments {
		d.Departments = append(d.Departments, closureChoice[directory.Department]{x, slices.Contains(request.Departments, x.ID)})
	}
	if r.FormValue("from") == "" {
		return s.show(w, r, "closure", "suspensions", d)
	}
	p, err := s.Suspension.Preview(r.Context(), request)
	if err != nil {
		s.fail(w, r, "closure", d, err)
		return nil
	}
	d.Preview = &p
	for _, x := range p.Sessions {
		d.Lines = append(d.Lines, closureLine{
			Doctor: names.Doctor(x.Session.DoctorID).Name, Department: names.Department(x.Session.DepartmentID).Name,
			Start: x.Session.Start, End: x.Session.End, Patients: x.Patients, Here: x.Here,
		})
	}
	return s.show(w, r, "closure", "suspensions", d)
}

func (s *site) closureRequest(r *http.Request) suspension.ClosureRequest {
	request := suspension.ClosureRequest{
		From: s.dayOf(r, "from"), To: s.dayOf(r, "to"), Departments: r.Form["department"], Reason: r.FormValue("reason"),
		By: api.Staff(auth.From(r.Context())),
	}
	for _, p := range r.Form["part"] {
		request.Parts = append(request.Parts, houzhen.DayPart(p))
	}
	return request
}

func (s *site) closure(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	asked, err := s.Suspension.AskClosure(r.Context(), s.closureRequest(r))
	if err != nil {
		return wrap("ask for a closure", err)
	}
	return back(w, r, "/suspensions/"+url.PathEscape(asked.ID))
}
