package queue

import "time"

// travelMargin is added to the minutes a patient gives, because travel times
// spread: the measured risk rule's 15 quantiles reduce to about a fifth at the
// chance of being late that is accepted.
const travelMargin = 1.20

// earlyCall is how long before his slice a patient is called at the earliest.
const earlyCall = 10 * time.Minute

// LeaveNow advises when a patient who sets out now would arrive no earlier
// than the early end of his call range, grace included (the first calls may
// be answered that much later). Unknown travel is never advised.
func LeaveNow(now, callLow time.Time, travelMinutes int, grace time.Duration) bool {
	if travelMinutes <= 0 || callLow.IsZero() {
		return false
	}
	return !now.Add(travel(travelMinutes)).Before(callLow.Add(grace))
}

// travel is how long the road takes with its margin.
func travel(minutes int) time.Duration {
	return time.Duration(float64(minutes) * travelMargin * float64(time.Minute))
}

// firstCall is when a ticket is called at the earliest.
func firstCall(t Ticket, callLow time.Time) time.Time {
	if earliest := t.SliceStart.Add(-earlyCall); callLow.Before(earliest) {
		return earliest
	}
	return callLow
}

// SetOut gives the instant from which AdviseNow holds.
func SetOut(t Ticket, callLow time.Time, grace time.Duration) time.Time {
	return firstCall(t, callLow).Add(grace - travel(t.TravelMinutes))
}

// AdviseNow is LeaveNow for a ticket: once, only while he is not here, and
// never for a call earlier than ten minutes before his slice.
func AdviseNow(t Ticket, now, callLow time.Time, grace time.Duration) bool {
	if t.State != NotCheckedIn || !t.LeaveAdvisedAt.IsZero() {
		return false
	}
	return LeaveNow(now, firstCall(t, callLow), t.TravelMinutes, grace)
}

// onTheWay reports whether somebody who was told when to leave comes within
// the time that his road takes, so that he keeps his place.
func onTheWay(t Ticket, now time.Time, p Policy) bool {
	return !t.LeaveAdvisedAt.IsZero() && !now.After(t.LeaveAdvisedAt.Add(travel(t.TravelMinutes)+p.LeaveGrace))
}
