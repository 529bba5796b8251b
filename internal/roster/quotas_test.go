package roster_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/roster"
)

const withQuotas = header + ",quota_elder,转诊号,date,kind"

func TestALineSaysForWhomItsPlacesAreKept(t *testing.T) {
	p := parse(withQuotas + "\nheart,chen,1,1,AM,08:00,12:00,30,3,4,２,,\nheart,liu,1,1,PM,14:00,17:00,30,3,,0,,\n")
	if len(p.Faults) > 0 || len(p.Rosters) != 2 {
		t.Fatalf("got %+v", p)
	}
	if d := cmp.Diff(booking.Quotas{booking.QuotaElder: 4, booking.QuotaReferral: 2}, p.Rosters[0].Quotas); d != "" {
		t.Error(d)
	}
	if p.Rosters[1].Quotas != nil {
		t.Errorf("got %v, want nothing kept", p.Rosters[1].Quotas)
	}
}

func TestFaultsOfKeptPlacesAreNamedByLine(t *testing.T) {
	for name, c := range map[string]struct {
		line string
		want roster.Fault
	}{
		"not a number": {"heart,chen,1,1,AM,08:00,12:00,30,3,some,,,", roster.Fault{Line: 2, Field: "quota_elder", Code: roster.FaultInvalid, Args: map[string]string{"value": "some"}}},
		"negative": {"heart,chen,1,1,AM,08:00,12:00,30,3,-1,,,", roster.Fault{
			Line: 2, Field: "quota_elder", Code: roster.FaultRange, Args: map[string]string{"value": "-1", "min": "0", "max": "24"},
		}},
		"more than there are": {"heart,chen,1,1,AM,08:00,12:00,30,3,23,2,,", roster.Fault{
			Line: 2, Field: "quota_elder", Code: roster.FaultRange, Args: map[string]string{"value": "23", "min": "0", "max": "22"},
		}},
		"of a date off": {",chen,,,,,,,,1,,2026-03-02,off", roster.Fault{Line: 2, Field: "quota_elder", Code: roster.FaultUnexpected}},
	} {
		p := parse(withQuotas + "\n" + c.line + "\n")
		if d := cmp.Diff([]roster.Fault{c.want}, p.Faults); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// A Saturday that makes up for a holiday has the sessions of the weekday it
// acts as, with their kept places, and is released as long before it as that
// day would be, holidays or not.
func TestASaturdayThatActsAsFridayHasFridaysSessions(t *testing.T) {
	loc := time.FixedZone("CST", 8*3600)
	p := parse(withQuotas + "\nheart,chen,1,周五,AM,08:00,12:00,30,3,4,,,\nheart,liu,1,周六,PM,14:00,17:00,30,3,,,,\n" +
		",,,周五,,,,,,,,2026-02-14,调休\n,,,,,,,,,,,2026-02-20,休\n")
	if len(p.Faults) > 0 {
		t.Fatalf("got %+v", p.Faults)
	}
	saturday := houzhen.Date{Year: 2026, Month: time.February, Day: 14}
	policy := booking.DefaultPolicy()
	plan := func(day houzhen.Date) []booking.Session {
		return booking.PlanSessions(p.Rosters, p.Exceptions, day, loc, policy)
	}
	got := plan(saturday)
	if len(got) != 1 || got[0].DoctorID != "p-chen" || got[0].Date != saturday || got[0].Part != houzhen.Morning {
		t.Fatalf("Saturday that acts as Friday: got %+v", got)
	}
	released := saturday.AddDays(-policy.HorizonDays).Clock(policy.ReleaseTime, loc)
	if at := got[0].ReleaseAt; at.Before(released) || !at.Before(released.Add(policy.ReleaseSpread+time.Second)) {
		t.Errorf("released at %s, want within %s of %s", at, policy.ReleaseSpread, released)
	}
	if off := plan(saturday.AddDays(6)); len(off) != 0 {
		t.Errorf("holiday: got %+v, want nobody", off)
	}
	if next := plan(saturday.AddDays(7)); len(next) != 1 || next[0].DoctorID != "p-liu" {
		t.Errorf("ordinary Saturday: got %+v, want Saturday's", next)
	}
}
