package booking_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

func (c *clinic) cancel(id, by string) (booking.Appointment, error) {
	return c.Cancel(c.Context(), booking.CancelRequest{AppointmentID: id, By: by})
}

func TestCancelTwiceIsOnce(t *testing.T) {
	c := newClinic(t)
	a := c.book(c.session("chen", monday, 1), "li", 1)
	first, err := c.cancel(a.ID, booking.ByPatient)
	if err != nil || first.State != booking.Cancelled || first.By != booking.ByPatient || first.Version != 2 || !first.EndedAt.Equal(c.now) {
		t.Fatalf("got %+v, %v", first, err)
	}
	again, err := c.cancel(a.ID, booking.ByHospital)
	if d := cmp.Diff(first, again); d != "" || err != nil {
		t.Error(err, d)
	}
	if d := cmp.Diff([]houzhen.EventKind{houzhen.AppointmentBooked, houzhen.AppointmentCancelled}, c.store.Kinds()); d != "" {
		t.Error(d)
	}
	facts := c.store.Facts()
	if got := string(facts[1].Data); got != `{"slot":1,"patient":"li","by":"patient","reason":"withdrawn"}` {
		t.Error(got)
	}
}

func TestCancelledNumberGoesToTheNextOwnerBeforeTheDay(t *testing.T) {
	c := newClinic(t)
	s := c.session("chen", monday, 1)
	a := c.book(s, "li", 1)
	c.at(monday, 3, 59)
	if _, err := c.cancel(a.ID, booking.ByPatient); err != nil {
		t.Fatal(err)
	}
	if got := c.book(s, "wang", 0).SlotNo; got != 1 {
		t.Errorf("got %d, want 1", got)
	}
}

// Once the day has begun a number is never used twice: the capacity comes back
// under a new one.
func TestCancelledNumberIsSpentOnTheDay(t *testing.T) {
	c := newClinic(t, noLimits)
	s := c.session("chen", monday, 1)
	a := c.book(s, "li", 5)
	c.at(monday, 4, 0)
	if _, err := c.cancel(a.ID, booking.ByPatient); err != nil {
		t.Fatal(err)
	}
	_, err := c.Book(t.Context(), c.request(s, "wang", 5))
	wantCode(t, err, houzhen.CodeSlotTaken)
	offers, err := c.Find(t.Context(), booking.FindQuery{DoctorID: "chen"})
	if err != nil || offers[0].Free != 8 {
		t.Fatalf("got %+v, %v, want 8 free", offers, err)
	}
	r := c.request(s, "wang", 0)
	r.Start = a.Start
	b, err := c.Book(t.Context(), r)
	if err != nil || b.SlotNo != booking.FirstWalkIn || !b.Start.Equal(a.Start) || !b.End.Equal(a.End) {
		t.Errorf("got %+v, %v", b, err)
	}
}

func TestCancelledNumberIsSpentForWhoWasAboutToTakeIt(t *testing.T) {
	c := newClinic(t, noLimits)
	s := c.session("chen", monday, 1)
	a := c.book(s, "li", 5)
	c.at(monday, 5, 0)
	c.store.BeforeNextTx(func() {
		if _, err := c.cancel(a.ID, booking.ByPatient); err != nil {
			t.Error(err)
		}
	})
	_, err := c.Book(t.Context(), c.request(s, "wang", 5))
	wantCode(t, err, houzhen.CodeSlotTaken)
}

func TestCancelRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		state        booking.State
		purpose      booking.Purpose
		by           string
		hour, minute int
		want         houzhen.Code
	}{
		"booked, by patient":                {booking.Booked, booking.PurposeVisit, booking.ByPatient, 7, 0, ""},
		"booked, before the deadline":       {booking.Booked, booking.PurposeVisit, booking.ByPatient, 11, 29, ""},
		"booked, after the deadline":        {booking.Booked, booking.PurposeVisit, booking.ByPatient, 11, 30, houzhen.CodeState},
		"booked, after it, by hospital":     {booking.Booked, booking.PurposeVisit, booking.ByHospital, 11, 30, ""},
		"checked in, by patient":            {booking.CheckedIn, booking.PurposeVisit, booking.ByPatient, 7, 0, houzhen.CodeState},
		"checked in, by hospital":           {booking.CheckedIn, booking.PurposeVisit, booking.ByHospital, 7, 0, ""},
		"fulfilled":                         {booking.Fulfilled, booking.PurposeVisit, booking.ByHospital, 10, 0, houzhen.CodeState},
		"no-show":                           {booking.NoShow, booking.PurposeVisit, booking.ByHospital, 13, 0, houzhen.CodeState},
		"held":                              {booking.Held, booking.PurposeVisit, booking.ByPatient, 7, 0, ""},
		"kept place":                        {booking.Held, booking.PurposeOption, booking.ByPatient, 7, 0, houzhen.CodeState},
		"nobody says who":                   {booking.Booked, booking.PurposeVisit, "", 7, 0, houzhen.CodeInvalid},
		"by the system, whatever the hour":  {booking.Booked, booking.PurposeVisit, booking.BySystem, 20, 0, ""},
		"cancelled, long after: same again": {booking.Cancelled, booking.PurposeVisit, booking.ByPatient, 20, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			k := newClinic(t)
			a := k.book(k.session("chen", monday, 1), "li", 1)
			err := k.in(func(tx booking.Tx) error {
				a.State, a.Purpose = c.state, c.purpose
				return tx.UpdateAppointment(t.Context(), &a)
			})
			if err != nil {
				t.Fatal(err)
			}
			k.at(monday, c.hour, c.minute)
			_, err = k.cancel(a.ID, c.by)
			wantCode(t, err, c.want)
			if got := k.load(a.ID).State; err != nil && got != c.state {
				t.Errorf("refused, but state is %d", got)
			}
		})
	}
	_, err := newClinic(t).cancel("nobody", booking.ByPatient)
	wantCode(t, err, houzhen.CodeNotFound)
}

