package notify

import "time"

// FailoverPolicy says when the load of a channel moves from one account to
// another (ADR 0027). The zero value is invalid; DefaultFailover gives the
// published default.
type FailoverPolicy struct {
	Step       int           // points of a hundred that move at a time
	Window     time.Duration // over which errors are counted
	Errors     int           // so many of them within Window are too many, whatever their share
	Share      int           // of a hundred calls: a share above this is too much …
	Least      int           // … once there were so many calls
	Rest       time.Duration // errors move load at most once within this
	Slow       time.Duration // a delivery, or a call, of this length or more is slow
	SlowWindow time.Duration // over which slowness is counted
	SlowShare  int           // of a hundred: a share from this on is slow
	SlowRest   time.Duration // slowness moves load at most once within this
	Drift      time.Duration // after so long without a move one step goes back
}

// DefaultFailover gives the published default: the rule of GOV.UK Notify, with
// an error share beside its error count because a hospital sends less.
func DefaultFailover() FailoverPolicy {
	return FailoverPolicy{
		Step: 10, Window: time.Minute, Errors: 50, Share: 20, Least: 10, Rest: time.Minute,
		Slow: 5 * time.Minute, SlowWindow: 15 * time.Minute, SlowShare: 15, SlowRest: 5 * time.Minute, Drift: 15 * time.Minute,
	}
}

// Balance is how the load of a channel is divided between two accounts. Points
// are the first account's share of a hundred; Home is where they drift back to.
type Balance struct {
	Points, Home int
	Moved        time.Time // last move, by whatever reason
	Slowed       time.Time // last move by slowness
}

// Pulse is what was seen of one account up to now.
type Pulse struct {
	Calls, Failures  int // within Window
	Measured, Lagged int // within SlowWindow: deliveries and calls with a known length, and the slow ones
	Down             bool
}

// failing reports whether an account makes too many errors.
func (p FailoverPolicy) failing(a Pulse) bool {
	return a.Down || a.Failures > p.Errors || a.Calls >= p.Least && a.Failures*100 > p.Share*a.Calls
}

func (p FailoverPolicy) lagging(a Pulse) bool {
	return a.Measured >= p.Least && a.Lagged*100 >= p.SlowShare*a.Measured
}

// Shift decides the division that follows from what was seen. An account that
// fails, or is slow, gives a step to the other one; when both do, nothing
// changes, because the fault is then likely ours or the carrier's. After a
// quiet time one step goes back.
func (p FailoverPolicy) Shift(b Balance, first, second Pulse, now time.Time) Balance {
	move := func(worse, other bool) int {
		switch {
		case worse == other:
			return 0
		case worse:
			return -p.Step
		}
		return p.Step
	}
	since := func(at time.Time, rest time.Duration) bool { return at.IsZero() || now.Sub(at) >= rest }
	if by := move(p.failing(first), p.failing(second)); by != 0 && since(b.Moved, p.Rest) {
		return b.moved(by, now)
	}
	if p.failing(first) || p.failing(second) {
		return b
	}
	if by := move(p.lagging(first), p.lagging(second)); by != 0 && since(b.Slowed, p.SlowRest) && since(b.Moved, p.Rest) {
		b = b.moved(by, now)
		b.Slowed = now
		return b
	}
	if p.lagging(first) || p.lagging(second) || b.Points == b.Home || !since(b.Moved, p.Drift) {
		return b
	}
	by := min(p.Step, b.Home-b.Points)
	if b.Points > b.Home {
		by = -min(p.Step, b.Points-b.Home)
	}
	return b.moved(by, now)
}

func (b Balance) moved(by int, now time.Time) Balance {
	points := min(max(b.Points+by, 0), 100)
	if points == b.Points {
		return b
	}
	b.Points, b.Moved = points, now
	return b
}

// pulse is the memory of one account: counts in ten-second cells.
type pulse struct {
	cells []cell
}

type cell struct {
	at                                time.Time // its beginning
	calls, failures, measured, lagged int
}

const cellSize = 10 * time.Second

// into gives the cell of an instant and forgets what is too old to count.
func (p *pulse) into(now time.Time, keep time.Duration) *cell {
	at := now.Truncate(cellSize)
	old := 0
	for old < len(p.cells) && now.Sub(p.cells[old].at) > keep+cellSize {
		old++
	}
	p.cells = p.cells[old:]
	if n := len(p.cells); n > 0 && !p.cells[n-1].at.Before(at) {
		return &p.cells[n-1]
	}
	p.cells = append(p.cells, cell{at: at})
	return &p.cells[len(p.cells)-1]
}

// sum gives what the policy asks of an account.
func (p *pulse) sum(policy FailoverPolicy, now time.Time) Pulse {
	var s Pulse
	for _, c := range p.cells {
		age := now.Sub(c.at)
		if age <= policy.Window {
			s.Calls += c.calls
			s.Failures += c.failures
		}
		if age <= policy.SlowWindow {
			s.Measured += c.measured
			s.Lagged += c.lagged
		}
	}
	return s
}
