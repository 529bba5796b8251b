package booking_test

import (
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

func TestRuleInForce(t *testing.T) {
	p := booking.DefaultPolicy()
	rule := func(department string, version int64) booking.ReleaseRule {
		r := p.Rule()
		r.DepartmentID, r.Version = department, version
		return r
	}
	all, all2, heart, heart3, skin := rule("", 1), rule("", 2), rule("heart", 1), rule("heart", 3), rule("skin", 9)
	for name, c := range map[string]struct {
		rules []booking.ReleaseRule
		want  booking.ReleaseRule
	}{
		"none: the policy's":   {nil, p.Rule()},
		"for all, the latest":  {[]booking.ReleaseRule{all2, all, skin}, all2},
		"its own, the latest":  {[]booking.ReleaseRule{all2, heart3, heart, all, skin}, heart3},
		"its own before later": {[]booking.ReleaseRule{heart, all2}, heart},
	} {
		if got := booking.RuleFor(c.rules, "heart", p); got.DepartmentID != c.want.DepartmentID || got.Version != c.want.Version {
			t.Errorf("%s: got %q version %d", name, got.DepartmentID, got.Version)
		}
	}
}

func TestRuleIsValidated(t *testing.T) {
	good := booking.DefaultPolicy().Rule()
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for field, change := range map[string]func(*booking.ReleaseRule){
		"horizon_days":   func(r *booking.ReleaseRule) { r.HorizonDays = 400 },
		"at":             func(r *booking.ReleaseRule) { r.At = 24 * 60 },
		"spread":         func(r *booking.ReleaseRule) { r.Spread = 2 * time.Hour },
		"fall_back_days": func(r *booking.ReleaseRule) { r.FallBackDays = 15 },
		"fall_back_at":   func(r *booking.ReleaseRule) { r.FallBackAt = -1 },
		"overbook_most":  func(r *booking.ReleaseRule) { r.OverbookMost = 101 },
		"draw_window":    func(r *booking.ReleaseRule) { r.DrawWindow = time.Second },
		"draw_doctors":   func(r *booking.ReleaseRule) { r.DrawDoctors = []string{""} },
	} {
		bad := good
		change(&bad)
		e, ok := bad.Validate().(*houzhen.Error) //nolint:errorlint // the rule itself gives it, nothing wraps it
		if !ok || e.Field != field {
			t.Errorf("%s: got %v", field, bad.Validate())
		}
	}
}

// A new rule moves what is not released; what was announced for the coming
// hour stays, and nothing is released without notice.
func TestNewRuleMovesReleases(t *testing.T) {
	c := newClinic(t)
	c.at(monday.AddDays(-30), 6, 30)
	rule, err := c.ReleaseRule(t.Context(), "cardiology")
	if err != nil {
		t.Fatal(err)
	}
	rule.DepartmentID, rule.Spread = "cardiology", 0
	if rule, _, err = c.SetReleaseRule(t.Context(), rule); err != nil || rule.Version != 1 {
		t.Fatalf("got %+v, %v", rule, err)
	}
	soon := c.session("chen", monday.AddDays(-16), 1)  // released in half an hour
	later := c.session("chen", monday, 1)              // released in two weeks
	sooner := c.session("liu", monday.AddDays(-15), 1) // released tomorrow
	other := c.session("sun", monday, 1, func(s *booking.Session) { s.DepartmentID = "skin" })
	rule.HorizonDays, rule.At = 20, 8*60
	if _, moved, err := c.SetReleaseRule(t.Context(), rule); err != nil || moved != 2 {
		t.Errorf("moved %d, %v, want 2", moved, err)
	}
	for id, want := range map[string]time.Time{
		soon.ID: soon.ReleaseAt, other.ID: other.ReleaseAt,
		later.ID: monday.AddDays(-20).At(8, 0, shanghai), sooner.ID: monday.AddDays(-30).At(7, 30, shanghai),
	} {
		if got, err := c.Session(t.Context(), id); err != nil || !got.ReleaseAt.Equal(want) {
			t.Errorf("release: got %v, %v, want %v", got.ReleaseAt, err, want)
		}
	}
	if days, err := c.Horizon(t.Context()); err != nil || days != 20 {
		t.Errorf("horizon: got %d, %v", days, err)
	}
	c.at(monday.AddDays(-20), 8, 0)
	c.mu.Lock()
	c.now = c.now.Add(-100 * time.Millisecond)
	c.mu.Unlock()
	_, err = c.Book(t.Context(), c.request(later, "li", 0))
	wantCode(t, err, houzhen.CodeNotReleased)
	c.at(monday.AddDays(-20), 8, 0)
	c.book(later, "li", 0)
	left, err := c.Releases(t.Context(), "")
	if err != nil || len(left) != 1 || left[0].ID != other.ID {
		t.Errorf("not released: got %+v, %v", left, err)
	}
}

// What is left of a hot doctor's places opens after the draw.
func TestDrawnSessionOpensAfterItsDraw(t *testing.T) {
	c := newClinic(t)
	rule := c.Policy().Rule()
	rule.Spread, rule.DrawDoctors = 0, []string{"chen"}
	if _, _, err := c.SetReleaseRule(t.Context(), rule); err != nil {
		t.Fatal(err)
	}
	hot, plain := c.session("chen", monday.AddDays(30), 1), c.session("liu", monday.AddDays(30), 1)
	if got := hot.ReleaseAt.Sub(plain.ReleaseAt); got != time.Minute+booking.DrawSettle {
		t.Errorf("got %v later", got)
	}
}

// An extra session that is added after its release goes to the waitlist first;
// a weekly one that is laid out late does not.
func TestExtraSessionOpensToTheWaitlistFirst(t *testing.T) {
	c := newClinic(t)
	line := booking.Roster{
		ID: "r1", DepartmentID: "cardiology", DoctorID: "chen", Weekday: time.Monday, Part: houzhen.Morning,
		Start: 8 * 60, End: 12 * 60, SliceMinutes: 30, SliceCapacity: 2, Quotas: booking.Quotas{booking.QuotaElder: 3},
	}
	extra := line
	extra.DoctorID, extra.ID = "liu", "r2"
	if err := c.in(func(tx booking.Tx) error {
		if err := tx.SaveRoster(t.Context(), line); err != nil {
			return err
		}
		return tx.SaveException(t.Context(), booking.Exception{ID: "e", Date: monday, Kind: booking.ExceptionExtra, Extra: extra})
	}); err != nil {
		t.Fatal(err)
	}
	c.sweep("generate", func() (int, error) { return c.GenerateSessions(t.Context(), monday, monday) }, 2)
	offers, err := c.Find(t.Context(), booking.FindQuery{From: monday})
	if err != nil || len(offers) != 2 {
		t.Fatalf("got %+v, %v", offers, err)
	}
	for _, o := range offers {
		want := map[string]int{"chen": 13, "liu": 0}[o.Session.DoctorID]
		if o.Free != want {
			t.Errorf("%s: %d free to anybody, want %d", o.Session.DoctorID, o.Free, want)
		}
	}
	if n := count(c.store.Kinds(), houzhen.PlaceOpened); n != 1 {
		t.Errorf("facts: got %d, want 1", n)
	}
}
