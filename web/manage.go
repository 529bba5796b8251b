package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/suspension"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/auth"
)

type manageData struct {
	Days          []weekDay
	Rows          []weekRow
	Before, After string
}

type weekDay struct {
	Date  houzhen.Date
	Today bool
}

type weekRow struct {
	Doctor, Title houzhen.Label
	Cells         [7][]weekSession
}

type weekSession struct {
	ID                       string
	Part                     houzhen.DayPart
	Start, End               time.Time
	Taken, Total             int
	Suspended, Suspendable   bool
	Doctor, Department, Zone houzhen.Label
	Room                     string
	Reasons                  []string
}

// sessionData is one session with what can be changed about it.
type sessionData struct {
	weekSession

	Urgent bool               // one person may decide
	Peers  []directory.Doctor // who may stand in
	Rooms  []directory.Room
}

// manage shows the week's sessions like a calendar.
func (s *site) manage(w http.ResponseWriter, r *http.Request) error {
	from, err := houzhen.ParseDate(r.URL.Query().Get("from"))
	if err != nil {
		from = s.today()
	}
	names, err := s.names(r.Context())
	if err != nil {
		return err
	}
	d := manageData{Before: from.AddDays(-7).String(), After: from.AddDays(7).String()}
	for i := range 7 {
		day := from.AddDays(i)
		d.Days = append(d.Days, weekDay{day, day == s.today()})
	}
	sessions, err := s.Booking.Sessions(r.Context(), booking.SessionFilter{From: from, To: from.AddDays(6)})
	if err != nil {
		return wrap("load sessions", err)
	}
	taken, err := s.taken(r, booking.AppointmentFilter{From: from, To: from.AddDays(6)})
	if err != nil {
		return err
	}
	d.Rows = week(sessions, taken, from, names)
	return s.show(w, r, "manage", "manage", d)
}

// taken counts the visits that stand in each session.
func (s *site) taken(r *http.Request, f booking.AppointmentFilter) (map[string]int, error) {
	f.Purpose, f.States = booking.PurposeVisit, []booking.State{booking.Held, booking.Booked, booking.CheckedIn, booking.Fulfilled, booking.NoShow}
	list, err := s.Booking.Appointments(r.Context(), f)
	if err != nil {
		return map[string]int{}, wrap("count appointments", err)
	}
	n := map[string]int{}
	for _, a := range list {
		n[a.SessionID]++
	}
	return n, nil
}

func week(sessions []booking.Session, taken map[string]int, from houzhen.Date, names *api.Names) []weekRow {
	byDoctor := map[string]*weekRow{}
	var order []string
	for _, x := range sessions {
		row, ok := byDoctor[x.DoctorID]
		if !ok {
			doc := names.Doctor(x.DoctorID)
			row = &weekRow{Doctor: doc.Name, Title: doc.Title}
			byDoctor[x.DoctorID] = row
			order = append(order, x.DoctorID)
		}
		i := from.DaysUntil(x.Date)
		row.Cells[i] = append(row.Cells[i], weekOf(x, taken[x.ID], names))
	}
	slices.SortFunc(order, func(a, b string) int {
		x, y := names.Doctor(a), names.Doctor(b)
		return cmp.Or(cmp.Compare(x.DepartmentID, y.DepartmentID), cmp.Compare(y.Grade, x.Grade), cmp.Compare(a, b))
	})
	var rows []weekRow
	for _, id := range order {
		row := byDoctor[id]
		for i := range row.Cells {
			slices.SortFunc(row.Cells[i], func(a, b weekSession) int { return a.Start.Compare(b.Start) })
		}
		rows = append(rows, *row)
	}
	return rows
}

func weekOf(x booking.Session, taken int, names *api.Names) weekSession {
	slices := 0
	if x.SliceMinutes > 0 {
		slices = int(x.End.Sub(x.Start).Minutes()) / x.SliceMinutes
	}
	return weekSession{
		ID: x.ID, Part: x.Part, Start: x.Start, End: x.End, Taken: taken, Total: max(taken, slices*x.SliceCapacity),
		Suspended:   x.Status == booking.SessionSuspended,
		Suspendable: x.Status == booking.SessionPlanned || x.Status == booking.SessionOpen,
		Doctor:      names.Attending(x).Name, Department: names.Department(x.DepartmentID).Name,
		Zone: names.ZoneName(x.ZoneID), Room: names.RoomCode(x.RoomID),
		Reasons: []string{"ill", "emergency", "meeting", "doctor", "other"},
	}
}

func (s *site) session(w http.ResponseWriter, r *http.Request) error {
	x, err := s.Booking.Session(r.Context(), r.PathValue("id"))
	if err != nil {
		return wrap("load session", err)
	}
	names, err := s.names(r.Context())
	if err != nil {
		return err
	}
	taken, err := s.taken(r, booking.AppointmentFilter{SessionID: x.ID})
	if err != nil {
		return err
	}
	d := sessionData{weekSession: weekOf(x, taken[x.ID], names)}
	d.Urgent = d.Suspendable && s.Suspension.Policy().Urgent(x, s.Now())
	own := names.Doctor(x.DoctorID)
	for _, p := range names.House.Doctors {
		if !p.Pool && p.ID != x.AttendingID && p.DepartmentID == own.DepartmentID && p.Grade >= own.Grade {
			d.Peers = append(d.Peers, p)
		}
	}
	for _, room := range names.House.Rooms {
		if room.ID != x.RoomID {
			d.Rooms = append(d.Rooms, room)
		}
	}
	return s.show(w, r, "session", "manage", d)
}

// suspend asks that the session does not take place, or does it at once where
// the case is urgent and one person decides.
func (s *site) suspend(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	request := suspension.AskRequest{SessionID: r.PathValue("id"), Reason: r.PostForm.Get("reason"), By: api.Staff(auth.From(r.Context()))}
	ask := s.Suspension.Ask
	if r.PostForm.Get("alone") != "" {
		ask = s.Suspension.AskAlone
	}
	asked, err := ask(r.Context(), request)
	if err != nil {
		return wrap("suspend session", err)
	}
	return back(w, r, "/suspensions/"+url.PathEscape(asked.ID))
}
