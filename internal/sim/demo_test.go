package sim_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/app"
	"github.com/houzhen/houzhen/internal/clock"
	"github.com/houzhen/houzhen/internal/sim"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/queue"
)

// wednesday is the day that the tests live: 20 May 2026.
var wednesday = houzhen.Date{Year: 2026, Month: time.May, Day: 20}

// counter takes every message and counts it by kind.
type counter struct {
	channel notify.Channel
	kinds   map[notify.Kind]*atomic.Int64
}

func (c counter) Channel() notify.Channel { return c.channel }

func (c counter) Send(_ context.Context, p notify.Parcel) notify.Sent {
	if n, ok := c.kinds[p.Kind]; ok {
		n.Add(1)
	}
	return notify.Sent{Outcome: notify.OutcomeAccepted, ProviderID: p.OutID}
}

// complaints fails the test when a part logs an error.
type complaints struct {
	slog.Handler
	t *testing.T
}

func (c complaints) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelError }

func (c complaints) Handle(_ context.Context, r slog.Record) error {
	said := r.Message
	r.Attrs(func(a slog.Attr) bool { said += " " + a.String(); return true })
	c.t.Errorf("logged: %s", said)
	return nil
}

// stage is a demonstration that is moved by hand.
type stage struct {
	*testing.T
	demo  *sim.Demo
	clock *clock.Step
	kinds map[notify.Kind]*atomic.Int64
}

