package notify

import (
	"time"

	"github.com/houzhen/houzhen"
)

// Messages of credit, and the second reminder.
const (
	KindNoShow         Kind = "noshow.recorded"
	KindLimited        Kind = "credit.limited"
	KindAppealReceived Kind = "appeal.received"
	KindAppealGranted  Kind = "appeal.granted"
	KindAppealRefused  Kind = "appeal.refused"
	KindReminder3      Kind = "appt.remind.d3"
)

// CreditKinds lists the kinds of credit and the second reminder.
func CreditKinds() []Kind {
	return []Kind{KindReminder3, KindNoShow, KindLimited, KindLifted, KindAppealReceived, KindAppealGranted, KindAppealRefused}
}

// keepTelling is how long a message about somebody's record is of use: as long
// as he may still act on it.
const keepTelling = 3 * 24 * time.Hour

// PlanCredit plans a message about somebody's record.
func (p Policy) PlanCredit(k Kind, s Subject, now time.Time) []Message {
	return p.plan(k, ClassService, houzhen.Routine, s, now, now, now.Add(keepTelling))
}

// PlanReminder3 plans the reminder three days before the visit, for those who
// are likely to forget it. None is planned when the patient booked after its
// hour, or once the day is over.
func (p Policy) PlanReminder3(s Subject, now time.Time) []Message {
	day := houzhen.DateOf(s.Start, p.Zone).AddDays(-3)
	due, useless := day.Clock(p.RemindAt, p.Zone), day.AddDays(1).At(0, 0, p.Zone)
	if s.BookedAt.After(due) || !now.Before(useless) {
		return nil
	}
	return p.plan(KindReminder3, ClassService, houzhen.Routine, s, now, later(due, now), useless)
}
