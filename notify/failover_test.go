package notify_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/houzhen/houzhen/notify"
)

var lunch = time.Date(2026, 5, 4, 4, 0, 0, 0, time.UTC)

func TestLoadMovesAwayFromTrouble(t *testing.T) {
	p := notify.DefaultFailover()
	good := notify.Pulse{Calls: 100, Measured: 100}
	failing := notify.Pulse{Calls: 100, Failures: 21}
	many := notify.Pulse{Calls: 1000, Failures: 51}
	few := notify.Pulse{Calls: 9, Failures: 9}
	slow := notify.Pulse{Calls: 100, Measured: 100, Lagged: 15}
	home := notify.Balance{Points: 60, Home: 60}
	moved := func(points int, ago time.Duration) notify.Balance {
		return notify.Balance{Points: points, Home: 60, Moved: lunch.Add(-ago)}
	}
	for name, tt := range map[string]struct {
		from          notify.Balance
		first, second notify.Pulse
		want          int
	}{
		"both well":                         {home, good, good, 60},
		"the first fails":                   {home, failing, good, 50},
		"the second fails":                  {home, good, failing, 70},
		"a fifth is not too much":           {home, notify.Pulse{Calls: 100, Failures: 20}, good, 60},
		"fifty-one errors, small share":     {home, many, good, 50},
		"too few calls to judge":            {home, few, good, 60},
		"down":                              {home, notify.Pulse{Down: true}, good, 50},
		"both fail":                         {home, failing, many, 60},
		"not twice within a minute":         {moved(50, 59*time.Second), failing, good, 50},
		"again after a minute":              {moved(50, time.Minute), failing, good, 40},
		"never below nothing":               {moved(5, time.Hour), failing, good, 0},
		"never above all":                   {moved(95, time.Hour), good, failing, 100},
		"the first is slow":                 {home, slow, good, 50},
		"both are slow":                     {home, slow, slow, 60},
		"fourteen of a hundred is not slow": {home, notify.Pulse{Measured: 100, Lagged: 14}, good, 60},
		"slow again too soon":               {notify.Balance{Points: 50, Home: 60, Moved: lunch.Add(-4 * time.Minute), Slowed: lunch.Add(-4 * time.Minute)}, slow, good, 50},
		"slow again after five minutes":     {notify.Balance{Points: 50, Home: 60, Moved: lunch.Add(-5 * time.Minute), Slowed: lunch.Add(-5 * time.Minute)}, slow, good, 40},
		"not back too soon":                 {moved(30, 14*time.Minute), good, good, 30},
		"back by a step":                    {moved(30, 15*time.Minute), good, good, 40},
		"back from above":                   {moved(90, 15*time.Minute), good, good, 80},
		"back, and no further than home":    {moved(55, 15*time.Minute), good, good, 60},
		"not back into failure":             {moved(30, time.Hour), failing, many, 30},
	} {
		t.Run(name, func(t *testing.T) {
			if got := p.Shift(tt.from, tt.first, tt.second, lunch); got.Points != tt.want {
				t.Errorf("%d points, want %d", got.Points, tt.want)
			} else if (got.Points != tt.from.Points) != got.Moved.Equal(lunch) {
				t.Errorf("moved at %v for %d to %d", got.Moved, tt.from.Points, got.Points)
			}
		})
	}
}

// Whatever is seen, a share stays a share, one look moves at most one step, and
// in quiet the load comes home.
func TestLoadStaysWithinBounds(t *testing.T) {
	p := notify.DefaultFailover()
	pulse := rapid.Custom(func(t *rapid.T) notify.Pulse {
		calls, measured := rapid.IntRange(0, 300).Draw(t, "calls"), rapid.IntRange(0, 300).Draw(t, "measured")
		return notify.Pulse{
			Calls: calls, Failures: rapid.IntRange(0, calls).Draw(t, "failures"), Measured: measured, Lagged: rapid.IntRange(0, measured).Draw(t, "lagged"),
			Down: rapid.Bool().Draw(t, "down"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		home := rapid.IntRange(0, 100).Draw(t, "home")
		b, now := notify.Balance{Points: home, Home: home}, lunch
		for range rapid.IntRange(1, 40).Draw(t, "looks") {
			now = now.Add(time.Duration(rapid.IntRange(0, 400).Draw(t, "pause")) * time.Second)
			next := p.Shift(b, pulse.Draw(t, "first"), pulse.Draw(t, "second"), now)
			if d := next.Points - b.Points; next.Points < 0 || next.Points > 100 || d > p.Step || d < -p.Step {
				t.Fatalf("from %d to %d", b.Points, next.Points)
			}
			if next.Points != b.Points && !b.Moved.IsZero() && now.Sub(b.Moved) < p.Rest {
				t.Fatalf("moved again after %v", now.Sub(b.Moved))
			}
			b = next
		}
		for range 12 {
			now = now.Add(p.Drift)
			b = p.Shift(b, notify.Pulse{}, notify.Pulse{}, now)
		}
		if b.Points != home {
			t.Fatalf("after three quiet hours at %d, home is %d", b.Points, home)
		}
	})
}
