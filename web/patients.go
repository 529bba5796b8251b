package web

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/auth"
)

type patientsData struct{ Patients []familyRow }

type familyRow struct {
	Name, Doc     string
	DocType       directory.DocType
	TravelMinutes int
}

func (s *site) patients(w http.ResponseWriter, r *http.Request) error {
	people, err := s.Directory.Patients(r.Context(), auth.From(r.Context()).AccountID)
	if err != nil {
		return wrap("load patients", err)
	}
	var d patientsData
	for _, p := range people {
		d.Patients = append(d.Patients, familyRow{p.Name.Reveal(), p.Doc.String(), p.DocType, p.TravelMinutes})
	}
	return s.show(w, r, "patients", "family", d)
}

type newPatientData struct {
	Back      string
	Relations []string
	DocTypes  []directory.DocType
}

func newPatientOf(to string) newPatientData {
	return newPatientData{
		Back: local(to), Relations: []string{"self", "child", "parent", "spouse", "other"},
		DocTypes: []directory.DocType{
			directory.DocID, directory.DocHousehold, directory.DocPassport, directory.DocOfficer,
			directory.DocHKMacao, directory.DocTaiwan, directory.DocForeigner, directory.DocOther,
		},
	}
}

func (s *site) newPatient(w http.ResponseWriter, r *http.Request) error {
	to := r.URL.Query().Get("back")
	if to == "" {
		to = "/patients"
	}
	return s.show(w, r, "patient_new", "family", newPatientOf(to))
}

func (s *site) addPatient(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	d := newPatientOf(r.PostForm.Get("back"))
	p, err := s.register(r, r.PostForm)
	if err != nil {
		s.fail(w, r, "patient_new", d, err)
		return nil
	}
	return back(w, r, addQuery(d.Back, "patient", p.ID))
}

func (s *site) register(r *http.Request, f url.Values) (directory.Patient, error) {
	p := directory.Patient{
		Name: houzhen.NewName(f.Get("name")), DocType: directory.DocType(f.Get("doc_type")), Doc: houzhen.NewIDNumber(f.Get("doc")),
		Sex: directory.Sex(f.Get("sex")), Phone: houzhen.NewPhone(f.Get("phone")), Lang: api.LangOf(r),
	}
	if birth := f.Get("birth"); birth != "" {
		d, err := houzhen.ParseDate(birth)
		if err != nil {
			return p, houzhen.E(houzhen.CodeInvalid, "date is not YYYY-MM-DD").On("birth")
		}
		p.Birth = d
	}
	minutes, err := minutesOf(f.Get("travel"))
	if err != nil {
		return p, err
	}
	p.TravelMinutes = minutes
	return s.Directory.Register(r.Context(), api.Registration{
		AccountID: auth.From(r.Context()).AccountID, Patient: p, Relation: f.Get("relation"), Consent: f.Get("consent") != "",
	})
}

// minutesOf reads minutes; nothing is 0.
func minutesOf(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 600 {
		return 0, houzhen.E(houzhen.CodeInvalid, "minutes are out of range").On("travel")
	}
	return n, nil
}

func addQuery(to, key, value string) string {
	u, err := url.Parse(to)
	if err != nil || u.Path == "/patients" {
		return to
	}
	q := u.Query()
	q.Set(key, value)
	u.RawQuery = q.Encode()
	return u.String()
}
