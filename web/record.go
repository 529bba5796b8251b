package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
)

// openedRecord gives the record of the patient of a link whose reader knows the
// document.
func (s *site) openedRecord(r *http.Request) (api.Standing, error) {
	if err := form(r); err != nil {
		return api.Standing{}, err
	}
	id, err := s.subject(r, LinkRecord)
	if err != nil {
		return api.Standing{}, err
	}
	if err := s.knows(r, id); err != nil {
		return api.Standing{}, err
	}
	list, err := s.Credit.Standing(r.Context(), id)
	if err != nil || len(list) != 1 {
		return api.Standing{}, wrap("load record", err)
	}
	for _, m := range list[0].Marks {
		if err := s.seen(r, m.ID); err != nil {
			return list[0], err
		}
	}
	return list[0], nil
}

func (s *site) recordData(r *http.Request, one api.Standing) (standingData, error) {
	p, err := s.Directory.Patient(r.Context(), one.PatientID)
	if err != nil {
		return standingData{}, wrap("load patient", err)
	}
	d, err := s.recordOf(r, []api.Standing{one}, map[string]string{p.ID: p.Name.String()})
	d.Action, d.Tail = address(r, LinkRecord), r.PostForm.Get("tail")
	return d, err
}

func (s *site) recordOpen(w http.ResponseWriter, r *http.Request) error {
	one, err := s.openedRecord(r)
	if err != nil {
		s.fail(w, r, "credit", askRecord(r), err)
		return nil
	}
	d, err := s.recordData(r, one)
	if err != nil {
		return err
	}
	return s.show(w, r, "credit", "", d)
}

// recordAppeal speaks against a mark of the patient whose link it is.
func (s *site) recordAppeal(w http.ResponseWriter, r *http.Request) error {
	one, err := s.openedRecord(r)
	if err != nil {
		s.fail(w, r, "credit", askRecord(r), err)
		return nil
	}
	mark := r.PostForm.Get("mark")
	if !slices.ContainsFunc(one.Marks, func(m api.Marked) bool { return m.ID == mark }) {
		return houzhen.E(houzhen.CodeNotFound, "no such mark of this patient")
	}
	if _, err := s.Credit.Appeal(r.Context(), "link", mark, strings.TrimSpace(r.PostForm.Get("words"))); err != nil {
		return wrap("appeal", err)
	}
	return s.recordOpen(w, r)
}
