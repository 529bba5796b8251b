package stats_test

import (
	"bytes"
	"encoding/csv"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/waitlist"
	"github.com/houzhen/houzhen/internal/stats"
	"github.com/houzhen/houzhen/queue"
)

var (
	monday = houzhen.Date{Year: 2026, Month: time.March, Day: 2}
	start  = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
)

func session(status booking.SessionStatus) booking.Session {
	return booking.Session{
		ID: "s1", DepartmentID: "dep", DoctorID: "d1", Date: monday, Part: houzhen.Morning, Start: start, End: start.Add(4 * time.Hour),
		Class: booking.Specialist, Status: status,
	}
}

func slots(n int) []booking.Slot {
	out := make([]booking.Slot, 0, n+2)
	for i := range n {
		out = append(out, booking.Slot{SessionID: "s1", No: i + 1, Start: at(30 * i), End: at(30*i + 30), Band: booking.BandBooked})
	}
	return append(out,
		booking.Slot{SessionID: "s1", No: n + 1, Band: booking.BandBooked, Withheld: true},
		booking.Slot{SessionID: "s1", No: 201, Band: booking.BandWalkIn})
}

func at(minute int) time.Time { return start.Add(time.Duration(minute) * time.Minute) }

// visit gives a booked visit on slot no, changed by f.
func visit(no int, f func(*booking.Appointment)) booking.Appointment {
	a := booking.Appointment{
		ID: "a", SessionID: "s1", SlotNo: no, Start: at(30 * (no - 1)), End: at(30 * no), State: booking.Booked,
		Purpose: booking.PurposeVisit, Channel: "app", BookedAt: start.AddDate(0, 0, -3),
	}
	if f != nil {
		f(&a)
	}
	return a
}

func cancelled(by, reason string, when time.Time) func(*booking.Appointment) {
	return func(a *booking.Appointment) {
		a.State, a.By, a.Reason, a.EndedAt = booking.Cancelled, by, reason, when
	}
}

func TestSummariseCountsEachVisitOnce(t *testing.T) {
	row := stats.Summarise(stats.Input{
		Session: session(booking.SessionClosed), Slots: slots(4),
		Appointments: []booking.Appointment{
			visit(1, func(a *booking.Appointment) { a.State, a.CheckedInAt = booking.Fulfilled, at(-10) }),
			visit(2, func(a *booking.Appointment) { a.State, a.CheckedInAt = booking.CheckedIn, at(61) }), // after its slice
			visit(3, func(a *booking.Appointment) { a.State = booking.NoShow }),
			visit(4, cancelled(booking.ByPatient, booking.ReasonWithdrawn, at(90-24*60))),
			visit(4, func(a *booking.Appointment) { // a hold that lapsed was never a visit
				cancelled(booking.BySystem, "expired", at(-60))(a)
				a.BookedAt = time.Time{}
			}),
			visit(4, func(a *booking.Appointment) { a.State, a.Purpose = booking.Held, booking.PurposeOption }),
			visit(201, func(a *booking.Appointment) { a.State, a.Channel = booking.Fulfilled, booking.DeskChannel }),
		},
		Queue: &queue.Queue{
			StartedAt: at(4),
			Tickets: []queue.Ticket{
				{SliceStart: at(0), SliceEnd: at(30), CheckedInAt: at(-10), StartedAt: at(4)},
				{SliceStart: at(30), SliceEnd: at(60), CheckedInAt: at(61), StartedAt: at(100)}, // 39 minutes, out of its slice
				{WalkIn: true, CheckedInAt: at(10), StartedAt: at(120)},
				{SliceStart: at(60), SliceEnd: at(90)}, // never came
			},
		},
	})
	want := stats.Row{
		SessionID: "s1", Day: monday, Part: houzhen.Morning, DepartmentID: "dep", DoctorID: "d1", Class: booking.Specialist,
		Figures: stats.Figures{
			Sessions: 1, Attended: 1, OnTime: 1, LateStart: 4, Due: 1, Himself: 1, Places: 4, Taken: 3, WalkIns: 1, CheckedIn: 2, Seen: 3, NoShows: 1, Late: 1,
			Cancelled: 1, Lead: 24 * 60, Waited: 14 + 39, Waits: 2, InSlice: 1,
			Channels: map[string]int{"app": 3, "desk": 1}, Quotas: map[string]stats.Quota{},
		},
	}
	if diff := cmp.Diff(row, want); diff != "" {
		t.Error(diff)
	}
}

