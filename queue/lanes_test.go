package queue

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// drawn runs the picks at one instant after another, a minute each, and gives
// whom was called in order.
func drawn(q Queue, p Policy, now time.Time, n int) string {
	var s []string
	q = q.clone()
	for range n {
		i, pick, ok := newLine(&q, &p, now).bring(Desk{})
		if !ok {
			break
		}
		s = append(s, pick.TicketID)
		q.Tickets[i].State = Called
		now = now.Add(time.Minute)
	}
	return strings.Join(s, " ")
}

func TestEmergencyGoesBeforeThoseAtTheDoor(t *testing.T) {
	p := DefaultPolicy()
	q, _ := Fill(running(normals(1, 4)...), p, at(14, 1))
	q.Tickets = append(q.Tickets, inLane("E", LaneEmergency, at(14, 2)))
	if got, want := ids(Order(q, p, at(14, 2))), "E 1 2 3 4"; got != want {
		t.Errorf("order: got %s, want %s", got, want)
	}
	if id, why, _ := Next(q, p, at(14, 2)); id != "E" || why.Code != ReasonEmergency {
		t.Errorf("next: got %s %s, want E by emergency", id, why.Code)
	}
	filled, picks := Fill(q, p, at(14, 2))
	if got := ids(picks); got != "E" || filled.Tickets[firstReady(&filled, "")].ID != "E" {
		t.Errorf("a full door took %q", got)
	}
}

// An emergency may be there before the doctor is: then it comes to the door
// together with the first normals.
func TestEmergencyGoesFirstToAnEmptyDoor(t *testing.T) {
	p := DefaultPolicy()
	e := inLane("E", LaneEmergency, at(13, 50))
	e.No = 201
	q := running(append(normals(1, 4), e)...)
	q, _ = Fill(q, p, at(14, 1))
	if got := q.Tickets[firstReady(&q, "")].ID; got != "E" {
		t.Errorf("first at the door: got %s, want E", got)
	}
	if got, want := ids(Order(q, p, at(14, 1))), "E 1 2 3 4"; got != want {
		t.Errorf("order: got %s, want %s", got, want)
	}
}

func TestOfTwoEmergenciesWhoCameFirstGoesFirst(t *testing.T) {
	p := DefaultPolicy()
	first, second := inLane("E1", LaneEmergency, at(14, 2)), inLane("E2", LaneEmergency, at(14, 3))
	q, _ := Fill(running(normals(1, 4)...), p, at(14, 1))
	together := q
	together.Tickets = append(slices.Clone(q.Tickets), first, second)
	if got, want := ids(Order(together, p, at(14, 3))), "E1 E2 1 2 3 4"; got != want {
		t.Errorf("two who wait: got %s, want %s", got, want)
	}
	together, _ = Fill(together, p, at(14, 3))
	if got, want := ids(Order(together, p, at(14, 3))), "E1 E2 1 2 3 4"; got != want {
		t.Errorf("two at once: got %s, want %s", got, want)
	}
	q.Tickets = append(q.Tickets, first)
	q, _ = Fill(q, p, at(14, 2))
	q.Tickets = append(q.Tickets, second)
	q, _ = Fill(q, p, at(14, 3))
	if got, want := ids(Order(q, p, at(14, 3))), "E1 E2 1 2 3 4"; got != want {
		t.Errorf("one after the other: got %s, want %s", got, want)
	}
}

func TestPriorityIsInterleavedTwoInARowThenThreeNormals(t *testing.T) {
	p := DefaultPolicy()
	p.MaxInsertShare, p.LaneMaxWait = 1, 0
	var ts []Ticket
	for i := range 5 {
		ts = append(ts, inLane(fmt.Sprint("P", i+1), LanePriority, at(14, 0).Add(time.Duration(i)*time.Second)))
	}
	q := running(append(normals(1, 9), ts...)...)
	if got, want := ids(Order(q, p, at(14, 1))), "1 2 P1 P2 3 4 5 P3 P4 6 7 8 P5 9"; got != want {
		t.Errorf("order: got %s, want %s", got, want)
	}
	p.PriorityAbsolute = true
	if got, want := ids(Order(q, p, at(14, 1))), "P1 P2 P3 P4 P5 1 2 3 4 5 6 7 8 9"; got != want {
		t.Errorf("absolute: got %s, want %s", got, want)
	}
}

// A lane that is full of people does not stop the normals: at most half of the
// last ten are inserted.
func TestInsertShareProtectsTheNormals(t *testing.T) {
	p := DefaultPolicy()
	p.PriorityFirst, p.PriorityInterval, p.PrioritySeries, p.ReturnInterval, p.OvertakeTimes = 0, 1, 5, 1, 0
	ts := normals(1, 6)
	for i := range 6 {
		ts = append(ts, inLane(fmt.Sprint("P", i+1), LanePriority, at(14, i)), inLane(fmt.Sprint("R", i+1), LaneReturn, at(14, i)))
	}
	got := strings.Fields(ids(Order(running(ts...), p, at(14, 6))))
	inserts := 0
	for i, id := range got[:12] {
		if id[0] == 'P' || id[0] == 'R' {
			inserts++
		}
		if i > 0 && float64(inserts) > float64(i+1)/2+1 {
			t.Errorf("after %d picks %d were inserted: %v", i+1, inserts, got)
		}
	}
}

