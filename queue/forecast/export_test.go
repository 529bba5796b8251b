package forecast

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/houzhen/houzhen/queue"
)

// Future draws one course of a session from the distributions that the model
// believes in. It shares their parameters with the forecast and none of its
// sums, so that the one can be held against the other. Times are seconds.
type Future struct {
	c           scene
	weights     vector
	level, pace float64
	r           *rand.Rand
}

// Draw draws the weights, the doctor's level and the pace of today, which are
// the same for everybody of one future. left is how many are still to be seen.
func (m *Model) Draw(d *Desk, left float64, r *rand.Rand) Future {
	c := m.scene(&d.Session)
	c.today(&d.Session, left)
	x := Future{c: c, weights: m.regression.weights, r: r}
	root := rootOf(&m.regression.doubt)
	var normal vector
	for i := range normal {
		normal[i] = r.NormFloat64()
		x.weights[i] += root[i].dot(&normal)
	}
	x.level = c.doctor.level + math.Sqrt(c.doctor.doubt)*r.NormFloat64()
	x.pace = c.pace.mean + math.Sqrt(c.pace.variance)*r.NormFloat64()
	return x
}

// rootOf is the lower triangle whose square is a covariance (Cholesky).
func rootOf(of *[features]vector) (root [features]vector) {
	for i := range of {
		for j := range i + 1 {
			sum := of[i][j]
			for k := range j {
				sum -= root[i][k] * root[j][k]
			}
			switch {
			case i == j:
				root[i][i] = math.Sqrt(max(sum, 0))
			case root[j][j] > 0:
				root[i][j] = sum / root[j][j]
			}
		}
	}
	return root
}

// Length draws what is left of a consultation that is the n-th of the day,
// began at a time after the session's start and has taken so long.
func (x *Future) Length(v Visit, n int, began, left, taken float64) float64 {
	f := x.c.features(&v, n, began, left)
	mu, s := x.weights.dot(&f)+x.level+x.pace, math.Sqrt(x.c.doctor.noise.mean)
	return math.Exp(mu+s*x.beyond((math.Log(max(taken, 1e-3))-mu)/s)) - taken
}

// beyond draws a standard normal that is known to exceed z.
func (x *Future) beyond(z float64) float64 {
	return math.Sqrt2 * math.Erfcinv(2*upper(z)*(1-x.r.Float64()))
}

// Gap draws the time between two patients: mostly none, now and then an
// exponential break, of the mean and the variance that the model holds.
func (x *Future) Gap() float64 {
	g := x.c.m.gaps
	length := (g.variance + g.mean*g.mean) / (2 * g.mean)
	if x.r.Float64() >= g.mean/length {
		return 0
	}
	return length * x.r.ExpFloat64()
}

// Late draws how long a doctor who is late by e seconds still is.
func (x *Future) Late(e float64) float64 {
	late := x.c.doctor.late
	sd := math.Sqrt(late.variance)
	return late.mean + sd*x.beyond((e-late.mean)/sd) - e
}

// Urgent draws when the next urgent patient comes, after now.
func (x *Future) Urgent() float64 { return x.r.ExpFloat64() / max(x.c.m.urgent.mean, 1e-9) }

// Test draws how much longer somebody is away who was sent to tests, of the
// 25 minutes that they are thought to take.
func (x *Future) Test() float64 { return 1500 * x.r.Float64() }

// Shows draws whether somebody who is not here comes.
func (x *Future) Shows(t *queue.Ticket, now time.Time) bool {
	return x.r.Float64() < x.c.m.shows(t, now)
}

// Matched is the q-quantile of the lognormal that the two moments were matched
// with, in seconds: the forecast as the formulas give it, before it is
// calibrated.
func (f *Forecast) Matched(q float64) float64 {
	r := f.sd / f.middle
	s := math.Sqrt(math.Log((1 + math.Sqrt(1+4*r*r)) / 2)) // r² = w(w-1) with w = exp(s²)
	return f.middle * math.Exp(s*math.Sqrt2*math.Erfinv(2*q-1))
}
