// Package waitlist decides who gets a place that comes back before the public
// does: who may wait, in which order, who is offered what and for how long.
//
// Far from the visit one person is offered a place that is kept for him; near
// it a few are invited and the first to confirm takes it. It never decides
// that a place is free, and never sells one: booking and its unique indexes do.
package waitlist

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// Status of an entry.
type Status string

// Entry states: waiting → booked | left | closed; waiting → frozen → closed.
const (
	Waiting Status = "waiting"
	Frozen  Status = "frozen" // its session was suspended: nothing is offered any more
	Booked  Status = "booked" // a place came up and was taken
	Left    Status = "left"   // the patient waits no longer
	Closed  Status = "closed" // no place came up; Reason says what ended it
)

// Live reports whether the entry still holds its rank.
func (s Status) Live() bool { return s == Waiting || s == Frozen }

// Why an entry was closed.
const (
	ReasonTime      = "time"      // the list of that day is over
	ReasonSuspended = "suspended" // the session will not take place
)

// Entry is one patient's wait for one session or wish.
type Entry struct {
	ID                   string
	PatientID, AccountID string
	SessionID            string // the session waited for; "" for a wish
	DepartmentID         string
	DoctorID             string           // "" for any of the department
	Class                booking.RegClass // "" for any
	From, To             houzhen.Date     // inclusive
	Slice                time.Time        // only the slice that starts then; zero for any
	Group                booking.Quota    // a group whose kept places he may have
	SameDay              bool             // also waits on the day itself
	TravelMinutes        int              // from home; 0 unknown
	Wish                 string           // one live entry per patient and wish
	Status               Status
	Reason               string
	JoinedAt             time.Time // the order of the list, with the id
	CloseAt              time.Time // due: when the list is over for him
	EndedAt              time.Time
	Version              int64
}

// PlaceStatus says what becomes of a place that came back.
type PlaceStatus string

// Place states: seeking → offered | inviting → booked, or back to seeking;
// seeking → public; any → void when the session is suspended or over.
const (
	Seeking  PlaceStatus = "seeking"  // somebody is looked for
	Offered  PlaceStatus = "offered"  // kept for one person
	Inviting PlaceStatus = "inviting" // the first of a few takes it
	Taken    PlaceStatus = "booked"   // somebody has it
	Public   PlaceStatus = "public"   // nobody on the list wanted it
	Void     PlaceStatus = "void"     // it will not be used
)

// Place is a place that came back while people wait for one like it.
type Place struct {
	SessionID string
	SlotNo    int
	Status    PlaceStatus
	OpenedAt  time.Time
	DueAt     time.Time // due: what happens next happens then; zero: nothing
	Round     int
	Version   int64 // 0 for one that is not stored yet
}

// Kind says how a place is offered.
type Kind string

// Kinds of offers.
const (
	Offer      Kind = "offer"  // a hold for one person: accepting in time succeeds
	Invitation Kind = "invite" // the first confirmation takes the place
)

// OfferStatus says how an offer ended.
type OfferStatus string

// Offer states: open → accepted | declined | lapsed | lost | void.
const (
	Open     OfferStatus = "open"
	Accepted OfferStatus = "accepted"
	Declined OfferStatus = "declined"
	Lapsed   OfferStatus = "lapsed" // no answer in time
	Lost     OfferStatus = "lost"   // somebody else was first
	Voided   OfferStatus = "void"   // the session was suspended
)

// Proposal is a place offered to one entry.
type Proposal struct {
	ID            string
	EntryID       string
	PatientID     string
	SessionID     string
	SlotNo        int
	Start, End    time.Time // of the place
	Round         int
	Kind          Kind
	Status        OfferStatus
	AppointmentID string // the kept row of an offer; the booked one once accepted
	OpenedAt      time.Time
	ExpiresAt     time.Time
	AnsweredAt    time.Time
	Version       int64
}

// Filter selects entries; zero fields do not restrict.
type Filter struct {
	PatientIDs   []string
	SessionID    string
	DepartmentID string
	Status       []Status
	From, To     houzhen.Date // that the entry's dates meet
	Limit        int
}

// Cursor is a position in the order of the list; zero is its beginning.
type Cursor struct {
	JoinedAt time.Time
	ID       string
}

// Tally counts what became of the places that came back, for managers.
type Tally struct {
	Opened, Taken, Public int // places
	Offers, Accepted      int // offers and invitations
}

// Tx is what the waitlist asks of a transaction, beside what booking does.
type Tx interface {
	booking.Tx

	WaitEntry(ctx context.Context, id string) (Entry, error)                // CodeNotFound
	WaitEntryOf(ctx context.Context, patientID, wish string) (Entry, error) // the live one; CodeNotFound
	WaitEntries(ctx context.Context, f Filter) ([]Entry, error)             // in the order of the list
	AddWaitEntry(ctx context.Context, e Entry) error                        // CodeConflict: he waits for that already
	UpdateWaitEntry(ctx context.Context, e *Entry) error                    // status, reason, due and end; CodeConflict by version
	// WaitFor lists entries that wait for a session in the order of the list,
	// after a cursor; dates, doctor and class fit, the rest is not asked.
	WaitFor(ctx context.Context, s booking.Session, after Cursor, limit int) ([]Entry, error)
	// WaitAhead counts the waiting entries before e that compete with it.
	WaitAhead(ctx context.Context, e Entry) (int, error)
	WaitEntriesToClose(ctx context.Context, now time.Time, limit int) ([]Entry, error)
	// WaitedSessions lists sessions not yet over that somebody waits for.
	WaitedSessions(ctx context.Context, now time.Time, afterID string, limit int) ([]booking.Session, error)

	WaitPlace(ctx context.Context, sessionID string, no int) (Place, error) // CodeNotFound
	WaitPlaces(ctx context.Context, sessionID string) ([]Place, error)
	SaveWaitPlace(ctx context.Context, p *Place) error // inserts version 0; CodeConflict by version
	WaitPlacesDue(ctx context.Context, now time.Time, limit int) ([]Place, error)

	Proposal(ctx context.Context, id string) (Proposal, error) // CodeNotFound
	Proposals(ctx context.Context, sessionID string, no int) ([]Proposal, error)
	ProposalsOf(ctx context.Context, entryID string) ([]Proposal, error)
	AddProposal(ctx context.Context, p Proposal) error     // CodeConflict: the entry has an open one
	UpdateProposal(ctx context.Context, p *Proposal) error // CodeConflict by version

	WaitTally(ctx context.Context, departmentID string, from, to houzhen.Date) (Tally, error)
}

// Store runs transactions.
type Store interface {
	InTx(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}
