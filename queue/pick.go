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
	l := newLine(&q, &p, now)
	if of := l.waiting[numberEmergency]; len(of) > 0 {
		return q.Tickets[of[0]].ID, because(ReasonEmergency), true
	}
	if len(l.door) > 0 {
		t := &q.Tickets[l.door[0]]
		return t.ID, because(ReasonReadyFirst, "lane", string(t.Lane)), true
	}
	i, why, ok := l.choose("")
	if !ok {
		return "", Reason{}, false
	}
	return q.Tickets[i].ID, why, true
}

// firstReady gives the index of the head of those at a doctor's door, -1 for
// none. In a queue without desks those at the door are anybody's.
func firstReady(q *Queue, doctor string) int {
	best := -1
	for i := range q.Tickets {
		t := &q.Tickets[i]
		if t.State != Ready || doctor != "" && len(q.Desks) > 0 && t.DoctorID != "" && t.DoctorID != doctor {
			continue
		}
		if best < 0 || compareReady(t, &q.Tickets[best]) < 0 {
			best = i
		}
	}
	return best
}

// choose picks who goes to a doctor's door next (domain rule §3.3): an
// emergency, who was at a door whose doctor paused, a pinned one, an insert
// lane whose turn has come, otherwise the first normal.
func (l *line) choose(doctor string) (int, Reason, bool) {
	if i := l.first(l.waiting[numberEmergency], doctor, nil); i >= 0 {
		return i, because(ReasonEmergency), true
	}
	if i := l.first(l.front, doctor, nil); i >= 0 {
		return i, because(ReasonFrontAgain), true
	}
	if i := l.first(l.waiting[numberPinned], doctor, passedAll); i >= 0 {
		return i, because(ReasonPinned), true
	}
	normal := l.first(l.waiting[numberNormal], doctor, nil)
	if i, why, ok := l.insert(doctor, normal >= 0); ok {
		return i, why, true
	}
	if normal >= 0 {
		if l.q.Tickets[normal].AtEnd {
			return normal, because(ReasonLateEndOfSlice), true
		}
		return normal, because(ReasonInOrder), true
	}
	return l.last(doctor)
}

// passedAll reports whether a patient has let pass as many as he had to.
func passedAll(t *Ticket) bool { return t.SkipNormals == 0 }

// insert asks the lanes: first whoever waited too long, the longest first, so
// that no lane starves behind another; then each lane in its precedence.
// normals says that somebody of the normal lane waits.
func (l *line) insert(doctor string, normals bool) (int, Reason, bool) {
	if l.p.PriorityAbsolute {
		if i, ok := l.oldest(numberPriority, doctor, false); ok {
			return i, because(ReasonPriorityAbsolute), true
		}
	}
	if normals && l.q.crowded(l.p.MaxInsertShare) {
		return -1, Reason{}, false
	}
	if i, why, ok := l.overdue(doctor, normals); ok {
		return i, why, true
	}
	for i := range l.rules {
		if i, why, ok := l.turn(&l.rules[i], doctor, normals); ok {
			return i, why, true
		}
	}
	return -1, Reason{}, false
}

// oldest gives whoever is longest in a lane and may go; settled asks for one
// who has let pass as many as he had to.
func (l *line) oldest(lane int, doctor string, settled bool) (int, bool) {
	i := l.first(l.waiting[lane], doctor, func(t *Ticket) bool { return !t.AtEnd && (!settled || t.SkipNormals == 0) })
	return i, i >= 0 && !l.barred(&l.q.Tickets[i], doctor)
}

func (l *line) overdue(doctor string, normals bool) (int, Reason, bool) {
	best, why := -1, Reason{}
	if normals && sinceAnyInsert(l.q) < 1 {
		return best, why, false
	}
	for i := range l.rules {
		r := &l.rules[i]
		i, ok := l.oldest(r.lane.number(), doctor, false)
		if !ok || r.maxWait <= 0 {
			continue
		}
		t := &l.q.Tickets[i]
		if waited := l.now.Sub(t.LaneSince); waited >= r.maxWait && (best < 0 || compareInsert(t, &l.q.Tickets[best]) < 0) {
			best, why = i, because(r.words.waited, "minutes", strconv.Itoa(int(waited.Minutes())))
		}
	}
	return best, why, best >= 0
}

// turn takes the oldest of a lane when no normal is left, when its turn has
// come, or when too many of it wait and a normal went since.
func (l *line) turn(r *laneRule, doctor string, normals bool) (int, Reason, bool) {
	lane := r.lane.number()
	if !normals {
		i, ok := l.oldest(lane, doctor, false)
		return i, because(r.words.only), ok
	}
	i, ok := l.oldest(lane, doctor, true)
	if !ok {
		return -1, Reason{}, false
	}
	if r.turn(l.q) {
		return i, because(r.words.due, "n", strconv.Itoa(r.passed(&l.q.Tickets[i], l.p))), true
	}
	waiting := len(l.waiting[lane])
	if r.burst > 0 && waiting >= r.burst && l.q.NormalsSinceInsert[r.lane] >= 1 {
		return i, because(r.words.burst, "waiting", strconv.Itoa(waiting)), true
	}
	return -1, Reason{}, false
}

// passed says how many normals went first, for the explanation.
func (r *laneRule) passed(t *Ticket, p *Policy) int {
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

// last takes those who go after everybody.
func (l *line) last(doctor string) (int, Reason, bool) {
	best := -1
	for _, of := range l.waiting {
		for _, i := range of {
			if t := &l.q.Tickets[i]; t.serves(doctor) && (best < 0 || compareInsert(t, &l.q.Tickets[best]) < 0) {
				best = i
			}
		}
	}
	switch {
	case best < 0:
		return -1, Reason{}, false
	case l.q.Tickets[best].Lane == LanePinned:
		return best, because(ReasonPinned), true
	}
	return best, because(ReasonMissedAtEnd, "misses", strconv.Itoa(l.q.Tickets[best].Misses)), true
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
