package queue

import "time"

// KeptAway reports whether a patient who is not here stays away at our own
// word: he is to stay at home until he is told to leave, or was told and is on
// his way. Nothing follows of his absence then: neither is his place free nor
// is he a no-show, whatever the hour (domain rules §3.4 and §3.12). It ends
// with the session, and when he does not come within the time that his road
// takes.
func KeptAway(q Queue, t Ticket, p Policy, now time.Time) bool {
	if t.State != NotCheckedIn || t.TravelMinutes == 0 || !p.LeaveHold || q.Desk == DeskEnded {
		return false
	}
	return t.LeaveAdvisedAt.IsZero() || t.held(now, &p)
}
