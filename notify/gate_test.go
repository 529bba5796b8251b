package notify

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/houzhen/houzhen"
)

func candidate(tb testing.TB, k Kind) Candidate {
	tb.Helper()
	class := ClassCritical
	if k == KindBooked || k == KindReminder || k == KindLeaveNow {
		class = ClassService
	}
	return Candidate{
		Message: Message{ID: "m1", Subject: "a1", Kind: k, Class: class, Channel: SMS, ExpiresAt: at(tb, "2026-11-23 00:00")},
		View:    View{Phone: houzhen.NewPhone("13800138000"), Push: "acc"},
	}
}

func TestGate(t *testing.T) {
	p := DefaultPolicy(shanghai)
	for name, c := range map[string]struct {
		kind Kind
		now  string
		set  func(*Candidate)
		want Verdict
	}{
		"goes":    {KindBooked, "2026-11-22 12:00", func(*Candidate) {}, Verdict{Act: ActSend}},
		"stale":   {KindBooked, "2026-11-22 12:00", func(c *Candidate) { c.View.Stale = "cancelled" }, Verdict{Act: ActSuppress, Reason: "cancelled"}},
		"expired": {KindBooked, "2026-11-23 00:00", func(*Candidate) {}, Verdict{Act: ActExpire, Reason: ReasonLate}},
		"stale says more than late": {
			KindBooked, "2026-11-24 12:00", func(c *Candidate) { c.View.Stale = "cancelled" }, Verdict{Act: ActSuppress, Reason: "cancelled"},
		},
		"the world knows a nearer end": {
			KindBooked, "2026-11-22 12:00", func(c *Candidate) { c.View.ExpiresAt = at(t, "2026-11-22 12:00") }, Verdict{Act: ActExpire, Reason: ReasonLate},
		},
		"no phone":   {KindBooked, "2026-11-22 12:00", func(c *Candidate) { c.View.Phone = houzhen.Phone{} }, Verdict{Act: ActSuppress, Reason: ReasonNoPhone}},
		"no app":     {KindBooked, "2026-11-22 12:00", func(c *Candidate) { c.Message.Channel, c.View.Push = Push, "" }, Verdict{Act: ActSuppress, Reason: ReasonNoPush}},
		"no channel": {KindBooked, "2026-11-22 12:00", func(c *Candidate) { c.Absent = true }, Verdict{Act: ActSuppress, Reason: ReasonNoChannel}},
		"quiet": {
			KindReminder, "2026-11-21 22:00", func(*Candidate) {}, Verdict{Act: ActDefer, At: at(t, "2026-11-22 07:00")},
		},
		"quiet beyond its use": {
			KindReminder, "2026-11-22 22:00", func(*Candidate) {}, Verdict{Act: ActDefer, At: at(t, "2026-11-23 00:00")},
		},
		"critical in quiet hours": {KindCalled, "2026-11-22 22:00", func(*Candidate) {}, Verdict{Act: ActSend}},
		"channel stopped": {
			KindCalled, "2026-11-22 12:00", func(c *Candidate) { c.Stopped = at(t, "2026-11-22 12:01") },
			Verdict{Act: ActDefer, At: at(t, "2026-11-22 12:01")},
		},
		"cap of the ticket": {KindBooked, "2026-11-22 12:00", func(c *Candidate) { c.Tally.Ticket = 6 }, Verdict{Act: ActSuppress, Reason: ReasonCapTicket}},
		"cap of the phone":  {KindBooked, "2026-11-22 12:00", func(c *Candidate) { c.Tally.Phone = 20 }, Verdict{Act: ActSuppress, Reason: ReasonCapPhone}},
		"below the caps":    {KindBooked, "2026-11-22 12:00", func(c *Candidate) { c.Tally = Tally{Ticket: 5, Phone: 19} }, Verdict{Act: ActSend}},
		"critical is not capped": {
			KindCalled, "2026-11-22 12:00", func(c *Candidate) { c.Tally = Tally{Ticket: 99, Phone: 99} }, Verdict{Act: ActSend},
		},
		"push is not capped": {
			KindBooked, "2026-11-22 12:00", func(c *Candidate) { c.Message.Channel, c.Tally.Phone = Push, 99 }, Verdict{Act: ActSend},
		},
		"leave now after the call": {
			KindLeaveNow, "2026-11-22 12:00", func(c *Candidate) { c.Tally.Later = true }, Verdict{Act: ActSuppress, Reason: ReasonOvertaken},
		},
	} {
		t.Run(name, func(t *testing.T) {
			one := candidate(t, c.kind)
			c.set(&one)
			got := p.Gate([]Candidate{one}, at(t, c.now))
			if diff := cmp.Diff([]Verdict{c.want}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestGateCountsWhatTheBatchItselfSends(t *testing.T) {
	p := DefaultPolicy(shanghai)
	var batch []Candidate
	for i := range 25 {
		c := candidate(t, KindBooked)
		c.Message.Subject = fmt.Sprint("a", i/10) // ten messages each about a0, a1 and a2
		batch = append(batch, c)
	}
	sent, reasons := 0, map[string]int{}
	for _, v := range p.Gate(batch, at(t, "2026-11-22 12:00")) {
		if v.Act == ActSend {
			sent++
		}
		reasons[v.Reason]++
	}
	if diff := cmp.Diff(map[string]int{"": 17, ReasonCapTicket: 8}, reasons); diff != "" {
		t.Error(diff)
	}
	p.PerPhone = 10
	sent = 0
	for _, v := range p.Gate(batch, at(t, "2026-11-22 12:00")) {
		if v.Act == ActSend {
			sent++
		}
	}
	if sent != 10 {
		t.Errorf("got %d sent to one phone, want 10", sent)
	}
}

func TestGateDropsLeaveNowBesideACall(t *testing.T) {
	got := DefaultPolicy(shanghai).Gate([]Candidate{candidate(t, KindLeaveNow), candidate(t, KindCalled)}, at(t, "2026-11-22 12:00"))
	want := []Verdict{{Act: ActSuppress, Reason: ReasonOvertaken}, {Act: ActSend}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Whatever comes: what is stale, late or unreachable never goes, and a held
// message is held to a later instant.
func TestGateNeverLetsAWrongMessageGo(t *testing.T) {
	p := DefaultPolicy(shanghai)
	base := at(t, "2026-11-22 00:00")
	kinds := []Kind{KindBooked, KindReminder, KindLeaveNow, KindCalled, KindSuspended}
	rapid.Check(t, func(r *rapid.T) {
		now := base.Add(time.Duration(rapid.IntRange(0, 48*60).Draw(r, "minute")) * time.Minute)
		var batch []Candidate
		for range rapid.IntRange(1, 12).Draw(r, "size") {
			c := candidate(t, rapid.SampledFrom(kinds).Draw(r, "kind"))
			c.Message.Subject = rapid.SampledFrom([]string{"a", "b"}).Draw(r, "subject")
			c.View.Stale = rapid.SampledFrom([]string{"", "", "cancelled"}).Draw(r, "stale")
			c.Tally.Phone = rapid.IntRange(0, 22).Draw(r, "phone")
			c.Absent = rapid.Bool().Draw(r, "absent")
			batch = append(batch, c)
		}
		for i, v := range p.Gate(batch, now) {
			c := batch[i]
			switch v.Act {
			case ActSend:
				if c.View.Stale != "" || c.Absent || !now.Before(c.Message.ExpiresAt) || p.Allowed(c.Message.Class, now) != now ||
					counts(c.Message) && c.Tally.Phone >= p.PerPhone {
					r.Fatalf("sent %+v at %v", c, now)
				}
			case ActDefer:
				if !v.At.After(now) || v.At.After(c.Message.ExpiresAt) {
					r.Fatalf("held to %v at %v", v.At, now)
				}
			case ActSuppress, ActExpire:
				if v.Reason == "" {
					r.Fatal("dropped without a reason")
				}
			}
		}
	})
}
