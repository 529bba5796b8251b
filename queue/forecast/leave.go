package forecast

import (
	"math"
	"time"
)

// travelPoints are how many quantiles stand for a way's distribution.
const travelPoints = 15

// usualSpread is how much a way's minutes differ from day to day, relative.
const usualSpread = 0.2

// Travel is how long somebody takes to come: a lognormal.
type Travel struct {
	Mean   time.Duration
	Spread float64 // standard deviation by mean; 0 is the usual fifth
}

// Quantile is within which time he comes with chance q.
func (t Travel) Quantile(q float64) time.Duration {
	spread := t.Spread
	if spread <= 0 {
		spread = usualSpread
	}
	s2 := math.Log1p(spread * spread)
	z := math.Sqrt2 * math.Erfinv(2*min(max(q, 1e-9), 1-1e-9)-1)
	return time.Duration(float64(t.Mean) * math.Exp(z*math.Sqrt(s2)-s2/2))
}

// longer is the chance that he takes longer than d.
func (t Travel) longer(d time.Duration) float64 {
	if d <= 0 {
		return 1
	}
	spread := t.Spread
	if spread <= 0 {
		spread = usualSpread
	}
	s2 := math.Log1p(spread * spread)
	return upper((math.Log(d.Seconds()/t.Mean.Seconds()) + s2/2) / math.Sqrt(s2))
}

// Leave is when somebody is told to set out: as soon as the chance that he
// would come too late, if he were told at the next check only, reaches Alpha.
// No buffer needs tuning, and the chance is what really comes out.
type Leave struct {
	Alpha   float64       // chance of missing the call that is accepted
	Grace   time.Duration // after the first call in which one may still answer
	Recheck time.Duration // between two checks
}

// Bounds of Alpha, and its default.
const (
	DefaultAlpha = 0.02
	LeastAlpha   = 0.005
	MostAlpha    = 0.5
)

// slack is by how much a clinic must have slipped before somebody who was told
// to leave is told to wait.
const slack = 10 * time.Minute

// DefaultLeave is the published rule.
func DefaultLeave() Leave {
	return Leave{Alpha: DefaultAlpha, Grace: 3 * time.Minute, Recheck: 2 * time.Minute}
}

// Advice is what somebody at home is told.
type Advice int

// Advices. WaitALittle takes LeaveNow back: since it was given the clinic has
// slipped so far that he could as well set out ten minutes later.
const (
	StayHome Advice = iota
	LeaveNow
	WaitALittle
)

// ways are the quantiles that stand for a way's distribution.
func (t Travel) ways() (w [travelPoints]time.Duration) {
	for i := range w {
		w[i] = t.Quantile((float64(i) + 0.5) / travelPoints)
	}
	return w
}

// Risk is the chance of coming too late when one sets out at out.
func (l Leave) Risk(f *Forecast, t Travel, out time.Time) float64 {
	w := t.ways()
	return l.risk(f, &w, out)
}

func (l Leave) risk(f *Forecast, ways *[travelPoints]time.Duration, out time.Time) float64 {
	sum := 0.0
	for _, way := range ways {
		sum += f.Before(out.Add(way - l.Grace))
	}
	return sum / travelPoints
}

// Advise says what to tell him now. advised says that he was told to leave
// already and has not come yet.
func (l Leave) Advise(f *Forecast, t Travel, now time.Time, advised bool) Advice {
	w := t.ways()
	switch {
	case advised && l.risk(f, &w, now.Add(l.Recheck+slack)) < l.Alpha:
		return WaitALittle
	case advised || l.risk(f, &w, now.Add(l.Recheck)) >= l.Alpha:
		return LeaveNow
	default:
		return StayHome
	}
}

// At is when he will be told to leave if the forecast stays as it is: not
// before now, and to the second.
func (l Leave) At(f *Forecast, t Travel, now time.Time) time.Time {
	low, high, w := time.Duration(0), 24*time.Hour, t.ways()
	if l.risk(f, &w, now.Add(l.Recheck)) >= l.Alpha {
		return now
	}
	for high-low > time.Second {
		middle := (low + high) / 2
		if l.risk(f, &w, now.Add(middle+l.Recheck)) >= l.Alpha {
			high = middle
		} else {
			low = middle
		}
	}
	return now.Add(low)
}
