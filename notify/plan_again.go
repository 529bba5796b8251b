package notify

import (
	"time"

	"github.com/houzhen/houzhen"
)

// AgainKinds lists what is told of a registration that is good once more.
func AgainKinds() []Kind { return []Kind{KindAgain, KindContinued} }

// PlanAgain plans the word that a visit's registration is good once more: until
// when, and how to use it. It is of use until the last of its days ends, s.End.
func (p Policy) PlanAgain(s Subject, now time.Time) []Message {
	return p.plan(KindAgain, ClassService, houzhen.Soon, s, now, now, s.End)
}

// PlanContinued plans the confirmation of a place that costs nothing because the
// registration was good once more; it takes the place of PlanBooked.
func (p Policy) PlanContinued(s Subject, now time.Time) []Message {
	return p.plan(KindContinued, ClassService, houzhen.Soon, s, now, now, earlier(now.Add(p.BookedFor), s.Start))
}
