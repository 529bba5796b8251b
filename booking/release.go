package booking

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
)

// ReleaseRule says when the places of a department are released and what of
// them is kept (domain rules §3.13, §3.14 and §8). Rules are versioned data:
// one is never changed, the highest version of a department is in force; the
// department "" is the rule of all who have none of their own.
type ReleaseRule struct {
	DepartmentID string            `json:"department_id"`
	Version      int64             `json:"version"`
	HorizonDays  int               `json:"horizon_days"` // released that long before the date; 0: at once
	At           houzhen.TimeOfDay `json:"at"`           // at what time of day
	Spread       time.Duration     `json:"spread"`       // departments are spread over it

	FallBackDays int               `json:"fall_back_days"` // quotas are general that many days before the date …
	FallBackAt   houzhen.TimeOfDay `json:"fall_back_at"`   // … from this time of day

	OverbookMost int `json:"overbook_most"` // places added beyond the roster, a session; 0: none

	DrawDoctors []string      `json:"draw_doctors,omitempty"` // whose places are drawn instead of raced for
	DrawWindow  time.Duration `json:"draw_window"`            // requests are collected that long from the release

	By string    `json:"by"` // who made this version
	On time.Time `json:"on"`
}

// Rule gives the rule that the policy makes for departments without one.
func (p Policy) Rule() ReleaseRule {
	return ReleaseRule{
		HorizonDays: p.HorizonDays, At: p.ReleaseTime, Spread: p.ReleaseSpread,
		FallBackDays: p.FallBackDays, FallBackAt: p.FallBackTime, OverbookMost: p.OverbookMost, DrawWindow: p.DrawWindow,
	}
}

// Validate says which value cannot be.
func (r ReleaseRule) Validate() error {
	for _, c := range []struct {
		field string
		ok    bool
	}{
		{"horizon_days", r.HorizonDays >= 0 && r.HorizonDays <= 366},
		{"at", r.At >= 0 && r.At < 24*60},
		{"spread", r.Spread >= 0 && r.Spread <= time.Hour && r.Spread%time.Second == 0},
		{"fall_back_days", r.FallBackDays >= 0 && (r.FallBackDays <= r.HorizonDays || r.HorizonDays == 0)},
		{"fall_back_at", r.FallBackAt >= 0 && r.FallBackAt < 24*60},
		{"overbook_most", r.OverbookMost >= 0 && r.OverbookMost <= LastOverbook-FirstOverbook+1},
		{"draw_window", r.DrawWindow >= 10*time.Second && r.DrawWindow <= 24*time.Hour && r.DrawWindow%time.Second == 0},
		{"draw_doctors", len(r.DrawDoctors) <= 200 && !slices.Contains(r.DrawDoctors, "")},
	} {
		if !c.ok {
			return houzhen.E(houzhen.CodeInvalid, "release rule value out of range").On(c.field)
		}
	}
	return nil
}

// RuleFor picks the rule in force for a department: its own latest version,
// else the latest for all, else the policy's.
func RuleFor(rules []ReleaseRule, departmentID string, p Policy) ReleaseRule {
	best := p.Rule()
	for _, r := range rules {
		own, bestOwn := r.DepartmentID == departmentID, best.DepartmentID == departmentID && best.Version > 0
		if r.DepartmentID != "" && !own {
			continue
		}
		if own && !bestOwn || own == bestOwn && r.Version > best.Version {
			best = r
		}
	}
	return best
}

// ReleaseAt gives when a session of a date becomes bookable: the horizon
// before it, the departments spread in steps of five seconds. No horizon means
// at once.
func (r ReleaseRule) ReleaseAt(date houzhen.Date, departmentID string, loc *time.Location) time.Time {
	if r.HorizonDays == 0 {
		return time.Time{}
	}
	at := date.AddDays(-r.HorizonDays).Clock(r.At, loc).UTC()
	if steps := uint64(r.Spread / (5 * time.Second)); steps > 0 {
		h := fnv.New64a()
		_, _ = h.Write([]byte(departmentID))
		at = at.Add(time.Duration(h.Sum64()%steps) * 5 * time.Second)
	}
	return at
}

