package clinics

import (
	"container/heap"
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/queue/forecast"
)

// outcome is how a visit ended: one for each patient.
type outcome int

const (
	pending    outcome = iota
	seen               // was with the doctor
	stayedAway         // never came
	cameLate           // came when it was too late: the session had ended, or he had been given up
	gaveUp             // his number was void, or the session ended while he was away
	noPlace            // walked in and there was no place
	outcomes
)

// visit is what became of one patient.
type visit struct {
	*person

	slot        time.Time // of one who walked in: when he came
	appointment string
	ticket      string
	left, here  time.Time     // when he set out last, zero while he is at home or waits; on site, zero never
	gone        time.Duration // of his way, before he waited on it
	called      time.Time     // first
	backAt      time.Time     // from tests
	calledAgain time.Time
	misses      int
	overtaken   int
	skipped     bool // somebody behind him was called while he was not on site
	passed      bool // somebody behind him was called though he was
	outcome     outcome

	card            forecast.Card
	first           forecast.Range // that he was shown
	changes         int            // of what he was shown, after the first
	strayed, tested bool           // has wandered off; was at tests
}

// life is one session lived through.
type life struct {
	*session
	*house

	rule   forecast.Leave // zero: nobody is told when to leave
	model  *forecast.Model
	visits []*visit
	by     map[string]*visit // by ticket
	of     map[string]*visit // by patient
	line   agenda
	seq    int

	atDesk bool // the doctor has come
	with   *visit
	away   bool // tea, or between two patients
	tea    bool // is over
	ended  bool
	idle   time.Time // since when he has nobody
	looks  time.Time // when he looks again whether he may go

	idled    time.Duration
	lastOver time.Time // end of the last consultation
	touched  bool      // the queue has changed since it was looked at
}

// act is something that happens at an instant; of two at one instant the one
// that was planned first.
type act struct {
	at  time.Time
	seq int
	do  func() error
}

type agenda []act

// Len implements heap.Interface.
func (a agenda) Len() int { return len(a) }

// Less implements heap.Interface.
func (a agenda) Less(i, j int) bool {
	if !a[i].at.Equal(a[j].at) {
		return a[i].at.Before(a[j].at)
	}
	return a[i].seq < a[j].seq
}

// Swap implements heap.Interface.
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }

// Push implements heap.Interface.
func (a *agenda) Push(x any) { *a = append(*a, x.(act)) }

// Pop implements heap.Interface.
func (a *agenda) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}

func (l *life) at(t time.Time, do func() error) {
	if t.Before(l.now) {
		t = l.now
	}
	l.seq++
	heap.Push(&l.line, act{t, l.seq, do})
}

func (l *life) in(d time.Duration, do func() error) { l.at(l.now.Add(d), do) }

// live lives through a session. before is what the clinic held before; a
// zero rule tells nobody when to leave.
func live(ctx context.Context, x *session, p queue.Policy, rule forecast.Leave, before past) (*life, error) {
	h, err := newHouse(ctx, x, p)
	if err != nil {
		return nil, err
	}
	l := &life{session: x, house: h, rule: rule, by: map[string]*visit{}, of: map[string]*visit{}}
	h.lines.past = before
	h.callAt = func(ticketID string) time.Time { return l.by[ticketID].card.High }
	h.told = l.hear
	if err := l.plan(); err != nil {
		return nil, err
	}
	for len(l.line) > 0 {
		a := heap.Pop(&l.line).(act)
		h.goTo(a.at)
		if err := a.do(); err != nil {
			return nil, fmt.Errorf("at %s: %w", l.now.Format(time.TimeOnly), err)
		}
		if h.failed != nil {
			return nil, h.failed
		}
		if l.touched && (len(l.line) == 0 || l.line[0].at.After(l.now)) {
			if err := l.look(); err != nil {
				return nil, fmt.Errorf("look: %w", err)
			}
		}
	}
	return l, l.settle()
}

// plan books everybody on the eve and lays out what is known beforehand.
func (l *life) plan() error {
	for i := range l.people {
		p := &l.people[i]
		v := &visit{person: p}
		l.visits = append(l.visits, v)
		l.of[p.id], l.first[p.id], l.chance[p.id] = v, p.first, p.chance
		if p.kind != booked {
			v.slot = p.comes
			l.at(p.comes, func() error { return l.dropIn(v) })
			continue
		}
		v.slot = l.slot(p.place)
		stated := p.stated
		if l.rule == (forecast.Leave{}) {
			stated = 0 // where nobody is told when to leave, nobody is asked for his way
		}
		a, err := l.booking.Book(l.ctx, booking.BookRequest{
			Caller: "simulation", Key: p.id, SessionID: l.house.session.ID, Start: v.slot, PatientID: p.id, Channel: "app", TravelMinutes: stated,
		})
		if err != nil {
			return fmt.Errorf("book place %d: %w", p.place, err)
		}
		v.appointment = a.ID
	}
	opens := l.start.Add(-l.booking.Policy().OpenLead)
	l.at(opens, l.open)
	for _, v := range l.visits {
		if v.kind == booked && !v.stays && l.rule == (forecast.Leave{}) {
			l.at(later(v.comes, opens), func() error { return l.arrive(v) })
		}
	}
	l.at(l.begins, func() error {
		l.atDesk, l.idle = true, l.now
		return l.next()
	})
	l.at(opens.Add(sweepEvery), l.sweep)
	return nil
}

