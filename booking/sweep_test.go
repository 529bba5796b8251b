package booking_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

func (c *clinic) open() (int, error)    { return c.OpenSessions(c.Context()) }
func (c *clinic) closing() (int, error) { return c.CloseSessions(c.Context()) }
func (c *clinic) release() (int, error) { return c.ReleasePlaces(c.Context()) }
func (c *clinic) noShows() (int, error) { return c.MarkNoShows(c.Context()) }
func (c *clinic) generate() (int, error) {
	return c.GenerateSessions(c.Context(), monday, monday.AddDays(6))
}

func (c *clinic) status(id string) booking.SessionStatus {
	c.Helper()
	s, err := c.Session(c.Context(), id)
	if err != nil {
		c.Fatal(err)
	}
	return s.Status
}

func TestSessionsOpenAndClose(t *testing.T) {
	c := newClinic(t)
	s, gone := c.session("chen", monday, 1), c.session("liu", monday, 1)
	c.suspend(gone)
	c.at(monday, 6, 59)
	c.sweep("too early", c.open, 0)
	c.at(monday, 7, 0)
	c.sweep("open", c.open, 1)
	c.sweep("open again", c.open, 0)
	if got := c.status(s.ID); got != booking.SessionOpen {
		t.Errorf("got %s", got)
	}
	c.at(monday, 15, 59)
	c.sweep("too early", c.closing, 0)
	c.at(monday, 16, 0)
	c.sweep("close", c.closing, 1)
	c.sweep("close again", c.closing, 0)
	if got := c.status(s.ID); got != booking.SessionClosed {
		t.Errorf("got %s", got)
	}
	want := []houzhen.EventKind{houzhen.SessionSuspended, houzhen.SessionOpened, houzhen.SessionClosed}
	if d := cmp.Diff(want, c.store.Kinds()); d != "" {
		t.Error(d)
	}
	facts := c.store.Facts()
	if facts[1].Version != 2 || facts[2].Version != 3 || facts[1].Session != s.ID {
		t.Errorf("got %+v", facts)
	}
}

func TestAbsentPatientsPlaceGoesBackOnce(t *testing.T) {
	c := newClinic(t)
	s := c.session("chen", monday, 1)
	a, here := c.book(s, "li", 1), c.book(s, "wang", 2)
	c.at(monday, 7, 30)
	c.sweep("open", c.open, 1)
	if _, err := c.checkIn(here.ID); err != nil {
		t.Fatal(err)
	}
	c.at(monday, 8, 44)
	c.sweep("too early", c.release, 0)
	c.at(monday, 8, 45)
	c.sweep("release", c.release, 1)
	c.sweep("release again", c.release, 0)
	late := c.load(a.ID)
	if late.State != booking.Booked || !late.ReleasedAt.Equal(c.now) {
		t.Errorf("got %+v", late)
	}
	facts := c.store.Facts()
	last := facts[len(facts)-1]
	if last.Kind != houzhen.PlaceReleased || last.Subject != a.ID || string(last.Data) != `{"slot":1,"new_slot":201}` {
		t.Errorf("got %+v %s", last, last.Data)
	}
	taker, err := c.WalkIn(t.Context(), booking.WalkInRequest{Caller: "desk", Key: "1", SessionID: s.ID, PatientID: "zhao"})
	if err != nil || taker.SlotNo != 201 {
		t.Errorf("got %+v, %v", taker, err)
	}
	if _, err := c.checkIn(a.ID); err != nil { // the late owner keeps his right
		t.Error(err)
	}
}

func TestNoReleaseWhenLittleIsLeftOrNotOpen(t *testing.T) {
	c := newClinic(t)
	s := c.session("chen", monday, 1)
	c.book(s, "li", 1)
	c.at(monday, 9, 0)
	c.sweep("planned", c.release, 0)
	c.sweep("open", c.open, 1)
	c.at(monday, 11, 16)
	c.sweep("44 minutes left", c.release, 0)
	c.at(monday, 11, 15)
	c.sweep("45 minutes left", c.release, 1)
}

// A full page of patients who cannot be released does not hide the others.
func TestSweepLooksBehindWhatIsNotReady(t *testing.T) {
	c := newClinic(t, func(p *booking.Policy) { p.SweepLimit, p.SweepBatch = 2, 2 })
	short := c.session("chen", monday, 4, func(s *booking.Session) { s.Start, s.End = monday.At(8, 0, shanghai), monday.At(8, 30, shanghai) })
	long := c.session("liu", monday, 1)
	for i := range 4 {
		c.book(short, fmt.Sprint("short", i), i+1)
	}
	c.book(long, "li", 1)
	c.at(monday, 7, 30)
	c.sweep("open", c.open, 2)
	c.at(monday, 8, 45)
	c.sweep("release", c.release, 1)
}

