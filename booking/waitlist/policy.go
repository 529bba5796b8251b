package waitlist

import (
	"math"
	"time"

	"github.com/houzhen/houzhen"
)

// Policy holds every number of the waitlist that a hospital may set. The zero
// value is invalid; DefaultPolicy gives the published default.
type Policy struct {
	QuietFrom, QuietTo houzhen.TimeOfDay // nobody is offered anything in between
	CloseAt            houzhen.TimeOfDay // on the eve, for those who do not wait on the day itself

	FarLead  time.Duration // beyond it one person at a time is offered a kept place
	FarHold  time.Duration
	NearLead time.Duration // below it more are invited
	Hold     time.Duration // how long an invitation is open
	Middle   int           // invitations between NearLead and FarLead
	NearMin  int           // and below NearLead, at least …
	NearMax  int           // … and at most

	Fill   float64 // the share of places that is to be filled …
	Accept float64 // … when one invitation is accepted with this probability

	TravelMargin time.Duration // beside the travel minutes
	LastCall     time.Duration // before the end of a place that is open already
	MostEntries  int           // live ones of a patient
	SweepLimit   int
}

// DefaultPolicy gives the published default: reply times, acceptance of one in
// ten and the numbers of invitations are those of the simulated cascade that
// docs/adr/0015 tells of.
func DefaultPolicy() Policy {
	return Policy{
		QuietFrom: 21*60 + 30, QuietTo: 7 * 60, CloseAt: 23 * 60,
		FarLead: 12 * time.Hour, FarHold: 30 * time.Minute, NearLead: 2 * time.Hour, Hold: 10 * time.Minute,
		Middle: 2, NearMin: 3, NearMax: 5, Fill: .9, Accept: .1,
		TravelMargin: 10 * time.Minute, LastCall: 15 * time.Minute, MostEntries: 5, SweepLimit: 200,
	}
}

// Validate says which number cannot be.
func (p Policy) Validate() error {
	for _, c := range []struct {
		field string
		ok    bool
	}{
		{"quiet_from", p.QuietFrom >= 0 && p.QuietFrom < 24*60},
		{"quiet_to", p.QuietTo >= 0 && p.QuietTo < 24*60},
		{"close_at", p.CloseAt > 0 && p.CloseAt < 24*60},
		{"far_lead", p.FarLead >= p.NearLead},
		{"far_hold", p.FarHold > 0},
		{"near_lead", p.NearLead > 0},
		{"hold", p.Hold > 0},
		{"middle", p.Middle >= 1},
		{"near_min", p.NearMin >= 1 && p.NearMin <= p.NearMax},
		{"fill", p.Fill > 0 && p.Fill < 1},
		{"accept", p.Accept > 0 && p.Accept < 1},
		{"travel_margin", p.TravelMargin >= 0},
		{"last_call", p.LastCall >= 0},
		{"most_entries", p.MostEntries >= 1},
		{"sweep_limit", p.SweepLimit >= 1},
	} {
		if !c.ok {
			return houzhen.E(houzhen.CodeInvalid, "waitlist policy value out of range").On(c.field)
		}
	}
	return nil
}

// Round is how one place is offered: to how many, and for how long.
type Round struct {
	Kind Kind
	K    int
	For  time.Duration
}

// Needed gives how many invitations must be open at a time to fill a place
// with probability fill while it is usable, when each is open for hold and is
// accepted with probability accept: hold·ln(1/(1−fill)) / (−ln(1−accept)·usable),
// rounded up. Nothing usable gives the largest number there is.
func Needed(hold, usable time.Duration, fill, accept float64) int {
	if usable <= 0 {
		return math.MaxInt32
	}
	k := hold.Minutes() * -math.Log1p(-fill) / (-math.Log1p(-accept) * usable.Minutes())
	return max(1, int(min(math.Ceil(k-1e-9), math.MaxInt32)))
}

// Round decides how a place is offered when its session starts in lead and the
// place itself can be used for usable from now on.
func (p Policy) Round(lead, usable time.Duration) Round {
	switch {
	case lead > p.FarLead:
		return Round{Offer, 1, p.FarHold}
	case lead >= p.NearLead:
		return Round{Invitation, p.Middle, min(p.Hold, max(usable, time.Minute))}
	}
	k := Needed(p.Hold, usable, p.Fill, p.Accept)
	return Round{Invitation, min(max(k, p.NearMin), p.NearMax), min(p.Hold, max(usable, time.Minute))}
}
