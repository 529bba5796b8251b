package apitest

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/suspension"
	"github.com/houzhen/houzhen/queue"
)

// suspensions is the clinic as api.Suspension.
type suspensions struct{ c *Clinic }

// Options implements api.Suspension.
func (s suspensions) Options(_ context.Context, id string) ([]booking.Appointment, error) {
	return s.c.Kept, s.c.ask("options", id)
}

// Choose implements api.Suspension.
func (s suspensions) Choose(_ context.Context, id, option, _ string) (booking.Appointment, error) {
	a, err := s.c.visit(id)
	if err != nil {
		return a, err
	}
	return a, s.c.ask("choose", option)
}

// Refund implements api.Suspension.
func (s suspensions) Refund(_ context.Context, id, via string) error {
	return s.c.ask("refund", id+" "+via)
}

func (s suspensions) sample() suspension.Suspension {
	return suspension.Suspension{
		ID: "x1", Kind: suspension.KindSession, State: suspension.Asked, SessionID: "s4", Reason: "ill", AskedBy: "somebody",
		AskedAt: s.c.At.Add(-time.Hour), Version: 1,
	}
}

// Ask implements api.Suspension.
func (s suspensions) Ask(_ context.Context, r suspension.AskRequest) (suspension.Suspension, error) {
	return s.sample(), s.c.ask("suspend", r.SessionID+" "+r.Reason)
}

// AskAlone implements api.Suspension.
func (s suspensions) AskAlone(_ context.Context, r suspension.AskRequest) (suspension.Suspension, error) {
	return s.sample(), s.c.ask("suspend-alone", r.SessionID+" "+r.Reason)
}

// AskClosure implements api.Suspension.
func (s suspensions) AskClosure(_ context.Context, r suspension.ClosureRequest) (suspension.Suspension, error) {
	return s.closure(), s.c.ask("closure", r.From.String()+" "+r.Reason)
}

func (s suspensions) closure() suspension.Suspension {
	day := houzhen.DateOf(s.c.At, time.UTC)
	x := s.sample()
	x.ID, x.Kind, x.State, x.SessionID = "x2", suspension.KindClosure, suspension.Approved, ""
	x.From, x.To, x.Reason = day.AddDays(1), day.AddDays(2), "weather"
	return x
}

// Preview implements api.Suspension.
func (s suspensions) Preview(_ context.Context, r suspension.ClosureRequest) (suspension.Preview, error) {
	p := suspension.Preview{Patients: 37, Here: 2}
	for _, x := range s.c.Sittings {
		p.Sessions = append(p.Sessions, suspension.PreviewSession{Session: x, Patients: 9, Here: 1})
	}
	return p, s.c.ask("preview", r.From.String())
}

// Approve implements api.Suspension.
func (s suspensions) Approve(_ context.Context, id string, _ suspension.Person) (suspension.Suspension, error) {
	return s.sample(), s.c.ask("approve", id)
}

// Refuse implements api.Suspension.
func (s suspensions) Refuse(_ context.Context, id string, _ suspension.Person) (suspension.Suspension, error) {
	return s.sample(), s.c.ask("refuse", id)
}

// Stop implements api.Suspension.
func (s suspensions) Stop(_ context.Context, id string, _ suspension.Person) (suspension.Suspension, error) {
	return s.closure(), s.c.ask("stop", id)
}

// Suspension implements api.Suspension.
func (s suspensions) Suspension(_ context.Context, id string) (suspension.Suspension, error) {
	return s.sample(), s.c.ask("suspension", id)
}

// Suspensions implements api.Suspension.
func (s suspensions) Suspensions(context.Context, suspension.Filter) ([]suspension.Suspension, error) {
	if s.c.Quiet {
		return nil, s.c.ask("suspensions", "")
	}
	done := s.sample()
	done.ID, done.State, done.Alone = "x3", suspension.Done, true
	return []suspension.Suspension{s.sample(), s.closure(), done}, s.c.ask("suspensions", "")
}

