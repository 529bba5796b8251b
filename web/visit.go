package web

import (
	"net/http"

	"github.com/houzhen/houzhen/booking"
)

// visitData is one visit behind a signed link: what the patient may do about it
// without signing in.
type visitData struct {
	Ask          bool
	Action, Tail string
	Card         *card
	Open         bool // it may be confirmed or given up
	Confirmed    bool
	Phone        string
}

func (s *site) visitData(r *http.Request, a booking.Appointment) (visitData, error) {
	names, err := s.names(r.Context())
	if err != nil {
		return visitData{}, err
	}
	c, session, err := s.card(r, names, a)
	if err != nil {
		return visitData{}, err
	}
	return visitData{
		Action: address(r, LinkVisit), Tail: r.PostForm.Get("tail"), Card: &c, Phone: names.House.Hospital.Phone,
		Open: a.State == booking.Booked && session.Status != booking.SessionSuspended && s.Now().Before(a.Start),
	}, nil
}

// visit does something about the visit of a link, and shows it as it is then.
func (s *site) visit(do func(*http.Request, booking.Appointment) (booking.Appointment, error), confirmed bool) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		a, err := s.opened(r, LinkVisit)
		if err != nil {
			s.fail(w, r, "visit", askVisit(r), err)
			return nil
		}
		after, failed := do(r, a)
		if failed != nil {
			after = a
		}
		d, err := s.visitData(r, after)
		if err != nil {
			return err
		}
		if failed != nil {
			s.fail(w, r, "visit", d, failed)
			return nil
		}
		d.Confirmed = confirmed
		return s.show(w, r, "visit", "", d)
	}
}

func (s *site) visitLook(_ *http.Request, a booking.Appointment) (booking.Appointment, error) {
	return a, nil
}

func (s *site) visitConfirm(r *http.Request, a booking.Appointment) (booking.Appointment, error) {
	return a, wrap("confirm visit", s.Links.Confirm(r.Context(), a.ID))
}

func (s *site) visitCancel(r *http.Request, a booking.Appointment) (booking.Appointment, error) {
	after, err := s.Booking.Cancel(r.Context(), booking.CancelRequest{AppointmentID: a.ID, By: booking.ByPatient})
	return after, wrap("cancel visit", err)
}