func TestReturnsAlternateOnceThreeWait(t *testing.T) {
	p := DefaultPolicy()
	few := running(append(normals(1, 6), inLane("R1", LaneReturn, at(14, 1)), inLane("R2", LaneReturn, at(14, 2)))...)
	if got, want := ids(Order(few, p, at(14, 3))), "1 2 R1 3 4 R2 5 6"; got != want {
		t.Errorf("two returns: got %s, want %s", got, want)
	}
	flood := running(normals(1, 6)...)
	for i := range 5 {
		flood.Tickets = append(flood.Tickets, inLane(fmt.Sprint("R", i+1), LaneReturn, at(14, 1).Add(time.Duration(i)*time.Second)))
	}
	picks := Order(flood, p, at(14, 3))
	if got, want := ids(picks), "1 R1 2 R2 3 R3 4 5 R4 6 R5"; got != want {
		t.Errorf("five returns: got %s, want %s", got, want)
	}
	if diff := cmp.Diff(because(ReasonReturnBurst, "waiting", "5"), picks[1].Reason); diff != "" {
		t.Errorf("reason (-want +got):\n%s", diff)
	}
}

func TestReturnThatWaitedHalfAnHourGoesAfterOneNormal(t *testing.T) {
	p := DefaultPolicy()
	q := running(append(normals(1, 4), inLane("R1", LaneReturn, at(13, 20)))...)
	picks := Order(q, p, at(13, 51))
	if got, want := ids(picks), "1 R1 2 3 4"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := picks[1].Reason; got.Code != ReasonReturnWaited || got.Args["minutes"] != "31" {
		t.Errorf("reason: got %v", got)
	}
}

func TestPinnedGoesNextAndAMovedOneExactlyWhereHeWasPut(t *testing.T) {
	p := DefaultPolicy()
	q, _ := Fill(running(normals(1, 8)...), p, at(14, 1))
	pinned := inLane("X", LanePinned, at(14, 1))
	q.Tickets = append(q.Tickets, pinned)
	if got, want := ids(Order(q, p, at(14, 2))), "1 2 X 3 4 5 6 7 8"; got != want {
		t.Errorf("pinned: got %s, want %s", got, want)
	}
	q.Tickets[len(q.Tickets)-1].SkipNormals = 3
	if got, want := ids(Order(q, p, at(14, 2))), "1 2 3 4 5 X 6 7 8"; got != want {
		t.Errorf("three places on: got %s, want %s", got, want)
	}
}

// An on-time patient who was overtaken as often as the policy allows goes
// before everybody who came after he was due, but not before those who waited
// longer; an emergency goes all the same.
func TestOvertakingHasItsBound(t *testing.T) {
	p := DefaultPolicy()
	p.OvertakeTimes, p.LaneMaxWait = 1, 0
	ts := normals(1, 6)
	for i := range 3 {
		ts = append(ts, inLane(fmt.Sprint("L", i+1), LaneLate, at(14, 5+i)))
	}
	q := running(ts...)
	if got, want := drawn(q, p, at(14, 10), 20), "1 2 L1 3 4 5 6 L2 L3"; got != want {
		t.Errorf("bound of one: got %s, want %s", got, want)
	}
	early := q.clone()
	early.Tickets[7].LaneSince = at(13, 40) // L2 waited before anybody of the slice was due
	if got, want := drawn(early, p, at(14, 10), 20), "1 2 L2 3 4 L1 5 6 L3"; got != want {
		t.Errorf("one who waited longer: got %s, want %s", got, want)
	}
	q.Tickets = append(q.Tickets, inLane("E", LaneEmergency, at(14, 9)))
	if got, want := drawn(q, p, at(14, 10), 20), "E 1 2 3 4 5 6 L1 L2 L3"; got != want {
		t.Errorf("with an emergency, which counts: got %s, want %s", got, want)
	}
}

func TestOvertakingIsBoundedInMinutesToo(t *testing.T) {
	p := DefaultPolicy()
	x, y := normal(2), inLane("L1", LaneLate, at(14, 5))
	x.LaneSince = at(13, 0)
	y.ReadyAt, y.StartedAt, y.EndedAt, y.State = at(14, 6), at(14, 7), at(14, 38), Done
	q := running(normal(1), x, inLane("L2", LaneLate, at(14, 10)), y)
	q.NormalsSinceInsert = map[Lane]int{LaneLate: 5}
	if got := ids(Order(q, p, at(14, 39)))[:2]; got != "L2" {
		t.Errorf("before anything was counted: %s goes first, want L2", got)
	}
	q.delayed(&y)
	if got := q.Tickets[1].OvertakenFor; got != 31*time.Minute {
		t.Errorf("overtaken for %s, want 31m", got)
	}
	if got, want := ids(Order(q, p, at(14, 39))), "1 2 L2"; got != want {
		t.Errorf("after half an hour: got %s, want %s", got, want)
	}
}

