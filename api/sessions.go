package api

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

type sessionsIn struct {
	Department string `query:"department"`
	Doctor     string `query:"doctor"`
	From       string `query:"from" doc:"YYYY-MM-DD, today if left out"`
	To         string `query:"to" doc:"YYYY-MM-DD, the booking horizon if left out"`
}

type sessionsOut struct{ Body []sessionView }

type sessionView struct {
	ID         string               `json:"id"`
	Date       string               `json:"date"`
	Part       houzhen.DayPart      `json:"part"`
	Start      time.Time            `json:"start"`
	End        time.Time            `json:"end"`
	Class      booking.RegClass     `json:"class"`
	DoctorID   string               `json:"doctor_id"`
	Doctor     houzhen.Label        `json:"doctor"`
	Department houzhen.Label        `json:"department"`
	Zone       houzhen.Label        `json:"zone"`
	Free       int                  `json:"free"`
	Slices     []booking.SliceOffer `json:"slices"`
}

// sessions lists sessions with their free places by slice.
func (a *API) sessions(ctx context.Context, in *sessionsIn) (*sessionsOut, error) {
	return a.findSessions(ctx, in, booking.Who{})
}

func (a *API) findSessions(ctx context.Context, in *sessionsIn, whom booking.Who) (*sessionsOut, error) {
	q := booking.FindQuery{DepartmentID: in.Department, DoctorID: in.Doctor, Who: whom}
	for _, d := range []struct {
		text, field string
		into        *houzhen.Date
	}{{in.From, "from", &q.From}, {in.To, "to", &q.To}} {
		if err := parseDate(d.text, d.field, d.into); err != nil {
			return nil, err
		}
	}
	offers, err := a.Booking.Find(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("find places: %w", err)
	}
	names, err := LoadNames(ctx, a.Directory)
	if err != nil {
		return nil, err
	}
	out := &sessionsOut{Body: []sessionView{}}
	for _, o := range offers {
		out.Body = append(out.Body, names.offer(o))
	}
	return out, nil
}

func (n *Names) offer(o booking.Offer) sessionView {
	s := o.Session
	v := sessionView{
		ID: s.ID, Date: s.Date.String(), Part: s.Part, Start: s.Start, End: s.End, Class: s.Class, DoctorID: s.DoctorID,
		Doctor: n.Attending(s).Name, Department: n.Department(s.DepartmentID).Name, Zone: n.ZoneName(s.ZoneID),
		Free: o.Free, Slices: o.Slices,
	}
	if v.Slices == nil {
		v.Slices = []booking.SliceOffer{}
	}
	return v
}

func parseDate(s, field string, into *houzhen.Date) error {
	if s == "" {
		return nil
	}
	d, err := houzhen.ParseDate(s)
	if err != nil {
		return houzhen.E(houzhen.CodeInvalid, "date is not YYYY-MM-DD").On(field)
	}
	*into = d
	return nil
}
