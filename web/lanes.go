package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/board"
)

// deskActs lists what the triage desk does to one place in the order, with
// what its field of a value means there ("" asks for none), the letter that
// brings it together with Alt, and whether it asks why. None of the letters is
// one with which browsers open a menu or the address.
func deskActs() []deskAct {
	return []deskAct{
		{"priority", "group", "P", true},
		{"priority-off", "", "Q", false},
		{"unwell", "", "U", false},
		{"pin", "", "T", true},
		{"move", "places", "M", true},
		{"set-aside", "", "S", true},
		{"bring-back", "", "B", false},
		{"defer", "minutes", "L", false},
		{"return", "", "R", false},
		{"excuse", "", "O", true},
		{"reinstate", "", "I", true},
		{"abandon", "", "G", true},
		{"care", "care", "C", false},
		{"note", "note", "V", false},
		{"assign", "doctor", "A", false},
		{verbTransfer, "where", "X", true},
		{verbContinue, "", "J", false},
		{"undo-check-in", "", "N", false},
		{"undo", "", "Z", false},
	}
}

type deskAct struct {
	Verb, Value, Key string
	Why              bool
}

// verbTransfer lets somebody go on to another doctor; like verbContinue it is no
// verb of one queue.
const verbTransfer = "transfer"

// Acts lists the desk's actions for its page.
func (deskData) Acts() []deskAct { return deskActs() }

// deskAct does what the nurse chose for the number that she typed.
func (s *site) deskAct(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	label, err := s.deskDo(r)
	if wantsJSON(r) {
		if err != nil {
			return err
		}
		return writeJSON(w, deskView{Label: label})
	}
	if err != nil {
		d, dataErr := s.deskData(r)
		if dataErr != nil {
			return dataErr
		}
		s.fail(w, r, "desk", d, err)
		return nil
	}
	return back(w, r, "/desk/"+url.PathEscape(r.PathValue("zone")))
}

// deskDo does what the form says to a number of the zone: what to do, how much,
// why. It gives the number that he has after it.
func (s *site) deskDo(r *http.Request) (string, error) {
	f, p := r.PostForm, auth.From(r.Context())
	b, err := s.Boards.Desk(r.Context(), r.PathValue("zone"))
	if err != nil {
		return "", wrap("build desk", err)
	}
	line, known := lineOf(b, f.Get("number"))
	if !known {
		return "", houzhen.E(houzhen.CodeVoucher, "no such number in this zone").On("number")
	}
	at := slices.IndexFunc(deskActs(), func(a deskAct) bool { return a.Verb == f.Get("verb") })
	if at < 0 {
		return "", houzhen.E(houzhen.CodeNotFound, "no such verb")
	}
	act, value, reason := deskActs()[at], strings.TrimSpace(f.Get("value")), strings.TrimSpace(f.Get("reason"))
	if act.Verb == "assign" {
		if value, err = s.doctorOf(r, value); err != nil {
			return "", err
		}
	}
	switch act.Verb {
	case verbContinue:
		_, err = s.ContinueVisit(r.Context(), p, line.Appointment)
		return line.Label, err
	case verbTransfer:
		return s.sendOn(r, line.Appointment, value, reason)
	}
	_, err = s.Run(r.Context(), p, withValue(api.Command{
		Verb: api.Verb(act.Verb), RequestID: f.Get("request"), SessionID: line.Session, TicketID: line.Ticket, Reason: reason,
	}, act.Value, value))
	return line.Label, err
}

func withValue(c api.Command, of, value string) api.Command {
	n, _ := strconv.Atoi(value) // what is no number is refused by the verb as 0
	switch of {
	case "group":
		c.Group = value
	case "places":
		c.Places = n
	case "minutes":
		c.Minutes = n
	case "care":
		c.Care = value
	case "note":
		c.Note = value
	case "doctor":
		c.DoctorID = value
	}
	return c
}

