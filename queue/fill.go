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
// he has ended. Where several doctors serve the queue, a patient gets his
// doctor and room only here (domain rule §3.8).
func Fill(q Queue, p Policy, now time.Time) (Queue, []Pick) {
	if q.StartedAt.IsZero() || q.Desk == DeskEnded {
		return q, nil
	}
	q = q.clone()
	rules := p.inserts()
	var picks []Pick
	for firstEmergency(q) >= 0 {
		pick, _ := fillOne(&q, rules, p, Desk{}, now)
		picks = append(picks, pick)
	}
	full := map[string]bool{}
	for {
		desk, ok := q.emptiest(p, full)
		if !ok {
			return q, picks
		}
		pick, ok := fillOne(&q, rules, p, desk, now)
		if !ok {
			full[desk.DoctorID] = true
			continue
		}
		picks = append(picks, pick)
	}
}

// emptiest gives the desk with the fewest at its door that may get another.
func (q *Queue) emptiest(p Policy, full map[string]bool) (best Desk, ok bool) {
	least := p.ReadySize
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

// fillOne moves the next one to a desk's door and counts him.
func fillOne(q *Queue, rules []laneRule, p Policy, desk Desk, now time.Time) (Pick, bool) {
	i, why, ok := choose(q, rules, p, desk.DoctorID, now)
	if !ok {
		return Pick{}, false
	}
	t := &q.Tickets[i]
	again := !t.ReadyAt.IsZero() // he was counted when he first came to a door
	t.State, t.ReadyAt = Ready, afterReady(*q, now)
	if t.Lane == LaneEmergency {
		t.ReadyAt = beforeReady(*q, now)
	} else {
		t.DoctorID, t.RoomID = desk.DoctorID, desk.RoomID
	}
	if !again {
		q.account(i, rules, desk.DoctorID, now)
	}
	return Pick{t.ID, why}, true
}

// afterReady keeps ReadyAt strictly rising, so that it alone orders the head.
func afterReady(q Queue, now time.Time) time.Time {
	for i := range q.Tickets {
		if t := &q.Tickets[i]; t.State == Ready && !t.ReadyAt.Before(now) {
			now = t.ReadyAt.Add(time.Microsecond)
		}
	}
	return now
}

// beforeReady gives an instant before everybody's who stands at the door.
func beforeReady(q Queue, now time.Time) time.Time {
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
