package forecast

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/queue/queuetest"
)

// clinic draws sessions of one doctor whose every habit is known.
type clinic struct {
	r        *rand.Rand
	doctor   string
	mean     float64 // seconds
	log      float64 // log spread of one consultation
	newer    float64 // how much longer who comes for the first time takes, log
	patients int
	day      int
}

func (c *clinic) session() Session {
	start := time.Date(2026, 1, 5, 8, 30, 0, 0, time.UTC).AddDate(0, 0, c.day)
	c.day++
	s := Session{Doctor: c.doctor, Start: start, End: start.Add(210 * time.Minute)}
	now := start.Add(time.Duration(c.r.NormFloat64() * float64(3*time.Minute)))
	for i := range c.patients {
		v := Visit{Patient: fmt.Sprintf("%d-%d", c.day, i), First: c.r.IntN(3) == 0}
		length := math.Log(c.mean) - c.log*c.log/2 + c.log*c.r.NormFloat64()
		if v.First {
			length += c.newer
		}
		h := Held{Visit: v, Start: now, Length: seconds(math.Exp(length))}
		now = now.Add(h.Length)
		s.Held = append(s.Held, h)
	}
	return s
}

func walkOf(s Session) Walk {
	return Walk{Session: s, From: s.Start.Add(-15 * time.Minute), Every: 4 * time.Minute, Line: 10}
}

func TestLearningFindsWhatTheClinicIsLike(t *testing.T) {
	c := &clinic{r: rand.New(rand.NewPCG(1, 1)), doctor: "d1", mean: 900, log: 0.4, newer: 0.3, patients: 14}
	m := tenMinutes()
	for range 150 {
		m.Learn(c.session())
	}
	d := m.doctors["d1"]
	if got := m.regression.weights[first]; math.Abs(got-0.3) > 0.05 {
		t.Errorf("who comes for the first time takes exp(%.3f) times as long, want exp(0.3)", got)
	}
	if got := math.Sqrt(d.noise.mean); math.Abs(got-0.4) > 0.04 {
		t.Errorf("consultations spread by %.3f, want 0.4", got)
	}
	if d.doubt > 0.06*0.06 {
		t.Errorf("after 150 sessions his level is in doubt by %.3f", math.Sqrt(d.doubt))
	}
	if m.Sessions() != 150 {
		t.Errorf("learned from %d sessions", m.Sessions())
	}
}

func TestEachDoctorHasHisOwnLevelAndAStrangerTheClinics(t *testing.T) {
	m := tenMinutes()
	slow := &clinic{r: rand.New(rand.NewPCG(1, 1)), doctor: "slow", mean: 900, log: 0.4, patients: 12}
	fast := &clinic{r: rand.New(rand.NewPCG(2, 1)), doctor: "fast", mean: 450, log: 0.4, patients: 12}
	for range 40 {
		m.Learn(slow.session())
		m.Learn(fast.session())
	}
	wait := func(doctor string) float64 {
		start := at(8, 30)
		d := Desk{Session: Session{Doctor: doctor, Start: start, End: start.Add(150 * time.Minute), Held: []Held{{Start: start}}}}
		f := m.Calls(nil, make([]Person, 8), &d, start)
		return f[len(f)-1].middle
	}
	line := [3]float64{wait("fast"), wait("stranger"), wait("slow")}
	if !(line[0] < 0.85*line[1] && line[1] < 0.85*line[2]) {
		t.Errorf("the eighth waits %.0f s with the fast one, %.0f with a stranger, %.0f with the slow one", line[0], line[1], line[2])
	}
}

func TestOneSlowPatientIsNoSlowDay(t *testing.T) {
	if got := paceOf(1, 1, 0.2); got.mean > 0.03 {
		t.Errorf("one who took almost three times as long makes the day %.3f longer", got.mean)
	}
	if got := paceOf(20*0.3, 20, 0.2); got.mean < 0.05 || got.mean > 0.15 {
		t.Errorf("twenty who took a third longer make the day %.3f longer", got.mean)
	}
	if got := paceOf(0, 0, 0.2); got.mean != 0 || math.Abs(got.variance-paceDoubt*paceDoubt) > 1e-12 {
		t.Errorf("of a day that has not begun: %+v", got)
	}
}

