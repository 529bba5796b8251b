package forecast

import (
	"math"
	"testing"
	"time"
)

// callAt is a forecast of a call so many minutes from now.
func callAt(m *Model, minutes, sd float64) *Forecast {
	return &Forecast{now: at(8, 0), middle: minutes * 60, sd: sd * 60, by: m.calibrated[0]}
}

func TestWhoNeedsLongerLeavesEarlier(t *testing.T) {
	m, rule := tenMinutes(), DefaultLeave()
	f := callAt(m, 90, 20)
	last := at(8, 0).Add(24 * time.Hour)
	for _, minutes := range []int{5, 15, 30, 45, 60} {
		when := rule.At(f, Travel{Mean: time.Duration(minutes) * time.Minute}, at(8, 0))
		if !when.Before(last) {
			t.Errorf("with %d minutes of way he leaves at %v, with less at %v", minutes, when, last)
		}
		last = when
	}
}

func TestWhoAcceptsMoreRiskLeavesLater(t *testing.T) {
	m, way := tenMinutes(), Travel{Mean: 20 * time.Minute}
	f := callAt(m, 90, 20)
	last := time.Time{}
	for _, alpha := range []float64{0.02, 0.05, 0.1, 0.3} {
		rule := DefaultLeave()
		rule.Alpha = alpha
		when := rule.At(f, way, at(8, 0))
		if !when.After(last) {
			t.Errorf("at %.2f he leaves at %v, at less at %v", alpha, when, last)
		}
		last = when
		if got := rule.Risk(f, way, when.Add(rule.Recheck)); math.Abs(got-alpha) > 0.01 {
			t.Errorf("at %.2f the risk of leaving at %v is %.3f", alpha, when, got)
		}
		if rule.Advise(f, way, when.Add(-time.Minute), false) != StayHome || rule.Advise(f, way, when.Add(time.Second), false) != LeaveNow {
			t.Errorf("at %.2f the advice does not turn at %v", alpha, when)
		}
	}
}

func TestWhoWasToldToLeaveMayWaitALittleWhenTheClinicSlips(t *testing.T) {
	m, rule, way, now := tenMinutes(), DefaultLeave(), Travel{Mean: 20 * time.Minute}, at(8, 0)
	for name, c := range map[string]struct {
		minutes float64
		advised bool
		want    Advice
	}{
		"not yet":                          {120, false, StayHome},
		"now":                              {20, false, LeaveNow},
		"told and still true":              {20, true, LeaveNow},
		"told, and the clinic slipped":     {120, true, WaitALittle},
		"told, and it slipped by a little": {34, true, LeaveNow},
	} {
		if got := rule.Advise(callAt(m, c.minutes, 5), way, now, c.advised); got != c.want {
			t.Errorf("%s: got %d, want %d", name, got, c.want)
		}
	}
}

func TestNobodyLeavesForACallThatCannotComeYet(t *testing.T) {
	m, rule := tenMinutes(), DefaultLeave()
	f := callAt(m, 1, 1)
	f.notBefore = at(10, 0)
	when := rule.At(f, Travel{Mean: 20 * time.Minute}, at(8, 0))
	if when.Before(at(9, 20)) || when.After(at(9, 45)) {
		t.Errorf("for a call at 10:00 at the earliest he leaves at %v", when)
	}
}

func TestTravelIsItsMeanAndSpread(t *testing.T) {
	way := Travel{Mean: 30 * time.Minute}
	const n = 20000
	sum, squares := 0.0, 0.0
	for i := range n {
		x := way.Quantile((float64(i) + 0.5) / n).Minutes()
		sum, squares = sum+x, squares+x*x
	}
	mean := sum / n
	sd := math.Sqrt(squares/n - mean*mean)
	if math.Abs(mean-30) > 0.05 || math.Abs(sd-6) > 0.1 {
		t.Errorf("got %.2f ± %.2f minutes, want 30 ± 6", mean, sd)
	}
	if way.Quantile(0) <= 0 || way.Quantile(1) > 24*time.Hour {
		t.Error("the ends of a way are no times")
	}
}
