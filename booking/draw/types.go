package draw

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// State of a draw.
type State string

// A draw is announced, then drawn once its window is closed, then settled when
// everybody has his result.
const (
	Announced State = "announced"
	Drawn     State = "drawn"
	Settled   State = "settled"
)

// Lottery is the draw of one session.
type Lottery struct {
	SessionID  string
	Opens      time.Time // requests are taken from then on …
	Closes     time.Time // … until then
	Commitment string
	Seed       string // secret until the draw
	State      State
	Places     int // how many there were when it was drawn
	DrawnAt    time.Time
	Version    int64
}

// Outcome of a request; "" is not decided yet.
type Outcome string

// Outcomes.
const (
	Won     Outcome = "won"
	Lost    Outcome = "lost"
	Refused Outcome = "refused" // drawn, but the person may not book: a limit, or a place he has already
)

// Request is one person's lot. Its id is published and says nothing of him.
type Request struct {
	ID, SessionID        string
	PatientID, AccountID string
	Groups               []booking.Quota
	TravelMinutes        int
	At                   time.Time
	Rank                 int // 1…, as drawn; 0 before
	Outcome              Outcome
	Code                 houzhen.Code // why it was refused
	AppointmentID        string
}

// Channel is the channel of appointments that were drawn.
const Channel = "draw"

// Tx is what draws ask of a transaction. Finders give CodeNotFound.
type Tx interface {
	Now() time.Time
	NewID() string
	Emit(houzhen.Event) error

	Lottery(ctx context.Context, sessionID string) (Lottery, error)
	LockLottery(ctx context.Context, sessionID string) (Lottery, error)
	Lotteries(ctx context.Context, from time.Time) ([]Lottery, error) // whose window closes after from, by opening
	AddLottery(ctx context.Context, l Lottery) error                  // CodeConflict: the session has one
	UpdateLottery(ctx context.Context, l Lottery) error               // CodeConflict by version
	RemoveLottery(ctx context.Context, l Lottery) error               // CodeConflict by version; nobody may have asked
	// LotteriesDue lists those that are not settled and closed by now, oldest first.
	LotteriesDue(ctx context.Context, now time.Time, limit int) ([]Lottery, error)

	DrawRequest(ctx context.Context, id string) (Request, error)
	DrawRequestOf(ctx context.Context, sessionID, patientID string) (Request, error)
	DrawRequests(ctx context.Context, sessionID string) ([]Request, error)                // by rank, then id
	DrawRequestsOpen(ctx context.Context, sessionID string, limit int) ([]Request, error) // without outcome, by rank
	DrawRequestsOfPatients(ctx context.Context, patientIDs []string) ([]Request, error)   // by time, latest first
	AddDrawRequest(ctx context.Context, r Request) error                                  // CodeConflict: one of a person
	UpdateDrawRequest(ctx context.Context, r Request) error                               // rank, outcome, code, appointment
}

// Store runs transactions.
type Store interface {
	InTx(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}

// Booker is what draws ask of booking.
type Booker interface {
	Book(ctx context.Context, r booking.BookRequest) (booking.Appointment, error)
	Session(ctx context.Context, id string) (booking.Session, error)
	Slots(ctx context.Context, sessionID string) ([]booking.Slot, error)
	Releases(ctx context.Context, departmentID string) ([]booking.Session, error)
	ReleaseRules(ctx context.Context) ([]booking.ReleaseRule, error)
	Policy() booking.Policy
}
