package notify

import (
	"time"

	"github.com/houzhen/houzhen"
)

// ManyKinds lists what is told to many at once.
func ManyKinds() []Kind { return []Kind{KindTimeChanged, KindOutage, KindRecovered, KindExtra} }

// PlanTimeChanged plans the word that a visit is at another time. It always
// goes, until the visit begins.
func (p Policy) PlanTimeChanged(s Subject, now time.Time) []Message {
	return p.plan(KindTimeChanged, ClassCritical, houzhen.Critical, s, now, now, latest(s.Start, now.Add(time.Minute)))
}

// outageFor is how long word of an outage, or of its end, is of use.
const outageFor = 2 * time.Hour

// PlanOutage plans the word that the hospital's systems are down: places are
// kept, and what to bring. Only to those whose visit is near.
func (p Policy) PlanOutage(s Subject, now time.Time) []Message {
	return p.plan(KindOutage, ClassService, houzhen.Soon, s, now, now, earlier(now.Add(outageFor), latest(s.End, now.Add(time.Minute))))
}

// PlanRecovered plans the word that all works again, to those whose visit it
// touched.
func (p Policy) PlanRecovered(s Subject, now time.Time) []Message {
	return p.plan(KindRecovered, ClassService, houzhen.Soon, s, now, now, now.Add(outageFor))
}

// PlanExtra plans the word of an extra session to somebody who follows its
// doctor, while there is time to book.
func (p Policy) PlanExtra(s Subject, now time.Time) []Message {
	return p.plan(KindExtra, ClassService, houzhen.Routine, s, now, now, earlier(now.Add(p.BookedFor), s.Start))
}

// PlanStopped plans the answer to whoever switched SMS off by one: it says what
// still comes and how to have the rest again.
func (p Policy) PlanStopped(s Subject, now time.Time) []Message {
	return p.PlanReply(KindStopped, s, now)
}
