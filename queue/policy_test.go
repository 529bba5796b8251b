package queue

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
)

func TestDefaultPolicyIsValid(t *testing.T) {
	if err := DefaultPolicy().Validate(); err != nil {
		t.Error(err)
	}
}

func TestValidateNamesTheField(t *testing.T) {
	cases := map[string]func(*Policy){
		"ready_size":          func(p *Policy) { p.ReadySize = 0 },
		"late_interval":       func(p *Policy) { p.LateInterval = 0 },
		"missed_interval":     func(p *Policy) { p.MissedInterval = -1 },
		"void_after":          func(p *Policy) { p.VoidAfter = 0 },
		"calls_before_missed": func(p *Policy) { p.CallsBeforeMissed = 0 },
		"reinsert":            func(p *Policy) { p.Reinsert = []int{3, -1} },
		"late_grace":          func(p *Policy) { p.LateGrace = -time.Second },
		"min_call_gap":        func(p *Policy) { p.MinCallGap = -1 },
		"min_call_total":      func(p *Policy) { p.MinCallTotal = -1 },
		"take_back":           func(p *Policy) { p.TakeBack = -1 },
		"lane_max_wait":       func(p *Policy) { p.LaneMaxWait = -1 },
	}
	for field, spoil := range cases {
		t.Run(field, func(t *testing.T) {
			p := DefaultPolicy()
			spoil(&p)
			var coded *houzhen.Error
			if err := p.Validate(); !errors.As(err, &coded) || coded.Code != houzhen.CodeInvalid || coded.Field != field {
				t.Errorf("got %v, want invalid on %s", err, field)
			}
		})
	}
	if err := (Policy{}).Validate(); err == nil {
		t.Error("the zero policy is valid")
	}
}

func TestReinsertion(t *testing.T) {
	p := DefaultPolicy()
	for misses, want := range map[int]int{1: 3, 2: 5} {
		if got, atEnd := p.reinsertion(misses); got != want || atEnd {
			t.Errorf("miss %d: got %d at end %t, want %d", misses, got, atEnd, want)
		}
	}
	if _, atEnd := p.reinsertion(3); !atEnd {
		t.Error("the third miss is not at the end")
	}
}

func TestReasonCodesAreUnique(t *testing.T) {
	for _, list := range [][]string{ReasonCodes(), DropReasons()} {
		slices.Sort(list)
		if got, want := len(slices.Compact(list)), len(list); got != want {
			t.Errorf("%d of %d codes are unique", got, want)
		}
		if slices.Contains(list, "") {
			t.Error("a code is empty")
		}
	}
}
