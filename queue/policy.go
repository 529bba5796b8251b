package queue

import (
	"time"

	"github.com/houzhen/houzhen"
)

// DefaultPolicy gives the published default (domain rule §8): two at the door,
// a grace of 15 minutes, one late patient after two on time, a missed one back
// after 3, then 5, then at the end, and void at the fourth miss.
func DefaultPolicy() Policy {
	return Policy{
		ReadySize:         2,
		LateGrace:         15 * time.Minute,
		LateInterval:      2,
		MissedInterval:    2,
		Reinsert:          []int{3, 5},
		VoidAfter:         4,
		CallsBeforeMissed: 3,
		MinCallGap:        20 * time.Second,
		MinCallTotal:      90 * time.Second,
		TakeBack:          2 * time.Minute,
		LaneMaxWait:       30 * time.Minute,
		AutoFinish:        true,
	}
}

// Validate refuses a policy that cannot order a queue, naming the field.
func (p Policy) Validate() error {
	counts := []struct {
		field     string
		value, at int // at least
	}{
		{"ready_size", p.ReadySize, 1},
		{"late_interval", p.LateInterval, 1},
		{"missed_interval", p.MissedInterval, 1},
		{"void_after", p.VoidAfter, 1},
		{"calls_before_missed", p.CallsBeforeMissed, 1},
	}
	for _, c := range counts {
		if c.value < c.at {
			return houzhen.E(houzhen.CodeInvalid, "policy number is too small").On(c.field)
		}
	}
	for _, n := range p.Reinsert {
		if n < 0 {
			return houzhen.E(houzhen.CodeInvalid, "policy number is negative").On("reinsert")
		}
	}
	return p.validateDurations()
}

func (p Policy) validateDurations() error {
	durations := []struct {
		field string
		value time.Duration
	}{
		{"late_grace", p.LateGrace},
		{"min_call_gap", p.MinCallGap},
		{"min_call_total", p.MinCallTotal},
		{"take_back", p.TakeBack},
		{"lane_max_wait", p.LaneMaxWait},
	}
	for _, d := range durations {
		if d.value < 0 {
			return houzhen.E(houzhen.CodeInvalid, "policy duration is negative").On(d.field)
		}
	}
	return nil
}

// reinsertion says where a patient goes after his n-th miss: behind how many
// normals, or at the end of the session.
func (p Policy) reinsertion(misses int) (skip int, atEnd bool) {
	if misses > len(p.Reinsert) {
		return 0, true
	}
	return p.Reinsert[max(misses, 1)-1], false
}

// laneRule is one insert lane: who may go between the normals, and how the
// pick is explained. The order of the rules is their precedence; another lane
// is another line in inserts.
type laneRule struct {
	lane     Lane
	interval int    // normals between two of this lane
	due      string // reason when its turn has come
	waited   string // reason when it waited too long
	only     string // reason when no normal is left
}

// inserts lists the insert lanes in their fixed precedence (domain rule §3.3).
func (p Policy) inserts() []laneRule {
	return []laneRule{
		{LaneMissed, p.MissedInterval, ReasonMissedAfter, ReasonMissedWaited, ReasonOnlyMissedLeft},
		{LaneLate, p.LateInterval, ReasonLateInterval, ReasonLateWaited, ReasonOnlyLateLeft},
	}
}