func TestMoveTakesOnePlaceAndLeavesTheOther(t *testing.T) {
	c := newClinic(t, noLimits)
	s, other := c.session("chen", monday, 1), c.session("liu", monday.AddDays(2), 1)
	a := c.book(s, "li", 1)
	b, err := c.Move(t.Context(), booking.MoveRequest{AppointmentID: a.ID, SessionID: other.ID, SlotNo: 4})
	if err != nil {
		t.Fatal(err)
	}
	want := a
	want.SessionID, want.SlotNo, want.DoctorID, want.Day, want.Version = other.ID, 4, "liu", other.Date, 2
	want.Start, want.End = other.Date.At(9, 30, shanghai), other.Date.At(10, 0, shanghai)
	if d := cmp.Diff(want, b); d != "" {
		t.Error(d)
	}
	facts := c.store.Facts()
	last := facts[len(facts)-1]
	data := fmt.Sprintf(`{"from_session":%q,"from_slot":1,"slot":4,"patient":"li","day":"2026-03-04"}`, s.ID)
	if last.Kind != houzhen.AppointmentMoved || last.Version != 2 || last.Session != other.ID || string(last.Data) != data {
		t.Errorf("got %+v %s", last, last.Data)
	}
	if got := c.book(s, "wang", 1).SlotNo; got != 1 {
		t.Errorf("the old place is not free: got %d", got)
	}
	again, err := c.Move(t.Context(), booking.MoveRequest{AppointmentID: a.ID, SessionID: other.ID, SlotNo: 4})
	if d := cmp.Diff(b, again); d != "" || err != nil || len(c.store.Facts()) != len(facts)+1 {
		t.Error("moving there again changed something:", err, d)
	}
}

func TestMoveThatLosesKeepsTheOldPlace(t *testing.T) {
	c := newClinic(t, noLimits)
	s := c.session("chen", monday, 1)
	a, _ := c.book(s, "li", 1), c.book(s, "wang", 2)
	_, err := c.Move(t.Context(), booking.MoveRequest{AppointmentID: a.ID, SessionID: s.ID, SlotNo: 2})
	wantCode(t, err, houzhen.CodeSlotTaken)
	var e *houzhen.Error
	if !errors.As(err, &e) || len(e.Detail.([]booking.Alternative)) == 0 {
		t.Errorf("no alternatives: %v", err)
	}
	if d := cmp.Diff(a, c.load(a.ID)); d != "" {
		t.Error(d)
	}
}

func TestMoveWithinTheSessionAndToAnyPlace(t *testing.T) {
	c := newClinic(t, noLimits)
	s := c.session("chen", monday, 2)
	a := c.book(s, "li", 1)
	b, err := c.Move(t.Context(), booking.MoveRequest{AppointmentID: a.ID, SessionID: s.ID, Start: monday.At(11, 0, shanghai)})
	if err != nil || b.SlotNo != 13 {
		t.Errorf("got %d, %v, want 13", b.SlotNo, err)
	}
	other := c.session("liu", monday, 1)
	c.book(other, "wang", 1)
	if b, err = c.Move(t.Context(), booking.MoveRequest{AppointmentID: a.ID, SessionID: other.ID}); err != nil || b.SlotNo != 2 {
		t.Errorf("got %d, %v, want 2", b.SlotNo, err)
	}
}

