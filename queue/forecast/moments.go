package forecast

import "math"

// moments are the mean and variance of a time in seconds.
type moments struct{ mean, variance float64 }

// quantile10 is the standard normal's 90 % point.
const quantile10 = 1.2815515655446004

// leastWait keeps the match of moments defined when nothing is ahead.
const leastWait = 5.0

// percentiles matches a lognormal and gives its 10 %, 50 % and 90 % points.
func (m moments) percentiles() (p10, p50, p90 float64) {
	mean := max(m.mean, leastWait)
	s2 := math.Log1p(max(m.variance, 1) / (mean * mean))
	mu, s := math.Log(mean)-s2/2, math.Sqrt(s2)
	return math.Exp(mu - quantile10*s), math.Exp(mu), math.Exp(mu + quantile10*s)
}

// remainder is what is left of a lognormal time of that mean when e seconds
// have passed: mean and variance of X-e given X>e.
func remainder(mean, e float64) moments {
	s2 := math.Log1p(variation * variation)
	mu, s := math.Log(mean)-s2/2, math.Sqrt(s2)
	// Beyond five standard deviations the tail loses its digits; such a one
	// has been forgotten rather than treated, and the model knows no more.
	e = min(e, math.Exp(mu+5*s))
	if e < 1 {
		return moments{mean, mean * mean * variation * variation}
	}
	z := (math.Log(e) - mu) / s
	tail := upper(z)
	first := mean * upper(z-s) / tail
	second := math.Exp(2*mu+2*s2) * upper(z-2*s) / tail
	return moments{first - e, max(second-first*first, 0)}
}

// lateness is what is left of a doctor's lateness when he is late by e seconds,
// negative when the session has not begun.
func lateness(e float64) moments {
	if e <= 0 {
		return moments{lateMean - e, lateSD * lateSD}
	}
	z := min((e-lateMean)/lateSD, 6)
	hazard := math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) / upper(z)
	return moments{lateSD * (hazard - z), lateSD * lateSD * max(1+z*hazard-hazard*hazard, 0.05)}
}

// upper is the standard normal's tail beyond z.
func upper(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }
