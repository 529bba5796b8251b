package forecast

import (
	"time"

	"github.com/houzhen/houzhen/queue"
)

// absence is the prior chance that a booked patient never comes.
const absence = 0.2

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
// it says nothing that he is not here.
func (m *Model) shows(t *queue.Ticket, now time.Time) float64 {
	away, notYet := absence, 1.0
	if t.NoShow > 0 {
		away = min(t.NoShow, likeliestAbsent)
	}
	if comes := arrivalOf(t, now); comes.set {
		notYet = comes.gone
	}
	if t.TravelMinutes > 0 && !t.LeaveAdvisedAt.IsZero() {
		if t.SetOutAt.IsZero() {
			notYet *= 1 - m.says.mean*min(max(now.Sub(t.SetOff()).Minutes()/saysWithin, 0), 1)
		} else {
			away = turnsBack
		}
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
