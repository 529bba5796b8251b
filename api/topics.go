package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/auth"
)

// Watch decides whether somebody may watch a topic: pos/<appointment> by those
// who act for its patient, zone/<id> and door/<room> by screens and staff,
// strip/<session> by its doctor and the desk, desk/<zone> by the desk,
// notice/<zone> by all of these.
func (s Services) Watch(ctx context.Context, p auth.Principal, topic string) error {
	kind, id, _ := strings.Cut(topic, "/")
	switch {
	case id == "":
		return houzhen.E(houzhen.CodeNotFound, "no such topic")
	case kind == "pos" && p.Is(auth.Patient):
		_, err := s.Own(ctx, p, id)
		return err
	case (kind == "zone" || kind == "door") && p.Staff():
		return nil
	case (kind == "zone" || kind == "door") && p.Is(auth.Screen):
		return s.watchScreen(ctx, p, kind, id)
	case kind == "notice" && (p.Is(auth.Patient) || p.Staff()): // it stands on a wall
		return nil
	case kind == "notice" && p.Is(auth.Screen):
		return s.watchScreen(ctx, p, kind, id)
	case kind == "strip" && p.Staff():
		_, err := s.MayRun(ctx, p, id)
		return err
	case kind == "desk" && p.Is(auth.Nurse, auth.Manager):
		return nil
	}
	return houzhen.E(houzhen.CodeForbidden, "topic is not for this role")
}

// watchScreen keeps a screen to the zone it hangs in, if it is bound to one.
func (s Services) watchScreen(ctx context.Context, p auth.Principal, kind, id string) error {
	if len(p.ZoneIDs) == 0 {
		return nil
	}
	if kind == "door" {
		names, err := LoadNames(ctx, s.Directory)
		if err != nil {
			return err
		}
		id = names.Room(id).ZoneID
	}
	if slices.Contains(p.ZoneIDs, id) {
		return nil
	}
	return houzhen.E(houzhen.CodeForbidden, "topic of another zone")
}

// socket upgrades to a WebSocket; what may be watched is asked per topic.
func (a *API) socket(w http.ResponseWriter, r *http.Request) error {
	p, ctx := who(r.Context()), context.WithoutCancel(r.Context()) // outlives the request
	a.Socket.Serve(w, r, func(topic string) error { return a.Watch(ctx, p, topic) })
	return nil
}
