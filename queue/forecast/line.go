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

	comes   arrival    // of one who is not here; unset where he is told when to leave
	counted [2]float64 // by track, with which chance he goes before who is forecast now
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
	Door        int       // how many go to the door before they are called, and are overtaken by nobody there
	Between     int       // normals between two who come back from tests; 0 is any number
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
	idles        int     // 1 if the doctor waits for who is due next
}

// Calls forecasts each of a line, in its order, and appends to dst. It reads
// the model only.
func (m *Model) Calls(dst []Forecast, line []Person, d *Desk, now time.Time) []Forecast {
	c := m.scene(&d.Session)
	left := d.More
	for i := range line {
		line[i].counted = [2]float64{}
		left += line[i].Show
	}
	c.today(&d.Session, left)
	c.sit(d, now)
	here := c.free(d, now, left)
	booked := here // of those who are not here; the doctor waits for who is due next
	booked.idles = 1
	n, ahead := len(d.Held), 0.0
	started := len(d.Held) > 0
	for i := range line {
		p, t := &line[i], &here
		if !p.NotBefore.IsZero() {
			t = &booked
		}
		door := c.seats(p)
		c.admit(t, line[:i], door, n, left)
		people := int(math.Round(ahead))
		g := groupOf(people, started, p.where())
		middle, sd := c.match(t, people, door)
		dst = append(dst, Forecast{ID: p.ID, Ahead: people, now: now, notBefore: p.NotBefore, middle: middle, sd: sd, group: g, by: m.calibrated[g]})
		if t == &here {
			c.pass(&here, p, n+i, left, 0, p.Show)
			c.pass(&booked, p, n+i, left, 0, p.Show)
		} else if idle := c.due(p) - booked.at; idle > 0 {
			booked.at += p.Show * idle
		}
		left -= p.Show
		ahead += p.Show
	}
	return dst
}

// sit notes what a desk and its door are like.
func (c *scene) sit(d *Desk, now time.Time) {
	c.start, c.now = d.Start, now.Sub(d.Start).Seconds()
	c.share = 1 / float64(max(d.Doctors, 1))
	c.one = (c.doctor.length.mean + c.m.gaps.mean) * c.share
	c.door, c.between, c.tests = d.Door, d.Between, d.Tests
}

// due is from when on somebody who is not here may be called, in seconds after
// the start.
func (c *scene) due(p *Person) float64 { return p.NotBefore.Sub(c.start).Seconds() }

// seats are how many stand at the door from where nobody is overtaken, before
// one is called. Who is told when to leave comes too late to stand there long.
func (c *scene) seats(p *Person) int {
	if !p.NotBefore.IsZero() && !p.comes.set {
		return 0
	}
	return c.door
}

// admit lets those go before the next of a line who stand before him and are
// not here, each with the chance that he has come by then. Whoever is let in
// gives the others more time, which counts once.
func (c *scene) admit(t *track, line []Person, door, n int, left float64) {
	for range 2 {
		for i := range line {
			p := &line[i]
			from := &p.counted[t.idles]
			if p.NotBefore.IsZero() || *from == p.Show {
				continue
			}
			if to := p.Show * c.inTime(p, t, float64(door)*c.one); to > *from {
				c.pass(t, p, n+i, left, *from, to)
				*from = to
			}
		}
	}
}

// inTime is the chance that one who is not here comes before the next of a track
// is out of his reach, who goes to the door that long before his call. Whoever is
// on his way at our word keeps his place, and who is yet to be told will be told
// so as to be here.
func (c *scene) inTime(p *Person, t *track, door float64) float64 {
	if c.due(p) > t.at {
		return 0
	}
	if !p.comes.set {
		return 1
	}
	spread := math.Sqrt(t.variance + t.breaks + c.doubt(t))
	early, late := c.start.Add(seconds(t.at-door-spread)), c.start.Add(seconds(t.at-door+spread))
	return (p.comes.by(early) + p.comes.by(late)) / 2
}

