package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/auth"
)

// peopleRoutes are the pages of what is done for persons at the desk, and of
// the place that goes to another of the family.
func (s *site) peopleRoutes() []route {
	desk, manager := []auth.Role{auth.Nurse, auth.Manager}, []auth.Role{auth.Manager}
	return []route{
		{"GET", "/sessions/{id}/book", desk, s.deskBookPage, "a place for somebody at the desk"},
		{"POST", "/sessions/{id}/book", desk, s.deskBook, ""},
		{"GET", "/people", desk, s.peoplePage, "documents that are still to be shown; records of one person"},
		{"POST", "/people/complete", desk, s.complete, "takes the document of whoever booked without"},
		{"POST", "/people/merge", manager, s.merge, "makes one of two records"},
		{"POST", "/appointments/{id}/swap", []auth.Role{auth.Patient}, s.swap, "gives the place to another of the family"},
	}
}

type deskBookData struct {
	Session weekSession
	Slices  []booking.SliceUse // that are not over
	Groups  []booking.Quota
	Done    *card
	Warning houzhen.Code // what online booking would have been refused for
}

func (s *site) deskBookData(r *http.Request) (deskBookData, error) {
	p, err := s.placesData(r)
	if err != nil {
		return deskBookData{}, err
	}
	d := deskBookData{Session: p.Session, Groups: []booking.Quota{booking.QuotaReferral, booking.QuotaFollowUp, booking.QuotaContinuation}}
	for _, u := range p.Slices {
		if s.Now().Before(u.End) {
			d.Slices = append(d.Slices, u)
		}
	}
	return d, nil
}

func (s *site) deskBookPage(w http.ResponseWriter, r *http.Request) error {
	d, err := s.deskBookData(r)
	if err != nil {
		return err
	}
	return s.show(w, r, "desk_book", "manage", d)
}

// deskBook books for whoever stands at the desk.
func (s *site) deskBook(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	d, err := s.deskBookData(r)
	if err != nil {
		return err
	}
	b, err := walkUpOf(r)
	if err == nil {
		var done api.WalkUpBooked
		if done, err = s.People.BookWalkUp(r.Context(), b); err == nil {
			return s.deskBooked(w, r, d, done)
		}
	}
	s.fail(w, r, "desk_book", d, err)
	return nil
}

func (s *site) deskBooked(w http.ResponseWriter, r *http.Request, d deskBookData, done api.WalkUpBooked) error {
	names, err := s.names(r.Context())
	if err != nil {
		return err
	}
	c, _, err := s.card(r, names, done.Appointment)
	if err != nil {
		return err
	}
	d.Done, d.Warning = &c, houzhen.CodeOf(done.Warning)
	return s.show(w, r, "desk_book", "manage", d)
}

func walkUpOf(r *http.Request) (api.WalkUpBooking, error) {
	f := r.PostForm
	b := api.WalkUpBooking{
		Who: strings.TrimSpace(f.Get("who")), Group: booking.Quota(f.Get("group")), SessionID: r.PathValue("id"),
		StaffID: auth.From(r.Context()).ID, RequestID: f.Get("request"),
		Person: directory.WalkUp{
			Name: f.Get("name"), Phone: f.Get("phone"), Lang: houzhen.Chinese, ParentType: directory.DocID, ParentDoc: strings.TrimSpace(f.Get("parent")),
		},
	}
	if b.Who == "" && b.Person.Name == "" {
		return b, houzhen.E(houzhen.CodeMissing, "nobody is named").On("who")
	}
	var err error
	if b.Person.Birth, err = dateOf(f, "birth"); err != nil {
		return b, err
	}
	if text := f.Get("start"); text != "" {
		if b.Start, err = time.Parse(time.RFC3339, text); err != nil {
			return b, houzhen.E(houzhen.CodeInvalid, "start is not an instant").On("start")
		}
	}
	return b, nil
}

// dateOf reads a date that may be left out.
func dateOf(f url.Values, field string) (d houzhen.Date, err error) {
	if f.Get(field) == "" {
		return d, nil
	}
	if d, err = houzhen.ParseDate(f.Get(field)); err != nil {
		return d, houzhen.E(houzhen.CodeInvalid, "date is not YYYY-MM-DD").On(field)
	}
	return d, nil
}

