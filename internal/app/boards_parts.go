package app

import (
	"slices"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/board"
	"github.com/houzhen/houzhen/queue"
)

func (p place) doctor() directory.Doctor { return p.index.DoctorOf(p.q.DoctorID) }

func (p place) room() string { return p.index.RoomName(p.q.RoomID).Zh }

// desk is the doctor's state as boards show it: a suspension outweighs all.
func (p place) desk() string {
	if p.session.Status == booking.SessionSuspended {
		return string(booking.SessionSuspended)
	}
	return string(p.q.Desk)
}

// announced is desk as those who wait are told: a short pause is not.
func (p place) announced() (state string, until int64) {
	state = p.desk()
	if state == string(queue.DeskPaused) && !p.q.Away(p.policy, p.now) {
		return string(queue.DeskSeeing), 0
	}
	return state, milli(p.q.PausedUntil)
}

// shown masks a name as a zone wants it; "" where only numbers are shown.
func (p place) shown(t queue.Ticket, mask directory.Mask) string {
	name, ok := p.names[t.ID]
	if !ok || p.index.DepartmentOf(p.session.DepartmentID).Sensitive {
		return ""
	}
	switch mask {
	case directory.MaskNumberOnly:
		return ""
	case directory.MaskSurname:
		return name.Surname()
	case directory.MaskMiddle:
		return name.String()
	}
	return name.String()
}

func (p place) in(states ...queue.State) []queue.Ticket {
	var found []queue.Ticket
	for _, t := range p.q.Tickets {
		if slices.Contains(states, t.State) {
			found = append(found, t)
		}
	}
	return found
}

// now is the patient in the room or on the way into it.
func (p place) present() (queue.Ticket, bool) {
	if called := p.in(queue.Called); len(called) > 0 {
		return called[0], true
	}
	if inside := p.in(queue.InConsult); len(inside) > 0 {
		return inside[0], true
	}
	return queue.Ticket{}, false
}

func (p place) row(mask directory.Mask) board.Row {
	r := board.Row{
		Session: p.q.SessionID, Room: p.room(), Doctor: p.doctor().Name, Title: p.doctor().Title, Class: string(p.session.Class),
		Ready: []board.Person{}, Waiting: len(p.in(queue.Waiting, queue.Ready)),
	}
	r.Desk, r.Until = p.announced()
	if p.q.PauseReason != "" && r.Desk == string(queue.DeskPaused) {
		r.Reason = board.Reason{Code: p.q.PauseReason}
	}
	if t, ok := p.present(); ok {
		r.Now, r.NowIn = p.person(t, mask), t.State == queue.InConsult
	}
	for _, id := range p.picks {
		if t := p.ticket(id); t.State == queue.Ready {
			r.Ready = append(r.Ready, *p.person(t, mask))
		}
	}
	return r
}

// person is a patient as a public screen shows him.
func (p place) person(t queue.Ticket, mask directory.Mask) *board.Person {
	return &board.Person{Label: t.Label, Name: p.shown(t, mask), Alike: p.alike[t.ID]}
}

func (p place) ticket(id string) queue.Ticket {
	if i := slices.IndexFunc(p.q.Tickets, func(t queue.Ticket) bool { return t.ID == id }); i >= 0 {
		return p.q.Tickets[i]
	}
	return queue.Ticket{}
}

func (p place) missed() []string {
	labels := []string{}
	for _, t := range p.in(queue.Missed) {
		labels = append(labels, t.Label)
	}
	return labels
}

// call is the call that is open now. Its Seq is the instant of the latest
// call, so that a recall is shown again and an old one never.
func (p place) call(mask directory.Mask) *board.Call {
	called := p.in(queue.Called)
	if len(called) == 0 {
		return nil
	}
	t := called[0]
	room := p.index.RoomName(t.RoomID).Zh
	if room == "" {
		room = p.room()
	}
	return &board.Call{Seq: t.LastCallAt.UnixMilli(), Label: t.Label, Name: p.shown(t, mask), Room: room, At: t.LastCallAt.UnixMilli()}
}

func newer(a, b *board.Call) *board.Call {
	if a == nil || b != nil && b.Seq > a.Seq {
		return b
	}
	return a
}

// namesakes counts the people of a zone by their full and by their masked
// name. One who waits for two doctors is one.
type namesakes struct {
	full   map[houzhen.Name]int
	masked map[string]int
}

func sameNames(places []place) namesakes {
	n := namesakes{full: map[houzhen.Name]int{}, masked: map[string]int{}}
	counted := map[string]bool{}
	for _, p := range places {
		for _, t := range p.q.Tickets {
			name, ok := p.names[t.ID]
			if !ok || counted[t.PatientID] {
				continue
			}
			counted[t.PatientID] = true
			n.full[name]++
			n.masked[name.String()]++
		}
	}
	return n
}

// same reports whether somebody else has the very name: whoever calls must ask
// for more than that.
func (n namesakes) same(name houzhen.Name) bool { return n.full[name] > 1 }