func openStage(t *testing.T, patients int, start string) *stage {
	t.Helper()
	s := &stage{T: t, clock: clock.NewStep(wednesday.At(0, 0, time.UTC)), kinds: map[notify.Kind]*atomic.Int64{}}
	for _, k := range []notify.Kind{
		notify.KindBooked, notify.KindReminder, notify.KindLeaveNow, notify.KindCalled, notify.KindMissed, notify.KindSuspended,
	} {
		s.kinds[k] = &atomic.Int64{}
	}
	cfg := app.Defaults()
	cfg.Data = t.TempDir()
	a, err := app.New(t.Context(), cfg, app.Options{
		Log: slog.New(complaints{slog.DiscardHandler, t}), Clock: s.clock, Poll: time.Millisecond, Senders: []notify.Sender{counter{notify.SMS, s.kinds}, counter{notify.Push, s.kinds}},
	})
	s.must(err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	driven := make(chan error, 1)
	go func() { driven <- a.Drive(ctx) }()
	t.Cleanup(func() {
		cancel()
		s.must(<-driven)
		s.must(a.Close())
	})
	at, err := houzhen.ParseTimeOfDay(start)
	s.must(err)
	s.demo = &sim.Demo{App: a, Clock: s.clock, Day: wednesday, Start: at, Seed: 1, Patients: patients, Log: slog.New(slog.DiscardHandler)}
	return s
}

func (s *stage) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// live moves the clock from event to event until a time of day; once a minute
// happens what the calendar asks for, and each looks at what came of it.
func (s *stage) live(until time.Time, each func()) {
	s.Helper()
	for now := s.clock.Now(); now.Before(until); now = s.clock.Now() {
		minute := now.Truncate(time.Minute).Add(time.Minute)
		next, ok := s.demo.Next()
		if !ok || next.After(minute) {
			next = minute
		}
		if next.After(now) {
			s.clock.Set(next)
		}
		if next.Equal(minute) {
			s.must(s.demo.App.Fire(s.Context()))
			s.must(s.demo.App.Sweep(s.Context()))
			s.must(s.demo.App.Drain(s.Context()))
			each()
		}
		s.must(s.demo.Do())
	}
}

func (s *stage) queues() (list []queue.Queue) {
	s.Helper()
	from := s.demo.Day.At(0, 0, s.demo.App.Location())
	s.must(s.demo.App.Store.Queue().View(s.Context(), func(tx queue.Tx) (err error) {
		list, err = tx.Queues(s.Context(), "", from, from.Add(24*time.Hour))
		return err
	}))
	return list
}

// today lists the visits of the day as they are now.
func (s *stage) today() []booking.Appointment {
	s.Helper()
	list, err := s.demo.App.Booking.Appointments(s.Context(), booking.AppointmentFilter{
		From: s.demo.Day, To: s.demo.Day, Purpose: booking.PurposeVisit,
	})
	s.must(err)
	return list
}

// oneInTheRoom fails when two patients are called to one room.
func (s *stage) oneInTheRoom() {
	s.Helper()
	for _, q := range s.queues() {
		inRoom := map[string]string{}
		for _, t := range q.Tickets {
			if t.State != queue.Called && t.State != queue.InConsult {
				continue
			}
			if other, taken := inRoom[t.RoomID]; taken {
				s.Fatalf("at %s %s and %s are in room %s", s.clock.Now(), other, t.Label, t.RoomID)
			}
			inRoom[t.RoomID] = t.Label
		}
	}
}

func TestDemoLivesAMorning(t *testing.T) {
	s := openStage(t, 180, "07:40")
	loc := s.demo.App.Location()
	s.must(s.demo.SetUp(t.Context(), s.clock))
	if got, want := s.clock.Now(), wednesday.At(7, 40, loc); !got.Equal(want) {
		t.Fatalf("set up until %s, want %s", got, want)
	}
	booked := len(s.today())
	if booked < 175 {
		t.Errorf("%d booked on the eve, want all but a few of 180", booked)
	}
	for _, k := range []notify.Kind{notify.KindBooked, notify.KindReminder} {
		if got := s.kinds[k].Load(); got < int64(booked) {
			t.Errorf("%d messages %s on the eve, want one for each of %d", got, k, booked)
		}
	}
	s.must(s.demo.Begin(t.Context()))
	s.live(wednesday.At(13, 10, loc), s.oneInTheRoom)
	s.morningIsOver()
	for k, n := range s.kinds {
		if n.Load() == 0 {
			t.Errorf("no message of kind %s went out", k)
		}
	}
	s.oneSuspension()
	s.clock.Set(wednesday.At(16, 15, loc)) // sessions of the morning close; their doctors have ended them
	s.must(s.demo.App.Fire(t.Context()))
	s.must(s.demo.App.Drain(t.Context()))
}

// morningIsOver checks that everybody of the morning has exactly one outcome.
func (s *stage) morningIsOver() {
	s.Helper()
	ends := map[string]string{} // by appointment
	for _, q := range s.queues() {
		if q.Start.After(s.clock.Now()) {
			continue
		}
		if q.Desk != queue.DeskEnded {
			s.Errorf("session %s is still %s", q.SessionID, q.Desk)
		}
		for _, t := range q.Tickets {
			ends[t.AppointmentID] = string(t.State) + " " + t.EndReason
		}
	}
	outcomes, released, walkIns := map[string]int{}, 0, 0
	noon := s.demo.Day.At(12, 30, s.demo.App.Location())
	for _, a := range s.today() {
		if a.Start.After(noon) {
			continue
		}
		if !a.ReleasedAt.IsZero() {
			released++
		}
		if a.SlotNo >= booking.FirstWalkIn {
			walkIns++
		}
		outcome := ""
		switch end := ends[a.ID]; {
		case a.State == booking.Fulfilled && end == "done ":
			outcome = "seen"
		case a.State == booking.NoShow && end == "dropped "+queue.DropNotArrived:
			outcome = "no-show"
		case a.State == booking.Cancelled:
			outcome = "cancelled"
		case a.State == booking.CheckedIn && end == "dropped "+queue.DropMissed:
			outcome = "left"
		default:
			s.Errorf("appointment %s at %s: state %d, ticket %q", a.ID, a.Start, a.State, end)
		}
		outcomes[outcome]++
	}
	s.Logf("outcomes %v, %d released, %d walked in", outcomes, released, walkIns)
	if outcomes["seen"] < 60 || outcomes["no-show"] == 0 || released == 0 || walkIns == 0 {
		s.Errorf("outcomes %v, %d released, %d walked in: some never happen", outcomes, released, walkIns)
	}
}

// oneSuspension checks that one doctor cancelled, and that each of his
// patients was offered places and most chose one.
func (s *stage) oneSuspension() {
	s.Helper()
	cancelled, err := s.demo.App.Booking.Sessions(s.Context(), booking.SessionFilter{
		From: s.demo.Day, To: s.demo.Day, Status: []booking.SessionStatus{booking.SessionSuspended},
	})
	s.must(err)
	if len(cancelled) != 1 || cancelled[0].Part != houzhen.Afternoon {
		s.Fatalf("got %d sessions suspended, want one of the afternoon", len(cancelled))
	}
	lost, err := s.demo.App.Booking.Appointments(s.Context(), booking.AppointmentFilter{SessionID: cancelled[0].ID})
	s.must(err)
	chose := 0
	for _, a := range lost {
		options, err := s.demo.App.Booking.Appointments(s.Context(), booking.AppointmentFilter{OriginID: a.ID})
		s.must(err)
		if a.Reason == booking.ReasonSuspended && len(options) == 0 {
			s.Errorf("appointment %s was suspended and no place kept", a.ID)
		}
		for _, o := range options {
			if o.Purpose == booking.PurposeVisit && o.Active() {
				chose++
			}
		}
	}
	if len(lost) == 0 || chose*2 <= len(lost) {
		s.Errorf("%d of %d chose a kept place, want most", chose, len(lost))
	}
}