func TestMoveRefuses(t *testing.T) {
	c := newClinic(t, noLimits)
	s, late := c.session("chen", monday, 1), c.session("liu", monday.AddDays(60), 1)
	a := c.book(s, "li", 2)
	for name, m := range map[string]struct {
		session string
		no      int
		want    houzhen.Code
	}{
		"unknown session": {"nowhere", 1, houzhen.CodeNotFound},
		"unknown slot":    {s.ID, 77, houzhen.CodeSlotUnknown},
		"not released":    {late.ID, 1, houzhen.CodeNotReleased},
	} {
		_, err := c.Move(t.Context(), booking.MoveRequest{AppointmentID: a.ID, SessionID: m.session, SlotNo: m.no})
		if got := houzhen.CodeOf(err); got != m.want {
			t.Errorf("%s: got %v, want %s", name, err, m.want)
		}
	}
	_, err := c.Move(t.Context(), booking.MoveRequest{AppointmentID: a.ID, SessionID: s.ID, Start: monday.At(8, 7, shanghai)})
	wantCode(t, err, houzhen.CodeSlotUnknown)
	busy := c.session("zhao", monday, 1)
	c.book(busy, "li", 8)
	_, err = c.Move(t.Context(), booking.MoveRequest{AppointmentID: a.ID, SessionID: busy.ID, SlotNo: 2})
	wantCode(t, err, houzhen.CodeAlreadyBooked)
	c.at(monday, 9, 0)
	_, err = c.Move(t.Context(), booking.MoveRequest{AppointmentID: a.ID, SessionID: s.ID, SlotNo: 5})
	wantCode(t, err, houzhen.CodeSlotPast)
	if _, err := c.cancel(a.ID, booking.ByPatient); err != nil {
		t.Fatal(err)
	}
	_, err = c.Move(t.Context(), booking.MoveRequest{AppointmentID: a.ID, SessionID: s.ID, SlotNo: 5})
	wantCode(t, err, houzhen.CodeState)
}

// A number left on the day itself is remembered by a row that nobody sees.
func TestMoveOnTheDaySpendsTheNumber(t *testing.T) {
	c := newClinic(t, noLimits)
	s := c.session("chen", monday, 1)
	a := c.book(s, "li", 1)
	c.at(monday, 7, 0)
	if _, err := c.Move(t.Context(), booking.MoveRequest{AppointmentID: a.ID, SessionID: s.ID, SlotNo: 8}); err != nil {
		t.Fatal(err)
	}
	_, err := c.Book(t.Context(), c.request(s, "wang", 1))
	wantCode(t, err, houzhen.CodeSlotTaken)
	r := c.request(s, "wang", 0)
	r.Start = s.Start
	if b, err := c.Book(t.Context(), r); err != nil || b.SlotNo != booking.FirstWalkIn {
		t.Errorf("the capacity did not come back: got %+v, %v", b, err)
	}
	list, err := c.Appointments(t.Context(), booking.AppointmentFilter{PatientIDs: []string{"li"}})
	if len(list) != 1 || list[0].SlotNo != 8 || err != nil {
		t.Errorf("got %+v, %v", list, err)
	}
	if n := count(c.store.Kinds(), houzhen.AppointmentCancelled); n != 0 {
		t.Errorf("%d cancellations were told", n)
	}
}

func TestMoveToAnyPlaceSurvivesAFasterOne(t *testing.T) {
	c := newClinic(t, noLimits)
	s, other := c.session("chen", monday, 1), c.session("liu", monday, 1)
	a := c.book(s, "li", 1)
	c.store.BeforeNextTx(func() { c.book(other, "wang", 1) })
	b, err := c.Move(t.Context(), booking.MoveRequest{AppointmentID: a.ID, SessionID: other.ID})
	if err != nil || b.SlotNo != 2 {
		t.Errorf("got %d, %v", b.SlotNo, err)
	}
}

