package queue

import (
	"cmp"
	"time"
)

// Class ranks of normals inside one slice.
const (
	rankBooked = iota
	rankWalkIn
	rankLate // late within the grace: the end of the slice
)

// compareNormal orders the normal lane by the policy's key. By default it is
// slice, then booked before walk-in before late, then number: when somebody
// checked in does not matter, so early arrival gains nothing; only the late
// ones stand by the time they came.
func (p *Policy) compareNormal(a, b *Ticket) int {
	if p.BookedFirst == BookedAlways && a.WalkIn != b.WalkIn {
		if a.WalkIn {
			return 1
		}
		return -1
	}
	switch p.Key {
	case KeyNumber:
		return cmp.Or(cmp.Compare(a.No, b.No), cmp.Compare(a.ID, b.ID))
	case KeyCheckIn:
		return cmp.Or(a.LaneSince.Compare(b.LaneSince), cmp.Compare(a.No, b.No))
	case KeySliceNumber:
	}
	equal := p.BookedFirst == BookedEqual
	return cmp.Or(
		effectiveSlice(a).Compare(effectiveSlice(b)),
		cmp.Compare(sliceRank(a, equal), sliceRank(b, equal)),
		lateCheckIn(a).Compare(lateCheckIn(b)),
		p.compareEqual(a, b),
		cmp.Compare(a.No, b.No),
	)
}

// compareEqual lets everybody of a slice stand by the time from which he may
// expect to be called, booked or not.
func (p *Policy) compareEqual(a, b *Ticket) int {
	if p.BookedFirst == BookedEqual {
		return due(a).Compare(due(b))
	}
	return 0
}

// sliceRank is the class inside a slice; equal puts walk-ins with the booked.
func sliceRank(t *Ticket, equal bool) int {
	switch {
	case t.AtEnd:
		return rankLate
	case t.WalkIn && !equal:
		return rankWalkIn
	default:
		return rankBooked
	}
}

func lateCheckIn(t *Ticket) time.Time {
	if t.AtEnd {
		return t.LaneSince
	}
	return time.Time{}
}

// effectiveSlice is the start of the slice a normal stands in: his own, or for
// one who was late within the grace the slice he checked in, counted in steps
// of his own slice's length.
func effectiveSlice(t *Ticket) time.Time {
	length := t.SliceEnd.Sub(t.SliceStart)
	if !t.AtEnd || length <= 0 || t.LaneSince.Before(t.SliceStart) {
		return t.SliceStart
	}
	return t.SliceStart.Add(t.LaneSince.Sub(t.SliceStart).Truncate(length))
}

// compareInsert orders an insert lane: whoever is in it longest.
func compareInsert(a, b *Ticket) int {
	return cmp.Or(a.LaneSince.Compare(b.LaneSince), cmp.Compare(a.No, b.No))
}

// compareReady orders the frozen head: emergencies, whoever is one longest, then
// the others as they came to the door.
func compareReady(a, b *Ticket) int {
	switch urgent := a.Lane == LaneEmergency; {
	case urgent != (b.Lane == LaneEmergency):
		if urgent {
			return -1
		}
		return 1
	case urgent:
		return compareInsert(a, b)
	}
	return cmp.Or(a.ReadyAt.Compare(b.ReadyAt), cmp.Compare(a.No, b.No), cmp.Compare(a.ID, b.ID))
}

// place decides the lane of a patient who checks in at now (domain rule §3.4).
// Before the end of his slice he keeps his number; nobody is late while the
// doctor has not started or not finished the patient's slice, and nobody who
// said in time that he would be later and kept his word goes with the late.
func place(q Queue, t Ticket, p Policy, now time.Time) Ticket {
	announced := t.NotBefore
	t.Lane, t.AtEnd, t.SkipNormals, t.LaneSince, t.NotBefore = LaneNormal, false, 0, now, time.Time{}
	switch {
	case !now.After(t.SliceEnd):
	case p.DelayExempt && !sliceFinished(q, t):
	case p.LateMode == LateKeepsPlace:
	case !announced.IsZero() && !now.After(announced.Add(p.LateGrace)):
		t.Lane = LaneDeferred
	case p.LateMode == LateEndOfSlice && now.Sub(t.SliceEnd) <= p.LateGrace:
		t.AtEnd = true
	default:
		t.Lane = LaneLate
	}
	return t
}

// keepPlace takes back that a patient is late: he came, or comes, as he was told.
func (t *Ticket) keepPlace() { t.Lane, t.AtEnd = LaneNormal, false }

// sliceFinished reports whether the doctor is done with everybody on time of
// the patient's slice and of earlier ones.
func sliceFinished(q Queue, of Ticket) bool {
	if q.StartedAt.IsZero() {
		return false
	}
	for i := range q.Tickets {
		if t := &q.Tickets[i]; t.ID != of.ID && t.present() && t.Lane == LaneNormal && !t.AtEnd && !t.SliceStart.After(of.SliceStart) {
			return false
		}
	}
	return true
}

// present reports whether the patient is checked in and not yet done.
func (t *Ticket) present() bool {
	return t.State == Waiting || t.State == Ready || t.atDesk()
}

// atDesk reports whether the patient is called or in the room.
func (t *Ticket) atDesk() bool { return t.State == Called || t.State == InConsult }
