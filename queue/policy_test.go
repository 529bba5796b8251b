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
		"ready_size":             func(p *Policy) { p.ReadySize = 0 },
		"late.interval":          func(p *Policy) { p.LateInterval = 0 },
		"missed.interval":        func(p *Policy) { p.MissedInterval = -1 },
		"missed.void_after":      func(p *Policy) { p.VoidAfter = 0 },
		"missed.calls":           func(p *Policy) { p.CallsBeforeMissed = 0 },
		"missed.reinsert":        func(p *Policy) { p.Reinsert = []Reinsertion{After(3), After(-1)} },
		"late.grace":             func(p *Policy) { p.LateGrace = -time.Second },
		"missed.min_gap":         func(p *Policy) { p.MinCallGap = -1 },
		"missed.min_total":       func(p *Policy) { p.MinCallTotal = -1 },
		"missed.take_back":       func(p *Policy) { p.TakeBack = -1 },
		"lanes.max_wait":         func(p *Policy) { p.LaneMaxWait = -1 },
		"return.interval":        func(p *Policy) { p.ReturnInterval = 0 },
		"priority.interval":      func(p *Policy) { p.PriorityInterval = 99 },
		"priority.series":        func(p *Policy) { p.PrioritySeries = 0 },
		"priority.groups":        func(p *Policy) { p.Groups = []Group{{Code: "a"}, {Code: "a"}} },
		"max_insert_share":       func(p *Policy) { p.MaxInsertShare = 0 },
		"leave.alpha":            func(p *Policy) { p.LeaveAlpha = 1 },
		"overtake.max_times":     func(p *Policy) { p.OvertakeTimes = -1 },
		"overtake.max_minutes":   func(p *Policy) { p.OvertakeFor = 48 * time.Hour },
		"key":                    func(p *Policy) { p.Key = "age" },
		"booked_first":           func(p *Policy) { p.BookedFirst = "" },
		"late.mode":              func(p *Policy) { p.LateMode = "never" },
		"pool.order":             func(p *Policy) { p.Pool = "random" },
		"deadline.am":            func(p *Policy) { p.DeadlineAM = "noon" },
		"checkin.presence":       func(p *Policy) { p.Presence = []string{"gps"} },
		"continuation.lane":      func(p *Policy) { p.Continuation.Lane = LaneMissed },
		"continuation.max_grade": func(p *Policy) { p.Continuation.MaxGrade = "chief" },
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
	for misses, want := range map[int]Reinsertion{1: After(3), 2: After(5), 3: {At: AtEndOfSession}} {
		if got := p.reinsertion(misses); got != want {
			t.Errorf("miss %d: got %v, want %v", misses, got, want)
		}
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
