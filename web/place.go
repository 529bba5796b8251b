package web

import (
	"net/http"
	"net/url"

	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/board"
	"github.com/houzhen/houzhen/queue"
)

type placeData struct {
	Position board.Position
	Told     board.Notices // what the desk tells those who wait there
}

// place shows a patient where he stands.
func (s *site) place(w http.ResponseWriter, r *http.Request) error {
	a, err := s.Own(r.Context(), auth.From(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	p, err := s.Boards.Position(r.Context(), a.ID)
	if err != nil {
		return wrap("build position", err)
	}
	p.Appointment = a.ID
	session, err := s.Booking.Glance(r.Context(), a.SessionID)
	if err != nil {
		return wrap("load session", err)
	}
	told, err := s.Boards.Notices(r.Context(), session.ZoneID)
	if err != nil {
		return wrap("build notices", err)
	}
	return s.show(w, r, "place", "mine", placeData{p, told})
}

// setOut notes that the patient is on his way.
func (s *site) setOut(w http.ResponseWriter, r *http.Request) error {
	a, err := s.Own(r.Context(), auth.From(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := s.Desk.SetOut(r.Context(), a.ID); err != nil {
		return wrap("set out", err)
	}
	return back(w, r, "/place/"+url.PathEscape(a.ID))
}

// travel keeps how the patient comes.
func (s *site) travel(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	a, err := s.Own(r.Context(), auth.From(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	minutes, err := minutesOf(r.PostForm.Get("minutes"))
	if err != nil {
		return err
	}
	if err := s.Desk.SetTravel(r.Context(), a.ID, queue.Way{Minutes: minutes, Near: r.PostForm.Get("near") != ""}); err != nil {
		return wrap("set travel", err)
	}
	return back(w, r, "/place/"+url.PathEscape(a.ID))
}
