package measure

import (
	"math"
	"slices"
	"time"
)

// Samples are durations that were waited, in any order.
type Samples []time.Duration

// Quantile gives the duration within which the share q of all samples lies, by
// nearest rank: it is one of the samples, never a value between two. 0 without
// samples.
func (s Samples) Quantile(q float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	rank := int(math.Ceil(q * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// Millis gives a duration in milliseconds.
func Millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// Median gives the middle of values, the mean of the two middle ones where
// they are even in number; NaN without values.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}
