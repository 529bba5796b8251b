package forecast

import "time"

// nearAhead is up to how many people ahead are counted in words.
const nearAhead = 3

// Near says that a patient is told in words how near he is, beside the range
// or in its place.
type Near string

// Words of nearness.
const (
	NearNot  Near = ""
	NearNext Near = "next" // nobody is ahead of him
	NearFew  Near = "few"  // one to three are
)

// NearOf says which words fit one with so many people ahead.
func NearOf(ahead int) Near {
	switch {
	case ahead <= 0:
		return NearNext
	case ahead <= nearAhead:
		return NearFew
	default:
		return NearNot
	}
}

// Change says how a shown range came after the one shown before.
type Change string

// Changes.
const (
	First    Change = "first" // nothing was shown before
	Later    Change = "later"
	Earlier  Change = "earlier"
	Narrower Change = "narrower" // the same, known better
)

// Cause says why a range moved, as a code that templates put into words.
type Cause string

// Causes. None names a person or what somebody suffers from.
const (
	CauseNone      Cause = ""
	CausePaused    Cause = "paused"     // the doctor is away
	CauseLateStart Cause = "late_start" // he has not begun
	CauseInserted  Cause = "inserted"   // somebody goes before who did not
	CauseFewer     Cause = "fewer"      // somebody who went before does not come or went elsewhere
	CauseSlower    Cause = "slower"     // consultations take longer than usual
	CauseFaster    Cause = "faster"
)

// Situation is what a range was made from, as far as it explains a change.
type Situation struct {
	Ahead   int // people before him
	Entered int // who went in today so far
	Started bool
	Paused  bool
}

// Card is what a patient sees, and what it was made from.
type Card struct {
	Range
	Situation
	Change Change
	Cause  Cause
}

// Next says what to show after before: the same card, or a fresh range with how
// and why it changed. The zero Card is nothing shown. Who is near is told so in
// words, and a range that has only become narrower is not worth a change then.
func (before Card) Next(fresh Range, s Situation, now time.Time) Card {
	next := Keep(before.Range, fresh, now)
	if next == before.Range || changeOf(before.Range, next) == Narrower && NearOf(s.Ahead) != NearNot {
		return before
	}
	shown := Card{Range: next, Situation: s, Change: changeOf(before.Range, next)}
	shown.Cause = causeOf(shown.Change, before.Situation, s)
	return shown
}

func changeOf(before, next Range) Change {
	switch {
	case before.High.IsZero():
		return First
	case next.High.After(before.High):
		return Later
	case next.Low.Before(before.Low):
		return Earlier
	case next.High.Before(before.High) && !next.Low.After(before.Low):
		return Earlier
	default:
		return Narrower
	}
}

func causeOf(change Change, before, now Situation) Cause {
	went := now.Entered - before.Entered
	switch change {
	case Later:
		switch {
		case now.Paused:
			return CausePaused
		case !now.Started:
			return CauseLateStart
		case now.Ahead > before.Ahead-went:
			return CauseInserted
		}
		return CauseSlower
	case Earlier:
		if now.Ahead < before.Ahead-went {
			return CauseFewer
		}
		return CauseFaster
	case First, Narrower:
	}
	return CauseNone
}