func TestNoShowsAtTheDeadline(t *testing.T) {
	c := newClinic(t)
	s, gone := c.session("chen", monday, 1), c.session("liu", monday, 1)
	absent, here, last := c.book(s, "li", 1), c.book(s, "wang", 2), c.book(s, "zhao", 8)
	spared := c.book(gone, "sun", 1)
	c.suspend(gone)
	c.at(monday, 8, 0)
	c.sweep("open", c.open, 1)
	if _, err := c.checkIn(here.ID); err != nil {
		t.Fatal(err)
	}
	c.at(monday, 11, 29)
	c.sweep("too early", c.noShows, 0)
	c.at(monday, 11, 30)
	c.sweep("mark", c.noShows, 1) // the last slice runs until twelve
	c.sweep("mark again", c.noShows, 0)
	c.at(monday, 12, 0)
	c.sweep("the last slice", c.noShows, 1)
	for id, want := range map[string]booking.State{
		absent.ID: booking.NoShow, here.ID: booking.CheckedIn, last.ID: booking.NoShow, spared.ID: booking.Cancelled,
	} {
		if got := c.load(id).State; got != want {
			t.Errorf("%s: got %d, want %d", c.load(id).PatientID, got, want)
		}
	}
	if n := count(c.store.Kinds(), houzhen.AppointmentNoShow); n != 2 {
		t.Errorf("told %d times", n)
	}
}

func TestReleasedAndNeverComeIsANoShow(t *testing.T) {
	c := newClinic(t)
	a := c.book(c.session("chen", monday, 1), "li", 1)
	c.at(monday, 9, 0)
	c.sweep("open", c.open, 1)
	c.sweep("release", c.release, 1)
	c.at(monday, 12, 0)
	c.sweep("mark", c.noShows, 1)
	if got := c.load(a.ID); got.State != booking.NoShow || got.ReleasedAt.IsZero() {
		t.Errorf("got %+v", got)
	}
}

// One failing item does not stop the others, and is told.
func TestSweepGoesOnPastAFailure(t *testing.T) {
	c := newClinic(t)
	s := c.session("chen", monday, 1)
	var bad string
	for i := range 5 {
		bad = c.book(s, fmt.Sprint("p", i), i+1).ID
	}
	c.at(monday, 13, 0)
	broken := errors.New("disk is full")
	c.store.FailWrites(func(verb, id string) error {
		if verb == "update_appointment" && id == bad {
			return broken
		}
		return nil
	})
	n, err := c.noShows()
	if n != 4 || !errors.Is(err, broken) {
		t.Errorf("got %d, %v, want 4 and the fault", n, err)
	}
	c.store.FailWrites(nil)
	c.sweep("later", c.noShows, 1)
}

func TestSweepLeavesWhatSomebodyElseChanged(t *testing.T) {
	c := newClinic(t)
	s := c.session("chen", monday, 1)
	a, b := c.book(s, "li", 1), c.book(s, "wang", 2)
	c.at(monday, 13, 0)
	c.store.BeforeNextTx(func() {
		if _, err := c.checkIn(a.ID); err != nil {
			t.Error(err)
		}
	})
	c.sweep("mark", c.noShows, 1)
	if got := c.load(a.ID).State; got != booking.CheckedIn {
		t.Errorf("got %d", got)
	}
	if got := c.load(b.ID).State; got != booking.NoShow {
		t.Errorf("got %d", got)
	}
}

func (c *clinic) saveRoster(lines ...booking.Roster) {
	c.Helper()
	err := c.in(func(tx booking.Tx) error {
		for _, r := range lines {
			if err := tx.SaveRoster(c.Context(), r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		c.Fatal(err)
	}
}

func TestGenerateSessionsIsIdempotent(t *testing.T) {
	c := newClinic(t)
	c.saveRoster(weekly("chen", time.Monday, houzhen.Morning, 8*60, 12*60), weekly("liu", time.Friday, houzhen.Morning, 8*60, 12*60))
	c.sweep("generate", c.generate, 2)
	c.sweep("generate again", c.generate, 0)
	list, err := c.Sessions(t.Context(), booking.SessionFilter{From: monday, To: monday.AddDays(6)})
	if err != nil || len(list) != 2 || list[0].DoctorID != "chen" || list[1].Date != monday.AddDays(4) {
		t.Fatalf("got %+v, %v", list, err)
	}
	offers, err := c.Find(t.Context(), booking.FindQuery{DoctorID: "chen"})
	if err != nil || len(offers) != 1 || offers[0].Free != 16 {
		t.Errorf("got %+v, %v", offers, err)
	}
	a := c.book(list[0], "li", 1)
	changed := weekly("chen", time.Monday, houzhen.Morning, 9*60, 10*60)
	c.saveRoster(changed, weekly("zhao", time.Tuesday, houzhen.Morning, 8*60, 12*60))
	c.sweep("after a change", c.generate, 1)
	if got, err := c.Session(t.Context(), list[0].ID); err != nil || !got.Start.Equal(list[0].Start) || c.load(a.ID).State != booking.Booked {
		t.Errorf("a session with bookings was changed: %+v, %v", got, err)
	}
	_, err = c.GenerateSessions(t.Context(), monday, monday.AddDays(-1))
	wantCode(t, err, houzhen.CodeInvalid)
}

func TestTwoNodesGenerateTheSameSessions(t *testing.T) {
	c := newClinic(t)
	c.saveRoster(weekly("chen", time.Monday, houzhen.Morning, 8*60, 12*60), weekly("liu", time.Monday, houzhen.Morning, 8*60, 12*60))
	c.store.BeforeNextTx(func() { c.sweep("the other node", c.generate, 2) })
	c.sweep("this node", c.generate, 0)
}
