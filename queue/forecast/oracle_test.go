package forecast_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/queue/forecast"
)

func at(hour, minute int) time.Time {
	return time.Date(2026, 3, 2, hour, minute, 0, 0, time.UTC)
}

func after(t time.Time, s float64) time.Time { return t.Add(time.Duration(s * float64(time.Second))) }

// learned is a model of a doctor of ten minutes who was watched for eighty
// half-days: he comes two minutes late give or take five, takes a break now and
// then, and has an urgent patient every other day. It learns and is not scored,
// so that its ranges are those of the formulas.
func learned() *forecast.Model {
	r := rand.New(rand.NewPCG(1, 5))
	m := forecast.New(10*time.Minute, time.UTC)
	for day := range 80 {
		start := at(8, 0).AddDate(0, 0, day-100)
		s := forecast.Session{Doctor: "d1", Start: start, End: start.Add(3 * time.Hour), Urgent: day % 2}
		now := after(start, 120+300*r.NormFloat64())
		for n := range 17 {
			h := forecast.Held{Visit: forecast.Visit{First: r.IntN(3) == 0}, Start: now, Sudden: n < s.Urgent}
			length := math.Log(560) + 0.42*r.NormFloat64()
			if h.First {
				length += 0.2
			}
			if r.IntN(20) == 0 {
				h.Gap = time.Duration(600 * r.ExpFloat64() * float64(time.Second))
			}
			h.Length = time.Duration(math.Exp(length) * float64(time.Second))
			now = now.Add(h.Length + h.Gap)
			s.Held = append(s.Held, h)
		}
		m.Learn(s)
	}
	return m
}

// course is one future of a queue, lived by the rules that call.
type course struct {
	forecast.Future
	q      queue.Queue
	p      queue.Policy
	coming []coming
	left   int                  // who are still to be seen
	seen   int                  // consultations that have begun
	calls  map[string]time.Time // when each was called first
}

// coming is somebody who comes in; without a ticket, an urgent one.
type coming struct {
	at     time.Time
	ticket int
}

// live draws one future of a queue from an instant on, in which early, if
// anybody, is here already.
func live(m *forecast.Model, q queue.Queue, p queue.Policy, told map[string]forecast.Forecast, early string, now time.Time, r *rand.Rand) *course {
	x := &course{q: q, p: p, calls: map[string]time.Time{}}
	x.q.Tickets = slices.Clone(q.Tickets)
	desk := forecast.DeskOf(q, p)
	x.Future = m.Draw(&desk, float64(len(told)), r)
	x.seen = len(desk.Held)
	for i := range x.q.Tickets {
		if t := &x.q.Tickets[i]; t.ID == early {
			t.State, t.CheckedInAt, t.LaneSince = queue.Waiting, now, now
		}
		x.meet(i, told, now, r)
	}
	for t := after(now, x.Urgent()); t.Before(now.Add(6 * time.Hour)); t = after(t, x.Urgent()) {
		x.coming = append(x.coming, coming{t, -1})
	}
	slices.SortFunc(x.coming, func(a, b coming) int { return a.at.Compare(b.at) })
	x.work(x.first(desk, now))
	return x
}

// meet draws whether and when one comes who is not here.
func (x *course) meet(i int, told map[string]forecast.Forecast, now time.Time, r *rand.Rand) {
	t := &x.q.Tickets[i]
	switch t.State {
	case queue.Waiting, queue.Ready:
		x.left++
	case queue.OutForTests:
		x.left++
		x.coming = append(x.coming, coming{after(now, x.Test()), i})
	case queue.NotCheckedIn:
		if !x.Shows(t, now) {
			return
		}
		x.left++
		f := told[t.ID]
		x.coming = append(x.coming, coming{arrival(t, &f, now, r), i})
	default:
	}
}

// arrival is when somebody comes who does come: on his way he needs what ways
// take; at home he is told to leave so as hardly ever to be here after his
// call; of anybody else it is the measured unpunctuality around the end of
// his slice.
func arrival(t *queue.Ticket, f *forecast.Forecast, now time.Time, r *rand.Rand) time.Time {
	way := forecast.Travel{Mean: time.Duration(t.TravelMinutes) * time.Minute}
	for {
		var here time.Time
		switch {
		case t.TravelMinutes > 0 && t.LeaveAdvisedAt.IsZero():
			here = after(now, f.Matched(0.005)-300)
			if soonest := now.Add(way.Quantile(r.Float64())); here.Before(soonest) {
				here = soonest
			}
		case t.TravelMinutes > 0:
			here = t.SetOff().Add(way.Quantile(r.Float64()))
		case r.Float64() < 0.9:
			here = after(t.SliceEnd, 60*(-12+10*r.NormFloat64()))
		default:
			here = after(t.SliceEnd, 60*(5+15*r.NormFloat64()))
		}
		if here.After(now) {
			return here
		}
	}
}