// doctorOf finds a doctor by the code that is typed; "" is any.
func (s *site) doctorOf(r *http.Request, code string) (string, error) {
	if code == "" {
		return "", nil
	}
	names, err := s.names(r.Context())
	if err != nil {
		return "", err
	}
	for _, d := range names.House.Doctors {
		if strings.EqualFold(d.Code, code) || d.ID == code {
			return d.ID, nil
		}
	}
	return "", houzhen.E(houzhen.CodeNotFound, "no such doctor").On("value")
}

// lineOf finds a number of the zone, typed with or without its zeros.
func lineOf(b board.Desk, typed string) (board.Line, bool) {
	want := labelOf(typed)
	for _, q := range b.Queues {
		for _, l := range q.Tickets {
			if l.Label == want {
				return l, true
			}
		}
	}
	for _, l := range b.Absent {
		if l.Label == want {
			return l, true
		}
	}
	return board.Line{}, false
}

// later lets a patient say from his phone that he is late, or go later.
func (s *site) later(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	id := r.PathValue("id")
	if _, err := s.Own(r.Context(), auth.From(r.Context()), id); err != nil {
		return err
	}
	minutes, err := minutesOf(r.PostForm.Get("minutes"))
	if err != nil {
		return err
	}
	if _, err := s.Desk.Later(r.Context(), id, minutes, r.PostForm.Get("request")); err != nil {
		return wrap("go later", err)
	}
	return back(w, r, "/place/"+url.PathEscape(id))
}

type policiesData struct {
	Zones []zonePolicy
	Saved string
}

type zonePolicy struct {
	ID       string // "hospital" is every zone without its own
	Name     houzhen.Label
	Own      bool
	Version  int
	Document string
}

// policiesPage shows managers the policy of every zone's queues.
func (s *site) policiesPage(w http.ResponseWriter, r *http.Request) error {
	d, err := s.policiesData(r)
	if err != nil {
		return err
	}
	d.Saved = r.URL.Query().Get("saved")
	return s.show(w, r, "policies", "policies", d)
}

func (s *site) policiesData(r *http.Request) (policiesData, error) {
	list, err := s.Policies.Policies(r.Context())
	if err != nil {
		return policiesData{}, wrap("load policies", err)
	}
	var d policiesData
	for _, z := range list {
		text, err := z.Policy.Document()
		if err != nil {
			return d, wrap("write policy", err)
		}
		id := z.ZoneID
		if id == "" {
			id = wholeHospital
		}
		d.Zones = append(d.Zones, zonePolicy{id, z.Zone, z.Own, z.Policy.Version, string(text)})
	}
	return d, nil
}

const wholeHospital = "hospital"

func (s *site) setPolicy(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	zone, document := r.PathValue("zone"), r.PostForm.Get("document")
	if zone == wholeHospital {
		zone = ""
	}
	if r.PostForm.Get("clear") != "" {
		document = ""
	}
	if _, err := s.Policies.SetPolicy(r.Context(), zone, document, auth.From(r.Context()).ID); err != nil {
		d, dataErr := s.policiesData(r)
		if dataErr != nil {
			return dataErr
		}
		for i := range d.Zones {
			if d.Zones[i].ID == r.PathValue("zone") && document != "" {
				d.Zones[i].Document = document
			}
		}
		s.fail(w, r, "policies", d, err)
		return nil
	}
	return back(w, r, "/manage/policies?saved="+url.QueryEscape(r.PathValue("zone")))
}

func (s *site) laneRoutes() []route {
	desk, manager := []auth.Role{auth.Nurse, auth.Manager}, []auth.Role{auth.Manager}
	return []route{
		{"POST", "/desk/{zone}/act", desk, s.deskAct, "priority, pin, move, later and the rest"},
		{"POST", "/desk/{zone}/notice", desk, s.deskTell, "tells all who wait in the zone"},
		{"POST", "/desk/{zone}/notice/{id}/take-back", desk, s.deskTakeBack, ""},
		{"GET", "/desk/{zone}/slip", desk, s.slip, "a ticket, printed again"},
		{"POST", "/place/{id}/later", []auth.Role{auth.Patient}, s.later, ""},
		{"GET", "/manage/policies", manager, s.policiesPage, "queue policies of zones"},
		{"POST", "/manage/policies/{zone}", manager, s.setPolicy, ""},
	}
}
