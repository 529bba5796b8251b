package noshow

import (
	"math"
	"time"
)

// Term is a group of features that one can speak of.
type Term string

// Terms, as reason codes; templates/reasons has words for each, for a visit
// that is more and for one that is less likely to be missed because of it.
const (
	TermLead     Term = "lead"     // how long ago it was booked
	TermHistory  Term = "history"  // what became of earlier visits
	TermAge      Term = "age"      // age and sex, which act together
	TermCalendar Term = "calendar" // weekday of the visit, hour of the booking
	TermSameDay  Term = "same_day" // more visits on that day
	TermReminder Term = "reminder" // a reminder goes out
	TermPlace    Term = "place"    // what is usual at that place
	TermPerson   Term = "person"   // welfare, chronic illness, disability
)

// Priors of smoothed rates: a patient of whom nothing is known misses one in
// five, and of visits booked ahead a little more than one in four; each weighs
// as four visits (waiting-time science §7.6).
const (
	priorRate   = 0.20
	priorAhead  = 0.28
	priorWeight = 4
	placeWeight = 20
)

// Rates by lead time that a model starts from before it has learned anything:
// published ones (same day 4.6 %, a day 21 %, … more than two weeks 33 %).
var coldStart = [...]struct {
	days int
	rate float64
}{{0, 0.046}, {1, 0.21}, {2, 0.24}, {7, 0.26}, {14, 0.30}, {math.MaxInt, 0.33}}

// coldLogit is the log odds that a visit starts from.
func coldLogit(lead int) float64 {
	for _, c := range coldStart {
		if lead <= c.days {
			return logit(c.rate)
		}
	}
	return 0
}

// features collects numbers of about unit size together with the term that
// each belongs to.
type features struct {
	x    []float64
	term []Term
}

func (f *features) add(t Term, values ...float64) {
	f.x = append(f.x, values...)
	for range values {
		f.term = append(f.term, t)
	}
}

// describe turns a visit into numbers. The order is part of the model's
// version: change stateVersion when it changes. Nothing unknown moves an
// estimate: its numbers are 0.
func describe(v Visit, h History, place float64) features {
	f := features{x: make([]float64, 0, 64), term: make([]Term, 0, 64)}
	f.add("", 1)
	today := truth(v.Lead() == 0)
	f.lead(v.Lead())
	f.history(v, h, today)
	f.person(v, today)
	f.calendar(v, today)
	same := math.Log(float64(max(1, v.SameDay)))
	f.add(TermSameDay, same, truth(same > 0), today*same, leadScale(v.Lead())*same)
	f.add(TermReminder, yes(v.Reminded))
	f.add(TermPlace, place)
	return f
}

// leadScale is the logarithm of the days, about 0 in the middle.
func leadScale(days int) float64 { return math.Log1p(float64(days))/1.5 - 1 }

func (f *features) lead(days int) {
	within := func(from, to int) float64 { return truth(days >= from && days <= to) }
	l := leadScale(days)
	f.add(TermLead, within(0, 0), l, l*l, within(1, 3), within(15, math.MaxInt),
		within(2, 2), within(4, 7), within(8, 14), within(31, 60))
}

func (f *features) history(v Visit, h History, today float64) {
	n := float64(h.Visits)
	rate := smoothLogit(float64(h.Missed), n, priorRate)
	recent := 0.0
	if h.Visits > 0 {
		recent = 1 / (1 + float64(max(0, h.LastDay.DaysUntil(v.Day)))/7)
	}
	ahead := (1 - today) * smoothLogit(float64(h.Away), float64(h.Ahead), priorAhead)
	earlier := math.Log1p(float64(max(0, v.Earlier)))
	f.add(TermHistory, rate, truth(h.Visits > 0), math.Log1p(n), truth(h.Last), today*rate,
		recent, recent*truth(h.Last), ahead, (1-today)*rate*recent,
		earlier, (1-today)*earlier, leadScale(v.Lead())*earlier)
}

func (f *features) person(v Visit, today float64) {
	male := truth(v.Sex == Male)
	if v.Age < 0 {
		f.add(TermAge, make([]float64, 10)...)
		f.add(TermAge, male, 0, male*(1-today))
	} else {
		age := float64(min(v.Age, 100))/20 - 1.8
		within := func(from, to int) float64 { return truth(v.Age >= from && v.Age < to) }
		f.add(TermAge, age, age*age, within(10, 30), within(0, 2), within(40, 60), within(60, math.MaxInt),
			within(2, 10), within(15, 20), today*age, today*age*age)
		f.add(TermAge, male, male*age, male*(1-today))
	}
	f.add(TermPerson, yes(v.Welfare), yes(v.Hypertension), yes(v.Diabetes), yes(v.Alcoholism), yes(v.Disability), today*yes(v.Welfare))
}

func (f *features) calendar(v Visit, today float64) {
	for d := time.Monday; d <= time.Saturday; d++ {
		f.add(TermCalendar, truth(v.Day.Weekday() == d))
	}
	hour := (float64(v.BookedAt.Hour()) + float64(v.BookedAt.Minute())/60 - 11) / 4
	f.add(TermCalendar, hour, hour*hour, today*hour)
}

// smoothLogit is the log odds of hits in n, drawn to the prior, less those of
// the prior: 0 for somebody of whom nothing is known.
func smoothLogit(hits, n, prior float64) float64 {
	return logit((hits+prior*priorWeight)/(n+priorWeight)) - logit(prior)
}

func yes(t Tri) float64 { return truth(t == Yes) }

func logit(p float64) float64 { return math.Log(p / (1 - p)) }

func logistic(z float64) float64 { return 1 / (1 + math.Exp(-z)) }
