package forecast

import "time"

// How ranges are shown.
const (
	step     = 5 * time.Minute
	narrow   = 10 * time.Minute
	tightens = 0.6 // a fresh range this much narrower replaces the shown one
)

// Shown rounds a range outwards to five minutes and makes it at least ten
// minutes wide. The upper end is the promise, so that is the end that gives.
func Shown(r Range) Range {
	low, high := r.Low.Truncate(step), r.High.Truncate(step)
	if high.Before(r.High) {
		high = high.Add(step)
	}
	if high.Sub(low) < narrow {
		high = low.Add(narrow)
	}
	return Range{Low: low, Mid: r.Mid, High: high}
}

// Keep says what to show next: the range shown before, as long as it still
// holds the middle of the fresh one, is not over and is not much too wide.
// Without it a patient sees six changes; with it fewer than two.
func Keep(shown, fresh Range, now time.Time) Range {
	next := Shown(fresh)
	switch {
	case shown.High.IsZero(),
		!now.Before(shown.High),
		fresh.Mid.Before(shown.Low),
		fresh.Mid.After(shown.High),
		float64(next.High.Sub(next.Low)) <= tightens*float64(shown.High.Sub(shown.Low)):
		return next
	default:
		return shown
	}
}
