package stats_test

import (
	"context"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/waitlist"
	"github.com/houzhen/houzhen/internal/stats"
	"github.com/houzhen/houzhen/queue"
)

// clinic has sessions and nothing else, and remembers what was counted.
type clinic struct {
	sessions []booking.Session
	rows     []stats.Row
	looked   int
}

func (c *clinic) View(_ context.Context, f func(stats.Tx) error) error { c.looked++; return f(c) }
func (c *clinic) InTx(_ context.Context, f func(stats.Tx) error) error { return f(c) }
func (*clinic) Now() time.Time                                         { return time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC) }

func (c *clinic) Sessions(_ context.Context, f booking.SessionFilter) ([]booking.Session, error) {
	var out []booking.Session
	for _, s := range c.sessions {
		if !s.Date.Before(f.From) && !f.To.Before(s.Date) {
			out = append(out, s)
		}
	}
	return out, nil
}

func (*clinic) Slots(context.Context, ...string) ([]booking.Slot, error) { return nil, nil }

func (*clinic) Appointments(context.Context, booking.AppointmentFilter) ([]booking.Appointment, error) {
	return nil, nil
}

func (*clinic) WaitEntries(context.Context, waitlist.Filter) ([]waitlist.Entry, error) {
	return nil, nil
}

func (*clinic) Queues(context.Context, string, time.Time, time.Time) ([]queue.Queue, error) {
	return nil, nil
}

func (c *clinic) SaveFigures(_ context.Context, rows []stats.Row) error {
	c.rows = append(c.rows, rows...)
	return nil
}

func (c *clinic) Figures(context.Context, houzhen.Date, houzhen.Date) ([]stats.Row, error) {
	return c.rows, nil
}

func (*clinic) LastFigures(context.Context) (houzhen.Date, error) { return houzhen.Date{}, nil }

// The first count begins with the first session, not with hundreds of days on
// which there was none, and leaves none of its days out.
func TestTheFirstCountBeginsWithTheFirstSession(t *testing.T) {
	t.Parallel()
	on := func(id string, month time.Month, day int) booking.Session {
		start := time.Date(2026, month, day, 0, 0, 0, 0, time.UTC)
		return booking.Session{ID: id, Date: houzhen.Date{Year: 2026, Month: month, Day: day}, Start: start, End: start.Add(4 * time.Hour)}
	}
	for name, tt := range map[string]struct {
		sessions        []booking.Session
		counted, looked int
	}{
		"nothing yet":  {nil, 0, 2},
		"only to come": {[]booking.Session{on("late", 3, 9)}, 0, 2},
		"since Friday": {[]booking.Session{on("a", 2, 27), on("b", 3, 1), on("c", 3, 2), on("late", 3, 9)}, 3, 5},
	} {
		c := &clinic{sessions: tt.sessions}
		n, err := stats.NewService(c, time.FixedZone("", 8*3600)).Refresh(t.Context())
		if err != nil || n != tt.counted || len(c.rows) != tt.counted || c.looked != tt.looked {
			t.Errorf("%s: counted %d, saved %d, looked %d times (%v), want %d, looked %d times", name, n, len(c.rows), c.looked, err, tt.counted, tt.looked)
		}
	}
}
