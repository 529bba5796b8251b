package api

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/suspension"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/queue"
)

// Suspension is what happens when a doctor, or everybody, cannot come.
type Suspension interface {
	// Options lists the places kept for a suspended appointment, by start.
	Options(ctx context.Context, appointmentID string) ([]booking.Appointment, error)
	Choose(ctx context.Context, appointmentID, optionID, via string) (booking.Appointment, error)
	Refund(ctx context.Context, appointmentID, via string) error

	Ask(ctx context.Context, r suspension.AskRequest) (suspension.Suspension, error)
	AskAlone(ctx context.Context, r suspension.AskRequest) (suspension.Suspension, error)
	AskClosure(ctx context.Context, r suspension.ClosureRequest) (suspension.Suspension, error)
	Preview(ctx context.Context, r suspension.ClosureRequest) (suspension.Preview, error)
	Approve(ctx context.Context, id string, by suspension.Person) (suspension.Suspension, error)
	Refuse(ctx context.Context, id string, by suspension.Person) (suspension.Suspension, error)
	Stop(ctx context.Context, id string, by suspension.Person) (suspension.Suspension, error)
	Suspension(ctx context.Context, id string) (suspension.Suspension, error)
	Suspensions(ctx context.Context, f suspension.Filter) ([]suspension.Suspension, error)
	Board(ctx context.Context, id string) (SuspensionBoard, error)
	// Reveal gives the number of somebody to call, and records that it was read.
	Reveal(ctx context.Context, appointmentID, by string) (houzhen.Phone, error)
	Called(ctx context.Context, r suspension.CallRequest) (suspension.Case, error)
	Policy() suspension.Policy

	Wizard(ctx context.Context, sessionID string) (Wizard, error)
	Dispose(ctx context.Context, d Disposal) ([]Disposed, error)
	Substitute(ctx context.Context, sessionID, doctorID, by string) error
	ChangeRoom(ctx context.Context, sessionID, roomID, by string) error
	SwapRooms(ctx context.Context, one, other, by string) error
	Replies(ctx context.Context) ([]DeskReply, error)
	ReplyDone(ctx context.Context, id, by string) error
}

// SuspensionBoard is what became of everybody whom a suspension concerns.
type SuspensionBoard struct {
	Suspension suspension.Suspension
	Items      []suspension.Item
	Counts     suspension.Counts
	Lines      []SuspensionLine // by the time that was lost
}

// SuspensionLine is one patient of a board.
type SuspensionLine struct {
	Case      suspension.Case
	Outcome   suspension.Outcome
	CallDue   bool
	Name      houzhen.Name
	PhoneTail string // last four digits
	Options   []booking.Appointment
	Chosen    *booking.Appointment
}

// Wizard is who has come to a session whose doctor is gone.
type Wizard struct {
	Session   booking.Session
	Desk      queue.DeskStatus
	PausedFor string
	Here      []WizardLine
	Running   []WizardTarget // peers who sit now, the least busy first
}

// WizardLine is one who has come.
type WizardLine struct {
	AppointmentID string
	Label         string
	Name          houzhen.Name
	State         queue.State
	Since         time.Time
	Waits         bool
}

// WizardTarget is a session in which people may go on.
type WizardTarget struct {
	Session booking.Session
	Waiting int
}

// Ways to dispose of those who have come.
const (
	DisposeWait   = "wait"
	DisposeSpread = "spread"
	DisposeMove   = "move"
	DisposeRefund = "refund"
)

// DisposalActions lists the ways.
func DisposalActions() []string {
	return []string{DisposeWait, DisposeSpread, DisposeMove, DisposeRefund}
}

// Disposal is what the desk decided; no ids mean everybody who is here.
type Disposal struct {
	SessionID      string
	AppointmentIDs []string
	Action         string
	By             string
}

// Disposed is what was done for one. SessionID and Label are where he goes on.
type Disposed struct {
	AppointmentID string    `json:"appointment_id"`
	Label         string    `json:"label,omitempty"`
	SessionID     string    `json:"session_id,omitempty"`
	Start         time.Time `json:"start,omitzero"`
}

// DeskReply is an SMS that the desk has to look at.
type DeskReply struct {
	ID        string
	Name      houzhen.Name
	PhoneTail string
	Text      string
	At        time.Time
}

// Staff gives a member of staff as the workflow knows him.
func Staff(p auth.Principal) suspension.Person {
	return suspension.Person{ID: p.ID, Role: string(p.As())}
}
