package forecast

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/houzhen/houzhen/queue"
)

func at(hour, minute int) time.Time {
	return time.Date(2026, 3, 2, hour, minute, 0, 0, time.UTC)
}

func ticket(no int, state queue.State) queue.Ticket {
	return queue.Ticket{
		ID: fmt.Sprint(no), No: no, State: state, Lane: queue.LaneNormal, DoctorID: "d1",
		SliceStart: at(8, 0), SliceEnd: at(9, 0), StartedAt: at(8, 0), LastCallAt: at(8, 0),
	}
}

func seeing(ts ...queue.Ticket) queue.Queue {
	return queue.Queue{Start: at(8, 0), End: at(8, 40), StartedAt: at(8, 0), Desk: queue.DeskSeeing, DoctorID: "d1", Tickets: ts}
}

// tenMinutes has learned nothing: everybody takes about ten minutes.
func tenMinutes() *Model { return New(10*time.Minute, nil) }

func forecastOf(q queue.Queue, now time.Time) map[string]Range {
	ranges := map[string]Range{}
	for id, f := range Of(q, queue.DefaultPolicy(), tenMinutes(), now) {
		ranges[id] = f.Range()
	}
	return ranges
}

func minutesTo(t, now time.Time) float64 { return t.Sub(now).Minutes() }

func TestForecastRisesAlongTheLine(t *testing.T) {
	now := at(8, 4)
	q := seeing(ticket(1, queue.InConsult), ticket(2, queue.Ready), ticket(3, queue.Waiting), ticket(4, queue.Waiting), ticket(9, queue.NotCheckedIn))
	got := forecastOf(q, now)
	if _, ok := got["1"]; ok || len(got) != 4 {
		t.Fatalf("forecast for %d tickets, with the one in the room %t", len(got), ok)
	}
	for no := 3; no <= 4; no++ {
		before, this := got[fmt.Sprint(no-1)], got[fmt.Sprint(no)]
		if !before.Low.Before(this.Low) || !before.Mid.Before(this.Mid) || !before.High.Before(this.High) {
			t.Errorf("number %d is not after number %d", no, no-1)
		}
	}
	for id, r := range got {
		if r.Low.Before(now) || !r.Low.Before(r.Mid) || !r.Mid.Before(r.High) {
			t.Errorf("%s: %v is no range after now", id, r)
		}
	}
	if mid := minutesTo(got["2"].Mid, now); mid < 5 || mid > 7.5 {
		t.Errorf("after four minutes of ten the next waits %.1f, want about six", mid)
	}
}

func TestForecastTheTimeThePresentOneHasTaken(t *testing.T) {
	q := seeing(ticket(1, queue.InConsult), ticket(2, queue.Ready))
	last := math.Inf(1)
	for _, minute := range []int{0, 3, 6, 9} {
		now := at(8, minute)
		wait := minutesTo(forecastOf(q, now)["2"].Mid, now)
		if wait >= last || wait < 0.5 {
			t.Errorf("after %d minutes the next waits %.1f, before %.1f", minute, wait, last)
		}
		last = wait
	}
	late := at(9, 30)
	if wait := minutesTo(forecastOf(q, late)["2"].Mid, late); wait > 60 {
		t.Errorf("a forgotten consultation makes the next wait %.0f minutes", wait)
	}
}

func TestForecastOfADoctorWhoHasNotStarted(t *testing.T) {
	q := seeing(ticket(1, queue.Waiting), ticket(2, queue.Waiting))
	q.StartedAt, q.Desk = time.Time{}, queue.DeskIdle
	early := forecastOf(q, at(7, 0))
	if mid := early["1"].Mid; mid.Before(at(7, 57)) || mid.After(at(8, 6)) {
		t.Errorf("the first is expected at %s, want about 8:02", mid.Format(time.TimeOnly))
	}
	if gap := early["2"].Mid.Sub(early["1"].Mid).Minutes(); gap < 8 || gap > 14 {
		t.Errorf("the second is expected %.1f minutes later, want about ten", gap)
	}
	late := at(8, 20)
	if wait := minutesTo(forecastOf(q, late)["1"].Mid, late); wait <= 0 || wait > 10 {
		t.Errorf("with the doctor 20 minutes late the first waits %.1f more", wait)
	}
}

