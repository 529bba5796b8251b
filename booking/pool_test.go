package booking

import (
	"testing"
	"time"

	"github.com/houzhen/houzhen"
)

func TestSlotIsTakenByWhomItIsKeptFor(t *testing.T) {
	fallBack := day.AddDays(-1).At(16, 0, zone)
	before, after := fallBack.Add(-time.Microsecond), fallBack
	elder := Slot{No: 3, Start: clock(9, 0), End: clock(9, 30), Quota: QuotaElder}
	phone, later, over := elder, elder, elder
	phone.Quota = QuotaPhone
	later.Quota, later.OpenAt = "", before
	over.Quota, over.Band = "", BandOverbook
	old := Who{Channel: "app", Groups: []Quota{QuotaElder}}
	for name, c := range map[string]struct {
		slot     Slot
		now      time.Time
		who      Who
		fallBack time.Time
		want     houzhen.Code
	}{
		"an elder":                           {elder, before, old, fallBack, ""},
		"another":                            {elder, before, Who{Channel: "app"}, fallBack, houzhen.CodeQuota},
		"another, at the fall-back":          {elder, after, Who{Channel: "app"}, fallBack, ""},
		"another, where nothing falls back":  {elder, after, Who{Channel: "app"}, time.Time{}, houzhen.CodeQuota},
		"the desk for another":               {elder, before, Who{Channel: DeskChannel, Desk: true}, fallBack, houzhen.CodeQuota},
		"of another group":                   {elder, before, Who{Groups: []Quota{QuotaReferral}}, fallBack, houzhen.CodeQuota},
		"by telephone":                       {phone, before, Who{Channel: "phone"}, fallBack, ""},
		"an elder on the phone's":            {phone, before, old, fallBack, houzhen.CodeQuota},
		"who claims a channel as a group":    {phone, before, Who{Channel: "app", Groups: []Quota{QuotaPhone}}, fallBack, houzhen.CodeQuota},
		"the moment before it opens":         {later, before.Add(-time.Microsecond), old, fallBack, houzhen.CodeNotReleased},
		"as it opens":                        {later, before, old, fallBack, ""},
		"added for one person":               {over, before, Who{Channel: DeskChannel, Desk: true}, fallBack, houzhen.CodeSlotWithheld},
		"drawn lots give no place of others": {elder, before, Who{Drawn: true}, fallBack, houzhen.CodeQuota},
	} {
		if got := houzhen.CodeOf(c.slot.bookable(c.now, c.who, c.fallBack)); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestDrawnLotGoesAheadOfTheRelease(t *testing.T) {
	s := morning(SessionPlanned)
	now := s.ReleaseAt.Add(-time.Minute)
	if err := s.bookable(now, Who{Drawn: true}); err != nil {
		t.Errorf("drawn: got %v", err)
	}
	s.Status = SessionSuspended
	if got := houzhen.CodeOf(s.bookable(now, Who{Drawn: true})); got != houzhen.CodeSessionSuspended {
		t.Errorf("drawn, suspended: got %q", got)
	}
}

func TestBandOfANumber(t *testing.T) {
	for no, want := range map[int]Band{1: BandBooked, 200: BandBooked, 201: BandWalkIn, 300: BandWalkIn, 301: BandOverbook, 400: BandOverbook, 401: BandWalkIn} {
		if got := BandOf(no); got != want {
			t.Errorf("%d: got %q, want %q", no, got, want)
		}
	}
}
