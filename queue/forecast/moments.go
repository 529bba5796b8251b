package forecast

import "math"

// moments are the mean and variance of a time in seconds.
type moments struct{ mean, variance float64 }

// leastWait keeps the match of moments defined when nothing is ahead.
const leastWait = 5.0

// remainder is what is left of a lognormal time of that mean and log variance
// when e seconds have passed: mean and variance of X-e given X>e.
func remainder(mean, s2, e float64) moments {
	mu, s := math.Log(mean)-s2/2, math.Sqrt(s2)
	// Beyond five standard deviations the tail loses its digits; such a one
	// has been forgotten rather than treated, and the model knows no more.
	e = min(e, math.Exp(mu+5*s))
	if e < 1 {
		return moments{mean, mean * mean * math.Expm1(s2)}
	}
	z := (math.Log(e) - mu) / s
	tail := upper(z)
	first := mean * upper(z-s) / tail
	second := math.Exp(2*mu+2*s2) * upper(z-2*s) / tail
	return moments{first - e, max(second-first*first, 0)}
}

// upper is the standard normal's tail beyond z.
func upper(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }
