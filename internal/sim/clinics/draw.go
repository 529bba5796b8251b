package clinics

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/sim"
	"github.com/houzhen/houzhen/queue/forecast"
)

// firstDay is the date of every clinic's first session, a Monday.
var firstDay = houzhen.Date{Year: 2026, Month: time.March, Day: 2}

// clinic is one made-up clinic: a doctor, his list and his ways.
type clinic struct {
	spec *Spec
	seed uint64
	n    int

	slot   float64 // minutes
	booked float64 // share
	mean   float64 // minutes of a later visit
	logSD  float64
	first  float64 // share of first visits

	lateMean, lateSD float64 // minutes
	tea, interrupted float64 // chances

	walkIns, urgent float64 // a session
	tests           float64 // share
}

// newClinic draws the n-th clinic of a seed.
func newClinic(s *Spec, seed uint64, n int) clinic {
	r := sim.Rand(seed, fmt.Sprint("clinic ", n))
	c := clinic{spec: s, seed: seed, n: n}
	c.slot = math.Round(in(r, s.Session.SlotMinutes))
	c.booked = in(r, s.Session.Booked)
	c.mean = c.slot * in(r, s.Consultation.Slots)
	c.logSD = s.Consultation.LogSD * in(r, s.Consultation.DoctorSpread)
	c.first = in(r, s.Consultation.FirstVisits)
	c.lateMean, c.lateSD = in(r, s.Doctor.LateMean), in(r, s.Doctor.LateSD)
	c.tea, c.interrupted = in(r, s.Doctor.Tea), in(r, s.Doctor.Interrupted)
	c.walkIns, c.urgent, c.tests = in(r, s.Patient.WalkIns), in(r, s.Patient.Urgent), in(r, s.Patient.Tests)
	return c
}

// doctor is the id of whoever sits there.
func (c *clinic) doctor() string { return fmt.Sprint("doctor-", c.n) }

// kind says how somebody comes to be a patient of a session.
type kind int

const (
	booked kind = iota
	walkIn
	urgent
)

// person is one patient of one session, with all chances that are his. What
// is decided about him changes none of them.
type person struct {
	id     string
	kind   kind
	place  int           // of the session, from 0; of those who are booked
	comes  time.Time     // without advice; of those who are not booked, in any case
	stays  bool          // at home, and tells nobody
	chance float64       // of staying: the tenth that a model of no-shows put him in, so the house may know it
	says   bool          // on his phone that he has set out
	saysIn time.Duration // after he was told to

	stated int           // minutes of his way as he says
	way    time.Duration // what it comes to today

	ratio   float64 // of his consultation, in means of the doctor
	first   bool    // the doctor has not seen him before
	tests   bool
	lab     time.Duration // from the end of the first consultation until he is back
	again   float64       // ratio of the second one
	wanders time.Duration // away from the door at the first call; 0 is there
	enters  time.Duration
	rest    time.Duration // of the doctor after him: change and interruption
}

// session is one session as it is before anything is decided.
type session struct {
	clinic     *clinic
	date       houzhen.Date
	start, end time.Time
	begins     time.Time     // when the doctor comes
	tea        time.Time     // from when he has tea as soon as he is free; zero never
	teaFor     time.Duration // as long as that takes
	pace       float64
	people     []person // booked by place, then the others by coming
}

// draw makes a clinic's session of a day, from 0.
func (c *clinic) draw(day int) session {
	s := c.spec
	r := sim.Rand(c.seed, fmt.Sprintf("clinic %d day %d", c.n, day))
	opens, _ := houzhen.ParseTimeOfDay(s.Session.Start) // Validate has read it
	x := session{clinic: c, date: firstDay.AddDays(day)}
	x.start = x.date.Clock(opens, time.UTC)
	x.end = x.start.Add(minutes(s.Session.Minutes))
	x.begins = x.start.Add(minutes(c.lateMean + c.lateSD*r.NormFloat64()))
	tea, at, long := r.Float64(), 0.35+0.3*r.Float64(), in(r, s.Doctor.TeaMinutes)
	if tea < c.tea {
		x.tea, x.teaFor = x.start.Add(minutes(at*s.Session.Minutes)), minutes(long)
	}
	x.pace = math.Exp(s.Consultation.DaySD * r.NormFloat64())
	regulars := r.Perm(s.Patient.Regulars)
	for place := range int(s.Session.Minutes / c.slot) {
		own := sim.Rand(c.seed, fmt.Sprintf("clinic %d day %d place %d", c.n, day, place))
		p := c.person(own, regulars[place])
		p.place = place
		taken, chance := own.Float64() < c.booked, s.Patient.NoShow[own.IntN(len(s.Patient.NoShow))]
		p.stays = own.Float64() < chance
		p.chance = chance
		p.comes = x.slot(place).Add(unpunctual(own, s))
		p.says, p.saysIn = own.Float64() < s.Patient.SaysSetOut, minutes(in(own, s.Patient.SaysMinutes))
		if taken {
			x.people = append(x.people, p)
		}
	}
	x.drop(r, walkIn, c.walkIns, "walk-in")
	x.drop(r, urgent, c.urgent, "urgent")
	return x
}

