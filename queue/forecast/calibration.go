package forecast

import (
	"math"
	"slices"
)

// Calibration by what earlier forecasts came to: conformal prediction, whose
// coverage holds whatever the formulas are worth, and adaptive conformal
// inference (Gibbs and Candès 2021), which holds it under drift.
const (
	scoresKept  = 6000 // per group: months of one doctor, days of a clinic
	scoresGiven = 60   // of a lognormal, believed until there are real ones
	givenCV     = 0.45
	target      = 0.2 // share outside the range
	adapt       = 0.03
	leastMiss   = 0.08
	mostMiss    = 0.35
	points      = 200 // of the tables below
)

// groups of forecasts that are calibrated alone: by how many are ahead, by
// whether the doctor has started, and by where the patient is.
const (
	aheadGroups = 5
	groups      = int(places) * 2 * aheadGroups
)

// whereabouts says where one who will be called is.
type whereabouts int

const (
	onSite   whereabouts = iota
	onTheWay             // he was told to set out
	expected             // at home, or nobody knows where
	places
)

// groupOf says which group a forecast belongs to.
func groupOf(ahead int, started bool, at whereabouts) int {
	g := 0
	switch {
	case ahead <= 0:
	case ahead <= 2:
		g = 1
	case ahead <= 5:
		g = 2
	case ahead <= 9:
		g = 3
	default:
		g = 4
	}
	if !started {
		g += aheadGroups
	}
	return g + int(at)*2*aheadGroups
}

// calibration keeps the last scores of a group (Forecast.score): what the middle
// was wrong by in units of what the model took for its spread.
type calibration struct {
	scores  []float64
	oldest  int
	miss    float64 // share to leave outside, as adapted
	outside int     // since the last settling
	seen    int
	usual   running             // seen between two settlings
	table   [points + 1]float64 // quantiles at 0, 1/points, ..., 1
}

func newCalibration() *calibration {
	c := &calibration{miss: target}
	for i := range scoresGiven {
		c.scores = append(c.scores, givenScore((float64(i)+0.5)/scoresGiven))
	}
	c.settle()
	return c
}

// givenScore is the q-quantile of the differences, in its spread, of a lognormal
// that is foretold rightly. They are taken for scores as they are: what is not
// in the formulas, such as a break, only ever delays, so that too early goes
// less far than too late on the log scale too.
func givenScore(q float64) float64 {
	s := math.Sqrt(math.Log1p(givenCV * givenCV))
	z := math.Sqrt2 * math.Erfinv(2*q-1)
	sd := givenCV * math.Exp(s*s/2) // of one whose median is 1
	return (math.Exp(s*z) - 1) / sd
}

// add takes in one score, and whether the range given had held the truth.
func (c *calibration) add(score float64, held bool) {
	if math.IsNaN(score) || math.IsInf(score, 0) {
		return
	}
	c.seen++
	if !held {
		c.outside++
	}
	if len(c.scores) < scoresKept {
		c.scores = append(c.scores, score)
		return
	}
	c.scores[c.oldest] = score
	c.oldest = (c.oldest + 1) % scoresKept
}

// settle draws the tables anew and takes one adaptive step: too many outside,
// and the range grows until the share is right.
func (c *calibration) settle() {
	if c.seen == 0 && c.table[points] > c.table[0] {
		return
	}
	if c.seen > 0 {
		// Scored by how many there were: a long session counts as much as
		// several short ones.
		c.usual.add(float64(c.seen), shortMemory)
		c.miss += adapt * (target*float64(c.seen) - float64(c.outside)) / c.usual.mean
		c.miss = min(max(c.miss, leastMiss), mostMiss)
	}
	c.seen, c.outside = 0, 0
	sorted := slices.Clone(c.scores)
	slices.Sort(sorted)
	for i := range c.table {
		c.table[i] = between(sorted, float64(i)/points)
	}
}

// between is the q-quantile of sorted numbers, interpolated.
func between(sorted []float64, q float64) float64 {
	at := min(max(q, 0), 1) * float64(len(sorted)-1)
	i := min(int(at), len(sorted)-2)
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// quantile gives the score below which the share q lies.
func (c *calibration) quantile(q float64) float64 { return between(c.table[:], q) }

// below gives the share of scores up to x.
func (c *calibration) below(x float64) float64 {
	i, _ := slices.BinarySearch(c.table[:], x)
	switch {
	case i == 0:
		return 0
	case i > points:
		return 1
	}
	low, high := c.table[i-1], c.table[i]
	return (float64(i-1) + (x-low)/(high-low)) / points
}
