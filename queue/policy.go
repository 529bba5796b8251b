package queue

import (
	"slices"
	"time"

	"github.com/houzhen/houzhen"
)

// Key says by what the normal lane is ordered.
type Key string

// Keys.
const (
	KeySliceNumber Key = "slice_number"
	KeyNumber      Key = "number"
	KeyCheckIn     Key = "checkin"
)

// BookedFirst says how booked patients stand to walk-ins.
type BookedFirst string

// How booked patients stand to walk-ins.
const (
	BookedWithinSlice BookedFirst = "within_slice"
	BookedAlways      BookedFirst = "always"
	BookedEqual       BookedFirst = "equal"
)

// LateMode says where a patient goes who comes after his slice.
type LateMode string

// Modes for late patients.
const (
	LateEndOfSlice LateMode = "end_of_current_slice" // within the grace; later: the late lane
	LateInterval   LateMode = "interval"             // the late lane at once
	LateKeepsPlace LateMode = "normal"               // as if he were on time
)

// PoolOrder says whom a doctor calls who has a list of his own and serves a
// pool too.
type PoolOrder string

// Orders of a doctor's own list and his pool.
const (
	OwnFirst  PoolOrder = "own_first"
	Alternate PoolOrder = "alternate"
	PoolFirst PoolOrder = "pool_first"
)

// Where a missed patient goes when he is back (Reinsertion.At).
const (
	AtAfter        = "after"
	AtEndOfSlice   = "end_of_slice"
	AtEndOfSession = "end_of_daypart"
)

// Reinsertion is where a missed patient goes when he is back: after so many
// normals, or to an end.
type Reinsertion struct {
	At    string
	After int
}

// After is a Reinsertion behind n normals.
func After(n int) Reinsertion { return Reinsertion{At: AtAfter, After: n} }

// Group is a kind of people who go in the priority lane. Its code is for staff
// and never shown on a screen.
type Group struct {
	Code   string
	MinAge int // 0: age does not matter
}

// Where a patient may say that he is here.
const (
	AtKiosk  = "kiosk"
	AtDesk   = "desk"
	AtZoneQR = "zone_qr"
)

// Policy orders a zone's queues (domain rule §8). It is one value: a zone that
// has its own has all of it. The zero value is invalid; DefaultPolicy gives the
// published default.
type Policy struct {
	Version     int // 0 is the built-in default
	Key         Key
	BookedFirst BookedFirst
	Presence    []string      // where checking in is possible
	OpenBefore  time.Duration // before his slice; earlier is taken without gain, or refused
	EarlyRefuse bool
	ReadySize   int

	LateMode     LateMode
	LateGrace    time.Duration // after the end of his slice
	LateInterval int           // normals between two late ones
	DelayExempt  bool          // nobody is late while his own slice is not finished

	CallsBeforeMissed int
	MinCallGap        time.Duration
	MinCallTotal      time.Duration
	TakeBack          time.Duration
	MissedInterval    int           // normals between two missed ones
	Reinsert          []Reinsertion // after the 1st, 2nd … miss; beyond the list: end of session
	VoidAfter         int           // misses that void the ticket; a nurse may still bring it back
	MissAnytime       bool          // a call may be marked missed before its calls and minutes are full

	ReturnInterval int
	ReturnBurst    int           // so many waiting: one after every normal; 0 never
	ReturnMaxWait  time.Duration // 0: LaneMaxWait
	ReturnAny      bool          // any doctor may see a return, rather than the one who sent him
	ReturnBlind    bool          // a return need not have his results

	PriorityAbsolute bool // before every other lane whenever one waits
	PriorityFirst    int  // normals before the first of them
	PriorityInterval int
	PrioritySeries   int
	Groups           []Group

	DeferredInterval int
	DeferMax         time.Duration // the longest that a patient may put himself off

	MaxInsertShare float64       // of the last ten picks; 1 is no limit
	OvertakeTimes  int           // of a patient on time and due; 0 is no limit
	OvertakeFor    time.Duration // 0 is no limit
	LaneMaxWait    time.Duration // an inserted one who waited longer goes after one normal; 0 is never

	Pool         PoolOrder
	PauseShow    time.Duration // a shorter pause is not announced
	PauseWizard  time.Duration // from then on the nurse is asked what becomes of those who wait
	DeadlineAM   string        // last check-in of a morning, "11:30"; "" none
	DeadlinePM   string
	AutoFinish   bool          // calling the next one finishes the present one, as its own fact
	UndoWithin   time.Duration //
	LeaveAlpha   float64       // the chance of being called before he arrives that is accepted
	LeaveNear    float64       // the same of those who say that they live near
	LeaveGrace   time.Duration // how long a call waits for one who is on the way
	LeaveRecheck time.Duration
	LeaveHold    bool // who was told when to leave is not late for it

	Continuation ContinuationRule
}

