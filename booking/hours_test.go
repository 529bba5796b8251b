package booking_test

import (
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

func (c *clinic) hours(r booking.HoursRequest) booking.HoursResult {
	c.Helper()
	r.Reason = "the doctor comes later"
	result, err := c.ChangeHours(c.Context(), r)
	if err != nil {
		c.Fatal(err)
	}
	return result
}

func (c *clinic) noHours(r booking.HoursRequest, want houzhen.Code) {
	c.Helper()
	r.Reason = "the doctor comes later"
	_, err := c.ChangeHours(c.Context(), r)
	wantCode(c.T, err, want)
}

func (c *clinic) starts(id, want string) {
	c.Helper()
	if got := c.load(id).Start.In(shanghai).Format("15:04"); got != want {
		c.Errorf("%s starts at %s, want %s", c.load(id).PatientID, got, want)
	}
}

// slot reads one place.
func (c *clinic) slot(s booking.Session, no int) (p booking.Slot) {
	c.Helper()
	if err := c.db.View(c.Context(), func(tx booking.Tx) (err error) { p, err = tx.Slot(c.Context(), s.ID, no); return err }); err != nil {
		c.Fatal(err)
	}
	return p
}

func TestSessionAsLongAsBeforeSlidesWhole(t *testing.T) {
	c := newClinic(t, noLimits)
	s := c.session("chen", monday, 1)
	first, last := c.book(s, "li", 1), c.book(s, "wu", 8)
	got := c.hours(booking.HoursRequest{SessionID: s.ID, Shift: 50 * time.Minute})
	want := booking.HoursResult{Start: s.Start.Add(50 * time.Minute), End: s.End.Add(50 * time.Minute), Moved: 2}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	c.starts(first.ID, "08:50")
	c.starts(last.ID, "12:20")
	if now := c.load(last.ID); now.SlotNo != 8 || now.Version != last.Version+1 || !now.End.Equal(want.End) {
		t.Errorf("the last one: got %+v", now)
	}
	if n := count(c.store.Kinds(), houzhen.AppointmentRetimed); n != 2 {
		t.Errorf("told of %d visits, want 2", n)
	}
	fresh := c.book(s, "new", 0)
	c.starts(fresh.ID, "09:20")
	if again := c.hours(booking.HoursRequest{SessionID: s.ID, Start: want.Start, End: want.End}); again.Moved != 0 || count(c.store.Kinds(), houzhen.SessionRetimed) != 1 {
		t.Errorf("the same hours again: got %+v", again)
	}
}

func TestShorterHoursLeaveWhoStillFits(t *testing.T) {
	c := newClinic(t, noLimits)
	s := c.session("chen", monday, 1)
	other := c.session("liu", monday, 1)
	all := c.full(s, 8)
	// 09:00 becomes 09:10; what would begin at 11:40 is too short to be a slice
	got := c.hours(booking.HoursRequest{SessionID: s.ID, Start: monday.At(9, 10, shanghai), End: monday.At(11, 50, shanghai)})
	if got.Moved != 5 || got.Displaced != 3 || got.Kept != 3 || got.Opened != 0 {
		t.Errorf("got %+v", got)
	}
	c.starts(all[2].ID, "09:10")
	c.starts(all[6].ID, "11:10")
	c.starts(all[0].ID, "08:00")
	list := c.overflow()
	if len(list) != 3 || list[0].Appointment.ID != all[7].ID || list[2].Appointment.ID != all[0].ID {
		t.Fatalf("overflow: got %+v", list)
	}
	for _, d := range list {
		if len(d.Options) == 0 || d.Options[0].SessionID != other.ID {
			t.Errorf("options: got %+v, want a place of the colleague", d.Options)
		}
	}
	if n := count(c.store.Kinds(), houzhen.PlaceDisplaced); n != 3 {
		t.Errorf("displaced facts: got %d", n)
	}
	if place := c.slot(s, 1); !place.Withheld || place.RetimedAt.IsZero() {
		t.Errorf("a place of no slice: got %+v", place)
	}
}

func TestOldHoursGiveEverybodyHisPlaceBack(t *testing.T) {
	c := newClinic(t, noLimits)
	s := c.session("chen", monday, 2)
	all := c.full(s, 3)
	c.hours(booking.HoursRequest{SessionID: s.ID, Start: monday.At(9, 0, shanghai)})
	if n := len(c.overflow()); n != 3 {
		t.Fatalf("overflow: got %d", n)
	}
	c.resize(booking.ResizeRequest{SessionID: s.ID, Places: 14}) // opens none of other hours
	if p := c.slot(s, 4); !p.Withheld {
		t.Errorf("a place before the hours: got %+v", p)
	}
	got := c.hours(booking.HoursRequest{SessionID: s.ID, Start: s.Start})
	if got.Displaced != 0 || got.Moved != 3 || got.Opened != 1 || len(c.overflow()) != 0 {
		t.Errorf("got %+v and %d on the list", got, len(c.overflow()))
	}
	for i, a := range all {
		if now := c.load(a.ID); now.State != booking.Booked || now.SlotNo != i+1 || !now.Start.Equal(a.Start) || now.Version == a.Version {
			t.Errorf("got %+v", now)
		}
	}
	if p := c.slot(s, 4); p.Withheld || p.Reason != "" {
		t.Errorf("a free place: got %+v", p)
	}
}

func TestLongerHoursGoToTheDisplacedAndTheListFirst(t *testing.T) {
	c := newClinic(t, noLimits)
	s := c.session("chen", monday, 1)
	all := c.full(s, 8)
	got := c.hours(booking.HoursRequest{SessionID: s.ID, Start: monday.At(8, 30, shanghai), End: monday.At(12, 50, shanghai)})
	if got.Displaced != 1 || got.Kept != 1 || got.Moved != 0 || got.Opened != 2 {
		t.Errorf("got %+v", got)
	}
	options := c.options(all[0].ID)
	if len(options) != 1 || options[0].SessionID != s.ID || options[0].SlotNo != 9 {
		t.Fatalf("options: got %+v, want the first new place", options)
	}
	_, err := c.Book(t.Context(), c.request(s, "new", 10))
	wantCode(t, err, houzhen.CodeNotReleased)
	if n := count(c.store.Kinds(), houzhen.PlaceOpened); n != 1 {
		t.Errorf("opened: got %d", n)
	}
	if p := c.slot(s, 10); p.End.Sub(p.Start) != 20*time.Minute { // 12:30 to 12:50
		t.Errorf("the last place: got %+v", p)
	}
}

func TestHoursAreRefused(t *testing.T) {
	c := newClinic(t, noLimits)
	s := c.session("chen", monday, 1)
	c.session("chen", monday, 1, func(o *booking.Session) {
		o.Part, o.RoomID, o.Start, o.End = houzhen.Afternoon, "far", monday.At(14, 0, shanghai), monday.At(16, 0, shanghai)
	})
	c.session("liu", monday, 1, func(o *booking.Session) {
		o.Part, o.Start, o.End = houzhen.Afternoon, monday.At(13, 0, shanghai), monday.At(14, 0, shanghai)
	})
	side := c.session("wu", monday, 1) // sits in the same room at the same time
	ask := booking.HoursRequest{SessionID: s.ID}
	c.noHours(booking.HoursRequest{SessionID: s.ID}, houzhen.CodeMissing)
	c.noHours(booking.HoursRequest{SessionID: s.ID, Shift: time.Hour, Start: s.Start}, houzhen.CodeInvalid)
	c.noHours(booking.HoursRequest{SessionID: "none", Shift: time.Hour}, houzhen.CodeNotFound)
	for name, r := range map[string]struct {
		start, end time.Time
		want       houzhen.Code
	}{
		"the doctor's afternoon": {monday.At(10, 0, shanghai), monday.At(14, 30, shanghai), houzhen.CodeDoctorBusy},
		"the room's afternoon":   {monday.At(10, 0, shanghai), monday.At(13, 30, shanghai), houzhen.CodeRoomBusy},
		"backwards":              {monday.At(10, 0, shanghai), monday.At(9, 0, shanghai), houzhen.CodeInvalid},
		"no slice":               {monday.At(10, 0, shanghai), monday.At(10, 10, shanghai), houzhen.CodeInvalid},
		"the day after":          {monday.AddDays(1).At(8, 0, shanghai), monday.AddDays(1).At(12, 0, shanghai), houzhen.CodeHours},
		"gone by":                {monday.AddDays(-2).At(8, 0, shanghai), monday.At(12, 0, shanghai), houzhen.CodeHours},
	} {
		t.Run(name, func(*testing.T) {
			ask.Start, ask.End = r.start, r.end
			c.noHours(ask, r.want)
		})
	}
	if _, err := c.ChangeHours(t.Context(), booking.HoursRequest{SessionID: s.ID, Shift: time.Hour}); houzhen.CodeOf(err) != houzhen.CodeMissing {
		t.Errorf("without a reason: %v", err)
	}
	c.hours(booking.HoursRequest{SessionID: side.ID, Shift: 20 * time.Minute}) // side by side as before
	if _, err := c.Suspend(t.Context(), booking.SuspendRequest{SessionID: side.ID}); err != nil {
		t.Fatal(err)
	}
	c.noHours(booking.HoursRequest{SessionID: side.ID, Shift: time.Hour}, houzhen.CodeSessionSuspended)
	c.at(monday, 8, 0)
	c.noHours(booking.HoursRequest{SessionID: s.ID, Shift: 10 * time.Minute}, houzhen.CodeSessionBegun)
	c.at(monday, 12, 0)
	c.noHours(booking.HoursRequest{SessionID: s.ID, Shift: time.Hour}, houzhen.CodeSessionClosed)
}

func TestWhoIsHereComesIntoTheNearestSlice(t *testing.T) {
	c := newClinic(t, noLimits)
	s := c.session("chen", monday, 1)
	all := c.full(s, 4)
	c.at(monday, 7, 30)
	if _, err := c.OpenSessions(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{0, 2} {
		if _, err := c.checkIn(all[i].ID); err != nil {
			t.Fatal(err)
		}
	}
	got := c.hours(booking.HoursRequest{SessionID: s.ID, Start: monday.At(9, 0, shanghai)})
	if got.Moved != 1 || got.Displaced != 1 {
		t.Errorf("got %+v", got)
	}
	c.starts(all[0].ID, "09:00")
	c.starts(all[2].ID, "09:00")
	if now := c.load(all[0].ID); now.State != booking.CheckedIn {
		t.Errorf("got %+v", now)
	}
	if list := c.overflow(); len(list) != 1 || list[0].Appointment.ID != all[1].ID {
		t.Errorf("overflow: got %+v, want who has not come alone", list)
	}
}

func TestHeldPlacesGoAlongOrEnd(t *testing.T) {
	c := newClinic(t, noLimits)
	s := c.session("chen", monday, 1)
	hold := func(patient string, no int) booking.Appointment {
		r := c.request(s, patient, no)
		r.Hold = true
		a, err := c.Book(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	early, late := hold("li", 1), hold("wu", 8)
	lost := c.session("chen", monday.AddDays(-1), 1, func(o *booking.Session) { o.Start, o.End = o.Date.At(20, 0, shanghai), o.Date.At(21, 0, shanghai) })
	origin := c.book(lost, "zhou", 1)
	if _, err := c.Suspend(t.Context(), booking.SuspendRequest{SessionID: lost.ID}); err != nil {
		t.Fatal(err)
	}
	if kept := c.options(origin.ID); len(kept) != 1 || kept[0].SlotNo != 2 {
		t.Fatalf("kept: %+v", kept)
	}
	got := c.hours(booking.HoursRequest{SessionID: s.ID, Start: monday.At(9, 0, shanghai), End: monday.At(12, 20, shanghai)})
	if got.Ended != 2 || got.Moved != 0 {
		t.Errorf("got %+v", got)
	}
	if a := c.load(early.ID); a.State != booking.Cancelled || a.By != booking.ByHospital || a.Reason != booking.ReasonRetimed {
		t.Errorf("a hold of no slice: got %+v", a)
	}
	if a, err := c.Confirm(t.Context(), late.ID); err != nil || a.State != booking.Booked {
		t.Errorf("a hold that still fits: got %+v, %v", a, err)
	}
	kept := c.options(origin.ID)
	if len(kept) != 1 || kept[0].SessionID != s.ID || kept[0].Start.Before(monday.At(9, 0, shanghai)) {
		t.Errorf("who lost his only kept place is kept another: got %+v", kept)
	}
	if _, err := c.Choose(t.Context(), kept[0].ID); err != nil {
		t.Error(err)
	}
}

func TestHoursPreviewChangesNothing(t *testing.T) {
	c := newClinic(t, func(p *booking.Policy) { noLimits(p); p.Gap = 30 * time.Minute })
	s := c.session("chen", monday, 1)
	other := c.session("liu", monday, 1, func(o *booking.Session) { o.RoomID = "far" })
	c.book(s, "li", 1)
	c.book(other, "li", 4)
	r := booking.HoursRequest{SessionID: s.ID, Shift: time.Hour, Reason: "later"}
	p, err := c.PreviewHours(t.Context(), r)
	if err != nil || p.Moved != 1 || p.Near != 1 || len(p.Moving) != 1 || !p.Moving[0].Start.Equal(s.Start.Add(time.Hour)) {
		t.Errorf("got %+v, %v", p, err)
	}
	if now, err := c.Session(t.Context(), s.ID); err != nil || now != s {
		t.Errorf("got %+v, %v", now, err)
	}
	if got := c.hours(r); got != p.HoursResult {
		t.Errorf("did %+v, foretold %+v", got, p.HoursResult)
	}
}

func TestDeadlineFollowsTheHours(t *testing.T) {
	c := newClinic(t, noLimits)
	s := c.session("chen", monday, 1)
	own := c.session("liu", monday, 1, func(o *booking.Session) { o.RoomID, o.Deadline = "far", monday.At(11, 0, shanghai) })
	c.hours(booking.HoursRequest{SessionID: s.ID, Shift: 4 * time.Hour}) // after half past eleven
	c.hours(booking.HoursRequest{SessionID: own.ID, Shift: time.Hour})
	for id, want := range map[string]time.Time{s.ID: s.End.Add(4 * time.Hour), own.ID: own.Deadline.Add(time.Hour)} {
		if now, err := c.Session(t.Context(), id); err != nil || !now.Deadline.Equal(want) {
			t.Errorf("got %s, %v, want %s", now.Deadline, err, want)
		}
	}
}

func TestHoursChangedBetweenLookAndInsert(t *testing.T) {
	c := newAlone(t, noLimits)
	s := c.session("chen", monday, 1)
	c.store.BeforeNextTx(func() { c.hours(booking.HoursRequest{SessionID: s.ID, Shift: time.Hour}) })
	_, err := c.Book(t.Context(), c.request(s, "li", 3))
	wantCode(t, err, houzhen.CodeSlotTaken)
}
