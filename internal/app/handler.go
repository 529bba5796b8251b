package app

import (
	"context"
	"net/http"
	"strings"

	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/web"
)

// Version of the program.
const Version = "0.1.0"

// dashboardPath is where the pipeline's own dashboard is mounted for managers.
const dashboardPath = "/manage/asynq"

// Rules is the one table of who may do what, of API and pages together.
func Rules() (*auth.Rules, error) { return auth.NewRules(api.Routes(), web.Routes()) }

// Handler makes the server's handler: pages, API and sockets behind the rule
// table. demo lists the addresses of a demonstration; nil outside of one.
func (a *App) Handler(ctx context.Context, demo web.Demo) (http.Handler, error) {
	problem := api.WriteProblem(a.log, a.loc)
	secure := strings.HasPrefix(a.cfg.PublicURL, "https://")
	sessions := auth.NewSessions(auth.SessionOptions{Store: auth.Remember(a.Store.Sessions(), wall), Secure: secure, OnError: problem})
	sign, err := a.newSignIn(ctx, sessions)
	if err != nil {
		return nil, err
	}
	services := api.Services{
		Directory: people{a.Directory}, Booking: bookings{watched{a.Places(), a}, a}, Pool: pool{a}, Payments: payments{a}, Waitlist: a.Waits(),
		Suspension: suspensions{a.Suspension, a}, Queue: presses{a.Queue, a}, Desk: desk{a},
		Messages: a, Mail: mail{a}, Inbox: inbox{a}, Boards: a.boards, SignIn: sign, Roster: rosters{a}, Stats: a.Stats, Abuse: flags{a}, People: a.Persons(), Credit: credits{a},
		Forecasts: forecasts{a}, Audit: a, Channel: channel{a}, Webhooks: a.Webhooks,
		Continuations: a.Continuations(),
		Guidance:      a.Guide, Wording: a.Wording, Machines: a.Machines, Policies: queuePolicies{a}, Notices: notices{a},
	}
	site, err := web.New(web.Deps{
		Services: services, Links: links{a}, Jobs: a.Pipeline, Dashboard: a.Pipeline.Dashboard(dashboardPath), Demo: demo,
		Location: a.loc, Now: a.clock.Now, NewID: a.opt.NewID, Log: a.log, Secure: secure,
	})
	if err != nil {
		return nil, err
	}
	rules, err := auth.NewRules(api.Routes(), web.Routes(), doorRules(demo), cashierRules())
	if err != nil {
		return nil, err
	}
	json := api.New(api.Deps{
		Services: services, Replays: a.Store, Receipts: a, Health: a, Socket: a.Hub, Now: a.clock.Now, Location: a.loc, Log: a.log,
		Version: Version,
	})
	onError := eitherProblem(problem, site.OnError)
	same, err := auth.SameOrigin(auth.Guard(rules, byPath(json, a.withCashier(a.withDoors(site, demo, sessions, onError))), onError), onError)
	if err != nil {
		return nil, err
	}
	identity := auth.Identity{Sessions: sessions, Screen: a.screen, Machine: a.machine, Refresh: a.refresh, OnError: onError}
	return a.behindProxy(a.knowOrigin(identity.Middleware(same), secure)), nil
}

// forPrograms reports whether a path belongs to the API rather than to people.
func forPrograms(path string) bool {
	for _, p := range []string{"/api/", "/ws", "/callbacks/", "/v/", "/healthz", "/readyz"} {
		if strings.HasPrefix(path, p) {
			return true
		}
	}
	return false
}

func byPath(programs, people http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if forPrograms(r.URL.Path) {
			programs.ServeHTTP(w, r)
			return
		}
		people.ServeHTTP(w, r)
	})
}

// eitherProblem answers programs with a problem document and people with a page.
func eitherProblem(programs, people auth.OnError) auth.OnError {
	return func(w http.ResponseWriter, r *http.Request, err error) {
		if forPrograms(r.URL.Path) {
			programs(w, r, err)
			return
		}
		people(w, r, err)
	}
}

// behindProxy believes what a trusted proxy says of the caller.
func (a *App) behindProxy(next http.Handler) http.Handler {
	if !a.cfg.TrustProxy {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if from := r.Header.Get("X-Forwarded-For"); from != "" {
			last := from[strings.LastIndexByte(from, ',')+1:]
			r.RemoteAddr = strings.TrimSpace(last) + ":0"
		}
		next.ServeHTTP(w, r)
	})
}
