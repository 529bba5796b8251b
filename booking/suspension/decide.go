package suspension

import (
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// Person is a member of staff who asks or decides.
type Person struct {
	ID   string
	Role string // of directory.Role
}

// Policy says who may ask and approve, and how fast it goes. The zero value is
// invalid; DefaultPolicy gives the default.
type Policy struct {
	Askers           []string      // roles that may ask
	Approvers        []string      // roles that may approve one session, the asker never
	ClosureApprovers []string      // roles that may approve a closure, the asker never
	Alone            []string      // roles that may do both in an urgent case
	AloneWithin      time.Duration // urgent: that long before the session starts, until it ends
	CallAfter        time.Duration // who has not answered by then is telephoned; sooner when the visit is near
	CallAgain        time.Duration // after nobody answered
	ClosureEach      time.Duration // between two sessions of a closure
	Batch            int           // sessions that one sweep suspends at most
}

// DefaultPolicy gives the default: a nurse or a manager asks or approves, a
// closure is approved by a manager, and within two hours of the session one
// person may do both. A closure goes at 60 sessions a minute, about 2,000
// messages.
func DefaultPolicy() Policy {
	return Policy{
		Askers: []string{"doctor", "nurse", "manager"}, Approvers: []string{"nurse", "manager"},
		ClosureApprovers: []string{"manager"}, Alone: []string{"nurse", "manager"}, AloneWithin: 2 * time.Hour,
		CallAfter: 2 * time.Hour, CallAgain: 30 * time.Minute, ClosureEach: time.Second, Batch: 100,
	}
}

// Validate says which value cannot be.
func (p Policy) Validate() error {
	for _, c := range []struct {
		field string
		ok    bool
	}{
		{"askers", len(p.Askers) > 0},
		{"approvers", len(p.Approvers) > 0},
		{"closure_approvers", len(p.ClosureApprovers) > 0},
		{"alone_within", p.AloneWithin >= 0},
		{"call_after", p.CallAfter > 0},
		{"call_again", p.CallAgain > 0},
		{"closure_each", p.ClosureEach >= 0},
		{"batch", p.Batch > 0},
	} {
		if !c.ok {
			return houzhen.E(houzhen.CodeInvalid, "policy value out of range").On(c.field)
		}
	}
	return nil
}

func forbidden(message string) error { return houzhen.E(houzhen.CodeForbidden, message) }

func state(s Suspension, message string) error {
	return houzhen.E(houzhen.CodeState, message).With("state", string(s.State))
}

// ask gives the request of one person, or says why he may not make it.
func (p Policy) ask(who Person, reason string, now time.Time) (Suspension, error) {
	switch {
	case who.ID == "" || !slices.Contains(p.Askers, who.Role):
		return Suspension{}, forbidden("may not ask for a suspension")
	case reason == "":
		return Suspension{}, houzhen.E(houzhen.CodeMissing, "a suspension needs a reason").On("reason")
	case !slices.Contains(Reasons(), reason):
		return Suspension{}, houzhen.E(houzhen.CodeInvalid, "no such reason").On("reason")
	}
	return Suspension{State: Asked, Reason: reason, AskedBy: who.ID, AskedAt: now, Version: 1}, nil
}

// askSession refuses to ask about a session that is over or suspended.
func askSession(x booking.Session, now time.Time) error {
	switch {
	case x.Status == booking.SessionSuspended:
		return houzhen.E(houzhen.CodeSessionSuspended, "session is suspended").On("session_id")
	case x.Status == booking.SessionClosed || !now.Before(x.End):
		return houzhen.E(houzhen.CodeSessionClosed, "session is over").On("session_id")
	}
	return nil
}

// Urgent reports whether a session is so near that one person may decide.
func (p Policy) Urgent(x booking.Session, now time.Time) bool {
	return !now.Before(x.Start.Add(-p.AloneWithin)) && now.Before(x.End)
}

// approve gives the approved request. Whoever asked never approves, except
// alone in an urgent case, which the request then says.
func (p Policy) approve(s Suspension, who Person, urgent bool, now time.Time) (Suspension, error) {
	may := p.Approvers
	if s.Kind == KindClosure {
		may, urgent = p.ClosureApprovers, false
	}
	switch {
	case s.State != Asked:
		return s, state(s, "only what is asked is approved")
	case who.ID == "" || !slices.Contains(may, who.Role):
		return s, forbidden("may not approve a suspension")
	case who.ID != s.AskedBy:
	case !urgent || !slices.Contains(p.Alone, who.Role):
		return s, houzhen.E(houzhen.CodeSecondPerson, "whoever asks does not approve")
	default:
		s.Alone = true
	}
	s.State, s.DecidedBy, s.DecidedAt = Approved, who.ID, now
	return s, nil
}

// refuse gives the refused request; whoever asked withdraws instead.
func (p Policy) refuse(s Suspension, who Person, now time.Time) (Suspension, error) {
	switch {
	case s.State != Asked:
		return s, state(s, "only what is asked is refused")
	case who.ID == s.AskedBy:
		s.State = Withdrawn
	case !slices.Contains(p.Approvers, who.Role) && !slices.Contains(p.ClosureApprovers, who.Role):
		return s, forbidden("may not refuse a suspension")
	default:
		s.State = Refused
	}
	s.DecidedBy, s.DecidedAt, s.EndedAt = who.ID, now, now
	return s, nil
}

// stop gives the closure that goes no further. What was suspended stays so.
func (p Policy) stop(s Suspension, who Person, now time.Time) (Suspension, error) {
	switch {
	case s.State != Approved:
		return s, state(s, "only what is running is stopped")
	case !slices.Contains(p.ClosureApprovers, who.Role):
		return s, forbidden("may not stop a closure")
	}
	s.State, s.EndedAt = Stopped, now
	return s, nil
}

// callAt gives when staff telephones a patient who has not answered: after a
// while, but with half of the time to the visit left, and at once where there
// is nothing to choose from.
func (p Policy) callAt(start, now time.Time, kept bool) time.Time {
	if !kept {
		return now
	}
	return now.Add(max(0, min(p.CallAfter, start.Sub(now)/2)))
}

// called gives the case after a call, and whether it is settled by it.
func (p Policy) called(c Case, result CallResult, who string, now time.Time) (Case, error) {
	switch result {
	case CallChose, CallRefund, CallWrong:
		c.CallAt = time.Time{}
	case CallNoAnswer:
		c.CallAt = now.Add(p.CallAgain)
	case CallNone:
		return c, houzhen.E(houzhen.CodeMissing, "a call has a result").On("result")
	default:
		return c, houzhen.E(houzhen.CodeInvalid, "no such result of a call").On("result")
	}
	c.Calls++
	c.LastCall, c.LastCallAt, c.LastCallBy = result, now, who
	return c, nil
}
