package notify

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
)

// Subject is what a planner must know of the appointment, ticket or sign-in
// that a fact is about. internal/app fills it in, because the domains are
// strangers; fields that a planner does not name may stay zero.
type Subject struct {
	ID         string
	Version    int64  // of the subject as it is told
	Recipient  string // patient, or account for a sign-in
	HasPhone   bool
	HasPush    bool
	HasWeChat  bool
	HasEmail   bool
	Prefs      Prefs
	Start, End time.Time // the booked slice
	SessionEnd time.Time
	BookedAt   time.Time // when it was booked, or last moved
	Drawn      bool      // the place was drawn
	Continued  bool      // it costs nothing, because a registration was good once more
	CallAt     time.Time // expected call, the later end of its range
}

// PlanBooked plans the confirmation of a booking. It is of use for a day, but
// not once the visit has begun.
func (p Policy) PlanBooked(s Subject, now time.Time) []Message {
	return p.plan(KindBooked, ClassService, houzhen.Soon, s, now, now, earlier(now.Add(p.BookedFor), s.Start))
}

// PlanMoved plans the confirmation of a move to s.Start.
func (p Policy) PlanMoved(s Subject, now time.Time) []Message {
	return p.plan(KindMoved, ClassService, houzhen.Soon, s, now, now, earlier(now.Add(p.BookedFor), s.Start))
}

// PlanCancelled plans the confirmation of a cancellation. It is worth sending
// for a day, whenever the visit would have been.
func (p Policy) PlanCancelled(s Subject, now time.Time) []Message {
	return p.plan(KindCancelled, ClassService, houzhen.Soon, s, now, now, now.Add(p.BookedFor))
}

// PlanReminder plans the reminder of the day before. None is planned when the
// patient booked after the hour of reminders, or when that day is over: the
// wording says "tomorrow", so it must not go on the day itself.
func (p Policy) PlanReminder(s Subject, now time.Time) []Message {
	visit := houzhen.DateOf(s.Start, p.Zone)
	due := visit.AddDays(-1).Clock(p.RemindAt, p.Zone)
	useless := visit.At(0, 0, p.Zone)
	if s.BookedAt.After(due) || !now.Before(useless) {
		return nil
	}
	return p.plan(KindReminder, ClassService, houzhen.Routine, s, now, later(due, now), useless)
}

// PlanSuspended plans the notice to one patient of a suspended session. It
// always goes, until the session would have ended.
func (p Policy) PlanSuspended(s Subject, now time.Time) []Message {
	return p.plan(KindSuspended, ClassCritical, houzhen.Critical, s, now, now, latest(s.SessionEnd, s.End, s.Start))
}

// PlanSubstituted plans the word that another doctor sits there. It always
// goes, until the visit begins.
func (p Policy) PlanSubstituted(s Subject, now time.Time) []Message {
	return p.plan(KindSubstituted, ClassCritical, houzhen.Critical, s, now, now, latest(s.Start, now.Add(time.Minute)))
}

// placeAt is the hour of the day itself at which a changed place is told; the
// wording says "today".
const placeAt houzhen.TimeOfDay = 7 * 60

// PlanPlaceChanged plans the word that a visit is in another room: on its day,
// early enough for the way, until it is over.
func (p Policy) PlanPlaceChanged(s Subject, now time.Time) []Message {
	due := houzhen.DateOf(s.Start, p.Zone).Clock(placeAt, p.Zone)
	if early := s.Start.Add(-2 * time.Hour); early.Before(due) {
		due = early
	}
	return p.plan(KindPlaceChanged, ClassCritical, houzhen.Critical, s, now, later(due, now), latest(s.End, now.Add(time.Minute)))
}

// replyFor is how long an answer to a reply is of use.
const replyFor = time.Hour

// PlanReply plans the answer to an SMS that came in, of a kind that begins with
// "reply", by SMS, because that is where he asked.
func (p Policy) PlanReply(k Kind, s Subject, now time.Time) []Message {
	s = s.bySMS()
	return p.plan(k, ClassCritical, houzhen.Soon, s, now, now, now.Add(replyFor))
}

