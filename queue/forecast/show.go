package forecast

import (
	"time"

	"github.com/houzhen/houzhen/queue"
)

// absence is the prior chance that a booked patient never comes.
const absence = 0.2

// showProbability is the chance that a booked patient who is not here still
// comes. His slice's end takes the place of the appointed minute: until then
// he is not late.
func showProbability(t *queue.Ticket, now time.Time) float64 {
	x := now.Sub(t.SliceEnd).Minutes()
	notYet := 0.9*upper((x+12)/10) + 0.1*upper((x-5)/15)
	return 1 - absence/(absence+(1-absence)*notYet)
}
