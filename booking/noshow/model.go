package noshow

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"

	"github.com/houzhen/houzhen"
)

// stateVersion names the features and their order. A stored state of another
// version is not used: the model starts anew from the table of lead times.
const stateVersion = 1

// Numbers of the learner (docs/adr/0016).
const (
	priorVariance = 0.1  // of each weight before anything was learned
	driftVariance = 1e-6 // that a day adds, so that it never stops learning
	pace          = 2e-3 // of the correction that tracks the base rate, a visit
	floor         = 0.001
)

// Model is an online Bayesian logistic regression: a Gaussian over the weights
// that every outcome narrows (an extended Kalman filter, or online Newton
// step), on top of a table of rates by lead time, with a correction that
// follows the base rate. The zero value is not usable; New makes one.
type Model struct {
	weights []float64
	spread  []float64 // covariance, row by row
	mean    []float64 // of the features seen, for explaining
	seen    float64
	shift   float64 // the correction
	places  map[string]*tally
	learned houzhen.Date // the latest day it has learned from
}

// tally compares what happened at a place with what its lead times promise.
type tally struct {
	Missed   float64 `json:"m"`
	Expected float64 `json:"e"`
}

// New makes a model that knows published rates by lead time and nothing else.
func New() *Model {
	n := len(describe(Visit{}, History{}, 0).x)
	m := &Model{weights: make([]float64, n), spread: make([]float64, n*n), mean: make([]float64, n), places: map[string]*tally{}}
	for i := range n {
		m.spread[i*n+i] = priorVariance
	}
	m.spread[0] = 4
	return m
}

// Learned gives the latest day that the model has learned from, zero if none.
func (m *Model) Learned() houzhen.Date { return m.learned }

// Seen gives how many outcomes it has learned from.
func (m *Model) Seen() int { return int(m.seen) }

// Estimate gives the chance that the visit is missed, from what earlier days
// told: strictly between 0 and 1.
func (m *Model) Estimate(v Visit, h History) float64 {
	f := describe(v, h, m.placeOf(v.Place))
	return clamp(logistic(m.score(v, f.x) + m.shift))
}

func clamp(p float64) float64 { return min(1-floor, max(floor, p)) }

// placeOf is how far a place is from what lead times promise: the log of the
// ratio, drawn to 0.
func (m *Model) placeOf(place string) float64 {
	t, ok := m.places[place]
	if !ok || place == "" {
		return 0
	}
	return math.Log((t.Missed + placeWeight) / (t.Expected + placeWeight))
}

func (m *Model) score(v Visit, x []float64) float64 {
	z := coldLogit(v.Lead())
	for i, value := range x {
		z += m.weights[i] * value
	}
	return z
}

// Lesson is an outcome with what was known of the patient before that day.
type Lesson struct {
	Outcome
	History History
}

// Learn takes the lessons of one day that has closed. Lessons of a day must
// come together and only once; their order does not matter, because they are
// sorted here, so that a model is the same however its rows were stored.
func (m *Model) Learn(day houzhen.Date, lessons []Lesson) {
	sorted := slices.SortedFunc(slices.Values(lessons), func(a, b Lesson) int {
		return cmp.Or(a.BookedAt.Compare(b.BookedAt), cmp.Compare(a.ID, b.ID))
	})
	for _, l := range sorted {
		f := describe(l.Visit, l.History, m.placeOf(l.Place))
		m.step(l, f.x)
	}
	for _, l := range sorted { // places are of closed days, as histories are
		m.notePlace(l)
	}
	n := len(m.weights)
	for i := range n {
		m.spread[i*n+i] += driftVariance
	}
	if m.learned.Before(day) {
		m.learned = day
	}
}

// step narrows the weights by one outcome: w += Σx·(y−p)/(1+q·xᵀΣx), and
// Σ −= Σx·(Σx)ᵀ·q/(1+q·xᵀΣx), with q = p(1−p).
func (m *Model) step(l Lesson, x []float64) {
	n := len(x)
	z, y := m.score(l.Visit, x), truth(l.NoShow)
	m.shift -= pace * (logistic(z+m.shift) - y)
	p := logistic(z)
	q := max(p*(1-p), 1e-4)
	sx := make([]float64, n)
	along := 0.0
	for i := range n {
		row := m.spread[i*n : (i+1)*n]
		s := 0.0
		for j, value := range x {
			s += row[j] * value
		}
		sx[i] = s
		along += s * x[i]
	}
	gain, shrink := (y-p)/(1+q*along), q/(1+q*along)
	m.seen++
	for i := range n {
		m.weights[i] += sx[i] * gain
		m.mean[i] += (x[i] - m.mean[i]) / m.seen
		row, by := m.spread[i*n:(i+1)*n], shrink*sx[i]
		for j := range row {
			row[j] -= by * sx[j]
		}
	}
}

func (m *Model) notePlace(l Lesson) {
	if l.Place == "" {
		return
	}
	t, ok := m.places[l.Place]
	if !ok {
		t = &tally{}
		m.places[l.Place] = t
	}
	t.Missed += truth(l.NoShow)
	t.Expected += logistic(coldLogit(l.Lead()))
}

// state is how a model is kept.
type state struct {
	Version int               `json:"version"`
	Weights []float64         `json:"weights"`
	Spread  []float64         `json:"spread"`
	Mean    []float64         `json:"mean"`
	Seen    float64           `json:"seen"`
	Shift   float64           `json:"shift"`
	Places  map[string]*tally `json:"places"`
	Learned houzhen.Date      `json:"learned"`
}

// MarshalJSON writes all that the model has learned.
func (m *Model) MarshalJSON() ([]byte, error) {
	return json.Marshal(state{stateVersion, m.weights, m.spread, m.mean, m.seen, m.shift, m.places, m.learned})
}

// UnmarshalJSON reads what MarshalJSON wrote; CodeConflict for a state of
// another version, whose numbers mean something else.
func (m *Model) UnmarshalJSON(b []byte) error {
	var s state
	if err := json.Unmarshal(b, &s); err != nil {
		return houzhen.E(houzhen.CodeMalformed, "model is not readable").Because(err)
	}
	n := len(New().weights)
	if s.Version != stateVersion || len(s.Weights) != n || len(s.Spread) != n*n || len(s.Mean) != n {
		return houzhen.E(houzhen.CodeConflict, "model is of another version")
	}
	if s.Places == nil {
		s.Places = map[string]*tally{}
	}
	*m = Model{s.Weights, s.Spread, s.Mean, s.Seen, s.Shift, s.Places, s.Learned}
	return nil
}
