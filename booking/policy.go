package booking

import (
	"time"

	"github.com/houzhen/houzhen"
)

// Ceiling is how many visits a day the unique index allows one patient at
// most; a policy may only be stricter.
const Ceiling = 3

// Policy holds every number that a hospital may set (domain rule §8). The zero
// value is invalid; DefaultPolicy gives the published default.
type Policy struct {
	DeadlineAM, DeadlinePM houzhen.TimeOfDay // who has not checked in by then is a no-show; in the evening: the session's end

	PerDay           int           // visits of one patient on a day, at most Ceiling; 0: not limited
	PerDepartmentDay int           // in one department on a day; 0: no limit of its own, as the two below
	PerWeek          int           // within any 7 days
	PerQuarter       int           // within any 90 days
	Gap              time.Duration // least time between the slices of two visits of one patient; negative: they may overlap

	HorizonDays   int               // how long before its date a session is released; 0: at once
	ReleaseTime   houzhen.TimeOfDay // at what time of day
	ReleaseSpread time.Duration     // departments are spread over it, so that not all open at once

	FallBackDays int               // quotas are general that many days before the date …
	FallBackTime houzhen.TimeOfDay // … from this time of day
	OverbookMost int               // places added beyond the roster, a session
	ElderAge     int               // from that age on places of the elders' quota may be had
	OpenedLead   time.Duration     // a place added after the release opens that much later: the waitlist goes first
	DrawWindow   time.Duration     // requests of a draw are collected that long

	SwapWithin  time.Duration // a place may go to another of the family for so long after it was booked
	Hold        time.Duration // how long a place is held before it is confirmed
	CheckInLead time.Duration // check-in opens that long before a slice
	DownAfter   time.Duration // a silence of the system that long excuses who should have checked in

	ReturnMin      time.Duration // a place that came back is public after a random delay, at least this …
	ReturnMax      time.Duration // … and at most this; 0: at once
	ReleaseAt      float64       // an absent patient's place goes back once he stays away with this probability
	ReleaseAfter   time.Duration // where none is known: so long after his slice …
	ReleaseMinLeft time.Duration // … if that much of the session is left

	OpenLead   time.Duration // a session opens that long before it starts
	CloseAfter time.Duration // and closes that long after its end

	Options     int           // places kept for each patient of a suspended session, at most
	OptionHold  time.Duration // kept at most that long
	OptionLead  time.Duration // and given up that long before they start
	OptionMin   time.Duration // but never with less time to answer than this
	OptionDays  int           // searched that many days ahead
	Suggestions int           // alternatives told to the loser of a race

	SweepLimit int // items a sweep takes at most
	SweepBatch int // items in one transaction
}

// DefaultPolicy gives the published default.
func DefaultPolicy() Policy {
	return Policy{
		DeadlineAM: 11*60 + 30, DeadlinePM: 16*60 + 30,
		PerDay: 2, PerDepartmentDay: 1, PerWeek: 3, PerQuarter: 5, Gap: time.Hour,
		HorizonDays: 14, ReleaseTime: 7 * 60, ReleaseSpread: time.Minute,
		FallBackDays: 1, FallBackTime: 16 * 60, OverbookMost: 4, ElderAge: 70, OpenedLead: 30 * time.Minute, DrawWindow: time.Minute,
		SwapWithin: 10 * time.Minute, Hold: 15 * time.Minute, CheckInLead: 30 * time.Minute, DownAfter: 5 * time.Minute, ReturnMin: time.Minute, ReturnMax: 30 * time.Minute,
		ReleaseAt: Threshold(9, 1), ReleaseAfter: 15 * time.Minute, ReleaseMinLeft: 45 * time.Minute,
		OpenLead: time.Hour, CloseAfter: 4 * time.Hour,
		Options: 3, OptionHold: 24 * time.Hour, OptionLead: 2 * time.Hour, OptionMin: 30 * time.Minute, OptionDays: 14,
		Suggestions: 5, SweepLimit: 1000, SweepBatch: 100,
	}
}

// Validate says which number cannot be.
func (p Policy) Validate() error {
	for _, c := range []struct {
		field string
		ok    bool
	}{
		{"deadline_am", p.DeadlineAM > 0 && p.DeadlineAM < 24*60},
		{"deadline_pm", p.DeadlinePM > p.DeadlineAM && p.DeadlinePM < 24*60},
		{"per_day", p.PerDay >= 0 && p.PerDay <= Ceiling},
		{"per_department_day", p.PerDepartmentDay >= 0},
		{"per_week", p.PerWeek >= 0},
		{"per_quarter", p.PerQuarter >= 0},
		{"gap", p.Gap <= 12*time.Hour},
		{"horizon_days", p.HorizonDays >= 0 && p.HorizonDays <= 366},
		{"release_time", p.ReleaseTime >= 0 && p.ReleaseTime < 24*60},
		{"release_spread", p.ReleaseSpread >= 0 && p.ReleaseSpread <= time.Hour},
		{"fall_back_days", p.FallBackDays >= 0},
		{"fall_back_time", p.FallBackTime >= 0 && p.FallBackTime < 24*60},
		{"overbook_most", p.OverbookMost >= 0 && p.OverbookMost <= LastOverbook-FirstOverbook+1},
		{"elder_age", p.ElderAge >= 50 && p.ElderAge <= 100},
		{"opened_lead", p.OpenedLead >= 0},
		{"draw_window", p.DrawWindow >= 10*time.Second && p.DrawWindow%time.Second == 0},
		{"swap_within", p.SwapWithin >= 0 && p.SwapWithin <= time.Hour},
		{"hold", p.Hold > 0},
		{"check_in_lead", p.CheckInLead >= 0},
		{"down_after", p.DownAfter > 0},
		{"return_min", p.ReturnMin >= 0},
		{"return_max", p.ReturnMax >= p.ReturnMin},
		{"release_at", p.ReleaseAt > 0 && p.ReleaseAt <= 1},
		{"release_after", p.ReleaseAfter >= 0},
		{"release_min_left", p.ReleaseMinLeft >= 0},
		{"open_lead", p.OpenLead >= 0},
		{"close_after", p.CloseAfter >= 0},
		{"options", p.Options >= 1},
		{"option_hold", p.OptionHold > 0},
		{"option_lead", p.OptionLead >= 0},
		{"option_min", p.OptionMin > 0 && p.OptionMin <= p.OptionHold},
		{"option_days", p.OptionDays >= 1},
		{"suggestions", p.Suggestions >= 0},
		{"sweep_limit", p.SweepLimit >= 1},
		{"sweep_batch", p.SweepBatch >= 1 && p.SweepBatch <= p.SweepLimit},
	} {
		if !c.ok {
			return houzhen.E(houzhen.CodeInvalid, "policy value out of range").On(c.field)
		}
	}
	return nil
}

// limited reports whether a limit beyond the one per day is set.
func (p Policy) limited() bool {
	return p.PerDepartmentDay > 0 || p.PerWeek > 0 || p.PerQuarter > 0 || p.Gap >= 0
}
