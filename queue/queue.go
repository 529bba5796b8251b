// Package queue decides who waits, in which order, and who is called where.
// The queue is of patients, never of jobs.
//
// Order is a policy value per zone; a pick is a pure function of queue, policy
// and now, and stores its reason as a code with arguments, which templates/
// puts into words. State (where a ticket is) and lane (why it is ordered so)
// are two fields. Names of people are unknown here.
package queue

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
)

// State says where a ticket is; docs/states.md draws the moves.
type State string

// Ticket states.
const (
	NotCheckedIn State = "not_checked_in"
	Waiting      State = "waiting"
	Ready        State = "ready" // the frozen head: asked to come to the door
	Called       State = "called"
	InConsult    State = "in_consult"
	Missed       State = "missed"
	Done         State = "done"
	Dropped      State = "dropped" // cancelled, abandoned, or disposed of at session end
)

// Lane says why a ticket is ordered as it is.
type Lane string

// Lanes of the default policy's basics.
const (
	LaneNormal Lane = "normal"
	LaneLate   Lane = "late"
	LaneMissed Lane = "missed"
)

// Ticket is one patient's place in one queue.
type Ticket struct {
	ID, SessionID, ZoneID    string
	AppointmentID, PatientID string
	No                       int    // reserved at booking
	Label                    string // prefix and number: A032
	SliceStart, SliceEnd     time.Time
	State                    State
	Lane                     Lane
	WalkIn                   bool      // from the walk-in band
	CheckedInAt              time.Time // last check-in; the first for the statistics is in the events
	LaneSince                time.Time // when it entered its lane
	ReadyAt                  time.Time // when asked to the door; also orders the frozen head
	CalledAt                 time.Time // first call of this turn
	LastCallAt               time.Time
	Calls                    int // calls of this turn
	Misses                   int
	SkipNormals              int       // normals still to pass before a missed one may go
	AtEnd                    bool      // goes last: normal lane, in the slice of his check-in; missed lane, in the session
	StartedAt, EndedAt       time.Time // the consultation
	DoctorID, RoomID         string    // bound at the call
	TravelMinutes            int       // 0 unknown
	LeaveAdvisedAt           time.Time
	EndReason                string
	Version                  int64
}

// DeskStatus is what the doctor of a queue is doing.
type DeskStatus string

// Desk states.
const (
	DeskIdle   DeskStatus = "idle" // not started yet
	DeskSeeing DeskStatus = "seeing"
	DeskPaused DeskStatus = "paused"
	DeskEnded  DeskStatus = "ended"
)

// Queue is one session's live queue. Version rises with every change of it or
// of one of its tickets and never goes back; screens show the highest.
type Queue struct {
	SessionID, ZoneID, RoomID string
	DoctorID                  string // attending
	Prefix                    string
	Start, End, Deadline      time.Time
	Desk                      DeskStatus
	StartedAt                 time.Time // first call
	PausedUntil               time.Time
	PauseReason               string
	NormalsSinceInsert        map[Lane]int // normals called since the last of each insert lane
	Version                   int64
	Tickets                   []Ticket // by number
}

// Reason explains a pick or a change of position: a code with arguments,
// without identities.
type Reason struct {
	Code string            `json:"code"`
	Args map[string]string `json:"args,omitempty"`
}

// Policy orders a zone's queues (domain rule §8). The zero value is invalid;
// DefaultPolicy gives the published default.
type Policy struct {
	ReadySize         int
	LateGrace         time.Duration
	LateInterval      int   // normals between two late ones
	MissedInterval    int   // normals between two missed ones
	Reinsert          []int // normals to pass after the 1st, 2nd … miss; beyond the list: end of session
	VoidAfter         int   // misses that void the ticket
	CallsBeforeMissed int
	MinCallGap        time.Duration
	MinCallTotal      time.Duration
	TakeBack          time.Duration
	LaneMaxWait       time.Duration // a late or missed one who waited longer goes after one normal; 0 is never
	AutoFinish        bool          // calling the next one finishes the present one, as its own fact
	MissAnytime       bool          // a call may be marked missed before its calls and minutes are full
}

// Call is one stored pick: who called whom where and why. RequestID makes it
// idempotent: the same request id gives the same call again.
type Call struct {
	RequestID, SessionID, TicketID, DoctorID, RoomID string
	Verb                                             string // one of the Verb constants
	Reason                                           Reason
	At                                               time.Time
}

// Position is what one waiting patient is shown.
type Position struct {
	TicketID string
	Ahead    int    // people before him, the one in the room not counted
	Reason   Reason // why it changed last, or why he stands there
}

// Consultation is one finished consultation, for the forecast.
type Consultation struct {
	SessionID, DoctorID, PatientID string
	Lane                           Lane
	SessionStart, SessionEnd       time.Time // as scheduled
	Here                           time.Time // when the patient had checked in
	Start                          time.Time
	Length                         time.Duration
}

// Admission is what the queue needs to know of a booked patient.
type Admission struct {
	AppointmentID, PatientID, SessionID string
	No                                  int
	SliceStart, SliceEnd                time.Time
	WalkIn                              bool
	TravelMinutes                       int
	InHouse                             bool // another service point kept him: he is not late
}

// Tx is what the queue asks of a transaction. Finders give CodeNotFound.
type Tx interface {
	Now() time.Time
	NewID() string
	Emit(houzhen.Event) error

	// Queue loads a session's queue with all its tickets; LockQueue also
	// serialises writers of it until the transaction ends.
	Queue(ctx context.Context, sessionID string) (Queue, error)
	LockQueue(ctx context.Context, sessionID string) (Queue, error)
	// LockHead is LockQueue without the tickets, for what concerns one ticket.
	LockHead(ctx context.Context, sessionID string) (Queue, error)
	Queues(ctx context.Context, zoneID string, from, to time.Time) ([]Queue, error) // by session start in [from, to)
	AddQueue(ctx context.Context, q Queue) error                                    // no effect if it exists
	SaveQueue(ctx context.Context, q *Queue) error                                  // head only; by the Version read, which it raises
	Ticket(ctx context.Context, id string) (Ticket, error)
	TicketByAppointment(ctx context.Context, appointmentID string) (Ticket, error)
	AddTicket(ctx context.Context, t Ticket) error // CodeConflict if the appointment has one
	// SaveTicket writes every field, SessionID included (a moved appointment
	// keeps its ticket), by the Version read, which it raises: CodeConflict.
	SaveTicket(ctx context.Context, t *Ticket) error
	// CallByRequest finds the call that a request id made; CodeNotFound.
	CallByRequest(ctx context.Context, sessionID, requestID string) (Call, error)
	AddCall(ctx context.Context, c Call) error
	Calls(ctx context.Context, sessionID string) ([]Call, error) // oldest first
	// Consultations gives finished ones since an instant, newest first, at most
	// limit; doctorID "" means all doctors.
	Consultations(ctx context.Context, doctorID string, since time.Time, limit int) ([]Consultation, error)
}

// Store runs transactions.
type Store interface {
	InTx(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}
