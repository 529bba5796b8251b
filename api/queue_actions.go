package api

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/queue"
)

// actions lists what changes one place in the order, or a doctor's desk, as it
// stands in addresses.
func actions() []Verb {
	var list []Verb
	for _, v := range queue.ActionVerbs() {
		list = append(list, Verb(strings.ReplaceAll(v, "_", "-")))
	}
	return list
}

// action reports whether a verb is one of actions.
func (v Verb) action() bool { return slices.Contains(actions(), v) }

// NurseOnly reports whether a verb overrules the order for others, so that it
// is the triage desk's and not the doctor's.
func (v Verb) NurseOnly() bool {
	return slices.Contains([]string{
		queue.VerbPriority, queue.VerbPriorityOff, queue.VerbPin, queue.VerbMove, queue.VerbReinstate, queue.VerbExcuse, queue.VerbAssign,
		queue.VerbNote, queue.VerbUndo,
	}, v.inQueue())
}

func (v Verb) inQueue() string { return strings.ReplaceAll(string(v), "-", "_") }

// act does an action for whoever may.
func (s Services) act(ctx context.Context, p auth.Principal, c Command, doctor, room string) (queue.Outcome, error) {
	if c.DoctorID != "" {
		names, err := LoadNames(ctx, s.Directory)
		if err != nil {
			return queue.Outcome{}, err
		}
		if names.Doctor(c.DoctorID).ID == "" {
			return queue.Outcome{}, houzhen.E(houzhen.CodeNotFound, "no such doctor").On("doctor_id")
		}
		if verb := c.Verb.inQueue(); !p.Is(auth.Doctor) && verb != queue.VerbAssign {
			doctor = c.DoctorID // the desk presses for a doctor of the pool
		}
	}
	return s.Queue.Act(ctx, queue.Action{
		Verb: c.Verb.inQueue(), SessionID: c.SessionID, RequestID: c.RequestID, TicketID: c.TicketID, DoctorID: doctor, RoomID: room,
		Operator: p.ID, Cause: c.Reason, Version: c.Version, Nurse: p.Is(auth.Nurse, auth.Manager),
		Group: c.Group, Minutes: c.Minutes, Places: c.Places, Doctor: c.DoctorID, Care: c.Care, Note: c.Note, Seat: c.Seat, Undo: c.Undo,
	})
}

// callAny calls from a doctor's own list and from the pools he names, each of
// which he must be allowed to serve.
func (s Services) callAny(ctx context.Context, p auth.Principal, r queue.CallRequest, pools []string) (queue.Outcome, error) {
	for _, id := range pools {
		if _, err := s.MayRun(ctx, p, id); err != nil {
			return queue.Outcome{}, err
		}
	}
	return s.Queue.CallAny(ctx, r, append([]string{r.SessionID}, pools...))
}

type laterIn struct {
	ID   string `path:"id"`
	Body struct {
		Minutes int `json:"minutes" minimum:"1" maximum:"600"`
	}
}

// later lets a patient say that he is late, or go later.
func (a *API) later(ctx context.Context, in *laterIn) (*queueVerbOut, error) {
	if _, err := a.Own(ctx, who(ctx), in.ID); err != nil {
		return nil, err
	}
	o, err := a.Desk.Later(ctx, in.ID, in.Body.Minutes, requestOf(ctx).key)
	if err != nil {
		return nil, err
	}
	return &queueVerbOut{outcomeView(o)}, nil
}

type hereIn struct {
	ID   string `path:"id"`
	Body struct {
		Code string `json:"code" minLength:"1" maxLength:"200" doc:"As the screen of the zone shows it now"`
	}
}

// here lets a patient check in with the code that he read from the screen of
// the zone: only who is there can read it.
func (a *API) here(ctx context.Context, in *hereIn) (*checkInOut, error) {
	if _, err := a.Own(ctx, who(ctx), in.ID); err != nil {
		return nil, err
	}
	c, err := a.Desk.Here(ctx, in.ID, in.Body.Code)
	if err != nil {
		return nil, fmt.Errorf("check in: %w", err)
	}
	return &checkInOut{checkedInView{
		c.AppointmentID, c.Ticket.ID, c.Ticket.Label, c.Ticket.State, c.Ticket.Lane, c.Name.String(), c.Room, c.Ahead,
	}}, nil
}
