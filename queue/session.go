package queue

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/houzhen/houzhen"
)

// Limits of a pause.
const (
	maxPauseMinutes = 600
	maxPauseReason  = 60
)

// PauseRequest says for how long and why the doctor leaves. Minutes 0 is open.
type PauseRequest struct {
	SessionID, RequestID, DoctorID string
	Minutes                        int
	Why                            string // a code or a short text that staff chose; no names
	Operator                       string
}

// EndRequest ends a session. Dispose says what becomes of those who still
// wait: one of DropReasons, or "" to be refused while anybody does. Each says
// it for single tickets.
type EndRequest struct {
	SessionID, RequestID, DoctorID string
	Dispose                        string
	Each                           map[string]string
	Operator                       string
}

// Pause notes that the doctor is away; nobody is called until Resume.
func (s *Service) Pause(ctx context.Context, r PauseRequest) (Outcome, error) {
	return s.inTx(ctx, func(tx Tx) (Outcome, error) { return s.PauseTx(ctx, tx, r) })
}

// PauseTx is Pause inside a transaction.
func (s *Service) PauseTx(ctx context.Context, tx Tx, r PauseRequest) (Outcome, error) {
	cmd := command{session: r.SessionID, request: r.RequestID, doctor: r.DoctorID, verb: VerbPause, operator: r.Operator}
	return s.once(ctx, tx, cmd, func(c *change, cmd command) (string, Reason, error) { return pause(c, r, cmd.doctor) })
}

// Resume notes that the doctor is back.
func (s *Service) Resume(ctx context.Context, r CallRequest) (Outcome, error) {
	return s.inTx(ctx, func(tx Tx) (Outcome, error) { return s.ResumeTx(ctx, tx, r) })
}

// ResumeTx is Resume inside a transaction.
func (s *Service) ResumeTx(ctx context.Context, tx Tx, r CallRequest) (Outcome, error) {
	return s.once(ctx, tx, r.command(VerbResume), resume)
}

// EndSession closes the queue. It is refused with CodePatientsRemain while
// checked-in patients wait, unless Dispose says what becomes of them.
func (s *Service) EndSession(ctx context.Context, r EndRequest) (Outcome, error) {
	return s.inTx(ctx, func(tx Tx) (Outcome, error) { return s.EndSessionTx(ctx, tx, r) })
}

// EndSessionTx is EndSession inside a transaction.
func (s *Service) EndSessionTx(ctx context.Context, tx Tx, r EndRequest) (Outcome, error) {
	cmd := command{session: r.SessionID, request: r.RequestID, doctor: r.DoctorID, verb: VerbEnd, operator: r.Operator}
	return s.once(ctx, tx, cmd, func(c *change, _ command) (string, Reason, error) { return end(c, r) })
}

func pause(c *change, r PauseRequest, doctor string) (string, Reason, error) {
	if c.q.Desk == DeskEnded {
		return "", Reason{}, houzhen.E(houzhen.CodeSessionClosed, "the session has ended")
	}
	if r.Minutes < 0 || r.Minutes > maxPauseMinutes {
		return "", Reason{}, houzhen.E(houzhen.CodeInvalid, "pause minutes are out of range").On("minutes")
	}
	if utf8.RuneCountInString(r.Why) > maxPauseReason {
		return "", Reason{}, houzhen.E(houzhen.CodeTooLarge, "pause reason is too long").On("reason")
	}
	until := time.Time{}
	if r.Minutes > 0 {
		until = c.now.Add(time.Duration(r.Minutes) * time.Minute)
	}
	why := because(ReasonPaused, "minutes", strconv.Itoa(r.Minutes), "why", r.Why)
	if d := c.deskOf(doctor); d != nil {
		d.Status, d.PauseReason, d.PausedUntil, d.PausedAt = DeskPaused, r.Why, until, c.now
		c.toTheFront(doctor)
	} else {
		c.q.Desk, c.q.PauseReason, c.q.PausedUntil, c.q.PausedAt = DeskPaused, r.Why, until, c.now
	}
	c.tellQueue(houzhen.QueuePaused, why)
	c.fill()
	return "", why, nil
}

