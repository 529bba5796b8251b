package measure_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/houzhen/houzhen/internal/clock"
	"github.com/houzhen/houzhen/internal/measure"
)

func TestAFigureIsGoodOnItsSideOfTheLimit(t *testing.T) {
	for name, c := range map[string]struct {
		figure measure.Figure
		ok     bool
	}{
		"least, above":                 {measure.Least("a", 6.1, 6, "x"), true},
		"least, at it":                 {measure.Least("a", 6, 6, "x"), true},
		"least, below":                 {measure.Least("a", 5.999, 6, "x"), false},
		"most, below":                  {measure.Most("a", 49, 50, "ms"), true},
		"most, at it":                  {measure.Most("a", 0, 0, ""), true},
		"most, above":                  {measure.Most("a", 1, 0, ""), false},
		"no limit":                     {measure.Plain("a", -3, ""), true},
		"not a number":                 {measure.Most("a", math.NaN(), 5, ""), false},
		"infinite":                     {measure.Least("a", math.Inf(1), 5, ""), false},
		"never rounded over its limit": {measure.Least("a", 5.99999, 6, "x"), false},
		"next to nothing":              {measure.Most("a", math.SmallestNonzeroFloat64, 1, ""), true},
	} {
		if c.figure.OK != c.ok {
			t.Errorf("%s: got ok %v, want %v", name, c.figure.OK, c.ok)
		}
		if math.IsNaN(c.figure.Value) {
			t.Errorf("%s: got no number to write", name)
		}
	}
}

func TestAReportIsOneArrayOfFiveFields(t *testing.T) {
	var r measure.Report
	r.Add(measure.Plain("disk", 14321.777, "1/s"), measure.Least("ratio", 6.51239, 6, "x"), measure.Most("oversold", 2, 0, "places"))
	var b strings.Builder
	if err := r.JSON(&b); err != nil {
		t.Fatal(err)
	}
	want := `[{"name":"disk","value":14322,"unit":"1/s","limit":null,"ok":true},` +
		`{"name":"ratio","value":6.512,"unit":"x","limit":6,"ok":true},` +
		`{"name":"oversold","value":2,"unit":"places","limit":0,"ok":false}]` + "\n"
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Error(d)
	}
	if r.Misses() != 1 {
		t.Errorf("got %d misses, want 1", r.Misses())
	}
	b.Reset()
	if err := measure.Report(nil).JSON(&b); err != nil || b.String() != "[]\n" {
		t.Errorf("an empty report: got %q, %v", b.String(), err)
	}
}

func TestAReportAlwaysWritesJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, limit := rapid.Float64().Draw(t, "value"), rapid.Float64().Draw(t, "limit")
		var b strings.Builder
		r := measure.Report{measure.Most("f", v, limit, "u")}
		if err := r.JSON(&b); err != nil {
			t.Fatal(err)
		}
		var back []measure.Figure
		if err := json.Unmarshal([]byte(b.String()), &back); err != nil || len(back) != 1 {
			t.Fatalf("%s: %v", b.String(), err)
		}
	})
}

