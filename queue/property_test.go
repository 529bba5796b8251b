package queue_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/queue/queuetest"
)

// day is a random day of one queue and two doctors. Request ids come from a
// small set, so that double clicks and repetitions are frequent.
type day struct {
	store   *queuetest.Store
	svc     *queue.Service
	answers map[string]queue.Call // by request id
	verbs   map[string]string
	version int64
	serial  int
	policy  queue.Policy
}

var doctors = []string{"d1", "d2"}

func newDay(rt *rapid.T) *day {
	d := &day{store: queuetest.NewStore(clock(7, 30)), answers: map[string]queue.Call{}, verbs: map[string]string{}}
	p := queue.DefaultPolicy()
	p.MissAnytime = rapid.Bool().Draw(rt, "miss anytime")
	p.ReadySize = rapid.IntRange(1, 4).Draw(rt, "ready size")
	p.OvertakeTimes = rapid.IntRange(1, 3).Draw(rt, "overtaken at most")
	p.ReturnBlind = true
	d.policy = p
	d.svc = queue.NewService(d.store, func(string) queue.Policy { return p }, shanghai)
	err := d.store.InTx(context.Background(), func(tx queue.Tx) error {
		return d.svc.Open(context.Background(), tx, queue.OpenQueue{
			SessionID: session, ZoneID: "z1", RoomID: "r1", DoctorID: "d1", Start: clock(8, 0), End: clock(12, 0),
		})
	})
	if err != nil {
		rt.Fatal(err)
	}
	return d
}

func (d *day) queue(rt *rapid.T) queue.Queue {
	var q queue.Queue
	err := d.store.View(context.Background(), func(tx queue.Tx) error {
		var err error
		q, err = tx.Queue(context.Background(), session)
		return err
	})
	if err != nil {
		rt.Fatal(err)
	}
	return q
}

// press runs a verb under a request id and checks what must always hold.
func (d *day) press(rt *rapid.T, verb, request string, do func() (queue.Outcome, error)) {
	before := d.queue(rt)
	o, err := do()
	after := d.queue(rt)
	first, answered := d.answers[request]
	switch {
	case err != nil || o.Replayed:
		if diff := cmp.Diff(before, after); diff != "" {
			rt.Fatalf("%s changed the queue though refused or repeated (-before +after):\n%s", verb, diff)
		}
		if err == nil && (!answered || cmp.Diff(first, o.Call) != "") {
			rt.Fatalf("%s: another answer to %s: %s", verb, request, cmp.Diff(first, o.Call))
		}
		if answered && d.verbs[request] == verb && err != nil && houzhen.CodeOf(err) != houzhen.CodeKeyReused {
			rt.Fatalf("%s: a request answered before is refused: %v", verb, err)
		}
	case answered:
		rt.Fatalf("%s: %s acted twice", verb, request)
	case after.Version <= before.Version:
		rt.Fatalf("%s: version went from %d to %d", verb, before.Version, after.Version)
	default:
		d.answers[request], d.verbs[request] = o.Call, verb
		d.explained(rt, before, after)
	}
}

// explained holds that the reasons of every position's change add up to it,
// and that the log rebuilds the queue.
func (d *day) explained(rt *rapid.T, before, after queue.Queue) {
	var now time.Time
	var log []queue.Entry
	err := d.store.View(context.Background(), func(tx queue.Tx) (err error) {
		now = tx.Now()
		log, err = tx.Log(context.Background(), session)
		return err
	})
	if err != nil {
		rt.Fatal(err)
	}
	was, is := ranksOf(before, d.policy, now), ranksOf(after, d.policy, now)
	shifts := queue.Shifts(before, after, d.policy, now)
	for id, rank := range is {
		old, known := was[id]
		sum := 0
		for _, s := range shifts[id] {
			sum += s.By
		}
		if known && sum != rank-old {
			rt.Fatalf("ticket %s went from %d to %d, which %v does not explain", id, old, rank, shifts[id])
		}
	}
	rebuilt, err := queue.Rebuild(log)
	if diff := cmp.Diff(after, rebuilt, cmpopts.EquateEmpty()); err != nil || diff != "" {
		rt.Fatalf("the log rebuilds another queue: %v (-live +rebuilt):\n%s", err, diff)
	}
	d.bounded(rt, after, log)
}

// bounded holds that nobody on time was overtaken more often than the policy
// allows, but by an override that is in the log with its reason.
func (d *day) bounded(rt *rapid.T, q queue.Queue, log []queue.Entry) {
	overrides := 0
	for _, e := range log {
		for _, n := range e.Change.Picks {
			if n.Reason.Code == queue.ReasonEmergency || n.Reason.Code == queue.ReasonPinned {
				overrides++
			}
		}
		if e.Verb == queue.VerbCall {
			overrides++
		}
	}
	for _, t := range q.Tickets {
		if t.Overtaken > d.policy.OvertakeTimes+overrides {
			rt.Fatalf("number %d was overtaken %d times, the bound is %d and %d overrides are on record", t.No, t.Overtaken, d.policy.OvertakeTimes, overrides)
		}
	}
}

