package sim

import (
	"time"

	"github.com/houzhen/houzhen/queue/forecast"
)

// What a replay of waits does.
const (
	waitsEvery  = 4 * time.Minute
	waitsLine   = 10
	naiveAtOnce = 15 * time.Minute // the mean gap before any is seen
)

// Waits lives through a doctor's half-days, strictly in their order, and
// forecasts the next ten patients every four minutes.
type Waits struct {
	Days      []HalfDay
	ScoreFrom int // number of the first session that counts; earlier ones are learned from
}

// Wait is one forecast of a replay. Times are in minutes.
type Wait struct {
	Session       int
	Minute        int // of the day
	Ahead         int
	P10, P50, P90 float64 // until called
	Naive         float64
	Truth         float64
}

// WaitGroup is how good the forecasts of one group were.
type WaitGroup struct {
	Name                       string
	N                          int
	MAE, Naive, Covered, Width float64 // Covered is a share, the others are minutes
}

// WaitReport says how good forecasts were beside people times mean.
type WaitReport struct {
	Sessions, Scored int
	All              WaitGroup
	ByAhead          []WaitGroup // 0, 1-2, 3-5, 6-9
	NotStarted       WaitGroup   // before the doctor began; among the others too
}

// Run forecasts and scores. each gets every forecast in order, the unscored
// too, and may be nil; its error ends the run.
func (w Waits) Run(each func(Wait) error) (WaitReport, error) {
	m := forecast.New(0, time.UTC)
	var gaps, n float64
	r := newWaitSums()
	for i := range w.Days {
		day := &w.Days[i]
		mean := naiveAtOnce.Minutes()
		if n > 0 {
			mean = gaps / n
		}
		counts := day.Number >= w.ScoreFrom
		var failed error
		m.Rehearse(day.walk(waitsEvery, waitsLine), func(f *forecast.Forecast, now, called time.Time) {
			wait := day.wait(f, now, called, mean)
			if counts {
				r.add(wait, now.Before(day.Session.Held[0].Start))
			}
			if each != nil && failed == nil {
				failed = each(wait)
			}
		})
		if failed != nil {
			return WaitReport{}, failed
		}
		held := day.Session.Held
		if len(held) > 1 {
			gaps += held[len(held)-1].Start.Sub(held[0].Start).Minutes()
			n += float64(len(held) - 1)
		}
		if counts {
			r.scored++
		}
	}
	return r.report(len(w.Days)), nil
}

// wait puts a forecast beside the naive rule: as many means as patients before
// him, the one in the room included.
func (h *HalfDay) wait(f *forecast.Forecast, now, called time.Time, mean float64) Wait {
	before := f.Ahead
	if !now.Before(h.Session.Held[0].Start) {
		before++
	}
	r := f.Range()
	return Wait{
		Session: h.Number, Minute: now.Hour()*60 + now.Minute(), Ahead: f.Ahead,
		P10: r.Low.Sub(now).Minutes(), P50: r.Mid.Sub(now).Minutes(), P90: r.High.Sub(now).Minutes(),
		Naive: float64(before) * mean, Truth: called.Sub(now).Minutes(),
	}
}

// waitSums are a report in the making.
type waitSums struct {
	scored                   int
	all, notStarted          WaitGroup
	none, few, some, several WaitGroup
}

func newWaitSums() *waitSums {
	named := func(name string) WaitGroup { return WaitGroup{Name: name} }
	return &waitSums{
		all: named("all"), notStarted: named("not started"),
		none: named("0"), few: named("1-2"), some: named("3-5"), several: named("6-9"),
	}
}

func (s *waitSums) add(w Wait, notStarted bool) {
	s.all.add(w)
	if notStarted {
		s.notStarted.add(w)
	}
	switch {
	case w.Ahead == 0:
		s.none.add(w)
	case w.Ahead <= 2:
		s.few.add(w)
	case w.Ahead <= 5:
		s.some.add(w)
	default:
		s.several.add(w)
	}
}

func (g *WaitGroup) add(w Wait) {
	g.N++
	g.MAE += abs(w.P50 - w.Truth)
	g.Naive += abs(w.Naive - w.Truth)
	g.Width += w.P90 - w.P10
	if w.P10 <= w.Truth && w.Truth <= w.P90 {
		g.Covered++
	}
}

func abs(x float64) float64 { return max(x, -x) }

func (s *waitSums) report(sessions int) WaitReport {
	return WaitReport{
		Sessions: sessions, Scored: s.scored, All: s.all.mean(), NotStarted: s.notStarted.mean(),
		ByAhead: []WaitGroup{s.none.mean(), s.few.mean(), s.some.mean(), s.several.mean()},
	}
}

func (g WaitGroup) mean() WaitGroup {
	if g.N == 0 {
		return g
	}
	n := float64(g.N)
	g.MAE, g.Naive, g.Covered, g.Width = g.MAE/n, g.Naive/n, g.Covered/n, g.Width/n
	return g
}
