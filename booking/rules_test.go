package booking

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
)

var (
	zone = time.FixedZone("CST", 8*3600)
	day  = houzhen.Date{Year: 2026, Month: time.March, Day: 2}
)

func clock(hour, minute int) time.Time { return day.At(hour, minute, zone) }

func morning(status SessionStatus) Session {
	return Session{
		ID: "s", DepartmentID: "heart", DoctorID: "chen", Date: day, Part: houzhen.Morning, Start: clock(8, 0), End: clock(12, 0),
		Deadline: clock(11, 30), SliceMinutes: 30, SliceCapacity: 2, Class: Specialist, Status: status,
		ReleaseAt: day.AddDays(-14).At(7, 0, zone), Version: 1,
	}
}

func visitAt(state State, hour, minute int) Appointment {
	return Appointment{
		ID: "a", SessionID: "s", SlotNo: 1, PatientID: "li", DoctorID: "chen", Day: day, Nth: 1, State: state, Purpose: PurposeVisit,
		Start: clock(hour, minute), End: clock(hour, minute).Add(30 * time.Minute), BookedAt: day.AddDays(-3).At(9, 0, zone), Version: 1,
	}
}

func TestSessionIsBookable(t *testing.T) {
	for name, c := range map[string]struct {
		status SessionStatus
		now    time.Time
		want   houzhen.Code
	}{
		"the moment before release": {SessionPlanned, day.AddDays(-14).At(7, 0, zone).Add(-time.Microsecond), houzhen.CodeNotReleased},
		"at release":                {SessionPlanned, day.AddDays(-14).At(7, 0, zone), ""},
		"while open":                {SessionOpen, clock(9, 0), ""},
		"the moment before its end": {SessionOpen, clock(12, 0).Add(-time.Microsecond), ""},
		"at its end":                {SessionOpen, clock(12, 0), houzhen.CodeSessionClosed},
		"closed early":              {SessionClosed, clock(9, 0), houzhen.CodeSessionClosed},
		"suspended":                 {SessionSuspended, clock(9, 0), houzhen.CodeSessionSuspended},
		"suspended, not released":   {SessionSuspended, day.AddDays(-30).At(9, 0, zone), houzhen.CodeSessionSuspended},
	} {
		if got := houzhen.CodeOf(morning(c.status).bookable(c.now, Who{})); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestNotReleasedSaysWhen(t *testing.T) {
	err := morning(SessionPlanned).bookable(day.AddDays(-20).At(9, 0, zone), Who{})
	e, ok := err.(*houzhen.Error) //nolint:errorlint // the rule itself gives it, nothing wraps it
	if !ok || e.Args["at"] != "2026-02-15T23:00:00Z" {
		t.Errorf("got %v", err)
	}
}

func TestSlotIsBookable(t *testing.T) {
	slot := Slot{No: 3, Start: clock(9, 0), End: clock(9, 30)}
	withheld := slot
	withheld.Withheld = true
	for name, c := range map[string]struct {
		slot Slot
		now  time.Time
		desk bool
		want houzhen.Code
	}{
		"before its slice":          {slot, clock(8, 59), false, ""},
		"as its slice begins":       {slot, clock(9, 0), false, houzhen.CodeSlotPast},
		"in its slice, at the desk": {slot, clock(9, 29), true, ""},
		"after it, at the desk":     {slot, clock(9, 30), true, houzhen.CodeSlotPast},
		"withheld":                  {withheld, clock(8, 0), false, houzhen.CodeSlotWithheld},
		"withheld, at the desk":     {withheld, clock(8, 0), true, houzhen.CodeSlotWithheld},
	} {
		if got := houzhen.CodeOf(c.slot.bookable(c.now, Who{Desk: c.desk}, time.Time{})); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestCheckInRule(t *testing.T) {
	released := visitAt(Booked, 8, 0)
	released.ReleasedAt = clock(8, 45)
	for name, c := range map[string]struct {
		a       Appointment
		session SessionStatus
		today   houzhen.Date
		want    houzhen.Code
	}{
		"in time":                     {visitAt(Booked, 9, 0), SessionOpen, day, ""},
		"before the session opens":    {visitAt(Booked, 9, 0), SessionPlanned, day, ""},
		"late, the place went back":   {released, SessionOpen, day, ""},
		"yesterday's":                 {visitAt(Booked, 9, 0), SessionOpen, day.AddDays(1), houzhen.CodeNotToday},
		"tomorrow's":                  {visitAt(Booked, 9, 0), SessionPlanned, day.AddDays(-1), houzhen.CodeNotToday},
		"suspended":                   {visitAt(Booked, 9, 0), SessionSuspended, day, houzhen.CodeSessionSuspended},
		"the session is over":         {visitAt(Booked, 9, 0), SessionClosed, day, houzhen.CodeSessionClosed},
		"cancelled":                   {visitAt(Cancelled, 9, 0), SessionOpen, day, houzhen.CodeState},
		"held":                        {visitAt(Held, 9, 0), SessionOpen, day, houzhen.CodeState},
		"seen already":                {visitAt(Fulfilled, 9, 0), SessionOpen, day, houzhen.CodeState},
		"a no-show":                   {visitAt(NoShow, 9, 0), SessionOpen, day, houzhen.CodeState},
		"cancelled by the suspension": {visitAt(Cancelled, 9, 0), SessionSuspended, day, houzhen.CodeSessionSuspended},
	} {
		got, err := c.a.checkIn(clock(9, 10), morning(c.session), c.today)
		if houzhen.CodeOf(err) != c.want {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
		want := c.a
		if c.want == "" {
			want.State, want.CheckedInAt = CheckedIn, clock(9, 10)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestNoShowRule(t *testing.T) {
	for name, c := range map[string]struct {
		a      Appointment
		status SessionStatus
		now    time.Time
		want   bool
	}{
		"before the deadline":              {visitAt(Booked, 8, 0), SessionOpen, clock(11, 29), false},
		"at the deadline":                  {visitAt(Booked, 8, 0), SessionOpen, clock(11, 30), true},
		"own slice runs past it":           {visitAt(Booked, 11, 30), SessionOpen, clock(11, 45), false},
		"own slice is over":                {visitAt(Booked, 11, 30), SessionOpen, clock(12, 0), true},
		"the session never opened":         {visitAt(Booked, 8, 0), SessionPlanned, clock(12, 0), true},
		"suspended":                        {visitAt(Booked, 8, 0), SessionSuspended, clock(12, 0), false},
		"checked in, never called":         {visitAt(CheckedIn, 8, 0), SessionOpen, clock(20, 0), false},
		"cancelled":                        {visitAt(Cancelled, 8, 0), SessionOpen, clock(20, 0), false},
		"a kept place that nobody chose":   {visitAt(Held, 8, 0), SessionOpen, clock(20, 0), false},
		"after the session was closed":     {visitAt(Booked, 8, 0), SessionClosed, clock(20, 0), true},
		"seen":                             {visitAt(Fulfilled, 8, 0), SessionOpen, clock(20, 0), false},
		"marked before: not a second time": {visitAt(NoShow, 8, 0), SessionOpen, clock(20, 0), false},
	} {
		got, is := c.a.noShow(c.now, morning(c.status))
		if is != c.want {
			t.Errorf("%s: got %v", name, is)
		}
		if is && (got.State != NoShow || got.By != BySystem || !got.EndedAt.Equal(c.now)) {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestReleaseRule(t *testing.T) {
	before := visitAt(Booked, 8, 0)
	before.ReleasedAt = clock(8, 45)
	for name, c := range map[string]struct {
		a      Appointment
		status SessionStatus
		now    time.Time
		want   bool
	}{
		"a quarter of an hour after the slice": {visitAt(Booked, 8, 0), SessionOpen, clock(8, 45), true},
		"a moment before":                      {visitAt(Booked, 8, 0), SessionOpen, clock(8, 44), false},
		"with 45 minutes left":                 {visitAt(Booked, 10, 0), SessionOpen, clock(11, 15), true},
		"with 44 minutes left":                 {visitAt(Booked, 10, 0), SessionOpen, clock(11, 16), false},
		"not open":                             {visitAt(Booked, 8, 0), SessionPlanned, clock(9, 0), false},
		"suspended":                            {visitAt(Booked, 8, 0), SessionSuspended, clock(9, 0), false},
		"checked in":                           {visitAt(CheckedIn, 8, 0), SessionOpen, clock(9, 0), false},
		"released before":                      {before, SessionOpen, clock(9, 0), false},
	} {
		if got := c.a.releasable(c.now, morning(c.status), DefaultPolicy(), 0, false); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestFreedSlot(t *testing.T) {
	s := morning(SessionOpen)
	for name, c := range map[string]struct {
		status     SessionStatus
		a          Appointment
		now        time.Time
		start, end time.Time
		worth      bool
	}{
		"its slice is still to come":   {SessionOpen, visitAt(Cancelled, 10, 0), clock(8, 10), clock(10, 0), clock(10, 30), true},
		"its slice is over":            {SessionOpen, visitAt(Booked, 8, 0), clock(9, 40), clock(9, 30), clock(12, 0), true},
		"before the session begins":    {SessionPlanned, visitAt(Cancelled, 8, 0), clock(5, 0), clock(8, 0), clock(8, 30), true},
		"little is left":               {SessionOpen, visitAt(Booked, 8, 0), clock(11, 16), time.Time{}, time.Time{}, false},
		"nothing to give of suspended": {SessionSuspended, visitAt(Cancelled, 10, 0), clock(8, 0), time.Time{}, time.Time{}, false},
		"nor of a closed one":          {SessionClosed, visitAt(Cancelled, 10, 0), clock(8, 0), time.Time{}, time.Time{}, false},
	} {
		s.Status = c.status
		got, worth := freedSlot(s, c.a, 205, c.now, 45*time.Minute)
		want := Slot{}
		if c.worth {
			want = Slot{SessionID: "s", No: 205, Start: c.start, End: c.end, Band: BandWalkIn, FreedBy: "a"}
		}
		if d := cmp.Diff(want, got); d != "" || worth != c.worth {
			t.Errorf("%s: %v %s", name, worth, d)
		}
	}
}

func TestWalkInNumbersGoOn(t *testing.T) {
	for want, slots := range map[int][]Slot{
		201: {{No: 8, Band: BandBooked}},
		202: {{No: 8, Band: BandBooked}, {No: 201, Band: BandWalkIn}},
		208: {{No: 207, Band: BandWalkIn}, {No: 203, Band: BandWalkIn}},
		401: {{No: 300, Band: BandWalkIn}, {No: 301, Band: BandOverbook}},
		402: {{No: 401, Band: BandWalkIn}},
	} {
		if got := nextWalkIn(slots); got != want {
			t.Errorf("got %d, want %d", got, want)
		}
	}
}

func TestNumberIsSpentFromFourOnItsDay(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Appointment)
		want   bool
	}{
		"left the evening before":   {func(a *Appointment) { a.EndedAt = day.At(-1, 0, zone) }, false},
		"left before four":          {func(a *Appointment) { a.EndedAt = clock(3, 59) }, false},
		"left at four":              {func(a *Appointment) { a.EndedAt = clock(4, 0) }, true},
		"a hold that nobody took":   {func(a *Appointment) { a.EndedAt, a.BookedAt = clock(9, 0), time.Time{} }, false},
		"still standing":            {func(a *Appointment) { a.State, a.EndedAt = NoShow, clock(11, 30) }, false},
		"left long after it":        {func(a *Appointment) { a.EndedAt = day.AddDays(1).At(1, 0, zone) }, true},
		"moved away on the day":     {func(a *Appointment) { a.EndedAt, a.Reason = clock(7, 0), ReasonMoved }, true},
		"moved away the day before": {func(a *Appointment) { a.EndedAt, a.Reason = day.AddDays(-1).At(7, 0, zone), ReasonMoved }, false},
	} {
		a := visitAt(Cancelled, 9, 0)
		c.change(&a)
		if got := a.spent(zone); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestChooseRule(t *testing.T) {
	kept := visitAt(Held, 9, 0)
	kept.Purpose, kept.OriginID, kept.ExpiresAt, kept.BookedAt = PurposeOption, "origin", clock(7, 0), time.Time{}
	expired := kept.end(clock(7, 0), BySystem, ReasonExpired)
	lapsed := kept.end(clock(6, 0), BySystem, ReasonOtherChosen)
	for name, c := range map[string]struct {
		a    Appointment
		now  time.Time
		want houzhen.Code
	}{
		"in time":             {kept, clock(6, 59), ""},
		"at the last moment":  {kept, clock(7, 0), houzhen.CodeHoldExpired},
		"swept already":       {expired, clock(8, 0), houzhen.CodeHoldExpired},
		"another was chosen":  {lapsed, clock(6, 30), houzhen.CodeState},
		"a visit of its own":  {visitAt(Booked, 9, 0), clock(6, 0), houzhen.CodeState},
		"a cancelled booking": {visitAt(Cancelled, 9, 0), clock(6, 0), houzhen.CodeState},
	} {
		got, err := c.a.choose(c.now)
		if houzhen.CodeOf(err) != c.want {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
		if err == nil && (got.State != Booked || got.Purpose != PurposeVisit || !got.ExpiresAt.IsZero() || !got.BookedAt.Equal(c.now)) {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestOptionExpiry(t *testing.T) {
	p, now := DefaultPolicy(), clock(8, 0)
	for name, c := range map[string]struct {
		start, until time.Time
		ok           bool
	}{
		"in a week: a day to answer":           {day.AddDays(7).At(8, 0, zone), now.Add(24 * time.Hour), true},
		"in the afternoon: two hours before":   {clock(14, 0), clock(12, 0), true},
		"soon: half an hour to answer":         {clock(9, 0), clock(8, 30), true},
		"in half an hour: until it starts":     {clock(8, 30), clock(8, 30), true},
		"in less: not kept at all":             {clock(8, 29), time.Time{}, false},
		"begun already":                        {clock(7, 30), time.Time{}, false},
		"two hours and a half before: the min": {clock(10, 30), clock(8, 30), true},
	} {
		until, ok := p.optionExpiry(now, c.start)
		if ok != c.ok || !until.Equal(c.until) {
			t.Errorf("%s: got %s, %v, want %s, %v", name, until, ok, c.until, c.ok)
		}
	}
}

func TestFitsThePatient(t *testing.T) {
	c := &candidate{Session: Session{DoctorID: "liu", Date: day}}
	p := Slot{Start: clock(9, 0), End: clock(9, 30)}
	with := func(doctor string, hour, minute int, d houzhen.Date) Appointment {
		a := visitAt(Booked, hour, minute)
		a.DoctorID, a.Day = doctor, d
		return a
	}
	for name, v := range map[string]struct {
		visits []Appointment
		want   bool
	}{
		"no other visit":                {nil, true},
		"the same doctor that day":      {[]Appointment{with("liu", 11, 0, day)}, false},
		"the same doctor, another day":  {[]Appointment{with("liu", 9, 0, day.AddDays(1))}, true},
		"another doctor, another hour":  {[]Appointment{with("wu", 11, 0, day)}, true},
		"another doctor at the time":    {[]Appointment{with("wu", 9, 15, day)}, false},
		"the slice before":              {[]Appointment{with("wu", 8, 30, day)}, true},
		"two visits on the day already": {[]Appointment{with("wu", 11, 0, day), with("sun", 15, 0, day)}, false},
	} {
		if got := fits(v.visits, c, p, 2); got != v.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestRankCandidates(t *testing.T) {
	lost := morning(SessionSuspended)
	at := func(id, doctor string, class RegClass, days int) Session {
		s := morning(SessionPlanned)
		s.ID, s.DoctorID, s.Class, s.Start = id, doctor, class, lost.Start.AddDate(0, 0, days)
		return s
	}
	sessions := []Session{
		at("general today", "pool", General, 0), at("peer in a week", "liu", Specialist, 7), at("own in a fortnight", "chen", Specialist, 14),
		at("peer tomorrow", "liu", Specialist, 1), at("own in a week", "chen", Specialist, 7),
	}
	for name, c := range map[string]struct {
		peers []string
		want  []string
	}{
		"by class":  {nil, []string{"own in a week", "own in a fortnight", "peer tomorrow", "peer in a week", "general today"}},
		"by grade":  {[]string{"pool"}, []string{"own in a week", "own in a fortnight", "general today", "peer tomorrow", "peer in a week"}},
		"no equals": {[]string{"nobody"}, []string{"own in a week", "own in a fortnight", "general today", "peer tomorrow", "peer in a week"}},
	} {
		var got []string
		for _, x := range rankCandidates(lost, sessions, c.peers) {
			got = append(got, x.ID)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestNearestTakesThePlaceOnce(t *testing.T) {
	s := morning(SessionPlanned)
	c := &candidate{Session: s, free: LaySlots(s)}
	all := func(Slot) bool { return true }
	var got []int
	for range 4 {
		p, ok := c.nearest(time.Hour, all)
		if !ok {
			t.Fatal("nothing found")
		}
		got = append(got, p.No)
	}
	if d := cmp.Diff([]int{5, 6, 3, 4}, got); d != "" { // of 9:00, then of 8:30
		t.Error(d)
	}
	if _, ok := c.nearest(0, func(Slot) bool { return false }); ok || len(c.free) != 12 {
		t.Errorf("took what does not fit; %d left", len(c.free))
	}
}

func TestBusiestRunOfDays(t *testing.T) {
	visits := []Visit{{Day: day.AddDays(-6)}, {Day: day.AddDays(-3)}, {Day: day.AddDays(3)}, {Day: day.AddDays(6)}, {Day: day.AddDays(7)}}
	for days, want := range map[int]int{1: 0, 4: 1, 7: 2, 8: 3, 13: 4, 90: 5} {
		if got := busiest(visits, day, days); got != want {
			t.Errorf("%d days: got %d, want %d", days, got, want)
		}
	}
}

func TestFreeIsInOrderOfTime(t *testing.T) {
	slots := []Slot{
		{No: 1, Start: clock(8, 0), End: clock(8, 30)},
		{No: 2, Start: clock(9, 0), End: clock(9, 30), Taken: true},
		{No: 3, Start: clock(9, 30), End: clock(10, 0)},
		{No: 4, Start: clock(9, 30), End: clock(10, 0), Withheld: true},
		{No: 5, Start: clock(10, 0), End: clock(10, 30)},
		{No: 201, Start: clock(9, 0), End: clock(12, 0), Band: BandWalkIn},
		{No: 202, Start: clock(9, 30), End: clock(10, 0), Band: BandWalkIn},
	}
	for name, c := range map[string]struct {
		now  time.Time
		desk bool
		want []int
	}{
		"early":       {clock(7, 0), false, []int{1, 201, 3, 202}},
		"nine":        {clock(9, 0), false, []int{3, 202}},
		"at the desk": {clock(9, 10), true, []int{201, 3, 202}},
	} {
		var got []int
		for _, p := range free(slots, map[int]bool{5: true}, c.now, Who{Desk: c.desk}, time.Time{}) {
			got = append(got, p.No)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}