func ranksOf(q queue.Queue, p queue.Policy, now time.Time) map[string]int {
	m := map[string]int{}
	for i, at := range queue.Order(q, p, now) {
		m[at.TicketID] = i
	}
	return m
}

// check holds what must be true of every queue at any time.
func (d *day) check(rt *rapid.T) {
	q := d.queue(rt)
	if q.Version < d.version {
		rt.Fatalf("version fell from %d to %d", d.version, q.Version)
	}
	d.version = q.Version
	with := map[string]int{}
	for _, t := range q.Tickets {
		if t.State == queue.Called || t.State == queue.InConsult {
			if t.DoctorID == "" {
				rt.Fatalf("number %d is with nobody", t.No)
			}
			with[t.DoctorID]++
		}
	}
	for doctor, n := range with {
		if n > 1 {
			rt.Fatalf("%s has %d patients", doctor, n)
		}
	}
	calls := map[string]bool{}
	for _, e := range d.store.Events() {
		if e.Kind != houzhen.TicketCalled {
			continue
		}
		if key := fmt.Sprint(e.Subject, e.Version); calls[key] {
			rt.Fatalf("ticket %s was called twice at version %d", e.Subject, e.Version)
		} else {
			calls[key] = true
		}
	}
}

// verbs are what people do, by name.
func (d *day) actions() map[string]func(*rapid.T) {
	ctx := context.Background()
	desk := func(verb string, do func(context.Context, queue.CallRequest) (queue.Outcome, error)) func(*rapid.T) {
		return func(rt *rapid.T) {
			r := queue.CallRequest{SessionID: session, RequestID: d.request(rt), DoctorID: rapid.SampledFrom(doctors).Draw(rt, "doctor")}
			d.press(rt, verb, r.RequestID, func() (queue.Outcome, error) { return do(ctx, r) })
		}
	}
	about := func(verb string, do func(context.Context, queue.TicketRequest) (queue.Outcome, error)) func(*rapid.T) {
		return func(rt *rapid.T) {
			q := d.queue(rt)
			if len(q.Tickets) == 0 {
				rt.Skip("nobody yet")
			}
			t := rapid.SampledFrom(q.Tickets).Draw(rt, "ticket")
			r := queue.TicketRequest{SessionID: session, RequestID: d.request(rt), TicketID: t.ID, DoctorID: t.DoctorID}
			// A request id belongs to one ticket: repeat it for that one.
			if first, ok := d.answers[r.RequestID]; ok {
				r.TicketID = first.TicketID
			}
			d.press(rt, verb, r.RequestID, func() (queue.Outcome, error) { return do(ctx, r) })
		}
	}
	act := func(verb string) func(*rapid.T) {
		return about(verb, func(ctx context.Context, r queue.TicketRequest) (queue.Outcome, error) {
			return d.svc.Act(ctx, queue.Action{
				Verb: verb, SessionID: r.SessionID, RequestID: r.RequestID, TicketID: r.TicketID, DoctorID: r.DoctorID, Cause: "test",
				Group: "pregnant", Minutes: 10, Places: -1, Nurse: true,
			})
		})
	}
	return map[string]func(*rapid.T){
		"":      d.check,
		"tests": act(queue.VerbTests), "return": act(queue.VerbReturn), "unwell": act(queue.VerbUnwell), "pin": act(queue.VerbPin),
		"priority": act(queue.VerbPriority), "no priority": act(queue.VerbPriorityOff), "later": act(queue.VerbDefer),
		"aside": act(queue.VerbSuspend), "bring back": act(queue.VerbBringBack), "abandon": act(queue.VerbAbandon),
		"move": act(queue.VerbMove), "call": act(queue.VerbCall), "undo last": act(queue.VerbUndoLast), "excuse": act(queue.VerbExcuse),
		"wait": func(rt *rapid.T) {
			d.store.Advance(time.Duration(rapid.IntRange(1, 600).Draw(rt, "seconds")) * time.Second)
		},
		"arrive": d.arrive,
		"next":   desk("next", d.svc.CallNext), "next too": desk("next", d.svc.CallNext), "resume": desk("resume", d.svc.Resume),
		"start": about("start", d.svc.Start), "recall": about("recall", d.svc.Recall), "miss": about("miss", d.svc.Miss),
		"take back": about("take back", d.svc.TakeBack), "re-check-in": about("re-check-in", d.svc.ReCheckIn),
		"finish": about("finish", d.svc.Finish), "undo": about("undo", d.svc.UndoCheckIn),
		"pause": func(rt *rapid.T) {
			r := queue.PauseRequest{SessionID: session, RequestID: d.request(rt), Minutes: 5}
			d.press(rt, "pause", r.RequestID, func() (queue.Outcome, error) { return d.svc.Pause(ctx, r) })
		},
	}
}

// request is a fresh id, or now and then one used before.
func (d *day) request(rt *rapid.T) string {
	if d.serial > 0 && rapid.IntRange(0, 3).Draw(rt, "again") == 0 {
		return fmt.Sprint("q", rapid.IntRange(1, d.serial).Draw(rt, "which"))
	}
	d.serial++
	return fmt.Sprint("q", d.serial)
}

