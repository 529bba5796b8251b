package app

import (
	"net/http"
	"strings"

	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/internal/auth"
)

// Handler makes the server's handler: pages, API and sockets behind one rule
// table.
func (a *App) Handler() (http.Handler, error) {
	problem := api.WriteProblem(a.log)
	sessions := auth.NewSessions(auth.SessionOptions{
		Store: a.Store.Sessions(), Secure: strings.HasPrefix(a.cfg.PublicURL, "https://"), OnError: problem,
	})
	sign, err := a.newSignIn(sessions)
	if err != nil {
		return nil, err
	}
	services := api.Services{
		Directory: people{a.Directory}, Booking: a.Booking, Suspension: suspension{a}, Queue: a.Queue, Desk: desk{a},
		Messages: a, Boards: a.boards, SignIn: sign, Roster: rosters{a}, Audit: a,
	}
	deps := api.Deps{
		Services: services, Replays: a.Store, Receipts: a, Health: a, Socket: a.Hub, Now: a.clock.Now, Location: a.loc, Log: a.log,
		Version: Version,
	}
	rules, err := auth.NewRules(api.Routes())
	if err != nil {
		return nil, err
	}
	mux := api.New(deps)
	guarded := auth.Guard(rules, mux, problem)
	same, err := auth.SameOrigin(guarded, problem)
	if err != nil {
		return nil, err
	}
	identity := auth.Identity{Sessions: sessions, Screen: a.screen, Refresh: a.refresh, OnError: problem}
	return a.behindProxy(identity.Middleware(same)), nil
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

// Version of the program.
const Version = "0.1.0"
