package notify

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// all are the channels of a house that has every one.
func all() Policy {
	p := DefaultPolicy(shanghai)
	p.Channels = Channels()
	return p
}

func everywhere(Channel) bool { return true }

func TestLadder(t *testing.T) {
	noPush := func(c Channel) bool { return c == SMS || c == Voice }
	for name, c := range map[string]struct {
		kind  Kind
		class Class
		prefs Prefs
		reach func(Channel) bool
		want  []Channel
	}{
		"cheapest first, and a person at the end": {
			KindSuspended, ClassCritical, Prefs{}, everywhere, []Channel{Push, WeChat, Email, Inbox, SMS, Voice, Desk},
		},
		"what he prefers comes first": {
			KindBooked, ClassService, Prefs{Prefers: SMS}, everywhere, []Channel{SMS, Push, WeChat, Email, Inbox},
		},
		"a call to the room is not telephoned": {KindCalled, ClassCritical, Prefs{}, noPush, []Channel{SMS}},
		"an ordinary message is not telephoned": {
			KindBooked, ClassService, Prefs{}, noPush, []Channel{SMS},
		},
		"switched off": {KindBooked, ClassService, Prefs{Off: []Off{{ClassService, SMS}}}, noPush, nil},
		"critical cannot be switched off": {
			KindSuspended, ClassCritical, Prefs{Off: []Off{{ClassCritical, SMS}, {ClassService, SMS}}}, noPush, []Channel{SMS, Voice, Desk},
		},
		"what is optional never costs an SMS": {KindExtra, ClassOptional, Prefs{}, everywhere, []Channel{Push, WeChat, Email, Inbox}},
		"nobody can be reached, the desk is told": {
			KindSuspended, ClassCritical, Prefs{}, func(Channel) bool { return false }, []Channel{Desk},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, all().Ladder(c.kind, c.class, c.prefs, c.reach)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOneRowIsPlannedAndThePatientWhoListensGetsACallToo(t *testing.T) {
	s := visit(t)
	s.HasPush = true
	if got := all().PlanSuspended(s, s.Start); len(got) != 1 || got[0].Channel != Push {
		t.Errorf("got %+v, want the push alone", got)
	}
	s.HasPush, s.Prefs.Voice = false, true
	got := all().PlanSuspended(s, s.Start)
	if len(got) != 2 || got[0].Channel != SMS || got[1].Channel != Voice || got[1].DueAt.Sub(got[0].DueAt) != readOut {
		t.Errorf("got %+v, want an SMS and a call after it", got)
	}
	if got := all().PlanBooked(s, s.Start.Add(-time.Hour)); len(got) != 1 {
		t.Errorf("got %d rows for a confirmation, want no call", len(got))
	}
}

// Whatever he wants and wherever he can be reached: a class that he switched
// off does not go there, what is critical always has a way, and no channel is
// tried twice.
func TestLaddersKeepTheirPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		channels := Channels()
		has := rapid.SliceOfDistinct(rapid.SampledFrom(channels), func(c Channel) Channel { return c }).Draw(t, "reach")
		off := rapid.SliceOf(rapid.Custom(func(t *rapid.T) Off {
			return Off{rapid.SampledFrom([]Class{ClassCritical, ClassService, ClassOptional}).Draw(t, "class"), rapid.SampledFrom(channels).Draw(t, "by")}
		})).Draw(t, "off")
		p := Prefs{Prefers: rapid.SampledFrom(append(channels, "")).Draw(t, "prefers"), Off: off, Voice: rapid.Bool().Draw(t, "voice")}
		kind := rapid.SampledFrom([]Kind{KindBooked, KindSuspended, KindCalled, KindExtra}).Draw(t, "kind")
		class := rapid.SampledFrom([]Class{ClassCritical, ClassService, ClassOptional}).Draw(t, "of class")
		ways := all().Ladder(kind, class, p, func(c Channel) bool { return slices.Contains(has, c) })
		seen := map[Channel]bool{}
		for _, by := range ways {
			if seen[by] || p.Refuses(class, by) || by != Desk && !slices.Contains(has, by) {
				t.Fatalf("%s by %s: %v", class, by, ways)
			}
			seen[by] = true
		}
		if class == ClassCritical && kind == KindSuspended && (len(ways) == 0 || ways[len(ways)-1] != Desk) {
			t.Fatalf("no person at the end of %v", ways)
		}
	})
}

func TestWhenTheNextChannelIsTried(t *testing.T) {
	now := at(t, "2026-11-22 12:00")
	m := Message{Kind: KindSuspended, Class: ClassCritical, Channel: SMS, ExpiresAt: now.Add(time.Hour)}
	for name, c := range map[string]struct {
		set  func(*Message)
		want time.Duration // -1 for never
	}{
		"taken, and critical":     {func(m *Message) { m.State = Accepted }, 15 * time.Minute},
		"taken, and ordinary":     {func(m *Message) { m.State, m.Class = Accepted, ClassService }, -1},
		"a push proves nothing":   {func(m *Message) { m.State, m.Class, m.Channel, m.Kind = Accepted, ClassService, Push, KindBooked }, 10 * time.Minute},
		"a call cannot wait":      {func(m *Message) { m.State, m.Channel, m.Kind = Accepted, Push, KindCalled }, 20 * time.Second},
		"the number is no good":   {func(m *Message) { m.State, m.Reason = Failed, ReasonRecipient }, 0},
		"no text has no way":      {func(m *Message) { m.State, m.Reason = Failed, ReasonRender }, -1},
		"undelivered":             {func(m *Message) { m.State = Undelivered }, 0},
		"delivered":               {func(m *Message) { m.State = Delivered }, -1},
		"no app":                  {func(m *Message) { m.State, m.Reason = Suppressed, ReasonNoPush }, 0},
		"given up by the patient": {func(m *Message) { m.State, m.Reason = Suppressed, "cancelled" }, -1},
		"too late":                {func(m *Message) { m.State, m.Reason = Expired, ReasonLate }, -1},
	} {
		one := m
		c.set(&one)
		got := unheard(one, true, now)
		if c.want < 0 && !got.IsZero() || c.want >= 0 && !got.Equal(now.Add(c.want)) {
			t.Errorf("%s: got %v, want after %v", name, got, c.want)
		}
		if got := unheard(one, false, now); !got.IsZero() {
			t.Errorf("%s: got %v with no channel left, want never", name, got)
		}
	}
}