func TestCheckInAndFulfil(t *testing.T) {
	c := newClinic(t)
	s := c.session("chen", monday, 1)
	a := c.book(s, "li", 1)
	_, err := c.checkIn(a.ID)
	wantCode(t, err, houzhen.CodeNotToday)
	c.at(monday, 7, 40)
	for range 2 {
		got, err := c.checkIn(a.ID)
		if err != nil || got.State != booking.CheckedIn || !got.CheckedInAt.Equal(c.now) || got.Version != 2 {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	for range 2 {
		err := c.in(func(tx booking.Tx) error {
			got, err := c.Fulfil(t.Context(), tx, a.ID)
			if got.State != booking.Fulfilled || got.Version != 3 {
				t.Errorf("got %+v", got)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	want := []houzhen.EventKind{houzhen.AppointmentBooked, houzhen.AppointmentCheckedIn, houzhen.AppointmentFulfilled}
	if d := cmp.Diff(want, c.store.Kinds()); d != "" {
		t.Error(d)
	}
	_, err = c.checkIn(a.ID)
	wantCode(t, err, houzhen.CodeState)
	b := c.book(c.session("liu", monday, 1, func(s *booking.Session) { s.DepartmentID = "eyes" }), "wang", 8)
	err = c.in(func(tx booking.Tx) error { _, err := c.Fulfil(t.Context(), tx, b.ID); return err })
	wantCode(t, err, houzhen.CodeState)
}

func TestManyAreFulfilledEachOnce(t *testing.T) {
	c := newClinic(t)
	s := c.session("chen", monday, 3)
	li, wang, away := c.book(s, "li", 1), c.book(s, "wang", 2), c.book(s, "away", 3)
	c.at(monday, 7, 40)
	for _, a := range []booking.Appointment{li, wang} {
		if _, err := c.checkIn(a.ID); err != nil {
			t.Fatal(err)
		}
	}
	all := func(ids ...string) error {
		return c.in(func(tx booking.Tx) error { return c.FulfilAll(t.Context(), tx, ids) })
	}
	wantCode(t, all(li.ID, away.ID), houzhen.CodeState)
	if got := c.load(li.ID); got.State != booking.CheckedIn {
		t.Errorf("with one who never came: %v", got.State)
	}
	for range 2 {
		if err := all(wang.ID, li.ID, wang.ID); err != nil {
			t.Error(err)
		}
	}
	for _, a := range []booking.Appointment{li, wang} {
		if got := c.load(a.ID); got.State != booking.Fulfilled || got.Version != 3 {
			t.Errorf("got %+v", got)
		}
	}
	if n := count(c.store.Kinds(), houzhen.AppointmentFulfilled); n != 2 {
		t.Errorf("%d facts, want 2", n)
	}
}

func TestBusinessDateClosesAtFour(t *testing.T) {
	c := newClinic(t)
	s := c.session("chen", monday, 1, func(s *booking.Session) {
		s.Part, s.Start, s.End = houzhen.Evening, monday.At(22, 0, shanghai), monday.At(26, 0, shanghai)
	})
	a := c.book(s, "li", 8)
	c.at(monday.AddDays(1), 1, 15)
	if _, err := c.checkIn(a.ID); err != nil {
		t.Error(err)
	}
}

func TestResolveVoucher(t *testing.T) {
	c := newClinic(t)
	a := c.book(c.session("chen", monday, 1), "li", 1)
	resolve := func(v string) (got booking.Appointment, err error) {
		err = c.in(func(tx booking.Tx) error { got, err = c.Resolve(t.Context(), tx, v); return err })
		return got, err
	}
	_, err := resolve(a.Voucher)
	wantCode(t, err, houzhen.CodeNotToday)
	c.at(monday, 7, 0)
	if got, err := resolve(a.Voucher[:3] + "-" + a.Voucher[3:6] + " " + a.Voucher[6:]); err != nil || got.ID != a.ID {
		t.Errorf("got %+v, %v", got, err)
	}
	stranger := newClinic(t)
	other := stranger.book(stranger.session("x", monday, 1), "y", 1)
	for range 3 {
		other = stranger.book(stranger.session(other.ID, monday, 1, func(s *booking.Session) { s.DepartmentID = other.ID }), other.ID, 1)
	}
	if other.Voucher != a.Voucher {
		_, err = resolve(other.Voucher)
		wantCode(t, err, houzhen.CodeVoucher)
	}
	_, err = resolve("hello")
	wantCode(t, err, houzhen.CodeVoucher)
}

func TestWalkInTakesFreedPlacesFirst(t *testing.T) {
	c := newClinic(t)
	s := c.session("chen", monday, 1)
	c.book(s, "li", 1)
	c.at(monday, 7, 30)
	c.sweep("open", func() (int, error) { return c.OpenSessions(t.Context()) }, 1)
	c.at(monday, 8, 45)
	c.sweep("release", func() (int, error) { return c.ReleasePlaces(t.Context()) }, 1)
	walk := func(patient string) (booking.Appointment, error) {
		return c.WalkIn(t.Context(), booking.WalkInRequest{Caller: "desk", Key: patient, SessionID: s.ID, PatientID: patient})
	}
	a, err := walk("wang")
	if err != nil || a.SlotNo != booking.FirstWalkIn || !a.Start.Equal(monday.At(8, 30, shanghai)) || !a.End.Equal(monday.At(9, 0, shanghai)) {
		t.Errorf("got %+v, %v", a, err)
	}
	b, err := walk("zhao")
	if err != nil || b.SlotNo != 2 {
		t.Errorf("then the running slice: got %d, %v", b.SlotNo, err)
	}
	again, err := walk("wang")
	if d := cmp.Diff(a, again); d != "" || err != nil {
		t.Error(err, d)
	}
	tomorrow := c.session("liu", monday.AddDays(1), 1)
	_, err = c.WalkIn(t.Context(), booking.WalkInRequest{Caller: "desk", Key: "k", SessionID: tomorrow.ID, PatientID: "sun"})
	wantCode(t, err, houzhen.CodeNotToday)
}