func TestARangeCoversWhatItSaysEvenWhereTheModelIsWrong(t *testing.T) {
	for _, log := range []float64{0.2, 0.45, 0.7} {
		c := &clinic{r: rand.New(rand.NewPCG(3, 1)), doctor: "d1", mean: 700, log: log, patients: 16}
		if got := coverage(tenMinutes(), c, 60, 120); got < 0.75 || got > 0.85 {
			t.Errorf("where lengths spread by %.2f, the range covers %.3f", log, got)
		}
	}
}

func TestARangeFollowsADoctorWhoBecomesSlower(t *testing.T) {
	m := tenMinutes()
	c := &clinic{r: rand.New(rand.NewPCG(4, 1)), doctor: "d1", mean: 700, log: 0.4, patients: 16}
	coverage(m, c, 60, 0)
	c.mean *= 1.3
	if got := coverage(m, c, 20, 60); got < 0.74 || got > 0.88 {
		t.Errorf("twenty sessions after he became slower by a third, the range covers %.3f", got)
	}
}

// coverage learns from some sessions and says how many of the calls of others
// their ranges held.
func coverage(m *Model, c *clinic, warm, scored int) float64 {
	var all tally
	for i := range warm + scored {
		m.Rehearse(walkOf(c.session()), func(f *Forecast, now, called time.Time) {
			if i >= warm {
				all.add(f, now, called, 0)
			}
		})
	}
	return float64(all.covered) / float64(max(all.n, 1))
}

func TestAForecastKnowsNothingOfWhatComesLater(t *testing.T) {
	c := &clinic{r: rand.New(rand.NewPCG(6, 1)), doctor: "d1", mean: 700, log: 0.4, patients: 16}
	m := tenMinutes()
	for range 20 {
		m.Rehearse(walkOf(c.session()), nil)
	}
	one := c.session()
	other := one
	other.Held = append([]Held(nil), one.Held...)
	const same = 6 // who entered before the two days part
	for i := same; i < len(other.Held); i++ {
		other.Held[i].Start = other.Held[i].Start.Add(time.Duration(i) * 3 * time.Minute)
		other.Held[i].Length *= 2
	}
	other.Held[same-1].Length += same * 3 * time.Minute
	part := one.Held[same].Start
	told := func(s Session) map[string]Range {
		got := map[string]Range{}
		m.Live(walkOf(s), func(f *Forecast, now, _ time.Time) {
			if now.Before(part) {
				got[fmt.Sprint(now.Unix(), f.Ahead)] = f.Range()
			}
		})
		return got
	}
	if diff := cmp.Diff(told(one), told(other)); diff != "" {
		t.Errorf("(-one +other):\n%s", diff)
	}
}

func TestForecastsAreTheSameEachTime(t *testing.T) {
	told := func() []Range {
		c := &clinic{r: rand.New(rand.NewPCG(6, 1)), doctor: "d1", mean: 700, log: 0.4, patients: 16}
		m := tenMinutes()
		var got []Range
		for range 5 {
			m.Rehearse(walkOf(c.session()), func(f *Forecast, _, _ time.Time) { got = append(got, f.Range()) })
		}
		return got
	}
	if diff := cmp.Diff(told(), told()); diff != "" {
		t.Error("twice the same past gave two models")
	}
}

