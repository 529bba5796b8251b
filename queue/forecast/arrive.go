package forecast

import (
	"time"

	"github.com/houzhen/houzhen/queue"
)

// follows is the share of those who were told when to leave that do so at once;
// the others come later, spread as those are who are late for their slice.
const follows = 0.9

// arrival is when somebody comes who is not here, if he comes at all. The zero
// value is of whoever is here.
type arrival struct {
	set  bool
	from time.Time // when he set out, or the end of his slice
	way  Travel    // zero of who was not told when to leave
	now  time.Time // he was not here then
	gone float64   // chance of still being away then
}

// arrivalOf is when a booked patient comes. Nothing is known of one who is to
// stay at home until he is told: he will be told so as to be in time.
func arrivalOf(t *queue.Ticket, now time.Time) arrival {
	a := arrival{set: true, from: t.SliceEnd, now: now}
	switch {
	case t.TravelMinutes > 0 && t.LeaveAdvisedAt.IsZero():
		return arrival{}
	case t.TravelMinutes > 0:
		a.from, a.way = t.SetOff(), Travel{Mean: time.Duration(t.TravelMinutes) * time.Minute}
	}
	a.gone = a.away(now)
	return a
}

// away is the chance that somebody who comes is not here by an instant. One who
// was told when to leave needs his way; anybody else is as unpunctual as was
// measured, with the end of his slice in the place of the appointed minute:
// until then he is not late.
func (a *arrival) away(at time.Time) float64 {
	since := at.Sub(a.from)
	if a.way.Mean > 0 {
		return follows*a.way.longer(since) + (1-follows)*upper(((since-a.way.Mean).Minutes()-5)/15)
	}
	x := since.Minutes()
	return 0.9*upper((x+12)/10) + 0.1*upper((x-5)/15)
}

// by is the chance that he is here by an instant, as he was not now.
func (a *arrival) by(at time.Time) float64 {
	if !at.After(a.now) {
		return 0
	}
	if a.gone < neverGone {
		return 1
	}
	return 1 - a.away(at)/a.gone
}

// neverGone is a chance of being away that has no digits left.
const neverGone = 1e-9