func TestForecastOfAPause(t *testing.T) {
	now := at(8, 30)
	q := seeing(ticket(2, queue.Ready))
	q.Desk, q.PausedUntil = queue.DeskPaused, at(9, 0)
	if wait := minutesTo(forecastOf(q, now)["2"].Mid, now); wait < 27 || wait > 33 {
		t.Errorf("with half an hour of pause left the next waits %.1f", wait)
	}
	q.PausedUntil = time.Time{}
	open := forecastOf(q, now)["2"]
	if wait := minutesTo(open.High, now); wait < 15 {
		t.Errorf("of an open pause the upper end is %.1f minutes", wait)
	}
	q.Desk = queue.DeskEnded
	if got := forecastOf(q, now); len(got) != 0 {
		t.Errorf("an ended session has a forecast: %v", got)
	}
}

func TestForecastCountsTheAbsentByTheirChance(t *testing.T) {
	now := at(8, 4)
	middle := func(ts ...queue.Ticket) time.Time {
		ts = append(ts, ticket(1, queue.InConsult), ticket(4, queue.Waiting), ticket(5, queue.Waiting))
		f := Of(seeing(ts...), queue.DefaultPolicy(), tenMinutes(), now)["5"]
		return now.Add(seconds(f.middle))
	}
	full, none := middle(ticket(2, queue.Waiting)), middle()
	share := func(absent queue.Ticket) float64 {
		return middle(absent).Sub(none).Seconds() / full.Sub(none).Seconds()
	}
	told, late := ticket(2, queue.NotCheckedIn), ticket(2, queue.NotCheckedIn)
	told.TravelMinutes = 15 // he will be told so as to be in time
	if got := share(told); got < 0.65 || got > 0.9 {
		t.Errorf("one who is told when to come counts as %.2f of one who is here, want about 0.8", got)
	}
	if got := share(late); got < -0.15 || got > 0.2 { // with fewer to see the doctor takes his time
		t.Errorf("one whose slice ends in an hour counts as %.2f of one who is here, want about none", got)
	}
}

func TestShowProbabilityFallsWhileHeDoesNotCome(t *testing.T) {
	a := ticket(1, queue.NotCheckedIn)
	last := 1.0
	for minutes, want := range map[int]float64{-60: 0.80, 0: 0.40, 15: 0.10, 30: 0.02} {
		if got := tenMinutes().shows(&a, at(9, 0).Add(time.Duration(minutes)*time.Minute)); math.Abs(got-want) > 0.03 {
			t.Errorf("%d minutes after his slice: got %.2f, want %.2f", minutes, got, want)
		}
	}
	for m := -60; m < 120; m += 5 {
		p := tenMinutes().shows(&a, at(9, 0).Add(time.Duration(m)*time.Minute))
		if p > last || p < 0 {
			t.Fatalf("at %d minutes the chance is %.3f after %.3f", m, p, last)
		}
		last = p
	}
}

func TestForecastOfTheAbsentIsNotBeforeHisSlice(t *testing.T) {
	later := ticket(9, queue.NotCheckedIn)
	later.SliceStart, later.SliceEnd = at(10, 0), at(10, 30)
	q := seeing(ticket(1, queue.InConsult), later)
	if got := forecastOf(q, at(8, 5))["9"]; !got.Low.Equal(at(9, 50)) {
		t.Errorf("an empty clinic expects him from %s, want 9:50", got.Low.Format(time.TimeOnly))
	}
	early := ticket(30, queue.Waiting)
	early.SliceStart, early.SliceEnd = at(10, 30), at(11, 0)
	q.Tickets = append(q.Tickets, early)
	if wait := minutesTo(forecastOf(q, at(8, 5))["30"].Mid, at(8, 5)); wait > 15 {
		t.Errorf("one who is here waits %.0f minutes for one who is not due", wait)
	}
}

