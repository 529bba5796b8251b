package queue

import (
	"context"
	"slices"
	"strconv"

	"github.com/houzhen/houzhen"
)

// Start notes that the called patient is in the room. It is optional: Finish
// and CallNext imply it.
func (s *Service) Start(ctx context.Context, r TicketRequest) (Outcome, error) {
	return s.inTx(ctx, func(tx Tx) (Outcome, error) { return s.StartTx(ctx, tx, r) })
}

// StartTx is Start inside a transaction.
func (s *Service) StartTx(ctx context.Context, tx Tx, r TicketRequest) (Outcome, error) {
	return s.once(ctx, tx, r.command(VerbStart), start)
}

// Recall calls the same patient again, not before MinCallGap.
func (s *Service) Recall(ctx context.Context, r TicketRequest) (Outcome, error) {
	return s.inTx(ctx, func(tx Tx) (Outcome, error) { return s.RecallTx(ctx, tx, r) })
}

// RecallTx is Recall inside a transaction.
func (s *Service) RecallTx(ctx context.Context, tx Tx, r TicketRequest) (Outcome, error) {
	return s.once(ctx, tx, r.command(VerbRecall), recall)
}

// Finish ends the consultation. Without a TicketID it is the doctor's present
// patient, unless he was called only now.
func (s *Service) Finish(ctx context.Context, r TicketRequest) (Outcome, error) {
	return s.inTx(ctx, func(tx Tx) (Outcome, error) { return s.FinishTx(ctx, tx, r) })
}

// FinishTx is Finish inside a transaction.
func (s *Service) FinishTx(ctx context.Context, tx Tx, r TicketRequest) (Outcome, error) {
	return s.once(ctx, tx, r.command(VerbFinish), finish)
}

// UndoCheckIn takes a check-in back as long as the patient is not called.
func (s *Service) UndoCheckIn(ctx context.Context, r TicketRequest) (Outcome, error) {
	return s.inTx(ctx, func(tx Tx) (Outcome, error) { return s.UndoCheckInTx(ctx, tx, r) })
}

// UndoCheckInTx is UndoCheckIn inside a transaction.
func (s *Service) UndoCheckInTx(ctx context.Context, tx Tx, r TicketRequest) (Outcome, error) {
	return s.once(ctx, tx, r.command(VerbUndo), undoCheckIn)
}

func start(c *change, r command) (string, Reason, error) {
	t, err := c.subject(r)
	if err != nil {
		return "", Reason{}, err
	}
	if t.State != Called {
		return "", Reason{}, wrongState("start", t)
	}
	why := because(ReasonEntered)
	c.enter(t, c.now, why)
	return t.ID, why, nil
}

func recall(c *change, r command) (string, Reason, error) {
	t, err := c.subject(r)
	if err != nil {
		return "", Reason{}, err
	}
	if t.State != Called {
		return "", Reason{}, wrongState("recall", t)
	}
	if err := tooSoon(c.now, t.LastCallAt, c.p.MinCallGap, "the last call is still being heard"); err != nil {
		return "", Reason{}, err
	}
	t.Calls++
	t.LastCallAt = c.now
	why := because(ReasonRecalled, "n", strconv.Itoa(t.Calls))
	c.tell(houzhen.TicketRecalled, t, why)
	return t.ID, why, nil
}

func finish(c *change, r command) (string, Reason, error) {
	t, err := c.subject(r)
	if err != nil {
		return "", Reason{}, err
	}
	if !t.atDesk() {
		return "", Reason{}, wrongState("finish", t)
	}
	if r.ticket == "" {
		if err := c.settled(t); err != nil {
			return "", Reason{}, err
		}
	}
	why := because(ReasonFinished)
	c.finish(t, why)
	return t.ID, why, nil
}

func undoCheckIn(c *change, r command) (string, Reason, error) {
	t, err := c.ticket(r.ticket)
	if err != nil {
		return "", Reason{}, err
	}
	if t.State != Waiting && t.State != Ready {
		return "", Reason{}, wrongState("undo check-in", t)
	}
	reset(t)
	t.uncall()
	why := because(ReasonUndone)
	c.tell(houzhen.TicketAdmitted, t, why)
	id := t.ID
	c.fill()
	return id, why, nil
}

// subject finds the ticket that a desk verb is about: the one named, otherwise
// the doctor's present patient.
func (c *change) subject(r command) (*Ticket, error) {
	if r.ticket != "" {
		return c.ticket(r.ticket)
	}
	i := slices.IndexFunc(c.q.Tickets, func(t Ticket) bool { return t.atDesk() && t.DoctorID == r.doctor })
	if i < 0 {
		return nil, houzhen.E(houzhen.CodeState, "no patient is with the doctor").With("verb", r.verb)
	}
	return &c.q.Tickets[i], nil
}

// wrongState refuses a verb in the state the ticket is in.
func wrongState(verb string, t *Ticket) error {
	return houzhen.E(houzhen.CodeState, verb+" is not possible now").With("state", string(t.State))
}
