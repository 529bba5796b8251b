package forecast

import (
	"time"

	"github.com/houzhen/houzhen/queue"
)

// What is assumed where nothing is measured, in seconds.
const (
	gapMean       = 30  // between two patients: mostly none, now and then a break,
	gapSD         = 240 // so it spreads widely (3,153 measured ones: 38 s, 245 s)
	lateMean      = 120 // of a doctor who has not started
	lateSD        = 300 //
	pauseMean     = 600 // of a pause without an end
	pauseSD       = 600 //
	pauseSlackSD  = 180 // of a pause with one
	earliestEntry = 10 * time.Minute
)

// Range is when a patient will be called: 10 %, 50 % and 90 % points.
type Range struct{ Low, Mid, High time.Time }

// Person is one who will be called, in the order of calling.
type Person struct {
	ID        string
	Show      float64   // chance that he comes; 1 for one who is here
	NotBefore time.Time // zero for one who is here
}

// Desk is what is known of the doctor.
type Desk struct {
	Free    moments // until the desk is free for the first in the line
	Pace    Pace
	Doctors int // how many see patients of this queue at the same time
}

// Of forecasts every patient who waits or is expected, by ticket id.
func Of(q queue.Queue, p queue.Policy, pace Pace, now time.Time) map[string]Range {
	if q.Desk == queue.DeskEnded {
		return nil
	}
	order := queue.Expected(q, p, now)
	tickets := make(map[string]*queue.Ticket, len(q.Tickets))
	for i := range q.Tickets {
		tickets[q.Tickets[i].ID] = &q.Tickets[i]
	}
	line := make([]Person, len(order))
	for i, pick := range order {
		line[i] = person(tickets[pick.TicketID], now)
	}
	ranges := make(map[string]Range, len(line))
	for i, r := range Calls(line, DeskOf(q, pace, now), now) {
		ranges[line[i].ID] = r
	}
	return ranges
}

func person(t *queue.Ticket, now time.Time) Person {
	if t.State != queue.NotCheckedIn {
		return Person{ID: t.ID, Show: 1}
	}
	return Person{ID: t.ID, Show: showProbability(t, now), NotBefore: t.SliceStart.Add(-earliestEntry)}
}

// DeskOf says when the doctor will be free: after the patient in the room,
// after his pause, or after he has come at all.
func DeskOf(q queue.Queue, pace Pace, now time.Time) Desk {
	d := Desk{Pace: pace, Doctors: doctors(q)}
	share := 1 / float64(d.Doctors)
	if q.StartedAt.IsZero() {
		d.Free = lateness(now.Sub(q.Start).Seconds())
	}
	for i := range q.Tickets {
		if since, ok := since(&q.Tickets[i]); ok {
			rest := remainder(pace.Mean.Seconds(), now.Sub(since).Seconds())
			d.Free = moments{d.Free.mean + rest.mean*share, d.Free.variance + rest.variance*share*share}
		}
	}
	if q.Desk != queue.DeskPaused {
		return d
	}
	pause := moments{pauseMean, pauseSD * pauseSD}
	if left := q.PausedUntil.Sub(now).Seconds(); !q.PausedUntil.IsZero() {
		pause = moments{max(left, pauseSlackSD/2), pauseSlackSD * pauseSlackSD}
	}
	if pause.mean > d.Free.mean {
		d.Free = pause
	}
	return d
}

// doctors counts those who have a patient, at least one.
func doctors(q queue.Queue) int {
	seen := map[string]bool{}
	for i := range q.Tickets {
		if _, ok := since(&q.Tickets[i]); ok {
			seen[q.Tickets[i].DoctorID] = true
		}
	}
	return max(len(seen), 1)
}

// since says from when the patient with the doctor takes his time.
func since(t *queue.Ticket) (time.Time, bool) {
	switch t.State {
	case queue.InConsult:
		return t.StartedAt, true
	case queue.Called:
		return t.LastCallAt, true
	default:
		return time.Time{}, false
	}
}

// Calls forecasts each of a line.
func Calls(line []Person, d Desk, now time.Time) []Range {
	ranges := make([]Range, len(line))
	for i, self := range line {
		p10, p50, p90 := d.until(line[:i], self, now).percentiles()
		ranges[i] = Range{
			Low:  notBefore(now.Add(seconds(p10)), self.NotBefore),
			Mid:  notBefore(now.Add(seconds(p50)), self.NotBefore),
			High: notBefore(now.Add(seconds(p90)), self.NotBefore),
		}
	}
	return ranges
}

// until adds up what goes before one person. A doctor does not wait for one
// who is not yet due while somebody is here.
func (d Desk) until(ahead []Person, self Person, now time.Time) moments {
	share := 1 / float64(d.Doctors)
	mean := d.Pace.Mean.Seconds() * share
	one := moments{mean + gapMean*share, mean*mean*variation*variation + gapSD*gapSD*share*share}
	at, work := d.Free, 0.0
	for _, other := range ahead {
		if idle := other.NotBefore.Sub(now).Seconds() - at.mean; !other.NotBefore.IsZero() && idle > 0 {
			if self.NotBefore.IsZero() {
				continue
			}
			at.mean += other.Show * idle
		}
		at.mean += other.Show * one.mean
		at.variance += other.Show*(one.variance+one.mean*one.mean) - other.Show*other.Show*one.mean*one.mean
		work += other.Show * mean
	}
	doubt := work * d.Pace.Doubt
	at.variance += doubt * doubt
	return at
}

func notBefore(t, earliest time.Time) time.Time {
	if t.Before(earliest) {
		return earliest
	}
	return t
}
