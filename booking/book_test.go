package booking_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

func TestBookTakesThePlaceAndTellsOnce(t *testing.T) {
	c := newClinic(t)
	s := c.session("chen", monday, 2)
	a := c.book(s, "li", 3)
	want := booking.Appointment{
		ID: a.ID, Voucher: a.Voucher, SessionID: s.ID, SlotNo: 3, Start: monday.At(8, 30, shanghai), End: monday.At(9, 0, shanghai),
		PatientID: "li", AccountID: "account", DoctorID: "chen", Day: monday, Nth: 1, State: booking.Booked,
		Purpose: booking.PurposeVisit, Channel: "app", Key: a.Key, BookedAt: c.now.UTC(), Version: 1,
	}
	if d := cmp.Diff(want, a); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(a, c.load(a.ID)); d != "" {
		t.Error("stored: ", d)
	}
	facts := c.store.Facts()
	if len(facts) != 1 || facts[0].Kind != houzhen.AppointmentBooked || facts[0].Subject != a.ID ||
		string(facts[0].Data) != `{"slot":3,"patient":"li","day":"2026-03-02"}` {
		t.Errorf("facts: %+v", facts)
	}
}

func TestBookPicksAmongFreePlaces(t *testing.T) {
	c := newClinic(t)
	s := c.session("chen", monday, 2)
	c.book(s, "li", 1)
	if got := c.book(s, "wang", 0).SlotNo; got != 2 {
		t.Errorf("first free: got %d, want 2", got)
	}
	r := c.request(s, "zhao", 0)
	r.Start = monday.At(10, 0, shanghai)
	a, err := c.Book(t.Context(), r)
	if err != nil || a.SlotNo != 9 {
		t.Errorf("at ten: got %d, %v, want 9", a.SlotNo, err)
	}
}

func TestBookRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(*clinic, *booking.Session)
		change  func(*booking.BookRequest)
		want    houzhen.Code
	}{
		"no key":            {change: func(r *booking.BookRequest) { r.Key = "" }, want: houzhen.CodeKeyMissing},
		"no patient":        {change: func(r *booking.BookRequest) { r.PatientID = "" }, want: houzhen.CodeMissing},
		"no session":        {change: func(r *booking.BookRequest) { r.SessionID = "" }, want: houzhen.CodeMissing},
		"unknown session":   {change: func(r *booking.BookRequest) { r.SessionID = "x" }, want: houzhen.CodeNotFound},
		"unknown slot":      {change: func(r *booking.BookRequest) { r.SlotNo = 99 }, want: houzhen.CodeSlotUnknown},
		"negative slot":     {change: func(r *booking.BookRequest) { r.SlotNo = -1 }, want: houzhen.CodeSlotUnknown},
		"taken slot":        {prepare: func(c *clinic, s *booking.Session) { c.book(*s, "other", 1) }, want: houzhen.CodeSlotTaken},
		"not released":      {prepare: func(c *clinic, _ *booking.Session) { c.at(monday.AddDays(-20), 9, 0) }, want: houzhen.CodeNotReleased},
		"begun slot":        {prepare: func(c *clinic, _ *booking.Session) { c.at(monday, 8, 0) }, want: houzhen.CodeSlotPast},
		"session over":      {prepare: func(c *clinic, _ *booking.Session) { c.at(monday, 12, 0) }, want: houzhen.CodeSessionClosed},
		"long ride":         {change: func(r *booking.BookRequest) { r.TravelMinutes = 9999 }, want: houzhen.CodeInvalid},
		"same doctor again": {prepare: func(c *clinic, s *booking.Session) { c.book(*s, "li", 2) }, want: houzhen.CodeAlreadyBooked},
		"no such time":      {change: func(r *booking.BookRequest) { r.SlotNo, r.Start = 0, monday.At(8, 7, shanghai) }, want: houzhen.CodeSlotUnknown},
		"that time is full": {
			prepare: func(c *clinic, s *booking.Session) { c.book(*s, "other", 1) },
			change:  func(r *booking.BookRequest) { r.SlotNo, r.Start = 0, monday.At(8, 0, shanghai) }, want: houzhen.CodeSlotTaken,
		},
		"that time has begun": {
			prepare: func(c *clinic, _ *booking.Session) { c.at(monday, 8, 10) },
			change:  func(r *booking.BookRequest) { r.SlotNo, r.Start = 0, monday.At(8, 0, shanghai) }, want: houzhen.CodeSlotPast,
		},
		"suspended": {prepare: func(c *clinic, s *booking.Session) {
			if _, err := c.Suspend(c.Context(), booking.SuspendRequest{SessionID: s.ID}); err != nil {
				c.Fatal(err)
			}
		}, want: houzhen.CodeSessionSuspended},
	} {
		t.Run(name, func(t *testing.T) {
			k := newClinic(t, noLimits)
			s := k.session("chen", monday, 1)
			if c.prepare != nil {
				c.prepare(k, &s)
			}
			before := len(k.store.Facts())
			r := k.request(s, "li", 1)
			if c.change != nil {
				c.change(&r)
			}
			_, err := k.Book(t.Context(), r)
			wantCode(t, err, c.want)
			if got := len(k.store.Facts()); got != before {
				t.Errorf("a refusal wrote %d facts", got-before)
			}
			if strings.Contains(fmt.Sprint(err), "li") && c.want == houzhen.CodeAlreadyBooked {
				t.Logf("text: %v", err)
			}
		})
	}
}

