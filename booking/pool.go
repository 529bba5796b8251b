package booking

import (
	"slices"
	"time"

	"github.com/houzhen/houzhen"
)

// Numbers of the bands: booked places are 1…200, walk-in and freed ones
// 201…300 and, if ever so many are freed, from 401 on; overbooked ones 301…400.
const (
	FirstWalkIn   = 201
	FirstOverbook = 301
	LastOverbook  = 400
)

// BandOverbook has the places that were added for one person each (overbook).
const BandOverbook Band = "overbook"

// BandOf tells the band of a number.
func BandOf(no int) Band {
	switch {
	case no < FirstWalkIn:
		return BandBooked
	case no >= FirstOverbook && no <= LastOverbook:
		return BandOverbook
	}
	return BandWalkIn
}

// Quota names for whom a place is kept: a channel or a group; "" is the
// general pool, which is everybody's.
type Quota string

// Quotas of channels: whoever comes through the channel may have them.
const (
	QuotaApp      Quota = "app"      // our own pages, app and mini program
	QuotaPlatform Quota = "platform" // regional platforms
	QuotaPhone    Quota = "phone"    // the telephone centre
	QuotaDesk     Quota = "desk"     // registration desk and kiosk
)

// Quotas of groups: the caller has to show that the patient is one of them.
const (
	QuotaElder        Quota = "elder"
	QuotaReferral     Quota = "referral"
	QuotaFollowUp     Quota = "followup"
	QuotaContinuation Quota = "continuation"
)

// AllQuotas lists every quota, groups first: of the places one may have, those
// of the narrowest right are given first.
var AllQuotas = []Quota{QuotaContinuation, QuotaReferral, QuotaFollowUp, QuotaElder, QuotaDesk, QuotaPhone, QuotaPlatform, QuotaApp}

// GroupQuotas lists the quotas that need evidence.
var GroupQuotas = []Quota{QuotaElder, QuotaReferral, QuotaFollowUp, QuotaContinuation}

// Quotas is how many places of a session are kept for whom.
type Quotas map[Quota]int

// channelQuotas says which quota a channel of appointments draws on.
var channelQuotas = map[string]Quota{
	"app": QuotaApp, "wechat": QuotaApp, "web": QuotaApp, "api": QuotaApp, "draw": QuotaApp,
	"platform": QuotaPlatform, "phone": QuotaPhone, DeskChannel: QuotaDesk, "kiosk": QuotaDesk,
}

// Who asks for a place. The zero value is anybody: the general pool.
type Who struct {
	Channel string
	Groups  []Quota // shown to be true by the caller: age, referral, follow-up, continuation
	Desk    bool    // running slices too
	Drawn   bool    // his lot was drawn: ahead of the release
	Had     bool    // the place was his: ahead of the delay after which it is public again
}

// May reports whether a place kept for q may be his.
func (w Who) May(q Quota) bool {
	return q == "" || channelQuotas[w.Channel] == q || slices.Contains(GroupQuotas, q) && slices.Contains(w.Groups, q)
}

// bookable is the one rule that says whether somebody may take the place at
// now; that it is free the unique index says. The desk may still give a place
// whose slice is running, others only one that has not begun. A kept place is
// for those it is kept for until the fall-back; zero is never.
func (s Slot) bookable(now time.Time, who Who, fallBack time.Time) error {
	switch {
	case s.Withheld, s.Band == BandOverbook:
		return houzhen.E(houzhen.CodeSlotWithheld, "slot is withheld, or was added for one person").On("slot")
	case !now.Before(s.End), !who.Desk && !now.Before(s.Start):
		return houzhen.E(houzhen.CodeSlotPast, "slot has begun").On("slot")
	case now.Before(s.OpenAt) && (!who.Had || s.kept()):
		return notReleased("slot is not open yet", "slot", s.OpenAt)
	}
	return s.keptFor(now, who, fallBack)
}

// keptFor refuses a place that is kept for others than who, until the
// fall-back; zero is never.
func (s Slot) keptFor(now time.Time, who Who, fallBack time.Time) error {
	if who.May(s.Quota) || !fallBack.IsZero() && !now.Before(fallBack) {
		return nil
	}
	e := houzhen.E(houzhen.CodeQuota, "slot is kept for others").On("slot").With("quota", string(s.Quota))
	if !fallBack.IsZero() {
		e = e.With("at", fallBack.UTC().Format(time.RFC3339))
	}
	return e
}

// general orders places: 0 kept for somebody, 1 general.
func (s Slot) general() int {
	if s.Quota == "" {
		return 1
	}
	return 0
}

// who tells the rules who asks.
func (r BookRequest) who() Who {
	return Who{Channel: r.Channel, Groups: r.Groups, Desk: r.Channel == DeskChannel, Drawn: r.Drawn}
}

func (r MoveRequest) who() Who {
	channel := r.Channel
	if r.Desk {
		channel = DeskChannel
	}
	return Who{Channel: channel, Groups: r.Groups, Desk: r.Desk}
}