type peopleData struct {
	DocTypes []directory.DocType
	Merges   bool   // whoever looks may make one of two records
	Done     string // key of what was done
}

func peopleOf(r *http.Request) peopleData {
	return peopleData{DocTypes: newPatientOf("").DocTypes, Merges: auth.From(r.Context()).Is(auth.Manager)}
}

func (s *site) peoplePage(w http.ResponseWriter, r *http.Request) error {
	return s.show(w, r, "people", "people", peopleOf(r))
}

// peopleDone shows the page with what came of the form on it.
func (s *site) peopleDone(w http.ResponseWriter, r *http.Request, done string, err error) error {
	d := peopleOf(r)
	if err != nil {
		s.fail(w, r, "people", d, err)
		return nil
	}
	d.Done = done
	return s.show(w, r, "people", "people", d)
}

// complete takes the document that whoever booked without shows at the desk.
func (s *site) complete(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	f := r.PostForm
	birth, err := dateOf(f, "birth")
	if err == nil {
		var a booking.Appointment
		if a, err = s.Desk.AppointmentByVoucher(r.Context(), strings.TrimSpace(f.Get("voucher"))); err == nil {
			_, err = s.People.Complete(r.Context(), a.ID, auth.From(r.Context()).ID, directory.Document{
				Type: directory.DocType(f.Get("doc_type")), Number: f.Get("doc"), Sex: directory.Sex(f.Get("sex")), Birth: birth,
			})
		}
	}
	return s.peopleDone(w, r, "people.completed", err)
}

// merge makes one of two records of the same person, each named by a document
// or a voucher.
func (s *site) merge(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	f, by := r.PostForm, auth.From(r.Context()).ID
	kept, err := s.Pool.FindPatient(r.Context(), by, strings.TrimSpace(f.Get("kept")))
	if err == nil {
		var lost directory.Patient
		if lost, err = s.Pool.FindPatient(r.Context(), by, strings.TrimSpace(f.Get("lost"))); err == nil {
			err = s.People.Merge(r.Context(), kept.ID, lost.ID, by, f.Get("reason"))
		}
	}
	return s.peopleDone(w, r, "people.merged", err)
}

// swap gives a place that was booked for the wrong one of the family to the
// right one.
func (s *site) swap(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	p := auth.From(r.Context())
	a, err := s.Own(r.Context(), p, r.PathValue("id"))
	if err != nil {
		return err
	}
	to, err := s.OwnPatient(r.Context(), p, r.PostForm.Get("patient"))
	if err == nil {
		var made booking.Appointment
		made, err = s.People.Swap(r.Context(), booking.SwapRequest{
			AppointmentID: a.ID, PatientID: to.ID, AccountID: p.AccountID, TravelMinutes: to.TravelMinutes,
		})
		if err == nil {
			return back(w, r, "/appointments/"+url.PathEscape(made.ID)+"?fresh=1")
		}
	}
	d, dataErr := s.appointmentData(r, a)
	if dataErr != nil {
		return err
	}
	s.fail(w, r, "appointment", d, err)
	return nil
}

// swappable lists whom of the family a place may still go to: it was booked by
// this account a short time ago. Booking itself judges.
func (s *site) swappable(r *http.Request, a booking.Appointment) ([]patientRow, error) {
	account := auth.From(r.Context()).AccountID
	if a.State != booking.Booked || a.AccountID != account || s.Now().Sub(a.BookedAt) > booking.DefaultPolicy().SwapWithin {
		return nil, nil
	}
	people, err := s.Directory.Patients(r.Context(), account)
	if err != nil {
		return nil, wrap("load patients", err)
	}
	var others []directory.Patient
	for _, p := range people {
		if p.ID != a.PatientID {
			others = append(others, p)
		}
	}
	return maskedRows(others), nil
}

// maskedRows are rows of a page that others may look at too.
func maskedRows(people []directory.Patient) []patientRow {
	list := make([]patientRow, 0, len(people))
	for _, p := range people {
		list = append(list, patientRow{p.ID, p.Name.String(), ""})
	}
	return list
}
