package web

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/auth"
)

type bookData struct {
	SessionID, Move, Back, Chosen   string
	No                              int
	Start, End                      time.Time
	Department, Doctor, Title, Zone houzhen.Label
	Patients                        []patientRow
	Alternatives                    []alternative
}

type patientRow struct{ ID, Name, Doc string }

type alternative struct {
	SessionID  string
	No         int
	Start, End time.Time
}

// bookPage asks for whom, and confirms.
func (s *site) bookPage(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	d, err := s.bookData(r, q.Get("session"), q.Get("no"), q.Get("move"))
	if err != nil {
		return err
	}
	return s.show(w, r, "book", "book", d)
}

func (s *site) bookData(r *http.Request, sessionID, no, move string) (bookData, error) {
	ctx, p := r.Context(), auth.From(r.Context())
	session, err := s.Booking.Session(ctx, sessionID)
	if err != nil {
		return bookData{}, wrap("load session", err)
	}
	names, err := s.names(ctx)
	if err != nil {
		return bookData{}, err
	}
	n, err := strconv.Atoi(no)
	if err != nil || n < 1 {
		return bookData{}, houzhen.E(houzhen.CodeSlotUnknown, "slot is not a number").On("no")
	}
	doctor := names.Attending(session)
	d := bookData{
		SessionID: session.ID, No: n, Move: move, Department: names.Department(session.DepartmentID).Name,
		Doctor: doctor.Name, Title: doctor.Title, Zone: names.ZoneName(session.ZoneID),
	}
	d.Start, d.End = s.sliceOf(r, session, n)
	d.Back = "/find/" + url.PathEscape(session.DepartmentID) + "?day=" + session.Date.String()
	if move != "" {
		d.Back += "&move=" + url.QueryEscape(move)
		return d, nil
	}
	people, err := s.Directory.Patients(ctx, p.AccountID)
	if err != nil {
		return bookData{}, wrap("load patients", err)
	}
	d.Patients = rows(people)
	if d.Chosen = r.URL.Query().Get("patient"); d.Chosen == "" && len(people) > 0 {
		d.Chosen = people[0].ID
	}
	return d, nil
}

// sliceOf finds the slice in which a number stands. A place that has gone
// meanwhile still shows the half-day; booking it will say that it is gone.
func (s *site) sliceOf(r *http.Request, session booking.Session, no int) (start, end time.Time) {
	offers, err := s.Booking.Find(r.Context(), booking.FindQuery{DepartmentID: session.DepartmentID, DoctorID: session.DoctorID, From: session.Date, To: session.Date})
	if err == nil {
		for _, o := range offers {
			for _, p := range o.Slices {
				if o.Session.ID == session.ID && p.FirstNo == no {
					return p.Start, p.End
				}
			}
		}
	}
	if no < booking.FirstWalkIn && session.SliceCapacity > 0 {
		start := session.Start.Add(time.Duration((no-1)/session.SliceCapacity*session.SliceMinutes) * time.Minute)
		if start.Before(session.End) {
			return start, start.Add(time.Duration(session.SliceMinutes) * time.Minute)
		}
	}
	return session.Start, session.End
}

func rows(people []directory.Patient) []patientRow {
	list := make([]patientRow, 0, len(people))
	for _, p := range people {
		list = append(list, patientRow{p.ID, p.Name.Reveal(), p.Doc.String()}) // to the family itself
	}
	return list
}

// book takes the place, or moves an appointment to it.
func (s *site) book(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	f := r.PostForm
	a, err := s.take(r, f)
	if err == nil {
		return back(w, r, "/appointments/"+url.PathEscape(a.ID)+"?fresh=1")
	}
	d, dataErr := s.bookData(r, f.Get("session"), f.Get("no"), f.Get("move"))
	if dataErr != nil {
		return err
	}
	d.Chosen, d.Alternatives = f.Get("patient"), alternatives(err)
	s.fail(w, r, "book", d, err)
	return nil
}

func (s *site) take(r *http.Request, f url.Values) (booking.Appointment, error) {
	ctx, p := r.Context(), auth.From(r.Context())
	no, err := strconv.Atoi(f.Get("no"))
	if err != nil {
		return booking.Appointment{}, houzhen.E(houzhen.CodeSlotUnknown, "slot is not a number").On("no")
	}
	if move := f.Get("move"); move != "" {
		if _, err := s.Own(ctx, p, move); err != nil {
			return booking.Appointment{}, err
		}
		return s.Booking.Move(ctx, booking.MoveRequest{AppointmentID: move, SessionID: f.Get("session"), SlotNo: no, Channel: "app"})
	}
	who, err := s.OwnPatient(ctx, p, f.Get("patient"))
	if err != nil {
		return booking.Appointment{}, err
	}
	return s.Booking.Book(ctx, booking.BookRequest{
		Caller: "patient:" + p.ID, Key: f.Get("request"), SessionID: f.Get("session"), SlotNo: no,
		PatientID: who.ID, AccountID: p.AccountID, Channel: "app", TravelMinutes: who.TravelMinutes,
	})
}

// alternatives takes the nearest free places out of a refusal.
func alternatives(err error) []alternative {
	near, ok := api.ProblemOf(err, houzhen.Chinese, time.UTC).Alternatives.([]booking.Alternative)
	if !ok {
		return nil
	}
	list := make([]alternative, 0, len(near))
	for _, a := range near {
		list = append(list, alternative{a.SessionID, a.FirstNo, a.Start, a.End})
	}
	return list
}
