package queue

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
)

// deskOf finds a doctor's desk among those of a queue that several serve; nil
// where there is none. The pointer is good until the next fill.
func (c *change) deskOf(doctor string) *Desk {
	i := slices.IndexFunc(c.q.Desks, func(d Desk) bool { return d.DoctorID == doctor })
	if i < 0 {
		return nil
	}
	return &c.q.Desks[i]
}

// sit gives whoever calls from a pool a desk, if he has none. A pool itself
// calls nobody once doctors sit at it.
func (c *change) sit(r command) error {
	if !c.q.Pool && len(c.q.Desks) == 0 || c.deskOf(r.doctor) != nil || c.q.Desk == DeskEnded {
		return nil
	}
	if r.doctor == c.q.DoctorID && c.q.Pool {
		if len(c.q.Desks) > 0 {
			return houzhen.E(houzhen.CodeMissing, "several doctors serve this queue; say for which").On("doctor_id")
		}
		return nil
	}
	c.join(Desk{DoctorID: r.doctor, RoomID: r.room})
	return nil
}

// join sets a doctor at a desk of the queue. The first who joins a queue of
// one doctor makes that one's desk too: a teacher and his student.
func (c *change) join(d Desk) {
	d.Status = DeskSeeing
	if len(c.q.Desks) == 0 && !c.q.Pool && c.q.DoctorID != "" && c.q.DoctorID != d.DoctorID {
		c.q.Desks = append(c.q.Desks, Desk{DoctorID: c.q.DoctorID, RoomID: c.q.RoomID, Status: DeskSeeing})
	}
	// Whoever stood at the only door stands before both now.
	for i := range c.q.Tickets {
		if t := &c.q.Tickets[i]; t.State == Ready && t.DoctorID == "" && t.Lane != LaneEmergency {
			t.State = Waiting
		}
	}
	if own := c.deskOf(d.DoctorID); own != nil {
		*own = d
		return
	}
	c.q.Desks = append(c.q.Desks, d)
}

// toTheFront lets those at a doctor's door wait first in the pool again.
func (c *change) toTheFront(doctor string) {
	for i := range c.q.Tickets {
		t := &c.q.Tickets[i]
		if t.State == Ready && t.DoctorID == doctor {
			t.State, t.DoctorID, t.RoomID = Waiting, "", ""
			c.note(VerbPutBack, t.ID, because(ReasonFrontAgain))
		}
	}
}

func joinDesk(c *change, r command) (string, Reason, error) {
	if c.q.Desk == DeskEnded {
		return "", Reason{}, houzhen.E(houzhen.CodeSessionClosed, "the session has ended")
	}
	if r.doctor == "" || r.doctor == c.q.DoctorID && c.q.Pool {
		return "", Reason{}, houzhen.E(houzhen.CodeMissing, "say which doctor sits down").On("doctor_id")
	}
	for _, d := range c.q.Desks {
		if d.DoctorID != r.doctor && d.RoomID == r.room && d.Seat == r.act.Seat && r.act.Seat != "" {
			return "", Reason{}, houzhen.E(houzhen.CodeConflict, "another doctor sits at that desk").On("seat")
		}
	}
	c.join(Desk{DoctorID: r.doctor, RoomID: r.room, Seat: r.act.Seat})
	why := because(ReasonDeskJoined)
	c.tellQueue(houzhen.QueueDesks, why)
	c.fill()
	return "", why, nil
}

// leaveDesk lets a doctor leave a queue that several serve: those at his door
// go to the front, and those who were to come back to him may go to any.
func leaveDesk(c *change, r command) (string, Reason, error) {
	d := c.deskOf(r.doctor)
	if d == nil {
		return "", Reason{}, houzhen.E(houzhen.CodeState, "that doctor has no desk in this queue").With("verb", r.verb)
	}
	if err := c.finishPresent(r.doctor, ReasonFinishedEnd); err != nil {
		return "", Reason{}, err
	}
	c.toTheFront(r.doctor)
	for i := range c.q.Tickets {
		if t := &c.q.Tickets[i]; t.AssignedDoctorID == r.doctor && t.State != Done && t.State != Dropped {
			t.AssignedDoctorID = ""
		}
	}
	c.q.Desks = slices.DeleteFunc(slices.Clone(c.q.Desks), func(d Desk) bool { return d.DoctorID == r.doctor })
	why := because(ReasonDeskLeft)
	c.tellQueue(houzhen.QueueDesks, why)
	c.fill()
	return "", why, nil
}