// first is when the doctor can call for the first time.
func (x *course) first(desk forecast.Desk, now time.Time) time.Time {
	if len(desk.Held) == 0 {
		return after(now, x.Late(now.Sub(x.q.Start).Seconds()))
	}
	for i, h := range desk.Held {
		if h.Length != 0 {
			continue
		}
		began := h.Start.Sub(x.q.Start).Seconds()
		rest := x.Length(h.Visit, i, began, float64(x.left+1), now.Sub(h.Start).Seconds())
		x.finish(slices.IndexFunc(x.q.Tickets, func(t queue.Ticket) bool { return t.State == queue.InConsult }))
		return after(now, rest+x.Gap())
	}
	return now
}

func (x *course) finish(i int) { x.q.Tickets[i].State = queue.Done }

// work calls until nobody is left, from when the doctor is free.
func (x *course) work(free time.Time) {
	for {
		x.until(free)
		if x.q.StartedAt.IsZero() {
			x.q.StartedAt, x.q.Desk = free, queue.DeskSeeing
		}
		x.q, _ = queue.Fill(x.q, x.p, free)
		id, _, ok := queue.Next(x.q, x.p, free)
		switch {
		case ok:
			free = x.see(id, free)
		case x.left == 0 || len(x.coming) == 0:
			return
		default:
			free = x.coming[0].at
		}
	}
}

// see lets one in and says when the doctor is free again.
func (x *course) see(id string, now time.Time) time.Time {
	i := slices.IndexFunc(x.q.Tickets, func(t queue.Ticket) bool { return t.ID == id })
	t := &x.q.Tickets[i]
	x.calls[id] = now
	v := forecast.Visit{First: t.FirstVisit, Results: t.Lane == queue.LaneReturn}
	length := x.Length(v, x.seen, now.Sub(x.q.Start).Seconds(), float64(x.left), 0)
	if t.SessionID != urgent {
		x.left--
	}
	x.seen++
	t.StartedAt, t.EndedAt = now, after(now, length)
	x.finish(i)
	x.q, _ = queue.Fill(x.q, x.p, now)
	return after(now, length+x.Gap())
}

// urgent marks those whom nobody expected.
const urgent = "urgent"

// until lets those come in who do by an instant, each when he does.
func (x *course) until(now time.Time) {
	for len(x.coming) > 0 && !x.coming[0].at.After(now) {
		c := x.coming[0]
		x.coming = x.coming[1:]
		if c.ticket < 0 {
			c.ticket = len(x.q.Tickets)
			x.q.Tickets = append(x.q.Tickets, queue.Ticket{
				ID: fmt.Sprint(urgent, c.ticket), SessionID: urgent, No: 900 + c.ticket, State: queue.NotCheckedIn, Lane: queue.LaneEmergency, SliceStart: c.at, SliceEnd: c.at,
			})
		}
		t := &x.q.Tickets[c.ticket]
		if t.State == queue.OutForTests {
			t.Lane, t.ReadyAt, t.StartedAt, t.EndedAt = queue.LaneReturn, time.Time{}, time.Time{}, time.Time{}
		}
		t.State, t.CheckedInAt, t.LaneSince = queue.Waiting, c.at, c.at
		x.q, _ = queue.Fill(x.q, x.p, c.at)
	}
}

// booked is somebody of a queue whose slices of half an hour hold three.
func booked(no int, state queue.State, change ...func(*queue.Ticket)) queue.Ticket {
	start := at(8, 0).Add(time.Duration((no-1)/3) * 30 * time.Minute)
	t := queue.Ticket{
		ID: fmt.Sprint(no), No: no, DoctorID: "d1", State: state, Lane: queue.LaneNormal, FirstVisit: no%3 == 0,
		SliceStart: start, SliceEnd: start.Add(30 * time.Minute),
	}
	if state == queue.Waiting {
		t.CheckedInAt = start.Add(-time.Hour + time.Duration(no)*time.Minute)
		t.LaneSince = t.CheckedInAt
	}
	for _, f := range change {
		f(&t)
	}
	return t
}

func waiting(from, to int) (ts []queue.Ticket) {
	for no := from; no <= to; no++ {
		ts = append(ts, booked(no, queue.Waiting))
	}
	return ts
}

