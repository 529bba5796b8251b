package queue

import (
	"slices"
	"time"
)

// line is a queue while picks are made: those who wait sorted once, lane by
// lane, so that a pick looks at the heads of the lanes and not at everybody.
// Numbers are indexes of the queue's tickets. Whoever makes one owns the queue:
// picks change it, and nothing else may while the line is in use.
type line struct {
	q     *Queue
	p     *Policy
	rules []laneRule
	now   time.Time

	waiting [laneCount][]int // by lane, first one first
	front   []int            // of them: who were at a door before, first one first
	door    []int            // who stand at a door, first one first
	spent   []int            // normals who may not be overtaken any more
	kept    []int            // who are away at our own word and may come any time
	lastAt  time.Time        // the latest that anybody came to a door
}

// Numbers of the lanes, in the order in which they are asked.
const (
	numberEmergency = iota
	numberPinned
	numberPriority
	numberReturn
	numberMissed
	numberLate
	numberDeferred
	numberNormal
	laneCount
)

// number gives a lane's place in the arrays above.
func (l Lane) number() int {
	switch l {
	case LaneEmergency:
		return numberEmergency
	case LanePinned:
		return numberPinned
	case LanePriority:
		return numberPriority
	case LaneReturn:
		return numberReturn
	case LaneMissed:
		return numberMissed
	case LaneLate:
		return numberLate
	case LaneDeferred:
		return numberDeferred
	case LaneNormal:
	}
	return numberNormal
}

func newLine(q *Queue, p *Policy, now time.Time) *line {
	l := &line{q: q, p: p, rules: p.inserts(), now: now}
	for i := range q.Tickets {
		t := &q.Tickets[i]
		switch t.State {
		case Waiting:
			n := t.Lane.number()
			l.waiting[n] = append(l.waiting[n], i)
			if !t.ReadyAt.IsZero() {
				l.front = append(l.front, i)
			}
			if onTime(t) && p.spent(t) {
				l.spent = append(l.spent, i)
			}
		case Ready:
			l.door = append(l.door, i)
			if t.ReadyAt.After(l.lastAt) {
				l.lastAt = t.ReadyAt
			}
		case NotCheckedIn:
			if !now.Before(t.SliceStart.Add(-EarliestEntry)) && KeptAway(*q, *t, *p, now) {
				l.kept = append(l.kept, i)
			}
		case Called, InConsult, Missed, OutForTests, Deferred, Suspended, Done, Dropped:
		}
	}
	for n := range l.waiting {
		if n == numberNormal {
			l.sort(l.waiting[n], p.compareNormal)
			continue
		}
		l.sort(l.waiting[n], compareInsert)
	}
	l.sort(l.front, compareReady)
	l.sort(l.door, compareReady)
	return l
}

func (l *line) sort(of []int, compare func(a, b *Ticket) int) {
	if len(of) > 1 {
		slices.SortStableFunc(of, func(a, b int) int { return compare(&l.q.Tickets[a], &l.q.Tickets[b]) })
	}
}

// first gives the first of a sorted list whom a doctor may see and who
// qualifies, -1 for none.
func (l *line) first(of []int, doctor string, is func(*Ticket) bool) int {
	for _, i := range of {
		if t := &l.q.Tickets[i]; t.serves(doctor) && (is == nil || is(t)) {
			return i
		}
	}
	return -1
}

// took takes one out of those who wait.
func (l *line) took(i int) {
	n := l.q.Tickets[i].Lane.number()
	l.waiting[n] = without(l.waiting[n], i)
	l.front = without(l.front, i)
	l.spent = without(l.spent, i)
}

// without takes one number out of a list; mostly it is the first.
func without(list []int, i int) []int {
	switch at := slices.Index(list, i); {
	case at < 0:
		return list
	case at == 0:
		return list[1:]
	default:
		return slices.Delete(list, at, at+1)
	}
}

// bring moves the next one to a desk's door and counts him; false when nobody
// waits for it.
func (l *line) bring(desk Desk) (i int, pick Pick, ok bool) {
	i, why, ok := l.choose(desk.DoctorID)
	if !ok {
		return -1, Pick{}, false
	}
	t := &l.q.Tickets[i]
	l.took(i)
	again := !t.ReadyAt.IsZero() // he was counted when he first came to a door
	if t.Lane == LaneEmergency {
		t.ReadyAt = beforeReady(l.q, l.now)
	} else {
		t.ReadyAt = l.now
		if !l.lastAt.Before(l.now) { // strictly rising, so that it alone orders the head
			t.ReadyAt = l.lastAt.Add(time.Microsecond)
		}
		t.DoctorID, t.RoomID = desk.DoctorID, desk.RoomID
	}
	if t.ReadyAt.After(l.lastAt) {
		l.lastAt = t.ReadyAt
	}
	t.State = Ready
	if !again {
		l.account(i, desk.DoctorID)
	}
	return i, Pick{t.ID, why}, true
}

// account counts a pick for the lanes, for those who let others pass, and for
// those who are overtaken.
func (l *line) account(i int, doctor string) {
	t := &l.q.Tickets[i]
	switch {
	case t.Lane == LaneNormal:
		l.q.passNormal(l.rules)
		l.q.recall('n')
		l.pass(numberPriority, numberNormal)
	case inserted(t.Lane):
		l.q.maps()
		l.q.NormalsSinceInsert[t.Lane] = 0
		l.q.Series[t.Lane]++
		l.q.recall('i')
	}
	if t.Lane != LaneEmergency {
		l.pass(numberPinned, numberPriority)
	}
	if t.Lane == LaneNormal {
		return // he overtakes nobody
	}
	for _, j := range l.waiting[numberNormal] {
		l.overtake(t, j, doctor)
	}
	if t.Lane == LaneEmergency {
		for _, j := range l.door {
			l.overtake(t, j, doctor)
		}
	}
}

// pass counts one more who went first for those of some lanes who let others
// pass.
func (l *line) pass(from, to int) {
	for n := from; n < to; n++ {
		for _, j := range l.waiting[n] {
			if x := &l.q.Tickets[j]; x.SkipNormals > 0 {
				x.SkipNormals--
			}
		}
	}
}

// overtake counts that y went before somebody, if he did.
func (l *line) overtake(y *Ticket, j int, doctor string) {
	x := &l.q.Tickets[j]
	if !x.serves(doctor) || !overtakes(y, x, l.now) {
		return
	}
	was := l.p.spent(x)
	x.Overtaken++
	if !was && x.State == Waiting && l.p.spent(x) {
		l.spent = append(l.spent, j)
	}
}

// barred reports whether y may not go now because somebody on time has been
// overtaken enough. Only an emergency and a nurse's pin, which says why, go
// beyond that bound.
func (l *line) barred(y *Ticket, doctor string) bool {
	for _, j := range l.spent {
		if x := &l.q.Tickets[j]; x.serves(doctor) && overtakes(y, x, l.now) {
			return true
		}
	}
	return false
}
