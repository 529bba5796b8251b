package web

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/auth"
)

type releaseData struct {
	Departments []directory.Department
	Department  string // whose rule the form is about; empty for all others
	Name        houzhen.Label
	Rule        booking.ReleaseRule
	Doctors     []ruleDoctor
	Versions    []booking.ReleaseRule // latest first
	Saved       int64
	Moved       int
}

type ruleDoctor struct {
	directory.Doctor

	Draws bool
}

// releaseData loads the rule of a department with every version there was.
func (s *site) releaseData(r *http.Request, department string) (releaseData, error) {
	names, err := s.names(r.Context())
	if err != nil {
		return releaseData{}, err
	}
	d := releaseData{Departments: names.House.Departments, Department: department, Name: names.Department(department).Name}
	if d.Rule, err = s.Pool.ReleaseRule(r.Context(), department); err != nil {
		return d, wrap("load release rule", err)
	}
	all, err := s.Pool.ReleaseRules(r.Context())
	if err != nil {
		return d, wrap("load release rules", err)
	}
	for _, v := range all {
		if v.DepartmentID == department {
			d.Versions = append(d.Versions, v)
		}
	}
	slices.SortFunc(d.Versions, func(a, b booking.ReleaseRule) int { return cmp.Compare(b.Version, a.Version) })
	for _, doc := range names.House.Doctors {
		if doc.DepartmentID == department && !doc.Pool {
			d.Doctors = append(d.Doctors, ruleDoctor{doc, slices.Contains(d.Rule.DrawDoctors, doc.ID)})
		}
	}
	return d, nil
}

func (s *site) releaseRules(w http.ResponseWriter, r *http.Request) error {
	d, err := s.releaseData(r, r.URL.Query().Get("department"))
	if err != nil {
		return err
	}
	return s.show(w, r, "release", "release", d)
}

// setReleaseRule makes a new version. The old ones stay as they were.
func (s *site) setReleaseRule(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	d, err := s.releaseData(r, r.PostForm.Get("department"))
	if err != nil {
		return err
	}
	rule, err := s.ruleTyped(r)
	if err != nil {
		s.fail(w, r, "release", d, err)
		return nil
	}
	made, moved, err := s.Pool.SetReleaseRule(r.Context(), auth.From(r.Context()).ID, rule)
	if err != nil {
		s.fail(w, r, "release", d, err)
		return nil
	}
	if d, err = s.releaseData(r, rule.DepartmentID); err != nil {
		return err
	}
	d.Saved, d.Moved = made.Version, moved
	return s.show(w, r, "release", "release", d)
}

func (s *site) ruleTyped(r *http.Request) (booking.ReleaseRule, error) {
	f := r.PostForm
	rule := booking.ReleaseRule{DepartmentID: f.Get("department"), DrawDoctors: f["draw"], By: auth.From(r.Context()).ID}
	var minutes, window int
	for _, c := range []struct {
		name string
		into *int
	}{
		{"horizon_days", &rule.HorizonDays},
		{"spread", &minutes},
		{"fall_back_days", &rule.FallBackDays},
		{"overbook_most", &rule.OverbookMost},
		{"draw_window", &window},
	} {
		n, err := strconv.Atoi(strings.TrimSpace(f.Get(c.name)))
		if err != nil {
			return rule, houzhen.E(houzhen.CodeInvalid, "value is not a whole number").On(c.name)
		}
		*c.into = n
	}
	rule.Spread, rule.DrawWindow = time.Duration(minutes)*time.Minute, time.Duration(window)*time.Second
	for _, c := range []struct {
		name string
		into *houzhen.TimeOfDay
	}{{"at", &rule.At}, {"fall_back_at", &rule.FallBackAt}} {
		at, err := houzhen.ParseTimeOfDay(f.Get(c.name))
		if err != nil {
			return rule, houzhen.E(houzhen.CodeInvalid, "time is not HH:MM").On(c.name)
		}
		*c.into = at
	}
	return rule, nil
}
