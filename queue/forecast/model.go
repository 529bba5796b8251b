package forecast

import (
	"maps"
	"math"
	"slices"
	"time"
)

// Bounds of what is believed.
const (
	shortest   = 20.0   // seconds; shorter and longer ones are presses of a
	longest    = 2400.0 // button forgotten or made twice
	longestGap = 1800.0 // seconds; a longer one is no gap between two patients
	variance   = 0.20   // of the log length of a consultation, at first
	hurried    = 0.4    // of the usual time for each patient: a doctor hurries and
	leisurely  = 2.5    // slows down only so much
	outlier    = 1.5    // log; further off counts as that far
	habitDoubt = 2.0    // consultations that nobody's habit counts for
	noonHour   = 13
	mostUrgent = 1. / 600 // insertions a second
	habitsKept = 20000    // patients remembered by a model
)

// Visit is what is known of a consultation before it is held.
type Visit struct {
	Patient string // whose habit to remember, as any key; "" is nobody's
	First   bool   // the doctor has not seen him before
	Results bool   // he comes back with results
}

// Held is a consultation that was held, or, with Length 0, that goes on.
type Held struct {
	Visit
	Here   time.Time // when he came; zero is before anything else
	Start  time.Time
	Length time.Duration // until he left; until the next one entered where leaving is not recorded; negative where it is over and not known
	Sudden bool          // nobody expected him: an emergency
	WalkIn bool          // nor him, who has no appointment
	Gap    time.Duration // from then until the next one entered; negative where that is not known
}

// Session is one half-day of one doctor. Held is in the order of starting.
type Session struct {
	id         string
	Doctor     string
	Start, End time.Time // as scheduled
	Urgent     int       // who went before everybody, of those held
	Held       []Held
}

// Model is what a clinic's past teaches of how long its consultations take.
// It learns after a session is over and is only read while one goes on, so
// readers may share it. The zero value is no model; New makes one.
type Model struct {
	regression regression
	noise      running // squared log residuals of all doctors
	length     running // seconds, of all
	gaps       running
	urgent     running // insertions a second with patients
	walkIns    running // the same of those who walk in
	says       running // share of those who come when told that say so when they set out
	returns    running // and of those who come back from tests
	doctors    map[string]*doctor
	habits     map[string]running
	calibrated [groups]*calibration
	sessions   int
	zone       *time.Location
}

// New makes a model that has learned nothing yet. mean is the length of a
// consultation to begin with; 0 is ten minutes. zone tells mornings from
// afternoons; nil is UTC.
func New(mean time.Duration, zone *time.Location) *Model {
	if zone == nil {
		zone = time.UTC
	}
	if mean <= 0 {
		mean = priorMean
	}
	m := &Model{
		regression: newRegression(mean.Seconds()),
		noise:      running{mean: variance, n: noiseWeight},
		length:     running{mean: mean.Seconds(), n: meanWeight},
		gaps:       running{mean: gapMean, variance: gapSD * gapSD, n: gapWeight},
		urgent:     running{n: urgentWeight},
		walkIns:    running{n: urgentWeight},
		returns:    running{n: urgentWeight},
		says:       running{n: saysWeight},
		doctors:    map[string]*doctor{},
		habits:     map[string]running{},
		zone:       zone,
	}
	for i := range m.calibrated {
		m.calibrated[i] = newCalibration()
	}
	return m
}

const priorMean = 10 * time.Minute

// Sessions says how many were learned from.
func (m *Model) Sessions() int { return m.sessions }

// doctor gives what is known of one; of a stranger, what is known of the
// clinic. It changes nothing.
func (m *Model) doctor(id string) *doctor {
	if d, ok := m.doctors[id]; ok {
		return d
	}
	return newDoctor(m.noise.mean, m.length.mean)
}

// scene is what a session's forecasts have in common. Its times are seconds
// after the session's start.
type scene struct {
	m         *Model
	doctor    *doctor
	end       float64 // when he is done as a rule
	scheduled float64 // when he should be
	pace      pace

	start   time.Time
	now     float64
	share   float64 // of a doctor's time that one patient takes, where several see them
	one     float64 // from one call to the next, as a rule
	door    int     // see Desk
	between int
	tests   int
}

// half says in which half of the day a session is.
func (m *Model) half(s *Session) int {
	if s.Start.In(m.zone).Hour() >= noonHour {
		return 1
	}
	return 0
}

func (m *Model) scene(s *Session) scene {
	d := m.doctor(s.Doctor)
	return scene{m: m, doctor: d, scheduled: s.End.Sub(s.Start).Seconds(), end: s.End.Sub(s.Start).Seconds() + d.overrun[m.half(s)].mean}
}

// features of the consultation that is the n-th of the day and begins at t
// with left patients still to be seen, him included.
func (c *scene) features(v *Visit, n int, t, left float64) (f vector) {
	f[always] = 1
	if v.First {
		f[first] = 1
	}
	if v.Results {
		f[results] = 1
	}
	f[load] = c.load(t, left)
	f[place] = float64(min(n, 20))/10 - 1
	f[rush] = c.hurry(c.scheduled-t, left) - f[load]
	if h, ok := c.m.habits[v.Patient]; ok {
		f[habit] = h.mean * h.n / (h.n + habitDoubt)
	}
	return f
}

