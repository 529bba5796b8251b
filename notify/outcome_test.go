package notify

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestConclude(t *testing.T) {
	p := DefaultPolicy(shanghai)
	now := at(t, "2026-11-22 12:00")
	claimed := Message{State: Claimed, Kind: KindBooked, Attempts: 1, DueAt: now, ExpiresAt: now.Add(time.Hour), Secret: "123456"}
	type row struct {
		State    State
		Reason   string
		Code     string
		Attempts int
		Due      time.Duration
		Sent     bool
		Secret   bool
	}
	for name, c := range map[string]struct {
		attempts int
		expires  time.Duration
		sent     Sent
		want     row
	}{
		"accepted":  {1, time.Hour, Sent{Outcome: OutcomeAccepted, Code: "OK"}, row{State: Accepted, Attempts: 1, Sent: true}},
		"retry":     {1, time.Hour, Sent{Outcome: OutcomeRetry, Code: "x"}, row{State: Planned, Code: "x", Attempts: 1, Due: 5 * time.Second, Secret: true}},
		"retry 2":   {2, time.Hour, Sent{Outcome: OutcomeRetry}, row{State: Planned, Attempts: 2, Due: 30 * time.Second, Secret: true}},
		"last":      {6, time.Hour, Sent{Outcome: OutcomeRetry}, row{State: Failed, Reason: ReasonAttempts, Attempts: 6}},
		"too late":  {1, 5 * time.Second, Sent{Outcome: OutcomeRetry}, row{State: Expired, Reason: ReasonRetry, Attempts: 1}},
		"flow":      {1, time.Hour, Sent{Outcome: OutcomeDefer, RetryIn: time.Minute}, row{State: Planned, Due: time.Minute, Secret: true}},
		"flow long": {1, time.Hour, Sent{Outcome: OutcomeDefer, RetryIn: time.Hour}, row{State: Expired, Reason: ReasonFlow, Attempts: 1}},
		"config":    {1, time.Hour, Sent{Outcome: OutcomeConfig, Code: "k"}, row{State: Planned, Code: "k", Due: 10 * time.Minute, Secret: true}},
		"config with little time left": {
			1, time.Minute, Sent{Outcome: OutcomeConfig}, row{State: Planned, Due: time.Minute, Secret: true},
		},
		"message":   {1, time.Hour, Sent{Outcome: OutcomeMessage, Code: "m"}, row{State: Failed, Reason: ReasonMessage, Code: "m", Attempts: 1}},
		"recipient": {1, time.Hour, Sent{Outcome: OutcomeRecipient}, row{State: Failed, Reason: ReasonRecipient, Attempts: 1}},
		"ambiguous": {1, time.Hour, Sent{Outcome: OutcomeAmbiguous, Code: "t"}, row{State: Unknown, Code: "t", Attempts: 1, Sent: true, Secret: true}},
		"an outcome nobody knows may have gone": {
			1, time.Hour, Sent{Outcome: "new"}, row{State: Unknown, Attempts: 1, Sent: true, Secret: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := claimed
			m.Attempts, m.ExpiresAt = c.attempts, now.Add(c.expires)
			m = p.conclude(m, c.sent, now, now.Add(10*time.Minute))
			got := row{m.State, m.Reason, m.ErrorCode, m.Attempts, m.DueAt.Sub(now), !m.SentAt.IsZero(), m.Secret != ""}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReceived(t *testing.T) {
	now := at(t, "2026-11-22 12:00")
	for name, c := range map[string]struct {
		from   Message
		r      Receipt
		want   State
		moved  bool
		reason string
	}{
		"delivered":                       {Message{State: Accepted}, Receipt{Delivered: true}, Delivered, true, ""},
		"not delivered":                   {Message{State: Accepted}, Receipt{ErrorCode: "x"}, Undelivered, true, ""},
		"before the answer":               {Message{State: Claimed}, Receipt{Delivered: true}, Delivered, true, ""},
		"the answer was lost":             {Message{State: Unknown}, Receipt{Delivered: true}, Delivered, true, ""},
		"refused, yet taken":              {Message{State: Planned, Attempts: 1}, Receipt{Delivered: true}, Delivered, true, ""},
		"never sent":                      {Message{State: Planned}, Receipt{Delivered: true}, Planned, false, ""},
		"twice":                           {Message{State: Delivered}, Receipt{Delivered: true}, Delivered, false, ""},
		"failure after delivery":          {Message{State: Delivered}, Receipt{ErrorCode: "x"}, Delivered, false, ""},
		"delivery after failure":          {Message{State: Undelivered}, Receipt{Delivered: true}, Delivered, true, ""},
		"failure twice":                   {Message{State: Undelivered}, Receipt{ErrorCode: "x"}, Undelivered, false, ""},
		"suppressed":                      {Message{State: Suppressed}, Receipt{Delivered: true}, Suppressed, false, ""},
		"given up, yet taken":             {Message{State: Failed, Reason: ReasonUnknown}, Receipt{Delivered: true}, Delivered, true, ""},
		"refused for good":                {Message{State: Failed, Reason: ReasonMessage}, Receipt{Delivered: true}, Failed, false, ReasonMessage},
		"expired before it was ever sent": {Message{State: Expired, Reason: ReasonLate}, Receipt{Delivered: true}, Expired, false, ReasonLate},
	} {
		t.Run(name, func(t *testing.T) {
			got, moved := c.from.received(c.r, now)
			if got.State != c.want || moved != c.moved || got.Reason != c.reason {
				t.Errorf("got %s %q, moved %v, want %s %q, moved %v", got.State, got.Reason, moved, c.want, c.reason, c.moved)
			}
			if moved && got.DoneAt != now {
				t.Errorf("got done at %v, want %v", got.DoneAt, now)
			}
		})
	}
}

func TestBreakerDoublesItsPauseAndForgetsItAfterSuccess(t *testing.T) {
	b := newBreaker(time.Minute, 10*time.Minute, map[Channel]Sender{SMS: nil})
	now := at(t, "2026-11-22 12:00")
	began := now
	for i, want := range []int{1, 2, 4, 8, 10, 10} {
		until, first := b.stop(SMS, "key", now)
		if got := until.Sub(now).Minutes(); got != float64(want) || !first {
			t.Errorf("stop %d: got %v min, first %v, want %d min, true", i, got, first, want)
		}
		if _, first := b.stop(SMS, "key", now); first {
			t.Error("a second call at once counted as another stop")
		}
		now = until
		if got := b.stopped(SMS, now); !got.IsZero() {
			t.Errorf("got stopped until %v at its end, want running", got)
		}
	}
	h := b.health()[0]
	if h.Stops != 6 || h.Code != "key" || !h.Since.Equal(began) {
		t.Errorf("got %+v, want 6 stops since the first", h)
	}
	b.accepted(SMS, now)
	if diff := cmp.Diff([]ChannelHealth{{Channel: SMS, LastAccepted: now}}, b.health()); diff != "" {
		t.Error(diff)
	}
}
