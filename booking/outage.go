package booking

import (
	"context"
	"fmt"
	"time"
)

// Outage is a time in which the system was down: nobody could check in.
type Outage struct{ From, To time.Time }

// Down reports whether an outage of at least a length touches the span from
// one instant to another.
func Down(outages []Outage, from, to time.Time, least time.Duration) bool {
	for _, o := range outages {
		if o.To.Sub(o.From) >= least && o.From.Before(to) && from.Before(o.To) {
			return true
		}
	}
	return false
}

// heartbeat names the one sign of life of all nodes together: it is enough that
// one of them is up.
const heartbeat = "clock"

// Beat notes that the system is up. After a silence, which is when a process
// starts or could not reach the store, the time since the last note of any node
// becomes an outage if it is long enough; it tells whether that was so.
func (s *Service) Beat(ctx context.Context, afterSilence bool) (down bool, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		down = false
		last, err := tx.Heartbeat(ctx, heartbeat)
		if err != nil || !afterSilence || last.IsZero() || tx.Now().Sub(last) < s.policy.DownAfter {
			return err
		}
		down = true
		return tx.AddOutage(ctx, Outage{last, tx.Now()})
	})
	if err != nil {
		return down, fmt.Errorf("heartbeat: %w", err)
	}
	return down, nil
}

// excused reports whether the system was down while the patient should have
// checked in: from the opening of check-in to the deadline.
func (s *Service) excused(ctx context.Context, tx Tx, a Appointment, session Session) (bool, error) {
	from, to := a.Start.Add(-s.policy.CheckInLead), session.Deadline
	if a.End.After(to) {
		to = a.End
	}
	outages, err := tx.Outages(ctx, from, to)
	if err != nil {
		return false, fmt.Errorf("load outages: %w", err)
	}
	return Down(outages, from, to, s.policy.DownAfter), nil
}