// bySMS is a subject that is told by SMS alone, because that is where it asked.
func (s Subject) bySMS() Subject {
	s.HasPhone, s.HasPush, s.HasWeChat, s.HasEmail, s.Prefs = true, false, false, false, Prefs{}
	return s
}

// PlanLeaveNow plans the advice to set out. It is void once the patient would
// be called.
func (p Policy) PlanLeaveNow(s Subject, now time.Time) []Message {
	return p.plan(KindLeaveNow, ClassService, houzhen.Critical, s, now, now, latest(s.CallAt, now.Add(time.Minute)))
}

// PlanCalled plans the call to the room. Minutes later it only confuses.
func (p Policy) PlanCalled(s Subject, now time.Time) []Message {
	return p.plan(KindCalled, ClassCritical, houzhen.Critical, s, now, now, now.Add(p.CalledFor))
}

// PlanMissed plans the word that a number was missed and what to do.
func (p Policy) PlanMissed(s Subject, now time.Time) []Message {
	return p.plan(KindMissed, ClassCritical, houzhen.Soon, s, now, now, latest(s.SessionEnd, s.End))
}

// PlanSignIn plans a sign-in code, by SMS alone: it proves the phone.
func (p Policy) PlanSignIn(s Subject, code string, now time.Time) []Message {
	s = s.bySMS()
	m := p.plan(KindSignIn, ClassCritical, houzhen.Critical, s, now, now, now.Add(p.SignInFor))
	for i := range m {
		m[i].Secret = code
	}
	return m
}

// plan makes the row of the first channel by which the recipient can be
// reached; Escalate plans the next one if it does not arrive. Whoever has his
// critical messages read out gets the call beside the text. A row of class B
// waits for the end of the quiet hours; if it is of no use by then, the gate
// will let it expire when it falls due, and the ledger shows that.
func (p Policy) plan(k Kind, c Class, u houzhen.Urgency, s Subject, now, due, expires time.Time) []Message {
	ways := p.Ladder(k, c, s.Prefs, s.reach)
	if len(ways) == 0 {
		return nil
	}
	row := Message{
		Subject: s.ID, Version: s.Version, Kind: k, Recipient: s.Recipient, Channel: ways[0], Class: c, Urgency: u,
		State: Planned, DueAt: earlier(p.Allowed(c, due), expires), ExpiresAt: expires, CreatedAt: now,
	}
	rows := []Message{row}
	if s.Prefs.Voice && ways[0] != Voice && slices.Contains(ways, Voice) {
		row.Channel, row.DueAt = Voice, earlier(row.DueAt.Add(readOut), expires)
		rows = append(rows, row)
	}
	return rows
}

// readOut is how long after the text the same is read out by telephone.
const readOut = 2 * time.Minute

// Enter writes planned messages into the ledger, in the caller's transaction,
// and gives the ids of those that were not there before. Planning the same
// fact twice is harmless.
func Enter(ctx context.Context, tx Tx, rows []Message) ([]string, error) {
	if len(rows) == 0 {
		return []string{}, nil
	}
	identify(tx, rows)
	ids, err := tx.PlanMessages(ctx, rows)
	if err != nil {
		return nil, fmt.Errorf("plan messages: %w", err)
	}
	return ids, nil
}

// identify gives new rows their ids.
func identify(tx Tx, rows []Message) {
	for i := range rows {
		if rows[i].ID == "" {
			rows[i].ID = tx.NewID()
		}
		rows[i].OutID = OutID(rows[i].ID)
	}
}

// OutID gives the id by which a provider and its receipts know a message. It
// never changes: a try that was certainly refused may use it again.
func OutID(id string) string { return outPrefix + id }

// MessageID gives the id of the message that an out-id names; "" for one that no
// message of ours goes by, as that of a call which carried many.
func MessageID(outID string) string {
	id, ours := strings.CutPrefix(outID, outPrefix)
	if !ours {
		return ""
	}
	return id
}

const outPrefix = "hz-"

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func latest(a time.Time, more ...time.Time) time.Time {
	for _, b := range more {
		a = later(a, b)
	}
	return a
}
