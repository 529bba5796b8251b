package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/auth"
)

type patientsData struct {
	Patients []familyRow
	Asked    []askedRow
	Most     int
}

type familyRow struct {
	ID, Name, Doc string
	DocType       directory.DocType
	TravelMinutes int
	Self, Agreed  bool
}

// askedRow is another account that books for somebody of this phone, or wants
// to.
type askedRow struct {
	AccountID, PatientID, Name, Phone, Relation string
	Agreed                                      bool
}

func (s *site) patients(w http.ResponseWriter, r *http.Request) error {
	d, err := s.patientsData(r)
	if err != nil {
		return err
	}
	return s.show(w, r, "patients", "family", d)
}

// patientsData shows names in full to the family itself, and the name of who
// has not agreed masked.
func (s *site) patientsData(r *http.Request) (patientsData, error) {
	account := auth.From(r.Context()).AccountID
	d := patientsData{Most: directory.MostRelatives}
	family, err := s.Directory.Family(r.Context(), account)
	if err != nil {
		return d, wrap("load family", err)
	}
	slices.SortStableFunc(family, func(a, b directory.Relative) int { return standing(a) - standing(b) })
	for _, m := range family {
		row := familyRow{ID: m.Patient.ID, Name: m.Patient.Name.String(), Self: m.Relation == directory.RelationSelf, Agreed: m.Agreed()}
		if row.Agreed {
			row.Name, row.Doc = m.Patient.Name.Reveal(), m.Patient.Doc.String()
			row.DocType, row.TravelMinutes = m.Patient.DocType, m.Patient.TravelMinutes
		}
		d.Patients = append(d.Patients, row)
	}
	theirs, err := s.Directory.Agreements(r.Context(), account)
	if err != nil {
		return d, wrap("load agreements", err)
	}
	for _, a := range theirs {
		d.Asked = append(d.Asked, askedRow{a.AccountID, a.PatientID, a.Name.String(), a.By.String(), a.Relation, !a.ConsentAt.IsZero()})
	}
	return d, nil
}

// standing puts oneself first and those who have not agreed last.
func standing(m directory.Relative) int {
	switch {
	case m.Relation == directory.RelationSelf:
		return 0
	case m.Agreed():
		return 1
	}
	return 2
}

// agree lets another account book for somebody of this phone; disagree takes it
// back, or gives up somebody of one's own.
func (s *site) agree(w http.ResponseWriter, r *http.Request) error { return s.consent(w, r, true) }

func (s *site) disagree(w http.ResponseWriter, r *http.Request) error { return s.consent(w, r, false) }

func (s *site) consent(w http.ResponseWriter, r *http.Request, agree bool) error {
	if err := form(r); err != nil {
		return err
	}
	err := s.Consent(r.Context(), auth.From(r.Context()), r.PostForm.Get("account"), r.PostForm.Get("patient"), agree)
	if err == nil {
		return back(w, r, "/patients")
	}
	d, dataErr := s.patientsData(r)
	if dataErr != nil {
		return err
	}
	s.fail(w, r, "patients", d, err)
	return nil
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
