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
// stand there, and the picks it made. Those already at the door stay: the head
// is frozen. Nobody is asked before the doctor has started, so that early
// arrival gains nothing, and nobody after he has ended.
func Fill(q Queue, p Policy, now time.Time) (Queue, []Pick) {
	if q.StartedAt.IsZero() || q.Desk == DeskEnded {
		return q, nil
	}
	q = q.clone()
	var picks []Pick
	for at := count(q, Ready); at < p.ReadySize; at++ {
		pick, ok := fillOne(&q, p.inserts(), p, now)
		if !ok {
			break
		}
		picks = append(picks, pick)
	}
	return q, picks
}

// fillOne moves the next one to the door and counts him.
func fillOne(q *Queue, rules []laneRule, p Policy, now time.Time) (Pick, bool) {
	i, why, ok := choose(*q, rules, p, now)
	if !ok {
		return Pick{}, false
	}
	t := &q.Tickets[i]
	t.State, t.ReadyAt = Ready, afterReady(*q, now)
	if t.Lane == LaneNormal {
		passNormal(q, rules)
	} else {
		q.NormalsSinceInsert = counters(*q)
		q.NormalsSinceInsert[t.Lane] = 0
	}
	return Pick{t.ID, why}, true
}

// passNormal counts one more normal for every insert lane and for every missed
// patient who lets normals pass.
func passNormal(q *Queue, rules []laneRule) {
	q.NormalsSinceInsert = counters(*q)
	for _, r := range rules {
		q.NormalsSinceInsert[r.lane]++
	}
	for i := range q.Tickets {
		if t := &q.Tickets[i]; t.State == Waiting && t.SkipNormals > 0 {
			t.SkipNormals--
		}
	}
}

func counters(q Queue) map[Lane]int {
	if q.NormalsSinceInsert == nil {
		return map[Lane]int{}
	}
	return q.NormalsSinceInsert
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
