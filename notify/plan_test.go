package notify

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/houzhen/houzhen"
)

var shanghai = time.FixedZone("CST", 8*3600)

// at reads a wall clock time of the hospital.
func at(tb testing.TB, s string) time.Time {
	tb.Helper()
	v, err := time.ParseInLocation("2006-01-02 15:04", s, shanghai)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func visit(tb testing.TB) Subject {
	tb.Helper()
	return Subject{
		ID: "a1", Version: 3, Recipient: "p1", HasPhone: true,
		Start: at(tb, "2026-11-23 09:00"), End: at(tb, "2026-11-23 09:30"), SessionEnd: at(tb, "2026-11-23 12:00"),
		BookedAt: at(tb, "2026-11-20 15:00"), CallAt: at(tb, "2026-11-23 10:40"),
	}
}

func TestPlanners(t *testing.T) {
	p := DefaultPolicy(shanghai)
	type row struct {
		Kind    Kind
		Class   Class
		Urgency houzhen.Urgency
		Due     string
		Expires string
	}
	for name, c := range map[string]struct {
		plan func(Subject, time.Time) []Message
		now  string
		want row
	}{
		"booked": {p.PlanBooked, "2026-11-20 15:00", row{KindBooked, "B", houzhen.Soon, "2026-11-20 15:00", "2026-11-21 15:00"}},
		"booked in the night waits for the morning": {
			p.PlanBooked, "2026-11-20 23:10", row{KindBooked, "B", houzhen.Soon, "2026-11-21 07:00", "2026-11-21 23:10"},
		},
		"booked for today is of use until the slice": {
			p.PlanBooked, "2026-11-23 08:10", row{KindBooked, "B", houzhen.Soon, "2026-11-23 08:10", "2026-11-23 09:00"},
		},
		"moved":     {p.PlanMoved, "2026-11-22 12:00", row{KindMoved, "B", houzhen.Soon, "2026-11-22 12:00", "2026-11-23 09:00"}},
		"cancelled": {p.PlanCancelled, "2026-11-22 12:00", row{KindCancelled, "B", houzhen.Soon, "2026-11-22 12:00", "2026-11-23 12:00"}},
		"reminder":  {p.PlanReminder, "2026-11-20 15:00", row{KindReminder, "B", houzhen.Routine, "2026-11-22 10:00", "2026-11-23 00:00"}},
		"reminder planned late goes at once": {
			p.PlanReminder, "2026-11-22 14:00", row{KindReminder, "B", houzhen.Routine, "2026-11-22 14:00", "2026-11-23 00:00"},
		},
		"reminder planned in the last night expires": {
			p.PlanReminder, "2026-11-22 22:00", row{KindReminder, "B", houzhen.Routine, "2026-11-23 00:00", "2026-11-23 00:00"},
		},
		"suspended goes at night": {
			p.PlanSuspended, "2026-11-22 23:00", row{KindSuspended, "A", houzhen.Critical, "2026-11-22 23:00", "2026-11-23 12:00"},
		},
		"leave now": {p.PlanLeaveNow, "2026-11-23 10:00", row{KindLeaveNow, "B", houzhen.Critical, "2026-11-23 10:00", "2026-11-23 10:40"}},
		"called":    {p.PlanCalled, "2026-11-23 10:30", row{KindCalled, "A", houzhen.Critical, "2026-11-23 10:30", "2026-11-23 10:33"}},
		"missed":    {p.PlanMissed, "2026-11-23 10:32", row{KindMissed, "A", houzhen.Soon, "2026-11-23 10:32", "2026-11-23 12:00"}},
		"displaced goes at night": {
			p.PlanDisplaced, "2026-11-22 23:00", row{KindDisplaced, "A", houzhen.Critical, "2026-11-22 23:00", "2026-11-23 09:00"},
		},
		"drawn": {p.PlanDrawWon, "2026-11-20 15:00", row{KindDrawWon, "B", houzhen.Soon, "2026-11-20 15:00", "2026-11-21 15:00"}},
		"not drawn": {
			p.PlanDrawLost, "2026-11-22 15:00", row{KindDrawLost, "B", houzhen.Soon, "2026-11-22 15:00", "2026-11-23 09:00"},
		},
		"sign-in at midnight": {
			func(s Subject, now time.Time) []Message { return p.PlanSignIn(s, "123456", now) }, "2026-11-23 00:00",
			row{KindSignIn, "A", houzhen.Critical, "2026-11-23 00:00", "2026-11-23 00:05"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			rows := c.plan(visit(t), at(t, c.now))
			if len(rows) != 1 {
				t.Fatalf("got %d rows, want one", len(rows))
			}
			m := rows[0]
			wall := func(at time.Time) string { return at.In(shanghai).Format("2006-01-02 15:04") }
			got := row{m.Kind, m.Class, m.Urgency, wall(m.DueAt), wall(m.ExpiresAt)}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if m.State != Planned || m.Subject != "a1" || m.Version != 3 || m.Recipient != "p1" || m.Channel != SMS {
				t.Errorf("got %+v, want a planned SMS about version 3 of a1 to p1", m)
			}
		})
	}
}

func TestReminderIsNotPlanned(t *testing.T) {
	p := DefaultPolicy(shanghai)
	for name, c := range map[string]struct{ booked, now string }{
		"booked after the hour of reminders": {"2026-11-22 10:01", "2026-11-22 10:01"},
		"booked on the day":                  {"2026-11-23 07:30", "2026-11-23 07:30"},
		"planned on the day":                 {"2026-11-20 15:00", "2026-11-23 00:00"},
	} {
		t.Run(name, func(t *testing.T) {
			s := visit(t)
			s.BookedAt = at(t, c.booked)
			if got := p.PlanReminder(s, at(t, c.now)); len(got) != 0 {
				t.Errorf("got %+v, want none", got)
			}
		})
	}
	s := visit(t)
	s.BookedAt = at(t, "2026-11-22 10:00")
	if got := p.PlanReminder(s, s.BookedAt); len(got) != 1 {
		t.Errorf("booked at the hour itself: got %d rows, want one", len(got))
	}
}

func TestPlanChannels(t *testing.T) {
	p := DefaultPolicy(shanghai)
	for _, c := range []struct {
		phone, push bool
		want        []Channel
	}{
		{true, true, []Channel{Push}}, // the cheapest first; the next is planned when it is not seen
		{true, false, []Channel{SMS}},
		{false, true, []Channel{Push}},
		{false, false, nil},
	} {
		s := visit(t)
		s.HasPhone, s.HasPush = c.phone, c.push
		var got []Channel
		for _, m := range p.PlanCalled(s, s.Start) {
			got = append(got, m.Channel)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("phone %v, push %v: %s", c.phone, c.push, diff)
		}
	}
}

func TestSignInGoesBySMSAloneAndCarriesItsCode(t *testing.T) {
	s := visit(t)
	s.HasPhone, s.HasPush = false, true
	rows := DefaultPolicy(shanghai).PlanSignIn(s, "123456", s.Start)
	if len(rows) != 1 || rows[0].Channel != SMS || rows[0].Secret != "123456" {
		t.Errorf("got %+v, want one SMS with the code", rows)
	}
}

func TestAllowed(t *testing.T) {
	p := DefaultPolicy(shanghai)
	noon := p
	noon.QuietFrom, noon.QuietTo = 12*60, 14*60
	never := p
	never.QuietFrom = never.QuietTo
	for name, c := range map[string]struct {
		policy   Policy
		class    Class
		at, want string
	}{
		"before quiet":         {p, ClassService, "2026-11-22 21:29", "2026-11-22 21:29"},
		"quiet begins":         {p, ClassService, "2026-11-22 21:30", "2026-11-23 07:00"},
		"after midnight":       {p, ClassService, "2026-11-23 00:00", "2026-11-23 07:00"},
		"last minute of quiet": {p, ClassService, "2026-11-23 06:59", "2026-11-23 07:00"},
		"quiet ends":           {p, ClassService, "2026-11-23 07:00", "2026-11-23 07:00"},
		"new year":             {p, ClassService, "2026-12-31 23:59", "2027-01-01 07:00"},
		"critical":             {p, ClassCritical, "2026-11-22 23:00", "2026-11-22 23:00"},
		"quiet at noon":        {noon, ClassService, "2026-11-22 13:00", "2026-11-22 14:00"},
		"after quiet noon":     {noon, ClassService, "2026-11-22 14:00", "2026-11-22 14:00"},
		"no quiet hours":       {never, ClassService, "2026-11-22 03:00", "2026-11-22 03:00"},
	} {
		t.Run(name, func(t *testing.T) {
			got := c.policy.Allowed(c.class, at(t, c.at).UTC())
			if want := at(t, c.want); !got.Equal(want) {
				t.Errorf("got %v, want %v", got.In(shanghai), want)
			}
		})
	}
}

func TestNoMessageOfServiceIsAllowedInQuietHours(t *testing.T) {
	p := DefaultPolicy(shanghai)
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(rapid.Int64Range(1e9, 4e9).Draw(t, "now"), 0)
		got := p.Allowed(ClassService, now)
		clock := houzhen.TimeOfDay(got.In(shanghai).Hour()*60 + got.In(shanghai).Minute())
		if got.Before(now) || got.Sub(now) > 10*time.Hour || clock >= p.QuietFrom || clock < p.QuietTo {
			t.Fatalf("at %v: got %v", now.In(shanghai), got.In(shanghai))
		}
	})
}

func TestBackoffGrowsAndIsShortForACall(t *testing.T) {
	for _, k := range []Kind{KindBooked, KindCalled} {
		for n := range 10 {
			if a, b := backoff(k, n), backoff(k, n+1); b < a || a <= 0 {
				t.Errorf("%s: try %d waits %v, the next %v", k, n, a, b)
			}
		}
	}
	if got := backoff(KindCalled, 4); got >= DefaultPolicy(shanghai).CalledFor {
		t.Errorf("got %v for a call, want less than it is of use", got)
	}
}
