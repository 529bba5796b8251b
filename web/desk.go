package web

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/board"
	"github.com/houzhen/houzhen/queue"
)

func (s *site) deskList(w http.ResponseWriter, r *http.Request) error {
	names, err := s.names(r.Context())
	if err != nil {
		return err
	}
	return s.show(w, r, "desk_list", "desk", names.House.Zones)
}

type deskData struct {
	Desk    board.Desk
	Missed  []board.Line
	Result  *api.CheckedIn
	Notices board.Notices
}

func (s *site) deskData(r *http.Request) (deskData, error) {
	b, err := s.Boards.Desk(r.Context(), r.PathValue("zone"))
	if err != nil {
		return deskData{}, wrap("build desk", err)
	}
	told, err := s.Boards.Notices(r.Context(), r.PathValue("zone"))
	if err != nil {
		return deskData{}, wrap("build notices", err)
	}
	b.Queues = slices.Clone(b.Queues)
	d := deskData{Desk: b, Notices: told}
	for i, q := range b.Queues {
		var inQueue []board.Line
		for _, l := range q.Tickets {
			switch queue.State(l.State) {
			case queue.Missed:
				d.Missed = append(d.Missed, l)
			case queue.NotCheckedIn: // stands in the left column
			default:
				inQueue = append(inQueue, l)
			}
		}
		b.Queues[i].Tickets = inQueue
	}
	return d, nil
}

func (s *site) desk(w http.ResponseWriter, r *http.Request) error {
	d, err := s.deskData(r)
	if err != nil {
		return err
	}
	return s.show(w, r, "desk", "desk", d)
}

var (
	tailSigns  = regexp.MustCompile(`^[0-9]{3}[0-9Xx]$`)
	labelSigns = regexp.MustCompile(`^[A-Za-z][0-9]{1,3}$`)
)

// arrival guesses what was typed: A032 is a number, four signs are an ID tail,
// everything else a voucher.
func arrival(code string) api.Arrival {
	code = strings.TrimSpace(code)
	switch {
	case labelSigns.MatchString(code):
		letter, digits := strings.ToUpper(code[:1]), code[1:]
		return api.Arrival{Number: letter + strings.Repeat("0", 3-len(digits)) + digits}
	case tailSigns.MatchString(code):
		return api.Arrival{IDTail: strings.ToUpper(code)}
	}
	return api.Arrival{Voucher: code}
}

// deskView is what a script is told of a check-in.
type deskView struct {
	Label string `json:"label"`
	Name  string `json:"name"`
	Room  string `json:"room"`
	Ahead int    `json:"ahead"`
}

func (s *site) deskCheckIn(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	a := arrival(r.PostForm.Get("code"))
	a.SessionID, a.ZoneID = r.PostForm.Get("session"), r.PathValue("zone")
	a.RequestID, a.StaffID = r.PostForm.Get("request"), auth.From(r.Context()).ID
	c, err := s.Desk.CheckIn(r.Context(), a)
	if wantsJSON(r) {
		if err != nil {
			return err
		}
		return writeJSON(w, deskView{c.Ticket.Label, c.Name.String(), c.Room, c.Ahead})
	}
	d, dataErr := s.deskData(r)
	if dataErr != nil {
		return dataErr
	}
	if err != nil {
		s.fail(w, r, "desk", d, err)
		return nil
	}
	d.Result = &c
	return s.show(w, r, "desk", "desk", d)
}

func (s *site) deskReCheckIn(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	o, err := s.ReCheckIn(r.Context(), r.PostForm.Get("ticket"), r.PostForm.Get("request"))
	if err != nil {
		return wrap("check in again", err)
	}
	if wantsJSON(r) {
		return writeJSON(w, deskView{Label: o.Ticket.Label})
	}
	return back(w, r, "/desk/"+url.PathEscape(r.PathValue("zone")))
}

func writeJSON(w http.ResponseWriter, v any) error {
	b, err := encode(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write(b)
	return err
}
