package credit

import (
	"cmp"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
)

// MarkState says whether a mark counts.
type MarkState string

// States of a mark: counted or exempt from the start; a counted one may be
// lifted, by an appeal or by an exemption that came to light later.
const (
	Counted MarkState = "counted"
	Exempt  MarkState = "exempt"
	Lifted  MarkState = "lifted"
)

// Why a mark is exempt or was lifted; templates/reasons has the words.
const (
	WhySuspended   = "suspended"    // the session was suspended
	WhySubstituted = "substituted"  // another doctor than the one booked
	WhyChanged     = "changed"      // the hospital moved or cancelled it
	WhyFault       = "system_fault" // the system was down
	WhyInpatient   = "inpatient"    // admitted to hospital
	WhyDeath       = "death"
	WhyEmergency   = "emergency"
	WhyAppeal      = "appeal"  // a person granted the appeal
	WhyUnheard     = "unheard" // nobody decided the appeal in time
	WhyNoRule      = "no_rule" // no published rule was about it
)

// Mark is one time that somebody did not keep his word. It is judged by the
// rules in force at At, whatever is published later.
type Mark struct {
	ID            string
	PatientID     string
	AppointmentID string
	Cause         Cause
	At            time.Time    // when it happened
	Day           houzhen.Date // of the visit
	State         MarkState
	Why           string // exempt or lifted because of this
	RuleSet       int64  // version in force at At, 0: none
	Version       int64
}

// Record is what is known of one patient.
type Record struct {
	Marks []Mark
	Came  []time.Time // visits that were kept, for rules that count in a row
}

// Limit closes online booking to a person until an instant.
type Limit struct {
	Until  time.Time
	Last   houzhen.Date // the last day it holds
	Rule   string       // key of the rule
	Set    int64        // version that it stands in
	Count  int          // marks that were counted
	MarkID string       // the mark that brought it
	Scope  Scope
}

// Restriction gives the limit that holds at now, the longest if there are
// several. It is computed from marks, rules and now alone: a mark that is
// lifted, exempt or of the future has no part in it, and no mark more ever
// makes it shorter.
func Restriction(sets []RuleSet, r Record, now time.Time, loc *time.Location) (Limit, bool) {
	var longest Limit
	found := false
	for _, l := range Limits(sets, r, loc) {
		if l.at.After(now) || !now.Before(l.Until) {
			continue
		}
		if !found || l.Until.After(longest.Until) {
			longest, found = l.Limit, true
		}
	}
	return longest, found
}

// Begun is a limit with the instant from which it holds.
type Begun struct {
	Limit
	at time.Time
}

// Limits gives every limit that the marks ever brought, past ones included,
// oldest first.
func Limits(sets []RuleSet, r Record, loc *time.Location) []Begun {
	marks := counted(sets, r.Marks)
	var out []Begun
	for i, m := range marks {
		set, _ := InForce(sets, m.At)
		for _, rule := range set.Rules {
			if !slices.Contains(rule.Counts, m.Cause) {
				continue
			}
			in := within(rule, marks[:i+1], r.Came, loc)
			if len(in) < rule.Threshold {
				continue
			}
			last := rule.last(in, loc)
			out = append(out, Begun{at: m.At, Limit: Limit{
				Until: last.AddDays(1).At(0, 0, loc), Last: last, Rule: rule.Key, Set: set.Version, Count: len(in), MarkID: m.ID, Scope: rule.Scope,
			}})
		}
	}
	return out
}

// counted keeps the marks that count, oldest first: those not exempt or lifted
// whose cause the rules in force at that time were about.
func counted(sets []RuleSet, marks []Mark) []Mark {
	var out []Mark
	for _, m := range marks {
		set, ok := InForce(sets, m.At)
		if m.State == Counted && ok && set.counts(m.Cause) {
			out = append(out, m)
		}
	}
	slices.SortFunc(out, func(a, b Mark) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return out
}

// within gives the marks that a rule counts together with the last one.
func within(r Rule, marks []Mark, came []time.Time, loc *time.Location) []Mark {
	last := marks[len(marks)-1]
	from := r.Window.start(last.At, came, loc)
	var in []Mark
	for _, m := range marks {
		if slices.Contains(r.Counts, m.Cause) && !m.At.Before(from) {
			in = append(in, m)
		}
	}
	return in
}

// start gives the begin of the window that ends with a mark at at.
func (w Window) start(at time.Time, came []time.Time, loc *time.Location) time.Time {
	day := houzhen.DateOf(at, loc)
	switch w.Kind {
	case Month:
		return houzhen.Date{Year: day.Year, Month: day.Month, Day: 1}.At(0, 0, loc)
	case HalfYear:
		return houzhen.Date{Year: day.Year, Month: half(day.Month), Day: 1}.At(0, 0, loc)
	case Year:
		return houzhen.Date{Year: day.Year, Month: time.January, Day: 1}.At(0, 0, loc)
	case Consecutive:
		var kept time.Time
		for _, c := range came {
			if c.After(kept) && c.Before(at) {
				kept = c
			}
		}
		return kept
	default:
		return day.AddDays(1-w.Days).At(0, 0, loc)
	}
}

// half gives the first month of the half-year.
func half(m time.Month) time.Month {
	if m >= time.July {
		return time.July
	}
	return time.January
}

// end gives the last day of a calendar window.
func (w Window) end(day houzhen.Date) houzhen.Date {
	next := houzhen.Date{Year: day.Year + 1, Month: time.January, Day: 1}
	switch {
	case w.Kind == Month && day.Month < time.December:
		next = houzhen.Date{Year: day.Year, Month: day.Month + 1, Day: 1}
	case w.Kind == HalfYear && day.Month < time.July:
		next = houzhen.Date{Year: day.Year, Month: time.July, Day: 1}
	}
	return next.AddDays(-1)
}

// last gives the last day of the penalty that marks bring, at least as many as
// the threshold. Counted from the first means the first of the latest marks
// that reach the threshold, so that one more mark never brings the end nearer.
func (r Rule) last(in []Mark, loc *time.Location) houzhen.Date {
	day := houzhen.DateOf(in[len(in)-1].At, loc)
	if r.Penalty.Kind == RestOfWindow {
		return r.Window.end(day)
	}
	if r.Penalty.FromFirst {
		day = houzhen.DateOf(in[len(in)-r.Threshold].At, loc)
	}
	days := r.Penalty.Days[0]
	if r.Penalty.Kind == Escalating {
		days = r.Penalty.Days[min(len(in)-r.Threshold, len(r.Penalty.Days)-1)]
	}
	return day.AddDays(days)
}

// Online reports whether a channel is one that a restriction closes. Whatever
// a person answers or stands at, such as the desk, the telephone, a kiosk on
// the spot or an emergency, stays open.
func Online(channel string) bool {
	return slices.Contains([]string{"app", "web", "wechat", "api", "platform"}, channel)
}

// Count gives how many marks of one cause count at one of them, that one
// included: over the window of the first rule about it that was in force.
func Count(sets []RuleSet, marks []Mark, at Mark, loc *time.Location) int {
	set, _ := InForce(sets, at.At)
	for _, r := range set.Rules {
		if !slices.Contains(r.Counts, at.Cause) {
			continue
		}
		before := counted(sets, slices.DeleteFunc(slices.Clone(marks), func(m Mark) bool { return m.At.After(at.At) || m.Cause != at.Cause }))
		if len(before) == 0 {
			return 0
		}
		return len(within(r, before, nil, loc))
	}
	return 0
}