// match fits a lognormal to the two moments of the time from now until a track
// is free for somebody with so many before him, door of them at the door, and
// gives its median and its standard deviation.
func (c *scene) match(t *track, people, door int) (middle, sd float64) {
	w := moments{max(t.at-c.now, leastWait), t.variance + c.doubt(t)}
	more := c.inserted(w, min(t.at, t.at-c.now), people, door)
	mean, v := w.mean+more.mean, w.variance+more.variance
	return mean / math.Sqrt(1+v/(mean*mean)), max(math.Sqrt(v+t.breaks), leastSpread)
}

// What is assumed of tests, in seconds: how long somebody is away, and until he
// is with the doctor again.
const (
	testsAway = 1500.0
	testsTake = 2400.0
)

// inserted is what those add to a wait who are in no list yet: urgent patients
// who come meanwhile, and while they are seen; those who walk in; those who are
// out for tests, or will be, and come back. work is how much of the wait lies
// within the session, in seconds.
func (c *scene) inserted(w moments, work float64, people, door int) moments {
	work = max(work, 0)
	one, spread := c.doctor.length.mean+c.m.gaps.mean, math.Exp(c.doctor.noise.mean)
	come := c.m.urgent.mean*w.mean*(1+c.m.urgent.mean*one) + c.m.walkIns.mean*work
	again := c.doctor.length.mean*math.Exp(c.m.regression.weights[results]) + c.m.gaps.mean
	back, later := c.back(w, people, door), c.m.returns.mean*max(work-testsTake, 0)
	return moments{
		come*one + (back.mean+later)*again,
		(come*one*one+later*again*again)*spread + (back.mean*(spread-1)+back.variance)*again*again,
	}
}

// back is how many of those who are out for tests go before somebody: who comes
// back before he is at the door, and not more of them than may go between the
// normals before him.
func (c *scene) back(w moments, people, door int) moments {
	most := c.tests
	if c.between > 0 {
		most = min(most, (people-door)/c.between+1)
	}
	if people < door || most <= 0 {
		return moments{}
	}
	reach := w.mean - float64(door)*c.one
	spread := math.Sqrt(w.variance)
	share := func(s float64) float64 { return min(max(s/testsAway, 0), 1) }
	p := (share(reach-spread) + share(reach+spread)) / 2
	// At most so many of a binomial.
	var mean, second, chance float64
	chance = math.Pow(1-p, float64(c.tests))
	rest := 1.0
	for k := 0; k < most; k++ {
		mean, second, rest = mean+chance*float64(k), second+chance*float64(k*k), rest-chance
		if p < 1 {
			chance *= float64(c.tests-k) / float64(k+1) * p / (1 - p)
		}
	}
	mean, second = mean+rest*float64(most), second+rest*float64(most*most)
	return moments{mean, max(second-mean*mean, 0)}
}

// doubt is the variance of a track that comes of what is not known of the
// clinic, the doctor and today.
func (c *scene) doubt(t *track) float64 {
	return c.m.regression.uncertain(&t.by) + t.work*t.work*(c.doctor.doubt+c.pace.variance)
}

// pass adds one person to a track, with a chance in which from is counted
// already. Where the doctor can still hurry or slow down, what he was late by
// before counts less after: the load is taken at both ends of the spread, and its
// slope between them.
func (c *scene) pass(t *track, p *Person, n int, left, from, to float64) {
	show := to - from
	f := c.features(&p.Visit, n, t.at, left*c.share)
	spread := max(math.Sqrt(t.variance+t.breaks), leastSpread)
	early, late := c.load(t.at-spread, left*c.share), c.load(t.at+spread, left*c.share)
	f[load] = (early + late) / 2
	length := c.length(&f) * c.share
	one := length + c.m.gaps.mean*c.share
	keep := min(max(1-show*c.m.regression.weights[load]*length*(early-late)/(2*spread), 0), 1)
	t.at += show * one
	t.variance = t.variance*keep*keep + show*(length*length*math.Expm1(c.doctor.noise.mean)+one*one) - (to*to-from*from)*one*one
	t.breaks = t.breaks*keep*keep + show*c.m.gaps.variance*c.share*c.share
	t.work = t.work*keep + show*length
	t.by.add(keep, &f, show*length)
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
	share := c.share
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
