package noshow_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/houzhen/houzhen/booking/noshow"
)

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

func TestRate(t *testing.T) {
	for name, c := range map[string]struct {
		p          []float64
		missed     []bool
		auc, brier float64
	}{
		"nothing":          {nil, nil, 0.5, 0},
		"all came":         {[]float64{.1, .2}, []bool{false, false}, 0.5, (.01 + .04) / 2},
		"perfect order":    {[]float64{.1, .9}, []bool{false, true}, 1, .01},
		"wrong order":      {[]float64{.9, .1}, []bool{false, true}, 0, .81},
		"ties count half":  {[]float64{.5, .5, .5, .5}, []bool{true, false, true, false}, .5, .25},
		"one tie in three": {[]float64{.2, .2, .8}, []bool{false, true, true}, .75, (.04 + .64 + .04) / 3},
	} {
		t.Run(name, func(t *testing.T) {
			got := noshow.Rate(c.p, c.missed)
			if !near(got.AUC, c.auc) || !near(got.Brier, c.brier) || got.N != len(c.p) {
				t.Errorf("got %+v, want AUC %v, Brier %v", got, c.auc, c.brier)
			}
		})
	}
}

func TestCalibrationErrorIsOverTenBinsOfEqualCount(t *testing.T) {
	var p []float64
	var missed []bool
	for i := range 1000 { // predicted 0.2, one in ten really missed; predicted 0.6, really six in ten
		high := i >= 500
		p = append(p, 0.2+0.4*map[bool]float64{true: 1}[high])
		missed = append(missed, i%10 == 0 || high && i%10 < 6)
	}
	got := noshow.Rate(p, missed)
	if len(got.Bins) != 10 || got.Bins[0].N != 100 {
		t.Fatalf("got %+v, want ten bins of 100", got.Bins)
	}
	if !near(got.ECE, 0.05) {
		t.Errorf("got %v, want 0.05: half of the visits are off by 0.1", got.ECE)
	}
}

func TestRateDoesNotDependOnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "n")
		p, missed := make([]float64, n), make([]bool, n)
		for i := range n {
			p[i] = float64(i) / float64(n) // no ties: bins of ties depend on order
			missed[i] = rapid.Bool().Draw(t, "missed")
		}
		swapped, other := make([]float64, n), make([]bool, n)
		for i, j := range rapid.Permutation(indexes(n)).Draw(t, "order") {
			swapped[i], other[i] = p[j], missed[j]
		}
		a, b := noshow.Rate(p, missed), noshow.Rate(swapped, other)
		if !near(a.AUC, b.AUC) || !near(a.ECE, b.ECE) || !near(a.Brier, b.Brier) {
			t.Fatalf("got %+v and %+v", a, b)
		}
		if a.AUC < 0 || a.AUC > 1 || a.ECE < 0 || a.ECE > 1 {
			t.Fatalf("out of range: %+v", a)
		}
	})
}

func indexes(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

func TestAbsentIsTheBinomialForEqualChances(t *testing.T) {
	c := noshow.Absent([]float64{.5, .5, .5})
	for k, want := range []float64{.125, .375, .375, .125} {
		if !near(c.At[k], want) {
			t.Errorf("%d absent: got %v, want %v", k, c.At[k], want)
		}
	}
	if !near(c.Mean, 1.5) || !near(c.Fewer(2), .5) || c.Fewer(0) != 0 || !near(c.Fewer(9), 1) {
		t.Errorf("got mean %v, fewer than two %v", c.Mean, c.Fewer(2))
	}
}

func TestAbsentIsADistribution(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Float64Range(0, 1), 0, 40).Draw(t, "p")
		c := noshow.Absent(p)
		total, mean := 0.0, 0.0
		for k, at := range c.At {
			if at < 0 {
				t.Fatalf("a chance below 0: %v", c.At)
			}
			total += at
			mean += float64(k) * at
		}
		if math.Abs(total-1) > 1e-9 || math.Abs(mean-c.Mean) > 1e-6 {
			t.Fatalf("adds up to %v with mean %v, want 1 and %v", total, mean, c.Mean)
		}
	})
}

func TestAdvice(t *testing.T) {
	sure, coins := []float64{0, 0, 0}, []float64{.5, .5, .5, .5}
	for name, c := range map[string]struct {
		p     []float64
		risk  float64
		extra int
	}{
		"everybody comes: nobody more":       {sure, .2, 0},
		"four coins: one more at a tenth":    {coins, .1, 1}, // 1/16 that all four come
		"four coins: none at a twentieth":    {coins, .05, 0},
		"four coins: two at a third":         {coins, .34, 2}, // 5/16
		"never more than there are patients": {[]float64{1, 1}, .9, 2},
		"an empty session":                   {nil, .1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := noshow.Advise(c.p, c.risk)
			if err != nil || got.Extra != c.extra {
				t.Errorf("got %+v (%v), want %d", got, err, c.extra)
			}
			if got.Risk > c.risk {
				t.Errorf("advised at a risk of %v, over %v", got.Risk, c.risk)
			}
		})
	}
	if _, err := noshow.Advise(coins, 0); err == nil {
		t.Error("a risk of 0 was taken")
	}
}

func TestMoreRiskNeverAdvisesFewer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Float64Range(0.01, .99), 1, 30).Draw(t, "p")
		low := rapid.Float64Range(.01, .5).Draw(t, "low")
		a, _ := noshow.Advise(p, low)
		b, _ := noshow.Advise(p, low+.3)
		if b.Extra < a.Extra || a.Risk > low {
			t.Fatalf("at %v: %+v, at %v: %+v", low, a, low+.3, b)
		}
	})
}