func TestCalibrationQuantilesAndSharesAreInverse(t *testing.T) {
	c := newCalibration()
	r := rand.New(rand.NewPCG(8, 1))
	for range 2 * scoresKept {
		c.add(r.NormFloat64(), true)
	}
	c.add(math.NaN(), false)
	c.settle()
	for _, q := range []float64{0.02, 0.1, 0.5, 0.9, 0.98} {
		want := math.Sqrt2 * math.Erfinv(2*q-1)
		if got := c.quantile(q); math.Abs(got-want) > 0.1 {
			t.Errorf("%.2f: got %.3f, want %.3f", q, got, want)
		}
		if got := c.below(c.quantile(q)); math.Abs(got-q) > 0.003 {
			t.Errorf("%.2f: share below its quantile is %.3f", q, got)
		}
	}
	if c.below(-100) != 0 || c.below(100) != 1 {
		t.Error("nothing lies below all scores, and all lies below what is above them")
	}
	if c.miss <= target {
		t.Errorf("when all ranges held, they leave out %.3f, want more than %.1f", c.miss, target)
	}
}

func TestUrgentPatientsMakeEverybodyWaitLonger(t *testing.T) {
	wait := func(urgent int) (float64, float64) {
		c := &clinic{r: rand.New(rand.NewPCG(9, 1)), doctor: "d1", mean: 700, log: 0.4, patients: 16}
		m := tenMinutes()
		for range 40 {
			s := c.session()
			s.Urgent = urgent
			m.Learn(s)
		}
		line, d := lineOf(9)
		f := m.Calls(nil, line, &d, at(8, 30))
		return f[8].middle, f[8].sd
	}
	none, noneSD := wait(0)
	two, twoSD := wait(2) // in sixteen: an eighth more work
	if two < 1.05*none || two > 1.2*none || twoSD <= noneSD {
		t.Errorf("the ninth waits %.0f ± %.0f s, with two urgent ones a session %.0f ± %.0f", none, noneSD, two, twoSD)
	}
}

func TestLateness(t *testing.T) {
	late := running{mean: lateMean, variance: lateSD * lateSD}
	if got := lateness(late, -6000); math.Abs(got.mean-6120) > 1 || math.Abs(got.variance-lateSD*lateSD) > 100 {
		t.Errorf("long before the start: %.0f ± %.0f s, want 6120 ± 300", got.mean, math.Sqrt(got.variance))
	}
	if got := lateness(late, 120); math.Abs(got.mean-300*math.Sqrt(2/math.Pi)) > 0.5 {
		t.Errorf("at his usual minute: %.1f s, want the half normal's mean", got.mean)
	}
	for _, e := range []float64{600, 3600, 1e5} {
		if got := lateness(late, e); !(got.mean > 0) || !(got.variance > 0) {
			t.Errorf("late by %.0f s: %+v", e, got)
		}
	}
}

func TestRemainderOfALognormal(t *testing.T) {
	fresh := remainder(600, 0.2, 0)
	if math.Abs(fresh.mean-600) > 1e-9 {
		t.Errorf("one who enters now takes %.1f s, want the mean", fresh.mean)
	}
	for _, e := range []float64{1, 120, 600, 1200, 3600, 1e5} {
		got, want := remainder(600, 0.2, e), integrate(600, 0.2, min(e, 1e4))
		if e <= 3600 && (math.Abs(got.mean-want.mean) > 0.02*want.mean || math.Abs(got.variance-want.variance) > 0.05*want.variance) {
			t.Errorf("after %.0f s: got %.1f ± %.1f, want %.1f ± %.1f", e, got.mean, math.Sqrt(got.variance), want.mean, math.Sqrt(want.variance))
		}
		if !(got.mean > 0) || math.IsInf(got.mean, 0) || got.variance < 0 {
			t.Errorf("after %.0f s: %+v", e, got)
		}
	}
}

// integrate is the oracle: the conditional lognormal summed numerically.
func integrate(mean, s2, e float64) moments {
	mu, s := math.Log(mean)-s2/2, math.Sqrt(s2)
	var mass, first, second float64
	for z := (math.Log(e) - mu) / s; z < 12; z += 1e-4 {
		x, w := math.Exp(mu+s*z), math.Exp(-z*z/2)
		mass, first, second = mass+w, first+w*(x-e), second+w*(x-e)*(x-e)
	}
	return moments{first / mass, second/mass - first*first/(mass*mass)}
}

