package web

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/auth"
)

type stripRow struct {
	ID                 string
	Part               houzhen.DayPart
	Start, End         time.Time
	Doctor, Department houzhen.Label
	Room               string
	Status             booking.SessionStatus
}

// stripList shows a doctor his sessions of today.
func (s *site) stripList(w http.ResponseWriter, r *http.Request) error {
	names, err := s.names(r.Context())
	if err != nil {
		return err
	}
	sessions, err := s.Booking.Sessions(r.Context(), booking.SessionFilter{From: s.today(), To: s.today()})
	if err != nil {
		return wrap("load sessions", err)
	}
	list := []stripRow{}
	for _, x := range sessions {
		if _, err := s.MayRun(r.Context(), auth.From(r.Context()), x.ID); err != nil {
			continue
		}
		list = append(list, stripRow{
			x.ID, x.Part, x.Start, x.End, names.Attending(x).Name, names.Department(x.DepartmentID).Name, names.RoomCode(x.RoomID), x.Status,
		})
	}
	slices.SortFunc(list, func(a, b stripRow) int { return a.Start.Compare(b.Start) })
	return s.show(w, r, "strip_list", "strip", list)
}

func (s *site) strip(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.MayRun(r.Context(), auth.From(r.Context()), r.PathValue("session")); err != nil {
		return err
	}
	b, err := s.Boards.Strip(r.Context(), r.PathValue("session"))
	if err != nil {
		return wrap("build strip", err)
	}
	return s.show(w, r, "strip", "strip", b)
}

// stripVerb does what a button or key says. The request id comes with the
// form, so that a second press or a retry is the same press.
func (s *site) stripVerb(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	f := r.PostForm
	minutes, err := minutesOf(f.Get("minutes"))
	if err != nil {
		return err
	}
	c := api.Command{
		Verb: api.Verb(r.PathValue("verb")), SessionID: r.PathValue("session"), TicketID: f.Get("ticket"), RequestID: f.Get("request"),
		Minutes: minutes, Reason: f.Get("reason"), Dispose: f.Get("dispose"),
	}
	err = s.stripDo(r, c)
	if err != nil && !wantsJSON(r) {
		b, boardErr := s.Boards.Strip(r.Context(), c.SessionID)
		if boardErr != nil {
			return err
		}
		s.fail(w, r, "strip", b, err)
		return nil
	}
	if err != nil {
		return err
	}
	if wantsJSON(r) {
		w.WriteHeader(http.StatusNoContent) // the socket brings the new state
		return nil
	}
	return back(w, r, "/strip/"+url.PathEscape(c.SessionID))
}
