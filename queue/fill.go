package queue

import (
	"slices"
	"time"
)

// Pick is one decision of the order: who, and why.
type Pick struct {
	TicketID string
	Reason   Reason
}

// Fill gives the queue with waiting patients asked to the door until ReadySize
// stand at each, and the picks it made. Those already at the door stay: the
// head is frozen, and only an emergency goes before it. Nobody is asked before
// the doctor has started, so that early arrival gains nothing, and nobody after
// he has ended. A place beyond the first is kept for whoever is away at our own
// word and goes before those who would take it. Where several doctors serve the
// queue, a patient gets his doctor and room only here (domain rule §3.8).
func Fill(q Queue, p Policy, now time.Time) (Queue, []Pick) {
	if q.StartedAt.IsZero() || q.Desk == DeskEnded {
		return q, nil
	}
	q = q.clone()
	l := newLine(&q, &p, now)
	var picks []Pick
	for len(l.waiting[numberEmergency]) > 0 {
		_, pick, _ := l.bring(Desk{})
		picks = append(picks, pick)
	}
	full := map[string]bool{}
	for {
		desk, ok := q.emptiest(p.ReadySize, full)
		if !ok {
			return q, picks
		}
		if l.seatKept(desk) {
			full[desk.DoctorID] = true
			continue
		}
		_, pick, ok := l.bring(desk)
		if !ok {
			full[desk.DoctorID] = true
			continue
		}
		picks = append(picks, pick)
	}
}

// EarliestEntry is how long before his slice a patient may be called at the
// earliest, so that nobody need be here sooner.
const EarliestEntry = 10 * time.Minute

// seatKept reports whether a desk's next place at the door stays free: whoever
// would come to it stands behind somebody who is away at our own word and may
// come any minute, and the first place is taken, so that the doctor does not
// wait for either.
func (l *line) seatKept(desk Desk) bool {
	if len(l.kept) == 0 || l.q.atDoor(desk.DoctorID) == 0 {
		return false
	}
	i, _, ok := l.choose(desk.DoctorID)
	return ok && l.passesKept(&l.q.Tickets[i], desk.DoctorID)
}

// passesKept reports whether somebody of the normal lane goes before one who is
// away at our own word.
func (l *line) passesKept(t *Ticket, doctor string) bool {
	if t.Lane != LaneNormal {
		return false
	}
	for _, i := range l.kept {
		if k := &l.q.Tickets[i]; k.serves(doctor) && l.p.compareNormal(k, t) < 0 {
			return true
		}
	}
	return false
}

// emptiest gives the desk with the fewest at its door that may get another.
func (q *Queue) emptiest(size int, full map[string]bool) (best Desk, ok bool) {
	least := size
	for _, d := range q.seats() {
		if n := q.atDoor(d.DoctorID); n < least && !full[d.DoctorID] {
			best, least, ok = d, n, true
		}
	}
	return best, ok
}

// seats are the desks that take patients: those who see, or the one of a
// queue that one doctor serves.
func (q *Queue) seats() []Desk {
	if len(q.Desks) == 0 {
		return []Desk{{}}
	}
	return slices.DeleteFunc(slices.Clone(q.Desks), func(d Desk) bool { return d.Status != DeskSeeing })
}

func (q *Queue) atDoor(doctor string) int {
	n := 0
	for i := range q.Tickets {
		if t := &q.Tickets[i]; t.State == Ready && (doctor == "" || t.DoctorID == doctor) {
			n++
		}
	}
	return n
}

// beforeReady gives an instant before everybody's who stands at the door.
func beforeReady(q *Queue, now time.Time) time.Time {
	for i := range q.Tickets {
		if t := &q.Tickets[i]; t.State == Ready && !t.ReadyAt.IsZero() && !now.Before(t.ReadyAt) {
			now = t.ReadyAt.Add(-time.Microsecond)
		}
	}
	return now
}

// count says how many tickets are in any of the states.
func count(q Queue, states ...State) int {
	n := 0
	for i := range q.Tickets {
		if slices.Contains(states, q.Tickets[i].State) {
			n++
		}
	}
	return n
}