// ContinuationRule says what one registration is good for after its day
// (domain rule §3.7).
type ContinuationRule struct {
	Days     int    // with the day of the visit; 0: none are given
	Times    int    // per registration
	MaxGrade string // same, or any
	Lane     Lane   // return or normal, on the day
}

// DefaultPolicy gives the published default (domain rule §8).
func DefaultPolicy() Policy {
	return Policy{
		Key: KeySliceNumber, BookedFirst: BookedWithinSlice,
		Presence: []string{AtKiosk, AtDesk, AtZoneQR}, OpenBefore: 30 * time.Minute,
		ReadySize: 2,
		LateMode:  LateEndOfSlice, LateGrace: 15 * time.Minute, LateInterval: 2, DelayExempt: true,
		CallsBeforeMissed: 3, MinCallGap: 20 * time.Second, MinCallTotal: 90 * time.Second, TakeBack: 2 * time.Minute,
		MissedInterval: 2, Reinsert: []Reinsertion{After(3), After(5)}, VoidAfter: 4,
		ReturnInterval: 2, ReturnBurst: 3, ReturnMaxWait: 30 * time.Minute,
		PriorityFirst: 2, PriorityInterval: 3, PrioritySeries: 2,
		Groups: []Group{
			{Code: GroupElder, MinAge: 80}, {Code: "military"}, {Code: "fire_rescue"}, {Code: "disabled"}, {Code: "pregnant"},
		},
		DeferredInterval: 2, DeferMax: 2 * time.Hour,
		MaxInsertShare: 0.5, OvertakeTimes: 6, OvertakeFor: 30 * time.Minute, LaneMaxWait: 30 * time.Minute,
		Pool: OwnFirst, PauseShow: 2 * time.Minute, PauseWizard: 10 * time.Minute,
		DeadlineAM: "11:30", DeadlinePM: "16:30", AutoFinish: true, UndoWithin: 5 * time.Minute,
		LeaveAlpha: 0.02, LeaveNear: 0.10, LeaveGrace: 3 * time.Minute, LeaveRecheck: 2 * time.Minute, LeaveHold: true,
		Continuation: ContinuationRule{Days: 3, Times: 1, MaxGrade: "same", Lane: LaneReturn},
	}
}

// GroupElder is the one group that age decides.
const GroupElder = "elder"

