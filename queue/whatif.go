package queue

import (
	"cmp"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
)

// Result is how a session went, or would have gone, under a policy. Waits are
// counted from when a patient could expect to be called: his slice had begun
// and he was here.
type Result struct {
	Seen       int           // patients who were called and came
	Wait       time.Duration // mean
	WaitP90    time.Duration
	WaitMost   time.Duration
	Returns    int           // calls of patients who were back from tests
	ReturnWait time.Duration // mean, from their return
	Overtaken  int           // the most that anybody on time was
	Mean       float64       // how often somebody on time was overtaken
	Idle       time.Duration // of the doctors, between the first call and the last
	End        time.Time     // of the last consultation
}

// talk is one consultation as it really was.
type talk struct {
	length time.Duration
	tests  bool
	back   time.Duration // after its end; negative: never
}

// absence is one call that nobody answered.
type absence struct {
	length time.Duration // until he was marked missed
	back   time.Duration // after that; negative: never
}

// script is what a patient did, whatever the order was.
type script struct {
	ticket   Ticket
	arrives  time.Time
	gone     time.Time // left while waiting
	lane     Lane      // priority or emergency, and from when
	laneAt   time.Time
	talks    []talk
	absences []absence
}

// day is everything about a session that does not depend on the order.
type day struct {
	scripts map[string]*script
	doctors []time.Time // when each began to call
	pauses  [][2]time.Time
	head    Queue
}

// WhatIf runs the arrivals, absences, consultations, tests and pauses of a
// past session again under another policy. What the order decides is decided
// anew; what people did stays as it was. A doctor calls as soon as he is free,
// so breaths that he took between patients are left out on both sides of a
// comparison that runs the session's own policy too. Actions of staff that change one
// place (a pin, a move) are left out: they answered another order.
// CodeState: nobody was called in that session.
func WhatIf(log []Entry, p Policy) (Result, error) {
	d := read(log)
	if len(d.doctors) == 0 {
		return Result{}, houzhen.E(houzhen.CodeState, "nobody was called in that session")
	}
	return newRun(d, p).all(), nil
}

// read takes from a log what people did.
func read(log []Entry) day {
	d := day{scripts: map[string]*script{}}
	was := map[string]Ticket{}
	calls := map[string]time.Time{}
	paused := map[string]time.Time{}
	for _, e := range log {
		d.head = e.Change.Head
		d.note(e, paused)
		for _, t := range e.Change.Tickets {
			old := was[t.ID]
			d.step(old, t, e.At)
			if _, known := calls[t.DoctorID]; t.State == Called && !known {
				calls[t.DoctorID] = e.At
			}
			was[t.ID] = t
		}
	}
	for _, at := range calls {
		d.doctors = append(d.doctors, at)
	}
	slices.SortFunc(d.doctors, time.Time.Compare)
	d.head.Tickets = nil
	return d
}

// note keeps when the only doctor was away.
func (d *day) note(e Entry, paused map[string]time.Time) {
	const all = ""
	since, away := paused[all]
	switch is := e.Change.Head.Desk == DeskPaused; {
	case is && !away:
		paused[all] = e.At
	case !is && away:
		d.pauses = append(d.pauses, [2]time.Time{since, e.At})
		delete(paused, all)
	}
}

// step reads one change of one ticket.
func (d *day) step(old, t Ticket, at time.Time) {
	s := d.scripts[t.ID]
	if s == nil {
		s = &script{}
		d.scripts[t.ID] = s
	}
	s.ticket = t
	if (old.State == "" || old.State == NotCheckedIn) && (t.State == Waiting || t.State == Ready) && s.arrives.IsZero() {
		s.arrives = at
	}
	if (t.Lane == LanePriority || t.Lane == LaneEmergency) && s.lane != t.Lane {
		s.lane, s.laneAt = t.Lane, at
	}
	switch {
	case t.State == Missed && old.State != Missed:
		s.absences = append(s.absences, absence{at.Sub(t.CalledAt), -1})
	case old.State == Missed && (t.State == Waiting || t.State == Ready):
		s.absences[len(s.absences)-1].back = at.Sub(old.LaneSince)
	case t.State == OutForTests && old.State != OutForTests, t.State == Done && old.State != Done:
		s.talks = append(s.talks, talk{t.EndedAt.Sub(t.StartedAt), t.State == OutForTests, -1})
	case old.State == OutForTests && (t.State == Waiting || t.State == Ready):
		s.talks[len(s.talks)-1].back = at.Sub(old.EndedAt)
	case t.State == Dropped && (old.State == Waiting || old.State == Ready || old.State == Deferred || old.State == Suspended):
		s.gone = at
	}
}

// happening is something that a patient does at an instant.
type happening struct {
	at time.Time
	id string
	do func(*run, *Ticket, time.Time)
}

// run is a session that is lived through again.
type run struct {
	d       day
	p       Policy
	q       Queue
	coming  []happening
	free    []time.Time // of each doctor
	waits   []time.Duration
	returns []time.Duration
	talked  map[string]int
	absent  map[string]int
	r       Result
}