const (
	sweepEvery = 5 * time.Minute // booking looks for places to give back and for no-shows
	patience   = 12 * time.Hour  // a session that has not ended by then never will
)

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// open lets booking open the session, and those who were booked into its
// queue.
func (l *life) open() error {
	n, err := l.booking.OpenSessions(l.ctx)
	if err != nil || l.failed != nil {
		return err
	}
	if n != 1 {
		return houzhen.E(houzhen.CodeInternal, "the session did not open")
	}
	q, err := l.house.line()
	if err != nil {
		return err
	}
	for i := range q.Tickets {
		t := &q.Tickets[i]
		v := l.of[t.PatientID]
		v.ticket, l.by[t.ID] = t.ID, v
	}
	if l.rule == (forecast.Leave{}) {
		return nil
	}
	err = l.lines.View(l.ctx, func(tx queue.Tx) error {
		l.model, err = forecast.Load(l.ctx, tx, q, l.policy, time.UTC)
		return err
	})
	if err != nil {
		return err
	}
	return l.check()
}

// check looks again every few minutes, whatever happens.
func (l *life) check() error {
	l.touched = true
	if !l.ended {
		l.in(l.rule.Recheck, l.check)
	}
	return nil
}

func (l *life) sweep() error {
	if l.ended {
		return nil
	}
	if l.now.After(l.end.Add(patience)) {
		return houzhen.E(houzhen.CodeInternal, "the session does not end")
	}
	l.in(sweepEvery, l.sweep)
	l.touched = true
	if _, err := l.booking.ReleasePlaces(l.ctx); err != nil {
		return err
	}
	_, err := l.booking.MarkNoShows(l.ctx)
	return err
}

// look does what the server does after a change of a queue and from time to
// time: forecasts everybody, changes what each is shown if it must be, and
// tells those at home who must leave now.
func (l *life) look() error {
	l.touched = false
	if l.model == nil || l.ended {
		return nil
	}
	q, err := l.house.line()
	if err != nil {
		return err
	}
	calls := forecast.Of(q, l.policy, l.model, l.now)
	around := forecast.Situation{Started: !q.StartedAt.IsZero(), Paused: q.Desk == queue.DeskPaused}
	for i := range q.Tickets {
		t := &q.Tickets[i]
		f, ok := calls[t.ID]
		if !ok {
			continue
		}
		l.by[t.ID].show(&f, around, l.now)
		if err := l.advise(t, &f); err != nil {
			return err
		}
	}
	return l.failed
}

// advise tells one who is not here to set out, or, when the clinic has slipped
// since he was told to, to wait a little.
func (l *life) advise(t *queue.Ticket, f *forecast.Forecast) error {
	if t.State != queue.NotCheckedIn || t.TravelMinutes == 0 {
		return nil
	}
	way := forecast.Travel{Mean: time.Duration(t.TravelMinutes) * time.Minute}
	give := l.queue.AdviseLeave
	switch l.rule.Advise(f, way, l.now, t.Advised()) {
	case forecast.StayHome:
		return nil
	case forecast.LeaveNow:
		if t.Advised() {
			return nil
		}
	case forecast.WaitALittle:
		if !t.MayWait(l.now) {
			return nil
		}
		give = l.queue.AdviseWait
	}
	return l.lines.InTx(l.ctx, func(tx queue.Tx) error {
		_, err := give(l.ctx, tx, t.ID)
		return err
	})
}

// show keeps what the patient sees.
func (v *visit) show(f *forecast.Forecast, s forecast.Situation, now time.Time) {
	if !v.called.IsZero() {
		return
	}
	s.Ahead = f.Ahead
	before := v.card
	v.card = before.Next(f.Range(), s, now)
	switch {
	case before.High.IsZero():
		v.first = v.card.Range
	case v.card.Range != before.Range:
		v.changes++
	}
}

// hear is the patient reading a message: who is told to leave does, and who is
// told to wait waits where he is; what is behind him need not be gone again.
func (l *life) hear(patientID string, kind notify.Kind) {
	v := l.of[patientID]
	if v.stays || !v.here.IsZero() {
		return
	}
	switch {
	case kind == notify.KindLeaveNow && v.left.IsZero():
		v.left = l.now
		out := l.now
		if v.says {
			l.in(v.saysIn, func() error { return l.say(v, out) })
		}
		l.in(v.way-v.gone, func() error {
			if !v.left.Equal(out) {
				return nil // he was told to wait meanwhile
			}
			return l.arrive(v)
		})
	case kind == notify.KindWaitALittle && !v.left.IsZero():
		v.gone += l.now.Sub(v.left)
		v.left = time.Time{}
	}
}

// say is a patient pressing the button that he is on his way.
func (l *life) say(v *visit, out time.Time) error {
	if !v.left.Equal(out) || !v.here.IsZero() {
		return nil
	}
	l.touched = true
	return l.lines.InTx(l.ctx, func(tx queue.Tx) error {
		_, err := l.queue.SetOut(l.ctx, tx, v.ticket)
		return err
	})
}