// load is the log of the time that is left for each patient in means when a
// consultation begins at t.
func (c *scene) load(t, left float64) float64 { return c.hurry(c.end-t, left) }

// hurry is the log of rest seconds for each of those left, in means, within
// bounds: a doctor hurries and slows down only so much.
func (c *scene) hurry(rest, left float64) float64 {
	return math.Log(min(max(rest/(max(left, 1)*c.doctor.length.mean), hurried), leisurely))
}

// foretold is the log length of a consultation in the middle, without today's
// pace.
func (c *scene) foretold(f *vector) float64 { return c.m.regression.weights.dot(f) + c.doctor.level }

// residual is what the i-th of a session was off by, on the log scale, with
// the features that foretold it; false where it is not over or not known. more
// is how many are yet to be seen beyond those held.
func (c *scene) residual(s *Session, i int, more float64) (f vector, off float64, ok bool) {
	h := &s.Held[i]
	if h.Length <= 0 {
		return f, 0, false
	}
	f = c.features(&h.Visit, i, h.Start.Sub(s.Start).Seconds(), float64(len(s.Held)-i)+more)
	off = math.Log(min(max(h.Length.Seconds(), shortest), longest)) - c.foretold(&f)
	return f, min(max(off, -outlier), outlier), true
}

// today sets the pace by what was held so far.
func (c *scene) today(s *Session, more float64) {
	sum, n := 0.0, 0
	for i := range s.Held {
		if _, off, ok := c.residual(s, i, more); ok {
			sum, n = sum+off, n+1
		}
	}
	c.pace = paceOf(sum, n, c.doctor.noise.mean)
}

// Learn takes in a session that is over. What was held in it counts from then
// on; sessions must come in the order in which they were held.
func (m *Model) Learn(s Session) {
	if len(s.Held) == 0 {
		return
	}
	m.sessions++
	d := m.doctor(s.Doctor)
	m.doctors[s.Doctor] = d
	c := m.scene(&s)
	sum, n := 0.0, 0
	habits := map[string]float64{}
	for i := range s.Held {
		f, off, ok := c.residual(&s, i, 0)
		if !ok {
			continue
		}
		y := c.foretold(&f) + off
		sum, n = sum+y-m.regression.weights.dot(&f), n+1
		m.noise.add(off*off, longMemory)
		d.noise.add(off*off, longMemory)
		m.regression.learn(&f, y-d.level, d.noise.mean)
		if s.Held[i].Patient != "" {
			habits[s.Held[i].Patient] = off
		}
	}
	if n > 0 {
		d.learnLevel(sum/float64(n), n)
	}
	for _, patient := range slices.Sorted(maps.Keys(habits)) {
		m.remember(patient, habits[patient])
	}
	m.learnTimes(d, &s)
}

// remember keeps by how much one patient's consultation was longer.
func (m *Model) remember(patient string, off float64) {
	h, known := m.habits[patient]
	if !known && len(m.habits) >= habitsKept {
		return
	}
	h.add(off, shortMemory)
	m.habits[patient] = h
}

// learnTimes takes in lengths and gaps, and when the doctor began and ended.
func (m *Model) learnTimes(d *doctor, s *Session) {
	for i := range s.Held {
		h := &s.Held[i]
		if h.Length > 0 {
			length := min(max(h.Length.Seconds(), shortest), longest)
			m.length.add(length, longMemory)
			d.length.add(length, longMemory)
		}
		if gap := h.Gap.Seconds(); gap >= 0 && gap <= longestGap && i+1 < len(s.Held) {
			m.gaps.add(gap, shortMemory)
		}
	}
	if worked := s.Held[len(s.Held)-1].Start.Sub(s.Held[0].Start).Seconds(); worked > 0 {
		m.learnInserts(s, worked)
	}
	d.late.add(min(max(s.Held[0].Start.Sub(s.Start).Seconds(), -3600), 3600), shortMemory)
	last := s.Held[len(s.Held)-1]
	ended := last.Start.Add(last.Length)
	if last.Length <= 0 {
		ended = last.Start.Add(seconds(d.length.mean))
	}
	d.overrun[m.half(s)].add(ended.Sub(s.End).Seconds(), shortMemory)
}

// learnInserts takes in how many went in a session whom no list held before.
func (m *Model) learnInserts(s *Session, worked float64) {
	walkIns, returns := 0, 0
	for i := range s.Held {
		switch h := &s.Held[i]; {
		case h.Results:
			returns++
		case h.WalkIn:
			walkIns++
		}
	}
	m.urgent.add(min(float64(s.Urgent)/worked, mostUrgent), shortMemory)
	m.walkIns.add(min(float64(walkIns)/worked, mostUrgent), shortMemory)
	m.returns.add(min(float64(returns)/worked, mostUrgent), shortMemory)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
