package app

import (
	"context"
	"fmt"
	"net/http"

	"github.com/alexedwards/scs/v2"

	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/web"
)

// Guest is who comes in by a door of a demonstration: staff by login, or a
// patient by account; and which page it leads to.
type Guest struct {
	Login, Account string
	Leads          string
}

// Doors is what a demonstration may offer beside its addresses: each door signs
// in whoever opens it. Nothing but a demonstration has any.
type Doors interface {
	web.Demo
	// Enter says who comes in by a door; CodeNotFound if there is none.
	Enter(ctx context.Context, door, id string) (Guest, error)
}

// doorRules lets everybody open the doors of a demonstration.
func doorRules(demo web.Demo) []auth.Rule {
	if _, ok := demo.(Doors); !ok {
		return []auth.Rule{}
	}
	return []auth.Rule{{
		Method: http.MethodGet, Pattern: "/demo/as/{door}/{id}", Roles: []auth.Role{auth.Anonymous}, Note: "a demonstration's doors sign in",
	}}
}

// withDoors puts the doors of a demonstration before the pages.
func (a *App) withDoors(pages http.Handler, demo web.Demo, sessions *scs.SessionManager, onError auth.OnError) http.Handler {
	doors, ok := demo.(Doors)
	if !ok {
		return pages
	}
	mux := http.NewServeMux()
	mux.Handle("/", pages)
	mux.HandleFunc("GET /demo/as/{door}/{id}", func(w http.ResponseWriter, r *http.Request) {
		g, err := doors.Enter(r.Context(), r.PathValue("door"), r.PathValue("id"))
		if err == nil {
			err = a.welcome(r.Context(), sessions, g)
		}
		if err != nil {
			onError(w, r, err)
			return
		}
		http.Redirect(w, r, g.Leads, http.StatusSeeOther)
	})
	return mux
}

func (a *App) welcome(ctx context.Context, sessions *scs.SessionManager, g Guest) error {
	p := auth.Principal{Role: auth.Patient, ID: g.Account, AccountID: g.Account}
	if g.Login != "" {
		staff, err := a.Directory.StaffByLogin(ctx, g.Login)
		if err != nil {
			return fmt.Errorf("find staff: %w", err)
		}
		p = staffPrincipal(staff)
	}
	return auth.Enter(ctx, sessions, p, wall())
}