func newRun(d day, p Policy) *run {
	x := &run{d: d, p: p, q: d.head, free: slices.Clone(d.doctors), talked: map[string]int{}, absent: map[string]int{}}
	x.q.Desk, x.q.Desks, x.q.NormalsSinceInsert, x.q.Series, x.q.Recent = DeskSeeing, nil, nil, nil, ""
	x.q.StartedAt = d.doctors[0]
	for id, s := range d.scripts {
		t := Ticket{
			ID: id, No: s.ticket.No, Label: s.ticket.Label, SliceStart: s.ticket.SliceStart, SliceEnd: s.ticket.SliceEnd,
			WalkIn: s.ticket.WalkIn, State: NotCheckedIn, Lane: LaneNormal,
		}
		x.q.Tickets = append(x.q.Tickets, t)
		if s.arrives.IsZero() {
			continue
		}
		x.plan(s.arrives, id, (*run).arrive)
		if s.lane != "" {
			x.plan(s.laneAt, id, (*run).favour)
		}
		if !s.gone.IsZero() {
			x.plan(s.gone, id, (*run).leave)
		}
	}
	slices.SortFunc(x.q.Tickets, func(a, b Ticket) int { return cmp.Or(cmp.Compare(a.No, b.No), cmp.Compare(a.ID, b.ID)) })
	return x
}

// plan lets something happen at an instant.
func (x *run) plan(at time.Time, id string, do func(*run, *Ticket, time.Time)) {
	x.coming = append(x.coming, happening{at, id, do})
	slices.SortStableFunc(x.coming, func(a, b happening) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.id, b.id)) })
}

func (x *run) arrive(t *Ticket, now time.Time) {
	*t = place(x.q, *t, x.p, now)
	t.State, t.CheckedInAt = Waiting, now
}

func (x *run) favour(t *Ticket, now time.Time) {
	if t.State == Waiting {
		t.Lane, t.LaneSince, t.AtEnd, t.SkipNormals = x.d.scripts[t.ID].lane, now, false, 0
	}
}

func (x *run) leave(t *Ticket, _ time.Time) {
	if t.State == Waiting || t.State == Ready {
		t.State = Dropped
	}
}

// again is a return from tests, or of a missed patient.
func (x *run) again(t *Ticket, now time.Time) {
	c := &change{now: now, p: x.p, q: x.q}
	if t.State == Missed {
		c.comeBack(t)
		return
	}
	t.State, t.Lane, t.LaneSince, t.CheckedInAt = Waiting, LaneReturn, now, now
	t.uncall()
}

// happen lets everything up to an instant happen.
func (x *run) happen(until time.Time) {
	for len(x.coming) > 0 && !x.coming[0].at.After(until) {
		h := x.coming[0]
		x.coming = x.coming[1:]
		i := slices.IndexFunc(x.q.Tickets, func(t Ticket) bool { return t.ID == h.id })
		h.do(x, &x.q.Tickets[i], h.at)
	}
}

// all lives through the session.
func (x *run) all() Result {
	for {
		doctor := 0
		for i := range x.free {
			if x.free[i].Before(x.free[doctor]) {
				doctor = i
			}
		}
		now := x.back(x.free[doctor])
		x.happen(now)
		x.q, _ = Fill(x.q, x.p, now)
		if i := firstReady(&x.q, ""); i >= 0 {
			x.free[doctor] = x.see(i, now)
			continue
		}
		if len(x.coming) == 0 {
			return x.sum()
		}
		next := x.coming[0].at
		if next.After(now) {
			x.r.Idle += next.Sub(now)
			now = next
		}
		x.free[doctor] = now
		x.happen(now)
	}
}

// back gives when a doctor who is free at an instant is at his desk.
func (x *run) back(at time.Time) time.Time {
	for _, p := range x.d.pauses {
		if !at.Before(p[0]) && at.Before(p[1]) {
			return p[1]
		}
	}
	return at
}

// see calls a patient and gives when the doctor is free again.
func (x *run) see(i int, now time.Time) time.Time {
	t, s := &x.q.Tickets[i], x.d.scripts[x.q.Tickets[i].ID]
	if n := x.absent[t.ID]; n < len(s.absences) && x.talked[t.ID] == 0 {
		x.absent[t.ID]++
		a := s.absences[n]
		end := now.Add(a.length)
		t.State, t.Lane, t.LaneSince, t.Misses = Missed, LaneMissed, end, t.Misses+1
		t.uncall()
		if a.back >= 0 {
			x.plan(end.Add(a.back), t.ID, (*run).again)
		}
		return end
	}
	if t.Lane == LaneReturn {
		x.returns = append(x.returns, now.Sub(t.LaneSince))
	} else {
		from := t.SliceStart
		if s.arrives.After(from) {
			from = s.arrives
		}
		x.waits = append(x.waits, max(now.Sub(from), 0))
	}
	var held talk
	if n := x.talked[t.ID]; n < len(s.talks) {
		held = s.talks[n]
	}
	x.talked[t.ID]++
	t.StartedAt, t.EndedAt = now, now.Add(held.length)
	t.State = Done
	if held.tests {
		t.State = OutForTests
	}
	x.q.delayed(t)
	if held.tests && held.back >= 0 {
		x.plan(t.EndedAt.Add(held.back), t.ID, (*run).again)
	}
	if t.EndedAt.After(x.r.End) {
		x.r.End = t.EndedAt
	}
	return t.EndedAt
}

func (x *run) sum() Result {
	r := x.r
	r.Seen, r.Returns = len(x.waits), len(x.returns)
	slices.Sort(x.waits)
	r.Wait, r.ReturnWait = mean(x.waits), mean(x.returns)
	if n := len(x.waits); n > 0 {
		r.WaitP90, r.WaitMost = x.waits[(n*9)/10], x.waits[n-1]
	}
	onTime := 0
	for _, t := range x.q.Tickets {
		if t.State != NotCheckedIn && !t.WalkIn {
			onTime++
			r.Mean += float64(t.Overtaken)
			r.Overtaken = max(r.Overtaken, t.Overtaken)
		}
	}
	r.Mean /= float64(max(onTime, 1))
	return r
}

func mean(all []time.Duration) time.Duration {
	var sum time.Duration
	for _, d := range all {
		sum += d
	}
	return sum / time.Duration(max(len(all), 1))
}
