// Package suspension decides that sessions will not take place: who asks, who
// approves, in which order a whole hospital is closed, and which one outcome
// each patient has. Package booking does it to places; here is the workflow
// around that act.
package suspension

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// Kind says what is suspended.
type Kind string

// Kinds.
const (
	KindSession Kind = "session" // one session
	KindClosure Kind = "closure" // every session of some days, half-days and departments
)

// State says how far a suspension is; docs/states.md draws the moves.
type State string

// States: asked → approved → done; asked → refused or withdrawn;
// approved → stopped. One session goes from asked to done in one transaction.
const (
	Asked     State = "asked"
	Approved  State = "approved" // its sessions are being suspended one by one
	Refused   State = "refused"
	Withdrawn State = "withdrawn"
	Stopped   State = "stopped" // what was not suspended by then takes place
	Done      State = "done"
)

// States lists every state.
func States() []State { return []State{Asked, Approved, Refused, Withdrawn, Stopped, Done} }

// Reasons lists the reasons that may be given; templates/ has words for each.
func Reasons() []string {
	return []string{"ill", "emergency", "meeting", "doctor", "weather", "epidemic", "facility", "other"}
}

// Suspension is one request that sessions do not take place, and what became
// of it.
type Suspension struct {
	ID          string
	Kind        Kind
	State       State
	SessionID   string            // of KindSession
	From, To    houzhen.Date      // of KindClosure, inclusive
	Parts       []houzhen.DayPart // empty: all
	Departments []string          // empty: all
	Reason      string
	AskedBy     string
	DecidedBy   string
	Alone       bool // one person both asked and approved, by the rule for urgent cases
	AskedAt     time.Time
	DecidedAt   time.Time
	EndedAt     time.Time
	Version     int64
}

// Open reports whether anything can still happen to it.
func (s Suspension) Open() bool { return s.State == Asked || s.State == Approved }

// Outcomes of an Item.
const (
	ItemPending = ""
	ItemDone    = "done"
	ItemSkipped = "skipped" // was suspended or over already
	ItemStopped = "stopped"
)

// Item is one session of a suspension.
type Item struct {
	SuspensionID, SessionID string
	Rank                    int // order within the suspension, from 1
	DueAt                   time.Time
	DoneAt                  time.Time
	Outcome                 string
	Affected, Kept          int
}

// Step is what was decided in a Case itself. That a patient took another place
// is not stored here: it is an appointment.
type Step string

// Steps.
const (
	StepOpen     Step = ""
	StepRefunded Step = "refunded"
	StepWaits    Step = "waits" // is here and is seen in this session all the same
)

// Ways in which an answer came.
const (
	ViaLink  = "link"
	ViaApp   = "app"
	ViaSMS   = "sms"
	ViaPhone = "phone"
	ViaDesk  = "desk"
)

// CallResult is what came of a telephone call.
type CallResult string

// Results of a call.
const (
	CallNone     CallResult = ""
	CallChose    CallResult = "chose"
	CallRefund   CallResult = "refund"
	CallNoAnswer CallResult = "no_answer"
	CallWrong    CallResult = "wrong_number"
)

// Case is one patient who lost one place. AppointmentID is that place.
type Case struct {
	AppointmentID string
	SuspensionID  string
	SessionID     string
	PatientID     string
	Start         time.Time
	Here          bool // had checked in when the session was suspended
	Step          Step
	Via           string // how the answer came
	SettledAt     time.Time
	CallAt        time.Time // from then on staff calls; zero: nobody has to
	Calls         int
	LastCall      CallResult
	LastCallAt    time.Time
	LastCallBy    string
	Version       int64
}

// CaseFilter selects cases; zero fields do not restrict.
type CaseFilter struct {
	SuspensionID, SessionID string
}

// Filter selects suspensions, newest first.
type Filter struct {
	States []State
	Since  time.Time // asked since
	Limit  int
}

// Tx is what the workflow asks of a transaction. Finders give CodeNotFound.
type Tx interface {
	booking.Tx

	Suspension(ctx context.Context, id string) (Suspension, error)
	LockSuspension(ctx context.Context, id string) (Suspension, error)
	Suspensions(ctx context.Context, f Filter) ([]Suspension, error)
	// AddSuspension inserts it: CodeConflict when one of that session is being
	// asked for already.
	AddSuspension(ctx context.Context, s Suspension) error
	// UpdateSuspension saves by id and the Version read, which it raises.
	UpdateSuspension(ctx context.Context, s *Suspension) error
	Items(ctx context.Context, suspensionID string) ([]Item, error) // by rank
	AddItem(ctx context.Context, i Item) error
	UpdateItem(ctx context.Context, i Item) error
	// ItemsDue lists pending items of approved suspensions, by due and rank.
	ItemsDue(ctx context.Context, now time.Time, limit int) ([]Item, error)
	// SuspensionOfSession gives the newest that covers a session and was
	// approved or is done.
	SuspensionOfSession(ctx context.Context, sessionID string) (Suspension, error)

	Case(ctx context.Context, sessionID, appointmentID string) (Case, error)
	Cases(ctx context.Context, f CaseFilter) ([]Case, error) // by start
	// AddCase inserts a case; one that exists is left as it is and reported.
	AddCase(ctx context.Context, c Case) (added bool, err error)
	UpdateCase(ctx context.Context, c *Case) error // by Version, which it raises

	// Append writes a line of the audit.
	Append(ctx context.Context, actor, action, object, detail string) error
}

// Store runs transactions.
type Store interface {
	InTx(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}
