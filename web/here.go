package web

import (
	"net/http"
	"net/url"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/auth"
)

// hereCode is the square on a zone's screen with which a phone checks in. It
// changes with the zone's code, so nothing keeps it.
func (s *site) hereCode(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if err := s.Watch(r.Context(), auth.From(r.Context()), "zone/"+id); err != nil {
		return err
	}
	z, err := s.Boards.Zone(r.Context(), id)
	if err != nil {
		return wrap("build zone", err)
	}
	if z.Here == "" {
		return houzhen.E(houzhen.CodeNotFound, "checking in by phone is not possible here")
	}
	scheme := "http"
	if s.Secure {
		scheme = "https"
	}
	picture, err := api.QRCode(scheme + "://" + r.Host + "/here/" + url.PathEscape(id) + "?code=" + url.QueryEscape(z.Here))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write(picture) //nolint:gosec // squares alone: nothing of the address stands in it
	return err
}

type hereData struct {
	Zone, Code string
	Name       houzhen.Label
	Visits     []card
}

// herePage is where the square leads: whoever is here says which visit he has
// come for.
func (s *site) herePage(w http.ResponseWriter, r *http.Request) error {
	d, err := s.hereData(r, r.URL.Query().Get("code"))
	if err != nil {
		return err
	}
	return s.show(w, r, "here", "mine", d)
}

func (s *site) hereData(r *http.Request, code string) (hereData, error) {
	d := hereData{Zone: r.PathValue("zone"), Code: code}
	names, err := s.names(r.Context())
	if err != nil {
		return d, err
	}
	d.Name = names.ZoneName(d.Zone)
	list, err := s.Mine(r.Context(), auth.From(r.Context()).AccountID, s.today(), s.today())
	if err != nil {
		return d, err
	}
	for _, a := range list {
		if a.State != booking.Booked && a.State != booking.CheckedIn {
			continue
		}
		c, session, err := s.card(r, names, a)
		if err != nil {
			return d, err
		}
		if session.ZoneID == d.Zone {
			d.Visits = append(d.Visits, c)
		}
	}
	return d, nil
}

// here checks in by the code that the phone read.
func (s *site) here(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	id, code := r.PostForm.Get("appointment"), r.PostForm.Get("code")
	if _, err := s.Own(r.Context(), auth.From(r.Context()), id); err != nil {
		return err
	}
	if _, err := s.Desk.Here(r.Context(), id, code); err != nil {
		d, dataErr := s.hereData(r, code)
		if dataErr != nil {
			return dataErr
		}
		s.fail(w, r, "here", d, err)
		return nil
	}
	return back(w, r, "/place/"+url.PathEscape(id))
}
