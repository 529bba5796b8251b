package apitest

import (
	"context"
	"slices"
	"strings"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/board"
	"github.com/houzhen/houzhen/queue"
)

type bookings struct{ *Clinic }

func (b bookings) Find(_ context.Context, q booking.FindQuery) ([]booking.Offer, error) {
	var list []booking.Offer
	for _, o := range b.Offers {
		if q.DepartmentID == "" || q.DepartmentID == o.Session.DepartmentID {
			list = append(list, o)
		}
	}
	return list, b.ask("find", q.DepartmentID)
}

func (b bookings) Session(_ context.Context, id string) (booking.Session, error) {
	for _, s := range b.Sittings {
		if s.ID == id {
			return s, b.ask("session", id)
		}
	}
	return booking.Session{}, missing()
}

func (b bookings) Sessions(_ context.Context, f booking.SessionFilter) ([]booking.Session, error) {
	var list []booking.Session
	for _, s := range b.Sittings {
		if len(f.Status) == 0 || slices.Contains(f.Status, s.Status) {
			list = append(list, s)
		}
	}
	return list, b.ask("sessions", "")
}

func (b bookings) Appointment(_ context.Context, id string) (booking.Appointment, error) {
	a, err := b.visit(id)
	if err != nil {
		return a, err
	}
	return a, b.ask("appointment", id)
}

func (b bookings) Appointments(_ context.Context, f booking.AppointmentFilter) ([]booking.Appointment, error) {
	var list []booking.Appointment
	for _, a := range b.Visits {
		if len(f.PatientIDs) == 0 || slices.Contains(f.PatientIDs, a.PatientID) {
			list = append(list, a)
		}
	}
	return list, b.ask("appointments", "")
}

func (b bookings) Book(_ context.Context, r booking.BookRequest) (booking.Appointment, error) {
	a := b.Visits[0]
	return a, b.ask("book", r.PatientID+" "+r.Key)
}

// BookOnce remembers requests by their key, as the service does.
func (b bookings) BookOnce(ctx context.Context, r booking.BookRequest) (booking.Appointment, bool, error) {
	b.mu.Lock()
	old, again := b.booked[r.Caller+" "+r.Key]
	b.mu.Unlock()
	if again && old != r.PatientID {
		return booking.Appointment{}, false, houzhen.E(houzhen.CodeKeyReused, "key was used for another request").On("idempotency_key")
	}
	if again {
		return b.Visits[0], true, nil
	}
	a, err := b.Book(ctx, r)
	if err == nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.booked == nil {
			b.booked = map[string]string{}
		}
		b.booked[r.Caller+" "+r.Key] = r.PatientID
	}
	return a, false, err
}

func (b bookings) Glance(ctx context.Context, id string) (booking.Session, error) {
	return b.Session(ctx, id)
}

func (b bookings) Cancel(_ context.Context, r booking.CancelRequest) (booking.Appointment, error) {
	a, err := b.visit(r.AppointmentID)
	if err != nil {
		return a, err
	}
	a.State = booking.Cancelled
	return a, b.ask("cancel", r.AppointmentID)
}

func (b bookings) Move(_ context.Context, r booking.MoveRequest) (booking.Appointment, error) {
	a, err := b.visit(r.AppointmentID)
	if err != nil {
		return a, err
	}
	return a, b.ask("move", r.AppointmentID+" "+r.SessionID)
}

type queues struct{ *Clinic }

func (q queues) do(verb, session, request, ticket string) (queue.Outcome, error) {
	return queue.Outcome{
		Call:   queue.Call{RequestID: request, SessionID: session, TicketID: "t1", Reason: queue.Reason{Code: queue.ReasonInOrder}},
		Ticket: queue.Ticket{ID: "t1", Label: "A032", State: queue.Called}, Version: 7,
	}, q.ask(verb, session+" "+request+" "+ticket)
}

func (q queues) CallNext(_ context.Context, r queue.CallRequest) (queue.Outcome, error) {
	return q.do("call-next", r.SessionID, r.RequestID, r.DoctorID)
}

func (q queues) Resume(_ context.Context, r queue.CallRequest) (queue.Outcome, error) {
	return q.do("resume", r.SessionID, r.RequestID, "")
}

