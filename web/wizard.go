package web

import (
	"net/http"
	"net/url"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/internal/auth"
)

type wizardData struct {
	ID         string
	Doctor     houzhen.Label
	Start, End time.Time
	Here       []wizardLine
	Running    []wizardPeer
	Actions    []string
}

type wizardLine struct {
	ID, Label, Name, State string
	Since                  time.Time
	Waits                  bool
}

type wizardPeer struct {
	Doctor  houzhen.Label
	Room    string
	Waiting int
}

// wizard lists who has come to a session whose doctor is gone, with one click
// each for what becomes of him, or of all.
func (s *site) wizard(w http.ResponseWriter, r *http.Request) error {
	x, err := s.Suspension.Wizard(r.Context(), r.PathValue("id"))
	if err != nil {
		return wrap("load wizard", err)
	}
	names, err := s.names(r.Context())
	if err != nil {
		return err
	}
	d := wizardData{
		ID: x.Session.ID, Doctor: names.Doctor(x.Session.DoctorID).Name, Start: x.Session.Start, End: x.Session.End,
		Actions: api.DisposalActions(),
	}
	for _, l := range x.Here {
		d.Here = append(d.Here, wizardLine{l.AppointmentID, l.Label, l.Name.String(), string(l.State), l.Since, l.Waits})
	}
	for _, t := range x.Running {
		d.Running = append(d.Running, wizardPeer{names.Attending(t.Session).Name, names.RoomCode(t.Session.RoomID), t.Waiting})
	}
	return s.show(w, r, "wizard", "suspensions", d)
}

func (s *site) dispose(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	_, err := s.Suspension.Dispose(r.Context(), api.Disposal{
		SessionID: r.PathValue("id"), AppointmentIDs: r.PostForm["appointment"], Action: r.PostForm.Get("action"),
		By: auth.From(r.Context()).ID,
	})
	if err != nil {
		return wrap("dispose", err)
	}
	return back(w, r, "/sessions/"+url.PathEscape(r.PathValue("id"))+"/wizard")
}

func (s *site) substitute(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	id := r.PathValue("id")
	if err := s.Suspension.Substitute(r.Context(), id, r.PostForm.Get("doctor"), auth.From(r.Context()).ID); err != nil {
		return wrap("substitute", err)
	}
	return back(w, r, "/manage/sessions/"+url.PathEscape(id))
}

func (s *site) changeRoom(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	id, by := r.PathValue("id"), auth.From(r.Context()).ID
	if other := r.PostForm.Get("swap"); other != "" {
		if err := s.Suspension.SwapRooms(r.Context(), id, other, by); err != nil {
			return wrap("swap rooms", err)
		}
	} else if err := s.Suspension.ChangeRoom(r.Context(), id, r.PostForm.Get("room"), by); err != nil {
		return wrap("change room", err)
	}
	return back(w, r, "/manage/sessions/"+url.PathEscape(id))
}