func TestNobodyNotDueIsOvertaken(t *testing.T) {
	later := normal(9)
	later.SliceStart, later.SliceEnd = at(16, 0), at(17, 0)
	y := inLane("L", LaneLate, at(14, 5))
	if overtakes(&y, &later, at(14, 10)) {
		t.Error("a patient of the next slice counts as overtaken")
	}
	mine := normal(1)
	if !overtakes(&y, &mine, at(14, 10)) {
		t.Error("a patient who was due is not counted as overtaken")
	}
	mine.AtEnd = true
	if overtakes(&y, &mine, at(14, 10)) {
		t.Error("a late patient counts as overtaken")
	}
}

func TestWakeBringsBackWhoAskedToGoLater(t *testing.T) {
	d := inLane("D", LaneNormal, at(13, 50))
	d.State, d.NotBefore = Deferred, at(14, 20)
	busy := inLane("B", LaneNormal, at(13, 50))
	busy.State, busy.NotBefore, busy.ReadyAt = Deferred, at(14, 20), at(14, 0)
	q := running(append(normals(1, 4), d, busy)...)
	if got, want := ids(Order(q, DefaultPolicy(), at(14, 19))), "1 2 3 4"; got != want {
		t.Errorf("before his time: got %s, want %s", got, want)
	}
	picks := Order(q, DefaultPolicy(), at(14, 20))
	if got, want := ids(picks), "B 1 2 D 3 4"; got != want {
		t.Errorf("after it: got %s, want %s", got, want)
	}
	if picks[0].Reason.Code != ReasonFrontAgain || picks[3].Reason.Code != ReasonDeferredTurn {
		t.Errorf("reasons: %v", codes(picks))
	}
	if got, want := ids(Expected(q, DefaultPolicy(), at(14, 0))), "B 1 2 D 3 4"; got != want {
		t.Errorf("expected: got %s, want %s", got, want)
	}
}

func TestKeysOfTheNormalLane(t *testing.T) {
	a, b, w := normal(1), normal(2), normal(201)
	a.LaneSince, b.LaneSince, w.LaneSince = at(14, 20), at(14, 10), at(14, 15)
	w.WalkIn = true
	old := normal(9)
	old.SliceStart, old.SliceEnd, old.LaneSince = at(13, 0), at(14, 0), at(14, 30)
	for name, c := range map[string]struct {
		change func(*Policy)
		want   string
	}{
		"slice and number":    {func(*Policy) {}, "9 1 2 201"},
		"number":              {func(p *Policy) { p.Key = KeyNumber }, "1 2 9 201"},
		"check-in":            {func(p *Policy) { p.Key = KeyCheckIn }, "2 201 1 9"},
		"equal in the slice":  {func(p *Policy) { p.BookedFirst = BookedEqual }, "9 2 201 1"},
		"booked always first": {func(p *Policy) { p.BookedFirst, p.Key = BookedAlways, KeyCheckIn }, "2 1 9 201"},
	} {
		p := DefaultPolicy()
		c.change(&p)
		if got := ids(Order(running(a, b, w, old), p, at(14, 40))); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

func TestPoolAsksToTheDoorOfEachDoctorAndKeepsAssignedOnes(t *testing.T) {
	p := DefaultPolicy()
	p.ReadySize = 1
	q := running(normals(1, 6)...)
	q.Desks = []Desk{{DoctorID: "d1", RoomID: "r1", Status: DeskSeeing}, {DoctorID: "d2", RoomID: "r2", Status: DeskSeeing}, {DoctorID: "d3", Status: DeskPaused}}
	q.Tickets[0].AssignedDoctorID = "d2"
	q.Tickets[3].AssignedDoctorID = "d3"
	filled, picks := Fill(q, p, at(14, 1))
	if got, want := ids(picks), "2 1"; got != want {
		t.Fatalf("picks: got %s, want %s", got, want)
	}
	for i, want := range map[int]string{0: "d2 r2", 1: "d1 r1"} {
		if got := filled.Tickets[i].DoctorID + " " + filled.Tickets[i].RoomID; got != want {
			t.Errorf("number %d goes to %s, want %s", i+1, got, want)
		}
	}
	filled.Tickets[0].State, filled.Tickets[1].State = Called, Called
	if _, picks = Fill(filled, p, at(14, 2)); ids(picks) != "3 5" {
		t.Errorf("then: got %s, want 3 5: number 4 waits for his doctor", ids(picks))
	}
}