func resume(c *change, r command) (string, Reason, error) {
	why := because(ReasonResumed)
	if d := c.deskOf(r.doctor); d != nil {
		if d.Status != DeskPaused {
			return "", Reason{}, houzhen.E(houzhen.CodeState, "the desk is not paused").With("state", string(d.Status))
		}
		d.Status, d.PauseReason, d.PausedUntil, d.PausedAt = DeskSeeing, "", time.Time{}, time.Time{}
		c.tellQueue(houzhen.QueueResumed, why)
		c.fill()
		return "", why, nil
	}
	if c.q.Desk != DeskPaused {
		return "", Reason{}, houzhen.E(houzhen.CodeState, "the desk is not paused").With("state", string(c.q.Desk))
	}
	c.q.Desk, c.q.PauseReason, c.q.PausedUntil, c.q.PausedAt = DeskSeeing, "", time.Time{}, time.Time{}
	if c.q.StartedAt.IsZero() {
		c.q.Desk = DeskIdle
	}
	c.tellQueue(houzhen.QueueResumed, why)
	c.fill()
	return "", why, nil
}

// end ends the session. Whoever is out for tests keeps his ticket: he comes
// back to another doctor of the grade, or is given a continuation.
func end(c *change, r EndRequest) (string, Reason, error) {
	if c.q.Desk == DeskEnded {
		return "", Reason{}, houzhen.E(houzhen.CodeSessionClosed, "the session has ended")
	}
	for _, dispose := range append([]string{r.Dispose}, slices.Collect(maps.Values(r.Each))...) {
		if dispose != "" && !slices.Contains(DropReasons(), dispose) {
			return "", Reason{}, houzhen.E(houzhen.CodeInvalid, "no such way to dispose of patients").On("dispose")
		}
	}
	left := 0
	waiting := count(c.q, Waiting, Ready, Called, Deferred, Suspended)
	for i := range c.q.Tickets {
		if t := &c.q.Tickets[i]; t.here() && t.State != InConsult && r.Each[t.ID] == "" && r.Dispose == "" {
			left++
		}
	}
	if left > 0 {
		return "", Reason{}, houzhen.E(houzhen.CodePatientsRemain, "checked-in patients remain").With("n", strconv.Itoa(left))
	}
	if !c.p.AutoFinish && count(c.q, InConsult) > 0 {
		return "", Reason{}, houzhen.E(houzhen.CodeInConsult, "a patient is with the doctor; finish first")
	}
	why := because(ReasonEnded, "disposed", strconv.Itoa(waiting))
	for i := range c.q.Tickets {
		t := &c.q.Tickets[i]
		dispose := r.Dispose
		if own := r.Each[t.ID]; own != "" {
			dispose = own
		}
		c.dispose(t, dispose, r.Each[t.ID] != "")
	}
	c.q.Desk, c.q.PauseReason, c.q.PausedUntil, c.q.PausedAt, c.q.Desks = DeskEnded, "", time.Time{}, time.Time{}, nil
	return "", why, nil
}

// lasts reports whether a pause is, or has lasted, at least so long. One
// without an end is as long as any from its beginning.
func (q *Queue) lasts(least time.Duration, now time.Time) bool {
	if q.Desk != DeskPaused {
		return false
	}
	return q.PausedUntil.IsZero() || q.PausedUntil.Sub(q.PausedAt) >= least || now.Sub(q.PausedAt) >= least
}

// Away reports whether those who wait are told that the doctor is away: a pause
// that is shorter than the policy says is not worth a word.
func (q *Queue) Away(p Policy, now time.Time) bool { return q.lasts(p.PauseShow, now) }

// WizardDue reports whether the nurse is asked what becomes of those who wait:
// the doctor is away for long, or nobody knows for how long.
func (q *Queue) WizardDue(p Policy, now time.Time) bool { return q.lasts(p.PauseWizard, now) }

// here reports whether the patient is checked in, not yet seen, and waits for
// something of this queue.
func (t *Ticket) here() bool {
	return t.present() || t.State == Deferred || t.State == Suspended
}

// dispose gives one ticket its end at the end of the session.
func (c *change) dispose(t *Ticket, reason string, named bool) {
	switch t.State {
	case InConsult:
		c.finish(t, because(ReasonFinishedEnd))
		c.note(VerbFinish, t.ID, because(ReasonFinishedEnd))
	case Waiting, Ready, Called, Deferred, Suspended:
		c.drop(t, reason)
	case Missed:
		c.drop(t, DropMissed)
	case NotCheckedIn:
		c.drop(t, DropNotArrived)
	case OutForTests:
		if named {
			c.drop(t, reason)
		}
	case Done, Dropped:
	}
}
