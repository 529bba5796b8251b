package queue

import (
	"maps"
	"slices"
	"strconv"
	"time"
)

// Next says who is to be called now, and why: the first of the frozen head,
// otherwise whom Fill would bring to the door first.
func Next(q Queue, p Policy, now time.Time) (ticketID string, why Reason, ok bool) {
	if i := firstReady(q); i >= 0 {
		t := q.Tickets[i]
		return t.ID, because(ReasonReadyFirst, "lane", string(t.Lane)), true
	}
	i, why, ok := choose(q, p.inserts(), p, now)
	if !ok {
		return "", Reason{}, false
	}
	return q.Tickets[i].ID, why, true
}

// firstReady gives the index of the head of those at the door, -1 for none.
func firstReady(q Queue) int {
	return first(q, compareReady, func(t *Ticket) bool { return t.State == Ready })
}

// choose picks who goes to the door next: an insert lane whose turn has come,
// in the order of the rules, otherwise the first normal.
func choose(q Queue, rules []laneRule, p Policy, now time.Time) (int, Reason, bool) {
	normal := first(q, compareNormal, func(t *Ticket) bool { return t.State == Waiting && t.Lane == LaneNormal })
	for _, r := range rules {
		if i, why, ok := r.choose(q, p, normal >= 0, now); ok {
			return i, why, true
		}
	}
	if normal >= 0 {
		if q.Tickets[normal].AtEnd {
			return normal, because(ReasonLateEndOfSlice), true
		}
		return normal, because(ReasonInOrder), true
	}
	return chooseLast(q)
}

// choose takes the oldest of the lane when enough normals went since its last,
// when he waited too long and a normal went since anybody's insertion, or when
// no normal is left.
func (r laneRule) choose(q Queue, p Policy, normals bool, now time.Time) (int, Reason, bool) {
	inLane := func(t *Ticket) bool { return t.State == Waiting && t.Lane == r.lane && !t.AtEnd }
	if !normals {
		i := first(q, compareInsert, inLane)
		return i, because(r.only), i >= 0
	}
	oldest := first(q, compareInsert, inLane)
	if oldest < 0 {
		return -1, Reason{}, false
	}
	due := first(q, compareInsert, func(t *Ticket) bool { return inLane(t) && t.SkipNormals == 0 })
	if due >= 0 && q.NormalsSinceInsert[r.lane] >= r.interval {
		return due, because(r.due, "n", strconv.Itoa(r.passed(q.Tickets[due], p))), true
	}
	waited := now.Sub(q.Tickets[oldest].LaneSince)
	if p.LaneMaxWait > 0 && waited >= p.LaneMaxWait && sinceAnyInsert(q) >= 1 {
		return oldest, because(r.waited, "minutes", strconv.Itoa(int(waited.Minutes()))), true
	}
	return -1, Reason{}, false
}

// passed says how many normals went first, for the explanation.
func (r laneRule) passed(t Ticket, p Policy) int {
	if r.lane != LaneMissed {
		return r.interval
	}
	skip, _ := p.reinsertion(t.Misses)
	return max(skip, r.interval)
}

// sinceAnyInsert counts the normals since anybody was inserted.
func sinceAnyInsert(q Queue) int {
	least := -1
	for _, n := range q.NormalsSinceInsert {
		if least < 0 || n < least {
			least = n
		}
	}
	return max(least, 0)
}

// chooseLast takes those who go after everybody.
func chooseLast(q Queue) (int, Reason, bool) {
	i := first(q, compareInsert, func(t *Ticket) bool { return t.State == Waiting })
	if i < 0 {
		return -1, Reason{}, false
	}
	return i, because(ReasonMissedAtEnd, "misses", strconv.Itoa(q.Tickets[i].Misses)), true
}

// first gives the index of the least ticket that qualifies, -1 for none.
func first(q Queue, compare func(a, b *Ticket) int, is func(*Ticket) bool) int {
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
	return q
}