func TestQuotasAndWaitlistAreCounted(t *testing.T) {
	places := slots(4)
	places[0].Quota, places[1].Quota, places[2].Quota = booking.QuotaElder, booking.QuotaElder, booking.QuotaReferral
	s := session(booking.SessionClosed)
	s.FallBackAt = start.Add(-16 * time.Hour)
	row := stats.Summarise(stats.Input{
		Session: s, Slots: places,
		Appointments: []booking.Appointment{
			visit(1, nil),
			visit(2, func(a *booking.Appointment) { a.BookedAt = start.Add(-time.Hour) }), // everybody's by then
			visit(4, nil),
		},
		Waited: []waitlist.Entry{{Status: waitlist.Booked}, {Status: waitlist.Closed}, {Status: waitlist.Left}},
	})
	want := map[string]stats.Quota{"elder": {Places: 2, Taken: 1}, "referral": {Places: 1}}
	if diff := cmp.Diff(row.Figures.Quotas, want); diff != "" {
		t.Error(diff)
	}
	if row.Figures.Joined != 3 || row.Figures.Filled != 1 {
		t.Errorf("got %d joined, %d filled, want 3 and 1", row.Figures.Joined, row.Figures.Filled)
	}
}

func TestASuspendedSessionOffersNothingAndBlamesNobody(t *testing.T) {
	row := stats.Summarise(stats.Input{
		Session: session(booking.SessionSuspended), Slots: slots(4),
		Appointments: []booking.Appointment{
			visit(1, cancelled(booking.ByHospital, booking.ReasonSuspended, at(-120))),
			visit(2, cancelled(booking.ByHospital, booking.ReasonSuspended, at(-120))),
		},
	})
	f := row.Figures
	if f.Suspended != 1 || f.Affected != 2 || f.Notice != 240 || f.Places != 0 || f.NoShows != 0 || f.Cancelled != 0 {
		t.Errorf("got %+v, want two people told two hours before and nothing else", f)
	}
}

// The booked doctor attended where he called somebody himself. Where nobody
// came he was not needed, and where another stood in or nobody called he was
// missed.
func TestAttendanceIsTheBookedDoctorsOwn(t *testing.T) {
	came := visit(1, func(a *booking.Appointment) { a.State, a.CheckedInAt = booking.CheckedIn, at(-10) })
	called := &queue.Queue{StartedAt: at(4), Tickets: []queue.Ticket{{CheckedInAt: at(-10), StartedAt: at(4)}}}
	for name, c := range map[string]struct {
		status       booking.SessionStatus
		attending    string
		visits       []booking.Appointment
		queue        *queue.Queue
		due, himself int
	}{
		"came and called":   {visits: []booking.Appointment{came}, queue: called, due: 1, himself: 1},
		"another stood in":  {attending: "d2", visits: []booking.Appointment{came}, queue: called, due: 1},
		"nobody was called": {visits: []booking.Appointment{came}, queue: &queue.Queue{}, due: 1},
		"nobody had booked": {queue: &queue.Queue{}},
		"nobody came":       {visits: []booking.Appointment{visit(1, func(a *booking.Appointment) { a.State = booking.NoShow })}},
		"suspended":         {status: booking.SessionSuspended, due: 1},
	} {
		s := session(booking.SessionClosed)
		if c.status != "" {
			s.Status = c.status
		}
		s.AttendingID = c.attending
		f := stats.Summarise(stats.Input{Session: s, Slots: slots(4), Appointments: c.visits, Queue: c.queue}).Figures
		if f.Due != c.due || f.Himself != c.himself {
			t.Errorf("%s: got %d of %d, want %d of %d", name, f.Himself, f.Due, c.himself, c.due)
		}
	}
}

// measure finds a published figure by name.
func measure(t *testing.T, name string, f stats.Figures) stats.Rate {
	t.Helper()
	for _, m := range stats.Measures() {
		if m.Name == name {
			return m.Of(f)
		}
	}
	t.Fatalf("no measure %q", name)
	return stats.Rate{}
}

