package sim

import (
	"context"
	"log/slog"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/app"
	"github.com/houzhen/houzhen/internal/clock"
)

// Demo is a sample hospital with made-up people who use the application like
// anybody: patients who book, travel, come early, late or never, and doctors
// who call them. One queue of events on the application's clock moves them
// all, so that a test can live a day in seconds.
//
// SetUp fills the eve of Day; Begin lays out the day itself; Run, or Do as the
// clock is moved, lives through it.
type Demo struct {
	App      *app.App
	Clock    clock.Clock
	Day      houzhen.Date
	Start    houzhen.TimeOfDay // when the day is entered: nobody has booked an earlier slice
	Seed     uint64
	Patients int             // how many book a day; 0: five of six places
	Leap     func(time.Time) // moves the clock to the next morning; nil: the demo stays in the evening
	Log      *slog.Logger

	line      timeline
	people    map[string]*visitor // by patient
	made      int                 // people so far
	next      []*visitor          // booked for the next day
	desks     int                 // doctors who still work
	suspended map[string]bool     // sessions whose patients have been told about
}

// eveningAt is when the demo looks whether the day is over.
const eveningAt houzhen.TimeOfDay = 18 * 60

// Begin lays out what happens on Day from now on.
func (d *Demo) Begin(ctx context.Context) error {
	d.line, d.desks, d.suspended = timeline{}, 0, map[string]bool{}
	sessions, err := d.App.Booking.Sessions(ctx, booking.SessionFilter{From: d.Day, To: d.Day})
	if err != nil {
		return err
	}
	byID := map[string]booking.Session{}
	for _, s := range sessions {
		byID[s.ID] = s
		if s.End.After(d.now()) && s.Status != booking.SessionSuspended {
			d.sitDown(ctx, s)
		}
	}
	today := d.next
	d.next, d.people = nil, map[string]*visitor{}
	for _, v := range today {
		d.people[v.patient] = v
		d.expect(ctx, v)
	}
	d.every(time.Minute, func() error { return d.lookAround(ctx) })
	d.walkIns(ctx)
	d.cancelDoctor(ctx, sessions)
	if d.Leap != nil {
		if err := d.bookTomorrow(ctx); err != nil {
			return err
		}
		d.at(d.Day.Clock(eveningAt, d.App.Location()), func() error { return d.evening(ctx) })
	}
	return nil
}

// evening waits for the last doctor and goes on with the next morning.
func (d *Demo) evening(ctx context.Context) error {
	if d.desks > 0 && d.now().Before(d.Day.At(22, 0, d.App.Location())) {
		d.in(5*time.Minute, func() error { return d.evening(ctx) })
		return nil
	}
	d.Day = d.Day.AddDays(1)
	d.Leap(d.Day.Clock(d.Start, d.App.Location()))
	return d.Begin(ctx)
}

// Run lives through the days until ctx ends. What a rule refuses is a person's
// bad luck; any other failure is logged, and the others go on.
func (d *Demo) Run(ctx context.Context) error {
	for {
		at, ok := d.Next()
		if !ok {
			<-ctx.Done()
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-d.Clock.After(at.Sub(d.now())):
		}
		if err := d.Do(); err != nil && ctx.Err() == nil {
			d.Log.WarnContext(ctx, "demonstration act failed", "error", err)
		}
	}
}

// Next tells when something happens next; false when nothing will.
func (d *Demo) Next() (time.Time, bool) {
	if d.line.Len() == 0 {
		return time.Time{}, false
	}
	return d.line.steps[0].at, true
}

// Do lets everything happen that is due now.
func (d *Demo) Do() error {
	for now := d.now(); ; {
		at, ok := d.Next()
		if !ok || at.After(now) {
			return nil
		}
		s, _ := d.line.next()
		if err := s.do(); refused(err) != nil {
			return err
		}
	}
}

// refused lets pass what a rule says no to.
func refused(err error) error {
	if code := houzhen.CodeOf(err); code == houzhen.CodeInternal || code == houzhen.CodeUnavailable {
		return err
	}
	return nil
}

func (d *Demo) now() time.Time { return d.Clock.Now() }

func (d *Demo) at(t time.Time, do func() error) { d.line.add(step{at: t, do: do}) }

func (d *Demo) in(wait time.Duration, do func() error) { d.at(d.now().Add(wait), do) }

// every repeats for as long as the day lasts.
func (d *Demo) every(gap time.Duration, do func() error) {
	d.in(gap, func() error {
		d.every(gap, do)
		return do()
	})
}
