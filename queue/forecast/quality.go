package forecast

import "time"

// QualityDays is over how many days a clinic's forecasts are rated.
const QualityDays = 30

// Outcome is what forecasts for one patient came to.
type Outcome struct {
	Shown  Range // the first range that he was shown
	Last   Range // the last
	Called time.Time

	Changes int // how often another range took the place of the one shown
}

// Quality is how good a clinic's forecasts were.
type Quality struct {
	People     int           // who were shown a range and called
	FirstRight float64       // share whose first range held the call
	LastRight  float64       // share whose last range did
	Off        time.Duration // mean distance of the first middle from the call
	Width      time.Duration // mean width of the first range
	Changes    float64       // how often the range changed, a patient
}

// QualityOf rates the forecasts of those who were called in the thirty days
// before now. Who was called outside them, or shown nothing, does not count.
func QualityOf(outcomes []Outcome, now time.Time) Quality {
	var q Quality
	since := now.AddDate(0, 0, -QualityDays)
	var first, last int
	for _, o := range outcomes {
		if o.Called.Before(since) || o.Called.After(now) || o.Shown.High.IsZero() {
			continue
		}
		q.People++
		q.Off += o.Shown.Mid.Sub(o.Called).Abs()
		q.Width += o.Shown.High.Sub(o.Shown.Low)
		q.Changes += float64(o.Changes)
		if o.Shown.holds(o.Called) {
			first++
		}
		if o.Last.holds(o.Called) {
			last++
		}
	}
	if q.People == 0 {
		return Quality{}
	}
	n := float64(q.People)
	q.FirstRight, q.LastRight = float64(first)/n, float64(last)/n
	q.Off, q.Width, q.Changes = q.Off/time.Duration(q.People), q.Width/time.Duration(q.People), q.Changes/n
	return q
}

// holds reports whether a time lies in the range, its ends included.
func (r Range) holds(t time.Time) bool { return !t.Before(r.Low) && !t.After(r.High) }