// alike reports whether a screen shows somebody else so, too: the number tells
// them apart.
func (n namesakes) alike(name houzhen.Name) bool { return n.masked[name.String()] > 1 }

func (p place) seat(t queue.Ticket, names namesakes) board.Seat {
	name := p.names[t.ID]
	since := t.CheckedInAt
	switch t.State {
	case queue.Called:
		since = t.CalledAt
	case queue.InConsult:
		since = t.StartedAt
	default:
	}
	return board.Seat{
		Ticket: t.ID, Appointment: t.AppointmentID, Label: t.Label, Name: name.String(), State: string(t.State),
		Since: milli(since), SameName: names.same(name), Alike: names.alike(name), Reason: p.order[t.ID].reason,
		Note: t.Note,
	}
}

func (p place) strip(names namesakes) board.Strip {
	department := p.index.DepartmentOf(p.session.DepartmentID)
	s := board.Strip{
		Session: p.q.SessionID, Doctor: p.doctor().Name, Department: department.Name, Room: p.room(), Desk: p.desk(),
		Start: milli(p.q.Start), End: milli(p.q.End), Until: milli(p.q.PausedUntil), Ready: []board.Seat{}, Missed: []board.Seat{},
		Waiting: len(p.in(queue.Waiting, queue.Ready)), Seen: len(p.in(queue.Done)),
	}
	if t, ok := p.present(); ok {
		seat := p.seat(t, names)
		s.Now = &seat
	}
	if len(p.picks) > 0 {
		seat := p.seat(p.ticket(p.picks[0]), names)
		s.Next = &seat
	}
	for _, id := range p.picks {
		if t := p.ticket(id); t.State == queue.Ready {
			s.Ready = append(s.Ready, p.seat(t, names))
		}
	}
	for _, t := range p.in(queue.Missed) {
		s.Missed = append(s.Missed, p.seat(t, names))
	}
	absent := len(p.in(queue.NotCheckedIn))
	dropped := len(p.in(queue.Dropped))
	s.Counts = board.Counts{
		Booked: len(p.q.Tickets) - dropped, Absent: absent, Arrived: len(p.q.Tickets) - dropped - absent, Missed: len(s.Missed),
	}
	return s
}

// lines are the tickets of a desk's column: present, then in calling order,
// then missed and those not yet here.
func (p place) lines(names namesakes) []board.Line {
	var tickets []queue.Ticket
	tickets = append(tickets, p.in(queue.Called, queue.InConsult)...)
	for _, id := range p.picks {
		tickets = append(tickets, p.ticket(id))
	}
	tickets = append(tickets, p.in(queue.OutForTests, queue.Deferred, queue.Suspended)...)
	tickets = append(tickets, p.in(queue.Missed)...)
	tickets = append(tickets, p.in(queue.NotCheckedIn)...)
	lines := make([]board.Line, 0, len(tickets))
	for _, t := range tickets {
		seat := p.seat(t, names)
		out := int64(0)
		if t.State == queue.NotCheckedIn && t.OnTheWay() {
			out = milli(t.SetOutAt)
		}
		lines = append(lines, board.Line{
			Ticket: t.ID, Appointment: t.AppointmentID, Session: t.SessionID, Label: t.Label, Name: seat.Name, State: seat.State,
			Lane: string(t.Lane), SliceStart: milli(t.SliceStart), SliceEnd: milli(t.SliceEnd), Since: seat.Since, Out: out,
			SameName: seat.SameName, Alike: seat.Alike, Reason: seat.Reason, Note: t.Note,
		})
	}
	return lines
}

func (p place) position(t queue.Ticket) board.Position {
	department := p.index.DepartmentOf(p.session.DepartmentID)
	at := p.order[t.ID]
	pos := board.Position{
		Appointment: t.AppointmentID, Label: t.Label, State: string(t.State), Ahead: at.ahead, Lo: milli(at.lo), Hi: milli(at.hi),
		Room: p.room(), Zone: p.index.ZoneOf(p.q.ZoneID).Name, Doctor: p.doctor().Name, Title: p.doctor().Title,
		Department: department.Name, Number: t.No, SliceStart: milli(t.SliceStart), SliceEnd: milli(t.SliceEnd), Reason: at.reason, Moved: at.moved, Near: string(at.near),
		CheckedInAt: milli(t.CheckedInAt), Version: p.q.Version, At: milli(p.now),
	}
	pos.Desk, pos.Until = p.announced()
	pos.Changes = p.changes[t.ID]
	if department.Sensitive {
		pos.Department, pos.Doctor, pos.Title = department.Alias, houzhen.Label{}, houzhen.Label{}
	}
	if room := p.index.RoomName(t.RoomID).Zh; room != "" {
		pos.Room = room
	}
	if now, ok := p.present(); ok {
		pos.NowCalled = now.Label
	}
	pos.Leave = p.leave(t, at)
	return pos
}
