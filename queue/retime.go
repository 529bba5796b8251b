package queue

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
)

// Hours say when a session takes place, by when who comes must have checked in,
// and the slice of each of its appointments.
type Hours struct {
	Start, End, Deadline time.Time
	Slices               map[string]Slice // by appointment
}

// Slice is when an appointment is.
type Slice struct{ Start, End time.Time }

// Retime notes that a session takes place at other hours. Every ticket goes
// along with its appointment; states, lanes and numbers stay. CodeSessionBegun: the
// doctor has begun. CodeNotFound: the queue is not open yet.
func (s *Service) Retime(ctx context.Context, tx Tx, sessionID string, to Hours) error {
	q, err := tx.LockQueue(ctx, sessionID)
	if err != nil {
		return err
	}
	c := newChange(tx, q, s.policyOf(q.ZoneID), false).by(VerbRetime, "")
	changed := !q.Start.Equal(to.Start) || !q.End.Equal(to.End) || !q.Deadline.Equal(to.Deadline)
	c.q.Start, c.q.End, c.q.Deadline = to.Start, to.End, to.Deadline
	for i := range c.q.Tickets {
		t := &c.q.Tickets[i]
		at, known := to.Slices[t.AppointmentID]
		if !known || t.State == Dropped || t.State == Done || t.SliceStart.Equal(at.Start) && t.SliceEnd.Equal(at.End) {
			continue
		}
		t.SliceStart, t.SliceEnd, changed = at.Start, at.End, true
	}
	switch {
	case !changed || q.Desk == DeskEnded:
		return nil
	case !q.StartedAt.IsZero():
		return houzhen.E(houzhen.CodeSessionBegun, "the doctor has begun").On("session_id")
	}
	return c.save(ctx)
}
