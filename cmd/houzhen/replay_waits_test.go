package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/houzhen/houzhen/internal/measure"
)

// consultationsFile is a file of half-days with a list that grows, so that
// nothing is forecast by chance; one row is bad.
func consultationsFile(sessions int) string {
	var b strings.Builder
	b.WriteString("ID,Session,AM_PM,Visit.No,StartTime,ServTime\n")
	for s := range sessions {
		half, at := "morning", 8*3600+1800+s*7
		if s%2 == 1 {
			half, at = "afternoon", 14*3600+1800
		}
		for p := range 12 {
			length := 420 + (s*37+p*211)%700
			fmt.Fprintf(&b, "P%d,%d,%s,%d,%d:%02d:%02d,%d\n", s%3*12+p, s+1, half, 1+s/3, at/3600, at/60%60, at%60, length)
			at += length
		}
	}
	b.WriteString("P1,1,morning,1,soon,600\n")
	return b.String()
}

// figuresOf reads what --json printed, whatever the exit code.
func figuresOf(t *testing.T, c called) map[string]measure.Figure {
	t.Helper()
	var list []measure.Figure
	if err := json.Unmarshal([]byte(c.out), &list); err != nil {
		t.Fatalf("no figures: %v\n%s\n%s", err, c.out, c.err)
	}
	figures := map[string]measure.Figure{}
	for _, f := range list {
		figures[f.Name] = f
	}
	return figures
}

func TestReplayWaitsWritesARangeForEveryForecast(t *testing.T) {
	out := filepath.Join(t.TempDir(), "p.csv")
	c := call(t, "replay", "waits", written(t, "c.csv", consultationsFile(6)), "--out", out, "--score-from", "3")
	c.expect(t, 0)
	for _, want := range []string{"bad rows  1", "line 74 StartTime is not a time", "sessions  6, 4 scored", "3-5", "6-9", "not started"} {
		if !strings.Contains(c.out, want) {
			t.Errorf("no %q in\n%s", want, c.out)
		}
	}
	rows := estimates(t, out)
	if strings.Join(rows[0], ",") != "session,minute,ahead,p10,p50,p90" || strings.Join(rows[1][:3], ",") != "1,495,0" {
		t.Fatalf("begins with %v", rows[:2])
	}
	for _, row := range rows[1:] {
		var p [3]float64
		for i := range p {
			var err error
			if p[i], err = strconv.ParseFloat(row[3+i], 64); err != nil {
				t.Fatalf("%v: %v", row, err)
			}
		}
		if p[0] < 0 || p[0] > p[1] || p[1] > p[2] {
			t.Errorf("%v is no range", row)
		}
	}
}

func TestReplayWaitsHoldsItsFiguresToLimits(t *testing.T) {
	c := call(t, "replay", "waits", written(t, "c.csv", consultationsFile(6)), "--json")
	got := figuresOf(t, c)
	for _, name := range []string{"mae", "naive.mae", "mae.of_naive", "covered", "width", "ahead_0.mae", "ahead_1-2.covered", "ahead_6-9.width"} {
		if _, ok := got[name]; !ok {
			t.Errorf("no figure %s", name)
		}
	}
	if got["rows.bad"].Value != 1 || got["sessions"].Value != 6 {
		t.Errorf("got %+v and %+v", got["rows.bad"], got["sessions"])
	}
	missed := 0
	for _, f := range got {
		if !f.OK {
			missed++
		}
	}
	want := 0
	if missed > 0 {
		want = 1
	}
	if c.code != want {
		t.Errorf("exit code %d with %d figures missed", c.code, missed)
	}
}

func TestReplayLeaveTellsWhatEachChanceCameTo(t *testing.T) {
	file := written(t, "c.csv", consultationsFile(8))
	call(t, "replay", "leave", file, "--alpha", "0.05,0.2").expect(t, 0, "0.050      96", "0.200      96")
	got := figuresOf(t, call(t, "replay", "leave", file, "--alpha", "0.02,0.05,0.10", "--seed", "1", "--json"))
	for _, name := range []string{"people", "alpha_0.02.missed", "alpha_0.05.missed.apart", "alpha_0.1.on_site"} {
		if _, ok := got[name]; !ok {
			t.Errorf("no figure %s", name)
		}
	}
	if !(got["alpha_0.02.on_site"].Value > got["alpha_0.1.on_site"].Value) {
		t.Errorf("who accepts less waits %v minutes, who accepts more %v", got["alpha_0.02.on_site"].Value, got["alpha_0.1.on_site"].Value)
	}
	call(t, "replay", "leave", file, "--alpha", "1.5").expect(t, 1, "houzhen: alpha: give chances")
}

func TestReplaysOfConsultationsRefuseOtherFiles(t *testing.T) {
	for _, verb := range []string{"waits", "leave"} {
		call(t, "replay", verb, written(t, "a.csv", "a,b\n1,2\n")).expect(t, 1, "the file has no column")
		call(t, "replay", verb, filepath.Join(t.TempDir(), "none.csv")).expect(t, 1)
		call(t, "replay", verb, "--json", written(t, "e.csv", "ID,Session,StartTime\n")).expect(t, 0)
	}
}

// TestForecastsOfARealDoctor holds both replays to what was reached on real
// sessions.
func TestForecastsOfARealDoctor(t *testing.T) {
	folder := os.Getenv("HOUZHEN_DATA")
	if folder == "" {
		t.Skip("HOUZHEN_DATA names no folder of real data")
	}
	file := filepath.Join(folder, "clinic_sessions_1_190.csv")
	for _, args := range [][]string{
		{"replay", "waits", "--json", "--score-from", "60", file},
		{"replay", "leave", "--json", "--alpha", "0.02,0.05,0.10", "--seed", "1", file},
	} {
		c := call(t, args...)
		c.expect(t, 0)
		for name, f := range figuresOf(t, c) {
			if !f.OK {
				t.Errorf("%s: %+v misses its limit", name, f)
			}
		}
	}
}
