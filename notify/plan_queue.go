package notify

import (
	"time"

	"github.com/houzhen/houzhen"
)

// QueueKinds lists what is told on the way through a queue besides the call.
func QueueKinds() []Kind {
	return []Kind{KindCheckedIn, KindNear, KindReturnIn, KindDelayed, KindWaitALittle}
}

// nearFor is how long word that it is nearly his turn is of use.
const nearFor = 10 * time.Minute

// PlanNear plans the word to come near: few are before him. Ahead is how many;
// nothing is planned while they are more than the policy's NearAt.
func (p Policy) PlanNear(s Subject, ahead int, now time.Time) []Message {
	if ahead > p.NearAt {
		return nil
	}
	return p.plan(KindNear, ClassService, houzhen.Critical, s, now, now, now.Add(nearFor))
}

// PlanCheckedIn plans the word that he is in the queue, for whoever did not
// check in before the eyes of the desk.
func (p Policy) PlanCheckedIn(s Subject, now time.Time) []Message {
	return p.plan(KindCheckedIn, ClassService, houzhen.Soon, s, now, now, now.Add(nearFor))
}

// PlanReturnIn plans the word that somebody back from tests is in the queue.
func (p Policy) PlanReturnIn(s Subject, now time.Time) []Message {
	return p.plan(KindReturnIn, ClassService, houzhen.Soon, s, now, now, now.Add(nearFor))
}

// PlanDelayed plans the word to those in the hall that the doctor was called
// away. Its key is the pause: one pause is told once.
func (p Policy) PlanDelayed(s Subject, now time.Time) []Message {
	return p.plan(KindDelayed, ClassService, houzhen.Critical, s, now, now, now.Add(nearFor))
}

// PlanWaitALittle plans the word to whoever was told to leave home and has not
// come yet that there is time.
func (p Policy) PlanWaitALittle(s Subject, now time.Time) []Message {
	return p.plan(KindWaitALittle, ClassService, houzhen.Critical, s, now, now, latest(earlier(s.CallAt, s.SessionEnd), now.Add(time.Minute)))
}
