package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/internal/auth"
)

// deskTell tells all who wait in the zone what the nurse typed.
func (s *site) deskTell(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	f := r.PostForm
	minutes, err := minutesOf(f.Get("minutes"))
	if err != nil {
		return err
	}
	_, err = s.Notices.Tell(r.Context(), api.Telling{
		ZoneID: r.PathValue("zone"), RequestID: f.Get("request"), Text: houzhen.Label{Zh: f.Get("text"), En: f.Get("text_en")},
		Minutes: minutes, By: auth.From(r.Context()).ID,
	})
	return s.deskAnswer(w, r, err)
}

// deskTakeBack ends what was told before its time.
func (s *site) deskTakeBack(w http.ResponseWriter, r *http.Request) error {
	return s.deskAnswer(w, r, s.Notices.TakeBack(r.Context(), r.PathValue("zone"), r.PathValue("id"), auth.From(r.Context()).ID))
}

// deskAnswer says on the desk's page, or to its script, what became of a press
// that was about nobody in particular.
func (s *site) deskAnswer(w http.ResponseWriter, r *http.Request, err error) error {
	switch {
	case err == nil && wantsJSON(r):
		return writeJSON(w, deskView{})
	case err == nil:
		return back(w, r, "/desk/"+url.PathEscape(r.PathValue("zone")))
	case wantsJSON(r):
		return err
	}
	d, dataErr := s.deskData(r)
	if dataErr != nil {
		return err
	}
	s.fail(w, r, "desk", d, err)
	return nil
}

type slipData struct {
	api.Slip
	Hospital houzhen.Label
	Back     string
}

// slip is a ticket that is printed again, by its number in the zone.
func (s *site) slip(w http.ResponseWriter, r *http.Request) error {
	b, err := s.Boards.Desk(r.Context(), r.PathValue("zone"))
	if err != nil {
		return wrap("build desk", err)
	}
	line, known := lineOf(b, strings.TrimSpace(r.URL.Query().Get("number")))
	if !known {
		return houzhen.E(houzhen.CodeVoucher, "no such number in this zone").On("number")
	}
	names, err := s.names(r.Context())
	if err != nil {
		return err
	}
	slip, err := s.Slip(r.Context(), auth.From(r.Context()), line.Ticket)
	if err != nil {
		return err
	}
	return s.show(w, r, "slip", "", slipData{slip, names.House.Hospital.Name, "/desk/" + url.PathEscape(r.PathValue("zone"))})
}
