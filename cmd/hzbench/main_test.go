package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/houzhen/houzhen/internal/measure"
)

// called is what a call of the program came to.
type called struct {
	code     int
	out, err string
}

func call(t *testing.T, args ...string) called {
	t.Helper()
	var out, errOut strings.Builder
	code := run(t.Context(), args, &out, &errOut)
	return called{code, out.String(), errOut.String()}
}

// figures reads what --json printed and holds its shape: an array of objects
// with exactly these five fields.
func (c called) figures(t *testing.T) map[string]measure.Figure {
	t.Helper()
	var raw []map[string]any
	if err := json.Unmarshal([]byte(c.out), &raw); err != nil {
		t.Fatalf("%v in:\n%s%s", err, c.out, c.err)
	}
	byName := map[string]measure.Figure{}
	for _, f := range raw {
		var fields []string
		for field := range f {
			fields = append(fields, field)
		}
		slices.Sort(fields)
		if want := []string{"limit", "name", "ok", "unit", "value"}; !slices.Equal(fields, want) {
			t.Errorf("fields %v, want %v", fields, want)
		}
		name, _ := f["name"].(string)
		if _, twice := byName[name]; twice {
			t.Errorf("%s is printed twice", name)
		}
		limit, _ := f["limit"].(float64)
		value, _ := f["value"].(float64)
		ok, _ := f["ok"].(bool)
		byName[name] = measure.Figure{Name: name, Value: value, Limit: &limit, OK: ok}
	}
	return byName
}

func TestWrongWordsEndWithTwo(t *testing.T) {
	for _, args := range [][]string{{}, {"nothing"}, {"booking", "--only=everything"}, {"booking", "--engines=oracle"}} {
		if got := call(t, args...); got.code != 2 || got.err == "" {
			t.Errorf("%v: got %d %q, want 2 and words", args, got.code, got.err)
		}
	}
	if got := call(t, "booking", "--help"); got.code != 0 || !strings.Contains(got.out, "--json") {
		t.Errorf("help: got %d %q", got.code, got.out)
	}
}

// TestOneMissedLimitEndsWithOne: the exit code is that of the worst figure, in
// both forms of the report.
func TestOneMissedLimitEndsWithOne(t *testing.T) {
	good := measure.Report{measure.Least("ratio", 7, 6, "x"), measure.Plain("disk", 1, "1/s")}
	bad := append(slices.Clone(good), measure.Most("p99", 51, 50, "ms"))
	for _, asJSON := range []bool{true, false} {
		for want, report := range []measure.Report{good, bad} {
			var out, errOut strings.Builder
			e := &env{errOut: &errOut, report: report}
			if got := (&cli{JSON: asJSON}).end(e, &out, nil); got != want || out.Len() == 0 {
				t.Errorf("%d figures: got code %d and %q, want %d", len(report), got, out.String(), want)
			}
		}
		var out, errOut strings.Builder
		e := &env{errOut: &errOut, report: good}
		if got := (&cli{JSON: asJSON}).end(e, &out, os.ErrPermission); got != 1 || !strings.Contains(errOut.String(), "permission") || out.Len() == 0 {
			t.Errorf("a run that broke off: got %d %q %q, want 1, its cause, and what was measured", got, out.String(), errOut.String())
		}
	}
}

func TestAProfileIsWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cpu.prof")
	if err := profiled(file, func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Size() == 0 {
		t.Errorf("got %v, %v", info, err)
	}
	if err := profiled(filepath.Join(file, "none"), func() error { return nil }); err == nil {
		t.Error("a file that cannot be made is no error")
	}
}
