package notify

import (
	"time"

	"github.com/houzhen/houzhen"
)

// Policy says when messages may go and how many. The zero value is invalid;
// DefaultPolicy gives the published default (domain rule §4, §8).
type Policy struct {
	Zone      *time.Location
	QuietFrom houzhen.TimeOfDay // class B is held from here …
	QuietTo   houzhen.TimeOfDay // … to here
	RemindAt  houzhen.TimeOfDay // on the day before the visit
	BookedFor time.Duration     // a confirmation is of use for so long
	CalledFor time.Duration
	SignInFor time.Duration
	PerTicket int // class B messages a day about one appointment or ticket
	PerPhone  int // class B messages a day to one phone
	// PerTemplate is how many of one wording go to one phone within 24 hours,
	// which is the provider's own limit; it holds for what is critical too.
	PerTemplate int
	Attempts    int       // tries of one message
	NearAt      int       // so many before him and he is told to come near
	ProgressAt  int       // so many, and he is told how the line moves
	Channels    []Channel // that the house has, cheapest first; nil: push, WeChat, SMS
}

// SignInLife is how long a sign-in code is valid; the wording says so too.
const SignInLife = 5 * time.Minute

// DefaultPolicy gives the published default for a hospital in zone.
func DefaultPolicy(zone *time.Location) Policy {
	return Policy{
		Zone: zone, QuietFrom: 21*60 + 30, QuietTo: 7 * 60, RemindAt: 10 * 60,
		BookedFor: 24 * time.Hour, CalledFor: 3 * time.Minute, SignInFor: SignInLife,
		PerTicket: 6, PerPhone: 20, PerTemplate: 50, Attempts: 6, NearAt: 3, ProgressAt: 10,
	}
}

// Allowed gives the first instant from at on when a message of a class may go:
// at itself, or the end of the quiet hours that hold it.
func (p Policy) Allowed(c Class, at time.Time) time.Time {
	if c == ClassCritical || p.QuietFrom == p.QuietTo {
		return at
	}
	day := houzhen.DateOf(at, p.Zone)
	from, to := day.Clock(p.QuietFrom, p.Zone), day.Clock(p.QuietTo, p.Zone)
	wraps := p.QuietTo < p.QuietFrom
	switch {
	case wraps && at.Before(to):
		return to
	case wraps && !at.Before(from):
		return day.AddDays(1).Clock(p.QuietTo, p.Zone)
	case !wraps && !at.Before(from) && at.Before(to):
		return to
	}
	return at
}

// dayOf gives the start of the calendar day of at, for the daily caps.
func (p Policy) dayOf(at time.Time) time.Time {
	return houzhen.DateOf(at, p.Zone).At(0, 0, p.Zone)
}

// backoff gives the pause before the next try, after so many. It grows from
// seconds to minutes; somebody who was called cannot wait for minutes.
func backoff(k Kind, attempts int) time.Duration {
	steps := []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute}
	if k == KindCalled || k == KindSignIn {
		steps = []time.Duration{2 * time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second}
	}
	return steps[min(max(attempts, 1), len(steps))-1]
}