func TestATableSaysWhichWayALimitGoes(t *testing.T) {
	r := measure.Report{measure.Plain("disk", 1, "1/s"), measure.Least("ratio", 7, 6, "x"), measure.Most("p99", 51, 50, "ms"), measure.Least("rows", 1e7, 1e7, "")}
	var b strings.Builder
	if err := r.Table(&b); err != nil {
		t.Fatal(err)
	}
	var got [][]string
	for line := range strings.Lines(b.String()) {
		got = append(got, strings.Fields(line))
	}
	want := [][]string{{"disk", "1", "1/s"}, {"ratio", "7", "x", "at", "least", "6", "ok"}, {"p99", "51", "ms", "at", "most", "50", "MISSED"}, {"rows", "10000000", "at", "least", "10000000", "ok"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestQuantilesAreSamples(t *testing.T) {
	var s measure.Samples
	for i := range 100 {
		s = append(s, time.Duration(100-i))
	}
	for q, want := range map[float64]time.Duration{0: 1, 0.001: 1, 0.5: 50, 0.99: 99, 0.991: 100, 1: 100} {
		if got := s.Quantile(q); got != want {
			t.Errorf("quantile %v: got %d, want %d", q, got, want)
		}
	}
	if got := measure.Samples(nil).Quantile(0.99); got != 0 {
		t.Errorf("without samples: got %v", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Int64Range(0, 50), 1, 40).Draw(t, "samples")
		q := rapid.Float64Range(0.01, 1).Draw(t, "q")
		var s measure.Samples
		for _, v := range list {
			s = append(s, time.Duration(v))
		}
		got := s.Quantile(q)
		within := 0
		for _, v := range s {
			if v <= got {
				within++
			}
		}
		if !slices.Contains(s, got) || float64(within) < q*float64(len(s)) {
			t.Fatalf("quantile %v of %v is %v", q, s, got)
		}
	})
}

func TestMedian(t *testing.T) {
	for want, list := range map[float64][]float64{2: {3, 1, 2}, 2.5: {4, 1, 2, 3}, 7: {7}} {
		if got := measure.Median(list); got != want {
			t.Errorf("%v: got %v, want %v", list, got, want)
		}
	}
	if !math.IsNaN(measure.Median(nil)) {
		t.Error("the median of nothing is a number")
	}
}

func TestAClosedLoopDoesEveryPieceOnce(t *testing.T) {
	var mu sync.Mutex
	seen := map[int]int{}
	l, err := measure.Closed(t.Context(), 8, 1000, 0, func(_ context.Context, caller, piece int) error {
		mu.Lock()
		defer mu.Unlock()
		seen[piece]++
		if caller < 0 || caller >= 8 {
			t.Errorf("caller %d", caller)
		}
		return nil
	})
	if err != nil || l.Done != 1000 || len(seen) != 1000 || len(l.Waited) != 1000 {
		t.Errorf("got %d done, %d seen, %d waited, %v", l.Done, len(seen), len(l.Waited), err)
	}
	if l.PerSecond() <= 0 || (measure.Load{}).PerSecond() != 0 {
		t.Errorf("got rates %v and %v", l.PerSecond(), measure.Load{}.PerSecond())
	}
}

func TestAClosedLoopEndsAtItsLimit(t *testing.T) {
	l, err := measure.Closed(t.Context(), 2, 1<<30, 30*time.Millisecond, func(context.Context, int, int) error { return nil })
	if err != nil || l.Done == 0 || l.Elapsed < 30*time.Millisecond || l.Elapsed > 10*time.Second {
		t.Errorf("got %d in %v, %v", l.Done, l.Elapsed, err)
	}
}

func TestTheFirstErrorStopsALoop(t *testing.T) {
	fault := errors.New("refused")
	l, err := measure.Closed(t.Context(), 4, 1<<30, 0, func(_ context.Context, _, piece int) error {
		if piece == 100 {
			return fault
		}
		return nil
	})
	if !errors.Is(err, fault) || l.Done < 96 {
		t.Errorf("closed: got %d, %v", l.Done, err)
	}
	_, err = measure.Open(t.Context(), clock.Real{}.Now(), 1e6, 1000, func(_ context.Context, piece int, _ time.Time) error {
		if piece == 100 {
			return fault
		}
		return nil
	})
	if !errors.Is(err, fault) {
		t.Errorf("open: got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := measure.Closed(ctx, 1, 5, 0, func(context.Context, int, int) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("a loop whose caller has gone: got %v", err)
	}
}

// A server that stands still for the first piece keeps the others waiting from
// the instants at which they were due, not from when they got through.
func TestAnOpenLoopCountsFromTheScheduledInstant(t *testing.T) {
	stall := 60 * time.Millisecond
	var server sync.Mutex
	start := clock.Real{}.Now().Add(5 * time.Millisecond)
	var mu sync.Mutex
	var dues []time.Time
	l, err := measure.Open(t.Context(), start, 1000, 20, func(ctx context.Context, piece int, due time.Time) error {
		mu.Lock()
		dues = append(dues, due)
		mu.Unlock()
		server.Lock()
		defer server.Unlock()
		return measure.Until(ctx, start.Add(stall))
	})
	if err != nil || l.Done != 20 {
		t.Fatalf("got %d, %v", l.Done, err)
	}
	slices.SortFunc(dues, time.Time.Compare)
	for i, due := range dues {
		if want := start.Add(time.Duration(i) * time.Millisecond); !due.Equal(want) {
			t.Errorf("piece %d was due at %v, want %v", i, due, want)
		}
	}
	if got := slices.Min(l.Waited); got < stall-19*time.Millisecond {
		t.Errorf("somebody waited only %v behind a stall of %v", got, stall)
	}
	if got := slices.Max(l.Waited); got < stall {
		t.Errorf("the first one waited %v, want at least %v", got, stall)
	}
}

func TestWaysTakeTurnsToBegin(t *testing.T) {
	order := ""
	way := func(name string, value float64) func(context.Context) (float64, error) {
		return func(context.Context) (float64, error) {
			order += name
			value++
			return value, nil
		}
	}
	took, err := measure.Rounds(t.Context(), 3, way("a", 10), way("b", 5))
	if err != nil || order != "abbaab" {
		t.Errorf("got order %s, %v", order, err)
	}
	if d := cmp.Diff([][]float64{{11, 12, 13}, {6, 7, 8}}, took); d != "" {
		t.Error(d)
	}
	if got, want := measure.Ratio(took[0], took[1]), 12.0/7; got != want {
		t.Errorf("ratio: got %v, want %v", got, want)
	}
	fault := errors.New("broken")
	_, err = measure.Rounds(t.Context(), 3, way("a", 1), func(context.Context) (float64, error) { return 0, fault })
	if !errors.Is(err, fault) {
		t.Errorf("got %v", err)
	}
}

func TestTheDiskIsMeasured(t *testing.T) {
	dir := t.TempDir()
	if n, err := measure.Fdatasync(dir); err != nil || n <= 0 {
		t.Errorf("got %v, %v, want a figure", n, err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left %v behind", left)
	}
	if _, err := measure.Fdatasync(filepath.Join(dir, "none")); err == nil {
		t.Error("a folder that is not there was measured")
	}
}
