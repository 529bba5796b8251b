package booking

import (
	"time"

	"github.com/houzhen/houzhen"
)

// DayBegins gives the instant from which no number of that business date is
// used a second time (domain rules §3.1 and §3.12).
func DayBegins(d houzhen.Date, loc *time.Location) time.Time { return d.At(4, 0, loc) }

// LaySlots lays a session out in slots: slice k of capacity c gets the numbers
// (k-1)·c+1 … k·c. A last slice shorter than the others keeps its capacity
// only if it is at least half as long.
func LaySlots(s Session) []Slot {
	length := time.Duration(s.SliceMinutes) * time.Minute
	if length <= 0 || s.SliceCapacity <= 0 {
		return nil
	}
	var slots []Slot
	for start := s.Start; start.Before(s.End); start = start.Add(length) {
		end := start.Add(length)
		if end.After(s.End) {
			end = s.End
		}
		if end.Sub(start) < length/2 {
			break
		}
		for range s.SliceCapacity {
			slots = append(slots, Slot{SessionID: s.ID, No: len(slots) + 1, Start: start, End: end, Band: BandBooked})
		}
	}
	return slots
}

// SliceAt gives the slice of the session that t falls into; before the
// session the first, after it the last.
func (s Session) SliceAt(t time.Time) (start, end time.Time) {
	length := time.Duration(s.SliceMinutes) * time.Minute
	if length <= 0 {
		return s.Start, s.End
	}
	start = s.Start
	for next := start.Add(length); !next.After(t) && next.Before(s.End); next = next.Add(length) {
		start = next
	}
	end = start.Add(length)
	if end.After(s.End) {
		end = s.End
	}
	return start, end
}

// nextWalkIn gives the first unused number of the walk-in band.
func nextWalkIn(slots []Slot) int {
	next := FirstWalkIn
	for _, s := range slots {
		if s.Band == BandWalkIn && s.No >= next {
			next = s.No + 1
		}
	}
	if next == FirstOverbook {
		return LastOverbook + 1
	}
	return next
}

// freedSlot makes the place that a's capacity becomes, or reports that too
// little of the session is left. A slice that has not begun stays as it is;
// a place whose slice is over is open from the running slice to the end.
func freedSlot(s Session, a Appointment, no int, now time.Time, minLeft time.Duration) (Slot, bool) {
	if s.Status == SessionSuspended || s.Status == SessionClosed || s.End.Sub(now) < minLeft {
		return Slot{}, false
	}
	slot := Slot{SessionID: s.ID, No: no, Start: a.Start, End: a.End, Band: BandWalkIn, FreedBy: a.ID}
	if !a.Start.After(now) {
		slot.Start, _ = s.SliceAt(now)
		slot.End = s.End
	}
	return slot, true
}
