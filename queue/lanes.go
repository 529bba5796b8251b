package queue

import (
	"slices"
	"strings"
	"time"
)

// laneRule is one insert lane: when its turn comes between the normals, and
// how the pick is explained. The order of the rules is their precedence.
type laneRule struct {
	lane     Lane
	first    int // normals before the first of the lane
	interval int // normals between two turns of it
	series   int // how many may go in one turn
	burst    int // so many waiting: one after every normal; 0 never
	maxWait  time.Duration
	words    laneWords
}

// laneWords are the codes of the reasons for which somebody of a lane goes.
type laneWords struct {
	due    string // its turn has come; n
	burst  string // too many wait; waiting
	waited string // he waited too long; minutes
	only   string // no normal is left
}

// inserts lists the insert lanes in their fixed precedence (domain rule §3.3).
func (p *Policy) inserts() []laneRule {
	wait := func(own time.Duration) time.Duration {
		if own > 0 {
			return own
		}
		return p.LaneMaxWait
	}
	return []laneRule{
		{
			LanePriority, p.PriorityFirst, p.PriorityInterval, p.PrioritySeries, 0, p.LaneMaxWait,
			laneWords{ReasonPriorityTurn, ReasonPriorityTurn, ReasonPriorityWaited, ReasonOnlyPriorityLeft},
		},
		{
			LaneReturn, p.ReturnInterval, p.ReturnInterval, 1, p.ReturnBurst, wait(p.ReturnMaxWait),
			laneWords{ReasonReturnTurn, ReasonReturnBurst, ReasonReturnWaited, ReasonOnlyReturnLeft},
		},
		{
			LaneMissed, p.MissedInterval, p.MissedInterval, 1, 0, p.LaneMaxWait,
			laneWords{ReasonMissedAfter, ReasonMissedAfter, ReasonMissedWaited, ReasonOnlyMissedLeft},
		},
		{
			LaneLate, p.LateInterval, p.LateInterval, 1, 0, p.LaneMaxWait,
			laneWords{ReasonLateInterval, ReasonLateInterval, ReasonLateWaited, ReasonOnlyLateLeft},
		},
		{
			LaneDeferred, p.DeferredInterval, p.DeferredInterval, 1, 0, p.LaneMaxWait,
			laneWords{ReasonDeferredTurn, ReasonDeferredTurn, ReasonDeferredWaited, ReasonOnlyDeferredLeft},
		},
	}
}

// inserted reports whether a lane is let in between the normals.
func inserted(l Lane) bool {
	return slices.Contains([]Lane{LanePriority, LaneReturn, LaneMissed, LaneLate, LaneDeferred}, l)
}

// turn reports whether enough normals went since the lane's last turn, or
// whether this turn has room for another.
func (r *laneRule) turn(q *Queue) bool {
	n := q.NormalsSinceInsert[r.lane]
	series, ever := q.Series[r.lane]
	switch {
	case !ever:
		return n >= r.first
	case series > 0 && series < r.series && n == 0:
		return true
	}
	return n >= r.interval
}

// recentPicks is over how many picks the share of the inserted is counted.
const recentPicks = 10

// crowded reports whether so many were inserted lately that the normals come
// first for once.
func (q *Queue) crowded(share float64) bool {
	if share >= 1 || len(q.Recent) == 0 {
		return false
	}
	return float64(strings.Count(q.Recent, "i")) >= share*float64(len(q.Recent))
}

// due is from when on a normal patient may expect to be called: his slice has
// begun and he is here.
func due(t *Ticket) time.Time {
	if t.LaneSince.After(t.SliceStart) {
		return t.LaneSince
	}
	return t.SliceStart
}

// onTime reports whether a waiting patient has a claim not to be overtaken.
func onTime(t *Ticket) bool {
	return t.Lane == LaneNormal && !t.AtEnd && (t.State == Waiting || t.State == Ready)
}

// overtakes reports whether y, who goes to the door at an instant, passes x:
// x was due by then, and y joined his lane after that.
func overtakes(y, x *Ticket, at time.Time) bool {
	return y.ID != x.ID && y.Lane != LaneNormal && onTime(x) && !due(x).After(at) && due(x).Before(y.LaneSince)
}

// spent reports whether x has been overtaken as often, or for as long, as the
// policy allows.
func (p *Policy) spent(x *Ticket) bool {
	return p.OvertakeTimes > 0 && x.Overtaken >= p.OvertakeTimes || p.OvertakeFor > 0 && x.OvertakenFor >= p.OvertakeFor
}

// serves reports whether a doctor may see the patient; "" is any.
func (t *Ticket) serves(doctor string) bool {
	return doctor == "" || t.AssignedDoctorID == "" || t.AssignedDoctorID == doctor
}

// passNormal counts one more normal for every insert lane.
func (q *Queue) passNormal(rules []laneRule) {
	q.maps()
	for i := range rules {
		r := &rules[i]
		q.NormalsSinceInsert[r.lane]++
		if q.NormalsSinceInsert[r.lane] >= r.interval && q.Series[r.lane] > 0 {
			q.Series[r.lane] = 0
		}
	}
}

// recall notes a pick among the recent ones.
func (q *Queue) recall(kind byte) {
	q.Recent += string(kind)
	q.Recent = q.Recent[max(len(q.Recent)-recentPicks, 0):]
}

func (q *Queue) maps() {
	if q.NormalsSinceInsert == nil {
		q.NormalsSinceInsert = map[Lane]int{}
	}
	if q.Series == nil {
		q.Series = map[Lane]int{}
	}
}

// delayed adds the length of a consultation that is over to all whom that
// patient had overtaken and who still wait.
func (q *Queue) delayed(y *Ticket) {
	length := y.EndedAt.Sub(y.StartedAt) / time.Duration(max(len(q.Desks), 1))
	for i := range q.Tickets {
		x := &q.Tickets[i]
		if overtakes(y, x, y.ReadyAt) && (x.ReadyAt.IsZero() || x.ReadyAt.After(y.ReadyAt)) {
			x.OvertakenFor += length
		}
	}
}

// Wake brings back those who were to go later and whose time has come: a
// patient who was with another doctor to the front, others into their lane.
func Wake(q Queue, now time.Time) (woken Queue, ids []string) {
	for i := range q.Tickets {
		t := q.Tickets[i]
		if t.State != Deferred || t.NotBefore.After(now) {
			continue
		}
		if len(ids) == 0 {
			q.Tickets = slices.Clone(q.Tickets)
		}
		ids = append(ids, t.ID)
		q.Tickets[i] = awake(t)
	}
	return q, ids
}

func awake(t Ticket) Ticket {
	t.State = Waiting
	if t.ReadyAt.IsZero() && t.Lane != LaneEmergency && t.Lane != LanePinned {
		t.Lane, t.LaneSince = LaneDeferred, t.NotBefore
	}
	t.NotBefore = time.Time{}
	return t
}
