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

// showProbability is the chance that a booked patient who is not here still
// comes. Of one who was told to leave, the time since then says something: he
// needs his way. Of one who is to stay at home until he is told, it says
// nothing that he is not here. Of anybody else his slice's end takes the place
// of the appointed minute: until then he is not late.
func showProbability(t *queue.Ticket, now time.Time) float64 {
	notYet := 1.0
	switch {
	case t.TravelMinutes > 0 && t.LeaveAdvisedAt.IsZero():
	case t.TravelMinutes > 0:
		way := Travel{Mean: time.Duration(t.TravelMinutes) * time.Minute}
		since := now.Sub(t.LeaveAdvisedAt)
		notYet = follows*way.longer(since) + (1-follows)*upper(((since-way.Mean).Minutes()-5)/15)
	default:
		x := now.Sub(t.SliceEnd).Minutes()
		notYet = 0.9*upper((x+12)/10) + 0.1*upper((x-5)/15)
	}
	return 1 - absence/(absence+(1-absence)*notYet)
}