func (d *day) arrive(rt *rapid.T) {
	no := rapid.IntRange(1, 16).Draw(rt, "number")
	if rapid.IntRange(0, 4).Draw(rt, "walk-in") == 0 {
		no += 200
	}
	before := d.queue(rt).Version
	err := d.store.InTx(context.Background(), func(tx queue.Tx) error {
		_, err := d.svc.CheckIn(context.Background(), tx, booked(no))
		return err
	})
	if err != nil && houzhen.CodeOf(err) != houzhen.CodeState && houzhen.CodeOf(err) != houzhen.CodeNotToday {
		rt.Fatalf("check in %d: %v", no, err)
	}
	if after := d.queue(rt).Version; after < before {
		rt.Fatalf("version fell from %d to %d", before, after)
	}
}

// everybodyIsSeen calls on until the queue is empty.
func (d *day) everybodyIsSeen(rt *rapid.T) {
	ctx := context.Background()
	if d.queue(rt).Desk == queue.DeskPaused {
		d.serial++
		if _, err := d.svc.Resume(ctx, queue.CallRequest{SessionID: session, RequestID: fmt.Sprint("q", d.serial)}); err != nil {
			rt.Fatal(err)
		}
	}
	d.store.Advance(3 * time.Hour) // nobody may put himself off for longer
	waiting := 0
	for _, t := range d.queue(rt).Tickets {
		if t.State == queue.Suspended || t.State == queue.Deferred {
			d.serial++
			_, err := d.svc.Act(ctx, queue.Action{Verb: queue.VerbBringBack, SessionID: session, TicketID: t.ID, RequestID: fmt.Sprint("q", d.serial)})
			if err != nil && houzhen.CodeOf(err) != houzhen.CodeState { // woken by the time itself
				rt.Fatal(err)
			}
		}
	}
	for _, t := range d.queue(rt).Tickets {
		if t.State == queue.Waiting || t.State == queue.Ready || t.State == queue.Deferred { // by now his time has come
			waiting++
		}
	}
	for n := 0; ; n++ {
		d.store.Advance(time.Minute)
		_, err := d.svc.CallNext(ctx, queue.CallRequest{SessionID: session, RequestID: fmt.Sprint("end", n), DoctorID: doctors[n%2]})
		if houzhen.CodeOf(err) == houzhen.CodeQueueEmpty {
			if n != waiting {
				rt.Fatalf("%d calls for %d patients", n, waiting)
			}
			break
		}
		if err != nil || n > waiting {
			rt.Fatalf("call %d of %d: %v", n, waiting, err)
		}
	}
	for _, t := range d.queue(rt).Tickets {
		if t.State == queue.Waiting || t.State == queue.Ready {
			rt.Fatalf("number %d is still %s", t.No, t.State)
		}
	}
}

func TestQueueKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := newDay(rt)
		rt.Repeat(d.actions())
		d.everybodyIsSeen(rt)
	})
}

// Whichever lanes are flooded, whoever waits in another is called: at the
// latest when those who were due before him, and the longest wait of a lane,
// are over.
func TestNoLaneStarves(t *testing.T) {
	lanes := []queue.Lane{queue.LanePriority, queue.LaneReturn, queue.LaneMissed, queue.LaneLate, queue.LaneDeferred, queue.LaneNormal}
	rapid.Check(t, func(rt *rapid.T) {
		p := queue.DefaultPolicy()
		now := clock(9, 0)
		q := queue.Queue{SessionID: session, Desk: queue.DeskSeeing, StartedAt: clock(8, 0)}
		serial := 0
		join := func(lane queue.Lane) string {
			serial++
			id := fmt.Sprint(lane, serial)
			q.Tickets = append(q.Tickets, queue.Ticket{
				ID: id, No: serial, State: queue.Waiting, Lane: lane, LaneSince: now, SliceStart: clock(8, 0), SliceEnd: clock(8, 30),
			})
			return id
		}
		before := rapid.IntRange(0, 20).Draw(rt, "due before him")
		for range before {
			join(queue.LaneNormal)
		}
		victim := join(rapid.SampledFrom(lanes).Draw(rt, "his lane"))
		flood := rapid.SliceOfNDistinct(rapid.SampledFrom(lanes), 1, 4, rapid.ID[queue.Lane]).Draw(rt, "flooded")
		limit := before + 2*(35+len(lanes))
		for n := 0; ; n++ {
			if n > limit {
				rt.Fatalf("%s was not called within %d picks", victim, limit)
			}
			now = now.Add(time.Minute)
			for _, lane := range flood {
				join(lane)
			}
			var picks []queue.Pick
			q, picks = queue.Fill(q, p, now)
			for _, pick := range picks {
				if pick.TicketID == victim {
					return
				}
			}
			first, _, _ := queue.Next(q, p, now)
			q.Tickets = slices.DeleteFunc(q.Tickets, func(t queue.Ticket) bool { return t.ID == first })
		}
	})
}
