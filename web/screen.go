package web

import (
	"net/http"
	"net/url"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/board"
)

// screen pairs a wall display by its token and leads it to what it shows. The
// token moves from the address into a cookie, so that no photograph of the
// screen gives it away.
func (s *site) screen(w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("token")
	if token == "" {
		c, err := r.Cookie(auth.ScreenCookie)
		if err != nil {
			return s.show(w, r, "screen_pair", "", nil)
		}
		token = c.Value
	}
	found, err := s.SignIn.Screen(r.Context(), token)
	if houzhen.CodeOf(err) == houzhen.CodeNotFound {
		return s.show(w, r, "screen_pair", "", nil)
	}
	if err != nil {
		return wrap("find screen", err)
	}
	s.cookie(w, auth.ScreenCookie, token, yearSeconds)
	kind := "zone"
	if found.Kind == "door" {
		kind = "door"
	}
	return back(w, r, "/screen/"+kind+"/"+url.PathEscape(found.Target))
}

type zoneData struct {
	board.Zone
	Told board.Notices
}

func (s *site) zone(w http.ResponseWriter, r *http.Request) error {
	if err := s.Watch(r.Context(), auth.From(r.Context()), "zone/"+r.PathValue("id")); err != nil {
		return err
	}
	z, err := s.Boards.Zone(r.Context(), r.PathValue("id"))
	if err != nil {
		return wrap("build zone", err)
	}
	told, err := s.Boards.Notices(r.Context(), r.PathValue("id"))
	if err != nil {
		return wrap("build notices", err)
	}
	return s.show(w, r, "zone", "", zoneData{z, told})
}

func (s *site) door(w http.ResponseWriter, r *http.Request) error {
	if err := s.Watch(r.Context(), auth.From(r.Context()), "door/"+r.PathValue("id")); err != nil {
		return err
	}
	d, err := s.Boards.Door(r.Context(), r.PathValue("id"))
	if err != nil {
		return wrap("build door", err)
	}
	return s.show(w, r, "door", "", d)
}