// CallAny calls the next patient of a doctor who has a list of his own and
// serves pools too: own first, pool first, or in turn, as the policy of the
// zone of the first queue says. A queue in which nobody waits for him is passed
// over; CodeQueueEmpty when that is so of all. The same request id gives the
// same call again, whichever queue it was from.
func (s *Service) CallAny(ctx context.Context, r CallRequest, sessions []string) (Outcome, error) {
	return s.inTx(ctx, func(tx Tx) (Outcome, error) { return s.CallAnyTx(ctx, tx, r, sessions) })
}

// CallAnyTx is CallAny inside a transaction. The first session is his own.
func (s *Service) CallAnyTx(ctx context.Context, tx Tx, r CallRequest, sessions []string) (Outcome, error) {
	if len(sessions) == 0 {
		return Outcome{}, houzhen.E(houzhen.CodeMissing, "no queue to call from").On("sessions")
	}
	heads := map[string]Queue{}
	for _, id := range slices.Sorted(slices.Values(sessions)) { // one order for all, so that nobody waits in a circle
		q, err := tx.LockHead(ctx, id)
		if err != nil {
			return Outcome{}, fmt.Errorf("lock queue: %w", err)
		}
		heads[id] = q
		if _, err := tx.CallByRequest(ctx, id, r.RequestID); err == nil {
			r.SessionID = id
			return s.CallNextTx(ctx, tx, r)
		}
	}
	order, err := s.turnOf(ctx, tx, r.DoctorID, sessions, heads)
	if err != nil {
		return Outcome{}, err
	}
	if err := s.finishOthers(ctx, tx, r, order); err != nil {
		return Outcome{}, err
	}
	empty := error(houzhen.E(houzhen.CodeQueueEmpty, "nobody is waiting"))
	for _, id := range order {
		if heads[id].Desk == DeskEnded {
			continue
		}
		waits, err := s.waitsFor(ctx, tx, id, r.DoctorID)
		if err != nil {
			return Outcome{}, err
		}
		if !waits {
			continue
		}
		r.SessionID = id
		o, err := s.CallNextTx(ctx, tx, r)
		if houzhen.CodeOf(err) != houzhen.CodeQueueEmpty {
			return o, err
		}
		empty = err
	}
	return Outcome{}, empty
}

// waitsFor reports whether anybody may be called from a queue for a doctor, so
// that one with nobody is not touched.
func (s *Service) waitsFor(ctx context.Context, tx Tx, session, doctor string) (bool, error) {
	q, err := tx.Queue(ctx, session)
	if err != nil {
		return false, err
	}
	q, _ = Wake(q, tx.Now())
	return slices.ContainsFunc(q.Tickets, func(t Ticket) bool {
		return t.State == Waiting && t.serves(doctor) || t.State == Ready && (len(q.Desks) == 0 || t.DoctorID == "" || t.DoctorID == doctor)
	}), nil
}

// turnOf orders the queues of a doctor for his next call.
func (s *Service) turnOf(ctx context.Context, tx Tx, doctor string, sessions []string, heads map[string]Queue) ([]string, error) {
	order := slices.Clone(sessions)
	switch s.policyOf(heads[sessions[0]].ZoneID).Pool {
	case PoolFirst:
		return append(order[1:], order[0]), nil
	case Alternate:
		last, at := "", time.Time{}
		for _, id := range sessions {
			calls, err := tx.Calls(ctx, id)
			if err != nil {
				return nil, err
			}
			for _, c := range calls {
				if c.Verb == VerbNext && c.DoctorID == doctor && !c.At.Before(at) {
					last, at = id, c.At
				}
			}
		}
		i := slices.Index(order, last) + 1 // after the one of the last call
		return append(slices.Clone(order[i:]), order[:i]...), nil
	case OwnFirst:
	}
	return order, nil
}

// finishOthers finishes whoever is with the doctor from another of his queues.
func (s *Service) finishOthers(ctx context.Context, tx Tx, r CallRequest, sessions []string) error {
	for _, id := range sessions {
		q, err := tx.Queue(ctx, id)
		if err != nil {
			return err
		}
		with := slices.IndexFunc(q.Tickets, func(t Ticket) bool { return t.atDesk() && t.DoctorID == r.DoctorID })
		if with < 0 {
			continue
		}
		p := s.policyOf(q.ZoneID)
		t := q.Tickets[with]
		if since := later(t.LastCallAt, t.StartedAt); tx.Now().Sub(since) < p.MinCallGap {
			return tooSoon(tx.Now(), since, p.MinCallGap, "the patient was called only now")
		}
		if !p.AutoFinish {
			return houzhen.E(houzhen.CodeInConsult, "a patient is with the doctor; finish first")
		}
		_, err = s.FinishTx(ctx, tx, TicketRequest{
			SessionID: id, RequestID: r.RequestID + "-finish", TicketID: t.ID, DoctorID: r.DoctorID, Operator: r.Operator,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
