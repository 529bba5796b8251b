package queue

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// at is a minute of the reference day.
func at(hour, minute int) time.Time {
	return time.Date(2026, 3, 2, hour, minute, 0, 0, time.UTC)
}

// normal is a waiting patient on time in the slice 14:00 to 15:00.
func normal(no int) Ticket {
	return Ticket{
		ID: fmt.Sprint(no), No: no, State: Waiting, Lane: LaneNormal,
		SliceStart: at(14, 0), SliceEnd: at(15, 0), LaneSince: at(13, 50),
	}
}

// inLane is a waiting patient of an insert lane.
func inLane(id string, lane Lane, since time.Time) Ticket {
	return Ticket{ID: id, State: Waiting, Lane: lane, LaneSince: since, SliceStart: at(13, 0), SliceEnd: at(14, 0)}
}

func normals(from, to int) []Ticket {
	var ts []Ticket
	for no := from; no <= to; no++ {
		ts = append(ts, normal(no))
	}
	return ts
}

func running(ts ...Ticket) Queue {
	return Queue{SessionID: "s", Desk: DeskSeeing, StartedAt: at(13, 0), Tickets: ts}
}

func ids(picks []Pick) string {
	var s []string
	for _, p := range picks {
		s = append(s, p.TicketID)
	}
	return strings.Join(s, " ")
}

func codes(picks []Pick) []string {
	var s []string
	for _, p := range picks {
		s = append(s, p.Reason.Code)
	}
	return s
}

func TestOrderOneLateAfterTwoOnTime(t *testing.T) {
	q := running(append(normals(1, 6), inLane("L1", LaneLate, at(14, 20)), inLane("L2", LaneLate, at(14, 21)))...)
	got, want := ids(Order(q, DefaultPolicy(), at(14, 22))), "1 2 L1 3 4 L2 5 6"
	if got != want {
		t.Errorf("order: got %s, want %s", got, want)
	}
}

func TestOrderLateWithinGraceGoesAtEndOfItsCheckInSlice(t *testing.T) {
	now := at(14, 10)
	d := Ticket{ID: "d", No: 7, SliceStart: at(13, 0), SliceEnd: at(14, 0)}
	q := running(normal(21), normal(22), normal(23))
	d = place(q, d, DefaultPolicy(), now)
	d.State = Waiting
	next := normal(30)
	next.SliceStart, next.SliceEnd = at(15, 0), at(16, 0)
	q.Tickets = append(q.Tickets, next, d)
	picks := Order(q, DefaultPolicy(), now)
	if got, want := ids(picks), "21 22 23 d 30"; got != want {
		t.Errorf("order: got %s, want %s", got, want)
	}
	if got, want := picks[3].Reason.Code, ReasonLateEndOfSlice; got != want {
		t.Errorf("reason of d: got %s, want %s", got, want)
	}
}

func TestOrderTwoFirstsOneReturnOneMissed(t *testing.T) {
	p := DefaultPolicy()
	q := running(append(normals(1, 4),
		inLane("R1", LaneReturn, at(14, 1)), inLane("R2", LaneReturn, at(14, 2)),
		inLane("M1", LaneMissed, at(14, 1)), inLane("M2", LaneMissed, at(14, 2)))...)
	got, want := ids(Order(q, p, at(14, 5))), "1 2 R1 M1 3 4 R2 M2"
	if got != want {
		t.Errorf("order: got %s, want %s", got, want)
	}
}

func TestOrderFrozenHeadIsNotOvertaken(t *testing.T) {
	p := DefaultPolicy()
	q := running(normals(14, 19)...)
	q, _ = Fill(q, p, at(14, 0))
	for i, r := range []string{"R2", "R5", "R7"} {
		q.Tickets = append(q.Tickets, inLane(r, LaneReturn, at(14, 1+i)))
	}
	got, want := ids(Order(q, p, at(14, 5))), "14 15 R2 16 17 R5 18 19 R7"
	if got != want {
		t.Errorf("order: got %s, want %s", got, want)
	}
}

func TestOrderReasons(t *testing.T) {
	atEnd := inLane("E", LaneMissed, at(14, 0))
	atEnd.AtEnd, atEnd.Misses = true, 3
	skips := inLane("M", LaneMissed, at(14, 1))
	skips.SkipNormals, skips.Misses = 3, 1
	q := running(append(normals(1, 4), skips, atEnd, inLane("L1", LaneLate, at(14, 2)), inLane("L2", LaneLate, at(14, 3)), inLane("L3", LaneLate, at(14, 4)))...)
	picks := Order(q, DefaultPolicy(), at(14, 5))
	if got, want := ids(picks), "1 2 L1 3 M 4 L2 L3 E"; got != want {
		t.Fatalf("order: got %s, want %s", got, want)
	}
	want := []string{
		ReasonInOrder, ReasonInOrder, ReasonLateInterval, ReasonInOrder, ReasonMissedAfter, ReasonInOrder,
		ReasonOnlyLateLeft, ReasonOnlyLateLeft, ReasonMissedAtEnd,
	}
	if diff := cmp.Diff(want, codes(picks)); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"n": "3"}, picks[4].Reason.Args); diff != "" {
		t.Errorf("missed_after args (-want +got):\n%s", diff)
	}
}