// Board implements api.Suspension.
func (s suspensions) Board(_ context.Context, id string) (api.SuspensionBoard, error) {
	b := api.SuspensionBoard{Suspension: s.sample(), Items: []suspension.Item{{SuspensionID: id, SessionID: "s4", Rank: 1, Outcome: suspension.ItemDone}}}
	switch id {
	case "x2":
		b.Suspension = s.closure()
		b.Items = append(b.Items, suspension.Item{SuspensionID: id, SessionID: "s5", Rank: 2})
	case "x3":
		b.Suspension.ID, b.Suspension.State, b.Suspension.Alone = id, suspension.Done, true
	}
	b.Counts = suspension.Counts{suspension.Rebooked: 7, suspension.Refunded: 2, suspension.WaitsHere: 1, suspension.Informed: 4, suspension.Unreached: 3}
	line := func(id string, o suspension.Outcome, change func(*api.SuspensionLine)) {
		l := api.SuspensionLine{
			Case:    suspension.Case{AppointmentID: id, SessionID: "s4", Start: s.c.At.Add(time.Hour)},
			Outcome: o, Name: s.c.People[0].Name, PhoneTail: "5678", Options: s.c.Kept,
		}
		change(&l)
		b.Lines = append(b.Lines, l)
	}
	line("a1", suspension.Unreached, func(l *api.SuspensionLine) { l.CallDue = true })
	line("a2", suspension.Unreached, func(l *api.SuspensionLine) {
		l.Case.Calls, l.Case.LastCall, l.Case.CallAt = 2, suspension.CallNoAnswer, s.c.At.Add(20*time.Minute)
	})
	line("a3", suspension.Unreached, func(l *api.SuspensionLine) { l.Case.Calls, l.Case.LastCall = 1, suspension.CallWrong })
	line("a4", suspension.Informed, func(*api.SuspensionLine) {})
	if len(s.c.Kept) > 0 {
		line("a5", suspension.Rebooked, func(l *api.SuspensionLine) { l.Case.Via, l.Chosen, l.Options = suspension.ViaSMS, &s.c.Kept[0], nil })
	}
	return b, s.c.ask("board", id)
}

// Reveal implements api.Suspension.
func (s suspensions) Reveal(_ context.Context, id, _ string) (houzhen.Phone, error) {
	return s.c.People[0].Phone, s.c.ask("reveal", id)
}

// Called implements api.Suspension.
func (s suspensions) Called(_ context.Context, r suspension.CallRequest) (suspension.Case, error) {
	return suspension.Case{}, s.c.ask("called", r.AppointmentID+" "+string(r.Result)+r.OptionID)
}

// Policy implements api.Suspension.
func (s suspensions) Policy() suspension.Policy { return suspension.DefaultPolicy() }

// Wizard implements api.Suspension.
func (s suspensions) Wizard(_ context.Context, sessionID string) (api.Wizard, error) {
	w := api.Wizard{Session: s.c.Sittings[0], Desk: queue.DeskPaused}
	if s.c.Quiet {
		return w, s.c.ask("wizard", sessionID)
	}
	for i, is := range []queue.State{queue.Ready, queue.Waiting, queue.Missed} {
		w.Here = append(w.Here, api.WizardLine{
			AppointmentID: "a" + string(rune('1'+i)), Label: "A03" + string(rune('1'+i)), Name: s.c.People[0].Name, State: is,
			Since: s.c.At.Add(-time.Hour), Waits: i == 1,
		})
	}
	for _, x := range s.c.Sittings[1:2] {
		w.Running = append(w.Running, api.WizardTarget{Session: x, Waiting: 4})
	}
	return w, s.c.ask("wizard", sessionID)
}

// Dispose implements api.Suspension.
func (s suspensions) Dispose(_ context.Context, d api.Disposal) ([]api.Disposed, error) {
	return []api.Disposed{{AppointmentID: "a1"}}, s.c.ask("dispose", d.SessionID+" "+d.Action)
}

// Substitute implements api.Suspension.
func (s suspensions) Substitute(_ context.Context, sessionID, doctorID, _ string) error {
	return s.c.ask("substitute", sessionID+" "+doctorID)
}

// ChangeRoom implements api.Suspension.
func (s suspensions) ChangeRoom(_ context.Context, sessionID, roomID, _ string) error {
	return s.c.ask("room", sessionID+" "+roomID)
}

// SwapRooms implements api.Suspension.
func (s suspensions) SwapRooms(_ context.Context, one, other, _ string) error {
	return s.c.ask("swap", one+" "+other)
}

// Replies implements api.Suspension.
func (s suspensions) Replies(context.Context) ([]api.DeskReply, error) {
	if s.c.Quiet {
		return nil, s.c.ask("replies", "")
	}
	return []api.DeskReply{{ID: "r1", Name: s.c.People[0].Name, PhoneTail: "5678", Text: "?", At: s.c.At}}, s.c.ask("replies", "")
}

// ReplyDone implements api.Suspension.
func (s suspensions) ReplyDone(_ context.Context, id, _ string) error {
	return s.c.ask("reply-done", id)
}
