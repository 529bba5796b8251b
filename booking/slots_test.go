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

func TestLaySlotsNumbersSliceByslice(t *testing.T) {
	s := booking.Session{
		ID: "s", Start: monday.At(8, 0, shanghai), End: monday.At(9, 0, shanghai), SliceMinutes: 30, SliceCapacity: 2,
	}
	half := monday.At(8, 30, shanghai)
	got := booking.LaySlots(s)
	want := []booking.Slot{
		{SessionID: "s", No: 1, Start: s.Start, End: half, Band: booking.BandBooked},
		{SessionID: "s", No: 2, Start: s.Start, End: half, Band: booking.BandBooked},
		{SessionID: "s", No: 3, Start: half, End: s.End, Band: booking.BandBooked},
		{SessionID: "s", No: 4, Start: half, End: s.End, Band: booking.BandBooked},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestLaySlotsOfOddLengths(t *testing.T) {
	for name, c := range map[string]struct {
		minutes, slice, capacity, slots int
	}{
		"whole":                     {120, 30, 3, 12},
		"last slice half as long":   {75, 30, 2, 6},
		"last slice shorter":        {70, 30, 2, 4},
		"shorter than half a slice": {10, 30, 2, 0},
		"no capacity":               {60, 30, 0, 0},
		"no slice":                  {60, 0, 3, 0},
	} {
		s := booking.Session{
			Start: monday.At(8, 0, shanghai), End: monday.At(8, c.minutes, shanghai), SliceMinutes: c.slice, SliceCapacity: c.capacity,
		}
		slots := booking.LaySlots(s)
		if len(slots) != c.slots {
			t.Errorf("%s: got %d slots, want %d", name, len(slots), c.slots)
		}
		for i, slot := range slots {
			if slot.No != i+1 || slot.End.After(s.End) || !slot.Start.Before(slot.End) {
				t.Errorf("%s: slot %d is %+v", name, i, slot)
			}
		}
	}
}

func TestSliceAtFindsTheRunningSlice(t *testing.T) {
	s := booking.Session{Start: monday.At(8, 0, shanghai), End: monday.At(9, 15, shanghai), SliceMinutes: 30}
	for _, c := range []struct{ hour, minute, start, end int }{
		{7, 0, 0, 30}, {8, 0, 0, 30}, {8, 29, 0, 30}, {8, 30, 30, 60}, {9, 10, 60, 75}, {23, 0, 60, 75},
	} {
		start, end := s.SliceAt(monday.At(c.hour, c.minute, shanghai))
		if !start.Equal(monday.At(8, c.start, shanghai)) || !end.Equal(monday.At(8, c.end, shanghai)) {
			t.Errorf("%02d:%02d: got %s to %s", c.hour, c.minute, start.Format("15:04"), end.Format("15:04"))
		}
	}
}

func weekly(doctor string, day time.Weekday, part houzhen.DayPart, from, to houzhen.TimeOfDay) booking.Roster {
	return booking.Roster{
		ID: doctor + day.String() + string(part), DepartmentID: "cardiology", ZoneID: "zone", RoomID: "room", DoctorID: doctor,
		Weekday: day, Part: part, Start: from, End: to, SliceMinutes: 30, SliceCapacity: 2, Class: booking.Specialist, Prefix: "B",
	}
}

func TestPlanSessions(t *testing.T) {
	lines := []booking.Roster{
		weekly("chen", time.Monday, houzhen.Morning, 8*60, 12*60),
		weekly("chen", time.Monday, houzhen.Afternoon, 13*60, 17*60),
		weekly("liu", time.Monday, houzhen.Morning, 9*60, 12*60),
		weekly("liu", time.Friday, houzhen.Morning, 9*60, 12*60),
	}
	old := weekly("liu", time.Monday, houzhen.Morning, 7*60, 8*60)
	old.ValidFrom, lines[2].ValidFrom = monday.AddDays(-100), monday.AddDays(-10)
	lines = append(lines, old)
	gone := weekly("gone", time.Monday, houzhen.Morning, 8*60, 12*60)
	gone.ValidTo = monday.AddDays(-1)
	next := weekly("next", time.Monday, houzhen.Morning, 8*60, 12*60)
	next.ValidFrom = monday.AddDays(1)
	lines = append(lines, gone, next)
	extra := weekly("zhao", time.Monday, houzhen.Evening, 18*60, 20*60)
	for name, c := range map[string]struct {
		exceptions []booking.Exception
		want       []string
	}{
		"weekday, validity, the later line": {nil, []string{"chen AM 08:00", "liu AM 09:00", "chen PM 13:00"}},
		"doctor off in one half-day": {
			[]booking.Exception{{Date: monday, Kind: "off", DoctorID: "chen", Part: houzhen.Morning}},
			[]string{"liu AM 09:00", "chen PM 13:00"},
		},
		"hospital off, but one more": {
			[]booking.Exception{{Date: monday, Kind: "off"}, {Date: monday, Kind: "extra", Extra: extra}},
			[]string{"zhao EVE 18:00"},
		},
		"works as Friday":         {[]booking.Exception{{Date: monday, Kind: "acts_as", ActsAs: time.Friday}}, []string{"liu AM 09:00"}},
		"one works as Friday":     {[]booking.Exception{{Date: monday, Kind: "acts_as", DoctorID: "chen", ActsAs: time.Friday}}, []string{"liu AM 09:00"}},
		"another date's exeption": {[]booking.Exception{{Date: monday.AddDays(1), Kind: "off"}}, []string{"chen AM 08:00", "liu AM 09:00", "chen PM 13:00"}},
		"extra in place of the weekly line": {
			[]booking.Exception{{Date: monday, Kind: "extra", Extra: weekly("chen", time.Monday, houzhen.Morning, 10*60, 11*60)}},
			[]string{"liu AM 09:00", "chen AM 10:00", "chen PM 13:00"},
		},
	} {
		var got []string
		for _, s := range booking.PlanSessions(lines, c.exceptions, monday, shanghai, booking.DefaultPolicy()) {
			got = append(got, s.DoctorID+" "+string(s.Part)+" "+s.Start.In(shanghai).Format("15:04"))
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestPlannedSessionHasItsDeadlineAndRelease(t *testing.T) {
	p := booking.DefaultPolicy()
	p.ReleaseSpread = 0
	for _, c := range []struct {
		part     houzhen.DayPart
		from, to houzhen.TimeOfDay
		deadline string
	}{
		{houzhen.Morning, 8 * 60, 12 * 60, "11:30"},
		{houzhen.Afternoon, 13 * 60, 17 * 60, "16:30"},
		{houzhen.Evening, 18 * 60, 20 * 60, "20:00"},
		{houzhen.Morning, 12 * 60, 14 * 60, "14:00"}, // a place where mornings are late
	} {
		s := booking.PlanSessions([]booking.Roster{weekly("chen", time.Monday, c.part, c.from, c.to)}, nil, monday, shanghai, p)[0]
		if got := s.Deadline.In(shanghai).Format("15:04"); got != c.deadline {
			t.Errorf("%s from %s: deadline %s, want %s", c.part, c.from, got, c.deadline)
		}
		if got, want := s.ReleaseAt, monday.AddDays(-14).At(7, 0, shanghai); !got.Equal(want) {
			t.Errorf("release: got %s, want %s", got, want)
		}
		if s.Status != booking.SessionPlanned || s.AttendingID != "chen" {
			t.Errorf("got %+v", s)
		}
	}
}

func TestReleaseIsSpreadOverDepartments(t *testing.T) {
	base := monday.AddDays(-14).At(7, 0, shanghai)
	seen := map[time.Time]bool{}
	for _, department := range []string{"cardiology", "dermatology", "orthopaedics", "eyes", "ears", "teeth"} {
		r := weekly("chen", time.Monday, houzhen.Morning, 8*60, 12*60)
		r.DepartmentID = department
		at := booking.PlanSessions([]booking.Roster{r}, nil, monday, shanghai, booking.DefaultPolicy())[0].ReleaseAt
		if at.Before(base) || !at.Before(base.Add(time.Minute)) {
			t.Errorf("%s is released at %s", department, at)
		}
		seen[at] = true
	}
	if len(seen) < 2 {
		t.Error("all departments are released at once")
	}
}

func TestPolicyRefusesWhatCannotBe(t *testing.T) {
	if err := booking.DefaultPolicy().Validate(); err != nil {
		t.Errorf("default: %v", err)
	}
	if _, err := booking.NewService(nil, shanghai, booking.Policy{}); err == nil {
		t.Error("the zero policy is taken")
	}
	for field, change := range map[string]func(*booking.Policy){
		"per_day":       func(p *booking.Policy) { p.PerDay = booking.Ceiling + 1 },
		"deadline_pm":   func(p *booking.Policy) { p.DeadlinePM = p.DeadlineAM },
		"hold":          func(p *booking.Policy) { p.Hold = 0 },
		"options":       func(p *booking.Policy) { p.Options = 0 },
		"sweep_batch":   func(p *booking.Policy) { p.SweepBatch = p.SweepLimit + 1 },
		"release_after": func(p *booking.Policy) { p.ReleaseAfter = -1 },
	} {
		p := booking.DefaultPolicy()
		change(&p)
		err := p.Validate()
		wantCode(t, err, houzhen.CodeInvalid)
		if e := (*houzhen.Error)(nil); !errors.As(err, &e) || e.Field != field {
			t.Errorf("got %v, want field %s", err, field)
		}
	}
}

func TestASessionHasNoMoreBookedPlacesThanTheirBand(t *testing.T) {
	c := newClinic(t)
	for places, want := range map[int]houzhen.Code{25: "", 26: houzhen.CodeInvalid} { // of eight slices
		_, err := c.AddSession(t.Context(), booking.Session{
			DepartmentID: "cardio", ZoneID: "z", RoomID: "r", DoctorID: fmt.Sprint("doctor ", places), Date: monday, Part: houzhen.Morning,
			Start: monday.At(8, 0, shanghai), End: monday.At(12, 0, shanghai), SliceMinutes: 30, SliceCapacity: places,
			Class: booking.Specialist, Prefix: "A",
		})
		if houzhen.CodeOf(err) != want {
			t.Errorf("%d places a slice: %v, want %q", places, err, want)
		}
	}
}
