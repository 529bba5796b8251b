package sim

import (
	"context"
	"time"

	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/queue"
)

// DemoStatus counts where everybody of the day is, as the application knows.
type DemoStatus struct {
	At                              time.Time
	Expected, Waiting, InRoom, Seen int // visits by where the patient is
	Released, Suspended             int // places of absent patients that went back, sessions cancelled
}

// Status counts. It reads the application only, so anybody may call it while
// the demo runs.
func (d *Demo) Status(ctx context.Context) (DemoStatus, error) {
	s := DemoStatus{At: d.now().In(d.App.Location())}
	day := d.App.Today()
	queues, err := d.queuesOf(ctx, day)
	if err != nil {
		return s, err
	}
	for _, q := range queues {
		for _, t := range q.Tickets {
			s.count(t)
		}
	}
	visits, err := d.App.Booking.Appointments(ctx, booking.AppointmentFilter{From: day, To: day, Purpose: booking.PurposeVisit})
	if err != nil {
		return s, err
	}
	for _, a := range visits {
		if !a.ReleasedAt.IsZero() {
			s.Released++
		}
	}
	cancelled, err := d.App.Booking.Sessions(ctx, booking.SessionFilter{
		From: day, To: day, Status: []booking.SessionStatus{booking.SessionSuspended},
	})
	s.Suspended = len(cancelled)
	return s, err
}

func (s *DemoStatus) count(t queue.Ticket) {
	switch t.State {
	case queue.NotCheckedIn, queue.Missed:
		s.Expected++
	case queue.Waiting, queue.Ready, queue.Deferred, queue.Suspended, queue.OutForTests:
		s.Waiting++
	case queue.Called, queue.InConsult:
		s.InRoom++
	case queue.Done:
		s.Seen++
	case queue.Dropped:
	}
}
