package forecast

import "math"

// Spreads between doctors and between days of one, on the log scale.
const (
	levelDoubt   = 0.35  // of a doctor nobody has seen at work, around the clinic
	levelDrift   = 0.02  // of his level, a session (standard deviation)
	sessionNoise = 0.10  // of a session's mean, beyond that of its consultations
	paceDoubt    = 0.06  // of a day around the doctor's level; 0.089 was measured, and part of it is load
	noiseWeight  = 30    // consultations that the clinic's spread counts for
	lateWeight   = 4     // sessions that what is assumed of lateness and overrun counts for
	meanWeight   = 10    // consultations that the clinic's mean counts for
	longMemory   = 1000  // consultations
	shortMemory  = 250   // gaps, sessions
	lateMean     = 120.0 // of a doctor who has not started, seconds
	lateSD       = 300.0
	gapMean      = 30.0 // between two patients: mostly none, now and then a break,
	gapSD        = 240. // so it spreads widely (3,153 measured ones: 38 s, 245 s)
	gapWeight    = 20
	urgentWeight = 10 // sessions without an insertion
)

// running is a mean and a variance that forget slowly.
type running struct{ mean, variance, n float64 }

// add takes in x as one of at most memory numbers.
func (r *running) add(x, memory float64) {
	r.n = min(r.n+1, memory)
	off := x - r.mean
	r.mean += off / r.n
	r.variance += (off*off*(1-1/r.n) - r.variance) / r.n
}

// halves of a day: a doctor who always runs over at noon may stop in time at
// night.
const halves = 2

// doctor is what is known of one doctor.
type doctor struct {
	level, doubt float64 // log, around the clinic, and its variance
	noise        running // squared log residuals
	length       running // seconds
	late         running // of his start
	overrun      [halves]running
}

func newDoctor(noise, length float64) *doctor {
	d := &doctor{
		doubt:  levelDoubt * levelDoubt,
		noise:  running{mean: noise, n: noiseWeight},
		length: running{mean: length, n: meanWeight},
		late:   running{mean: lateMean, variance: lateSD * lateSD, n: lateWeight},
	}
	for i := range d.overrun {
		d.overrun[i].n = lateWeight
	}
	return d
}

// learnLevel is one step of a scalar Kalman filter: n consultations of a
// session were longer by mean than foretold without the level.
func (d *doctor) learnLevel(mean float64, n int) {
	if n == 0 {
		return
	}
	d.doubt += levelDrift * levelDrift
	noise := d.noise.mean/float64(n) + sessionNoise*sessionNoise
	gain := d.doubt / (d.doubt + noise)
	d.level += gain * (mean - d.level)
	d.doubt *= 1 - gain
}

// pace is what today differs from the doctor's level, on the log scale.
type pace struct{ mean, variance float64 }

// paceOf shrinks the mean of n residuals: one slow patient is no slow day.
func paceOf(sum float64, n int, noise float64) pace {
	weight := float64(n) + noise/(paceDoubt*paceDoubt)
	return pace{sum / weight, noise / weight}
}

// lateness is what is left of a doctor's lateness when he is late by e
// seconds, negative when the session has not begun: a normal one that is known
// to exceed e.
func lateness(late running, e float64) moments {
	sd := math.Sqrt(late.variance)
	z := min((e-late.mean)/sd, 6)
	hazard := math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) / upper(z)
	return moments{sd * (hazard - z), late.variance * max(1+z*hazard-hazard*hazard, 0.05)}
}
