package booking_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// chances is what is known of some patients.
type chances map[string]float64

func (c chances) Probability(_ context.Context, _ booking.Tx, a booking.Appointment) (float64, bool, error) {
	p, known := c[a.PatientID]
	return p, known, nil
}

func (c *clinic) with(options ...booking.Option) {
	c.Helper()
	s, err := booking.NewService(c.db, shanghai, c.Policy(), options...)
	if err != nil {
		c.Fatal(err)
	}
	c.Service = s
}

func TestPlaceIsReleasedWhenStayingAwayIsProbableEnough(t *testing.T) {
	c := newClinic(t)
	c.with(booking.WithAbsence(chances{"doubtful": .5, "reliable": .03}))
	s := c.session("chen", monday, 3)
	doubtful, reliable, unknown := c.book(s, "doubtful", 1), c.book(s, "reliable", 2), c.book(s, "unknown", 3)
	c.at(monday, 7, 30)
	c.sweep("open", c.open, 1)
	c.at(monday, 8, 3)
	c.sweep("three minutes into the slice", c.release, 0)
	c.at(monday, 8, 5)
	c.sweep("five minutes", c.release, 1)
	if c.load(doubtful.ID).ReleasedAt.IsZero() {
		t.Error("the doubtful one keeps his capacity")
	}
	c.at(monday, 8, 35)
	c.sweep("35 minutes", c.release, 1)
	if c.load(reliable.ID).ReleasedAt.IsZero() {
		t.Error("the reliable one keeps his capacity for ever")
	}
	c.at(monday, 8, 45)
	c.sweep("a quarter of an hour after the slice", c.release, 1)
	if c.load(unknown.ID).ReleasedAt.IsZero() {
		t.Error("the unknown one keeps his capacity")
	}
	c.sweep("again", c.release, 0)
	if a, err := c.checkIn(doubtful.ID); err != nil || a.State != booking.CheckedIn {
		t.Errorf("the late owner may not come: %v, %v", a.State, err)
	}
}

func TestWhoMovesAfterHisPlaceWasReleasedMayBeLateAgain(t *testing.T) {
	for _, to := range []string{"another session", "the same session"} {
		t.Run(to, func(t *testing.T) {
			c := newClinic(t)
			c.with(booking.WithAbsence(chances{"late": .5}))
			s := c.session("chen", monday, 1)
			other := c.session("liu", monday, 1)
			if to == "the same session" {
				other = s
			}
			a := c.book(s, "late", 1)
			c.at(monday, 7, 30)
			c.sweep("open", c.open, 2)
			c.at(monday, 8, 10)
			c.sweep("late for the first place", c.release, 1)
			moved, err := c.Move(t.Context(), booking.MoveRequest{AppointmentID: a.ID, SessionID: other.ID, Start: monday.At(9, 30, shanghai), Desk: true})
			if err != nil || !moved.ReleasedAt.IsZero() {
				t.Fatalf("move: %v, released at %v", err, moved.ReleasedAt)
			}
			c.at(monday, 9, 40)
			c.sweep("late for the second place", c.release, 1)
			if c.load(a.ID).ReleasedAt.IsZero() {
				t.Error("the second place is kept for ever")
			}
			var slots []booking.Slot
			if err := c.in(func(tx booking.Tx) (err error) {
				slots, err = tx.Slots(t.Context(), slices.Compact([]string{s.ID, other.ID})...)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			freed := 0
			for _, p := range slots {
				if p.FreedBy != "" {
					freed++
				}
			}
			if freed != 2 {
				t.Errorf("%d places went back, want both", freed)
			}
		})
	}
}

func TestNobodyIsANoShowForATimeWhenTheSystemWasDown(t *testing.T) {
	c := newClinic(t)
	s := c.session("chen", monday, 2)
	a, back := c.book(s, "li", 1), c.book(s, "wang", 2)
	fair := c.book(c.session("liu", monday.AddDays(1), 1), "sun", 1)
	beat := func(afterSilence, want bool) {
		t.Helper()
		if down, err := c.Beat(t.Context(), afterSilence); down != want || err != nil {
			t.Errorf("beat: down %v, %v, want %v", down, err, want)
		}
	}
	beat(true, false) // the first ever
	c.at(monday, 7, 50)
	c.sweep("open", c.open, 1)
	beat(false, false) // a moved clock alone is no outage
	c.at(monday, 8, 10)
	beat(true, true) // the process came back after twenty minutes
	c.at(monday, 11, 31)
	c.sweep("deadline", c.noShows, 0)
	if got, err := c.checkIn(back.ID); err != nil || got.State != booking.CheckedIn {
		t.Errorf("who comes after the outage: %v, %v", got.State, err)
	}
	c.at(monday, 12, 0)
	c.sweep("end of the session", c.noShows, 1)
	got := c.load(a.ID)
	if got.State != booking.Cancelled || got.Reason != booking.ReasonSystemDown || got.By != booking.BySystem {
		t.Errorf("got %v by %q for %q", got.State, got.By, got.Reason)
	}
	if n := count(c.store.Kinds(), houzhen.AppointmentNoShow); n != 0 {
		t.Errorf("%d no-shows on record", n)
	}
	c.at(monday.AddDays(1), 7, 30)
	c.sweep("open the next day", c.open, 1)
	c.at(monday.AddDays(1), 12, 1)
	c.sweep("the next day is judged as ever", c.noShows, 1)
	if got := c.load(fair.ID); got.State != booking.NoShow {
		t.Errorf("got %v, want a no-show", got.State)
	}
}

func TestReturnedPlaceIsPublicAfterADelay(t *testing.T) {
	c := newClinic(t, func(p *booking.Policy) { p.ReturnMin, p.ReturnMax = time.Minute, 30*time.Minute })
	var asked [2]time.Duration
	c.with(booking.WithDelay(func(least, most time.Duration) time.Duration {
		asked = [2]time.Duration{least, most}
		return 12 * time.Minute
	}))
	s := c.session("chen", monday, 1, func(s *booking.Session) { s.End = s.Start.Add(30 * time.Minute) })
	a := c.book(s, "li", 1)
	if _, err := c.cancel(a.ID, booking.ByPatient); err != nil {
		t.Fatal(err)
	}
	if asked != [2]time.Duration{time.Minute, 30 * time.Minute} {
		t.Errorf("the delay is from %v to %v", asked[0], asked[1])
	}
	if _, err := c.Book(t.Context(), c.request(s, "wang", 1)); houzhen.CodeOf(err) != houzhen.CodeNotReleased {
		t.Errorf("at once: %v", err)
	}
	c.at(monday.AddDays(-1), 9, 11)
	if _, err := c.Book(t.Context(), c.request(s, "wang", 1)); houzhen.CodeOf(err) != houzhen.CodeNotReleased {
		t.Errorf("a minute early: %v", err)
	}
	c.at(monday.AddDays(-1), 9, 12)
	c.book(s, "wang", 1)
}
