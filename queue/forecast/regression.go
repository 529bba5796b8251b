package forecast

import "math"

// What the length of a consultation depends on, on the log scale.
const (
	always  = iota // the clinic's mean
	first          // the doctor sees him for the first time: measured 917 s against 732 s
	results        // he comes back from tests
	load           // log of (time left / (patients left x mean)): with a long list doctors hurry
	place          // the day's n-th patient: the last are shorter than the first
	habit          // how much longer than foretold his own earlier ones were
	rush           // what the load would be more to the end that was scheduled: some doctors mind the one, some the other
	features
)

// vector holds one number a feature.
type vector [features]float64

func (v *vector) dot(o *vector) float64 {
	sum := 0.0
	for i := range v {
		sum += v[i] * o[i]
	}
	return sum
}

// add scales v and adds o times so much.
func (v *vector) add(by float64, o *vector, times float64) {
	for i := range v {
		v[i] = v[i]*by + o[i]*times
	}
}

// What is assumed before anything is learned: a measured doctor's weights and
// how much they are believed.
var (
	firstWeights = vector{first: 0.2, results: -0.5, load: 0.3, place: -0.05, habit: 0.8}
	firstDoubts  = vector{always: 0.3, first: 0.1, results: 0.3, load: 0.1, place: 0.1, habit: 0.2, rush: 0.2}
)

// forget lets weights drift: what was seen 5,000 consultations ago counts a
// third.
const forget = 0.9998

// regression is a linear one, learned one by one by recursive least squares.
type regression struct {
	weights vector
	doubt   [features]vector // covariance of the weights
}

func newRegression(mean float64) regression {
	r := regression{weights: firstWeights}
	r.weights[always] = math.Log(mean) - variance/2
	for i, d := range firstDoubts {
		r.doubt[i][i] = d * d
	}
	return r
}

// learn takes in that f came to y, give or take the noise's variance.
func (r *regression) learn(f *vector, y, noise float64) {
	var gain vector
	for i := range gain {
		gain[i] = r.doubt[i].dot(f)
	}
	total := noise + gain.dot(f)
	off := y - r.weights.dot(f)
	for i := range gain {
		r.weights[i] += gain[i] / total * off
	}
	for i := range gain {
		for j := range gain {
			r.doubt[i][j] = (r.doubt[i][j] - gain[i]*gain[j]/total) / forget
		}
	}
}

// uncertain is the variance of the weights' sum over f.
func (r *regression) uncertain(f *vector) float64 {
	sum := 0.0
	for i := range f {
		sum += f[i] * r.doubt[i].dot(f)
	}
	return max(sum, 0)
}
