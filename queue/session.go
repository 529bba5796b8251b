package queue

import (
	"context"
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
}

// EndRequest ends a session. Dispose says what becomes of those who still
// wait: one of DropReasons, or "" to be refused while anybody does.
type EndRequest struct {
	SessionID, RequestID, DoctorID string
	Dispose                        string
}

// Pause notes that the doctor is away; nobody is called until Resume.
func (s *Service) Pause(ctx context.Context, r PauseRequest) (Outcome, error) {
	return s.inTx(ctx, func(tx Tx) (Outcome, error) { return s.PauseTx(ctx, tx, r) })
}

// PauseTx is Pause inside a transaction.
func (s *Service) PauseTx(ctx context.Context, tx Tx, r PauseRequest) (Outcome, error) {
	cmd := command{session: r.SessionID, request: r.RequestID, doctor: r.DoctorID, verb: VerbPause}
	return s.once(ctx, tx, cmd, func(c *change, _ command) (string, Reason, error) { return pause(c, r) })
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
	cmd := command{session: r.SessionID, request: r.RequestID, doctor: r.DoctorID, verb: VerbEnd}
	return s.once(ctx, tx, cmd, func(c *change, _ command) (string, Reason, error) { return end(c, r.Dispose) })
}

func pause(c *change, r PauseRequest) (string, Reason, error) {
	if c.q.Desk == DeskEnded {
		return "", Reason{}, houzhen.E(houzhen.CodeSessionClosed, "the session has ended")
	}
	if r.Minutes < 0 || r.Minutes > maxPauseMinutes {
		return "", Reason{}, houzhen.E(houzhen.CodeInvalid, "pause minutes are out of range").On("minutes")
	}
	if utf8.RuneCountInString(r.Why) > maxPauseReason {
		return "", Reason{}, houzhen.E(houzhen.CodeTooLarge, "pause reason is too long").On("reason")
	}
	c.q.Desk, c.q.PauseReason, c.q.PausedUntil = DeskPaused, r.Why, time.Time{}
	if r.Minutes > 0 {
		c.q.PausedUntil = c.now.Add(time.Duration(r.Minutes) * time.Minute)
	}
	why := because(ReasonPaused, "minutes", strconv.Itoa(r.Minutes), "why", r.Why)
	c.tellQueue(houzhen.QueuePaused, why)
	return "", why, nil
}

func resume(c *change, _ command) (string, Reason, error) {
	if c.q.Desk != DeskPaused {
		return "", Reason{}, houzhen.E(houzhen.CodeState, "the desk is not paused").With("state", string(c.q.Desk))
	}
	c.q.Desk, c.q.PauseReason, c.q.PausedUntil = DeskSeeing, "", time.Time{}
	if c.q.StartedAt.IsZero() {
		c.q.Desk = DeskIdle
	}
	why := because(ReasonResumed)
	c.tellQueue(houzhen.QueueResumed, why)
	c.fill()
	return "", why, nil
}

func end(c *change, dispose string) (string, Reason, error) {
	if c.q.Desk == DeskEnded {
		return "", Reason{}, houzhen.E(houzhen.CodeSessionClosed, "the session has ended")
	}
	if dispose != "" && !slices.Contains(DropReasons(), dispose) {
		return "", Reason{}, houzhen.E(houzhen.CodeInvalid, "no such way to dispose of patients").On("dispose")
	}
	waiting := count(c.q, Waiting, Ready, Called)
	if waiting > 0 && dispose == "" {
		return "", Reason{}, houzhen.E(houzhen.CodePatientsRemain, "checked-in patients remain").With("n", strconv.Itoa(waiting))
	}
	if !c.p.AutoFinish && count(c.q, InConsult) > 0 {
		return "", Reason{}, houzhen.E(houzhen.CodeInConsult, "a patient is with the doctor; finish first")
	}
	why := because(ReasonEnded, "disposed", strconv.Itoa(waiting))
	for i := range c.q.Tickets {
		c.dispose(&c.q.Tickets[i], dispose)
	}
	c.q.Desk, c.q.PauseReason, c.q.PausedUntil = DeskEnded, "", time.Time{}
	return "", why, nil
}

// dispose gives one ticket its end at the end of the session.
func (c *change) dispose(t *Ticket, reason string) {
	switch t.State {
	case InConsult:
		c.finish(t, because(ReasonFinishedEnd))
		c.note(VerbFinish, t.ID, because(ReasonFinishedEnd))
	case Waiting, Ready, Called:
		c.drop(t, reason)
	case Missed:
		c.drop(t, DropMissed)
	case NotCheckedIn:
		c.drop(t, DropNotArrived)
	case Done, Dropped:
	}
}
