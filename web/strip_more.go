package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/board"
	"github.com/houzhen/houzhen/queue"
)

// stripDo does a verb of the strip. What needs somebody who is not with the
// doctor says him by his number.
func (s *site) stripDo(r *http.Request, c api.Command) error {
	f, p := r.PostForm, auth.From(r.Context())
	if c.Verb == verbContinue {
		return s.stripContinue(r, c.SessionID)
	}
	if c.Verb == verbTransfer {
		return s.stripTransfer(r, c.SessionID)
	}
	if number := strings.TrimSpace(f.Get("number")); number != "" {
		t, err := s.numbered(r, p, c.SessionID, number)
		if err != nil {
			return err
		}
		c.TicketID = t.ID
	}
	_, err := s.Run(r.Context(), p, c)
	return err
}

// stripTransfer lets the doctor's present patient go on to another doctor, whose
// code is typed.
func (s *site) stripTransfer(r *http.Request, session string) error {
	now, err := s.withDoctor(r, session)
	if err != nil {
		return err
	}
	_, err = s.sendOn(r, now.Appointment, strings.TrimSpace(r.PostForm.Get("doctor")), strings.TrimSpace(r.PostForm.Get("reason")))
	return err
}

// sendOn lets a patient go on to the doctor, room or department whose code was
// typed, looked for in this order, and gives his new number.
func (s *site) sendOn(r *http.Request, appointment, code, reason string) (string, error) {
	if code == "" {
		return "", houzhen.E(houzhen.CodeMissing, "say to which doctor, room or department").On("doctor")
	}
	names, err := s.names(r.Context())
	if err != nil {
		return "", err
	}
	to := api.Transfer{AppointmentID: appointment, Cause: reason}
	is := func(its, id string) bool { return strings.EqualFold(its, code) || id == code }
	house := names.House
	if i := slices.IndexFunc(house.Doctors, func(d directory.Doctor) bool { return is(d.Code, d.ID) }); i >= 0 {
		to.DoctorID = house.Doctors[i].ID
	} else if i := slices.IndexFunc(house.Rooms, func(o directory.Room) bool { return is(o.Code, o.ID) }); i >= 0 {
		to.RoomID = house.Rooms[i].ID
	} else if i := slices.IndexFunc(house.Departments, func(d directory.Department) bool { return is(d.Code, d.ID) }); i >= 0 {
		to.DepartmentID = house.Departments[i].ID
	} else {
		return "", houzhen.E(houzhen.CodeNotFound, "no such doctor, room or department").On("doctor")
	}
	t, err := s.TransferVisit(r.Context(), auth.From(r.Context()), to)
	return t.Label, err
}

// withDoctor gives the patient who is with the doctor of a strip, to whoever may
// run its queue.
func (s *site) withDoctor(r *http.Request, session string) (board.Seat, error) {
	if _, err := s.MayRun(r.Context(), auth.From(r.Context()), session); err != nil {
		return board.Seat{}, err
	}
	b, err := s.Boards.Strip(r.Context(), session)
	if err != nil {
		return board.Seat{}, wrap("build strip", err)
	}
	if b.Now == nil {
		return board.Seat{}, houzhen.E(houzhen.CodeState, "no patient is with the doctor")
	}
	return *b.Now, nil
}

// numbered finds a number of a session, typed with or without its zeros, for
// whoever may run its queue.
func (s *site) numbered(r *http.Request, p auth.Principal, session, typed string) (queue.Ticket, error) {
	if _, err := s.MayRun(r.Context(), p, session); err != nil {
		return queue.Ticket{}, err
	}
	q, err := s.Desk.Queue(r.Context(), session)
	if err != nil {
		return queue.Ticket{}, wrap("load queue", err)
	}
	want := labelOf(typed)
	i := slices.IndexFunc(q.Tickets, func(t queue.Ticket) bool { return t.Label == want })
	if i < 0 {
		return queue.Ticket{}, houzhen.E(houzhen.CodeVoucher, "no such number in this session").On("number")
	}
	return q.Tickets[i], nil
}

// labelOf is a number as it stands on the ticket, however it was typed.
func labelOf(typed string) string {
	if label := arrival(typed).Number; label != "" {
		return label
	}
	return strings.ToUpper(strings.TrimSpace(typed))
}
