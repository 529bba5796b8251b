package waitlist

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

var (
	shanghai = time.FixedZone("CST", 8*3600)
	day      = houzhen.Date{Year: 2026, Month: time.March, Day: 5}
)

func TestRoundFollowsTheTimeThatIsLeft(t *testing.T) {
	p := DefaultPolicy()
	for name, c := range map[string]struct {
		lead, usable time.Duration
		want         Round
	}{
		"days before":           {48 * time.Hour, 48 * time.Hour, Round{Offer, 1, 30 * time.Minute}},
		"just over twelve":      {12*time.Hour + 1, 12 * time.Hour, Round{Offer, 1, 30 * time.Minute}},
		"twelve hours":          {12 * time.Hour, 12 * time.Hour, Round{Invitation, 2, 10 * time.Minute}},
		"two hours":             {2 * time.Hour, 2 * time.Hour, Round{Invitation, 2, 10 * time.Minute}},
		"just under two":        {2*time.Hour - 1, 100 * time.Minute, Round{Invitation, 3, 10 * time.Minute}},
		"an hour":               {time.Hour, time.Hour, Round{Invitation, 4, 10 * time.Minute}},
		"three quarters":        {45 * time.Minute, 45 * time.Minute, Round{Invitation, 5, 10 * time.Minute}},
		"never more than five":  {20 * time.Minute, 20 * time.Minute, Round{Invitation, 5, 10 * time.Minute}},
		"not beyond its use":    {8 * time.Minute, 6 * time.Minute, Round{Invitation, 5, 6 * time.Minute}},
		"a session that is on":  {-time.Hour, 90 * time.Minute, Round{Invitation, 3, 10 * time.Minute}},
		"a place in an instant": {0, time.Second, Round{Invitation, 5, time.Minute}},
	} {
		if got := p.Round(c.lead, c.usable); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

func TestNeededIsTheFormula(t *testing.T) {
	for _, c := range []struct {
		hold, usable time.Duration
		fill, accept float64
	}{
		{10 * time.Minute, time.Hour, .9, .1},
		{10 * time.Minute, 3 * time.Hour, .96, .1},
		{30 * time.Minute, 24 * time.Hour, .99, .1},
		{15 * time.Minute, 3 * time.Hour, .9, .25},
	} {
		exact := c.hold.Minutes() * math.Log(1/(1-c.fill)) / (-math.Log(1-c.accept) * c.usable.Minutes())
		if got := Needed(c.hold, c.usable, c.fill, c.accept); float64(got) < exact-1e-6 || float64(got) >= max(exact, 0)+1 && got != 1 {
			t.Errorf("%+v: got %d, the formula gives %.3f", c, got, exact)
		}
	}
	if got := Needed(time.Minute, 0, .9, .1); got != math.MaxInt32 {
		t.Errorf("no time at all: got %d", got)
	}
}

// cascade plays one opened place: rounds of k invitations of a length, replies
// after a lognormal time of median 12 min and sigma 1.2, a share of them yes,
// late ones taken while the place is open.
func cascade(r *rand.Rand, round func(left float64) (k int, hold float64), usable, accept float64) (filled bool) {
	var yes []float64 // when somebody says yes
	for now := 0.0; now < usable; {
		if slices.ContainsFunc(yes, func(at float64) bool { return at <= now }) {
			return true
		}
		k, hold := round(usable - now)
		for range k {
			if r.Float64() < accept {
				yes = append(yes, now+12*math.Exp(1.2*r.NormFloat64()))
			}
		}
		now += hold
	}
	return slices.ContainsFunc(yes, func(at float64) bool { return at <= usable })
}

// The published simulation of the cascade at a tenth of its size: the numbers
// that the rule rests on, and what the rule itself reaches.
func TestCascadeFillsAsPublished(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 14))
	const runs = 4000
	fill := func(round func(float64) (int, float64), usable, accept float64) float64 {
		n := 0
		for range runs {
			if cascade(r, round, usable, accept) {
				n++
			}
		}
		return float64(n) / runs
	}
	fixed := func(k int, hold float64) func(float64) (int, float64) {
		return func(float64) (int, float64) { return k, hold }
	}
	for _, c := range []struct {
		name           string
		round          func(float64) (int, float64)
		usable, accept float64
		want           float64
	}{
		{"60 min, 15 min x1", fixed(1, 15), 60, .10, .28},
		{"60 min, 10 min x2", fixed(2, 10), 60, .10, .61},
		{"60 min, 10 min x2, a quarter accept", fixed(2, 10), 60, .25, .92},
		{"60 min, 10 min x5", fixed(5, 10), 60, .10, .90},
		{"3 h, 30 min x1", fixed(1, 30), 180, .10, .45},
		{"3 h, 15 min x1", fixed(1, 15), 180, .10, .68},
		{"3 h, 10 min x2", fixed(2, 10), 180, .10, .96},
		{"24 h, 30 min x1", fixed(1, 30), 1440, .10, .99},
	} {
		if got := fill(c.round, c.usable, c.accept); math.Abs(got-c.want) > .05 {
			t.Errorf("%s: filled %.3f, published %.2f", c.name, got, c.want)
		}
	}
	p := DefaultPolicy()
	ours := func(left float64) (int, float64) {
		d := time.Duration(left * float64(time.Minute))
		round := p.Round(d, d)
		return round.K, round.For.Minutes()
	}
	for usable, least := range map[float64]float64{45: .70, 60: .80, 90: .85, 180: .93, 600: .99, 1440: .98} {
		if got := fill(ours, usable, .10); got < least {
			t.Errorf("the rule fills %.3f of places that are usable for %v min, want %v", got, usable, least)
		}
	}
}

