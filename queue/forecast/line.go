package forecast

import (
	"math"
	"time"
)

// leastSpread keeps scores defined when nothing is ahead, in seconds.
const leastSpread = 30.0

// Range is when a patient will be called: 10 %, 50 % and 90 % points.
type Range struct{ Low, Mid, High time.Time }

// Person is one who will be called, in the order of calling.
type Person struct {
	Visit
	ID        string
	Show      float64   // chance that he comes; 1 for one who is here
	NotBefore time.Time // zero for one who is here
	Told      bool      // he is not here and was told to set out
}

func (p *Person) where() whereabouts {
	switch {
	case p.NotBefore.IsZero():
		return onSite
	case p.Told:
		return onTheWay
	default:
		return expected
	}
}

// Desk is what is known of the doctor today. Those of Held that have no
// Length are in the room now.
type Desk struct {
	Session
	Doctors     int // how many see patients of this queue at the same time; 0 counts as 1
	Paused      bool
	PausedUntil time.Time // zero is open
	More        float64   // who is expected after the line
	Tests       int       // how many are out for tests
}

// Forecast is when one person will be called, as a distribution.
type Forecast struct {
	ID    string
	Ahead int // people before him who are expected to come

	now        time.Time
	notBefore  time.Time
	middle, sd float64 // seconds from now
	group      int
	by         *calibration
}

// Range is its 10 %, 50 % and 90 % points.
func (f *Forecast) Range() Range {
	low := f.scored(f.by.quantile(f.by.miss / 2))
	high := f.scored(f.by.quantile(1 - f.by.miss/2))
	return Range{Low: f.at(min(low, f.middle)), Mid: f.at(f.middle), High: f.at(max(high, f.middle))}
}

func (f *Forecast) at(s float64) time.Time {
	t := f.now.Add(seconds(max(s, 0)))
	if t.Before(f.notBefore) {
		return f.notBefore
	}
	return t
}

// Before is the chance that he is called before t.
func (f *Forecast) Before(t time.Time) float64 {
	if t.Before(f.notBefore) || t.Before(f.now) {
		return 0
	}
	return f.by.below(f.score(t))
}

// scoreShift is what is added to both times before their logarithms are
// compared, in seconds. A short wait can end earlier by as much as it is long
// and later by much more, a long one is off to both sides alike; with the
// shift one table of scores serves both.
const scoreShift = 300.0

// score is what the middle was wrong by in units of the spread, on the shifted
// log scale.
func (f *Forecast) score(truth time.Time) float64 {
	base := f.middle + scoreShift
	return math.Log((max(truth.Sub(f.now).Seconds(), 0)+scoreShift)/base) * base / f.sd
}

// scored is the inverse of score, in seconds from now.
func (f *Forecast) scored(s float64) float64 {
	base := f.middle + scoreShift
	return base*math.Exp(s*f.sd/base) - scoreShift
}

// track adds up what goes before somebody: when the desk is free for him, in
// seconds after the start, and what that is in doubt by.
type track struct {
	at, variance float64
	breaks       float64 // variance of gaps and pauses: mostly none, so they move the middle little
	work         float64 // seconds with patients among it
	by           vector  // the same, by feature
}

// Calls forecasts each of a line, in its order, and appends to dst. It reads
// the model only.
func (m *Model) Calls(dst []Forecast, line []Person, d *Desk, now time.Time) []Forecast {
	c := m.scene(&d.Session)
	c.tests = float64(d.Tests)
	left := d.More
	for i := range line {
		left += line[i].Show
	}
	c.today(&d.Session, left)
	share := 1 / float64(max(d.Doctors, 1))
	here := c.free(d, now, left)
	booked := here // those who are not here wait for the ones due before them
	n, ahead := len(d.Held), 0.0
	origin := now.Sub(d.Start).Seconds()
	started := len(d.Held) > 0
	for i := range line {
		p := &line[i]
		t := &here
		if !p.NotBefore.IsZero() {
			t = &booked
		}
		people := int(math.Round(ahead))
		g := groupOf(people, started, p.where())
		middle, sd := c.match(t, origin)
		dst = append(dst, Forecast{ID: p.ID, Ahead: people, now: now, notBefore: p.NotBefore, middle: middle, sd: sd, group: g, by: m.calibrated[g]})
		due := p.NotBefore.Sub(d.Start).Seconds()
		if p.NotBefore.IsZero() || due <= here.at {
			c.pass(&here, p, n+i, left, share)
		}
		if idle := due - booked.at; !p.NotBefore.IsZero() && idle > 0 {
			booked.at += p.Show * idle
		}
		c.pass(&booked, p, n+i, left, share)
		left -= p.Show
		ahead += p.Show
	}
	return dst
}