func seenFor(minutes int, began time.Time) func(*queue.Ticket) {
	return func(t *queue.Ticket) {
		t.StartedAt, t.LastCallAt = began, began
		if minutes > 0 {
			t.EndedAt = began.Add(time.Duration(minutes) * time.Minute)
		}
	}
}

func lives(minutes int) func(*queue.Ticket) {
	return func(t *queue.Ticket) { t.TravelMinutes = minutes }
}

func toldAt(told time.Time) func(*queue.Ticket) {
	return func(t *queue.Ticket) { t.LeaveAdvisedAt, t.SetOutAt = told, told.Add(time.Minute) }
}

// morning is a session that is under way.
func morning(ts ...queue.Ticket) queue.Queue {
	return queue.Queue{SessionID: "s1", DoctorID: "d1", Start: at(8, 0), End: at(11, 0), StartedAt: at(8, 2), Desk: queue.DeskSeeing, Tickets: ts}
}

// limit is how far a forecast may be from the futures: some minutes and a share
// of what lies between their 10 % and 90 % points.
type limit struct{ minutes, share float64 }

// bounds are the limits at 10 %, 50 % and 90 %.
type bounds [3]limit

// exact is what is asked of the formulas where nothing is left out of them.
// 1000 futures know a quantile to 2 % (middle) or 3 % (ends) of what lies
// between the ends, taken twice. The rest is of the lognormal, which has the
// futures' first two moments and not their shape: a break makes the top of a
// long wait heavier than it, by up to 3 minutes.
var exact = bounds{{1, 0.06}, {1, 0.04}, {1, 0.07}}

// whole is what is asked where some may never come. Those behind them are in
// doubt by whole persons, and whoever is not here in time is passed; of that the
// lognormal has the two moments, and so its lower end is up to 5 minutes off.
var whole = bounds{{3, 0.07}, {1.5, 0.04}, {1, 0.07}}

// outcome is what the futures say of one patient, in minutes from now.
type outcome struct {
	id   string
	f    forecast.Forecast
	want [3]float64
}

// futuresOf lives a queue a thousand times and gives, of everybody who was
// forecast, when he was called where he was, in the order expected. Who is not
// here and comes when he likes is told when his turn is: of him it is a thousand
// other futures, in which he is here for it.
func futuresOf(m *forecast.Model, q queue.Queue, p queue.Policy, now time.Time) []outcome {
	told := forecast.Of(q, p, m, now)
	r := rand.New(rand.NewPCG(7, 5))
	lived := func(early string) map[string][]float64 {
		calls := map[string][]float64{}
		for range 1000 {
			for id, call := range live(m, q, p, told, early, now, r).calls {
				calls[id] = append(calls[id], call.Sub(now).Minutes())
			}
		}
		return calls
	}
	calls := lived("")
	var all []outcome
	for _, pick := range queue.Expected(q, p, now) {
		of := calls[pick.TicketID]
		i := slices.IndexFunc(q.Tickets, func(t queue.Ticket) bool { return t.ID == pick.TicketID })
		if t := q.Tickets[i]; t.State == queue.NotCheckedIn && t.TravelMinutes == 0 {
			of = lived(t.ID)[t.ID]
		}
		slices.Sort(of)
		n := float64(len(of) - 1)
		all = append(all, outcome{pick.TicketID, told[pick.TicketID], [3]float64{of[int(0.1*n)], of[int(0.5*n)], of[int(0.9*n)]}})
	}
	return all
}

func (o *outcome) within(t *testing.T, what string, got [3]float64, b bounds) {
	t.Helper()
	for i, q := range []int{10, 50, 90} {
		if most := b[i].minutes + b[i].share*(o.want[2]-o.want[0]); math.Abs(got[i]-o.want[i]) > most {
			t.Errorf("number %s, %d ahead, %s: %d %% are called within %.1f minutes, in the futures %.1f; more than %.1f apart", o.id, o.f.Ahead, what, q, got[i], o.want[i], most)
		}
	}
}

// cold looks at the range that is shown before any forecast was scored, whose
// ends are not the lognormal's but of the scores believed until there are real
// ones.
//
// KNOWN DIFFERENCE. They take a wait to end early less far than the futures do:
// the lower end is too late by up to 9 % of the wait, the upper one by up to 5
// minutes. Real scores take their place, session by session.
func (o *outcome) cold(t *testing.T, now time.Time) {
	t.Helper()
	r := o.f.Range()
	got := [3]float64{r.Low.Sub(now).Minutes(), r.Mid.Sub(now).Minutes(), r.High.Sub(now).Minutes()}
	o.within(t, "as he is told", got, bounds{{2.5 + 0.09*o.want[0], 0}, exact[1], {5.5, 0}})
}

