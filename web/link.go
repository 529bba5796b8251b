package web

import (
	"context"
	"crypto/subtle"
	"net/http"
	"net/url"
	"strings"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/auth"
)

// Purpose is what a signed address is for. It opens that and nothing else.
type Purpose string

// Purposes, and what the signed subject is.
const (
	LinkOptions Purpose = "options" // an appointment that was taken away: the places kept instead
	LinkOffer   Purpose = "offer"   // an offer of the waitlist
	LinkVisit   Purpose = "visit"   // an appointment: come, or give it up
	LinkRecord  Purpose = "record"  // a patient: what is on record of him, to appeal
)

// folders are where the pages of each purpose are.
var folders = map[Purpose]string{LinkOptions: "/o/", LinkOffer: "/w/", LinkVisit: "/a/", LinkRecord: "/c/"}

// Address is the page that a token of this purpose opens.
func (p Purpose) Address(token string) string { return folders[p] + url.PathEscape(token) }

// Links opens signed addresses that were sent to a patient.
type Links interface {
	// Open gives the subject that a token of this purpose leads to.
	Open(p Purpose, token string) (subject string, err error)
	// Seen notes that somebody who knows the patient has read what messages
	// about a subject lead to: nobody has to be told by another channel.
	Seen(ctx context.Context, subject string) error
	// Confirm notes that the patient of an appointment means to come.
	Confirm(ctx context.Context, appointmentID string) error
}

func (s *site) linkRoutes() []route {
	all := []auth.Role{auth.Anonymous}
	const note = "signed link; shows nothing before the ID tail"
	return []route{
		{"GET", "/o/{token}", all, s.askPage(LinkOptions, "options", askOptions), note},
		{"POST", "/o/{token}", all, s.linkOpen, ""},
		{"POST", "/o/{token}/choose", all, s.linkChoose, ""},
		{"POST", "/o/{token}/refund", all, s.linkRefund, ""},
		{"GET", "/w/{token}", all, s.askPage(LinkOffer, "offer", askOffer), note},
		{"POST", "/w/{token}", all, s.offerOpen, ""},
		{"POST", "/w/{token}/accept", all, s.offerAccept, ""},
		{"GET", "/a/{token}", all, s.askPage(LinkVisit, "visit", askVisit), note},
		{"POST", "/a/{token}", all, s.visit(s.visitLook, false), ""},
		{"POST", "/a/{token}/confirm", all, s.visit(s.visitConfirm, true), ""},
		{"POST", "/a/{token}/cancel", all, s.visit(s.visitCancel, false), ""},
		{"GET", "/c/{token}", all, s.askPage(LinkRecord, "credit", askRecord), note},
		{"POST", "/c/{token}", all, s.recordOpen, ""},
		{"POST", "/c/{token}/appeal", all, s.recordAppeal, ""},
	}
}

// askPage is the page behind a link before the last signs of the document are
// given: it shows that it asks for them and nothing else.
func (s *site) askPage(p Purpose, page string, ask func(*http.Request) any) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if _, err := s.subject(r, p); err != nil {
			return err
		}
		return s.show(w, r, page, "", ask(r))
	}
}

func askOptions(r *http.Request) any { return optionsData{Ask: true, Action: address(r, LinkOptions)} }
func askOffer(r *http.Request) any   { return offerData{Ask: true, Action: address(r, LinkOffer)} }
func askVisit(r *http.Request) any   { return visitData{Ask: true, Action: address(r, LinkVisit)} }
func askRecord(r *http.Request) any  { return standingData{Ask: true, Action: address(r, LinkRecord)} }

// address is the page of the link that was asked for.
func address(r *http.Request, p Purpose) string { return p.Address(r.PathValue("token")) }

// subject gives what a link leads to. One that is forged, too old or of another
// purpose leads nowhere.
func (s *site) subject(r *http.Request, p Purpose) (string, error) {
	id, err := s.Links.Open(p, r.PathValue("token"))
	if err != nil {
		return "", houzhen.E(houzhen.CodeNotFound, "link does not open").Because(err)
	}
	return id, nil
}

// knows lets in who gives the last four signs of a patient's document. Guesses
// count for the patient, by whichever link they come.
func (s *site) knows(r *http.Request, patientID string) error {
	if err := s.guess.Try(patientID, s.Now()); err != nil {
		return err
	}
	patient, err := s.Directory.Patient(r.Context(), patientID)
	if err != nil {
		return wrap("load patient", err)
	}
	given, want := strings.ToUpper(strings.TrimSpace(r.PostForm.Get("tail"))), strings.ToUpper(patient.Doc.Tail())
	if len(want) != 4 || subtle.ConstantTimeCompare([]byte(given), []byte(want)) != 1 {
		return houzhen.E(houzhen.CodeBadCode, "document ends otherwise").On("tail")
	}
	s.guess.Succeeded(patientID)
	return nil
}

// opened gives the appointment of a link whose reader knows the document.
func (s *site) opened(r *http.Request, p Purpose) (booking.Appointment, error) {
	if err := form(r); err != nil {
		return booking.Appointment{}, err
	}
	id, err := s.subject(r, p)
	if err != nil {
		return booking.Appointment{}, err
	}
	a, err := s.Booking.Appointment(r.Context(), id)
	if err != nil {
		return a, wrap("load appointment", err)
	}
	if err := s.knows(r, a.PatientID); err != nil {
		return booking.Appointment{}, err
	}
	return a, s.seen(r, id)
}

func (s *site) seen(r *http.Request, subject string) error {
	if err := s.Links.Seen(r.Context(), subject); err != nil {
		return wrap("note reading", err)
	}
	return nil
}
