package roster_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/roster"
)

func TestSampleHospitalHasWhatADemoNeeds(t *testing.T) {
	h, p, err := roster.Sample()
	if err != nil {
		t.Fatal(err)
	}
	pools, grades, sensitive := 0, map[int]bool{}, 0
	for _, d := range h.Doctors {
		grades[d.Grade] = true
		if d.Pool {
			pools++
		}
		if d.Name.En == "" || d.Title.En == "" {
			t.Errorf("%s has no English", d.Code)
		}
	}
	for _, d := range h.Departments {
		if d.Sensitive {
			sensitive++
		}
	}
	got := [...]int{len(h.Departments), len(h.Doctors), pools, len(grades), len(h.Zones), sensitive}
	if want := [...]int{3, 12, 1, 4, 2, 1}; got != want {
		t.Errorf("departments, doctors, pools, grades, zones, sensitive: got %v, want %v", got, want)
	}
	loc, err := time.LoadLocation(h.Hospital.TimeZone)
	if err != nil {
		t.Fatal(err)
	}
	day := houzhen.Date{Year: 2026, Month: time.March, Day: 2}
	for range 7 {
		has, rooms := map[string]int{}, map[string]bool{}
		for _, s := range booking.PlanSessions(p.Rosters, p.Exceptions, day, loc, booking.DefaultPolicy()) {
			has[s.DepartmentID+string(s.Part)]++
			if key := s.RoomID + string(s.Part); rooms[key] {
				t.Errorf("%s: two in room %s", day, s.RoomID)
			} else {
				rooms[key] = true
			}
		}
		for _, d := range h.Departments {
			for _, part := range []houzhen.DayPart{houzhen.Morning, houzhen.Afternoon} {
				if has[d.ID+string(part)] < 2 {
					t.Errorf("%s %s %s: %d sessions", day, part, d.Code, has[d.ID+string(part)])
				}
			}
		}
		day = day.AddDays(1)
	}
}

func TestHouseIsWrittenAsItIsRead(t *testing.T) {
	h, _, err := roster.Sample()
	if err != nil {
		t.Fatal(err)
	}
	h.Rooms[0].ID = "an id of its own"
	var b bytes.Buffer
	if err := roster.WriteHouse(&b, h); err != nil {
		t.Fatal(err)
	}
	again, err := roster.ParseHouse(&b)
	if d := cmp.Diff(h, again); d != "" || err != nil {
		t.Error(err, d)
	}
}

func TestHouseInJSON(t *testing.T) {
	h, err := roster.ParseHouse(strings.NewReader("\ufeff" + `{"hospital":{"id":"h","name":{"zh":"H"},"time_zone":"Asia/Shanghai"},
"campuses":[{"id":"c","name":{"zh":"C"},"zones":[{"code":"a","name":{"zh":"A"}}]}]}`))
	if err != nil || len(h.Zones) != 1 || h.Zones[0].ID != "a" || h.Zones[0].Mask != directory.MaskMiddle {
		t.Errorf("got %+v, %v", h, err)
	}
}

func TestParseHouseRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want houzhen.Code
	}{
		"nothing":      {"", houzhen.CodeInvalid},
		"not YAML":     {"hospital: [", houzhen.CodeMalformed},
		"unknown key":  {"hospitals: {}", houzhen.CodeMalformed},
		"a list":       {"- 1", houzhen.CodeMalformed},
		"not UTF-8":    {"hospital: \xff", houzhen.CodeEncoding},
		"too large":    {strings.Repeat("#", 9<<20), houzhen.CodeTooLarge},
		"no time zone": {"hospital: {id: h, name: {zh: H}}", houzhen.CodeInvalid},
	} {
		_, err := roster.ParseHouse(strings.NewReader(c.text))
		if got := houzhen.CodeOf(err); got != c.want {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
	_, err := roster.ParseHouse(strings.NewReader("hospital: {id: h, name: {zh: H}}"))
	var e *houzhen.Error
	if !errors.As(err, &e) || len(e.Detail.([]directory.HouseFault)) != 1 || e.Field != "hospital.time_zone" {
		t.Errorf("got %+v", e)
	}
	_, err = roster.ParseHouse(broken{})
	if err == nil {
		t.Error("a broken reader is taken")
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("broken") }

func FuzzParseHouse(f *testing.F) {
	f.Add("hospital: {id: h, name: {zh: H}, time_zone: UTC}")
	f.Add("&a [*a]")
	f.Fuzz(func(t *testing.T, text string) {
		h, err := roster.ParseHouse(strings.NewReader(text))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := roster.WriteHouse(&b, h); err != nil {
			t.Fatal(err)
		}
		if again, err := roster.ParseHouse(&b); err != nil || !cmp.Equal(h, again) {
			t.Fatalf("does not read itself: %v\n%s", err, cmp.Diff(h, again))
		}
	})
}
