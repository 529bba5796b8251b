package templates

import (
	"testing"
	"time"

	"github.com/houzhen/houzhen"
)

var shanghai = time.FixedZone("CST", 8*3600)

func TestDay(t *testing.T) {
	var zh []struct{ Date, Zh, En string }
	readTestdata(t, "days.yaml", &zh)
	for _, c := range zh {
		d, err := houzhen.ParseDate(c.Date)
		if err != nil {
			t.Fatal(err)
		}
		if got := Day(d, houzhen.Chinese); got != c.Zh {
			t.Errorf("%s: got %q, want %q", c.Date, got, c.Zh)
		}
		if got := Day(d, houzhen.English); got != c.En {
			t.Errorf("%s: got %q, want %q", c.Date, got, c.En)
		}
	}
	if got := Day(houzhen.Date{}, houzhen.Chinese); got != "" {
		t.Errorf("got %q for no date, want nothing", got)
	}
}

func TestClockIsTheHospitals(t *testing.T) {
	at := time.Date(2026, 3, 5, 0, 20, 59, 0, time.UTC)
	if got, want := Clock(at, shanghai), "08:20"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := Clock(time.Time{}, shanghai); got != "" {
		t.Errorf("got %q for no time, want nothing", got)
	}
}

func TestSliceAndRange(t *testing.T) {
	lo := time.Date(2026, 3, 5, 2, 20, 0, 0, time.UTC)
	hi := lo.Add(20 * time.Minute)
	for name, c := range map[string]struct{ got, want string }{
		"slice":            {Slice(lo, hi, shanghai), "10:20-10:40"},
		"slice of no end":  {Slice(lo, time.Time{}, shanghai), "10:20"},
		"range":            {Range(lo, hi, shanghai, houzhen.English), "about 10:20\u201310:40"},
		"range in Chinese": {Range(lo, hi, shanghai, houzhen.Chinese), "\u7ea6 10:20\u201310:40"},
		"range of a point": {Range(lo, lo.Add(time.Second), shanghai, houzhen.English), "about 10:20"},
		"half-day":         {Half(houzhen.Evening, houzhen.English), "evening"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", name, c.got, c.want)
		}
	}
}
