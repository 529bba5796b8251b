package web

import (
	"net/http"
	"net/url"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/suspension"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/templates"
)

// optionsData is the page of kept places. Until the last four signs of the
// document are given, a signed link shows only that it asks for them.
type optionsData struct {
	Ask          bool
	Action, Tail string
	Card         *card
	Options      []card
	Phone        string
	Displaced    bool // the clinic takes place, but not with this place
}

func (s *site) options(w http.ResponseWriter, r *http.Request) error {
	a, err := s.Own(r.Context(), auth.From(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	d, err := s.optionsData(r, a)
	if err != nil {
		return err
	}
	d.Action = "/appointments/" + url.PathEscape(a.ID) + "/options"
	return s.show(w, r, "options", "mine", d)
}

func (s *site) optionsData(r *http.Request, a booking.Appointment) (optionsData, error) {
	names, err := s.names(r.Context())
	if err != nil {
		return optionsData{}, err
	}
	d := optionsData{Phone: names.House.Hospital.Phone}
	c, old, err := s.card(r, names, a)
	if err != nil {
		return d, err
	}
	d.Card = &c
	d.Displaced = old.Status != booking.SessionSuspended && a.State == booking.Booked
	list, err := s.Suspension.Options(r.Context(), a.ID)
	if err != nil {
		return d, wrap("load options", err)
	}
	for _, o := range list {
		c, session, err := s.card(r, names, o)
		if err != nil {
			return d, err
		}
		c.Same = session.DoctorID == old.DoctorID
		c.Until = templates.Clock(o.ExpiresAt, s.Location)
		if day := houzhen.DateOf(o.ExpiresAt, s.Location); day != s.today() && c.Until != "" {
			c.Until = shortDate(day) + " " + c.Until
		}
		d.Options = append(d.Options, c)
	}
	return d, nil
}

func (s *site) choose(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	a, err := s.Own(r.Context(), auth.From(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	chosen, err := s.Suspension.Choose(r.Context(), a.ID, r.PostForm.Get("option"), suspension.ViaApp)
	if err != nil {
		return wrap("choose option", err)
	}
	return back(w, r, "/appointments/"+url.PathEscape(chosen.ID)+"?fresh=1")
}

func (s *site) linkOpen(w http.ResponseWriter, r *http.Request) error {
	a, err := s.opened(r, LinkOptions)
	if err != nil {
		s.fail(w, r, "options", askOptions(r), err)
		return nil
	}
	d, err := s.optionsData(r, a)
	if err != nil {
		return err
	}
	d.Action, d.Tail = address(r, LinkOptions), r.PostForm.Get("tail")
	return s.show(w, r, "options", "", d)
}

type doneData struct{ Card card }

func (s *site) linkChoose(w http.ResponseWriter, r *http.Request) error {
	a, err := s.opened(r, LinkOptions)
	if err != nil {
		s.fail(w, r, "options", askOptions(r), err)
		return nil
	}
	chosen, err := s.Suspension.Choose(r.Context(), a.ID, r.PostForm.Get("option"), suspension.ViaLink)
	if err != nil {
		return wrap("choose option", err)
	}
	names, err := s.names(r.Context())
	if err != nil {
		return err
	}
	c, _, err := s.card(r, names, chosen)
	if err != nil {
		return err
	}
	return s.show(w, r, "done", "", doneData{c})
}
