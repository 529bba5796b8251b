package notify

import (
	"time"

	"github.com/houzhen/houzhen"
)

// QueueKinds lists what is told on the way through a queue besides the call.
func QueueKinds() []Kind {
	return []Kind{KindCheckedIn, KindProgress, KindNear, KindReady, KindReturnIn, KindDelayed, KindWaitALittle}
}

// nearFor is how long word that it is nearly his turn is of use.
const nearFor = 10 * time.Minute

// readyFor is how long word to wait at the door is of use.
const readyFor = 5 * time.Minute

// Step gives the one word that fits somebody who waits with so many before him,
// and whether he was asked to the door: how the line moves, to come near, or to
// wait at the door. "" for none.
func (p Policy) Step(ahead int, door bool) Kind {
	switch {
	case door:
		return KindReady
	case ahead <= p.NearAt:
		return KindNear
	case ahead <= p.ProgressAt:
		return KindProgress
	}
	return ""
}

// PlanStep plans one of those words. How the line moves costs nobody money: it
// goes by app, WeChat and mail alone.
func (p Policy) PlanStep(k Kind, s Subject, now time.Time) []Message {
	switch k {
	case KindReady:
		return p.plan(k, ClassService, houzhen.Critical, s, now, now, now.Add(readyFor))
	case KindNear:
		return p.plan(k, ClassService, houzhen.Critical, s, now, now, now.Add(nearFor))
	case KindProgress:
		return p.plan(k, ClassOptional, houzhen.Soon, s, now, now, now.Add(nearFor))
	default:
		return nil
	}
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
