package notify

import (
	"slices"
	"time"
)

// ClassOptional marks what nobody needs: it is sent to whoever asked for it,
// and never by SMS or voice.
const ClassOptional Class = "C"

// Desk is the telephone list of the desk: whoever is on it is called by a
// person. It is where a critical message ends that no channel brought home.
const Desk Channel = "desk"

// Channels lists every channel that a person can be reached by, cheapest first.
func Channels() []Channel { return []Channel{Push, WeChat, Email, Inbox, SMS, Voice, Desk} }

// Off is one opt-out: messages of a class do not go by a channel. Neither is
// ever empty, and the class is never ClassCritical.
type Off struct {
	Class   Class   `json:"class"`
	Channel Channel `json:"channel"`
}

// Prefs is what one patient wants.
type Prefs struct {
	Patient string
	Prefers Channel // tried first, "" for the cheapest
	Voice   bool    // critical messages are read out by telephone too: for those who do not read SMS
	Off     []Off
	Version int64 // raised with each change; 0 when he never chose
}

// Refuses reports whether messages of a class do not go by a channel. What is
// critical cannot be switched off (grading standard, level 4).
func (p Prefs) Refuses(c Class, by Channel) bool {
	if c == ClassCritical {
		return false
	}
	return slices.Contains(p.Off, Off{c, by}) || c == ClassOptional && (by == SMS || by == Voice)
}

// reach says by which channels somebody can be reached.
func (s Subject) reach(c Channel) bool {
	switch c {
	case SMS, Voice:
		return s.HasPhone
	case Push:
		return s.HasPush
	case WeChat:
		return s.HasWeChat
	case Email:
		return s.HasEmail
	case Inbox, Webhook, Desk:
	}
	return false
}

func (v View) reach(c Channel) bool {
	return Subject{HasPhone: !v.Phone.IsZero(), HasPush: v.Push != "", HasWeChat: v.WeChat != "", HasEmail: v.Email != ""}.reach(c)
}

// Ladder gives the channels of a message in the order in which they are tried:
// what the patient prefers, then the cheapest first. Voice is for what is
// critical and can wait for a call; the desk's telephone list comes last, for
// what somebody must know whatever it costs.
func (p Policy) Ladder(k Kind, c Class, prefs Prefs, reach func(Channel) bool) []Channel {
	var ways []Channel
	for _, by := range p.channels() {
		if (by == Voice || by == Desk) || !reach(by) || prefs.Refuses(c, by) {
			continue
		}
		if by == prefs.Prefers {
			ways = slices.Insert(ways, 0, by)
		} else {
			ways = append(ways, by)
		}
	}
	if c == ClassCritical && mustKnow(k) {
		if slices.Contains(p.channels(), Voice) && reach(Voice) {
			ways = append(ways, Voice)
		}
		ways = append(ways, Desk)
	}
	return ways
}

// channels are those that the house has, cheapest first.
func (p Policy) channels() []Channel {
	if p.Channels == nil {
		return []Channel{Push, WeChat, SMS}
	}
	return p.Channels
}

// mustKnow reports whether a person is telephoned about a kind when nothing
// else helps. A call to the room, a missed number and a sign-in code are of no
// use by then.
func mustKnow(k Kind) bool {
	switch k {
	case KindSuspended, KindSubstituted, KindPlaceChanged, KindTimeChanged, KindDisplaced, KindRefundFailed:
		return true
	default:
		return false
	}
}

// patience is how long a message may go unseen on a channel before the next
// one is tried: a push that was taken proves nothing, an SMS has a receipt
// within minutes.
func patience(k Kind, by Channel) time.Duration {
	switch k {
	case KindCalled:
		return 20 * time.Second
	case KindLeaveNow, KindNear, KindReady, KindProgress, KindWaitALittle, KindWaitOffer, KindWaitInvite, KindMissed, KindDelayed:
		return 2 * time.Minute
	case KindReminder, KindReminder3:
		return 2 * time.Hour
	default:
	}
	if by == SMS || by == Voice {
		return 15 * time.Minute
	}
	return 10 * time.Minute
}

// proves reports whether a channel tells when a message has arrived. On the
// others only the patient's own opening shows it.
func proves(c Channel) bool { return c == SMS || c == Voice || c == Email || c == Webhook || c == Desk }

// unheard gives when the next channel is to be tried for a message that ended
// as m says, zero for never. More says whether there is a next channel.
func unheard(m Message, more bool, now time.Time) time.Time {
	if !more {
		return time.Time{}
	}
	switch m.State {
	case Accepted, Unknown:
		if m.Class == ClassCritical || !proves(m.Channel) {
			return earlier(now.Add(patience(m.Kind, m.Channel)), m.ExpiresAt)
		}
	case Failed:
		if m.Reason != ReasonRender {
			return now
		}
	case Undelivered:
		return now
	case Suppressed:
		switch m.Reason {
		case ReasonNoPhone, ReasonNoPush, ReasonNoWeChat, ReasonNoEmail, ReasonNoChannel, ReasonOptOut, ReasonCapTemplate:
			return now
		}
	case Expired:
		if m.Reason == ReasonFlow {
			return now
		}
	case Planned, Claimed, Delivered:
	}
	return time.Time{}
}

// awaited is unheard for a message that its provider takes at an instant.
func awaited(m Message, more bool, at time.Time) time.Time {
	m.State = Accepted
	return unheard(m, more, at)
}

// after gives the channel that follows on a ladder, "" when none does.
func after(ways []Channel, by Channel, tried func(Channel) bool) Channel {
	at := slices.Index(ways, by) + 1
	for _, next := range ways[at:] {
		if !tried(next) {
			return next
		}
	}
	return ""
}
