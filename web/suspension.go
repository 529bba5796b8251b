package web

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/suspension"
	"github.com/houzhen/houzhen/internal/auth"
)

func (s *site) suspensionRoutes() []route {
	patient := []auth.Role{auth.Patient}
	desk, manager := []auth.Role{auth.Nurse, auth.Manager}, []auth.Role{auth.Manager}
	return []route{
		{"POST", "/appointments/{id}/options/refund", patient, s.refund, "none of the kept places"},
		{"GET", "/suspensions", desk, s.suspensions, "asked, running, done; replies for the desk"},
		{"GET", "/suspensions/{id}", desk, s.suspensionBoard, "what became of everybody; whom to call"},
		{"POST", "/suspensions/{id}/{act}", desk, s.suspensionAct, "approve, refuse, stop, call, called"},
		{"GET", "/sessions/{id}/wizard", desk, s.wizard, "who has come to a doctor who is gone"},
		{"POST", "/sessions/{id}/dispose", desk, s.dispose, ""},
		{"POST", "/manage/sessions/{id}/substitute", manager, s.substitute, ""},
		{"POST", "/manage/sessions/{id}/room", manager, s.changeRoom, ""},
		{"GET", "/closures/new", desk, s.closurePage, "days, half-days, departments; counts before it is asked"},
		{"POST", "/closures", desk, s.closure, ""},
		{"POST", "/replies/{id}/done", desk, s.replyDone, ""},
	}
}

// suspensionRow is one suspension in a list.
type suspensionRow struct {
	suspension.Suspension

	Doctor     houzhen.Label
	Start, End time.Time
	Days       []houzhen.Date
	Mine       bool // asked by whoever looks
}

type suspensionsData struct {
	Open, Past []suspensionRow
	Replies    []api.DeskReply
}

// suspensionsBack is how far back ended ones are listed.
const suspensionsBack = 14 * 24 * time.Hour

func (s *site) suspensions(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Suspension.Suspensions(r.Context(), suspension.Filter{Since: s.Now().Add(-suspensionsBack), Limit: 200})
	if err != nil {
		return wrap("list suspensions", err)
	}
	var d suspensionsData
	for _, x := range list {
		row, err := s.suspensionRow(r, x)
		if err != nil {
			return err
		}
		if x.Open() {
			d.Open = append(d.Open, row)
		} else {
			d.Past = append(d.Past, row)
		}
	}
	if d.Replies, err = s.Suspension.Replies(r.Context()); err != nil {
		return wrap("list replies", err)
	}
	if len(d.Replies) > 0 {
		if err := s.Audit.Record(r.Context(), auth.From(r.Context()).ID, "replies.read", ""); err != nil {
			return wrap("record reading", err)
		}
	}
	return s.show(w, r, "suspensions", "suspensions", d)
}

func (s *site) suspensionRow(r *http.Request, x suspension.Suspension) (suspensionRow, error) {
	row := suspensionRow{Suspension: x, Mine: x.AskedBy == auth.From(r.Context()).ID}
	if x.Kind == suspension.KindClosure {
		row.Days = slices.Compact([]houzhen.Date{x.From, x.To})
		return row, nil
	}
	names, err := s.names(r.Context())
	if err != nil {
		return row, err
	}
	session, err := s.Booking.Session(r.Context(), x.SessionID)
	if err != nil {
		return row, wrap("load session", err)
	}
	row.Doctor, row.Start, row.End = names.Doctor(session.DoctorID).Name, session.Start, session.End
	return row, nil
}

// boardLine is one patient of a board, masked.
type boardLine struct {
	ID, Name, Tail string
	Start          time.Time
	Outcome        suspension.Outcome
	Via            string
	CallDue        bool
	CallAt         time.Time
	Calls          int
	LastCall       suspension.CallResult
	Chosen         *card
	Options        []card
	Phone          string // shown once staff is about to call
}

type boardData struct {
	Row      suspensionRow
	Counts   []boardCount
	Total    int
	Sessions int
	Done     int
	Calls    []boardLine // who is to be called, then who did not answer or has a wrong number
	Others   []boardLine
	Here     int
	At       time.Time
}

type boardCount struct {
	Outcome suspension.Outcome
	N       int
}

func (s *site) suspensionBoard(w http.ResponseWriter, r *http.Request) error {
	return s.board(w, r, "", "")
}

