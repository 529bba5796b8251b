package web

import (
	"net/http"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/jobs"
)

type jobsData struct {
	Overview  jobs.Overview
	Dashboard bool
}

// jobsPage shows the pipeline's lanes and failures.
func (s *site) jobsPage(w http.ResponseWriter, r *http.Request) error {
	if s.Jobs == nil {
		return houzhen.E(houzhen.CodeNotFound, "no pipeline here")
	}
	o, err := s.Jobs.Overview(r.Context())
	if err != nil {
		return wrap("load overview", err)
	}
	return s.show(w, r, "jobs", "jobs", jobsData{o, s.Dashboard != nil})
}

// demo lists the addresses of a demonstration.
func (s *site) demo(w http.ResponseWriter, r *http.Request) error {
	if s.Demo == nil {
		return houzhen.E(houzhen.CodeNotFound, "no demonstration here")
	}
	groups, err := s.Demo.Addresses(r.Context())
	if err != nil {
		return wrap("list addresses", err)
	}
	return s.show(w, r, "demo", "", groups)
}
