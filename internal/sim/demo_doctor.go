package sim

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/queue"
)

// How a made-up doctor presses his buttons.
const (
	recallAfter = 30 * time.Second
	missAfter   = 95 * time.Second // three calls in a minute and a half
	idleLook    = 45 * time.Second // how often an idle doctor looks at his list
	openPause   = 15 * time.Minute // a pause without an end is over after that
)

// desk is a doctor at work in one session. He remembers little: each look at
// his list shows what to do next, so that a person may press his buttons too.
type desk struct {
	*Demo
	session booking.Session
	begins  time.Time // a little late, as doctors are
	tea     time.Time // zero once he had it
	pace    float64   // mean minutes of a consultation
	chance  *rand.Rand
	entered map[string]time.Time // when who was called comes in, by call
	done    bool
}

// sitDown gives a session its doctor.
func (d *Demo) sitDown(ctx context.Context, s booking.Session) {
	r := Rand(d.Seed, "doctor "+s.ID)
	k := &desk{Demo: d, session: s, chance: r, entered: map[string]time.Time{}}
	k.begins = s.Start.Add(minutes(r, -2, 9))
	k.tea = s.Start.Add(s.End.Sub(s.Start)/2 + minutes(r, -25, 25))
	k.pace = float64(s.SliceMinutes) / float64(max(s.SliceCapacity, 1)) * (0.95 + 0.20*r.Float64())
	d.desks++
	d.at(later(k.begins, d.now()), func() error { return k.look(ctx) })
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// look does the one thing that is to be done now and says when to look again.
func (k *desk) look(ctx context.Context) error {
	wait, err := k.act(ctx)
	if err != nil { // refused, or a failure: the list will tell what is so
		wait = 10 * time.Second
	}
	if k.done {
		k.desks--
		return err
	}
	k.in(max(wait, time.Second), func() error { return k.look(ctx) })
	return err
}

func (k *desk) act(ctx context.Context) (time.Duration, error) {
	q, err := k.queue(ctx)
	if houzhen.CodeOf(err) == houzhen.CodeNotFound {
		return time.Minute, k.stopIfOver(ctx, nil)
	}
	if err != nil {
		return 0, err
	}
	switch q.Desk {
	case queue.DeskEnded:
		k.done = true
		return 0, nil
	case queue.DeskPaused:
		return k.pauses(ctx, q)
	default:
	}
	for _, t := range q.Tickets {
		switch t.State {
		case queue.Called:
			return k.waitsFor(ctx, t)
		case queue.InConsult:
			return k.sees(ctx, t)
		default:
		}
	}
	return k.free(ctx, q)
}

func (k *desk) queue(ctx context.Context) (q queue.Queue, err error) {
	err = k.App.Store.Queue().View(ctx, func(tx queue.Tx) error {
		q, err = tx.Queue(ctx, k.session.ID)
		return err
	})
	return q, err
}

// free calls the next one, has tea, or ends the session.
func (k *desk) free(ctx context.Context, q queue.Queue) (time.Duration, error) {
	if !k.tea.IsZero() && !k.now().Before(k.tea) {
		k.tea = time.Time{}
		_, err := k.App.Queue.Pause(ctx, queue.PauseRequest{
			SessionID: k.session.ID, RequestID: uuid.NewString(), Minutes: 6 + k.chance.IntN(7), Why: "tea",
		})
		return time.Minute, err
	}
	if !anybody(q, queue.Waiting, queue.Ready) {
		return idleLook, k.stopIfOver(ctx, &q)
	}
	_, err := k.App.Queue.CallNext(ctx, queue.CallRequest{SessionID: k.session.ID, RequestID: uuid.NewString()})
	return 15 * time.Second, err
}

// stopIfOver ends the session once its time is over or everybody was seen. A
// suspended one ends with the last who was here already.
func (k *desk) stopIfOver(ctx context.Context, q *queue.Queue) error {
	s, err := k.App.Booking.Session(ctx, k.session.ID)
	if err != nil {
		return err
	}
	everybody := q != nil && !anybody(*q, queue.NotCheckedIn, queue.Missed) && k.now().After(s.Deadline)
	if s.Status != booking.SessionSuspended && s.Status != booking.SessionClosed && k.now().Before(s.End) && !everybody {
		return nil
	}
	k.done = true
	if q == nil {
		return nil
	}
	_, err = k.App.Queue.EndSession(ctx, queue.EndRequest{SessionID: k.session.ID, RequestID: uuid.NewString()})
	k.done = err == nil
	return err
}

func anybody(q queue.Queue, states ...queue.State) bool {
	return slices.ContainsFunc(q.Tickets, func(t queue.Ticket) bool { return slices.Contains(states, t.State) })
}

// pauses resumes when the pause is over, whoever began it.
func (k *desk) pauses(ctx context.Context, q queue.Queue) (time.Duration, error) {
	until := q.PausedUntil
	if until.IsZero() {
		until = k.now().Add(openPause)
	}
	if wait := until.Sub(k.now()); wait > 0 {
		return min(wait, time.Minute), nil
	}
	_, err := k.App.Queue.Resume(ctx, queue.CallRequest{SessionID: k.session.ID, RequestID: uuid.NewString()})
	return 5 * time.Second, err
}

// waitsFor is about a patient who was called: he comes in, is called again, or
// is missed.
func (k *desk) waitsFor(ctx context.Context, t queue.Ticket) (time.Duration, error) {
	now := k.now()
	about := queue.TicketRequest{SessionID: k.session.ID, RequestID: uuid.NewString(), TicketID: t.ID}
	if k.atDoor(t.PatientID) {
		enters, known := k.entered[t.ID]
		if !known || enters.Before(t.CalledAt) {
			enters = now.Add(minutes(k.chance, 0.3, 0.8))
			k.entered[t.ID] = enters
		}
		if wait := enters.Sub(now); wait > 0 {
			return wait, nil
		}
		_, err := k.App.Queue.Start(ctx, about)
		return time.Second, err
	}
	if wait := recallAfter - now.Sub(t.LastCallAt); t.Calls < 3 && wait > 0 {
		return wait, nil
	}
	if t.Calls < 3 {
		_, err := k.App.Queue.Recall(ctx, about)
		return recallAfter, err
	}
	if wait := missAfter - now.Sub(t.CalledAt); wait > 0 {
		return wait, nil
	}
	_, err := k.App.Queue.Miss(ctx, about)
	if err == nil {
		k.missed(ctx, t.PatientID)
	}
	return 5 * time.Second, err
}

// sees finishes with the patient in the room when his time is over.
func (k *desk) sees(ctx context.Context, t queue.Ticket) (time.Duration, error) {
	if wait := t.StartedAt.Add(k.consultation(t)).Sub(k.now()); wait > 0 {
		return wait, nil
	}
	_, err := k.App.Queue.Finish(ctx, queue.TicketRequest{SessionID: k.session.ID, RequestID: uuid.NewString(), TicketID: t.ID})
	return minutes(k.chance, 0.1, 0.6), err
}

// consultation draws how long a patient takes, from a lognormal whose mean is
// the doctor's pace; the same patient always takes the same.
func (k *desk) consultation(t queue.Ticket) time.Duration {
	const sigma = 0.45
	r := Rand(k.Seed, "consultation "+t.AppointmentID)
	m := math.Exp(math.Log(k.pace) - sigma*sigma/2 + sigma*r.NormFloat64())
	return time.Duration(min(max(m, 1.5), 40) * float64(time.Minute))
}
