package forecast

import (
	"slices"
	"time"

	"github.com/houzhen/houzhen/queue"
)

// past is a session of one doctor that is over: its queue as it ended and the
// calls that led there, from which it can be told who was where at any instant.
type past struct {
	q       queue.Queue
	courses []course // by ticket
}

// course is one patient's way through a session.
type course struct {
	booked bool // the queue knew of him from its opening
	here   time.Time
	steps  []queue.Call // that changed where he was, oldest first
	calls  []time.Time  // when he was called, each turn's first
}

// pastOf orders the calls of a session that is over by patient.
func pastOf(q queue.Queue, calls []queue.Call) *past {
	p := &past{q: q, courses: make([]course, len(q.Tickets))}
	at := make(map[string]*course, len(q.Tickets))
	for i := range q.Tickets {
		at[q.Tickets[i].ID] = &p.courses[i]
	}
	for _, c := range calls {
		if x := at[c.TicketID]; x != nil {
			x.take(c)
		}
	}
	for i := range q.Tickets {
		t, x := &q.Tickets[i], &p.courses[i]
		if len(x.calls) == 0 && !t.StartedAt.IsZero() { // nobody pressed: he was called when he went in
			x.take(queue.Call{Verb: queue.VerbNext, At: t.StartedAt})
			x.take(queue.Call{Verb: queue.VerbStart, At: t.StartedAt})
		}
		x.booked = !t.WalkIn && t.Lane != queue.LaneEmergency
		x.here = arrived(t, x)
	}
	return p
}

func (x *course) take(c queue.Call) {
	switch c.Verb {
	case queue.VerbNext, queue.VerbCall:
		if n := len(x.steps); n == 0 || x.steps[n-1].Verb != queue.VerbNext {
			x.calls = append(x.calls, c.At)
		}
		c.Verb = queue.VerbNext
	case queue.VerbReady, queue.VerbStart, queue.VerbMiss, queue.VerbTests:
	default:
		return
	}
	x.steps = append(x.steps, c)
}

// arrived is when somebody came first. His ticket keeps the last time: of one
// who was sent to tests or missed a call it is the end of his way, or when he
// was asked to the door.
func arrived(t *queue.Ticket, x *course) time.Time {
	if len(x.steps) == 0 || t.CheckedInAt.IsZero() || !t.CheckedInAt.After(x.steps[0].At) {
		return t.CheckedInAt
	}
	first := x.steps[0].At
	if way := t.LeaveAdvisedAt.Add(time.Duration(t.TravelMinutes) * time.Minute); !t.LeaveAdvisedAt.IsZero() && way.Before(first) {
		return way
	}
	return first
}

// next is when somebody was called after an instant.
func (x *course) next(now time.Time) (time.Time, bool) {
	i, _ := slices.BinarySearchFunc(x.calls, now, func(at, now time.Time) int {
		if at.After(now) {
			return 1
		}
		return -1
	})
	if i == len(x.calls) {
		return time.Time{}, false
	}
	return x.calls[i], true
}

// asOf is the queue as it was at an instant, as far as it tells who is before
// whom. Turns of the insert lanes are not told apart.
func (p *past) asOf(now time.Time) queue.Queue {
	q := p.q
	q.Desk, q.PausedUntil, q.NormalsSinceInsert, q.Series, q.Recent = queue.DeskSeeing, time.Time{}, nil, nil, ""
	if q.StartedAt.IsZero() || q.StartedAt.After(now) {
		q.StartedAt, q.Desk = time.Time{}, queue.DeskIdle
	}
	q.Tickets = make([]queue.Ticket, 0, len(p.q.Tickets))
	for i := range p.q.Tickets {
		if t, known := p.courses[i].asOf(p.q.Tickets[i], now); known {
			q.Tickets = append(q.Tickets, t)
		}
	}
	return q
}

// asOf is a ticket as it was; false before anybody knew of it.
func (x *course) asOf(t queue.Ticket, now time.Time) (queue.Ticket, bool) {
	is := queue.Ticket{
		ID: t.ID, AppointmentID: t.AppointmentID, PatientID: t.PatientID, SessionID: t.SessionID, ZoneID: t.ZoneID, No: t.No,
		SliceStart: t.SliceStart, SliceEnd: t.SliceEnd, WalkIn: t.WalkIn, FirstVisit: t.FirstVisit, TravelMinutes: t.TravelMinutes, NoShow: t.NoShow,
		State: queue.NotCheckedIn, Lane: queue.LaneNormal,
	}
	if !t.LeaveAdvisedAt.After(now) {
		is.LeaveAdvisedAt = t.LeaveAdvisedAt
	}
	if !t.WaitAdvisedAt.After(now) {
		is.WaitAdvisedAt = t.WaitAdvisedAt
	}
	if !t.SetOutAt.After(now) {
		is.SetOutAt = t.SetOutAt
	}
	if x.here.IsZero() || x.here.After(now) {
		gone := t.State == queue.Dropped && !t.EndedAt.After(now)
		return is, x.booked && !gone
	}
	is.State, is.CheckedInAt, is.LaneSince = queue.Waiting, x.here, x.here
	if t.Returns == 0 && t.Misses == 0 {
		is.Lane, is.AtEnd = t.Lane, t.AtEnd
	}
	for _, c := range x.steps {
		if c.At.After(now) {
			return is, true
		}
		is = stepped(is, t, c, now)
	}
	if over := t.State == queue.Done || t.State == queue.Dropped; over && !t.EndedAt.After(now) {
		is.State, is.EndedAt = t.State, t.EndedAt
	}
	return is, true
}

// stepped is a ticket after one step, back on site if he was sent away by it
// and had come back by now.
func stepped(is, t queue.Ticket, c queue.Call, now time.Time) queue.Ticket {
	switch c.Verb {
	case queue.VerbReady:
		is.State, is.ReadyAt = queue.Ready, c.At
	case queue.VerbNext:
		is.State, is.LastCallAt = queue.Called, c.At
	case queue.VerbStart:
		is.State, is.StartedAt = queue.InConsult, c.At
	case queue.VerbTests:
		is.State, is.EndedAt = queue.OutForTests, c.At
	case queue.VerbMiss:
		is.State = queue.Missed
	}
	away := is.State == queue.OutForTests || is.State == queue.Missed
	if back := t.CheckedInAt; away && back.After(c.At) && !back.After(now) {
		lane := queue.LaneMissed
		if is.State == queue.OutForTests {
			lane = queue.LaneReturn
		}
		is.State, is.Lane, is.LaneSince, is.CheckedInAt = queue.Waiting, lane, back, back
		is.ReadyAt, is.LastCallAt, is.StartedAt, is.EndedAt = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	}
	return is
}

// relive forecasts everybody of a past session again and again, as they would
// have been forecast then, and scores what that came to: the queue's own order,
// those who never came, those on their way and those at tests are in it.
func (m *Model) relive(p *past, policy queue.Policy, from time.Time, every time.Duration) {
	var last time.Time
	index := make(map[string]*course, len(p.courses))
	for i := range p.courses {
		x := &p.courses[i]
		index[p.q.Tickets[i].ID] = x
		if n := len(x.calls); n > 0 && x.calls[n-1].After(last) {
			last = x.calls[n-1]
		}
	}
	for now := from; now.Before(last); now = now.Add(every) {
		q := p.asOf(now)
		forecasts := InOrder(q, policy, queue.Expected(q, policy, now), m, now)
		for i := range forecasts {
			if called, ok := index[forecasts[i].ID].next(now); ok {
				m.Score(&forecasts[i], called)
			}
		}
	}
}
