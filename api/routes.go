package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/houzhen/houzhen/internal/auth"
)

// route is one line of the table that is the API.
type route struct {
	method, pattern, summary string
	roles                    []auth.Role
	keyed                    bool       // a write that needs an idempotency key
	remembers                bool       // its answers need not be kept
	scope                    auth.Scope // for machines
	register                 func(huma.API, *http.ServeMux)
}

// Routes says who may use what; it has every route that New serves.
func Routes() []auth.Rule {
	rules := []auth.Rule{
		{Method: "GET", Pattern: "/api/openapi.json", Roles: everybody(), Note: "the contract is public"},
		{Method: "GET", Pattern: "/api/openapi.yaml", Roles: everybody()},
		{Method: "GET", Pattern: "/api/openapi-3.0.json", Roles: everybody()},
		{Method: "GET", Pattern: "/api/openapi-3.0.yaml", Roles: everybody()},
	}
	for _, r := range (&API{}).routes() {
		rules = append(rules, auth.Rule{Method: r.method, Pattern: r.pattern, Roles: r.roles, Scope: r.scope, Note: r.summary})
	}
	return rules
}

func everybody() []auth.Role { return []auth.Role{auth.Anonymous} }

func (a *API) routes() []route {
	patient, staff := []auth.Role{auth.Patient}, auth.StaffRoles()
	desk, manager := []auth.Role{auth.Nurse, auth.Manager}, []auth.Role{auth.Manager}
	list := []route{
		verb(a, "GET", "/api/v1/departments", "Departments", everybody(), a.departments),
		verb(a, "GET", "/api/v1/doctors", "Doctors of a department", everybody(), a.doctors),
		verb(a, "GET", "/api/v1/sessions", "Sessions with free places by slice", everybody(), a.sessions),
		verb(a, "GET", "/api/v1/sessions/{id}/if-i-came", "When somebody who came now would be called", everybody(), a.ifCame),
		verb(a, "GET", "/api/v1/wait-quality", "How good the waiting times of the last 30 days were", everybody(), a.qualities),
		verb(a, "GET", "/api/v1/patients", "People the account acts for", patient, a.patients),
		keyed(verb(a, "POST", "/api/v1/patients", "Add a person", patient, a.addPatient)),
		remembers(verb(a, "POST", "/api/v1/appointments", "Book a place", patient, a.book)),
		verb(a, "GET", "/api/v1/appointments", "Appointments of the account", patient, a.appointments),
		verb(a, "GET", "/api/v1/appointments/{id}", "One appointment", patient, a.appointment),
		keyed(verb(a, "POST", "/api/v1/appointments/{id}/cancel", "Give a place up", patient, a.cancel)),
		keyed(verb(a, "POST", "/api/v1/appointments/{id}/move", "Take another place", patient, a.move)),
		verb(a, "GET", "/api/v1/appointments/{id}/options", "Places kept after a suspension", patient, a.options),
		keyed(verb(a, "POST", "/api/v1/appointments/{id}/options/{option}/choose", "Choose a kept place", patient, a.choose)),
		verb(a, "GET", "/api/v1/appointments/{id}/position", "Place in the queue", patient, a.position),
		keyed(verb(a, "PUT", "/api/v1/appointments/{id}/travel", "Minutes from home", patient, a.travel)),
		keyed(verb(a, "POST", "/api/v1/appointments/{id}/set-out", "I am on my way", patient, a.setOut)),
		keyed(verb(a, "POST", "/api/v1/checkin", "Somebody has come", desk, a.checkIn)),
		verb(a, "GET", "/api/v1/sessions/{id}/queue", "A session's queue as the doctor sees it", staff, a.sessionQueue),
		keyed(verb(a, "POST", "/api/v1/appointments/{id}/transfer", "Go on to another doctor", staff, a.transfer)),
		keyed(verb(a, "POST", "/api/v1/tickets/{id}/recheckin", "A missed patient is back", desk, a.reCheckIn)),
		verb(a, "GET", "/api/v1/messages", "What was sent", desk, a.messages),
		verb(a, "POST", "/api/v1/roster", "Take a roster in", manager, a.roster),
		verb(a, "GET", "/api/v1/stats", "What was counted of past sessions", manager, a.stats),
		plain(a, "GET", "/api/v1/stats.csv", "The same as a table", manager, a.statsCSV),
		verb(a, "POST", "/api/v1/sign-in/code", "Send a code to a phone", everybody(), a.askCode),
		verb(a, "POST", "/api/v1/sign-in", "Sign in with the code", everybody(), a.signIn),
		verb(a, "POST", "/api/v1/staff/sign-in", "Sign in as staff", everybody(), a.staffSignIn),
		verb(a, "POST", "/api/v1/sign-out", "End the session", everybody(), a.signOut),
		plain(a, "GET", "/healthz", "Alive", everybody(), a.healthz),
		plain(a, "GET", "/readyz", "Ready for requests", everybody(), a.readyz),
		plain(a, "GET", "/ws", "Live states", everybody(), a.socket),
		plain(a, "GET", "/v/{file}", "The voucher's picture", []auth.Role{auth.Patient, auth.Nurse, auth.Manager}, a.voucher),
		plain(a, "POST", "/callbacks/aliyun/{token}/sms-up", "Replies by SMS; the token is the key", everybody(), a.smsUp),
		plain(a, "POST", "/callbacks/aliyun/{token}/voice-report", "What became of calls; the token is the key", everybody(), a.voiceReport),
		plain(a, "GET", "/callbacks/wechat", "WeChat's question at setting up; the signature is the key", everybody(), a.weChatHello),
		plain(a, "POST", "/callbacks/wechat", "Consents and fates of messages; the signature is the key", everybody(), a.weChatEvent),
		plain(a, "POST", "/callbacks/aliyun/{token}/sms-report", "Delivery reports; the token is the key", everybody(), a.smsReport),
	}
	list = append(list, a.abuseRoutes(manager)...)
	list = append(list, a.guideRoutes(manager)...)
	list = append(list, a.wordingRoutes(manager)...)
	list = append(list, a.inboxRoutes(patient)...)
	list = append(list, a.mailRoutes(patient, desk, manager)...)
	list = append(list, a.peopleRoutes(patient, desk, manager)...)
	list = append(list, a.consentRoutes(patient)...)
	list = append(list, a.paymentRoutes()...)
	list = append(list, a.poolRoutes()...)
	list = append(list, a.creditRoutes()...)
	list = append(list, a.suspensionRoutes()...)
	list = append(list, a.channelRoutes()...)
	list = append(list, a.waitlistRoutes()...)
	list = append(list, a.continuationRoutes(patient)...)
	list = append(list, a.laneRoutes(patient, manager)...)
	list = append(list, a.noticeRoutes()...)
	return append(list, a.queueRoutes()...)
}

