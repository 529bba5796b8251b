package booking_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

func (c *clinic) suspend(s booking.Session, peers ...string) booking.SuspendResult {
	c.Helper()
	r, err := c.Suspend(c.Context(), booking.SuspendRequest{SessionID: s.ID, Peers: peers})
	if err != nil {
		c.Fatal(err)
	}
	return r
}

func (c *clinic) options(origin string) []booking.Appointment {
	c.Helper()
	list, err := c.Options(c.Context(), origin)
	if err != nil {
		c.Fatal(err)
	}
	return list
}

func TestSuspendCancelsAllAndKeepsPlaces(t *testing.T) {
	c := newClinic(t)
	s := c.session("chen", monday, 1)
	next := c.session("chen", monday.AddDays(2), 1)
	peer := c.session("liu", monday, 1)
	other := c.session("wu", monday, 1, func(s *booking.Session) { s.Class = booking.General })
	c.session("eyes", monday, 1, func(s *booking.Session) { s.DepartmentID = "eyes" })
	a, b := c.book(s, "li", 3), c.book(s, "wang", 4)
	c.at(monday.AddDays(-1), 18, 0)
	if got, want := c.suspend(s), (booking.SuspendResult{Affected: 2, Kept: 2}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for _, was := range []booking.Appointment{a, b} {
		now := c.load(was.ID)
		if now.State != booking.Cancelled || now.By != booking.ByHospital || now.Reason != booking.ReasonSuspended {
			t.Errorf("got %+v", now)
		}
		got := map[string]time.Time{}
		for _, o := range c.options(was.ID) {
			if o.State != booking.Held || o.Purpose != booking.PurposeOption || o.PatientID != was.PatientID || !o.ExpiresAt.After(c.now) {
				t.Errorf("got %+v", o)
			}
			if o.Start.Sub(o.Day.At(8, 0, shanghai)) != was.Start.Sub(s.Start) {
				t.Errorf("%s is not as late in its session as the lost place", o.Start)
			}
			got[o.SessionID] = o.ExpiresAt
		}
		want := map[string]time.Time{
			next.ID:  c.now.Add(24 * time.Hour).UTC(),
			peer.ID:  was.Start.Add(-2 * time.Hour),
			other.ID: was.Start.Add(-2 * time.Hour),
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
	kinds := c.store.Kinds()[2:]
	if kinds[0] != houzhen.SessionSuspended || count(kinds, houzhen.SessionSuspended) != 1 ||
		count(kinds, houzhen.AppointmentCancelled) != 2 || count(kinds, houzhen.OptionKept) != 6 {
		t.Errorf("got %v", kinds)
	}
}

func TestSuspendAgainGivesTheSameResult(t *testing.T) {
	c := newClinic(t)
	s := c.session("chen", monday, 1)
	c.session("chen", monday.AddDays(2), 1)
	for i := range 8 {
		c.book(s, fmt.Sprint("p", i), 0)
	}
	first := c.suspend(s)
	facts := len(c.store.Facts())
	if again := c.suspend(s); again != first || len(c.store.Facts()) != facts {
		t.Errorf("got %+v and %d more facts, want %+v", again, len(c.store.Facts())-facts, first)
	}
	empty := c.session("liu", monday.AddDays(1), 1)
	if got := c.suspend(empty); got != c.suspend(empty) || got.Affected != 0 {
		t.Errorf("got %+v", got)
	}
}

// With fewer places than patients everybody in turn gets one before anybody
// gets two, and the count of those without is told.
func TestSuspendKeepsOneEachBeforeTwo(t *testing.T) {
	c := newClinic(t)
	s := c.session("chen", monday, 2)
	c.session("liu", monday, 1)
	for i := range 10 {
		c.book(s, fmt.Sprint("p", i), 0)
	}
	if got, want := c.suspend(s), (booking.SuspendResult{Affected: 10, Kept: 8, Without: 2}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestSuspendRanksPeersBeforeOthers(t *testing.T) {
	c := newClinic(t, func(p *booking.Policy) { p.Options = 1 })
	s := c.session("chen", monday, 1)
	c.session("near", monday, 1)
	peer := c.session("peer", monday.AddDays(3), 1, func(s *booking.Session) { s.Class = booking.General })
	a := c.book(s, "li", 1)
	c.suspend(s, "peer")
	if got := c.options(a.ID); len(got) != 1 || got[0].SessionID != peer.ID {
		t.Errorf("got %+v", got)
	}
}

func TestSuspendKeepsOnlyWhatThePatientCanTake(t *testing.T) {
	c := newClinic(t, noLimits)
	s, busy := c.session("chen", monday, 1), c.session("liu", monday, 1)
	far := c.session("zhao", monday.AddDays(1), 1)
	a := c.book(s, "li", 3)
	c.book(busy, "li", 7)
	c.suspend(s)
	for _, o := range c.options(a.ID) {
		if o.SessionID != far.ID {
			t.Errorf("kept with a doctor whom the patient sees that day: %+v", o)
		}
	}
	if len(c.options(a.ID)) != 1 {
		t.Errorf("got %d", len(c.options(a.ID)))
	}
}

func TestSuspendAtTheLastMinuteLeavesTimeToAnswer(t *testing.T) {
	c := newClinic(t)
	s, peer := c.session("chen", monday, 1), c.session("liu", monday, 1)
	a := c.book(s, "li", 2)
	c.at(monday, 7, 45)
	c.suspend(s)
	got := c.options(a.ID)
	if len(got) != 1 || got[0].SessionID != peer.ID || got[0].Start.Before(monday.At(8, 15, shanghai)) ||
		!got[0].ExpiresAt.Equal(monday.At(8, 15, shanghai)) {
		t.Errorf("got %+v", got)
	}
}

func TestSuspendMidSessionLeavesWhoWasSeen(t *testing.T) {
	for keep, want := range map[bool]booking.State{false: booking.Cancelled, true: booking.CheckedIn} {
		c := newClinic(t, noLimits)
		s := c.session("chen", monday, 1)
		done, here := c.book(s, "li", 1), c.book(s, "wang", 2)
		c.at(monday, 8, 20)
		for _, id := range []string{done.ID, here.ID} {
			if _, err := c.checkIn(id); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.in(func(tx booking.Tx) error { _, err := c.Fulfil(t.Context(), tx, done.ID); return err }); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Suspend(t.Context(), booking.SuspendRequest{SessionID: s.ID, KeepCheckedIn: keep}); err != nil {
			t.Fatal(err)
		}
		if got := c.load(done.ID).State; got != booking.Fulfilled {
			t.Errorf("seen: got %d", got)
		}
		if got := c.load(here.ID).State; got != want {
			t.Errorf("checked in, keep %v: got %d, want %d", keep, got, want)
		}
	}
}

func TestChooseBooksOneAndLapsesTheOthers(t *testing.T) {
	c := newClinic(t, noLimits)
	s := c.session("chen", monday, 1)
	c.session("chen", monday.AddDays(2), 1)
	c.session("liu", monday, 1)
	a := c.book(s, "li", 1)
	c.suspend(s)
	before := c.options(a.ID)
	if len(before) != 2 {
		t.Fatalf("got %d options", len(before))
	}
	for range 2 { // the second press changes nothing
		got, err := c.Choose(t.Context(), before[1].ID)
		if err != nil || got.State != booking.Booked || got.Purpose != booking.PurposeVisit || got.OriginID != a.ID || !got.ExpiresAt.IsZero() {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	if got := c.options(a.ID); len(got) != 1 || got[0].ID != before[1].ID {
		t.Errorf("got %+v", got)
	}
	kinds := c.store.Kinds()
	if d := cmp.Diff([]houzhen.EventKind{houzhen.OptionLapsed, houzhen.OptionChosen, houzhen.AppointmentBooked}, kinds[len(kinds)-3:]); d != "" {
		t.Error(d)
	}
	_, err := c.Choose(t.Context(), before[0].ID)
	wantCode(t, err, houzhen.CodeState)
	_, err = c.Choose(t.Context(), a.ID)
	wantCode(t, err, houzhen.CodeState)
	_, err = c.Confirm(t.Context(), before[0].ID)
	wantCode(t, err, houzhen.CodeState)
}

func TestChooseTooLate(t *testing.T) {
	c := newClinic(t)
	s := c.session("chen", monday, 1)
	c.session("chen", monday.AddDays(2), 1)
	a := c.book(s, "li", 1)
	c.suspend(s)
	o := c.options(a.ID)[0]
	c.at(monday, 9, 0)
	_, err := c.Choose(t.Context(), o.ID)
	wantCode(t, err, houzhen.CodeHoldExpired)
	if len(c.options(a.ID)) != 0 {
		t.Error("an expired place is shown")
	}
	c.sweep("expire", func() (int, error) { return c.ExpireHolds(t.Context()) }, 1)
	_, err = c.Choose(t.Context(), o.ID)
	wantCode(t, err, houzhen.CodeHoldExpired)
	if kinds := c.store.Kinds(); kinds[len(kinds)-1] != houzhen.OptionLapsed {
		t.Errorf("got %v", kinds)
	}
}

func TestChooseAfterBookingTheSameDoctorElsewhere(t *testing.T) {
	c := newClinic(t, noLimits)
	s, next := c.session("chen", monday, 1), c.session("chen", monday.AddDays(2), 1)
	a := c.book(s, "li", 1)
	c.suspend(s)
	c.book(next, "li", 5)
	_, err := c.Choose(t.Context(), c.options(a.ID)[0].ID)
	wantCode(t, err, houzhen.CodeAlreadyBooked)
}

func TestDeclineGivesThePlacesBack(t *testing.T) {
	c := newClinic(t)
	s, next := c.session("chen", monday, 1), c.session("chen", monday.AddDays(2), 1)
	a := c.book(s, "li", 1)
	c.suspend(s)
	o := c.options(a.ID)[0]
	_, err := c.Book(t.Context(), c.request(next, "wang", o.SlotNo))
	wantCode(t, err, houzhen.CodeSlotTaken)
	for range 2 {
		if err := c.Decline(t.Context(), a.ID); err != nil {
			t.Error(err)
		}
	}
	c.book(next, "wang", o.SlotNo)
	if n := count(c.store.Kinds(), houzhen.OptionLapsed); n != 1 {
		t.Errorf("%d places lapsed, want 1", n)
	}
	if got := c.load(o.ID); got.By != booking.ByPatient || got.Reason != booking.ReasonDeclined {
		t.Errorf("got %+v", got)
	}
}

// Where the kept place was is suspended too: the patient gets another one.
func TestSuspendedOptionIsReplaced(t *testing.T) {
	c := newClinic(t, func(p *booking.Policy) { p.Options = 1 })
	s, next := c.session("chen", monday, 1), c.session("chen", monday.AddDays(2), 1)
	third := c.session("chen", monday.AddDays(4), 1)
	a := c.book(s, "li", 1)
	c.suspend(s)
	if got, want := c.suspend(next), (booking.SuspendResult{Affected: 1, Kept: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := c.options(a.ID); len(got) != 1 || got[0].SessionID != third.ID {
		t.Errorf("got %+v", got)
	}
}

func TestChosenPlaceSuspendedAgain(t *testing.T) {
	c := newClinic(t, func(p *booking.Policy) { p.Options = 1 })
	s, next := c.session("chen", monday, 1), c.session("chen", monday.AddDays(2), 1)
	c.session("chen", monday.AddDays(4), 1)
	a := c.book(s, "li", 1)
	c.suspend(s)
	b, err := c.Choose(t.Context(), c.options(a.ID)[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.suspend(next), (booking.SuspendResult{Affected: 1, Kept: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := c.options(b.ID); len(got) != 1 {
		t.Errorf("got %+v", got)
	}
}

func TestSuspendTwoHundredPatients(t *testing.T) {
	c := newClinic(t, noLimits)
	big := func(s *booking.Session) { s.SliceCapacity = 25 }
	s := c.session("chen", monday, 25, big)
	c.session("chen", monday.AddDays(1), 25, big)
	for i := range 200 {
		c.book(s, fmt.Sprint("p", i), i+1)
	}
	if got, want := c.suspend(s), (booking.SuspendResult{Affected: 200, Kept: 200}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestSuspendRefuses(t *testing.T) {
	c := newClinic(t)
	_, err := c.Suspend(t.Context(), booking.SuspendRequest{SessionID: "nowhere"})
	wantCode(t, err, houzhen.CodeNotFound)
	s := c.session("chen", monday, 1)
	c.at(monday, 20, 0)
	c.sweep("close", func() (int, error) { return c.CloseSessions(t.Context()) }, 1)
	_, err = c.Suspend(t.Context(), booking.SuspendRequest{SessionID: s.ID})
	wantCode(t, err, houzhen.CodeSessionClosed)
}
