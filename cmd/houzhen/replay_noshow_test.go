package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/houzhen/houzhen/booking/noshow"
)

// estimates reads what --out wrote.
func estimates(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestReplayNoShowWritesAChanceForEveryRow(t *testing.T) {
	out := filepath.Join(t.TempDir(), "p.csv")
	got := decoded(t, call(t, "replay", "noshow", "--json", "--out", out, written(t, "a.csv", tiny())))
	for key, want := range map[string]any{"rows": 14.0, "bad": 1.0, "unknown": 0.0, "leak": false} {
		if got[key] != want {
			t.Errorf("%s: got %v, want %v", key, got[key], want)
		}
	}
	rows := estimates(t, out)
	if len(rows) != 14 || strings.Join(rows[0], ",") != "appointment_id,p" || rows[1][0] != "5000" || rows[13][0] != "6000" {
		t.Fatalf("got %v, want a head and the ids in the order of the file", rows)
	}
	for _, row := range rows[1:] {
		if p, err := strconv.ParseFloat(row[1], 64); err != nil || p <= 0 || p >= 1 {
			t.Errorf("%v: want a chance", row)
		}
	}
}

func TestReplayNoShowScoresFromADate(t *testing.T) {
	file := written(t, "a.csv", visitsOfThreeDays())
	score := func(from string) map[string]any {
		return decoded(t, call(t, "replay", "noshow", "--json", "--score-from", from, file))["score"].(map[string]any)
	}
	if n := score("2016-05-03")["n"]; n != 10.0 {
		t.Errorf("scored %v from the last day on, want 10", n)
	}
	if n := score("2016-05-01")["n"]; n != 30.0 {
		t.Errorf("scored %v from the first day on, want 30", n)
	}
	call(t, "replay", "noshow", "--score-from", "yesterday", file).expect(t, 2)
	call(t, "replay", "noshow", filepath.Join(t.TempDir(), "none.csv")).expect(t, 1)
}

func visitsOfThreeDays() string {
	var b strings.Builder
	b.WriteString("PatientId,AppointmentID,ScheduledDay,AppointmentDay,No-show\n")
	for i := range 30 {
		day := strconv.Itoa(1 + i%3)
		b.WriteString(strconv.Itoa(i) + "," + strconv.Itoa(100+i) + ",2016-05-0" + day + "T08:00:00Z,2016-05-0" + day + "T00:00:00Z,No\n")
	}
	return b.String()
}

func TestReplayNoShowPrintsATable(t *testing.T) {
	c := call(t, "replay", "noshow", written(t, "a.csv", tiny()))
	c.expect(t, 0)
	for _, want := range []string{"rows     14 (1 bad", "line 15 ScheduledDay is not a time", "AUC", "Brier", "ECE", "predicted  observed"} {
		if !strings.Contains(c.out, want) {
			t.Errorf("no %q in\n%s", want, c.out)
		}
	}
}

// TestNoShowOnRealAppointments holds the estimates of the real clinics between
// what is good enough and what is too good to be true.
func TestNoShowOnRealAppointments(t *testing.T) {
	folder := os.Getenv("HOUZHEN_DATA")
	if folder == "" {
		t.Skip("HOUZHEN_DATA names no folder of real appointments")
	}
	for from, limit := range map[string]noshow.Score{
		"2016-05-06": {AUC: .72, Brier: .152, ECE: .03},  // from its second week on
		"2016-05-11": {AUC: .730, Brier: .150, ECE: .02}, // its last ten days
	} {
		out := decoded(t, call(t, "replay", "noshow", "--json", "--score-from", from, filepath.Join(folder, "appointments_to_2016-05-20.csv.gz")))
		score := out["score"].(map[string]any)
		got := noshow.Score{AUC: score["auc"].(float64), Brier: score["brier"].(float64), ECE: score["ece"].(float64)}
		if got.AUC < limit.AUC || got.Brier > limit.Brier || got.ECE > limit.ECE {
			t.Errorf("from %s: got AUC %.4f, Brier %.4f, ECE %.4f, want %.3f, %.3f, %.3f", from, got.AUC, got.Brier, got.ECE, limit.AUC, limit.Brier, limit.ECE)
		}
		if got.Leaks() {
			t.Errorf("from %s: AUC %.4f is too good to be true", from, got.AUC)
		}
	}
}
