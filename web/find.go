package web

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/board"
	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/templates"
)

type homeData struct {
	Hospital    houzhen.Label
	Today       *todayData
	Departments []homeDepartment
}

type todayData struct{ ID, Label, Dept string }

type homeDepartment struct {
	directory.Department
	Doctors, Left int
}

// home lists the departments with what is left in each.
func (s *site) home(w http.ResponseWriter, r *http.Request) error {
	names, err := s.names(r.Context())
	if err != nil {
		return err
	}
	offers, err := s.Booking.Find(r.Context(), booking.FindQuery{})
	if err != nil {
		return wrap("find places", err)
	}
	d := homeData{Hospital: names.House.Hospital.Name}
	for _, dep := range names.House.Departments {
		h := homeDepartment{Department: dep}
		for _, doc := range names.House.Doctors {
			if doc.DepartmentID == dep.ID && !doc.Pool {
				h.Doctors++
			}
		}
		for _, o := range offers {
			if o.Session.DepartmentID == dep.ID {
				h.Left += o.Free
			}
		}
		d.Departments = append(d.Departments, h)
	}
	if d.Today, err = s.todays(r, names); err != nil {
		return err
	}
	return s.show(w, r, "find", "book", d)
}

// todays finds the visit that somebody who opens the page is about to make.
func (s *site) todays(r *http.Request, names *api.Names) (*todayData, error) {
	var none *todayData
	p := auth.From(r.Context())
	if p.AccountID == "" {
		return none, nil
	}
	list, err := s.Mine(r.Context(), p.AccountID, s.today(), s.today())
	if err != nil {
		return none, err
	}
	for _, a := range list {
		if a.State != booking.Booked && a.State != booking.CheckedIn {
			continue
		}
		session, err := s.Booking.Session(r.Context(), a.SessionID)
		if err != nil {
			return none, wrap("load session", err)
		}
		dep := names.Department(session.DepartmentID).Name.In(api.LangOf(r))
		return &todayData{a.ID, queue.Label(session.Prefix, a.SlotNo), dep}, nil
	}
	return none, nil
}

type departmentData struct {
	Department directory.Department
	Day        houzhen.Date
	Days       []dayTab
	Doctors    []doctorCard
	Move       string
	Announced  []announced
}

type dayTab struct {
	Date           houzhen.Date
	Weekday, Short string
	Left           int
	Open, Current  bool
}

type doctorCard struct {
	Doctor   directory.Doctor
	Sessions []sessionCard
}

type sessionCard struct {
	ID        string
	Part      houzhen.DayPart
	Class     booking.RegClass
	Zone      houzhen.Label
	Left      int
	Suspended bool
	OpensAt   string
	Places    []placeChip
	Now       board.IfCame // who came in now; nothing on another day
}

type placeChip struct {
	Start, End time.Time
	Left, No   int
}

// department shows the days that can be booked and the doctors of one.
func (s *site) department(w http.ResponseWriter, r *http.Request) error {
	names, err := s.names(r.Context())
	if err != nil {
		return err
	}
	dep := names.Department(r.PathValue("department"))
	if dep.ID == "" {
		return houzhen.E(houzhen.CodeNotFound, "no such department")
	}
	offers, err := s.Booking.Find(r.Context(), booking.FindQuery{DepartmentID: dep.ID})
	if err != nil {
		return wrap("find places", err)
	}
	d := departmentData{Department: dep, Move: r.URL.Query().Get("move")}
	d.Day, err = houzhen.ParseDate(r.URL.Query().Get("day"))
	if err != nil {
		d.Day = firstFree(offers, s.today())
	}
	d.Days = s.days(offers, d.Day, api.LangOf(r))
	off, err := s.Booking.Sessions(r.Context(), booking.SessionFilter{
		DepartmentID: dep.ID, From: d.Day, To: d.Day, Status: []booking.SessionStatus{booking.SessionSuspended},
	})
	if err != nil {
		return wrap("load suspended sessions", err)
	}
	d.Doctors = cards(offers, off, d.Day, names)
	if err := s.ifCame(r.Context(), d.Doctors, d.Day); err != nil {
		return err
	}
	if d.Announced, err = s.announced(r.Context(), dep.ID, names); err != nil {
		return err
	}
	return s.show(w, r, "department", "book", d)
}

func firstFree(offers []booking.Offer, today houzhen.Date) houzhen.Date {
	for _, o := range offers { // by start
		if o.Free > 0 {
			return o.Session.Date
		}
	}
	return today
}

func (s *site) days(offers []booking.Offer, current houzhen.Date, lang houzhen.Lang) []dayTab {
	last := s.today().AddDays(6)
	for _, o := range offers {
		if last.Before(o.Session.Date) {
			last = o.Session.Date
		}
	}
	var tabs []dayTab
	for day := s.today(); !last.Before(day); day = day.AddDays(1) {
		t := dayTab{Date: day, Current: day == current, Weekday: weekday(day, lang), Short: shortDate(day)}
		switch s.today().DaysUntil(day) {
		case 0:
			t.Weekday = templates.T(lang, "time.today")
		case 1:
			t.Weekday = templates.T(lang, "time.tomorrow")
		}
		for _, o := range offers {
			if o.Session.Date == day {
				t.Open = true
				t.Left += o.Free
			}
		}
		tabs = append(tabs, t)
	}
	return tabs
}

func cards(offers []booking.Offer, off []booking.Session, day houzhen.Date, names *api.Names) []doctorCard {
	byDoctor := map[string]*doctorCard{}
	add := func(sess booking.Session, c sessionCard) {
		doc := names.Doctor(sess.DoctorID)
		card, ok := byDoctor[doc.ID]
		if !ok {
			card = &doctorCard{Doctor: doc}
			byDoctor[doc.ID] = card
		}
		c.ID, c.Part, c.Class, c.Zone = sess.ID, sess.Part, sess.Class, names.ZoneName(sess.ZoneID)
		if !slices.ContainsFunc(card.Sessions, func(x sessionCard) bool { return x.ID == c.ID }) {
			card.Sessions = append(card.Sessions, c)
		}
	}
	for _, o := range offers {
		if o.Session.Date != day {
			continue
		}
		c := sessionCard{Left: o.Free, Suspended: o.Session.Status == booking.SessionSuspended}
		for _, p := range o.Slices {
			c.Places = append(c.Places, placeChip{p.Start, p.End, p.Free, p.FirstNo})
		}
		add(o.Session, c)
	}
	for _, sess := range off {
		add(sess, sessionCard{Suspended: true})
	}
	list := make([]doctorCard, 0, len(byDoctor))
	for _, c := range byDoctor {
		list = append(list, *c)
	}
	slices.SortFunc(list, func(a, b doctorCard) int {
		return cmp.Or(cmp.Compare(b.Doctor.Grade, a.Doctor.Grade), cmp.Compare(a.Doctor.ID, b.Doctor.ID))
	})
	return list
}
