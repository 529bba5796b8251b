package queue

import (
	"maps"
	"slices"
	"strconv"
	"time"
)

// Next says who is to be called now, and why: an emergency, otherwise the
// first of the frozen head, otherwise whom Fill would bring to the door first.
func Next(q Queue, p Policy, now time.Time) (ticketID string, why Reason, ok bool) {
	q, _ = Wake(q, now)
	if i := firstEmergency(q); i >= 0 {
		return q.Tickets[i].ID, because(ReasonEmergency), true
	}
	if i := firstReady(q, ""); i >= 0 {
		t := q.Tickets[i]
		return t.ID, because(ReasonReadyFirst, "lane", string(t.Lane)), true
	}
	i, why, ok := choose(&q, p.inserts(), p, "", now)
	if !ok {
		return "", Reason{}, false
	}
	return q.Tickets[i].ID, why, true
}

// firstReady gives the index of the head of those at a doctor's door, -1 for
// none. In a queue without desks those at the door are anybody's.
func firstReady(q Queue, doctor string) int {
	return first(&q, compareReady, func(t *Ticket) bool {
		return t.State == Ready && (doctor == "" || len(q.Desks) == 0 || t.DoctorID == "" || t.DoctorID == doctor)
	})
}

func firstEmergency(q Queue) int {
	return first(&q, compareInsert, func(t *Ticket) bool { return t.State == Waiting && t.Lane == LaneEmergency })
}

// choose picks who goes to a doctor's door next (domain rule §3.3): an
// emergency, who was at a door whose doctor paused, a pinned one, an insert
// lane whose turn has come, otherwise the first normal.
func choose(q *Queue, rules []laneRule, p Policy, doctor string, now time.Time) (int, Reason, bool) {
	waiting := func(is func(*Ticket) bool) func(*Ticket) bool {
		return func(t *Ticket) bool { return t.State == Waiting && t.serves(doctor) && is(t) }
	}
	if i := first(q, compareInsert, waiting(func(t *Ticket) bool { return t.Lane == LaneEmergency })); i >= 0 {
		return i, because(ReasonEmergency), true
	}
	if i := first(q, compareReady, waiting(func(t *Ticket) bool { return !t.ReadyAt.IsZero() })); i >= 0 {
		return i, because(ReasonFrontAgain), true
	}
	if i := first(q, compareInsert, waiting(func(t *Ticket) bool { return t.Lane == LanePinned && t.SkipNormals == 0 })); i >= 0 {
		return i, because(ReasonPinned), true
	}
	normal := first(q, p.compareNormal, waiting(func(t *Ticket) bool { return t.Lane == LaneNormal }))
	at := asking{q: q, p: p, doctor: doctor, now: now, normals: normal >= 0}
	if i, why, ok := at.insert(rules); ok {
		return i, why, true
	}
	if normal >= 0 {
		if q.Tickets[normal].AtEnd {
			return normal, because(ReasonLateEndOfSlice), true
		}
		return normal, because(ReasonInOrder), true
	}
	return chooseLast(q, doctor)
}

// asking is one look for somebody to insert.
type asking struct {
	q       *Queue
	p       Policy
	doctor  string
	now     time.Time
	normals bool // somebody of the normal lane waits
}

// insert asks the lanes: first whoever waited too long, the longest first, so
// that no lane starves behind another; then each lane in its precedence.
func (a asking) insert(rules []laneRule) (int, Reason, bool) {
	if a.p.PriorityAbsolute {
		if i, ok := a.oldest(LanePriority, false); ok {
			return i, because(ReasonPriorityAbsolute), true
		}
	}
	if a.normals && a.q.crowded(a.p) {
		return -1, Reason{}, false
	}
	if i, why, ok := a.overdue(rules); ok {
		return i, why, true
	}
	for _, r := range rules {
		if i, why, ok := a.lane(r); ok {
			return i, why, true
		}
	}
	return -1, Reason{}, false
}