func TestLoadReadsTheDoctorAndTheClinic(t *testing.T) {
	store := queuetest.NewStore(at(20, 0))
	err := store.InTx(t.Context(), func(tx queue.Tx) error {
		for day := range 4 {
			for no := range 20 {
				done := ticket(100*day+no, queue.Done)
				start := at(8, 0).AddDate(0, 0, -day)
				done.SessionID, done.AppointmentID, done.CheckedInAt = fmt.Sprint("s", day), done.ID, start
				done.StartedAt = start.Add(time.Duration(no) * 5 * time.Minute)
				done.EndedAt = done.StartedAt.Add(5 * time.Minute)
				if no == 0 {
					if _, err := tx.AddQueue(t.Context(), queue.Queue{SessionID: done.SessionID, Start: start, End: start.Add(2 * time.Hour)}); err != nil {
						return err
					}
				}
				if err := tx.AddTicket(t.Context(), done); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	load := func(doctor, session string) *Model {
		var m *Model
		err := store.View(t.Context(), func(tx queue.Tx) (err error) {
			m, err = Load(t.Context(), tx, queue.Queue{SessionID: session, DoctorID: doctor}, queue.DefaultPolicy(), time.UTC)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	if m := load("d1", ""); m.Sessions() != 4 || math.Abs(m.doctors["d1"].length.mean-300) > 40 {
		t.Errorf("%d sessions, a mean of %.0f s; want four of five minutes", m.Sessions(), m.doctors["d1"].length.mean)
	}
	if m := load("d1", "s0"); m.Sessions() != 3 {
		t.Errorf("the session itself is among its past: %d sessions", m.Sessions())
	}
	if m := load("new", ""); m.doctors["new"] != nil || m.length.mean > 400 {
		t.Errorf("a stranger is taken for %.0f s, want about the clinic's 300", m.length.mean)
	}
}

func TestAGapIsOneOnlyWhereSomebodyWaited(t *testing.T) {
	held := []Held{
		{Start: at(8, 0), Length: 5 * time.Minute},
		{Here: at(7, 50), Start: at(8, 7), Length: 5 * time.Minute},
		{Here: at(8, 30), Start: at(8, 31), Length: 5 * time.Minute},
	}
	for i := range held {
		held[i].Gap = unknown
	}
	gaps(held)
	if held[0].Gap != 2*time.Minute || held[1].Gap >= 0 || held[2].Gap >= 0 {
		t.Errorf("got %v, %v, %v; want two minutes and two unknown", held[0].Gap, held[1].Gap, held[2].Gap)
	}
}

// BenchmarkLoad makes a model of a clinic with as much past as is read.
func BenchmarkLoad(b *testing.B) {
	store := queuetest.NewStore(at(20, 0))
	err := store.InTx(b.Context(), func(tx queue.Tx) error {
		for day := range 30 {
			start := at(8, 0).AddDate(0, 0, -day)
			if _, err := tx.AddQueue(b.Context(), queue.Queue{SessionID: fmt.Sprint("s", day), Start: start, End: start.Add(4 * time.Hour)}); err != nil {
				return err
			}
			for no := range 24 {
				done := ticket(100*day+no, queue.Done)
				done.SessionID, done.AppointmentID, done.CheckedInAt = fmt.Sprint("s", day), done.ID, start
				done.StartedAt = start.Add(time.Duration(no) * 10 * time.Minute)
				done.EndedAt = done.StartedAt.Add(time.Duration(4+no%9) * time.Minute)
				if err := tx.AddTicket(b.Context(), done); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		err := store.View(b.Context(), func(tx queue.Tx) error {
			_, err := Load(b.Context(), tx, queue.Queue{DoctorID: "d1"}, queue.DefaultPolicy(), time.UTC)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