// match fits a lognormal to the two moments of the time from now and gives its
// median and its standard deviation.
func (c *scene) match(t *track, origin float64) (middle, sd float64) {
	mean, v := max(t.at-origin, leastWait), t.variance+c.doubt(t)
	inserted, spread := c.inserted(mean, min(t.at, t.at-origin))
	mean, v = mean+inserted, v+spread
	return mean / math.Sqrt(1+v/(mean*mean)), max(math.Sqrt(v+t.breaks), leastSpread)
}

// testsTake is how long somebody is away who was sent to tests, until he is
// with the doctor again, in seconds: 25 minutes there in the middle, and the
// wait for his turn after it.
const testsTake = 2400.0

// inserted is what those add to a wait who are in no list yet, mean and
// variance: urgent patients who come meanwhile, and while they are seen; those
// who walk in; those who are out for tests, or will be, and come back. work is
// how much of the wait lies within the session, in seconds.
func (c *scene) inserted(wait, work float64) (mean, variance float64) {
	work = max(work, 0)
	one, spread := c.doctor.length.mean+c.m.gaps.mean, math.Exp(c.doctor.noise.mean)
	come := c.m.urgent.mean*wait*(1+c.m.urgent.mean*one) + c.m.walkIns.mean*work
	again := c.doctor.length.mean*math.Exp(c.m.regression.weights[results]) + c.m.gaps.mean
	back := c.tests*min(work/testsTake, 1) + c.m.returns.mean*max(work-testsTake, 0)
	return come*one + back*again, (come*one*one + back*again*again) * spread
}

// doubt is the variance of a track that comes of what is not known of the
// clinic, the doctor and today.
func (c *scene) doubt(t *track) float64 {
	return c.m.regression.uncertain(&t.by) + t.work*t.work*(c.doctor.doubt+c.pace.variance)
}

// pass adds one person to a track. Where the doctor can still hurry or slow
// down, what he was late by before counts less after: the load is taken at
// both ends of the spread, and its slope between them.
func (c *scene) pass(t *track, p *Person, n int, left, share float64) {
	f := c.features(&p.Visit, n, t.at, left*share)
	spread := max(math.Sqrt(t.variance+t.breaks), leastSpread)
	early, late := c.load(t.at-spread, left*share), c.load(t.at+spread, left*share)
	f[load] = (early + late) / 2
	length := c.length(&f) * share
	one := length + c.m.gaps.mean*share
	keep := min(max(1-p.Show*c.m.regression.weights[load]*length*(early-late)/(2*spread), 0), 1)
	t.at += p.Show * one
	t.variance = t.variance*keep*keep + p.Show*(length*length*math.Expm1(c.doctor.noise.mean)+one*one) - p.Show*p.Show*one*one
	t.breaks = t.breaks*keep*keep + p.Show*c.m.gaps.variance*share*share
	t.work = t.work*keep + p.Show*length
	t.by.add(keep, &f, p.Show*length)
}

// length is the mean of one consultation.
func (c *scene) length(f *vector) float64 {
	return math.Exp(c.foretold(f) + c.pace.mean + c.doctor.noise.mean/2)
}

// free says when the doctor is free for the first of the line: after those in
// the room, after his pause, or after he has come at all.
func (c *scene) free(d *Desk, now time.Time, left float64) track {
	origin := now.Sub(d.Start).Seconds()
	t := track{at: origin}
	if len(d.Held) == 0 {
		late := lateness(c.doctor.late, origin)
		t.at, t.variance = origin+late.mean, late.variance
	}
	share := 1 / float64(max(d.Doctors, 1))
	for i := range d.Held {
		h := &d.Held[i]
		if h.Length != 0 {
			continue
		}
		began := h.Start.Sub(d.Start).Seconds()
		f := c.features(&h.Visit, i, began, (left+float64(len(d.Held)-i))*share)
		rest := remainder(c.length(&f), c.doctor.noise.mean, origin-began)
		t.at += (rest.mean + c.m.gaps.mean) * share
		t.variance += rest.variance * share * share
		t.breaks += c.m.gaps.variance * share * share
		t.work += rest.mean * share
		t.by.add(1, &f, rest.mean*share)
	}
	if d.Paused {
		c.wait(&t, d, now, origin)
	}
	return t
}

// What is assumed of a pause, in seconds.
const (
	pauseMean    = 600.0 // without an end
	pauseSD      = 600.0
	pauseSlackSD = 180.0 // with one
)

// wait lets a pause go before everything else, if it lasts longer.
func (c *scene) wait(t *track, d *Desk, now time.Time, origin float64) {
	mean, sd := pauseMean, pauseSD
	if left := d.PausedUntil.Sub(now).Seconds(); !d.PausedUntil.IsZero() {
		mean, sd = max(left, pauseSlackSD/2), pauseSlackSD
	}
	if origin+mean > t.at {
		*t = track{at: origin + mean, breaks: sd * sd}
	}
}
