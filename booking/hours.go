package booking

import (
	"cmp"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
)

// ReasonRetimed ends a place that was only held in hours that a session has no
// longer.
const ReasonRetimed = "retimed"

// mayRetime says whether a session may have new hours: before it begins, on its
// own date, and to hours that have not begun.
func (s Session) mayRetime(start, end, now time.Time, loc *time.Location) error {
	switch {
	case s.Status == SessionSuspended:
		return houzhen.E(houzhen.CodeSessionSuspended, "session is suspended").On("session_id")
	case s.Status == SessionClosed || !now.Before(s.End):
		return houzhen.E(houzhen.CodeSessionClosed, "session is over").On("session_id")
	case !now.Before(s.Start):
		return sessionBegun()
	case start.IsZero() || !start.Before(end):
		return houzhen.E(houzhen.CodeInvalid, "a session ends after its begin").On("end")
	case !start.After(now):
		return houzhen.E(houzhen.CodeHours, "the new hours have begun").On("start")
	case houzhen.BusinessDate(start, loc) != s.Date || end.After(DayBegins(s.Date.AddDays(1), loc)):
		return houzhen.E(houzhen.CodeHours, "the new hours are of another day").On("start")
	}
	return nil
}

func sessionBegun() error {
	return houzhen.E(houzhen.CodeSessionBegun, "session has begun").On("session_id")
}

// inTheWay says why another session of the day makes the new hours of s
// impossible: its doctor or its room would be in two places. Two that were side
// by side before, as in a room with two desks, may stay so.
func (s Session) inTheWay(o Session, start, end time.Time) error {
	meets := func(from, to time.Time) bool { return from.Before(o.End) && o.Start.Before(to) }
	switch {
	case o.ID == s.ID || !meets(start, end) || meets(s.Start, s.End):
		return nil
	case o.AttendingID == s.AttendingID:
		return houzhen.E(houzhen.CodeDoctorBusy, "doctor sits elsewhere then").On("start")
	case o.RoomID == s.RoomID && s.RoomID != "":
		return houzhen.E(houzhen.CodeRoomBusy, "somebody else sits in the room then").On("start")
	}
	return nil
}

// retiming is what new hours do to a session.
type retiming struct {
	session   Session                 // with its new hours
	slots     []Slot                  // that change: their time, or whether they can be had
	changed   map[int]Slot            // the same by number
	add       []Slot                  // of slices that are new
	back      map[int]bool            // numbers of slots that can be had again
	moved     []Appointment           // with the time that they have from now on; visits and kept places
	displaced []Appointment           // booked, in a slice that is no more; latest booked first
	gone      []Appointment           // only held, in a slice that is no more
	offered   []Appointment           // held for somebody of the waitlist at a time that is no more
	slides    bool                    // as long as before
	by        time.Duration           // so much later
	times     map[time.Time]time.Time // by the start of a slice before, in UTC: which one stands for it
}

// retime decides what becomes of every slice, place and patient of s when it
// takes place from start to end. A session as long as before slides: each slice
// goes with it. Otherwise a slice whose time still lies within the new hours
// keeps it, as near as the new slices allow, and one that does not is no more.
// Places keep their numbers, bands, quotas and owners. A place of a slice that
// is no more is withheld: whoever booked it keeps standing there until he has
// another one, a place that is only held ends, and who has checked in comes
// into the nearest slice. A place that earlier hours took comes back with its
// slice, as far as the slice has room.
func (s Session) retime(start, end time.Time, slots []Slot, standing []Appointment, reason string, now time.Time) (retiming, error) {
	z := retiming{session: s, changed: map[int]Slot{}, back: map[int]bool{}, times: map[time.Time]time.Time{}}
	z.session.Start, z.session.End = start, end
	grid := rasterOf(z.session)
	if len(grid) == 0 {
		return z, houzhen.E(houzhen.CodeInvalid, "the hours hold no slice").On("end")
	}
	z.slides, z.by = end.Sub(start) == s.End.Sub(s.Start), start.Sub(s.Start)
	was := rasterOf(s)
	for _, old := range was {
		if at, ok := z.standsFor(grid, old); ok {
			z.times[old.start] = at.start
		}
	}
	z.place(was, grid, slots, standing, reason, now)
	if err := z.extend(grid, slots); err != nil {
		return z, err
	}
	z.seat(slots, standing)
	return z, nil
}

// span is one slice, in UTC.
type span struct{ start, end time.Time }

// raster is the slices of a session in order.
type raster []span

func rasterOf(s Session) (list raster) {
	for _, p := range LaySlots(s) {
		if len(list) == 0 || !list[len(list)-1].start.Equal(p.Start) {
			list = append(list, span{p.Start.UTC(), p.End.UTC()})
		}
	}
	return list
}

// has reports whether a slice starts then.
func (r raster) has(start time.Time) bool {
	return slices.ContainsFunc(r, func(x span) bool { return x.start.Equal(start) })
}