// scenes are queues whose forecasts are held against futures. began is a
// doctor's morning up to a time at which his third has been with him for four
// minutes.
func scenes() []scene {
	early := morning(waiting(1, 8)...)
	early.StartedAt, early.Desk = time.Time{}, queue.DeskIdle
	began := func(from time.Time, ts ...queue.Ticket) queue.Queue {
		q := morning(slices.Concat([]queue.Ticket{
			booked(1, queue.Done, seenFor(9, from)), booked(2, queue.Done, seenFor(14, from.Add(10*time.Minute))),
			booked(3, queue.InConsult, seenFor(0, from.Add(24*time.Minute))),
		}, ts)...)
		q.StartedAt = from
		return q
	}
	at830, at910 := at(8, 2), at(8, 42)
	unwell := func(t *queue.Ticket) { t.Lane, t.LaneSince = queue.LaneEmergency, at(8, 29) }
	out := []queue.Ticket{booked(15, queue.OutForTests, seenFor(5, at(8, 20))), booked(16, queue.OutForTests, seenFor(4, at(8, 21)))}
	return []scene{
		{"not started, early", early, at(7, 40), exact},
		{"not started, late", early, at(8, 6), exact},
		{"all here", began(at830, waiting(4, 14)...), at(8, 30), exact},
		{"an urgent one", began(at830, append(waiting(4, 10), booked(15, queue.Waiting, unwell))...), at(8, 30), exact},
		// He is so late that whoever is still to come does so before his turn.
		{"some at home", began(at910,
			booked(4, queue.Waiting), booked(5, queue.NotCheckedIn, lives(15), toldAt(at(8, 52))), booked(6, queue.Waiting),
			booked(7, queue.NotCheckedIn, lives(20)), booked(8, queue.Waiting), booked(9, queue.NotCheckedIn, lives(20)),
			booked(10, queue.NotCheckedIn, lives(15)), booked(11, queue.Waiting), booked(12, queue.NotCheckedIn, lives(20)), booked(13, queue.Waiting),
		), at(9, 10), whole},
		// Who comes back goes between normals, one or two before each of them or
		// none: of that too the lognormal has the two moments.
		{"out for tests", began(at830, append(waiting(4, 11), out...)...), at(8, 30), bounds{{4, 0}, {2, 0}, {4, 0}}},
		// The doctor is on time, and who is not here comes near the end of his
		// slice.
		//
		// KNOWN DIFFERENCE. Behind several who may or may not come in time the
		// mean is right and the shape is not: if the first come late there is less
		// time for the others too. The last but one is told a middle that is too
		// late by up to 6 minutes, the last by up to 9 and a lower end by up to 12.
		{"on time, some not here", began(at830,
			booked(4, queue.Waiting), booked(5, queue.Waiting), booked(6, queue.NotCheckedIn), booked(7, queue.Waiting),
			booked(8, queue.NotCheckedIn), booked(9, queue.NotCheckedIn), booked(10, queue.Waiting), booked(11, queue.NotCheckedIn),
		), at(8, 30), bounds{{13, 0}, {9.5, 0}, {5, 0}}},
	}
}

type scene struct {
	name   string
	q      queue.Queue
	now    time.Time
	bounds bounds
}

// The oracle of the forecast: futures that are drawn from what the model
// believes of consultations, gaps, shows, ways and urgent ones are lived by the
// picks that really call, under the same policy, and the formulas must come to
// the same times. Futures and forecast share parameters, and no arithmetic.
func TestForecastsAgainstFuturesThatTheQueueLived(t *testing.T) {
	m, p := learned(), queue.DefaultPolicy()
	for _, c := range scenes() {
		t.Run(c.name, func(t *testing.T) {
			q, _ := queue.Fill(c.q, p, c.now)
			for _, o := range futuresOf(m, q, p, c.now) {
				got := [3]float64{o.f.Matched(0.1) / 60, o.f.Matched(0.5) / 60, o.f.Matched(0.9) / 60}
				t.Logf("%3s ahead %d off %5.1f %5.1f %5.1f of %.1f", o.id, o.f.Ahead, got[0]-o.want[0], got[1]-o.want[1], got[2]-o.want[2], o.want)
				o.within(t, "as the formulas say", got, c.bounds)
				if c.bounds == exact {
					o.cold(t, c.now)
				}
			}
		})
	}
}
