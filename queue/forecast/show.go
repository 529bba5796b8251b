package forecast

import (
	"time"

	"github.com/houzhen/houzhen/queue"
)

// absence is the prior chance that a booked patient never comes.
const absence = 0.2

// follows is the share of those who were told when to leave that do so at once;
// the others come later, spread as those are who are late for their slice.
const follows = 0.9

// What word from the patient says. turnsBack is the chance that somebody who
// said that he is on his way does not come after all. Whoever has not said so
// saysWithin minutes after he was told to leave will not; of those who come
// the share that says so is learned, as saysWeight who did not at first, so
// that silence means nothing where nobody knows the button.
const (
	turnsBack  = 0.01
	saysWithin = 3.0
	saysWeight = 10
)

// likeliestAbsent bounds what is believed of a patient before the day: he may
// come after all.
const likeliestAbsent = 0.95

// shows is the chance that a booked patient who is not here still comes. What
// was foretold of him, or else the prior, is changed by Bayes' rule. Of one who
// was told to leave, the time since then says something: he needs his way, and
// most say that they are on it. Of one who is to stay at home until he is told,
// it says nothing that he is not here. Of anybody else his slice's end takes the
// place of the appointed minute: until then he is not late.
func (m *Model) shows(t *queue.Ticket, now time.Time) float64 {
	away, notYet := absence, 1.0
	if t.NoShow > 0 {
		away = min(t.NoShow, likeliestAbsent)
	}
	switch {
	case t.TravelMinutes > 0 && t.LeaveAdvisedAt.IsZero():
	case t.TravelMinutes > 0:
		way := Travel{Mean: time.Duration(t.TravelMinutes) * time.Minute}
		since := now.Sub(t.SetOff())
		notYet = follows*way.longer(since) + (1-follows)*upper(((since-way.Mean).Minutes()-5)/15)
		if t.SetOutAt.IsZero() {
			notYet *= 1 - m.says.mean*min(max(since.Minutes()/saysWithin, 0), 1)
		} else {
			away = turnsBack
		}
	default:
		x := now.Sub(t.SliceEnd).Minutes()
		notYet = 0.9*upper((x+12)/10) + 0.1*upper((x-5)/15)
	}
	return 1 - away/(away+(1-away)*notYet)
}

// learnSaying takes in which of those who were told to leave, and came, had
// said that they were on their way.
func (m *Model) learnSaying(q *queue.Queue) {
	for i := range q.Tickets {
		t := &q.Tickets[i]
		if t.LeaveAdvisedAt.IsZero() || t.CheckedInAt.IsZero() {
			continue
		}
		said := 0.0
		if !t.SetOutAt.IsZero() {
			said = 1
		}
		m.says.add(said, shortMemory)
	}
}