func (a *API) queueRoutes() []route {
	var list []route
	for _, v := range Verbs() {
		list = append(list, keyed(verb(a, "POST", "/api/v1/sessions/{id}/"+string(v), "Queue: "+string(v),
			auth.StaffRoles(), a.queueVerb(v))))
	}
	return list
}

func keyed(r route) route { r.keyed = true; return r }

// remembers is a keyed route whose verb itself knows what it has answered.
func remembers(r route) route { r.keyed, r.remembers = true, true; return r }

// verb is a route with a typed input and output, described in the OpenAPI
// document. Its handler returns an error, which becomes a problem document.
func verb[I, O any](a *API, method, pattern, summary string, roles []auth.Role, do func(context.Context, *I) (*O, error)) route {
	return route{method: method, pattern: pattern, summary: summary, roles: roles, register: func(api huma.API, _ *http.ServeMux) {
		op := huma.Operation{
			Method: method, Path: pattern, Summary: summary, OperationID: operationID(method, pattern), MaxBodyBytes: MaxBody,
			DefaultStatus: made()[method+" "+pattern],
			// The body has been read by guardBodies. huma's own limit is a deadline that it leaves on the connection, and
			// net/http takes its passing for a caller who has gone.
			BodyReadTimeout: -1,
			Middlewares: huma.Middlewares{func(ctx huma.Context, next func(huma.Context)) {
				r, _ := humago.Unwrap(ctx)
				next(huma.WithContext(ctx, withRequest(ctx.Context(), r)))
			}},
		}
		huma.Register(api, op, func(ctx context.Context, in *I) (*O, error) {
			out, err := do(ctx, in)
			if err != nil {
				return nil, a.fail(ctx, err, requestOf(ctx).lang)
			}
			return out, nil
		})
	}}
}

// plain is a route without a JSON contract.
func plain(a *API, method, pattern, summary string, roles []auth.Role, do func(http.ResponseWriter, *http.Request) error) route {
	return route{method: method, pattern: pattern, summary: summary, roles: roles, register: func(_ huma.API, mux *http.ServeMux) {
		mux.HandleFunc(method+" "+pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := do(w, r); err != nil {
				a.problem(w, r, err)
			}
		})
	}}
}

// made gives the status of the routes that make something; the others answer
// 200, or 204 without a body.
func made() map[string]int {
	return map[string]int{
		"POST /api/v1/patients":               http.StatusCreated,
		"POST /api/v1/appointments":           http.StatusCreated,
		"POST /api/v1/channel/appointments":   http.StatusCreated,
		"POST /api/v1/sessions/{id}/overbook": http.StatusCreated,
		"POST /api/v1/desk/appointments":      http.StatusCreated,
		"POST /api/v1/waitlist":               http.StatusCreated,
		"POST /api/v1/channel/webhooks":       http.StatusCreated,
	}
}