// slot is when a place's slot begins.
func (x *session) slot(place int) time.Time {
	return x.start.Add(minutes(x.clinic.slot * float64(place)))
}

// drop lets people drop in who are not booked, evenly over the session but for
// its last half hour.
func (x *session) drop(r *rand.Rand, k kind, mean float64, name string) {
	c := x.clinic
	for i := range poisson(r, mean) {
		own := sim.Rand(c.seed, fmt.Sprintf("clinic %d %s %s %d", c.n, x.date, name, i))
		p := c.person(own, -1)
		p.id, p.kind = fmt.Sprintf("%s-%d", name, i), k
		p.comes = x.start.Add(minutes(own.Float64() * max(c.spec.Session.Minutes-30, 0)))
		x.people = append(x.people, p)
	}
}

// person draws what is his own; a regular keeps his habit, -1 is a stranger.
func (c *clinic) person(r *rand.Rand, regular int) person {
	s := c.spec
	p := person{id: fmt.Sprintf("regular-%d", regular)}
	habit := r.NormFloat64()
	if regular >= 0 {
		habit = sim.Rand(c.seed, fmt.Sprintf("clinic %d regular %d", c.n, regular)).NormFloat64()
	}
	// The lognormal and the habit have a mean of 1 each, so that the clinic's
	// mean is its mean.
	habitSD := s.Consultation.HabitSD
	p.ratio = math.Exp(habitSD*habit - habitSD*habitSD/2 + c.logSD*r.NormFloat64() - c.logSD*c.logSD/2)
	if p.first = r.Float64() < c.first; p.first {
		p.ratio *= s.Consultation.FirstVisitTimes
	}
	if r.Float64() < s.Consultation.Overrun {
		p.ratio *= s.Consultation.OverrunTimes
	}
	p.tests = r.Float64() < c.tests
	p.lab = minutes(s.Patient.TestsMinutes * math.Exp(s.Patient.TestsLogSD*r.NormFloat64()))
	p.again = s.Patient.BackLength * math.Exp(c.logSD*r.NormFloat64()-c.logSD*c.logSD/2)
	if away, long := r.Float64(), in(r, s.Patient.WandersMinutes); away < s.Patient.Wanders {
		p.wanders = minutes(long)
	}
	p.enters = seconds(in(r, s.Patient.EnterSeconds))
	p.rest = seconds(in(r, s.Doctor.ChangeSeconds))
	if broken, long := r.Float64(), in(r, s.Doctor.InterruptionMinutes); broken < c.interrupted {
		p.rest += minutes(long)
	}
	p.stated = int(math.Round(in(r, s.Patient.WayMinutes)))
	p.way = forecast.Travel{Mean: time.Duration(p.stated) * time.Minute, Spread: s.Patient.WaySpread}.Quantile(r.Float64()).Truncate(time.Second)
	return p
}

// unpunctual is how long after his slot's beginning somebody comes who is told
// nothing.
func unpunctual(r *rand.Rand, s *Spec) time.Duration {
	late, z := r.Float64(), r.NormFloat64()
	if late < s.Patient.LateShare {
		return minutes(s.Patient.LateMean + s.Patient.LateSD*z)
	}
	return minutes(s.Patient.EarlyMean + s.Patient.EarlySD*z)
}

// lasts is how long a consultation takes that begins at an instant while left
// patients are to be seen, himself included: with much time for each of them a
// doctor takes it, with little he hurries.
func (x *session) lasts(ratio float64, at time.Time, left float64) time.Duration {
	c := x.clinic
	within := c.spec.Consultation.LoadWithin
	load := x.end.Sub(at).Minutes() / (max(left, 1) * c.mean)
	load = min(max(load, within[0]), within[1])
	m := c.mean * ratio * x.pace * math.Pow(load, c.spec.Consultation.LoadPower)
	return minutes(min(max(m, shortest), longest))
}

// Bounds of a consultation, in minutes.
const (
	shortest = 0.75
	longest  = 90
)

func in(r *rand.Rand, s Span) float64 { return s[0] + (s[1]-s[0])*r.Float64() }

// poisson draws a number of independent arrivals.
func poisson(r *rand.Rand, mean float64) int {
	n := 0
	for left := mean - r.ExpFloat64(); left > 0; left -= r.ExpFloat64() {
		n++
	}
	return n
}
