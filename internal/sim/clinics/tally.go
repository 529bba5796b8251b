package clinics

import (
	"slices"
	"time"

	"github.com/houzhen/houzhen/queue/forecast"
)

// Result is what one way of running clinics came to. Minutes are of booked
// patients who were seen, where nothing else is said; shares are of booked
// patients who came.
type Result struct {
	Sessions   int
	Booked     int // patients
	Seen       int
	StayedAway int // who never came
	TurnedAway int // who came after the session had ended, or after they had been given up
	GaveUp     int // whose number was void, or who were away at the end
	DroppedIn  int // who walked in or were urgent, and were seen
	NoPlace    int // who walked in and found no place

	OnSite    Spread // from coming to the first call
	Wait      Spread // from the later of coming and the slot's beginning to the first call
	DropIns   Spread // of those who were not booked, from coming to the call
	Back      Spread // from coming back from tests to the second call
	Skipped   float64
	Passed    float64 // somebody behind was called though they were on site
	Missed    float64 // not at the door when called
	Idle      float64 // minutes a session that the doctor had nobody, between his coming and his last patient
	End       float64 // minutes after its time that a session's last consultation ended, on average
	Overtaken float64 // times, on average, by those of other lanes
	Most      int     // times that anybody was overtaken

	Shown      int     // patients who were shown a range and then called
	Changes    float64 // of the range, a patient
	FirstRight float64 // share whose first range held the call
	LastRight  float64 // share whose last did
	Width      float64 // minutes, of the first
	Messages   int

	sites []float64
}

// Spread is a mean and the value that nine of ten stay below.
type Spread struct{ Mean, P90 float64 }

// tally is what a Result is made from.
type tally struct {
	sessions  int
	outcomes  [outcomes]int
	booked    int
	came      int
	dropped   int
	onSite    []float64
	wait      []float64
	dropIns   []float64
	back      []float64
	skipped   int
	passed    int
	missed    int
	idle, end float64
	overtaken int
	most      int
	shown     []forecast.Outcome
	changes   int
	messages  int
}

// take adds a session that was lived through.
func (t *tally) take(l *life) {
	t.sessions++
	t.idle += l.idled.Minutes()
	t.end += l.lastOver.Sub(l.end).Minutes()
	t.messages += l.sent
	for _, v := range l.visits {
		if v.kind == booked {
			t.outcomes[v.outcome]++
			t.visit(v)
		} else {
			t.dropIn(v)
		}
		if !v.backAt.IsZero() && !v.calledAgain.IsZero() {
			t.back = append(t.back, v.calledAgain.Sub(v.backAt).Minutes())
		}
		if !v.called.IsZero() && !v.first.High.IsZero() {
			t.shown = append(t.shown, forecast.Outcome{Shown: v.first, Last: v.card.Range, Called: v.called})
			t.changes += v.changes
		}
	}
}

func (t *tally) visit(v *visit) {
	t.booked++
	if !v.stays {
		t.came++
	}
	if v.skipped {
		t.skipped++
	}
	if v.passed {
		t.passed++
	}
	if v.misses > 0 {
		t.missed++
	}
	if v.called.IsZero() {
		return
	}
	t.overtaken += v.overtaken
	t.most = max(t.most, v.overtaken)
	t.onSite = append(t.onSite, v.called.Sub(v.here).Minutes())
	t.wait = append(t.wait, max(v.called.Sub(later(v.here, v.slot)).Minutes(), 0))
}

func (t *tally) dropIn(v *visit) {
	switch v.outcome {
	case noPlace:
		t.outcomes[noPlace]++
	case seen:
		t.dropped++
		t.dropIns = append(t.dropIns, v.called.Sub(v.here).Minutes())
	default:
	}
}

// add puts another tally to this one.
func (t *tally) add(o tally) {
	t.sessions += o.sessions
	for i, n := range o.outcomes {
		t.outcomes[i] += n
	}
	t.booked, t.came, t.dropped = t.booked+o.booked, t.came+o.came, t.dropped+o.dropped
	t.onSite, t.wait = append(t.onSite, o.onSite...), append(t.wait, o.wait...)
	t.dropIns, t.back = append(t.dropIns, o.dropIns...), append(t.back, o.back...)
	t.skipped, t.passed, t.missed = t.skipped+o.skipped, t.passed+o.passed, t.missed+o.missed
	t.idle, t.end = t.idle+o.idle, t.end+o.end
	t.overtaken, t.most = t.overtaken+o.overtaken, max(t.most, o.most)
	t.shown, t.changes, t.messages = append(t.shown, o.shown...), t.changes+o.changes, t.messages+o.messages
}

func (t *tally) result() Result {
	r := Result{
		Sessions: t.sessions, Booked: t.booked, Seen: t.outcomes[seen], StayedAway: t.outcomes[stayedAway],
		TurnedAway: t.outcomes[cameLate], GaveUp: t.outcomes[gaveUp], DroppedIn: t.dropped, NoPlace: t.outcomes[noPlace],
		OnSite: spreadOf(t.onSite), Wait: spreadOf(t.wait), DropIns: spreadOf(t.dropIns), Back: spreadOf(t.back),
		Most: t.most, Shown: len(t.shown), Messages: t.messages, sites: t.onSite,
	}
	came, called, sessions, shown := float64(max(t.came, 1)), float64(max(len(t.onSite), 1)), float64(max(t.sessions, 1)), float64(max(len(t.shown), 1))
	r.Skipped, r.Passed, r.Missed = float64(t.skipped)/came, float64(t.passed)/came, float64(t.missed)/came
	r.Idle, r.End = t.idle/sessions, t.end/sessions
	r.Overtaken, r.Changes = float64(t.overtaken)/called, float64(t.changes)/shown
	first, last, width := 0, 0, time.Duration(0)
	for _, o := range t.shown {
		if within(o.Shown, o.Called) {
			first++
		}
		if within(o.Last, o.Called) {
			last++
		}
		width += o.Shown.High.Sub(o.Shown.Low)
	}
	r.FirstRight, r.LastRight, r.Width = float64(first)/shown, float64(last)/shown, width.Minutes()/shown
	return r
}

func within(r forecast.Range, t time.Time) bool { return !t.Before(r.Low) && !t.After(r.High) }

func spreadOf(all []float64) Spread {
	if len(all) == 0 {
		return Spread{}
	}
	sorted := slices.Sorted(slices.Values(all))
	sum := 0.0
	for _, x := range sorted {
		sum += x
	}
	return Spread{Mean: sum / float64(len(sorted)), P90: sorted[len(sorted)*9/10]}
}
