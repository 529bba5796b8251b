package queue

import (
	"context"
	"slices"

	"github.com/houzhen/houzhen"
)

// undoable reports whether a verb can be taken back. What has a verb of its own
// for that (a check-in, a pause), or ended the session, cannot.
func undoable(verb string) bool {
	return slices.Contains([]string{
		VerbNext, VerbStart, VerbFinish, VerbMiss, VerbReCheckIn, VerbPriority, VerbPriorityOff, VerbUnwell, VerbPin, VerbMove,
		VerbAssign, VerbSuspend, VerbBringBack, VerbDefer, VerbAbandon, VerbReinstate, VerbExcuse, VerbTests, VerbReturn, VerbCall, VerbCare,
		VerbNote,
	}, verb)
}

// undoLast puts everything that a verb changed back as it was, if it is not
// too long ago and nobody has changed it since. The times of both stay in the
// log.
func undoLast(ctx context.Context, c *change, r command) (string, Reason, error) {
	log, err := c.tx.Log(ctx, c.q.SessionID)
	if err != nil {
		return "", Reason{}, err
	}
	i := findUndone(log, r)
	if i < 0 {
		return "", Reason{}, houzhen.E(houzhen.CodeNotFound, "there is nothing to take back").On("undo")
	}
	e := log[i]
	if r.ticket != "" && r.ticket != e.TicketID {
		return "", Reason{}, houzhen.E(houzhen.CodeInvalid, "that was about another patient").On("ticket_id")
	}
	if !undoable(e.Verb) || c.now.Sub(e.At) > c.p.UndoWithin {
		return "", Reason{}, houzhen.E(houzhen.CodeState, "that can no longer be taken back").With("verb", e.Verb)
	}
	before, err := Rebuild(log[:i])
	if err != nil {
		return "", Reason{}, err
	}
	was := byID(before)
	for _, left := range e.Change.Tickets {
		if err := c.restore(was, left); err != nil {
			return "", Reason{}, err
		}
	}
	if err := c.oneEach(); err != nil {
		return "", Reason{}, err
	}
	if c.q.Version == e.Version { // nothing was counted since
		c.q.NormalsSinceInsert, c.q.Series, c.q.Recent = before.NormalsSinceInsert, before.Series, before.Recent
		c.q.StartedAt, c.q.Desk, c.q.Desks = before.StartedAt, before.Desk, before.Desks
	}
	c.fill()
	return e.TicketID, because(ReasonUndid, "verb", e.Verb), nil
}

// findUndone finds what is meant: the entry of a request, otherwise the last
// press about the ticket, otherwise the last of whoever asks.
func findUndone(log []Entry, r command) int {
	for i, e := range slices.Backward(log) {
		switch {
		case e.RequestID == "":
		case r.act.Undo != "":
			if e.RequestID == r.act.Undo {
				return i
			}
		case r.ticket != "":
			if e.TicketID == r.ticket {
				return i
			}
		case e.Operator == r.operator:
			return i
		}
	}
	return -1
}

// restore gives one ticket back what it was before an entry.
func (c *change) restore(was map[string]Ticket, left Ticket) error {
	t, err := c.ticket(left.ID)
	if err != nil {
		return err
	}
	old, known := was[left.ID]
	if !known || t.Version != left.Version {
		return houzhen.E(houzhen.CodeConflict, "it was changed since; nothing is taken back").On("undo")
	}
	version := t.Version
	*t = old
	t.Version = version
	c.tell(houzhen.TicketUndone, t, because(ReasonUndid))
	return nil
}

// oneEach refuses what would leave two patients with one doctor.
func (c *change) oneEach() error {
	with := map[string]bool{}
	for i := range c.q.Tickets {
		t := &c.q.Tickets[i]
		if !t.atDesk() {
			continue
		}
		if with[t.DoctorID] {
			return houzhen.E(houzhen.CodeInConsult, "another patient is with the doctor by now")
		}
		with[t.DoctorID] = true
	}
	return nil
}
