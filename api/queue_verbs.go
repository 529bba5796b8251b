package api

import (
	"cmp"
	"context"
	"fmt"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/board"
	"github.com/houzhen/houzhen/queue"
)

// Verb is what a doctor or nurse does to a queue, as it stands in addresses.
type Verb string

// The verbs.
const (
	VerbNext     Verb = "call-next"
	VerbRecall   Verb = "recall"
	VerbMissed   Verb = "missed"
	VerbTakeBack Verb = "take-back"
	VerbStart    Verb = "start"
	VerbFinish   Verb = "finish"
	VerbPause    Verb = "pause"
	VerbResume   Verb = "resume"
	VerbEnd      Verb = "end"
	VerbUndoIn   Verb = "undo-check-in" // the triage desk's
)

// Verbs lists them all.
func Verbs() []Verb {
	list := []Verb{VerbNext, VerbRecall, VerbMissed, VerbTakeBack, VerbStart, VerbFinish, VerbPause, VerbResume, VerbEnd, VerbUndoIn}
	return append(list, actions()...)
}

// Command is one verb on one session's queue.
type Command struct {
	Verb      Verb
	SessionID string
	TicketID  string // "" is the present patient
	RequestID string
	Minutes   int               // of a pause, 0 open; by how many to go later
	Reason    string            // of a pause or an action
	Dispose   string            // at the end: what becomes of those who wait
	Each      map[string]string // the same for single tickets
	Version   int64             // of the ticket as it was seen; 0 does not ask
	Group     string            // of priority
	Places    int               // by how many to move; negative is forward
	DoctorID  string            // to whom to assign
	Care      string            // what calling him needs
	Note      string            // to the doctor
	RoomID    string            // where a doctor sits down
	Seat      string            // at which desk of the room
	Undo      string            // request id of what is taken back
	Also      []string          // sessions of pools that the doctor serves too
}

// Run does a command for somebody who may. A nurse presses for the doctor who
// sits there.
func (s Services) Run(ctx context.Context, p auth.Principal, c Command) (queue.Outcome, error) {
	session, err := s.MayRun(ctx, p, c.SessionID)
	if err != nil {
		return queue.Outcome{}, err
	}
	if c.Verb.NurseOnly() && p.Is(auth.Doctor) {
		return queue.Outcome{}, houzhen.E(houzhen.CodeForbidden, "the triage desk does that")
	}
	doctor, room := session.AttendingID, cmp.Or(c.RoomID, session.RoomID)
	if p.Is(auth.Doctor) {
		doctor = p.DoctorID
	}
	if c.Verb.action() {
		return s.act(ctx, p, c, doctor, room)
	}
	call := queue.CallRequest{SessionID: c.SessionID, RequestID: c.RequestID, DoctorID: doctor, RoomID: room, Operator: p.ID}
	ticket, err := s.target(ctx, c)
	if err != nil {
		return queue.Outcome{}, err
	}
	one := queue.TicketRequest{SessionID: c.SessionID, RequestID: c.RequestID, TicketID: ticket, DoctorID: doctor, Operator: p.ID, Version: c.Version}
	switch c.Verb {
	case VerbNext:
		if len(c.Also) > 0 {
			return s.callAny(ctx, p, call, c.Also)
		}
		return s.Queue.CallNext(ctx, call)
	case VerbResume:
		return s.Queue.Resume(ctx, call)
	case VerbRecall:
		return s.Queue.Recall(ctx, one)
	case VerbMissed:
		return s.Queue.Miss(ctx, one)
	case VerbTakeBack:
		return s.Queue.TakeBack(ctx, one)
	case VerbStart:
		return s.Queue.Start(ctx, one)
	case VerbFinish:
		return s.Queue.Finish(ctx, one)
	case VerbUndoIn:
		return s.Desk.UndoCheckIn(ctx, one)
	case VerbPause:
		return s.Queue.Pause(ctx, queue.PauseRequest{SessionID: c.SessionID, RequestID: c.RequestID, DoctorID: doctor, Minutes: c.Minutes, Why: c.Reason, Operator: p.ID})
	case VerbEnd:
		return s.Queue.EndSession(ctx, queue.EndRequest{SessionID: c.SessionID, RequestID: c.RequestID, DoctorID: doctor, Dispose: c.Dispose, Each: c.Each, Operator: p.ID})
	}
	return queue.Outcome{}, houzhen.E(houzhen.CodeNotFound, "no such verb")
}