func TestForecastOfTwoDoctors(t *testing.T) {
	one, two := ticket(1, queue.InConsult), ticket(2, queue.InConsult)
	two.DoctorID = "d2"
	line := []queue.Ticket{ticket(3, queue.Waiting), ticket(4, queue.Waiting), ticket(5, queue.Waiting), ticket(6, queue.Waiting)}
	now := at(8, 5)
	alone := minutesTo(forecastOf(seeing(append(line, one)...), now)["6"].Mid, now)
	shared := minutesTo(forecastOf(seeing(append(line, one, two)...), now)["6"].Mid, now)
	if ratio := shared / alone; ratio < 0.4 || ratio > 0.75 {
		t.Errorf("two doctors make the wait %.2f of one doctor's", ratio)
	}
}

func TestWhoComesNowIsForecastAfterThoseWhoWait(t *testing.T) {
	now := at(8, 4)
	q := seeing(ticket(1, queue.InConsult), ticket(2, queue.Waiting), ticket(3, queue.Waiting))
	last := forecastOf(q, now)["3"].Mid
	f, ok := IfCame(q, queue.DefaultPolicy(), tenMinutes(), now)
	if !ok || f.Ahead != 2 || !f.Range().Mid.After(last) {
		t.Errorf("got %t with %d ahead at %v, want two ahead and after %v", ok, f.Ahead, f.Range().Mid, last)
	}
	if len(q.Tickets) != 3 {
		t.Error("the question added a ticket to the queue")
	}
	q.Desk = queue.DeskEnded
	if _, ok := IfCame(q, queue.DefaultPolicy(), tenMinutes(), now); ok {
		t.Error("a session that is over has a forecast for a newcomer")
	}
}

// lineOf makes a desk with somebody in the room and people who wait.
func lineOf(people int) ([]Person, Desk) {
	line := make([]Person, people)
	for i := range line {
		line[i] = Person{ID: fmt.Sprint(i), Show: 1, Visit: Visit{First: i%3 == 0}}
	}
	held := []Held{{Start: at(8, 0), Length: 8 * time.Minute}, {Start: at(8, 9), Length: 14 * time.Minute}, {Start: at(8, 24)}}
	return line, Desk{Session: Session{Doctor: "d1", Start: at(8, 0), End: at(10, 0), Held: held}}
}

// TestForecastAgreesWithLivingItThroughManyTimes holds the closed form to the
// same day drawn many thousand times: lengths, load, chances to come, and what
// is in doubt about the doctor.
func TestForecastAgreesWithLivingItThroughManyTimes(t *testing.T) {
	m := tenMinutes()
	m.regression.doubt = [features]vector{}
	m.gaps = running{mean: 30, variance: 60 * 60, n: gapWeight}
	m.doctors["d1"] = newDoctor(variance, 600)
	m.doctors["d1"].doubt = 0.05 * 0.05
	line, d := lineOf(9)
	for i := range line {
		if i%4 == 3 {
			line[i].Show = 0.6
		}
	}
	now := at(8, 30)
	forecasts := m.Calls(nil, line, &d, now)
	const paths = 20000
	drawnOf := make([][]float64, len(line))
	r := rand.New(rand.NewPCG(5, 5))
	for range paths {
		for i, x := range drawn(m, line, &d, now, r) {
			drawnOf[i] = append(drawnOf[i], x)
		}
	}
	for i, xs := range drawnOf {
		slices.Sort(xs)
		sum, squares := 0.0, 0.0
		for _, x := range xs {
			sum, squares = sum+x, squares+x*x
		}
		mean, median := sum/paths, xs[paths/2]
		sd := math.Sqrt(squares/paths - mean*mean)
		if f := forecasts[i]; math.Abs(f.middle-median) > 0.05*median || math.Abs(f.sd-sd) > 0.12*sd {
			t.Errorf("%d ahead: got %.0f ± %.0f s, drawn %.0f ± %.0f", i, f.middle, f.sd, median, sd)
		}
	}
}