func morning() (booking.Session, booking.Slot) {
	s := booking.Session{
		ID: "s", DepartmentID: "cardio", DoctorID: "chen", Date: day, Class: booking.Specialist, Status: booking.SessionPlanned,
		Start: day.At(8, 0, shanghai), End: day.At(12, 0, shanghai), FallBackAt: day.AddDays(-1).At(16, 0, shanghai),
	}
	return s, booking.Slot{SessionID: "s", No: 5, Start: day.At(9, 0, shanghai), End: day.At(9, 30, shanghai), Band: booking.BandBooked}
}

func TestEligible(t *testing.T) {
	p := DefaultPolicy()
	long := day.AddDays(-2).At(10, 0, shanghai)
	for name, c := range map[string]struct {
		change func(*Entry, *booking.Session, *booking.Slot)
		at     time.Time
		want   bool
	}{
		"as he asked":           {nil, long, true},
		"another session":       {func(e *Entry, _ *booking.Session, _ *booking.Slot) { e.SessionID = "other" }, long, false},
		"a wish for the doctor": {func(e *Entry, _ *booking.Session, _ *booking.Slot) { e.SessionID = "" }, long, true},
		"another doctor":        {func(e *Entry, _ *booking.Session, _ *booking.Slot) { e.SessionID, e.DoctorID = "", "liu" }, long, false},
		"any doctor":            {func(e *Entry, _ *booking.Session, _ *booking.Slot) { e.SessionID, e.DoctorID = "", "" }, long, true},
		"another class":         {func(e *Entry, _ *booking.Session, _ *booking.Slot) { e.SessionID, e.Class = "", booking.VIP }, long, false},
		"another date":          {func(e *Entry, _ *booking.Session, _ *booking.Slot) { e.SessionID, e.To = "", day.AddDays(-1) }, long, false},
		"another slice":         {func(e *Entry, _ *booking.Session, _ *booking.Slot) { e.Slice = day.At(10, 0, shanghai) }, long, false},
		"frozen":                {func(e *Entry, _ *booking.Session, _ *booking.Slot) { e.Status = Frozen }, long, false},
		"kept for elders":       {func(_ *Entry, _ *booking.Session, s *booking.Slot) { s.Quota = booking.QuotaElder }, long, false},
		"he is one of them": {func(e *Entry, _ *booking.Session, s *booking.Slot) {
			s.Quota, e.Group = booking.QuotaElder, booking.QuotaElder
		}, long, true},
		"quotas have fallen":     {func(_ *Entry, _ *booking.Session, s *booking.Slot) { s.Quota = booking.QuotaElder }, day.AddDays(-1).At(16, 0, shanghai), true},
		"late on the eve":        {nil, day.AddDays(-1).At(22, 59, shanghai), true},
		"the list is closed":     {nil, day.AddDays(-1).At(23, 0, shanghai), false},
		"he waits on the day":    {func(e *Entry, _ *booking.Session, _ *booking.Slot) { e.SameDay = true }, day.At(7, 0, shanghai), true},
		"just makes it":          {func(e *Entry, _ *booking.Session, _ *booking.Slot) { e.SameDay, e.TravelMinutes = true, 50 }, day.At(8, 0, shanghai), true},
		"cannot make it":         {func(e *Entry, _ *booking.Session, _ *booking.Slot) { e.SameDay, e.TravelMinutes = true, 51 }, day.At(8, 0, shanghai), false},
		"a place that is open":   {func(e *Entry, _ *booking.Session, s *booking.Slot) { e.SameDay, s.End = true, day.At(12, 0, shanghai) }, day.At(11, 30, shanghai), true},
		"too late for that also": {func(e *Entry, _ *booking.Session, s *booking.Slot) { e.SameDay, s.End = true, day.At(12, 0, shanghai) }, day.At(11, 36, shanghai), false},
	} {
		s, place := morning()
		e := Entry{ID: "e", SessionID: "s", DepartmentID: "cardio", DoctorID: "chen", Class: booking.Specialist, From: day, To: day, Status: Waiting}
		if c.change != nil {
			c.change(&e, &s, &place)
		}
		if got := p.Eligible(e, s, place, c.at, shanghai); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestNobodyIsEligibleBeyondHisTravel(t *testing.T) {
	p := DefaultPolicy()
	rapid.Check(t, func(t *rapid.T) {
		s, place := morning()
		e := Entry{SessionID: "s", SameDay: true, Status: Waiting, TravelMinutes: rapid.IntRange(0, 300).Draw(t, "travel")}
		now := place.Start.Add(-time.Duration(rapid.IntRange(1, 600).Draw(t, "before")) * time.Minute)
		arrives := now.Add(time.Duration(e.TravelMinutes)*time.Minute + p.TravelMargin)
		if got := p.Eligible(e, s, place, now, shanghai); got != !arrives.After(place.Start) {
			t.Errorf("%d min of travel, %v before: eligible %v", e.TravelMinutes, place.Start.Sub(now), got)
		}
	})
}

func TestAllowedHoldsBackOverNight(t *testing.T) {
	p := DefaultPolicy()
	for _, c := range []struct{ at, want time.Time }{
		{day.At(21, 29, shanghai), day.At(21, 29, shanghai)},
		{day.At(21, 30, shanghai), day.AddDays(1).At(7, 0, shanghai)},
		{day.At(23, 59, shanghai), day.AddDays(1).At(7, 0, shanghai)},
		{day.At(0, 0, shanghai), day.At(7, 0, shanghai)},
		{day.At(6, 59, shanghai), day.At(7, 0, shanghai)},
		{day.At(7, 0, shanghai), day.At(7, 0, shanghai)},
	} {
		if got := p.Allowed(c.at, shanghai); !got.Equal(c.want) {
			t.Errorf("%v: got %v, want %v", c.at, got, c.want)
		}
	}
	p.QuietFrom, p.QuietTo = 60, 120
	if got := p.Allowed(day.At(1, 30, shanghai), shanghai); !got.Equal(day.At(2, 0, shanghai)) {
		t.Errorf("quiet by day: got %v", got)
	}
}

func TestWhoBookedElsewhereIsPassedOver(t *testing.T) {
	s, place := morning()
	joined := day.AddDays(-3).At(9, 0, shanghai)
	e := Entry{JoinedAt: joined}
	visit := booking.Appointment{
		State: booking.Booked, Purpose: booking.PurposeVisit, DoctorID: "liu", Day: day, Start: day.At(14, 0, shanghai),
		End: day.At(14, 30, shanghai), BookedAt: joined.Add(-time.Hour),
	}
	for name, c := range map[string]struct {
		change func(*booking.Appointment)
		want   bool
	}{
		"another visit from before": {func(*booking.Appointment) {}, false},
		"booked meanwhile":          {func(a *booking.Appointment) { a.BookedAt = joined.Add(time.Hour) }, true},
		"at the same time":          {func(a *booking.Appointment) { a.Start, a.End = place.Start.Add(-time.Minute), place.End }, true},
		"with the same doctor":      {func(a *booking.Appointment) { a.DoctorID = "chen" }, true},
		"given up":                  {func(a *booking.Appointment) { a.DoctorID, a.State = "chen", booking.Cancelled }, false},
		"on another day":            {func(a *booking.Appointment) { a.DoctorID, a.Day = "chen", day.AddDays(1) }, false},
		"merely kept to choose":     {func(a *booking.Appointment) { a.DoctorID, a.Purpose = "chen", booking.PurposeOption }, false},
	} {
		v := visit
		c.change(&v)
		if got := e.Clashes([]booking.Appointment{v}, s, place); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestPolicyRefusesWhatCannotBe(t *testing.T) {
	if err := DefaultPolicy().Validate(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Policy){
		"fill": func(p *Policy) { p.Fill = 1 }, "accept": func(p *Policy) { p.Accept = 0 }, "near": func(p *Policy) { p.NearMin = 9 },
		"lead": func(p *Policy) { p.FarLead = time.Hour }, "hold": func(p *Policy) { p.Hold = 0 }, "zero": func(p *Policy) { *p = Policy{} },
	} {
		p := DefaultPolicy()
		change(&p)
		if houzhen.CodeOf(p.Validate()) != houzhen.CodeInvalid {
			t.Errorf("%s is taken", name)
		}
	}
}
