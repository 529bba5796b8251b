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
	OutForTests  State = "out_for_tests" // the doctor sent him to be examined
	Deferred     State = "deferred"      // goes later: he asked to, or is with another doctor
	Suspended    State = "suspended"     // set aside by staff until they bring him back
	Done         State = "done"
	Dropped      State = "dropped" // cancelled, abandoned, or disposed of at session end
)

// Lane says why a ticket is ordered as it is.
type Lane string

// Lanes, in the order in which they are asked (domain rule §3.3).
const (
	LaneEmergency Lane = "emergency" // before everybody, those at the door too
	LanePinned    Lane = "pinned"    // put there by a nurse, who said why
	LanePriority  Lane = "priority"
	LaneReturn    Lane = "return" // back from tests
	LaneMissed    Lane = "missed"
	LaneLate      Lane = "late"
	LaneDeferred  Lane = "deferred" // asked to go later and is back
	LaneNormal    Lane = "normal"
)

// Lanes lists them all.
func Lanes() []Lane {
	return []Lane{LaneEmergency, LanePinned, LanePriority, LaneReturn, LaneMissed, LaneLate, LaneDeferred, LaneNormal}
}

// Ticket is one patient's place in one queue. It holds no pointers, so two of
// them are compared by ==.
type Ticket struct {
	ID               string        `json:"id"`
	SessionID        string        `json:"session"`
	ZoneID           string        `json:"zone"`
	AppointmentID    string        `json:"appointment"`
	PatientID        string        `json:"patient"`
	No               int           `json:"no"`    // reserved at booking
	Label            string        `json:"label"` // prefix and number: A032
	SliceStart       time.Time     `json:"slice_start,omitzero"`
	SliceEnd         time.Time     `json:"slice_end,omitzero"`
	State            State         `json:"state"`
	Lane             Lane          `json:"lane"`
	WalkIn           bool          `json:"walk_in,omitzero"`       // from the walk-in band
	CheckedInAt      time.Time     `json:"checked_in_at,omitzero"` // last check-in; the first for the statistics is in the log
	LaneSince        time.Time     `json:"lane_since,omitzero"`    // when it entered its lane
	ReadyAt          time.Time     `json:"ready_at,omitzero"`      // when asked to the door; one who waits with it goes first: his doctor paused
	CalledAt         time.Time     `json:"called_at,omitzero"`     // first call of this turn
	LastCallAt       time.Time     `json:"last_call_at,omitzero"`
	Calls            int           `json:"calls,omitzero"` // calls of this turn
	Misses           int           `json:"misses,omitzero"`
	SkipNormals      int           `json:"skip,omitzero"`          // normals still to pass before a missed one may go; anybody before a pinned one
	AtEnd            bool          `json:"at_end,omitzero"`        // goes last: normal lane, in the slice of his check-in; missed lane, in the session
	StartedAt        time.Time     `json:"started_at,omitzero"`    // the consultation
	EndedAt          time.Time     `json:"ended_at,omitzero"`      // its end
	DoctorID         string        `json:"doctor,omitzero"`        // bound at the call; with several desks at the door
	RoomID           string        `json:"room,omitzero"`          // the same
	TravelMinutes    int           `json:"travel,omitzero"`        // 0 unknown
	LivesNear        bool          `json:"near,omitzero"`          // he takes the risk of the policy for those who live near
	LeaveAdvisedAt   time.Time     `json:"advised_at,omitzero"`    // when he was last told to set out
	WaitAdvisedAt    time.Time     `json:"wait_at,omitzero"`       // when he was last told to wait after all
	SetOutAt         time.Time     `json:"set_out_at,omitzero"`    // when he last said that he is on his way
	NoShow           float64       `json:"no_show,omitzero"`       // chance that he stays away, as foretold before the day; 0 unknown
	FirstVisit       bool          `json:"first,omitzero"`         // the doctor, or the pool, has not seen him before
	EndReason        string        `json:"end_reason,omitzero"`    //
	Group            string        `json:"group,omitzero"`         // why priority: a group of the policy; sensitive, never on a screen
	AssignedDoctorID string        `json:"assigned,omitzero"`      // in a pool: waits for this doctor alone
	NotBefore        time.Time     `json:"not_before,omitzero"`    // deferred until; of one not here: when he means to come
	ResultsAt        time.Time     `json:"results_at,omitzero"`    // out for tests: when the reports were ready
	Returns          int           `json:"returns,omitzero"`       // how often he came back from tests
	Overtaken        int           `json:"overtaken,omitzero"`     // on time and due: how often somebody who came later went first
	OvertakenFor     time.Duration `json:"overtaken_for,omitzero"` // how long those were with the doctor
	Care             string        `json:"care,omitzero"`          // what calling him needs: one of Cares
	Note             string        `json:"note,omitzero"`          // what the desk tells the doctor; never on a screen or a phone
	Version          int64         `json:"version"`
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

// Desk is one doctor at work on a queue that several serve: a pool, or a
// teacher and a student. A queue of one doctor needs none.
type Desk struct {
	DoctorID    string     `json:"doctor"`
	RoomID      string     `json:"room"`
	Seat        string     `json:"seat,omitzero"` // which desk of a room with two
	Status      DeskStatus `json:"status"`
	PausedUntil time.Time  `json:"until,omitzero"`
	PauseReason string     `json:"reason,omitzero"`
	PausedAt    time.Time  `json:"paused_at,omitzero"`
}

// Queue is one session's live queue. Version rises with every change of it or
// of one of its tickets and never goes back; screens show the highest.
type Queue struct {
	SessionID          string       `json:"session"`
	ZoneID             string       `json:"zone"`
	RoomID             string       `json:"room"`
	DoctorID           string       `json:"doctor"` // attending
	Prefix             string       `json:"prefix"`
	Pool               bool         `json:"pool,omitzero"` // several doctors serve it
	Start              time.Time    `json:"start,omitzero"`
	End                time.Time    `json:"end,omitzero"`
	Deadline           time.Time    `json:"deadline,omitzero"`
	Desk               DeskStatus   `json:"desk"`
	StartedAt          time.Time    `json:"started_at,omitzero"` // first call
	PausedUntil        time.Time    `json:"until,omitzero"`
	PauseReason        string       `json:"pause,omitzero"`
	PausedAt           time.Time    `json:"paused_at,omitzero"`
	NormalsSinceInsert map[Lane]int `json:"normals,omitempty"` // normals called since the last of each insert lane
	Series             map[Lane]int `json:"series,omitempty"`  // of each insert lane that was ever inserted: how many in a row
	Recent             string       `json:"recent,omitzero"`   // the last ten picks: n normal, i inserted
	Desks              []Desk       `json:"desks,omitempty"`   // who serves it, when several do
	Version            int64        `json:"version"`
	Tickets            []Ticket     `json:"-"` // by number
}

// Reason explains a pick or a change of position: a code with arguments,
// without identities.
type Reason struct {
	Code string            `json:"code"`
	Args map[string]string `json:"args,omitempty"`
}

// Call is one stored pick: who called whom where and why. RequestID makes it
// idempotent: the same request id gives the same call again.
type Call struct {
	RequestID, SessionID, TicketID, DoctorID, RoomID string
	Verb                                             string // one of the Verb constants
	Reason                                           Reason
	At                                               time.Time
	Operator                                         string // who pressed: a member of staff, or "patient"; "" the system
	Cause                                            string // the reason code the operator gave, "" where none is asked for
}

// Position is what one waiting patient is shown.
type Position struct {
	TicketID string
	Ahead    int    // people before him, the one in the room not counted
	Reason   Reason // why it changed last, or why he stands there
}

// NoLength is the length of a consultation that is over, and from which none is
// learned.
const NoLength = -time.Second

// Consultation is one finished consultation, for the forecast.
type Consultation struct {
	SessionID, DoctorID, PatientID string
	Lane                           Lane
	First                          bool      // the doctor had not seen him before
	WalkIn                         bool      // he had no appointment
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
	LivesNear                           bool
	NoShow                              float64 // chance that he stays away, as foretold before the day; 0 unknown
	FirstVisit                          bool    // the doctor has not seen him before
	InHouse                             bool    // another service point kept him, or he was told to set out late: he is not late
	Nurse                               bool    // a nurse takes him although a rule would not
	Lane                                Lane    // "": as the rules say; a continuation's is its policy's
	Last                                bool    // of a transfer: he goes on by somebody's choice, and stands at the end
	Operator, Cause                     string  // for the record: who takes him, and why
}

// Tx is what the queue asks of a transaction. Finders give CodeNotFound.
type Tx interface {
	Now() time.Time
	NewID() string
	Emit(houzhen.Event) error
	// Foresee lets the store send together what ask reads, before it is asked
	// in earnest. In the guess nothing is found; what ask gives is not used.
	Foresee(ctx context.Context, ask func(Tx)) error
	// Together lets the store send together what write saves and adds. What it
	// refuses with CodeConflict it may then refuse as late as at the commit.
	Together(write func() error) error

	// Queue loads a session's queue with all its tickets; LockQueue also
	// serialises writers of it until the transaction ends.
	Queue(ctx context.Context, sessionID string) (Queue, error)
	LockQueue(ctx context.Context, sessionID string) (Queue, error)
	// LockHead is LockQueue without the tickets, for what concerns one ticket.
	LockHead(ctx context.Context, sessionID string) (Queue, error)
	// LockedTickets gives the tickets of a queue whose head LockHead gave.
	LockedTickets(ctx context.Context, head Queue) ([]Ticket, error)
	Queues(ctx context.Context, zoneID string, from, to time.Time) ([]Queue, error) // by session start in [from, to)
	// AddQueue adds a head, or finds that it exists and leaves it as it is.
	AddQueue(ctx context.Context, q Queue) (added bool, err error)
	SaveQueue(ctx context.Context, q *Queue) error // head only; by the Version read, which it raises
	Ticket(ctx context.Context, id string) (Ticket, error)
	TicketByAppointment(ctx context.Context, appointmentID string) (Ticket, error)
	AddTicket(ctx context.Context, t Ticket) error // CodeConflict if the appointment has one
	// SaveTicket writes every field, SessionID included (a moved appointment
	// keeps its ticket), by the Version read, which it raises: CodeConflict.
	SaveTicket(ctx context.Context, t *Ticket) error
	// CallByRequest finds the call that a request id made; CodeNotFound.
	CallByRequest(ctx context.Context, sessionID, requestID string) (Call, error)
	AddCall(ctx context.Context, c Call) error
	// LastCall finds the latest call of a verb about a ticket; CodeNotFound.
	LastCall(ctx context.Context, sessionID, ticketID, verb string) (Call, error)
	// Elsewhere locks and lists a patient's tickets whose slices start in
	// [from, to), by id.
	Elsewhere(ctx context.Context, patientID string, from, to time.Time) ([]Ticket, error)
	// AddEntry appends to a queue's log; CodeConflict if that version has one.
	AddEntry(ctx context.Context, e Entry) error
	// Log gives a queue's log, oldest first.
	Log(ctx context.Context, sessionID string) ([]Entry, error)
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
