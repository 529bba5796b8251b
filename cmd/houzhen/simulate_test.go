package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/houzhen/houzhen/internal/sim/clinics"
)

func TestSimulatePrintsFiguresBesideTheirLimits(t *testing.T) {
	out := filepath.Join(t.TempDir(), "plots")
	c := call(t, "simulate", "--clinics", "2", "--days", "2", "--seed", "3", "--alpha", "0.02", "--out", out, "--json")
	figures := figuresOf(t, c)
	for name, limit := range map[string]float64{
		"on_site": 19, "skipped": 0.05, "idle.more": 1.5, "end.later": 2, "range.changes": 2, "range.first_right": 0.8,
	} {
		if f := figures[name]; f.Limit == nil || *f.Limit != limit {
			t.Errorf("%s is held to %v, want %v", name, f.Limit, limit)
		}
	}
	if figures["sessions"].Value != 4 || figures["on_site"].Value >= figures["alone.on_site"].Value {
		t.Errorf("%v sessions, %v minutes on site with advice, %v without", figures["sessions"].Value, figures["on_site"].Value, figures["alone.on_site"].Value)
	}
	missed := 0
	for _, f := range figures {
		if !f.OK {
			missed++
		}
	}
	c.expect(t, min(missed, 1))
	svg, err := os.ReadFile(filepath.Join(out, "on-site.svg"))
	if err != nil || !strings.Contains(string(svg), "without advice") {
		t.Errorf("no drawing of the minutes on site: %v", err)
	}
}

func TestSimulatePrintsATableForPeople(t *testing.T) {
	c := call(t, "simulate", "--clinics", "1", "--days", "2", "--policy", written(t, "p.yaml", "ready_size: 1\n"),
		"--file", written(t, "c.yaml", string(clinics.UsualFile())))
	c.expect(t, 0)
	for _, want := range []string{"2 sessions of 1 clinics", "minutes on site, mean", "ranges: "} {
		if !strings.Contains(c.out, want) {
			t.Errorf("no %q in\n%s", want, c.out)
		}
	}
}

func TestSimulateRefusesWhatCannotBe(t *testing.T) {
	for says, args := range map[string][]string{
		"clinics: give 1 to":       {"--clinics", "0"},
		"days: give 1 to":          {"--days", "2000"},
		"alpha: give a chance":     {"--alpha", "0.9"},
		"ready_size: policy":       {"--policy", written(t, "p.yaml", "ready_size: 99\n")},
		"session.start: give hour": {"--file", written(t, "c.yaml", "session: {minutes: 100}\n")},
	} {
		c := call(t, append([]string{"simulate"}, args...)...)
		c.expect(t, 1)
		if !strings.Contains(c.err, says) {
			t.Errorf("%v: no %q in %s", args, says, c.err)
		}
	}
}