func TestMeasures(t *testing.T) {
	f := stats.Figures{
		Sessions: 10, Suspended: 1, Affected: 4, Notice: 4 * 60, Attended: 8, OnTime: 6, LateStart: 40, Due: 9, Himself: 6, Places: 100, Taken: 80, WalkIns: 20,
		CheckedIn: 60, NoShows: 20, Late: 15, Cancelled: 20, Lead: 20 * 90, Waited: 600, Waits: 30, InSlice: 24, Joined: 10, Filled: 4,
		Quotas: map[string]stats.Quota{"elders": {Places: 10, Taken: 4}, "referral": {Places: 10, Taken: 1}},
	}
	for name, want := range map[string]float64{
		"booking_rate": .8, "use": .8, "no_show": .25, "late": .25, "cancelled": .2, "cancel_lead": 90, "suspended": .1, "notice": 60,
		"attendance": 6. / 9, "on_time": .75, "late_start": 5, "wait": 20, "in_slice": .8, "waitlist_fill": .4, "quota_use": .25,
	} {
		if got := measure(t, name, f).Value(); math.Abs(got-want) > 1e-9 {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
		if measure(t, name, stats.Figures{}).Known() {
			t.Errorf("%s: there is a share of nothing", name)
		}
	}
	if got, want := len(stats.Measures()), 15; got != want {
		t.Errorf("%d measures, %d are tested", got, want)
	}
}

func figures(t *rapid.T) stats.Figures {
	n := rapid.IntRange(0, 50)
	return stats.Figures{
		Sessions: n.Draw(t, "sessions"), Suspended: n.Draw(t, "suspended"), Affected: n.Draw(t, "affected"), Notice: n.Draw(t, "notice"),
		Attended: n.Draw(t, "attended"), OnTime: n.Draw(t, "ontime"), LateStart: n.Draw(t, "latestart"), Due: n.Draw(t, "due"), Himself: n.Draw(t, "himself"), Places: n.Draw(t, "places"),
		Taken: n.Draw(t, "taken"), WalkIns: n.Draw(t, "walkins"), CheckedIn: n.Draw(t, "in"), Seen: n.Draw(t, "seen"),
		NoShows: n.Draw(t, "noshows"), Late: n.Draw(t, "late"), Cancelled: n.Draw(t, "cancelled"), Lead: n.Draw(t, "lead"),
		Waited: n.Draw(t, "waited"), Waits: n.Draw(t, "waits"), InSlice: n.Draw(t, "inslice"), Joined: n.Draw(t, "joined"), Filled: n.Draw(t, "filled"),
		Channels: map[string]int{"app": n.Draw(t, "app"), "desk": n.Draw(t, "desk")},
		Quotas:   map[string]stats.Quota{"elders": {Places: n.Draw(t, "qp"), Taken: n.Draw(t, "qt")}},
	}
}

// However rows are grouped, the groups add up to the whole.
func TestGroupsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) stats.Row {
			return stats.Row{
				Day: monday.AddDays(rapid.IntRange(0, 30).Draw(t, "day")), DepartmentID: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "dep"),
				DoctorID: rapid.SampledFrom([]string{"x", "y", "z"}).Draw(t, "doc"), Class: booking.General, Figures: figures(t),
			}
		}), 1, 12).Draw(t, "rows")
		whole := stats.Sum(rows)
		for _, by := range stats.Bys() {
			var sum stats.Figures
			for _, g := range stats.GroupBy(rows, by) {
				sum = sum.Plus(g.Figures)
			}
			if diff := cmp.Diff(sum, whole); diff != "" {
				t.Fatalf("by %s: %s", by, diff)
			}
		}
	})
}

func TestMondayStartsTheWeek(t *testing.T) {
	for i := range 7 {
		if got := stats.Monday(monday.AddDays(i)); got != monday {
			t.Errorf("%v: got %v, want %v", monday.AddDays(i), got, monday)
		}
	}
	if got := stats.Monday(monday.AddDays(-1)); got != monday.AddDays(-7) {
		t.Errorf("Sunday belongs to the week of %v, got %v", monday.AddDays(-7), got)
	}
}

func TestWriteCSV(t *testing.T) {
	var b bytes.Buffer
	groups := []stats.Group{{Key: "dep", Figures: stats.Figures{Sessions: 2, Places: 8, Taken: 6, CheckedIn: 5, NoShows: 1, Waited: 31, Waits: 2, Quotas: map[string]stats.Quota{"elder": {Places: 3, Taken: 2}}}}}
	if err := stats.WriteCSV(&b, groups, stats.ByDepartment, func(k string) string { return "Name, of " + k }); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(lines) != 2 {
		t.Fatalf("got %v, %v, want a head and a line", lines, err)
	}
	got := map[string]string{}
	for i, column := range lines[0] {
		got[column] = lines[1][i]
	}
	for column, want := range map[string]string{
		"department": "dep", "name": "Name, of dep", "sessions": "2", "use": "0.7500", "no_show": "0.1667", "wait": "15.5", "notice": "",
		"quota_elder_places": "3", "quota_elder_taken": "2", "quota_app_places": "0",
	} {
		if got[column] != want {
			t.Errorf("%s: got %q, want %q", column, got[column], want)
		}
	}
}
