package web

import (
	"net/http"
	"strconv"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking/guide"
	"github.com/houzhen/houzhen/internal/auth"
)

// guideRoutes are the pages of guidance before booking.
func (s *site) guideRoutes() []route {
	all, manager := []auth.Role{auth.Anonymous}, []auth.Role{auth.Manager}
	return []route{
		{"GET", "/guide", all, s.guidePage, "which department to see; a part of the body may stand in the address"},
		{"POST", "/guide", all, s.guideAnswer, "words come in a form, so that none stand in an address"},
		{"GET", "/manage/guide", manager, s.guideVersions, "versions of the table"},
		{"POST", "/manage/guide", manager, s.guideImport, "takes a table in as a draft"},
		{"GET", "/manage/guide/sample.yaml", manager, s.guideSample, "a table to start from"},
		{"GET", "/manage/guide/{id}", manager, s.guideVersion, "what it changes"},
		{"POST", "/manage/guide/{id}/approve", manager, s.guideApprove, "by a second person"},
	}
}

type guideData struct {
	api.Guidance
	Ambulance string
	Part      houzhen.Label // that was chosen
	PartKey   string
	Asked     bool
	Gone      []houzhen.Label // what was suggested and is not in this house
}

// guidePage shows the form, and what a part of the body leads to.
func (s *site) guidePage(w http.ResponseWriter, r *http.Request) error {
	return s.showGuide(w, r, guide.Question{Part: r.URL.Query().Get("part")})
}

// guideAnswer answers a form. Nothing of it is kept.
func (s *site) guideAnswer(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	f := r.PostForm
	q := guide.Question{Words: f.Get("words"), Part: f.Get("part"), Sex: guide.Sex(f.Get("sex")), Pregnant: f.Get("pregnant") != ""}
	var err error
	if q.Age, err = ageOf(f.Get("age"), f.Get("unit")); err == nil {
		err = q.Check()
	}
	if err != nil {
		d, lookErr := s.guideData(r, guide.Question{})
		if lookErr != nil {
			return lookErr
		}
		d.Asked = false
		s.fail(w, r, "guide", d, err)
		return nil
	}
	return s.showGuide(w, r, q)
}

func (s *site) showGuide(w http.ResponseWriter, r *http.Request, q guide.Question) error {
	d, err := s.guideData(r, q)
	if err != nil {
		return err
	}
	v := s.view(r, "book", d)
	v.Path, v.Form = "/guide", typed(r)
	if r.Method == http.MethodGet && d.PartKey != "" {
		v.Path = r.URL.RequestURI()
	}
	return s.pages.render(w, http.StatusOK, "guide", v)
}

func (s *site) guideData(r *http.Request, q guide.Question) (guideData, error) {
	d := guideData{Ambulance: api.Ambulance, Asked: q.Words != "" || q.Part != ""}
	var err error
	if d.Guidance, err = s.Guide(r.Context(), q, s.today()); err != nil {
		return d, err
	}
	for _, p := range d.Version.Table.Parts {
		if p.Key == q.Part {
			d.Part, d.PartKey = p.Name, p.Key
		}
	}
	for _, p := range d.Places {
		if p.ID == "" {
			d.Gone = append(d.Gone, p.Name)
		}
	}
	return d, nil
}

// ageOf reads an age in years or months; an empty one is not said.
func ageOf(text, unit string) (guide.Age, error) {
	if text == "" {
		return guide.Age{}, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 1800 {
		return guide.Age{}, houzhen.E(houzhen.CodeInvalid, "age is not a number").On("age")
	}
	if unit != "months" {
		n *= 12
	}
	return guide.Age{Months: n, Known: true}, nil
}
