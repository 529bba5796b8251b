package waitlist

import (
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// Wants reports whether the entry waits for places of a session.
func (e Entry) Wants(s booking.Session) bool {
	if e.SessionID != "" {
		return e.SessionID == s.ID
	}
	return e.DepartmentID == s.DepartmentID && (e.DoctorID == "" || e.DoctorID == s.DoctorID) &&
		(e.Class == "" || e.Class == s.Class) && !s.Date.Before(e.From) && !e.To.Before(s.Date)
}

// Eligible reports whether a place may be offered to the entry at now: it is
// one he waits for, it is not kept for others, his list of that day is still
// open, and he can be there in time.
func (p Policy) Eligible(e Entry, s booking.Session, place booking.Slot, now time.Time, loc *time.Location) bool {
	return e.Status == Waiting && e.Wants(s) && (e.Slice.IsZero() || e.Slice.Equal(place.Start)) &&
		entitled(e, s, place, now) && now.Before(p.closing(e, s.Date, s.End, loc)) &&
		!now.Add(p.journey(e)).After(p.lastArrival(place, now))
}

// entitled reports whether a place that is kept for a group or channel may be
// his: until the quotas fall back only the group's own.
func entitled(e Entry, s booking.Session, place booking.Slot, now time.Time) bool {
	if !s.FallBackAt.IsZero() && !now.Before(s.FallBackAt) {
		return true
	}
	return e.who().May(place.Quota)
}

// who is the patient as booking's rules see him.
func (e Entry) who() booking.Who {
	who := booking.Who{Channel: Channel}
	if e.Group != "" {
		who.Groups = []booking.Quota{e.Group}
	}
	return who
}

// Channel is how appointments from the list came about.
const Channel = "app"

// journey is how long he needs from an answer to the desk.
func (p Policy) journey(e Entry) time.Duration {
	return time.Duration(e.TravelMinutes)*time.Minute + p.TravelMargin
}

// lastArrival is when somebody must be there to use the place: at its start,
// or shortly before its end when it has begun.
func (p Policy) lastArrival(place booking.Slot, now time.Time) time.Time {
	if place.Start.After(now) {
		return place.Start
	}
	return place.End.Add(-p.LastCall)
}

// Usable is how long from now on the place can still be given to somebody who
// has nowhere to travel from.
func (p Policy) Usable(place booking.Slot, now time.Time) time.Duration {
	return p.lastArrival(place, now).Sub(now) - p.TravelMargin
}

// closing says until when places of a date go to an entry: the evening before,
// or the end of the day itself for those who wait on.
func (p Policy) closing(e Entry, date houzhen.Date, end time.Time, loc *time.Location) time.Time {
	if e.SameDay {
		return end
	}
	return date.AddDays(-1).Clock(p.CloseAt, loc)
}

// Allowed gives the first instant from at on when somebody may be offered a
// place: at itself, or the end of the quiet hours.
func (p Policy) Allowed(at time.Time, loc *time.Location) time.Time {
	day := houzhen.DateOf(at, loc)
	from, to := day.Clock(p.QuietFrom, loc), day.Clock(p.QuietTo, loc)
	switch {
	case p.QuietFrom == p.QuietTo:
		return at
	case p.QuietTo < p.QuietFrom && at.Before(to), p.QuietFrom < p.QuietTo && !at.Before(from) && at.Before(to):
		return to
	case p.QuietTo < p.QuietFrom && !at.Before(from):
		return day.AddDays(1).Clock(p.QuietTo, loc)
	}
	return at
}

// Clashes reports whether a visit of the patient makes the place of no use to
// him: one with the same doctor or at the same time, or one that he booked
// elsewhere on that day while he waited. He is passed over and keeps his rank.
func (e Entry) Clashes(visits []booking.Appointment, s booking.Session, place booking.Slot) bool {
	for _, v := range visits {
		if !v.Active() || v.Day != s.Date || v.Purpose == booking.PurposeOption {
			continue
		}
		if v.DoctorID == s.DoctorID || v.Start.Before(place.End) && place.Start.Before(v.End) || v.BookedAt.After(e.JoinedAt) {
			return true
		}
	}
	return false
}

// Before reports whether e stands before o in the list.
func (e Entry) Before(o Entry) bool {
	if e.JoinedAt.Equal(o.JoinedAt) {
		return e.ID < o.ID
	}
	return e.JoinedAt.Before(o.JoinedAt)
}

// Competes reports whether two entries could be offered the same place.
func (e Entry) Competes(o Entry) bool {
	if e.SessionID != "" && o.SessionID != "" {
		return e.SessionID == o.SessionID
	}
	return e.DepartmentID == o.DepartmentID && (e.DoctorID == "" || o.DoctorID == "" || e.DoctorID == o.DoctorID) &&
		!e.To.Before(o.From) && !o.To.Before(e.From)
}
