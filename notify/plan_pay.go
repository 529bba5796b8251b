package notify

import (
	"time"

	"github.com/houzhen/houzhen"
)

// PlanHold plans the word that a place is kept until it is paid for, which is
// of no use after that.
func (p Policy) PlanHold(s Subject, until, now time.Time) []Message {
	return p.plan(KindHold, ClassService, houzhen.Soon, s, now, now, until)
}

// refundFor is how long word of a refund is of use.
const refundFor = 7 * 24 * time.Hour

// PlanRefundDone plans the word that a fee went back.
func (p Policy) PlanRefundDone(s Subject, now time.Time) []Message {
	return p.plan(KindRefundDone, ClassService, houzhen.Routine, s, now, now, now.Add(refundFor))
}

// PlanRefundFailed plans the word that a person has to see to a fee. It always
// goes.
func (p Policy) PlanRefundFailed(s Subject, now time.Time) []Message {
	return p.plan(KindRefundFailed, ClassCritical, houzhen.Soon, s, now, now, now.Add(refundFor))
}
