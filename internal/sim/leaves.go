package sim

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/houzhen/houzhen/queue/forecast"
)

// What a replay of leaving home does.
const (
	leavesFrom  = 3 * time.Hour // before a half-day, when the first check is made
	leavesEvery = 2 * time.Minute
	shortestWay = 8.0 // minutes
	longestWay  = 45.0
	waySpread   = 0.2
)

// Leaves lives through a doctor's half-days, strictly in their order, with
// every patient at home until he is told to leave.
type Leaves struct {
	Days      []HalfDay
	ScoreFrom int
	Alphas    []float64 // chances of missing the call that are accepted
	Grace     time.Duration
	Seed      uint64
}

// LeaveOutcome is what one alpha came to.
type LeaveOutcome struct {
	Alpha  float64
	People int
	Missed float64 // share that came after the call and its grace
	OnSite float64 // minutes between coming and the call, on average
}

// traveller is one patient on his way.
type traveller struct {
	travel forecast.Travel
	way    time.Duration // what it comes to today
	called time.Time
	left   []time.Time // by alpha
}

// Run gives an outcome for each alpha. Ways are the same for all of them.
func (l Leaves) Run() []LeaveOutcome {
	m := forecast.New(0, time.UTC)
	random := rand.New(rand.NewPCG(l.Seed, 0))
	outcomes := make([]LeaveOutcome, len(l.Alphas))
	for i, alpha := range l.Alphas {
		outcomes[i].Alpha = alpha
	}
	for i := range l.Days {
		day := &l.Days[i]
		people := l.live(m, day, random)
		m.Rehearse(day.walk(waitsEvery, 0), nil)
		if day.Number < l.ScoreFrom {
			continue
		}
		for _, p := range people {
			p.score(outcomes, l.Grace)
		}
	}
	for i := range outcomes {
		if n := float64(outcomes[i].People); n > 0 {
			outcomes[i].Missed, outcomes[i].OnSite = outcomes[i].Missed/n, outcomes[i].OnSite/n
		}
	}
	return outcomes
}

// live tells everybody of a half-day when to leave, by each alpha.
func (l Leaves) live(m *forecast.Model, day *HalfDay, random *rand.Rand) []traveller {
	held := day.Session.Held
	people := make([]traveller, len(held))
	for i := range people {
		mean := shortestWay + (longestWay-shortestWay)*random.Float64()
		travel := forecast.Travel{Mean: time.Duration(mean * float64(time.Minute)), Spread: waySpread}
		people[i] = traveller{travel: travel, way: travel.Quantile(random.Float64()), called: held[i].Start, left: make([]time.Time, len(l.Alphas))}
	}
	rule := forecast.Leave{Grace: l.Grace, Recheck: leavesEvery}
	walk := forecast.Walk{Session: day.Session, From: day.Session.Start.Add(-leavesFrom), Every: leavesEvery}
	m.Live(walk, func(f *forecast.Forecast, now, _ time.Time) {
		started, _ := slices.BinarySearchFunc(held, now, func(h forecast.Held, now time.Time) int {
			if h.Start.After(now) {
				return 1
			}
			return -1
		})
		p := &people[started+f.Ahead]
		for k, alpha := range l.Alphas {
			if p.left[k].IsZero() {
				rule.Alpha = alpha
				if rule.Advise(f, p.travel, now, false) == forecast.LeaveNow {
					p.left[k] = now
				}
			}
		}
	})
	return people
}

// score adds what became of one patient. Who was never told to leave missed
// his call.
func (p *traveller) score(outcomes []LeaveOutcome, grace time.Duration) {
	for k := range outcomes {
		o := &outcomes[k]
		o.People++
		here := p.left[k].Add(p.way)
		switch {
		case p.left[k].IsZero(), here.After(p.called.Add(grace)):
			o.Missed++
		default:
			o.OnSite += max(p.called.Sub(here).Minutes(), 0)
		}
	}
}

// OnSiteAt is how many minutes people wait on site when the share missed do:
// interpolated on the logarithm of the share between the two outcomes around
// it, or the two nearest. NaN without two different ones.
func OnSiteAt(outcomes []LeaveOutcome, missed float64) float64 {
	var known []LeaveOutcome
	for _, o := range outcomes {
		if o.Missed > 0 {
			known = append(known, o)
		}
	}
	slices.SortFunc(known, func(a, b LeaveOutcome) int { return cmp.Compare(a.Missed, b.Missed) })
	known = slices.CompactFunc(known, func(a, b LeaveOutcome) bool { return a.Missed == b.Missed })
	if len(known) < 2 {
		return math.NaN()
	}
	i := 1
	for i < len(known)-1 && known[i].Missed < missed {
		i++
	}
	a, b := known[i-1], known[i]
	share := (math.Log(missed) - math.Log(a.Missed)) / (math.Log(b.Missed) - math.Log(a.Missed))
	return a.OnSite + share*(b.OnSite-a.OnSite)
}
