package clinics

import (
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/queue/forecast"
)

// arrive is somebody who is booked and comes.
func (l *life) arrive(v *visit) error {
	v.here = l.now
	if l.ended {
		v.outcome = cameLate
		return nil
	}
	_, err := l.checkIn(v.appointment)
	if code := houzhen.CodeOf(err); code == houzhen.CodeState || code == houzhen.CodeSessionClosed {
		v.outcome = cameLate // he had been given up
		return nil
	}
	if err != nil {
		return err
	}
	return l.changed()
}

// changed notes a change of the queue; a doctor who has nobody looks at it.
func (l *life) changed() error {
	l.touched = true
	return l.next()
}

// dropIn is somebody who is not booked. Whoever feels ill is taken beyond the
// roster and before everybody.
func (l *life) dropIn(v *visit) error {
	if l.ended {
		v.outcome = noPlace
		return nil
	}
	a, err := l.place(v)
	if code := houzhen.CodeOf(err); code != "" && code != houzhen.CodeInternal {
		v.outcome = noPlace
		return nil
	}
	if err != nil {
		return err
	}
	v.appointment, v.here = a.ID, l.now
	t, err := l.checkIn(a.ID)
	if err != nil {
		return err
	}
	v.ticket, l.by[t.ID] = t.ID, v
	if v.kind == urgent && t.State != queue.Called {
		_, err = l.queue.Act(l.ctx, queue.Action{
			Verb: queue.VerbUnwell, SessionID: t.SessionID, RequestID: l.request(), TicketID: t.ID, Operator: "nurse", Nurse: true,
		})
		if err != nil {
			return err
		}
	}
	return l.changed()
}

func (l *life) place(v *visit) (booking.Appointment, error) {
	id := l.house.session.ID
	if v.kind == urgent {
		return l.booking.Overbook(l.ctx, booking.OverbookRequest{Caller: "simulation", Key: v.id, SessionID: id, PatientID: v.id, Reason: "urgent"})
	}
	return l.booking.WalkIn(l.ctx, booking.WalkInRequest{Caller: "simulation", Key: v.id, SessionID: id, PatientID: v.id})
}

// next lets the doctor do what he does when he is free: have tea, call the
// next one, or go when all is done.
func (l *life) next() error {
	if !l.atDesk || l.with != nil || l.away || l.ended {
		return nil
	}
	if !l.tea && !l.session.tea.IsZero() && !l.now.Before(l.session.tea) {
		return l.drink()
	}
	o, err := l.queue.CallNext(l.ctx, queue.CallRequest{SessionID: l.house.session.ID, RequestID: l.request()})
	if houzhen.CodeOf(err) == houzhen.CodeQueueEmpty {
		return l.mayEnd()
	}
	if err != nil {
		return err
	}
	return l.call(o.Ticket)
}

// drink is the break: it takes as long as it takes, and the screen says so in
// whole minutes.
func (l *life) drink() error {
	l.tea = true
	l.busy()
	_, err := l.queue.Pause(l.ctx, queue.PauseRequest{
		SessionID: l.house.session.ID, RequestID: l.request(), Minutes: int(l.teaFor.Round(time.Minute).Minutes()), Why: "tea",
	})
	if err != nil {
		return err
	}
	l.away, l.touched = true, true
	l.in(l.teaFor, func() error {
		l.away = false
		if _, err := l.queue.Resume(l.ctx, queue.CallRequest{SessionID: l.house.session.ID, RequestID: l.request()}); err != nil {
			return err
		}
		l.idle = l.now
		return l.changed()
	})
	return nil
}

// busy ends a time in which the doctor had nobody.
func (l *life) busy() {
	if !l.idle.IsZero() {
		l.idled += l.now.Sub(l.idle)
		l.idle = time.Time{}
	}
}

// call waits for whom the doctor called.
func (l *life) call(t queue.Ticket) error {
	v := l.by[t.ID]
	l.busy()
	l.with, l.touched = v, true
	if v.called.IsZero() {
		v.called = l.now
		l.compare(v, t)
	} else if v.tested && v.calledAgain.IsZero() {
		v.calledAgain = l.now
	}
	if v.wanders > 0 && !v.strayed {
		l.in(recallAfter, func() error { return l.again(v, 2) })
		return nil
	}
	l.in(v.enters, func() error { return l.seat(v) })
	return nil
}

// How a doctor waits for somebody who does not come: three calls within a
// minute and a half.
const (
	recallAfter = 35 * time.Second
	missAfter   = 95 * time.Second
)

func (l *life) again(v *visit, nth int) error {
	about := queue.TicketRequest{SessionID: l.house.session.ID, RequestID: l.request(), TicketID: v.ticket}
	if nth <= l.policy.CallsBeforeMissed {
		_, err := l.queue.Recall(l.ctx, about)
		l.in(recallAfter, func() error { return l.again(v, nth+1) })
		return err
	}
	if wait := l.policy.MinCallTotal - l.now.Sub(v.called); wait > 0 {
		l.in(wait, func() error { return l.again(v, nth) })
		return nil
	}
	if _, err := l.queue.Miss(l.ctx, about); err != nil {
		return err
	}
	v.strayed = true
	v.misses++
	l.with, l.idle = nil, l.now
	l.in(v.wanders, func() error {
		if l.ended || v.outcome != pending {
			return nil
		}
		if _, err := l.checkIn(v.appointment); err != nil && houzhen.CodeOf(err) != houzhen.CodeState {
			return err
		}
		return l.changed()
	})
	return l.changed()
}

