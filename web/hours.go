package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/auth"
)

// hoursData is a change of hours that waits for a yes.
type hoursData struct {
	booking.HoursPreview

	Moving, Displaced []hoursCard
}

// hoursCard is one visit that the change touches, with the time that it would
// have.
type hoursCard struct {
	card

	Near bool // to another visit of the patient
}

// hoursAsked reads new hours out of a form or address: by how many minutes they
// move, or times of the session's own day.
func (s *site) hoursAsked(r *http.Request, values url.Values) (booking.HoursRequest, error) {
	h := booking.HoursRequest{SessionID: r.PathValue("id"), Reason: strings.TrimSpace(values.Get("reason"))}
	if text := strings.TrimSpace(values.Get("shift")); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < -720 || n > 720 {
			return h, houzhen.E(houzhen.CodeInvalid, "minutes are not a number, or too many").On("shift")
		}
		h.Shift = time.Duration(n) * time.Minute
		return h, nil
	}
	x, err := s.Booking.Session(r.Context(), h.SessionID)
	if err != nil {
		return h, wrap("load session", err)
	}
	for field, into := range map[string]*time.Time{"start": &h.Start, "end": &h.End} {
		text := strings.TrimSpace(values.Get(field))
		if text == "" {
			continue
		}
		at, err := houzhen.ParseTimeOfDay(text)
		if err != nil {
			return h, houzhen.E(houzhen.CodeInvalid, "time is not HH:MM").On(field)
		}
		*into = x.Date.Clock(at, s.Location)
	}
	return h, nil
}

// previewHours shows whom new hours would touch before they are made.
func (s *site) previewHours(w http.ResponseWriter, r *http.Request) error {
	d, err := s.placesData(r)
	if err != nil {
		return err
	}
	h, err := s.hoursAsked(r, r.URL.Query())
	if err != nil {
		s.fail(w, r, "pool", d, err)
		return nil
	}
	p, err := s.Pool.PreviewHours(r.Context(), h)
	if err != nil {
		s.fail(w, r, "pool", d, err)
		return nil
	}
	names, err := s.names(r.Context())
	if err != nil {
		return err
	}
	d.Hours = &hoursData{HoursPreview: p}
	for _, part := range []struct {
		from []booking.Appointment
		into *[]hoursCard
	}{{p.Moving, &d.Hours.Moving}, {p.Displaced, &d.Hours.Displaced}} {
		for _, a := range part.from {
			one, _, err := s.card(r, names, a)
			if err != nil {
				return err
			}
			*part.into = append(*part.into, hoursCard{one, slices.Contains(p.NearOnes, a.ID)})
		}
	}
	return s.show(w, r, "pool", "manage", d)
}

func (s *site) setHours(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	h, err := s.hoursAsked(r, r.PostForm)
	if err != nil {
		return s.placesAgain(w, r, err)
	}
	result, err := s.Pool.ChangeHours(r.Context(), auth.From(r.Context()).ID, h)
	switch {
	case err != nil:
		return s.placesAgain(w, r, err)
	case result.Displaced > 0:
		return back(w, r, "/manage/overflow")
	}
	return back(w, r, placesOf(r))
}
