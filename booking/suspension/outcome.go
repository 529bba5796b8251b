package suspension

import (
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen/booking"
)

// Outcome is where one patient of a suspended session stands. Each is in
// exactly one.
type Outcome string

// Outcomes.
const (
	Rebooked  Outcome = "rebooked"  // took another place
	Refunded  Outcome = "refunded"  // wants the fee back, or nothing
	WaitsHere Outcome = "here"      // is at the clinic and not yet disposed of, or is seen all the same
	Informed  Outcome = "asked"     // was told and can still choose
	Unreached Outcome = "unreached" // has to be telephoned
)

// Outcomes lists every outcome, as a board shows them.
func Outcomes() []Outcome { return []Outcome{Rebooked, Refunded, WaitsHere, Informed, Unreached} }

// Chain is what the outcome of a case is judged by.
type Chain struct {
	Case   Case
	Lost   booking.Appointment   // as it is now
	After  []booking.Appointment // with that origin: kept places and the chosen one
	Failed bool                  // every notice to him came to nothing
}

// chosen reports whether he took another place, or went on to another doctor;
// what became of that place is told by its own session.
func (c Chain) chosen() bool {
	return slices.ContainsFunc(c.After, isVisit) || c.Lost.SessionID != c.Case.SessionID
}

func isVisit(a booking.Appointment) bool { return a.Purpose == booking.PurposeVisit && !a.Trace() }

// live counts the places that can still be chosen.
func (c Chain) live(now time.Time) int {
	n := 0
	for _, a := range c.After {
		if a.Purpose == booking.PurposeOption && a.State == booking.Held && now.Before(a.ExpiresAt) {
			n++
		}
	}
	return n
}

// Outcome judges the case at now.
func (c Chain) Outcome(now time.Time) Outcome {
	switch {
	case c.chosen():
		return Rebooked
	case c.Case.Step == StepRefunded:
		return Refunded
	case c.Lost.Active():
		return WaitsHere
	case c.Case.LastCall == CallWrong, c.Case.LastCall == CallNoAnswer, c.Failed, c.live(now) == 0,
		!c.Case.CallAt.IsZero() && !now.Before(c.Case.CallAt):
		return Unreached
	}
	return Informed
}

// CallDue reports whether staff should telephone him now. A wrong number is
// not dialled again, and somebody who did not answer not before his time.
func (c Chain) CallDue(now time.Time) bool {
	if c.Outcome(now) != Unreached || c.Case.LastCall == CallWrong {
		return false
	}
	return c.Case.LastCall == CallNone || !now.Before(c.Case.CallAt)
}

// Counts is a board: how many patients have each outcome.
type Counts map[Outcome]int

// CountOf counts outcomes. Every outcome has an entry.
func CountOf(chains []Chain, now time.Time) Counts {
	counts := Counts{}
	for _, o := range Outcomes() {
		counts[o] = 0
	}
	for _, c := range chains {
		counts[c.Outcome(now)]++
	}
	return counts
}

// Total gives how many patients a board counts.
func (c Counts) Total() (n int) {
	for _, k := range c {
		n += k
	}
	return n
}

// Check says what is wrong with a suspended session, one line a fault: somebody
// left over, somebody with two outcomes, somebody blamed. all are the
// appointments of the session, traces left out.
func Check(all []booking.Appointment, chains []Chain) []string {
	faults := []string{}
	known := map[string]bool{}
	for _, c := range chains {
		if known[c.Case.AppointmentID] {
			faults = append(faults, fmt.Sprintf("%s has two cases", c.Case.AppointmentID))
		}
		known[c.Case.AppointmentID] = true
		faults = append(faults, c.check()...)
	}
	for _, a := range all {
		lost := a.Purpose == booking.PurposeVisit && a.State == booking.Cancelled && a.Reason == booking.ReasonSuspended
		if lost && !known[a.ID] {
			faults = append(faults, fmt.Sprintf("%s lost a place and has no case", a.ID))
		}
		if a.Purpose == booking.PurposeVisit && (a.State == booking.Held || a.State == booking.Booked) {
			faults = append(faults, fmt.Sprintf("%s still stands in a suspended session", a.ID))
		}
	}
	return faults
}

func (c Chain) check() []string {
	faults := []string{}
	add := func(text string) { faults = append(faults, c.Case.AppointmentID+" "+text) }
	visits, held := 0, 0
	for _, a := range c.After {
		if isVisit(a) {
			visits++
		}
		if a.Purpose == booking.PurposeOption && a.State == booking.Held {
			held++
		}
	}
	switch {
	case visits > 1:
		add("took two places")
	case visits == 1 && c.Case.Step == StepRefunded:
		add("is rebooked and refunded")
	}
	if held > 0 && (visits > 0 || c.Case.Step == StepRefunded) {
		add("has an outcome and places kept as well")
	}
	stands := c.Lost.Active() && c.Lost.SessionID == c.Case.SessionID
	if stands && (visits > 0 || c.Case.Step == StepRefunded) {
		add("has an outcome and stands in the session as well")
	}
	if stands && c.Lost.State == booking.NoShow {
		add("is a no-show of a suspended session")
	}
	return faults
}
