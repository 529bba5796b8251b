package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tiny is a file of a few appointments: one is faulty, one was booked after
// its own date, one patient stays away.
func tiny() string {
	var b strings.Builder
	b.WriteString("PatientId,AppointmentID,Gender,ScheduledDay,AppointmentDay,Age,Neighbourhood,Scholarship,Hipertension,Diabetes,Alcoholism,Handcap,SMS_received,No-show\n")
	for i := range 12 {
		came := "No"
		if i == 3 {
			came = "Yes"
		}
		fmt.Fprintf(&b, "%d,%d,F,2016-05-0%dT10:00:00Z,2016-05-12T00:00:00Z,40,CENTRO,0,0,0,0,0,0,%s\n", 100+i, 5000+i, 1+i%9, came)
	}
	b.WriteString("200,6000,F,2016-05-13T10:00:00Z,2016-05-12T00:00:00Z,40,CENTRO,0,0,0,0,0,0,No\n")
	b.WriteString("201,6001,F,soon,2016-05-12T00:00:00Z,40,CENTRO,0,0,0,0,0,0,No\n")
	return b.String()
}

// decoded reads the one object of --json.
func decoded(t *testing.T, c called) map[string]any {
	t.Helper()
	c.expect(t, 0)
	got := map[string]any{}
	d := json.NewDecoder(strings.NewReader(c.out))
	if err := d.Decode(&got); err != nil || d.More() {
		t.Fatalf("not one JSON object: %v\n%s", err, c.out)
	}
	return got
}

func TestReplayPrintsOneObject(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	got := decoded(t, call(t, "replay", "appointments", "--json", written(t, "a.csv", tiny()), "--capacity", "2", "--cancel", "0", "--move", "0", "--suspend", "0"))
	keys := []string{
		"rows", "bad", "booked", "refused", "cancelled", "moved", "suspended", "reminded", "suppressed", "checked_in", "no_shows", "released", "reused",
		"oversold", "duplicates", "after_cancel", "wall_seconds", "per_second", "store", "redis",
	}
	for _, key := range keys {
		if _, ok := got[key]; !ok {
			t.Errorf("no %q among %v", key, slices.Sorted(maps.Keys(got)))
		}
	}
	want := map[string]any{
		"rows": 14.0, "bad": 2.0, "booked": 12.0, "refused": map[string]any{}, "cancelled": 0.0, "moved": 0.0, "suspended": 0.0, "reminded": 12.0,
		"checked_in": 11.0, "no_shows": 1.0, "oversold": 0.0, "duplicates": 0.0, "after_cancel": 0.0, "store": "sqlite", "redis": "in-process",
		"bad_rows": []any{
			map[string]any{"line": 14.0, "reason": "was booked after its own date"}, map[string]any{"line": 15.0, "reason": "ScheduledDay is not a time"},
		},
	}
	for key, value := range want {
		if diff := cmp.Diff(got[key], value); diff != "" {
			t.Errorf("%s (-got +want):\n%s", key, diff)
		}
	}
	if got["per_second"].(float64) <= 0 || got["wall_seconds"].(float64) <= 0 || got["fdatasync_per_second"].(float64) <= 0 {
		t.Errorf("got %v rows/s in %v s beside %v syncs", got["per_second"], got["wall_seconds"], got["fdatasync_per_second"])
	}
	if left, err := os.ReadDir(temp); err != nil {
		t.Error(err)
	} else {
		for _, e := range left {
			if strings.HasPrefix(e.Name(), "houzhen-replay") {
				t.Errorf("left %s behind", e.Name())
			}
		}
	}
}

func TestReplayIsTheSameThroughFiles(t *testing.T) {
	file := written(t, "a.csv", tiny())
	through := func(channel string) map[string]any {
		got := decoded(t, call(t, "replay", "appointments", "--json", file, "--channel", channel))
		for _, timing := range []string{"wall_seconds", "per_second", "fdatasync_per_second"} {
			delete(got, timing)
		}
		return got
	}
	if diff := cmp.Diff(through("file"), through("auto")); diff != "" {
		t.Errorf("outcome (-files +provider):\n%s", diff)
	}
}

func TestReplayInWords(t *testing.T) {
	call(t, "replay", "appointments", written(t, "a.csv", tiny()), "--limit", "4").
		expect(t, 0, "rows          6 (2 bad)", "oversold      0", "duplicates    0", "after cancel  0", "on sqlite and in-process Redis")
}

func TestReplayRefusesWhatItCannotLiveThrough(t *testing.T) {
	for _, c := range []struct {
		name, text string
		args       []string
		word       string
	}{
		{"an empty file", "", nil, "empty"},
		{"another file", "a,b\n1,2\n", nil, "houzhen: PatientId: the file has no column"},
		{"a share over one", tiny(), []string{"--cancel", "1.5"}, "houzhen: cancel: give a share"},
		{"no places", tiny(), []string{"--capacity", "0"}, "houzhen: capacity: give places"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := call(t, append([]string{"replay", "appointments", "--json", written(t, "a.csv", c.text)}, c.args...)...)
			got.expect(t, 1, c.word)
			if got.out != "" {
				t.Errorf("printed %s", got.out)
			}
		})
	}
}

func TestARecordThatCannotBeReadIsNotTakenForNone(t *testing.T) {
	count := func(path string) (known, unknown int) {
		for m := range fileSent(path) {
			if m.OutID == "" {
				unknown++
			} else {
				known++
			}
		}
		return known, unknown
	}
	const line = `{"at":"2016-05-01T10:00:00Z","out_id":"hz-1","phone":"139****0001"}` + "\n"
	for _, c := range []struct {
		name, path     string
		known, unknown int
	}{
		{"no message", written(t, "m.jsonl", ""), 0, 0},
		{"two messages", written(t, "m.jsonl", line+line), 2, 0},
		{"a line that was cut off", written(t, "m.jsonl", line+line[:20]), 1, 1},
		{"garbage", written(t, "m.jsonl", "nothing\n"), 0, 1},
		{"no file", written(t, "m.jsonl", "") + "x", 0, 1},
	} {
		if known, unknown := count(c.path); known != c.known || unknown != c.unknown {
			t.Errorf("%s: got %d known and %d unknown, want %d and %d", c.name, known, unknown, c.known, c.unknown)
		}
	}
}
