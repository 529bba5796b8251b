package credit

import (
	"cmp"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
)

// Cause is what a mark is for.
type Cause string

// Causes.
const (
	NoShow        Cause = "noshow"          // never checked in by the deadline
	LateCancel    Cause = "late_cancel"     // given up after it was free to
	SameDayRefund Cause = "same_day_refund" // paid, and given back on the day itself
	HoldExpired   Cause = "hold_expired"    // kept and not confirmed
)

// Causes lists every cause.
func Causes() []Cause { return []Cause{NoShow, LateCancel, SameDayRefund, HoldExpired} }

// WindowKind says over which time marks are counted.
type WindowKind string

// Windows. Calendar ones are the month, half-year or year of the mark.
const (
	Rolling     WindowKind = "rolling" // the last so many days
	Month       WindowKind = "month"
	HalfYear    WindowKind = "half_year"
	Year        WindowKind = "year"
	Consecutive WindowKind = "consecutive" // since the last visit that was kept
)

// Window is the time over which a rule counts.
type Window struct {
	Kind WindowKind `json:"kind"`
	Days int        `json:"days,omitempty"` // of a rolling one
}

// PenaltyKind says how long online booking is closed.
type PenaltyKind string

// Penalties.
const (
	ForDays      PenaltyKind = "days"
	RestOfWindow PenaltyKind = "rest_of_window" // to the end of the calendar window
	Escalating   PenaltyKind = "escalating"     // the first, second, third … days of a list; the last one from then on
)

// Penalty is what follows when the threshold is reached.
type Penalty struct {
	Kind      PenaltyKind `json:"kind"`
	Days      []int       `json:"days,omitempty"`
	FromFirst bool        `json:"from_first,omitempty"` // counted from the first of the marks that reached it, else from the last
}

// Scope says where a restriction holds.
type Scope string

// Scopes.
const (
	Hospital Scope = "hospital"
	Platform Scope = "platform" // every hospital of the regional platform
)

// OnlineOnly is the one effect there is: the desk, the telephone and emergency
// stay open.
const OnlineOnly = "online_only"

// Rule is one line of what was published.
type Rule struct {
	Key       string  `json:"key"` // of the line, for words and records
	Counts    []Cause `json:"counts"`
	Window    Window  `json:"window"`
	Threshold int     `json:"threshold"` // marks that reach it; "more than three" is 4
	Penalty   Penalty `json:"penalty"`
	Scope     Scope   `json:"scope"`
	Effect    string  `json:"effect"`
}

// RuleSet is one version of the published rules. It holds from ValidFrom until
// a later version does; ValidFrom is after PublishedAt, so that nobody is
// judged by what he could not read.
type RuleSet struct {
	ID          string    `json:"id"`
	Version     int64     `json:"version"`
	Rules       []Rule    `json:"rules"`
	AppealDays  int       `json:"appeal_days"` // a mark may be appealed against for so long
	DecideDays  int       `json:"decide_days"` // and is lifted when nobody decides within so long
	PublishedAt time.Time `json:"published_at"`
	ValidFrom   time.Time `json:"valid_from"`
	PublishedBy string    `json:"-"`
}

// DefaultRules is the published default (domain rule §8): three no-shows in 90
// days close online booking for 90 days; seven days to appeal and to decide.
func DefaultRules() RuleSet {
	return RuleSet{AppealDays: 7, DecideDays: 7, Rules: []Rule{{
		Key: "noshow", Counts: []Cause{NoShow}, Window: Window{Kind: Rolling, Days: 90}, Threshold: 3,
		Penalty: Penalty{Kind: ForDays, Days: []int{90}}, Scope: Hospital, Effect: OnlineOnly,
	}}}
}

// longest is the longest window or penalty that may be published.
const longest = 730

// Validate says which part of a version cannot be published.
func (s RuleSet) Validate() error {
	switch {
	case !s.ValidFrom.After(s.PublishedAt):
		return houzhen.E(houzhen.CodeCreditRules, "rules take effect after they are published").On("valid_from")
	case s.AppealDays < 1 || s.AppealDays > 90:
		return houzhen.E(houzhen.CodeCreditRules, "days to appeal out of range").On("appeal_days")
	case s.DecideDays < 1 || s.DecideDays > 30:
		return houzhen.E(houzhen.CodeCreditRules, "days to decide out of range").On("decide_days")
	}
	keys := map[string]bool{}
	for _, r := range s.Rules {
		if r.Key == "" || keys[r.Key] {
			return houzhen.E(houzhen.CodeCreditRules, "each rule has a key of its own").On("key")
		}
		keys[r.Key] = true
		if err := r.validate(); err != nil {
			return err
		}
	}
	return nil
}

func (r Rule) validate() error {
	bad := func(field string) error {
		return houzhen.E(houzhen.CodeCreditRules, "a part of the rule cannot be").On(field).With("key", r.Key)
	}
	switch {
	case len(r.Counts) == 0 || slices.ContainsFunc(r.Counts, func(c Cause) bool { return !slices.Contains(Causes(), c) }):
		return bad("counts")
	case !r.Window.valid():
		return bad("window")
	case r.Threshold < 1 || r.Threshold > 100:
		return bad("threshold")
	case !r.Penalty.valid(r.Window):
		return bad("penalty")
	case r.Scope != Hospital && r.Scope != Platform:
		return bad("scope")
	case r.Effect != OnlineOnly:
		return bad("effect") // nothing else may ever be closed
	}
	return nil
}

func (w Window) valid() bool {
	if w.Kind == Rolling {
		return w.Days >= 1 && w.Days <= longest
	}
	return w.Days == 0 && slices.Contains([]WindowKind{Month, HalfYear, Year, Consecutive}, w.Kind)
}

// valid also asks that an escalating list never becomes milder, so that one
// mark more never shortens a restriction.
func (p Penalty) valid(w Window) bool {
	within := !slices.ContainsFunc(p.Days, func(d int) bool { return d < 1 || d > longest })
	switch p.Kind {
	case ForDays:
		return len(p.Days) == 1 && within
	case RestOfWindow:
		return len(p.Days) == 0 && !p.FromFirst && slices.Contains([]WindowKind{Month, HalfYear, Year}, w.Kind)
	case Escalating:
		return len(p.Days) >= 1 && within && slices.IsSorted(p.Days)
	}
	return false
}

// InForce gives the version in force at an instant, false before the first.
func InForce(sets []RuleSet, at time.Time) (RuleSet, bool) {
	var found RuleSet
	ok := false
	for _, s := range sets {
		if !s.ValidFrom.After(at) && (!ok || cmp.Or(s.ValidFrom.Compare(found.ValidFrom), cmp.Compare(s.Version, found.Version)) > 0) {
			found, ok = s, true
		}
	}
	return found, ok
}

// counts reports whether any rule of the version is about a cause.
func (s RuleSet) counts(c Cause) bool {
	return slices.ContainsFunc(s.Rules, func(r Rule) bool { return slices.Contains(r.Counts, c) })
}