// near finds the slice that starts less than half a slice away.
func (r raster) near(old time.Time) (span, bool) {
	half := r[0].end.Sub(r[0].start) / 2
	i := slices.IndexFunc(r, func(x span) bool { return x.start.Sub(old) >= -half && x.start.Sub(old) < half })
	if i < 0 {
		return span{}, false
	}
	return r[i], true
}

// standsFor gives the slice that corresponds to an old one: the one that it
// slid to, or the near one.
func (z *retiming) standsFor(grid raster, old span) (span, bool) {
	if z.slides {
		return span{old.start.Add(z.by).UTC(), old.end.Add(z.by).UTC()}, true
	}
	return grid.near(old.start)
}

// nearest gives the slice for somebody who is here and whose own is no more.
func (r raster) nearest(old time.Time) span {
	if old.Before(r[0].start) {
		return r[0]
	}
	return r[len(r)-1]
}

// put gives a slot its slice, and takes it from everybody or gives it back.
func (z *retiming) put(p Slot, at span, withheld bool, reason string, now time.Time) {
	if p.Start.Equal(at.start) && p.End.Equal(at.end) && p.Withheld == withheld {
		return
	}
	if p.kept() {
		p.OpenAt = KeptUntil(z.session)
	}
	switch {
	case p.Withheld && !withheld:
		z.back[p.No], p.Reason, p.OpenAt = true, "", time.Time{}
	case withheld && !p.Withheld:
		p.Reason = reason
	}
	p.Start, p.End, p.RetimedAt, p.Withheld = at.start, at.end, now, withheld
	z.changed[p.No] = p
}

// place gives every slot its slice. Those of the hours until now go before
// those that earlier hours took.
func (z *retiming) place(was, grid raster, slots []Slot, standing []Appointment, reason string, now time.Time) {
	here, have := map[int]bool{}, map[time.Time]int{}
	for _, a := range standing {
		here[a.SlotNo] = a.State == CheckedIn
	}
	var before []Slot // that earlier hours took
	for _, p := range slots {
		if !was.has(p.Start) && p.Withheld {
			before = append(before, p)
			continue
		}
		at, stands := z.standsFor(grid, span{p.Start, p.End})
		switch {
		case stands:
			z.put(p, at, p.Withheld, reason, now)
			if p.Band == BandBooked && !p.Withheld {
				have[at.start]++
			}
		case here[p.No]:
			z.put(p, grid.nearest(p.Start), true, reason, now)
		default:
			z.put(p, span{p.Start, p.End}, true, reason, now)
		}
	}
	for _, p := range before {
		at, stands := grid.near(p.Start)
		if !stands || p.Band == BandBooked && have[at.start] >= z.session.SliceCapacity {
			continue
		}
		z.put(p, at, false, reason, now)
		if p.Band == BandBooked {
			have[at.start]++
		}
	}
	for _, p := range slots {
		if c, ok := z.changed[p.No]; ok {
			z.slots = append(z.slots, c)
		}
	}
}

// extend adds the places of slices that stand for no earlier one.
func (z *retiming) extend(grid raster, slots []Slot) error {
	have, last := map[time.Time]int{}, 0
	for _, at := range z.times {
		have[at] = z.session.SliceCapacity
	}
	for _, p := range z.slots {
		if p.Band == BandBooked && z.back[p.No] {
			have[p.Start]++
		}
	}
	for _, p := range slots {
		if p.Band == BandBooked {
			last = max(last, p.No)
		}
	}
	for _, at := range grid {
		for n := have[at.start]; n < z.session.SliceCapacity; n++ {
			if last++; last >= FirstWalkIn {
				return tooManyPlaces("end")
			}
			z.add = append(z.add, Slot{SessionID: z.session.ID, No: last, Start: at.start, End: at.end, Band: BandBooked})
		}
	}
	return nil
}

// seat sorts the people by what becomes of their places.
func (z *retiming) seat(slots []Slot, standing []Appointment) {
	withheld := map[int]bool{}
	for _, p := range slots {
		withheld[p.No] = p.Withheld
	}
	for _, a := range standing {
		p, touched := z.changed[a.SlotNo]
		lost := touched && p.Withheld && !withheld[a.SlotNo]
		switch {
		case !touched:
		case a.Purpose == PurposeOffer:
			z.offered = append(z.offered, a)
		case lost && a.State == Held:
			z.gone = append(z.gone, a)
		case lost && a.State == Booked:
			z.displaced = append(z.displaced, a)
		default:
			a.Start, a.End = p.Start, p.End
			z.moved = append(z.moved, a)
		}
	}
	slices.SortFunc(z.displaced, func(a, b Appointment) int {
		return cmp.Or(b.BookedAt.Compare(a.BookedAt), cmp.Compare(b.SlotNo, a.SlotNo))
	})
}

// told gives the patients who have another time from now on, or have their
// place again. Whoever is still to be found another place knows that already.
func (z *retiming) told() (list []Appointment) {
	for _, a := range z.moved {
		if a.Purpose == PurposeVisit && (a.State == CheckedIn || !z.changed[a.SlotNo].Withheld) {
			list = append(list, a)
		}
	}
	return list
}