// Validate refuses a policy that cannot order a queue, naming the field as its
// document does.
func (p Policy) Validate() error {
	counts := []struct {
		field                string
		value, least, atMost int
	}{
		{"ready_size", p.ReadySize, 1, 10},
		{"late.interval", p.LateInterval, 1, 50},
		{"missed.interval", p.MissedInterval, 1, 50},
		{"missed.void_after", p.VoidAfter, 1, 20},
		{"missed.calls", p.CallsBeforeMissed, 1, 10},
		{"return.interval", p.ReturnInterval, 1, 50},
		{"return.burst_backlog", p.ReturnBurst, 0, 50},
		{"priority.first_after", p.PriorityFirst, 0, 50},
		{"priority.interval", p.PriorityInterval, 1, 50},
		{"priority.series", p.PrioritySeries, 1, 10},
		{"deferred.interval", p.DeferredInterval, 1, 50},
		{"overtake.max_times", p.OvertakeTimes, 0, 100},
		{"continuation.days", p.Continuation.Days, 0, 30},
		{"continuation.times", p.Continuation.Times, 0, 5},
	}
	for _, c := range counts {
		if c.value < c.least {
			return badPolicy(c.field, "policy number is too small")
		}
		if c.value > c.atMost {
			return badPolicy(c.field, "policy number is too large")
		}
	}
	if !(p.MaxInsertShare > 0 && p.MaxInsertShare <= 1) {
		return badPolicy("max_insert_share", "the share of the inserted is above 0 and at most 1")
	}
	for field, alpha := range map[string]float64{"leave.alpha": p.LeaveAlpha, "leave.alpha_near": p.LeaveNear} {
		if !(alpha > 0 && alpha <= 0.5) {
			return badPolicy(field, "the accepted chance is above 0 and at most 0.5")
		}
	}
	for _, check := range []func() error{p.validateWords, p.validateLists, p.validateDurations} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func badPolicy(field, message string) error { return houzhen.E(houzhen.CodeInvalid, message).On(field) }

func (p Policy) validateWords() error {
	words := []struct {
		field, value string
		of           []string
	}{
		{"key", string(p.Key), []string{string(KeySliceNumber), string(KeyNumber), string(KeyCheckIn)}},
		{"booked_first", string(p.BookedFirst), []string{string(BookedWithinSlice), string(BookedAlways), string(BookedEqual)}},
		{"late.mode", string(p.LateMode), []string{string(LateEndOfSlice), string(LateInterval), string(LateKeepsPlace)}},
		{"pool.order", string(p.Pool), []string{string(OwnFirst), string(Alternate), string(PoolFirst)}},
		{"continuation.max_grade", p.Continuation.MaxGrade, []string{"same", "any"}},
		{"continuation.lane", string(p.Continuation.Lane), []string{string(LaneReturn), string(LaneNormal)}},
	}
	for _, w := range words {
		if !slices.Contains(w.of, w.value) {
			return badPolicy(w.field, "no such word in a policy")
		}
	}
	for field, at := range map[string]string{"deadline.am": p.DeadlineAM, "deadline.pm": p.DeadlinePM} {
		if _, err := time.Parse("15:04", at); at != "" && err != nil {
			return badPolicy(field, "give hours and minutes, such as 11:30")
		}
	}
	return nil
}

func (p Policy) validateLists() error {
	for _, r := range p.Reinsert {
		if !slices.Contains([]string{AtAfter, AtEndOfSlice, AtEndOfSession}, r.At) || r.After < 0 || r.At != AtAfter && r.After != 0 {
			return badPolicy("missed.reinsert", "give after:n, end_of_slice or end_of_daypart")
		}
	}
	for _, at := range p.Presence {
		if !slices.Contains([]string{AtKiosk, AtDesk, AtZoneQR}, at) {
			return badPolicy("checkin.presence", "give kiosk, desk or zone_qr")
		}
	}
	seen := map[string]bool{}
	for _, g := range p.Groups {
		if g.Code == "" || seen[g.Code] || g.MinAge < 0 || g.MinAge > 130 {
			return badPolicy("priority.groups", "a group has a code of its own and an age of at most 130")
		}
		seen[g.Code] = true
	}
	return nil
}

// validateDurations bounds every time by a day.
func (p Policy) validateDurations() error {
	durations := []struct {
		field string
		value time.Duration
	}{
		{"checkin.open_before", p.OpenBefore},
		{"late.grace", p.LateGrace},
		{"missed.min_gap", p.MinCallGap},
		{"missed.min_total", p.MinCallTotal},
		{"missed.take_back", p.TakeBack},
		{"return.max_wait", p.ReturnMaxWait},
		{"deferred.max", p.DeferMax},
		{"overtake.max_minutes", p.OvertakeFor},
		{"lanes.max_wait", p.LaneMaxWait},
		{"pause.show_after", p.PauseShow},
		{"pause.wizard_after", p.PauseWizard},
		{"undo_within", p.UndoWithin},
		{"leave.grace", p.LeaveGrace},
		{"leave.recheck", p.LeaveRecheck},
	}
	for _, d := range durations {
		if d.value < 0 || d.value > 24*time.Hour {
			return badPolicy(d.field, "policy duration is negative or longer than a day")
		}
	}
	return nil
}

// reinsertion says where a patient goes after his n-th miss.
func (p *Policy) reinsertion(misses int) Reinsertion {
	if misses > len(p.Reinsert) {
		return Reinsertion{At: AtEndOfSession}
	}
	return p.Reinsert[max(misses, 1)-1]
}

// noon and evening part a day: a session is of the half-day in which it begins.
const (
	noon    = 12
	evening = 17
)

// lastCheckIn is until when a patient checks in by himself in the half-day of a
// session that starts at an instant; after it, and after his own slice, a nurse
// decides. Zero: there is no such time.
func (p *Policy) lastCheckIn(start time.Time, loc *time.Location) time.Time {
	local, at := start.In(loc), p.DeadlineAM
	switch {
	case local.Hour() >= evening:
		return time.Time{}
	case local.Hour() >= noon:
		at = p.DeadlinePM
	}
	t, err := time.Parse("15:04", at)
	if err != nil {
		return time.Time{}
	}
	return time.Date(local.Year(), local.Month(), local.Day(), t.Hour(), t.Minute(), 0, 0, loc)
}

// GroupOf finds a group of the policy.
func (p Policy) GroupOf(code string) (Group, bool) {
	i := slices.IndexFunc(p.Groups, func(g Group) bool { return g.Code == code })
	if i < 0 {
		return Group{}, false
	}
	return p.Groups[i], true
}

// Allows reports whether a patient may check in at a place.
func (p Policy) Allows(at string) bool { return slices.Contains(p.Presence, at) }
