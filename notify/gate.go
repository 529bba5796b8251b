package notify

import "time"

// Candidate is a claimed message before the gate, with all that the decision
// needs.
type Candidate struct {
	Message Message
	View    View
	Tally   Tally
	Stopped time.Time // its channel is stopped until then, zero if it runs
	Absent  bool      // no provider is set up for its channel
}

// Tally counts what has gone out already on the day of the decision, by SMS
// and of class B, and whether the ticket was called since.
type Tally struct {
	Ticket int
	Phone  int
	Called bool
}

// Act is what the gate lets happen to a message.
type Act string

// Acts.
const (
	ActSend     Act = "send"
	ActSuppress Act = "suppress"
	ActExpire   Act = "expire"
	ActDefer    Act = "defer"
)

// Verdict is the gate's answer for one message.
type Verdict struct {
	Act    Act
	Reason string    // for suppress and expire
	At     time.Time // for defer
}

// Gate decides about a batch in the order given. Every message passes here at
// the moment of sending, whatever path it came by, and nowhere else is it
// decided that one goes.
func (p Policy) Gate(batch []Candidate, now time.Time) []Verdict {
	g := gate{Policy: p, now: now, tickets: map[string]int{}, phones: map[string]int{}, called: map[string]bool{}}
	for _, c := range batch {
		if c.Message.Kind == KindCalled && c.View.Stale == "" {
			g.called[c.Message.Subject] = true
		}
	}
	verdicts := make([]Verdict, len(batch))
	for i, c := range batch {
		verdicts[i] = g.decide(c)
		if verdicts[i].Act == ActSend && counts(c.Message) {
			g.tickets[c.Message.Subject]++
			g.phones[c.View.Phone.Reveal()]++
		}
	}
	return verdicts
}

// gate is one run over a batch; the maps count what the batch itself sends.
type gate struct {
	Policy

	now             time.Time
	tickets, phones map[string]int
	called          map[string]bool
}

func (g gate) decide(c Candidate) Verdict {
	if reason := g.unwanted(c); reason != "" {
		return Verdict{Act: ActSuppress, Reason: reason}
	}
	expires := expiry(c)
	if !g.now.Before(expires) {
		return Verdict{Act: ActExpire, Reason: ReasonLate}
	}
	// Held by the quiet hours or by a stopped channel: it stays due, and the
	// gate asks the world anew when the hold ends.
	if at := later(g.Allowed(c.Message.Class, g.now), c.Stopped); at.After(g.now) {
		return Verdict{Act: ActDefer, At: earlier(at, expires)}
	}
	if reason := g.capped(c); reason != "" {
		return Verdict{Act: ActSuppress, Reason: reason}
	}
	return Verdict{Act: ActSend}
}

// unwanted says why a message must not go at all.
func (g gate) unwanted(c Candidate) string {
	m := c.Message
	switch {
	case c.View.Stale != "":
		return c.View.Stale
	case c.Absent:
		return ReasonNoChannel
	case m.Channel == SMS && c.View.Phone.IsZero():
		return ReasonNoPhone
	case m.Channel == Push && c.View.Push == "":
		return ReasonNoPush
	case m.Kind == KindLeaveNow && (c.Tally.Called || g.called[m.Subject]):
		return ReasonOvertaken
	}
	return ""
}

func (g gate) capped(c Candidate) string {
	m := c.Message
	switch {
	case !counts(m):
		return ""
	case c.Tally.Ticket+g.tickets[m.Subject] >= g.PerTicket:
		return ReasonCapTicket
	case c.Tally.Phone+g.phones[c.View.Phone.Reveal()] >= g.PerPhone:
		return ReasonCapPhone
	}
	return ""
}

// counts reports whether a message counts towards the daily caps.
func counts(m Message) bool { return m.Class == ClassService && m.Channel == SMS }

// expiry is the planned one, or what the world says by now.
func expiry(c Candidate) time.Time {
	if !c.View.ExpiresAt.IsZero() {
		return c.View.ExpiresAt
	}
	return c.Message.ExpiresAt
}