// DrawSettle is how long after the window of a draw what is left of its places
// opens to all: the lots are drawn and booked meanwhile.
const DrawSettle = 10 * time.Minute

// Draws reports whether the places of a doctor are drawn.
func (r ReleaseRule) Draws(doctorID string) bool {
	return r.HorizonDays > 0 && slices.Contains(r.DrawDoctors, doctorID)
}

// opens gives from when on a session can be booked by all: at the release, or
// after the draw.
func (r ReleaseRule) opens(o Session, loc *time.Location) time.Time {
	return r.ReleaseAt(o.Date, o.DepartmentID, loc).Add(r.drawn(o))
}

// drawn gives how long before it opens to all a session's draw opens; 0 when
// its places are not drawn.
func (r ReleaseRule) drawn(o Session) time.Duration {
	if r.Draws(o.DoctorID) {
		return r.DrawWindow + DrawSettle
	}
	return 0
}

// retimed gives when a session that is not released yet is released by a new
// rule in place of what was announced: that it can be asked for from told on.
// What was announced for within the notice stays, a draw that opens within it
// too, and nothing can be asked for sooner than that from now: a release is
// told beforehand.
func (r ReleaseRule) retimed(o Session, told, now time.Time, loc *time.Location) (time.Time, bool) {
	soon := now.Add(ReleaseNotice)
	if o.Status != SessionPlanned || !told.After(soon) {
		return o.ReleaseAt, false
	}
	at := r.opens(o, loc)
	if earliest := soon.Add(r.drawn(o)); at.Before(earliest) {
		at = earliest.Truncate(time.Second)
	}
	return at, !at.Equal(o.ReleaseAt)
}

// refallen gives when the quotas of a session fall back by a new rule. What has
// fallen back stays everybody's, and what never does is nobody's rule.
func (r ReleaseRule) refallen(o Session, now time.Time, loc *time.Location) (time.Time, bool) {
	at := r.FallBack(o.Date, loc)
	if o.Status != SessionPlanned || o.FallBackAt.IsZero() || !o.FallBackAt.After(now) || at.Equal(o.FallBackAt) {
		return o.FallBackAt, false
	}
	return at, true
}

// Draws knows the draws that are announced. It is asked in the transaction that
// changes a rule: the rule before may say nothing of a draw that takes place
// all the same, since it was within the notice when the rule was made.
type Draws interface {
	// Opens gives from when on lots of a session are asked for; zero where no
	// draw of it is announced.
	Opens(ctx context.Context, tx Tx, sessionID string) (time.Time, error)
}

// WithDraws lets rules of release keep to draws that are announced.
func WithDraws(d Draws) Option { return func(s *Service) { s.draws = d } }

// told gives from when on, by what people know, a session can be asked for.
func (s *Service) told(ctx context.Context, tx Tx, o Session, rule ReleaseRule) (time.Time, error) {
	at := o.ReleaseAt.Add(-rule.drawn(o))
	if s.draws == nil {
		return at, nil
	}
	opens, err := s.draws.Opens(ctx, tx, o.ID)
	if err != nil {
		return at, fmt.Errorf("look for a draw: %w", err)
	}
	if !opens.IsZero() && opens.Before(at) {
		at = opens
	}
	return at, nil
}

// ReleaseNotice is how long before it the time of a release is fixed.
const ReleaseNotice = time.Hour

// FallBack gives from when on the quotas of a session are everybody's.
func (r ReleaseRule) FallBack(date houzhen.Date, loc *time.Location) time.Time {
	return date.AddDays(-r.FallBackDays).Clock(r.FallBackAt, loc).UTC()
}
