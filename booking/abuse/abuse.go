// Package abuse finds who grabs places for others: patterns in what accounts
// and devices did, flagged for a person to judge.
//
// It decides what is worth looking at, never that somebody is guilty: a flag
// bars nobody until a person has confirmed it, and then online booking only.
// Devices and addresses are known by keyed digests.
package abuse

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
)

// Action is what was done.
type Action string

// Actions that leave a trace.
const (
	Booked    Action = "booked"
	Cancelled Action = "cancelled"
	Throttled Action = "throttled" // refused for being too fast
)

// Origin is where a request came from.
type Origin struct{ Device, Address string }

// Trace is one action of an account, kept for a month.
type Trace struct {
	ID            string
	At            time.Time
	Action        Action
	AccountID     string
	Origin        Origin
	PatientID     string
	SessionID     string
	AppointmentID string
}

// Kind names a pattern.
type Kind string

// Patterns. Their thresholds are in Policy.
const (
	Handover Kind = "handover" // a place was given up and at once taken for another person
	Churn    Kind = "churn"    // places taken and given up again and again
	Hoard    Kind = "hoard"    // places for many different people
	Crowd    Kind = "crowd"    // one device used by many accounts
	Flood    Kind = "flood"    // far too many attempts
)

// Kinds lists every pattern.
func Kinds() []Kind { return []Kind{Handover, Churn, Hoard, Crowd, Flood} }

// State says what became of a flag.
type State string

// States: open → dismissed or confirmed.
const (
	Open      State = "open"
	Dismissed State = "dismissed"
	Confirmed State = "confirmed"
)

// Flag says that a pattern was seen.
type Flag struct {
	ID          string
	Kind        Kind
	Subject     string   // an account's id, or a device's digest
	Accounts    []string // that were part of it, sorted
	Count       int      // how often
	First, Last time.Time
	Evidence    []string // appointments, the latest at most MaxEvidence
	State       State
	Until       time.Time // confirmed: no online booking until then
	DecidedBy   string
	DecidedAt   time.Time
	Reason      string
	Version     int64
}

// MaxEvidence bounds the appointments named in a flag.
const MaxEvidence = 20

// Tx is what abuse asks of a transaction. Finders give CodeNotFound.
type Tx interface {
	Now() time.Time
	AddTraces(ctx context.Context, traces []Trace) error
	// Traces lists traces since an instant, oldest first.
	Traces(ctx context.Context, since time.Time) ([]Trace, error)
	Flags(ctx context.Context, states ...State) ([]Flag, error) // latest first; no states: all
	LockFlag(ctx context.Context, id string) (Flag, error)
	// SaveFlag inserts a flag, or updates it by the Version read, which it
	// raises: CodeConflict.
	SaveFlag(ctx context.Context, f *Flag) error
	// Barred gives until when accounts may not book online; those that may are
	// left out.
	Barred(ctx context.Context, now time.Time, accountIDs []string) (map[string]time.Time, error)
	// Append writes a line of the audit.
	Append(ctx context.Context, actor, action, object, detail string) error
}

// Store runs transactions.
type Store interface {
	InTx(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}

// Policy holds the thresholds.
type Policy struct {
	Keep     time.Duration // how long traces are kept and looked at
	Gap      time.Duration // a place taken so soon after it was given up …
	Handover int           // … so many times is a handover
	Span     time.Duration // the stretch in which the others are counted
	Churn    int           // cancelled in one span
	Hoard    int           // different patients in one span; a family has fewer
	Crowd    int           // accounts on one device in one span
	Flood    int           // attempts refused in one span
	Longest  time.Duration // a bar lasts at most that long
}

// DefaultPolicy gives the published thresholds.
func DefaultPolicy() Policy {
	const day = 24 * time.Hour
	return Policy{
		Keep: 30 * day, Gap: 10 * time.Minute, Handover: 2, Span: 7 * day, Churn: 6, Hoard: 6, Crowd: 5, Flood: 30, Longest: 180 * day,
	}
}

// Decide gives a flag as a person decided it. Confirmed needs an end within
// Policy.Longest; both need a reason. Deciding again is refused.
func (f Flag) Decide(now time.Time, p Policy, d Decision) (Flag, error) {
	switch {
	case f.State != Open:
		return f, houzhen.E(houzhen.CodeState, "flag is decided")
	case d.Reason == "":
		return f, houzhen.E(houzhen.CodeMissing, "a decision needs a reason").On("reason")
	case d.To != Dismissed && d.To != Confirmed:
		return f, houzhen.E(houzhen.CodeInvalid, "decision is dismissed or confirmed").On("decision")
	case d.To == Confirmed && (!d.Until.After(now) || d.Until.After(now.Add(p.Longest))):
		return f, houzhen.E(houzhen.CodeInvalid, "end of the bar is past or too far").On("until")
	}
	f.State, f.DecidedBy, f.DecidedAt, f.Reason = d.To, d.By, now, d.Reason
	if d.To == Confirmed {
		f.Until = d.Until
	}
	return f, nil
}

// Decision is what a person made of a flag.
type Decision struct {
	To         State
	Until      time.Time
	By, Reason string
}