// drawn lives through the line once and gives when each is called, in seconds
// from now.
func drawn(m *Model, line []Person, d *Desk, now time.Time, r *rand.Rand) []float64 {
	c := m.scene(&d.Session)
	left := 0.0
	for _, p := range line {
		left += p.Show
	}
	c.today(&d.Session, left)
	off := r.NormFloat64() * math.Sqrt(c.doctor.doubt+c.pace.variance)
	s := math.Sqrt(c.doctor.noise.mean)
	length := func(f *vector) float64 { return math.Exp(c.foretold(f) + c.pace.mean + off + s*r.NormFloat64()) }
	gap := func() float64 { // of the same mean and variance
		v := math.Log1p(m.gaps.variance / (m.gaps.mean * m.gaps.mean))
		return math.Exp(math.Log(m.gaps.mean) - v/2 + math.Sqrt(v)*r.NormFloat64())
	}
	origin, last := now.Sub(d.Start).Seconds(), d.Held[len(d.Held)-1]
	began := last.Start.Sub(d.Start).Seconds()
	f := c.features(&last.Visit, len(d.Held)-1, began, left+1)
	whole := 0.0
	for whole <= origin-began {
		whole = length(&f)
	}
	at := began + whole + gap()
	called := make([]float64, len(line))
	for i, p := range line {
		called[i] = at - origin
		if r.Float64() < p.Show {
			f := c.features(&p.Visit, len(d.Held)+i, at, left)
			at += length(&f) + gap()
		}
		left -= p.Show
	}
	return called
}

func TestForecastStaysFiniteWhateverComes(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	m := tenMinutes()
	for range 3000 {
		line, d := lineOf(1 + r.IntN(40))
		for i := range line {
			line[i].Show = r.Float64()
			if r.IntN(2) == 0 {
				line[i].NotBefore = at(8, 0).Add(time.Duration(r.IntN(600)-100) * time.Minute)
			}
		}
		d.End = d.Start.Add(time.Duration(r.IntN(400)-50) * time.Minute)
		d.Held = d.Held[:r.IntN(4)]
		d.Paused, d.Doctors = r.IntN(4) == 0, r.IntN(4)
		if d.Paused && r.IntN(2) == 0 {
			d.PausedUntil = at(8, r.IntN(200))
		}
		now := at(8, 25).Add(time.Duration(r.IntN(3000)-1000) * time.Minute)
		for _, f := range m.Calls(nil, line, &d, now) {
			got := f.Range()
			if math.IsNaN(f.middle) || math.IsNaN(f.sd) || f.sd <= 0 || f.middle < 0 || got.Low.Before(now) || got.Mid.Before(got.Low) || got.High.Before(got.Mid) {
				t.Fatalf("got %.1f ± %.1f, %v at %v for %+v", f.middle, f.sd, got, now, d)
			}
			if p, q := f.Before(got.Low), f.Before(got.High.Add(time.Minute)); p > q || p < 0 || q > 1 {
				t.Fatalf("chances %.3f to %.3f", p, q)
			}
		}
	}
}

func TestForecastMakesNoGarbage(t *testing.T) {
	m := tenMinutes()
	line, d := lineOf(30)
	dst := make([]Forecast, 0, len(line))
	if n := testing.AllocsPerRun(50, func() { dst = m.Calls(dst[:0], line, &d, at(8, 30)) }); n > 1 {
		t.Errorf("%v allocations for 30 patients", n)
	}
}

func BenchmarkCalls(b *testing.B) {
	m := tenMinutes()
	line, d := lineOf(30)
	dst := make([]Forecast, 0, len(line))
	for b.Loop() {
		dst = m.Calls(dst[:0], line, &d, at(8, 30))
		for i := range dst {
			_ = dst[i].Range()
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/30, "ns/patient")
}

func BenchmarkOf(b *testing.B) {
	var ts []queue.Ticket
	for no := range 60 {
		state := queue.Waiting
		if no%2 == 1 {
			state = queue.NotCheckedIn
		}
		ts = append(ts, ticket(no, state))
	}
	q, m := seeing(ts...), tenMinutes()
	for b.Loop() {
		Of(q, queue.DefaultPolicy(), m, at(8, 30))
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/60, "ns/patient")
}
