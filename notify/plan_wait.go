package notify

import (
	"time"

	"github.com/houzhen/houzhen"
)

// Messages of the waitlist.
const (
	KindWaitJoined Kind = "wait.joined"
	KindWaitOffer  Kind = "wait.offer"  // a place is kept for him until a time
	KindWaitInvite Kind = "wait.invite" // the first to confirm has the place
	KindWaitLost   Kind = "wait.lost"
	KindWaitClosed Kind = "wait.closed"
)

// WaitKinds lists the kinds of the waitlist.
func WaitKinds() []Kind {
	return []Kind{KindWaitJoined, KindWaitOffer, KindWaitInvite, KindWaitLost, KindWaitClosed}
}

// PlanWait plans a message of the waitlist. An offer or invitation is of use
// until s.End and goes before all that does not press; the others for a day.
func (p Policy) PlanWait(k Kind, s Subject, now time.Time) []Message {
	switch k {
	case KindWaitOffer, KindWaitInvite:
		return p.plan(k, ClassService, houzhen.Soon, s, now, now, s.End)
	case KindWaitLost:
		return p.plan(k, ClassService, houzhen.Soon, s, now, now, now.Add(p.BookedFor))
	default:
		return p.plan(k, ClassService, houzhen.Routine, s, now, now, now.Add(p.BookedFor))
	}
}
