package notify

import (
	"slices"
	"time"
)

// Candidate is a claimed message before the gate, with all that the decision
// needs.
type Candidate struct {
	Message Message
	View    View
	Tally   Tally
	Stopped time.Time // its channel is stopped until then, zero if it runs
	Absent  bool      // no provider is set up for its channel
	Reached bool      // the channel that was tried before has brought it home
	Planned time.Time // when this was first told, by whichever channel
}

// Tally counts what has gone out already on the day of the decision, by SMS
// and of class B, and whether what comes later was told since.
type Tally struct {
	Ticket   int
	Phone    int
	Template int  // of the same kind to the same phone within 24 hours, of any class
	Later    bool // what follows in the order of things was told since
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
	g := gate{Policy: p, now: now, tickets: map[string]int{}, phones: map[string]int{}, same: map[string]int{}, told: map[string]map[Kind]bool{}}
	for _, c := range batch {
		if c.View.Stale == "" {
			g.tells(c.Message)
		}
	}
	verdicts := make([]Verdict, len(batch))
	for i, c := range batch {
		verdicts[i] = g.decide(c)
		if verdicts[i].Act != ActSend || c.Message.Channel != SMS {
			continue
		}
		g.same[wordingAt(c)]++
		if counts(c.Message) {
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
	same            map[string]int           // by wording and phone
	told            map[string]map[Kind]bool // what the batch tells of a subject
}

func (g gate) tells(m Message) {
	if g.told[m.Subject] == nil {
		g.told[m.Subject] = map[Kind]bool{}
	}
	g.told[m.Subject][m.Kind] = true
}

// overtaken reports whether what follows in the order of things was told since
// a message was planned, or is told in the same batch.
func (g gate) overtaken(c Candidate) bool {
	return c.Tally.Later || slices.ContainsFunc(laterKinds(c.Message.Kind), func(k Kind) bool { return g.told[c.Message.Subject][k] })
}

// rank orders what is told about one way through the queue. Of two that differ
// the lower one is void once the higher went out; 0 has no order.
func rank(k Kind) int {
	switch k {
	case KindLeaveNow, KindWaitALittle:
		return 1
	case KindProgress:
		return 2
	case KindNear:
		return 3
	case KindReady:
		return 4
	case KindCalled:
		return 5
	default:
		return 0
	}
}

// steps lists what is told on the way through the queue, in its order.
func steps() []Kind { return []Kind{KindProgress, KindNear, KindReady, KindCalled} }

// laterKinds lists what makes a kind void when it went out after it was
// planned. Word of a delay may come at any step: the call alone makes it void.
func laterKinds(k Kind) []Kind {
	if k == KindDelayed {
		return []Kind{KindCalled}
	}
	var later []Kind
	for _, step := range steps() {
		if rank(k) > 0 && rank(step) > rank(k) {
			later = append(later, step)
		}
	}
	return later
}

func wordingAt(c Candidate) string { return string(c.Message.Kind) + "|" + c.View.Phone.Reveal() }

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
	if at := later(g.Allowed(c.Message.Class, g.now), later(c.Stopped, g.paused(c))); at.After(g.now) {
		return Verdict{Act: ActDefer, At: earlier(at, expires)}
	}
	if reason := g.capped(c); reason != "" {
		return Verdict{Act: ActSuppress, Reason: reason}
	}
	return Verdict{Act: ActSend}
}

// paused gives when a message that somebody holds back is looked at again.
func (g gate) paused(c Candidate) time.Time {
	for _, p := range c.View.Paused {
		if p.holds(c.Message) {
			return g.now.Add(pauseLook)
		}
	}
	return time.Time{}
}

// unwanted says why a message must not go at all.
func (g gate) unwanted(c Candidate) string {
	m := c.Message
	switch {
	case c.View.Stale != "":
		return c.View.Stale
	case c.Reached:
		return ReasonReached
	case c.Absent:
		return ReasonNoChannel
	case c.View.Silenced && (m.Channel == SMS || m.Channel == Voice):
		return ReasonNotMe
	case (m.Channel == SMS || m.Channel == Voice) && c.View.Phone.IsZero():
		return ReasonNoPhone
	case m.Channel == Push && c.View.Push == "":
		return ReasonNoPush
	case m.Channel == WeChat && c.View.WeChat == "":
		return ReasonNoWeChat
	case m.Channel == Email && c.View.Email == "":
		return ReasonNoEmail
	case c.View.Prefs.Refuses(m.Class, m.Channel):
		return ReasonOptOut
	case g.overtaken(c):
		return ReasonOvertaken
	}
	return ""
}

func (g gate) capped(c Candidate) string {
	m := c.Message
	switch {
	case m.Channel != SMS:
		return ""
	case c.Tally.Template+g.same[wordingAt(c)] >= g.PerTemplate && m.Kind != KindSignIn:
		return ReasonCapTemplate
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
