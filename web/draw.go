package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking/draw"
	"github.com/houzhen/houzhen/internal/auth"
)

// drawRoutes are the pages of draws. What is published needs no account.
func (s *site) drawRoutes() []route {
	return []route{
		{"GET", "/draw/{session}", []auth.Role{auth.Anonymous}, s.drawPage, "join, result, and the public record"},
		{"POST", "/draw/{session}", []auth.Role{auth.Patient}, s.joinDraw, ""},
	}
}

type drawData struct {
	ID            string
	Doctor, Title houzhen.Label
	Department    houzhen.Label
	Date          houzhen.Date
	Part          houzhen.DayPart
	Phase         string // soon, open, closed, drawn
	Opens, Closes time.Time
	People        []drawPerson
	SignedIn      bool
	Record        draw.Record
	Raw           string // the record as programs read it
	Mine          map[string]bool
}

// drawPerson is one whom the account may act for.
type drawPerson struct {
	ID, Name      string
	Lot           string
	Rank          int
	Outcome       string
	AppointmentID string
}

// phase says what may be done with a draw at now.
func phase(l draw.Lottery, now time.Time) string {
	switch {
	case l.State != draw.Announced:
		return "drawn"
	case now.Before(l.Opens):
		return "soon"
	case now.Before(l.Closes):
		return "open"
	}
	return "closed"
}

func (s *site) drawData(r *http.Request) (drawData, error) {
	id := r.PathValue("session")
	l, err := s.Pool.Lottery(r.Context(), id)
	if err != nil {
		return drawData{}, wrap("load draw", err)
	}
	x, err := s.Booking.Session(r.Context(), id)
	if err != nil {
		return drawData{}, wrap("load session", err)
	}
	names, err := s.names(r.Context())
	if err != nil {
		return drawData{}, err
	}
	doctor := names.Attending(x)
	d := drawData{
		ID: id, Doctor: doctor.Name, Title: doctor.Title, Department: names.Department(x.DepartmentID).Name,
		Date: x.Date, Part: x.Part, Phase: phase(l, s.Now()), Opens: l.Opens, Closes: l.Closes, Mine: map[string]bool{},
	}
	if d.Record, err = s.Pool.Record(r.Context(), id); err != nil {
		return d, wrap("load record", err)
	}
	raw, err := json.MarshalIndent(d.Record, "", " ")
	if err != nil {
		return d, wrap("write record", err)
	}
	d.Raw = string(raw)
	if p := auth.From(r.Context()); p.AccountID != "" {
		d.SignedIn = true
		d.People, err = s.drawPeople(r.Context(), id, p.AccountID)
	}
	for _, one := range d.People {
		if one.Lot != "" {
			d.Mine[one.Lot] = true
		}
	}
	return d, err
}

// drawPeople lists the account's people with their lots in a draw.
func (s *site) drawPeople(ctx context.Context, sessionID, accountID string) ([]drawPerson, error) {
	people, err := s.Directory.Patients(ctx, accountID)
	if err != nil {
		return nil, wrap("load patients", err)
	}
	ids := make([]string, 0, len(people))
	for _, p := range people {
		ids = append(ids, p.ID)
	}
	lots, err := s.Pool.Lots(ctx, ids)
	if err != nil {
		return nil, wrap("load lots", err)
	}
	list := make([]drawPerson, 0, len(people))
	for _, p := range people {
		one := drawPerson{ID: p.ID, Name: p.Name.Reveal()}
		if i := slices.IndexFunc(lots, func(l draw.Request) bool { return l.SessionID == sessionID && l.PatientID == p.ID }); i >= 0 {
			l := lots[i]
			one.Lot, one.Rank, one.Outcome, one.AppointmentID = l.ID, l.Rank, string(l.Outcome), l.AppointmentID
		}
		list = append(list, one)
	}
	return list, nil
}

// drawPage shows a draw to whoever follows its link.
func (s *site) drawPage(w http.ResponseWriter, r *http.Request) error {
	d, err := s.drawData(r)
	if err != nil {
		return err
	}
	return s.show(w, r, "draw", "book", d)
}

// joinDraw gives one of the account's people a lot.
func (s *site) joinDraw(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	p := auth.From(r.Context())
	patient, err := s.OwnPatient(r.Context(), p, r.PostForm.Get("patient"))
	if err != nil {
		return err
	}
	_, err = s.Pool.Join(r.Context(), draw.JoinRequest{
		SessionID: r.PathValue("session"), PatientID: patient.ID, AccountID: p.AccountID, TravelMinutes: patient.TravelMinutes,
	})
	if err != nil {
		d, dataErr := s.drawData(r)
		if dataErr != nil {
			return err
		}
		s.fail(w, r, "draw", d, err)
		return nil
	}
	return back(w, r, "/draw/"+url.PathEscape(r.PathValue("session")))
}

// announced is one session whose places are not released yet.
type announced struct {
	ID            string
	Date          houzhen.Date
	Part          houzhen.DayPart
	Doctor        houzhen.Label
	Opens, Closes time.Time
	Draw, Open    bool
}

// mostAnnounced is how many coming releases a page shows.
const mostAnnounced = 12

// announced lists the next releases of a department, by their instant.
func (s *site) announced(ctx context.Context, department string, names *api.Names) ([]announced, error) {
	releases, err := s.Pool.Releases(ctx, department)
	if err != nil {
		return nil, wrap("load releases", err)
	}
	var list []announced
	for _, x := range releases {
		if x.Session.DepartmentID != department || len(list) == mostAnnounced {
			continue
		}
		list = append(list, announced{
			ID: x.Session.ID, Date: x.Session.Date, Part: x.Session.Part, Doctor: names.Attending(x.Session).Name,
			Opens: x.Opens, Closes: x.Closes, Draw: !x.Closes.IsZero(), Open: !s.Now().Before(x.Opens),
		})
	}
	return list, nil
}