func TestOrderLaneThatWaitedTooLongAlternates(t *testing.T) {
	q := running(append(normals(1, 3), inLane("L1", LaneLate, at(14, 0)), inLane("L2", LaneLate, at(14, 0).Add(time.Second)))...)
	picks := Order(q, DefaultPolicy(), at(14, 31))
	if got, want := ids(picks), "1 L1 2 L2 3"; got != want {
		t.Errorf("order: got %s, want %s", got, want)
	}
	if diff := cmp.Diff(because(ReasonLateWaited, "minutes", "31"), picks[1].Reason); diff != "" {
		t.Errorf("reason (-want +got):\n%s", diff)
	}
}

func TestOrderWithinSlice(t *testing.T) {
	early := normal(40)
	early.SliceStart, early.SliceEnd, early.LaneSince = at(15, 0), at(16, 0), at(7, 0)
	walkIn := normal(201)
	walkIn.WalkIn, walkIn.LaneSince = true, at(13, 0)
	lastMinute := normal(5)
	lastMinute.LaneSince = at(14, 59)
	q := running(early, walkIn, lastMinute, normal(9))
	got, want := ids(Order(q, DefaultPolicy(), at(14, 59))), "5 9 201 40"
	if got != want {
		t.Errorf("early arrival or a walk-in gained a place: got %s, want %s", got, want)
	}
}

