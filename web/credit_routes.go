package web

import "github.com/houzhen/houzhen/internal/auth"

// creditRoutes are the pages of kept and missed appointments. The address of
// the rules is public and stays.
func (s *site) creditRoutes() []route {
	patient, manager := []auth.Role{auth.Patient}, []auth.Role{auth.Manager}
	return []route{
		{"GET", "/credit/rules", []auth.Role{auth.Anonymous}, s.creditRules, "published rules"},
		{"GET", "/credit", patient, s.credit, "my record"},
		{"POST", "/credit/marks/{id}/appeal", patient, s.appeal, ""},
		{"GET", "/manage/credit", manager, s.manageCredit, "appeals, rules, exemptions"},
		{"POST", "/manage/credit/appeals/{id}", manager, s.decideAppeal, ""},
		{"POST", "/manage/credit/rules", manager, s.publishRules, ""},
		{"POST", "/manage/credit/exemptions", manager, s.protect, ""},
		{"GET", "/manage/noshow", manager, s.forecasts, "expected no-shows and advice"},
	}
}
