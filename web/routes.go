package web

import (
	"slices"

	"github.com/houzhen/houzhen/internal/auth"
)

// route is one page or form.
type route struct {
	method, pattern string
	roles           []auth.Role
	do              handler
	note            string
}

// Routes says who may see what; it has every route that New serves.
func Routes() []auth.Rule {
	rules := []auth.Rule{{Method: "GET", Pattern: "/manage/asynq/", Roles: []auth.Role{auth.Manager}, Note: "the pipeline's own dashboard"}}
	for _, r := range (&site{}).routes() {
		rules = append(rules, auth.Rule{Method: r.method, Pattern: r.pattern, Roles: r.roles, Note: r.note})
	}
	return rules
}

func (s *site) routes() []route {
	all := []auth.Role{auth.Anonymous}
	patient := []auth.Role{auth.Patient}
	list := []route{
		{"GET", "/{$}", all, s.home, "departments"},
		{"GET", "/forecasts", all, s.waitQuality, "how good the waiting times were"},
		{"GET", "/find/{department}", all, s.department, "days, doctors and slices"},
		{"POST", "/lang", all, s.setLang, "keeps a language"},
		{"POST", "/elder", all, s.setElder, "keeps large type"},
		{"GET", "/static/{file...}", all, s.static, "styles and scripts"},
		{"GET", "/words/{lang}", all, s.dictionary, "words for scripts"},
		{"GET", "/sign-in", all, s.signInPage, "phone, then code"},
		{"POST", "/sign-in/code", all, s.askCode, ""},
		{"POST", "/sign-in", all, s.signIn, ""},
		{"POST", "/sign-out", all, s.signOut, ""},
		{"GET", "/book", patient, s.bookPage, "who, and confirm"},
		{"POST", "/book", patient, s.book, "takes or moves a place"},
		{"GET", "/patients", patient, s.patients, ""},
		{"GET", "/patients/new", patient, s.newPatient, ""},
		{"POST", "/patients", patient, s.addPatient, ""},
		{"POST", "/patients/agree", patient, s.agree, "lets another account book for somebody of this phone"},
		{"POST", "/patients/disagree", patient, s.disagree, "takes it back, or gives somebody up"},
		{"GET", "/appointments", patient, s.appointments, ""},
		{"GET", "/appointments/{id}", patient, s.appointment, "the voucher"},
		{"POST", "/appointments/{id}/cancel", patient, s.cancel, ""},
		{"GET", "/appointments/{id}/options", patient, s.options, "after a suspension"},
		{"POST", "/appointments/{id}/options/choose", patient, s.choose, ""},
		{"GET", "/place/{id}", patient, s.place, "my place in the queue"},
		{"POST", "/place/{id}/travel", patient, s.travel, ""},
		{"POST", "/place/{id}/set-out", patient, s.setOut, "I am on my way"},
		{"GET", "/demo", all, s.demo, "addresses of a demonstration"},
	}
	list = append(list, s.linkRoutes()...)
	list = append(list, s.wishRoutes()...)
	list = append(list, s.guideRoutes()...)
	list = append(list, s.drawRoutes()...)
	list = append(list, s.paymentRoutes()...)
	list = append(list, s.creditRoutes()...)
	list = append(list, s.suspensionRoutes()...)
	list = append(list, s.waitlistRoutes()...)
	list = append(list, s.peopleRoutes()...)
	list = append(list, s.inboxRoutes()...)
	list = append(list, s.continuationRoutes()...)
	list = append(list, s.laneRoutes()...)
	return append(list, s.staffRoutes()...)
}

func (s *site) staffRoutes() []route {
	all, staff := []auth.Role{auth.Anonymous}, auth.StaffRoles()
	desk, manager := []auth.Role{auth.Nurse, auth.Manager}, []auth.Role{auth.Manager}
	screen := append(staff, auth.Screen)
	return slices.Concat(s.statsRoutes(manager), s.abuseRoutes(manager), s.poolRoutes(), s.machineRoutes(manager), s.mailRoutes(desk, manager), s.wordingRoutes(manager), []route{
		{"GET", "/staff/sign-in", all, s.staffSignInPage, ""},
		{"POST", "/staff/sign-in", all, s.staffSignIn, ""},
		{"GET", "/staff", staff, s.staffHome, "leads to the role's own page"},
		{"GET", "/strip", staff, s.stripList, "today's sessions of the doctor"},
		{"GET", "/strip/{session}", staff, s.strip, ""},
		{"POST", "/strip/{session}/{verb}", staff, s.stripVerb, "next, recall, missed, finish"},
		{"GET", "/desk", desk, s.deskList, "zones"},
		{"GET", "/desk/{zone}", desk, s.desk, ""},
		{"POST", "/desk/{zone}/checkin", desk, s.deskCheckIn, ""},
		{"POST", "/desk/{zone}/recheckin", desk, s.deskReCheckIn, ""},
		{"GET", "/messages", desk, s.messages, "what was sent, masked"},
		{"GET", "/manage", desk, s.manage, "the week's sessions"},
		{"GET", "/manage/sessions/{id}", desk, s.session, ""},
		{"POST", "/manage/sessions/{id}/suspend", desk, s.suspend, ""},
		{"GET", "/manage/roster", manager, s.rosterPage, ""},
		{"POST", "/manage/roster", manager, s.rosterImport, ""},
		{"GET", "/manage/jobs", manager, s.jobsPage, ""},
		{"GET", "/screen", all, s.screen, "pairs by token, then leads to the screen"},
		{"GET", "/screen/zone/{id}", screen, s.zone, ""},
		{"GET", "/screen/door/{id}", screen, s.door, ""},
	})
}