// board shows a suspension; the number of revealed is shown in full.
func (s *site) board(w http.ResponseWriter, r *http.Request, revealed, phone string) error {
	id := r.PathValue("id")
	b, err := s.Suspension.Board(r.Context(), id)
	if err != nil {
		return wrap("load board", err)
	}
	if r.URL.Query().Get("live") != "" {
		b.Lines = nil // counts alone, asked for every few seconds
	} else if err := s.Audit.Record(r.Context(), auth.From(r.Context()).ID, "suspension.board", id); err != nil {
		return wrap("record reading", err)
	}
	row, err := s.suspensionRow(r, b.Suspension)
	if err != nil {
		return err
	}
	d := boardData{Row: row, Total: b.Counts.Total(), Sessions: len(b.Items), Here: b.Counts[suspension.WaitsHere], At: s.Now()}
	for _, o := range suspension.Outcomes() {
		d.Counts = append(d.Counts, boardCount{o, b.Counts[o]})
	}
	for _, i := range b.Items {
		if i.Outcome != suspension.ItemPending {
			d.Done++
		}
	}
	names, err := s.names(r.Context())
	if err != nil {
		return err
	}
	for _, l := range b.Lines {
		line, err := s.boardLine(r, names, l)
		if err != nil {
			return err
		}
		if line.ID == revealed {
			line.Phone = phone
		}
		if l.Outcome == suspension.Unreached {
			d.Calls = append(d.Calls, line)
		} else {
			d.Others = append(d.Others, line)
		}
	}
	slices.SortStableFunc(d.Calls, func(a, b boardLine) int { return due(b) - due(a) })
	return s.show(w, r, "suspension", "suspensions", d)
}

func due(l boardLine) int {
	switch {
	case l.Phone != "":
		return 2
	case l.CallDue:
		return 1
	}
	return 0
}

func (s *site) boardLine(r *http.Request, names *api.Names, l api.SuspensionLine) (boardLine, error) {
	line := boardLine{
		ID: l.Case.AppointmentID, Name: l.Name.String(), Tail: l.PhoneTail, Start: l.Case.Start, Outcome: l.Outcome, Via: l.Case.Via,
		CallDue: l.CallDue, CallAt: l.Case.CallAt, Calls: l.Case.Calls, LastCall: l.Case.LastCall,
	}
	for _, o := range l.Options {
		c, err := s.place2(r, names, o)
		if err != nil {
			return line, err
		}
		line.Options = append(line.Options, c)
	}
	if l.Chosen != nil {
		c, err := s.place2(r, names, *l.Chosen)
		if err != nil {
			return line, err
		}
		line.Chosen = &c
	}
	return line, nil
}

// place2 is a place with its doctor, without the patient.
func (s *site) place2(r *http.Request, names *api.Names, a booking.Appointment) (card, error) {
	session, err := s.Booking.Session(r.Context(), a.SessionID)
	if err != nil {
		return card{}, wrap("load session", err)
	}
	c := card{}
	c.ID, c.Start, c.End, c.Doctor = a.ID, a.Start, a.End, names.Attending(session).Name
	return c, nil
}

func (s *site) suspensionAct(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	id, by := r.PathValue("id"), api.Staff(auth.From(r.Context()))
	here := "/suspensions/" + url.PathEscape(id)
	var err error
	switch r.PathValue("act") {
	case "approve":
		_, err = s.Suspension.Approve(r.Context(), id, by)
	case "refuse":
		_, err = s.Suspension.Refuse(r.Context(), id, by)
	case "stop":
		_, err = s.Suspension.Stop(r.Context(), id, by)
	case "call":
		phone, err := s.Suspension.Reveal(r.Context(), r.PostForm.Get("appointment"), by.ID)
		if err != nil {
			return wrap("reveal number", err)
		}
		return s.board(w, r, r.PostForm.Get("appointment"), phone.Reveal())
	case "called":
		_, err = s.Suspension.Called(r.Context(), suspension.CallRequest{
			AppointmentID: r.PostForm.Get("appointment"), Result: suspension.CallResult(r.PostForm.Get("result")),
			OptionID: r.PostForm.Get("option"), By: by.ID,
		})
	default:
		return houzhen.E(houzhen.CodeNotFound, "no such act")
	}
	if err != nil {
		return wrap("act on suspension", err)
	}
	return back(w, r, here)
}

func (s *site) replyDone(w http.ResponseWriter, r *http.Request) error {
	if err := s.Suspension.ReplyDone(r.Context(), r.PathValue("id"), auth.From(r.Context()).ID); err != nil {
		return wrap("reply done", err)
	}
	return back(w, r, "/suspensions")
}

// refund is the patient's word that none of the kept places suits him.
func (s *site) refund(w http.ResponseWriter, r *http.Request) error {
	a, err := s.Own(r.Context(), auth.From(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := s.Suspension.Refund(r.Context(), a.ID, suspension.ViaApp); err != nil {
		return wrap("refund", err)
	}
	return back(w, r, "/appointments")
}

func (s *site) linkRefund(w http.ResponseWriter, r *http.Request) error {
	a, err := s.opened(r, LinkOptions)
	if err != nil {
		s.fail(w, r, "options", askOptions(r), err)
		return nil
	}
	if err := s.Suspension.Refund(r.Context(), a.ID, suspension.ViaLink); err != nil {
		return wrap("refund", err)
	}
	return s.show(w, r, "refunded", "", nil)
}

func (s *site) dayOf(r *http.Request, field string) houzhen.Date {
	d, err := houzhen.ParseDate(r.FormValue(field))
	if err != nil {
		return s.today().AddDays(1)
	}
	return d
}