// oldest gives whoever is longest in a lane and may go; settled asks for one
// who has let pass as many as he had to.
func (a asking) oldest(lane Lane, settled bool) (int, bool) {
	i := first(a.q, compareInsert, func(t *Ticket) bool {
		return t.State == Waiting && t.Lane == lane && !t.AtEnd && t.serves(a.doctor) && (!settled || t.SkipNormals == 0)
	})
	return i, i >= 0 && !a.p.barred(a.q, &a.q.Tickets[i], a.doctor, a.now)
}

func (a asking) overdue(rules []laneRule) (int, Reason, bool) {
	best, why := -1, Reason{}
	if a.normals && sinceAnyInsert(a.q) < 1 {
		return best, why, false
	}
	for _, r := range rules {
		i, ok := a.oldest(r.lane, false)
		if !ok || r.maxWait <= 0 {
			continue
		}
		t := &a.q.Tickets[i]
		if waited := a.now.Sub(t.LaneSince); waited >= r.maxWait && (best < 0 || compareInsert(t, &a.q.Tickets[best]) < 0) {
			best, why = i, because(r.words.waited, "minutes", strconv.Itoa(int(waited.Minutes())))
		}
	}
	return best, why, best >= 0
}

// lane takes the oldest of a lane when no normal is left, when its turn has
// come, or when too many of it wait and a normal went since.
func (a asking) lane(r laneRule) (int, Reason, bool) {
	if !a.normals {
		i, ok := a.oldest(r.lane, false)
		return i, because(r.words.only), ok
	}
	i, ok := a.oldest(r.lane, true)
	if !ok {
		return -1, Reason{}, false
	}
	if r.turn(*a.q) {
		return i, because(r.words.due, "n", strconv.Itoa(r.passed(a.q.Tickets[i], a.p))), true
	}
	waiting := 0
	for j := range a.q.Tickets {
		if t := &a.q.Tickets[j]; t.State == Waiting && t.Lane == r.lane {
			waiting++
		}
	}
	if r.burst > 0 && waiting >= r.burst && a.q.NormalsSinceInsert[r.lane] >= 1 {
		return i, because(r.words.burst, "waiting", strconv.Itoa(waiting)), true
	}
	return -1, Reason{}, false
}

// passed says how many normals went first, for the explanation.
func (r laneRule) passed(t Ticket, p Policy) int {
	if r.lane != LaneMissed {
		return r.interval
	}
	return max(p.reinsertion(t.Misses).After, r.interval)
}

// sinceAnyInsert counts the normals since anybody was inserted.
func sinceAnyInsert(q *Queue) int {
	least := -1
	for _, n := range q.NormalsSinceInsert {
		if least < 0 || n < least {
			least = n
		}
	}
	return max(least, 0)
}

// chooseLast takes those who go after everybody.
func chooseLast(q *Queue, doctor string) (int, Reason, bool) {
	i := first(q, compareInsert, func(t *Ticket) bool { return t.State == Waiting && t.serves(doctor) })
	switch {
	case i < 0:
		return -1, Reason{}, false
	case q.Tickets[i].Lane == LanePinned:
		return i, because(ReasonPinned), true
	}
	return i, because(ReasonMissedAtEnd, "misses", strconv.Itoa(q.Tickets[i].Misses)), true
}

// first gives the index of the least ticket that qualifies, -1 for none.
func first(q *Queue, compare func(a, b *Ticket) int, is func(*Ticket) bool) int {
	best := -1
	for i := range q.Tickets {
		if t := &q.Tickets[i]; is(t) && (best < 0 || compare(t, &q.Tickets[best]) < 0) {
			best = i
		}
	}
	return best
}

// because makes a Reason of a code and pairs of argument and value.
func because(code string, pairs ...string) Reason {
	r := Reason{Code: code}
	for i := 0; i+1 < len(pairs); i += 2 {
		if r.Args == nil {
			r.Args = map[string]string{}
		}
		r.Args[pairs[i]] = pairs[i+1]
	}
	return r
}

// clone copies what the rules change, so that a run ahead leaves q alone.
func (q Queue) clone() Queue {
	q.Tickets = slices.Clone(q.Tickets)
	q.NormalsSinceInsert = maps.Clone(q.NormalsSinceInsert)
	q.Series = maps.Clone(q.Series)
	q.Desks = slices.Clone(q.Desks)
	return q
}