// compare notes whom the call of somebody in the normal order passed by.
func (l *life) compare(v *visit, t queue.Ticket) {
	if v.kind != booked || t.Lane != queue.LaneNormal {
		return
	}
	for _, o := range l.visits {
		if o.kind != booked || o.place >= v.place || o.stays || !o.called.IsZero() || o.outcome != pending {
			continue
		}
		switch {
		case !o.here.IsZero():
			o.passed = true
		case !l.now.Before(o.slot.Add(-earliest)):
			o.skipped = true
		}
	}
}

// earliest is how long before his slot nobody needs to be on site.
const earliest = 10 * time.Minute

// seat begins a consultation.
func (l *life) seat(v *visit) error {
	if _, err := l.queue.Start(l.ctx, queue.TicketRequest{SessionID: l.house.session.ID, RequestID: l.request(), TicketID: v.ticket}); err != nil {
		return err
	}
	l.touched = true
	q, err := l.house.line()
	if err != nil {
		return err
	}
	ratio := v.ratio
	if v.tested {
		ratio = v.again
	}
	l.in(l.lasts(ratio, l.now, expected(q)), func() error { return l.finish(v) })
	return nil
}

// comesShare is how many of those who are not here yet a doctor expects.
const comesShare = 0.8

// expected is how many a doctor thinks that he has to see yet, the present one
// included.
func expected(q queue.Queue) float64 {
	n := 0.0
	for i := range q.Tickets {
		switch q.Tickets[i].State {
		case queue.Waiting, queue.Ready, queue.Called, queue.InConsult, queue.Missed, queue.OutForTests, queue.Deferred, queue.Suspended:
			n++
		case queue.NotCheckedIn:
			n += comesShare
		case queue.Done, queue.Dropped:
		}
	}
	return n
}

// finish ends a consultation, and takes the doctor's rest after it.
func (l *life) finish(v *visit) error {
	about := queue.TicketRequest{SessionID: l.house.session.ID, RequestID: l.request(), TicketID: v.ticket}
	var err error
	if v.tests && !v.tested {
		v.tested = true
		_, err = l.queue.Act(l.ctx, queue.Action{Verb: queue.VerbTests, SessionID: about.SessionID, RequestID: about.RequestID, TicketID: v.ticket})
		l.in(v.lab, func() error { return l.bring(v) })
	} else {
		_, err = l.queue.Finish(l.ctx, about)
		v.outcome = seen
	}
	if err != nil {
		return err
	}
	l.lastOver = l.now
	l.with, l.away, l.touched = nil, true, true
	l.in(v.rest, func() error {
		l.away, l.idle = false, l.now
		return l.next()
	})
	return nil
}

// bring is somebody who comes back from tests with his results.
func (l *life) bring(v *visit) error {
	if l.ended {
		v.outcome = seen // once; the results wait for a continuation
		return nil
	}
	err := l.lines.InTx(l.ctx, func(tx queue.Tx) error {
		_, err := l.queue.ResultsReady(l.ctx, tx, v.appointment)
		return err
	})
	if err != nil {
		return err
	}
	v.backAt = l.now
	if _, err := l.checkIn(v.appointment); err != nil {
		return err
	}
	return l.changed()
}

// mayEnd ends the session once its time is over and nobody is here, at tests
// or known to be on his way.
func (l *life) mayEnd() error {
	if l.now.Before(l.end) {
		l.lookAt(l.end)
		return nil
	}
	q, err := l.house.line()
	if err != nil {
		return err
	}
	for i := range q.Tickets {
		t := &q.Tickets[i]
		until := t.LeaveAdvisedAt.Add(forecast.Travel{Mean: time.Duration(t.TravelMinutes) * time.Minute}.Quantile(surely) + l.policy.LeaveGrace)
		switch {
		case t.State == queue.OutForTests, t.State == queue.Missed && l.now.Before(t.LaneSince.Add(waitsForMissed)):
			l.lookAt(l.now.Add(time.Minute))
			return nil
		case t.State == queue.NotCheckedIn && !t.LeaveAdvisedAt.IsZero() && l.now.Before(until):
			l.lookAt(l.now.Add(time.Minute))
			return nil
		}
	}
	_, err = l.queue.EndSession(l.ctx, queue.EndRequest{SessionID: l.house.session.ID, RequestID: l.request()})
	l.ended = true
	return err
}

// lookAt lets the doctor look once more whether he may go.
func (l *life) lookAt(t time.Time) {
	if l.looks.After(l.now) {
		return
	}
	l.looks = t
	l.at(t, l.next)
}

// How long a doctor waits at the end for whom he knows to be near.
const (
	surely         = 0.9 // share of the ways that are as long at most
	waitsForMissed = 5 * time.Minute
)

// settle gives everybody who has none his outcome and reads what the queue
// counted.
func (l *life) settle() error {
	q, err := l.house.line()
	if err != nil {
		return err
	}
	for i := range q.Tickets {
		l.by[q.Tickets[i].ID].overtaken = q.Tickets[i].Overtaken
	}
	for _, v := range l.visits {
		switch {
		case v.outcome != pending:
		case v.stays:
			v.outcome = stayedAway
		case v.tested:
			v.outcome = seen
		case v.here.IsZero():
			v.outcome = cameLate
		default:
			v.outcome = gaveUp
		}
	}
	if !l.ended {
		return houzhen.E(houzhen.CodeInternal, "the session did not end")
	}
	return nil
}