func TestWithheldSlotIsRefused(t *testing.T) {
	c := newClinic(t)
	s := c.session("chen", monday, 1)
	err := c.in(func(tx booking.Tx) error {
		return tx.AddSlot(t.Context(), booking.Slot{SessionID: s.ID, No: 101, Start: s.Start, End: s.End, Band: booking.BandBooked, Withheld: true})
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Book(t.Context(), c.request(s, "li", 101))
	wantCode(t, err, houzhen.CodeSlotWithheld)
}

func TestReplayGivesTheSameAnswer(t *testing.T) {
	c := newClinic(t)
	s := c.session("chen", monday, 2)
	r := c.request(s, "li", 0)
	first, err := c.Book(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	again, err := c.Book(t.Context(), r)
	if d := cmp.Diff(first, again); d != "" || err != nil {
		t.Error(err, d)
	}
	c.at(monday, 23, 0) // even when the session is long over
	if again, err = c.Book(t.Context(), r); again.ID != first.ID || err != nil {
		t.Errorf("later: got %q, %v", again.ID, err)
	}
	if n := len(c.store.Facts()); n != 1 {
		t.Errorf("got %d facts, want 1", n)
	}
	r.PatientID = "wang"
	_, err = c.Book(t.Context(), r)
	wantCode(t, err, houzhen.CodeKeyReused)
	r.PatientID, r.Caller = "li", "desk"
	_, err = c.Book(t.Context(), r)
	if houzhen.CodeOf(err) == houzhen.CodeKeyReused {
		t.Error("another caller may use the same key")
	}
}

func TestLoserIsToldTheNearestPlaces(t *testing.T) {
	c := newClinic(t, noLimits)
	s := c.session("chen", monday, 1)
	chen2 := c.session("chen", monday.AddDays(3), 1)
	liu := c.session("liu", monday, 1)
	for i := range 6 { // 10:00 and 11:30 stay free
		c.book(s, fmt.Sprint("p", i), []int{1, 2, 3, 4, 6, 7}[i])
	}
	_, err := c.Book(t.Context(), c.request(s, "li", 6))
	wantCode(t, err, houzhen.CodeSlotTaken)
	var e *houzhen.Error
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	var got []string
	for _, a := range e.Detail.([]booking.Alternative) {
		got = append(got, fmt.Sprintf("%s %s no %d", a.DoctorID, a.Start.In(shanghai).Format("01-02 15:04"), a.FirstNo))
	}
	want := []string{"chen 03-02 10:00 no 5", "chen 03-02 11:30 no 8", "chen 03-05 10:30 no 6", "liu 03-02 10:30 no 6"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	_, _ = chen2, liu
}

func TestFullSessionSaysSoWithAlternatives(t *testing.T) {
	c := newClinic(t)
	s := c.session("chen", monday, 1)
	for i := range 8 {
		c.book(s, fmt.Sprint("p", i), 0)
	}
	_, err := c.Book(t.Context(), c.request(s, "li", 0))
	wantCode(t, err, houzhen.CodeSessionFull)
	var e *houzhen.Error
	if !errors.As(err, &e) || e.Detail == nil {
		t.Errorf("no detail in %v", err)
	}
}

// Somebody is faster between what the caller saw and his insert: he gets the
// next place, and only the very last one is refused.
func TestSecondLookBeforeRefusing(t *testing.T) {
	c := newAlone(t)
	s := c.session("chen", monday, 1)
	for i := range 4 {
		c.store.BeforeNextTx(func() { c.book(s, fmt.Sprint("fast", i), 0) })
		if got := c.book(s, fmt.Sprint("slow", i), 0).SlotNo; got != 2*i+2 {
			t.Errorf("got %d, want %d", got, 2*i+2)
		}
	}
	_, err := c.Book(t.Context(), c.request(s, "late", 0))
	wantCode(t, err, houzhen.CodeSessionFull)
}

func TestFreedPlaceIsFoundOnTheSecondLook(t *testing.T) {
	c := newAlone(t)
	s := c.session("chen", monday, 1)
	var last booking.Appointment
	for i := range 7 {
		last = c.book(s, fmt.Sprint("p", i), 0)
	}
	c.store.BeforeNextTx(func() {
		c.book(s, "fast", 8)
		if _, err := c.Cancel(t.Context(), booking.CancelRequest{AppointmentID: last.ID, By: booking.ByPatient}); err != nil {
			t.Error(err)
		}
	})
	if got := c.book(s, "li", 0).SlotNo; got != 7 {
		t.Errorf("got %d, want the place that came free, 7", got)
	}
}

func TestSessionSuspendedMeanwhileIsRefused(t *testing.T) {
	c := newAlone(t)
	s := c.session("chen", monday, 1)
	c.store.BeforeNextTx(func() {
		if _, err := c.Suspend(t.Context(), booking.SuspendRequest{SessionID: s.ID}); err != nil {
			t.Error(err)
		}
	})
	_, err := c.Book(t.Context(), c.request(s, "li", 1))
	wantCode(t, err, houzhen.CodeSessionSuspended)
	list, err := c.Appointments(t.Context(), booking.AppointmentFilter{SessionID: s.ID})
	if len(list) != 0 || err != nil {
		t.Errorf("got %v, %v", list, err)
	}
}

func TestManyCallersNeverShareAPlace(t *testing.T) {
	c := newClinic(t, noLimits)
	s := c.session("chen", monday, 3)
	var wg sync.WaitGroup
	var mu sync.Mutex
	got, refused := map[int]int{}, 0
	for i := range 60 {
		wg.Go(func() {
			a, err := c.Book(t.Context(), booking.BookRequest{
				Caller: "app", Key: fmt.Sprint("race", i), SessionID: s.ID, PatientID: fmt.Sprint("p", i), Channel: "app",
			})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				got[a.SlotNo]++
			} else if refused++; houzhen.CodeOf(err) != houzhen.CodeSessionFull {
				t.Errorf("got %v", err)
			}
		})
	}
	wg.Wait()
	if len(got) != 24 || refused != 36 {
		t.Errorf("%d places sold, %d refused, want 24 and 36", len(got), refused)
	}
}

func TestLimitsOfOnePerson(t *testing.T) {
	for name, c := range map[string]struct {
		days    []int // of visits booked before, relative to monday, each with another doctor
		other   bool  // those are in another department
		channel string
		want    houzhen.Code
	}{
		"second in the department on the day":   {days: []int{0}, channel: "app", want: houzhen.CodeLimit},
		"second on the day elsewhere":           {days: []int{0}, other: true, channel: "app"},
		"third on the day":                      {days: []int{0, 0}, other: true, channel: "app", want: houzhen.CodeLimit},
		"third on the day at the desk":          {days: []int{0, 0}, other: true, channel: booking.DeskChannel},
		"fourth on the day at the desk":         {days: []int{0, 0, 0}, other: true, channel: booking.DeskChannel, want: houzhen.CodeLimit},
		"fourth in seven days":                  {days: []int{1, 3, 6}, channel: "app", want: houzhen.CodeLimit},
		"fourth in eight days":                  {days: []int{2, 5, 7}, channel: "app"},
		"sixth in ninety days":                  {days: []int{8, 9, 30, 31, 60}, channel: "app", want: houzhen.CodeLimit},
		"sixth in ninety days, but at the desk": {days: []int{8, 9, 30, 31, 60}, channel: booking.DeskChannel},
	} {
		t.Run(name, func(t *testing.T) {
			k := newClinic(t, func(p *booking.Policy) { p.HorizonDays, p.Gap = 0, -1 })
			for i, d := range c.days {
				s := k.session(fmt.Sprint("doctor", i), monday.AddDays(d), 1, func(s *booking.Session) {
					if c.other {
						s.DepartmentID = fmt.Sprint("other", i)
					}
				})
				r := k.request(s, "li", 0)
				r.Channel = booking.DeskChannel
				if _, err := k.Book(t.Context(), r); err != nil {
					t.Fatal(err)
				}
			}
			r := k.request(k.session("chen", monday, 1), "li", 0)
			r.Channel = c.channel
			_, err := k.Book(t.Context(), r)
			wantCode(t, err, c.want)
		})
	}
}

func TestNoLimitPerDay(t *testing.T) {
	c := newClinic(t, noLimits, func(p *booking.Policy) { p.PerDay = 0 })
	for i := range 5 {
		a := c.book(c.session(fmt.Sprint("doctor", i), monday, 1), "li", i+1)
		if a.Nth != 0 {
			t.Errorf("visit %d is counted as number %d", i, a.Nth)
		}
		if i == 2 {
			if _, err := c.Move(t.Context(), booking.MoveRequest{AppointmentID: a.ID, SessionID: a.SessionID, SlotNo: 8}); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestHoldIsConfirmedOrLapses(t *testing.T) {
	c := newClinic(t)
	s := c.session("chen", monday, 1)
	hold := func(patient string) booking.Appointment {
		r := c.request(s, patient, 0)
		r.Hold = true
		a, err := c.Book(t.Context(), r)
		if err != nil || a.State != booking.Held || a.ExpiresAt.Sub(c.now) != 15*time.Minute {
			t.Fatalf("got %+v, %v", a, err)
		}
		return a
	}
	kept, lost := hold("li"), hold("wang")
	if len(c.store.Facts()) != 0 {
		t.Error("a hold was told")
	}
	for range 2 {
		a, err := c.Confirm(t.Context(), kept.ID)
		if err != nil || a.State != booking.Booked || !a.ExpiresAt.IsZero() {
			t.Errorf("confirm: got %+v, %v", a, err)
		}
	}
	c.at(monday.AddDays(-1), 9, 15)
	_, err := c.Confirm(t.Context(), lost.ID)
	wantCode(t, err, houzhen.CodeHoldExpired)
	c.sweep("expire", func() (int, error) { return c.ExpireHolds(t.Context()) }, 1)
	c.sweep("expire again", func() (int, error) { return c.ExpireHolds(t.Context()) }, 0)
	if got := c.load(lost.ID); got.State != booking.Cancelled || got.By != booking.BySystem || got.Reason != booking.ReasonExpired {
		t.Errorf("got %+v", got)
	}
	if d := cmp.Diff([]houzhen.EventKind{houzhen.AppointmentBooked, houzhen.AppointmentCancelled}, c.store.Kinds()); d != "" {
		t.Error(d)
	}
	if got := c.book(s, "zhao", 0).SlotNo; got != lost.SlotNo {
		t.Errorf("the lapsed place is %d, got %d", lost.SlotNo, got)
	}
}

func TestFind(t *testing.T) {
	c := newClinic(t)
	s := c.session("chen", monday, 2)
	c.session("chen", monday.AddDays(40), 2) // beyond the horizon
	c.book(s, "li", 1)
	c.book(s, "wang", 3)
	c.book(s, "zhao", 4)
	offers, err := c.Find(t.Context(), booking.FindQuery{DepartmentID: "cardiology"})
	if err != nil || len(offers) != 1 || offers[0].Free != 13 || len(offers[0].Slices) != 7 {
		t.Fatalf("got %+v, %v", offers, err)
	}
	want := booking.SliceOffer{Start: s.Start, End: s.Start.Add(30 * time.Minute), Free: 1, FirstNo: 2}
	if d := cmp.Diff(want, offers[0].Slices[0]); d != "" {
		t.Error(d)
	}
	c.at(monday, 9, 10)
	for desk, free := range map[bool]int{false: 10, true: 12} {
		offers, err = c.Find(t.Context(), booking.FindQuery{DoctorID: "chen", Who: booking.Who{Desk: desk}})
		if err != nil || len(offers) != 1 || offers[0].Free != free {
			t.Errorf("desk %v: got %+v, %v, want %d free", desk, offers, err, free)
		}
	}
	c.at(monday, 12, 0)
	if offers, err = c.Find(t.Context(), booking.FindQuery{DoctorID: "chen", To: monday}); len(offers) != 0 || err != nil {
		t.Errorf("a session that is over: got %+v, %v", offers, err)
	}
	_, err = c.Find(t.Context(), booking.FindQuery{To: monday.AddDays(400)})
	wantCode(t, err, houzhen.CodeInvalid)
}