func (q queues) Recall(_ context.Context, r queue.TicketRequest) (queue.Outcome, error) {
	return q.do("recall", r.SessionID, r.RequestID, r.TicketID)
}

func (q queues) Miss(_ context.Context, r queue.TicketRequest) (queue.Outcome, error) {
	return q.do("missed", r.SessionID, r.RequestID, r.TicketID)
}

func (q queues) TakeBack(_ context.Context, r queue.TicketRequest) (queue.Outcome, error) {
	return q.do("take-back", r.SessionID, r.RequestID, r.TicketID)
}

func (q queues) Start(_ context.Context, r queue.TicketRequest) (queue.Outcome, error) {
	return q.do("start", r.SessionID, r.RequestID, r.TicketID)
}

func (q queues) Finish(_ context.Context, r queue.TicketRequest) (queue.Outcome, error) {
	return q.do("finish", r.SessionID, r.RequestID, r.TicketID)
}

func (q queues) ReCheckIn(_ context.Context, r queue.TicketRequest) (queue.Outcome, error) {
	return q.do("recheckin", r.SessionID, r.RequestID, r.TicketID)
}

func (q queues) Pause(_ context.Context, r queue.PauseRequest) (queue.Outcome, error) {
	return q.do("pause", r.SessionID, r.RequestID, r.Why)
}

func (q queues) EndSession(_ context.Context, r queue.EndRequest) (queue.Outcome, error) {
	return q.do("end", r.SessionID, r.RequestID, r.Dispose)
}

func (q queues) Act(_ context.Context, a queue.Action) (queue.Outcome, error) {
	return q.do(strings.ReplaceAll(a.Verb, "_", "-"), a.SessionID, a.RequestID, a.TicketID)
}

func (q queues) CallAny(_ context.Context, r queue.CallRequest, sessions []string) (queue.Outcome, error) {
	return q.do("call-next", strings.Join(sessions, "+"), r.RequestID, r.DoctorID)
}

type boards struct{ *Clinic }

func (b boards) Zone(_ context.Context, id string) (board.Zone, error) {
	return b.Boards.Zone, b.ask("zone", id)
}

func (b boards) Door(_ context.Context, id string) (board.Door, error) {
	return b.Boards.Door, b.ask("door", id)
}

func (b boards) Strip(_ context.Context, id string) (board.Strip, error) {
	return b.Boards.Strip, b.ask("strip", id)
}

func (b boards) Position(_ context.Context, id string) (board.Position, error) {
	return b.Boards.Position, b.ask("position", id)
}

func (b boards) Desk(_ context.Context, id string) (board.Desk, error) {
	return b.Boards.Desk, b.ask("desk", id)
}

func (b boards) IfCame(_ context.Context, id string) (board.IfCame, error) {
	is := b.Boards.IfCame
	is.Session = id
	return is, b.ask("if-came", id)
}

func (b boards) Qualities(context.Context) ([]board.Quality, error) {
	return append([]board.Quality{}, b.Boards.Quality...), b.ask("quality", "")
}

type signIn struct{ *Clinic }

func (s signIn) AskCode(_ context.Context, phone string, _ houzhen.Lang, _ string) (string, error) {
	return "signin-1", s.ask("ask-code", phone)
}

func (s signIn) ByCode(_ context.Context, id, code string) (auth.Principal, error) {
	if code != "123456" {
		return auth.Principal{}, houzhen.E(houzhen.CodeBadCode, "wrong").On("code")
	}
	return s.Principal, s.ask("by-code", id)
}

func (s signIn) ByPassword(_ context.Context, login, password, _ string) (auth.Principal, error) {
	if password != "right" {
		return auth.Principal{}, houzhen.E(houzhen.CodeBadCredentials, "wrong")
	}
	return s.Principal, s.ask("by-password", login)
}

func (s signIn) Screen(_ context.Context, token string) (directory.Screen, error) {
	if token != "paired" {
		return directory.Screen{}, missing()
	}
	return s.Display, s.ask("screen", "")
}

func (s signIn) Out(context.Context) error { return s.ask("out", "") }