// target gives the ticket a verb is about: the named one, or whoever is called
// or in the room.
func (s Services) target(ctx context.Context, c Command) (string, error) {
	if c.TicketID != "" || c.Verb != VerbRecall && c.Verb != VerbMissed {
		return c.TicketID, nil
	}
	q, err := s.Desk.Queue(ctx, c.SessionID)
	if err != nil {
		return "", fmt.Errorf("load queue: %w", err)
	}
	for _, t := range q.Tickets {
		if t.State == queue.Called {
			return t.ID, nil
		}
	}
	return "", houzhen.E(houzhen.CodeState, "nobody is called")
}

type queueVerbIn struct {
	ID   string `path:"id"`
	Body *struct {
		TicketID string            `json:"ticket_id,omitempty"`
		Minutes  int               `json:"minutes,omitempty" minimum:"0" maximum:"600"`
		Reason   string            `json:"reason,omitempty" maxLength:"60" doc:"Why; no names. Needed by what overrules the order"`
		Dispose  string            `json:"dispose,omitempty"`
		Each     map[string]string `json:"each,omitempty" doc:"Dispose for single tickets"`
		Version  int64             `json:"version,omitempty" doc:"The ticket's as it was seen; another one is a conflict that says who changed it"`
		Group    string            `json:"group,omitempty" doc:"Of priority, as the zone's policy lists them"`
		Places   int               `json:"places,omitempty" minimum:"-200" maximum:"200" doc:"Negative is forward"`
		DoctorID string            `json:"doctor_id,omitempty" doc:"To whom a patient of a pool is assigned"`
		Care     string            `json:"care,omitempty"`
		Note     string            `json:"note,omitempty" maxLength:"60" doc:"To the doctor, who alone reads it; no numbers of people. Empty takes it back"`
		RoomID   string            `json:"room_id,omitempty" doc:"Where the doctor of a pool sits"`
		Seat     string            `json:"seat,omitempty" maxLength:"10"`
		Undo     string            `json:"undo,omitempty" doc:"Key of the request that is taken back"`
		Also     []string          `json:"also,omitempty" maxItems:"5" doc:"Call-next: sessions of pools that the doctor serves too"`
	}
}

type queueVerbOut struct{ Body queueVerbView }

type queueVerbView struct {
	Ticket   string       `json:"ticket_id,omitempty"`
	Label    string       `json:"label,omitempty"`
	State    queue.State  `json:"state,omitempty"`
	Reason   board.Reason `json:"reason"`
	Version  int64        `json:"version"`
	Replayed bool         `json:"replayed" doc:"The request had been answered before; nothing was done"`
}

func (a *API) queueVerb(v Verb) func(context.Context, *queueVerbIn) (*queueVerbOut, error) {
	return func(ctx context.Context, in *queueVerbIn) (*queueVerbOut, error) {
		c := Command{Verb: v, SessionID: in.ID, RequestID: requestOf(ctx).key}
		if in.Body != nil {
			b := in.Body
			c.TicketID, c.Minutes, c.Reason, c.Dispose, c.Each = b.TicketID, b.Minutes, b.Reason, b.Dispose, b.Each
			c.Version, c.Group, c.Places, c.DoctorID, c.Care, c.Note = b.Version, b.Group, b.Places, b.DoctorID, b.Care, b.Note
			c.RoomID, c.Seat, c.Undo, c.Also = b.RoomID, b.Seat, b.Undo, b.Also
		}
		o, err := a.Run(ctx, who(ctx), c)
		if err != nil {
			return nil, err
		}
		return &queueVerbOut{outcomeView(o)}, nil
	}
}

func outcomeView(o queue.Outcome) queueVerbView {
	return queueVerbView{o.Call.TicketID, o.Ticket.Label, o.Ticket.State, board.Reason(o.Call.Reason), o.Version, o.Replayed}
}

type sessionIn struct {
	ID string `path:"id"`
}

type stripOut struct{ Body board.Strip }

// sessionQueue shows a session's queue as its doctor sees it.
func (a *API) sessionQueue(ctx context.Context, in *sessionIn) (*stripOut, error) {
	if _, err := a.MayRun(ctx, who(ctx), in.ID); err != nil {
		return nil, err
	}
	s, err := a.Boards.Strip(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &stripOut{s}, nil
}