func TestOrderWalkInAfterBookedWhateverTheNumber(t *testing.T) {
	walkIn := normal(201)
	walkIn.WalkIn = true
	got, want := ids(Order(running(walkIn, normal(230)), DefaultPolicy(), at(14, 0))), "230 201"
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestFillKeepsTheOrderOfThePicksAtTheDoor(t *testing.T) {
	p := DefaultPolicy()
	p.ReadySize = 4
	q, _ := Fill(running(append(normals(1, 4), inLane("L", LaneLate, at(14, 0)))...), p, at(14, 1))
	if got, want := ids(Order(q, p, at(14, 2))), "1 2 L 3 4"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestPlace(t *testing.T) {
	mine := Ticket{ID: "me", SliceStart: at(13, 0), SliceEnd: at(14, 0)}
	unseen := func(state State, lane Lane, start time.Time) Ticket {
		return Ticket{ID: "other", State: state, Lane: lane, SliceStart: start, SliceEnd: start.Add(time.Hour)}
	}
	cases := map[string]struct {
		now   time.Time
		q     Queue
		lane  Lane
		atEnd bool
	}{
		"before the slice":                       {at(7, 0), running(), LaneNormal, false},
		"late in own slice keeps the number":     {at(14, 0), running(), LaneNormal, false},
		"within the grace":                       {at(14, 15), running(), LaneNormal, true},
		"after the grace":                        {at(14, 16), running(), LaneLate, false},
		"doctor not started":                     {at(15, 0), Queue{}, LaneNormal, false},
		"own slice still waiting":                {at(15, 0), running(unseen(Waiting, LaneNormal, at(13, 0))), LaneNormal, false},
		"own slice in the room":                  {at(15, 0), running(unseen(InConsult, LaneNormal, at(13, 0))), LaneNormal, false},
		"earlier slice still waiting":            {at(15, 0), running(unseen(Ready, LaneNormal, at(12, 0))), LaneNormal, false},
		"only a later slice waiting":             {at(15, 0), running(unseen(Waiting, LaneNormal, at(14, 0))), LaneLate, false},
		"only a missed one of own slice waiting": {at(15, 0), running(unseen(Waiting, LaneMissed, at(13, 0))), LaneLate, false},
		"own slice absent":                       {at(15, 0), running(unseen(NotCheckedIn, LaneNormal, at(13, 0))), LaneLate, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := place(c.q, mine, DefaultPolicy(), c.now)
			if got.Lane != c.lane || got.AtEnd != c.atEnd {
				t.Errorf("got lane %s at end %t, want %s %t", got.Lane, got.AtEnd, c.lane, c.atEnd)
			}
		})
	}
}

func TestNextIsTheFirstOfOrder(t *testing.T) {
	q := running(append(normals(1, 3), inLane("L", LaneLate, at(14, 1)))...)
	q.NormalsSinceInsert = map[Lane]int{LaneLate: 5, LaneMissed: 5}
	id, why, ok := Next(q, DefaultPolicy(), at(14, 2))
	if !ok || id != "L" || why.Code != ReasonLateInterval {
		t.Errorf("got %s %v %t, want L by late_interval", id, why, ok)
	}
	q, _ = Fill(q, DefaultPolicy(), at(14, 2))
	id, why, ok = Next(q, DefaultPolicy(), at(14, 3))
	if !ok || id != "L" || why.Code != ReasonReadyFirst {
		t.Errorf("from the door: got %s %v %t, want L by ready_first", id, why, ok)
	}
	if _, _, ok := Next(running(), DefaultPolicy(), at(14, 0)); ok {
		t.Error("an empty queue gave a patient")
	}
}

func TestFill(t *testing.T) {
	p := DefaultPolicy()
	q := running(normals(1, 4)...)
	filled, picks := Fill(q, p, at(14, 0))
	if got, want := ids(picks), "1 2"; got != want {
		t.Fatalf("picks: got %s, want %s", got, want)
	}
	if got := count(q, Ready); got != 0 {
		t.Errorf("Fill changed its argument: %d ready", got)
	}
	if got, want := filled.NormalsSinceInsert[LaneLate], 2; got != want {
		t.Errorf("normals since the last late one: got %d, want %d", got, want)
	}
	zero := normal(0)
	filled.Tickets = append(filled.Tickets, zero)
	again, picks := Fill(filled, p, at(14, 1))
	if len(picks) != 0 {
		t.Errorf("a full door took %s", ids(picks))
	}
	if got, want := ids(Order(again, p, at(14, 1))), "1 2 0 3 4"; got != want {
		t.Errorf("order after a smaller number came: got %s, want %s", got, want)
	}
	idle := running(normals(1, 4)...)
	idle.StartedAt = time.Time{}
	if _, picks := Fill(idle, p, at(14, 0)); len(picks) != 0 {
		t.Errorf("before the doctor started the door took %s", ids(picks))
	}
}

func TestPositionsCountThoseAhead(t *testing.T) {
	room := normal(1)
	room.State = InConsult
	absent := normal(3)
	absent.State = NotCheckedIn
	q := running(room, normal(2), absent, normal(4))
	want := []Position{{"2", 0, because(ReasonInOrder)}, {"4", 1, because(ReasonInOrder)}}
	if diff := cmp.Diff(want, Positions(q, DefaultPolicy(), at(14, 0))); diff != "" {
		t.Errorf("positions (-want +got):\n%s", diff)
	}
	if got, want := ids(Expected(q, DefaultPolicy(), at(14, 0))), "2 3 4"; got != want {
		t.Errorf("expected: got %s, want %s", got, want)
	}
	if got, ok := Ahead(q, DefaultPolicy(), "4", at(14, 0)); !ok || got.Ahead != 1 {
		t.Errorf("ahead of 4: got %d %t, want 1", got.Ahead, ok)
	}
	if _, ok := Ahead(q, DefaultPolicy(), "3", at(14, 0)); ok {
		t.Error("somebody who is not here has a position")
	}
}

// A line that is used for many picks gives what fresh ones give one by one.
func TestOrderIsWhatPicksOneByOneGive(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := DefaultPolicy()
		p.OvertakeTimes = rapid.IntRange(0, 2).Draw(rt, "overtaken at most")
		p.MaxInsertShare = rapid.SampledFrom([]float64{0.3, 0.5, 1}).Draw(rt, "share")
		p.PriorityAbsolute = rapid.Bool().Draw(rt, "absolute")
		q := running()
		for i := range rapid.IntRange(1, 25).Draw(rt, "patients") {
			lane := rapid.SampledFrom(Lanes()[1:]).Draw(rt, "lane")
			one := inLane(fmt.Sprint(i), lane, at(14, rapid.IntRange(0, 20).Draw(rt, "since")))
			one.No = i
			one.SkipNormals = rapid.IntRange(0, 3).Draw(rt, "skip")
			one.AtEnd = rapid.IntRange(0, 4).Draw(rt, "at end") == 0
			one.Overtaken = rapid.IntRange(0, 2).Draw(rt, "overtaken")
			if rapid.IntRange(0, 9).Draw(rt, "was at a door") == 0 {
				one.ReadyAt = at(13, i)
			}
			q.Tickets = append(q.Tickets, one)
		}
		now := at(14, rapid.IntRange(20, 60).Draw(rt, "now"))
		want := []Pick{}
		for alone := q.clone(); ; {
			i, pick, ok := newLine(&alone, &p, now).bring(Desk{})
			if !ok {
				break
			}
			alone.Tickets[i].State = Called
			want = append(want, pick)
		}
		if diff := cmp.Diff(want, Order(q, p, now)); diff != "" {
			rt.Fatalf("one by one and in one run differ (-one by one +in one):\n%s", diff)
		}
	})
}

func BenchmarkPositions(b *testing.B) {
	q := running(normals(1, 100)...)
	for i := range 10 {
		q.Tickets = append(q.Tickets, inLane(fmt.Sprint("L", i), LaneLate, at(14, i)))
	}
	for b.Loop() {
		Positions(q, DefaultPolicy(), at(14, 20))
	}
}
