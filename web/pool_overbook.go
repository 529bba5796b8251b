package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/suspension"
	"github.com/houzhen/houzhen/internal/auth"
)

const viaDesk = suspension.ViaDesk

type overbookData struct {
	Session weekSession
	Slices  []booking.SliceUse
	Over    int
	Most    int
	Reasons []string
	Done    *card
	Back    string
}

func (s *site) overbookData(r *http.Request) (overbookData, error) {
	x, err := s.MayRun(r.Context(), auth.From(r.Context()), r.PathValue("id"))
	if err != nil {
		return overbookData{}, err
	}
	d, err := s.placesData(r)
	if err != nil {
		return overbookData{}, err
	}
	o := overbookData{
		Session: d.Session, Over: d.Over, Most: d.Rule.OverbookMost, Reasons: []string{"followup", "severe", "continuation", "referral", "other"},
		Back: "/sessions/" + x.ID + "/places",
	}
	if auth.From(r.Context()).Is(auth.Doctor) {
		o.Back = "/strip/" + x.ID
	}
	for _, u := range d.Slices {
		if s.Now().Before(u.End) {
			o.Slices = append(o.Slices, u)
		}
	}
	return o, nil
}

func (s *site) overbookPage(w http.ResponseWriter, r *http.Request) error {
	d, err := s.overbookData(r)
	if err != nil {
		return err
	}
	return s.show(w, r, "overbook", "manage", d)
}

// overbook adds a place for the person whose document or voucher was given.
func (s *site) overbook(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	d, err := s.overbookData(r)
	if err != nil {
		return err
	}
	a, err := s.overbookFor(r)
	if err != nil {
		s.fail(w, r, "overbook", d, err)
		return nil
	}
	names, err := s.names(r.Context())
	if err != nil {
		return err
	}
	c, _, err := s.card(r, names, a)
	if err != nil {
		return err
	}
	d.Done = &c
	return s.show(w, r, "overbook", "manage", d)
}

func (s *site) overbookFor(r *http.Request) (booking.Appointment, error) {
	f, p := r.PostForm, auth.From(r.Context())
	o := booking.OverbookRequest{Caller: "staff:" + p.ID, Key: f.Get("request"), SessionID: r.PathValue("id"), Reason: f.Get("reason")}
	if note := strings.TrimSpace(f.Get("note")); note != "" {
		o.Reason = strings.TrimSpace(o.Reason + " " + note)
	}
	who := strings.TrimSpace(f.Get("who"))
	if who == "" {
		return booking.Appointment{}, houzhen.E(houzhen.CodeMissing, "nobody is named").On("who")
	}
	if text := f.Get("start"); text != "" {
		var err error
		if o.Start, err = time.Parse(time.RFC3339, text); err != nil {
			return booking.Appointment{}, houzhen.E(houzhen.CodeInvalid, "start is not an instant").On("start")
		}
	}
	patient, err := s.Pool.FindPatient(r.Context(), p.ID, who)
	if err != nil {
		return booking.Appointment{}, err
	}
	o.PatientID = patient.ID
	return s.Pool.Overbook(r.Context(), p.ID, o)
}
