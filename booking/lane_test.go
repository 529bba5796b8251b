package booking_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// door is a store whose reader waits outside until it is opened, so that a
// crowd can gather; it counts what is asked of it, and can lose its tongue
// after a commit.
type door struct {
	booking.Hearing

	lanes  int // 0 is one
	asked  atomic.Int64
	open   chan struct{}
	groups atomic.Int64
	mute   atomic.Int64 // answers that are still to be lost
	during func()       // something that happens while a group is being written
}

var errMute = errors.New("the connection broke after the commit")

func (d *door) Traits() booking.Traits {
	t := d.Hearing.Traits()
	t.Lanes = max(1, d.lanes)
	return t
}

func (d *door) View(ctx context.Context, f func(booking.Tx) error) error {
	d.asked.Add(1)
	if d.open != nil {
		<-d.open
	}
	return d.Hearing.View(ctx, f)
}

func (d *door) InTx(ctx context.Context, f func(booking.Tx) error) error {
	d.asked.Add(1)
	d.groups.Add(1)
	if d.open != nil {
		<-d.open
	}
	if d.during != nil {
		d.during()
	}
	if err := d.Hearing.InTx(ctx, f); err != nil || d.mute.Add(-1) < 0 {
		return err
	}
	return errMute
}

// behindDoor is a clinic whose crowd gathers until the door is opened.
func behindDoor(t *testing.T, change ...func(*booking.Policy)) (*clinic, *door) {
	t.Helper()
	c := newClinic(t, change...)
	d := &door{Hearing: c.store}
	c.serve(d, change...)
	return c, d
}

// queued tells when whoever it belongs to has joined the queue: only then he
// watches whether his caller goes away.
type queued struct {
	context.Context
	in func()
}

func (q *queued) Done() <-chan struct{} {
	q.in()
	return q.Context.Done()
}

// crowded runs n requests at once and lets them in when all are there; the
// first one waits alone in front of the others.
func crowded(c *clinic, d *door, requests []booking.BookRequest) ([]booking.Appointment, []error) {
	c.Helper()
	d.open = make(chan struct{})
	got, errs := make([]booking.Appointment, len(requests)), make([]error, len(requests))
	var in, out sync.WaitGroup
	for i, r := range requests {
		in.Add(1)
		ctx := &queued{Context: c.Context(), in: sync.OnceFunc(in.Done)}
		out.Go(func() {
			defer ctx.in() // who was answered at once did not queue
			got[i], errs[i] = c.Book(ctx, r)
		})
	}
	in.Wait()
	close(d.open)
	out.Wait()
	return got, errs
}

func (c *clinic) requests(s booking.Session, n int) []booking.BookRequest {
	list := make([]booking.BookRequest, n)
	for i := range list {
		list[i] = c.request(s, fmt.Sprint("p", i), 0)
	}
	return list
}

func TestACrowdSharesTransactions(t *testing.T) {
	c, d := behindDoor(t)
	s := c.session("chen", monday, 10)
	c.book(s, "first", 0)
	d.groups.Store(0)
	got, errs := crowded(c, d, c.requests(s, 60))
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	places := map[int]bool{}
	for _, a := range got {
		places[a.SlotNo] = true
		if d := cmp.Diff(a, c.load(a.ID)); d != "" {
			t.Error("stored otherwise: ", d)
		}
	}
	if len(places) != 60 {
		t.Errorf("got %d places, want 60", len(places))
	}
	if n := d.groups.Load(); n > 40 {
		t.Errorf("60 bookings took %d transactions", n)
	}
	if n := count(c.store.Kinds(), houzhen.AppointmentBooked); n != 61 {
		t.Errorf("got %d facts, want 61", n)
	}
}

// Everybody asks for another session, and all of these must be read first. Two
// writers would write each few that are read, and be in the reader's way.
func TestACrowdWhoseSessionsAreReadSharesTransactions(t *testing.T) {
	c, d := behindDoor(t)
	d.lanes = 2
	c.serve(d)
	requests := make([]booking.BookRequest, 100)
	for i := range requests {
		requests[i] = c.request(c.session(fmt.Sprint("doctor", i), monday, 1), fmt.Sprint("p", i), 0)
	}
	d.groups.Store(0)
	_, errs := crowded(c, d, requests)
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if n := d.groups.Load(); n > 6 { // the first alone, then half of those who wait, and so on
		t.Errorf("100 bookings took %d transactions", n)
	}
}

// One key asks for one thing. Of two requests with it that stand in one group, for
// different people in different sessions, one is booked and the other refused.
func TestAKeyBooksOnceInAGroup(t *testing.T) {
	c, d := behindDoor(t)
	one, other := c.session("chen", monday, 1), c.session("liu", monday, 1)
	c.book(one, "first", 0)
	c.book(other, "second", 0)
	r, again := c.request(one, "p1", 0), c.request(other, "p2", 0)
	again.Caller, again.Key = r.Caller, r.Key
	_, errs := crowded(c, d, []booking.BookRequest{c.request(one, "before", 0), r, again})
	refused := 0
	for _, err := range errs {
		if err != nil {
			refused++
			wantCode(t, err, houzhen.CodeKeyReused)
		}
	}
	if n := count(c.store.Kinds(), houzhen.AppointmentBooked); refused != 1 || n != 4 {
		t.Errorf("got %d refused and %d facts, want 1 and 4", refused, n)
	}
}

// Of a crowd for the last places as many are booked as there are, and the
// others hear it without asking the database once it is sure.
func TestSoldOutIsSaidFromMemoryAndOnlyThen(t *testing.T) {
	c, d := behindDoor(t, noLimits)
	s := c.session("chen", monday, 1)
	_, errs := crowded(c, d, c.requests(s, 50))
	refused := 0
	for _, err := range errs {
		if err != nil {
			refused++
			wantCode(t, err, houzhen.CodeSessionFull)
		}
	}
	if refused != 42 {
		t.Fatalf("got %d refused, want 42", refused)
	}
	_, _ = c.Book(t.Context(), c.request(s, "looks for others", 0))
	before := d.asked.Load()
	for i := range 30 {
		_, err := c.Book(t.Context(), c.request(s, fmt.Sprint("late", i), 0))
		wantCode(t, err, houzhen.CodeSessionFull)
		var e *houzhen.Error
		if !errors.As(err, &e) || e.Detail == nil {
			t.Error("no alternatives in", err)
		}
		named := c.request(s, fmt.Sprint("named", i), 0)
		named.Start = monday.At(8, 0, shanghai)
		if i == 0 {
			_, _ = c.Book(t.Context(), named) // looks for places near that time
			before = d.asked.Load()
		}
		_, err = c.Book(t.Context(), named)
		wantCode(t, err, houzhen.CodeSlotTaken)
	}
	if got := d.asked.Load() - before; got != 0 {
		t.Errorf("60 refusals asked the database %d times", got)
	}
}

func TestTheGateFallsWhenAPlaceComesBack(t *testing.T) {
	c := newClinic(t, noLimits, func(p *booking.Policy) { p.ReturnMin, p.ReturnMax = 0, 0 })
	s, other := c.session("chen", monday, 1), c.session("liu", monday.AddDays(1), 1)
	var last booking.Appointment
	for i := range 8 {
		last = c.book(s, fmt.Sprint("p", i), 0)
	}
	for name, free := range map[string]func(booking.Appointment) error{
		"cancelled": func(a booking.Appointment) error { _, err := c.cancel(a.ID, booking.ByPatient); return err },
		"moved away": func(a booking.Appointment) error {
			_, err := c.Move(t.Context(), booking.MoveRequest{AppointmentID: a.ID, SessionID: other.ID})
			return err
		},
	} {
		_, err := c.Book(t.Context(), c.request(s, "nobody", 0))
		wantCode(t, err, houzhen.CodeSessionFull)
		if err := free(last); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		again := c.book(s, "again "+name, 0)
		if again.SlotNo != last.SlotNo {
			t.Errorf("%s: got %d, want the place that came back, %d", name, again.SlotNo, last.SlotNo)
		}
		last = again
	}
}

// A second later memory is not believed any more, whoever changed the row.
func TestMemoryIsBelievedForASecond(t *testing.T) {
	c := newClinic(t, noLimits)
	c.serve(&deafStore{c.store}, noLimits)
	s := c.session("chen", monday, 1)
	var last booking.Appointment
	for i := range 8 {
		last = c.book(s, fmt.Sprint("p", i), 0)
	}
	_, err := c.Book(t.Context(), c.request(s, "li", 0))
	wantCode(t, err, houzhen.CodeSessionFull)
	err = c.in(func(tx booking.Tx) error { // somebody who is not heard
		a, err := tx.Appointment(t.Context(), last.ID)
		if err != nil {
			return err
		}
		a.State, a.EndedAt = booking.Cancelled, tx.Now()
		return tx.UpdateAppointment(t.Context(), &a)
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Book(t.Context(), c.request(s, "li", 0))
	wantCode(t, err, houzhen.CodeSessionFull)
	c.mu.Lock()
	c.now = c.now.Add(time.Second)
	c.mu.Unlock()
	if got := c.book(s, "li", 0).SlotNo; got != last.SlotNo {
		t.Errorf("got %d, want %d", got, last.SlotNo)
	}
}

// deafStore tells nobody what was committed, as if another node had done it.
type deafStore struct{ booking.Hearing }

func (deafStore) Watch(func(context.Context, []houzhen.Event)) {}

func TestARepeatedRequestFindsItselfWhenAllIsSold(t *testing.T) {
	c := newClinic(t, noLimits)
	s := c.session("chen", monday, 1)
	list := c.requests(s, 8)
	var got []booking.Appointment
	for _, r := range list {
		a, err := c.Book(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, a)
	}
	for i, r := range list {
		a, again, err := c.BookOnce(t.Context(), r)
		if a.ID != got[i].ID || !again || err != nil {
			t.Errorf("got %q, %v, %v", a.ID, again, err)
		}
		r.PatientID = "somebody else"
		_, err = c.Book(t.Context(), r)
		wantCode(t, err, houzhen.CodeKeyReused)
	}
}

func TestOnePatientIsJudgedOneRequestAfterTheOther(t *testing.T) {
	c, d := behindDoor(t, func(p *booking.Policy) { p.PerWeek, p.PerQuarter, p.PerDepartmentDay = 2, 0, 0 })
	var list []booking.BookRequest
	for i := range 6 { // six doctors on six days, at once
		list = append(list, c.request(c.session(fmt.Sprint("doctor", i), monday.AddDays(i), 1), "li", 0))
	}
	_, errs := crowded(c, d, list)
	booked := 0
	for _, err := range errs {
		if err == nil {
			booked++
		} else {
			wantCode(t, err, houzhen.CodeLimit)
		}
	}
	if booked != 2 {
		t.Errorf("booked %d visits in a week, want 2", booked)
	}
}

func TestAGroupWhoseAnswerIsLostIsFoundAgain(t *testing.T) {
	c, d := behindDoor(t)
	s := c.session("chen", monday, 10)
	c.book(s, "first", 0)
	d.mute.Store(3)
	list := c.requests(s, 40)
	got, errs := crowded(c, d, list)
	for i, a := range got {
		if errs[i] != nil { // he asks again, as people do
			if a, errs[i] = c.Book(t.Context(), list[i]); errs[i] != nil {
				t.Fatalf("asked again: %v", errs[i])
			}
		}
		if c.load(a.ID).State != booking.Booked {
			t.Errorf("%d is not booked", i)
		}
	}
	all, err := c.Appointments(t.Context(), booking.AppointmentFilter{SessionID: s.ID})
	if n := count(c.store.Kinds(), houzhen.AppointmentBooked); len(all) != 41 || n != 41 || err != nil {
		t.Errorf("got %d appointments and %d facts, want 41", len(all), n)
	}
}

func TestAGroupThatCannotBeWrittenIsBookedOneByOne(t *testing.T) {
	for broken := 1; broken < 30; broken += 4 {
		c, d := behindDoor(t)
		s := c.session("chen", monday, 5)
		c.book(s, "first", 0)
		n := atomic.Int64{}
		c.store.FailWrites(func(string, string) error {
			if n.Add(1) == int64(broken) {
				return errors.New("disk is full")
			}
			return nil
		})
		_, errs := crowded(c, d, c.requests(s, 30))
		failed := 0
		for _, err := range errs {
			if err != nil {
				failed++
			}
		}
		all, err := c.Appointments(t.Context(), booking.AppointmentFilter{SessionID: s.ID})
		facts := count(c.store.Kinds(), houzhen.AppointmentBooked)
		if failed > 1 || len(all) != 31-failed || facts != len(all) || err != nil {
			t.Errorf("write %d: %d failed, %d appointments, %d facts, %v", broken, failed, len(all), facts, err)
		}
	}
}

func TestACrowdIsSeenForASecond(t *testing.T) {
	c, d := behindDoor(t)
	s := c.session("chen", monday, 10)
	c.book(s, "first", 0)
	if c.Crowded() {
		t.Error("one is a crowd")
	}
	_, errs := crowded(c, d, c.requests(s, 30))
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if !c.Crowded() {
		t.Error("thirty are no crowd")
	}
	c.now = c.now.Add(time.Second)
	if c.Crowded() {
		t.Error("the crowd is still there a second later")
	}
}

// What is about to be released was read before the crowd comes: nobody reads it
// then.
func TestASessionIsReadBeforeItsRelease(t *testing.T) {
	c, d := behindDoor(t)
	soon := c.session("chen", monday, 10, func(s *booking.Session) { s.ReleaseAt = c.now.Add(2 * time.Second) })
	c.session("liu", monday, 10, func(s *booking.Session) { s.ReleaseAt = c.now.Add(time.Hour) })
	c.session("wang", monday, 10)
	if n, err := c.MakeReady(t.Context(), 3*time.Second); n != 1 || err != nil {
		t.Errorf("read %d sessions, %v, want 1", n, err)
	}
	if n, err := c.MakeReady(t.Context(), 3*time.Second); n != 0 || err != nil {
		t.Errorf("read %d sessions once more, %v", n, err)
	}
	c.now = soon.ReleaseAt
	d.asked.Store(0)
	d.groups.Store(0)
	_, errs := crowded(c, d, c.requests(soon, 30))
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if asked, groups := d.asked.Load(), d.groups.Load(); asked != groups {
		t.Errorf("%d times read although it was ready", asked-groups)
	}
}

// Another node sells a place of which memory does not know. The group that meets
// it is written once more, with care, and so are those that follow it at once.
func TestAGroupThatMeetsAnotherNodeIsWrittenWithCare(t *testing.T) {
	c := newClinic(t)
	d := &door{Hearing: deafStore{c.store}}
	c.serve(d)
	s := c.session("chen", monday, 10)
	c.book(s, "first", 0)
	elsewhere, err := booking.NewService(deafStore{c.store}, shanghai, booking.DefaultPolicy())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := elsewhere.Book(t.Context(), c.request(s, "second", 0)); err != nil {
		t.Fatal(err)
	}
	d.groups.Store(0)
	_, errs := crowded(c, d, c.requests(s, 30))
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if n := d.groups.Load(); n > 8 { // the first alone and twice in vain, then the others with care
		t.Errorf("30 bookings took %d transactions", n)
	}
	if n := count(c.store.Kinds(), houzhen.AppointmentBooked); n != 32 {
		t.Errorf("got %d facts, want 32", n)
	}
}

func TestASessionSuspendedDuringAGroupHasNobody(t *testing.T) {
	c, d := behindDoor(t)
	s, other := c.session("chen", monday, 5), c.session("liu", monday, 5)
	c.book(s, "first", 0)
	c.book(other, "second", 0)
	list := append(c.requests(s, 10), c.request(other, "zhao", 0), c.request(other, "sun", 0))
	c.store.BeforeNextTx(func() {
		if _, err := c.Suspend(t.Context(), booking.SuspendRequest{SessionID: s.ID}); err != nil {
			t.Error(err)
		}
	})
	_, errs := crowded(c, d, list)
	for i, err := range errs {
		want := houzhen.CodeSessionSuspended
		if i >= 10 {
			want = ""
		}
		wantCode(t, err, want)
	}
	all, err := c.Appointments(t.Context(), booking.AppointmentFilter{SessionID: s.ID, States: []booking.State{booking.Booked, booking.Held}})
	if len(all) != 0 || err != nil {
		t.Errorf("got %d booked on a suspended session, %v", len(all), err)
	}
}

func TestWhoLeavesTheQueueIsNotBooked(t *testing.T) {
	c, d := behindDoor(t)
	s := c.session("chen", monday, 5)
	d.open = make(chan struct{})
	ctx, leave := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = c.Book(t.Context(), c.request(s, "first", 0)) }) // waits at the door
	r := booking.BookRequest{Caller: "app", Key: "gone", SessionID: s.ID, PatientID: "gone", Channel: "app"}
	leave()
	_, err := c.Book(ctx, r)
	close(d.open)
	wg.Wait()
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	list, _ := c.Appointments(t.Context(), booking.AppointmentFilter{PatientIDs: []string{"gone"}})
	if len(list) != 0 {
		t.Error("booked for somebody who had left")
	}
}

// Whoever leaves only stops waiting: the group in which he was goes on, also
// when it was made in his name, and nobody else hears of it.
func TestWhoLeavesWhileHisGroupIsWrittenTakesNobodyAlong(t *testing.T) {
	c, d := behindDoor(t)
	s := c.session("chen", monday, 10)
	ctx, leave := context.WithCancel(t.Context())
	d.during = leave
	d.open = make(chan struct{})
	list := c.requests(s, 40)
	errs := make([]error, len(list))
	var in, out sync.WaitGroup
	for i, r := range list {
		in.Add(1)
		out.Go(func() {
			own := t.Context()
			if i%2 == 0 {
				own = ctx
			}
			in.Done()
			_, errs[i] = c.Book(own, r)
		})
	}
	in.Wait()
	close(d.open)
	out.Wait()
	for i, err := range errs {
		if i%2 == 1 && err != nil || err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("%d: %v", i, err)
		}
		if _, err := c.Book(t.Context(), list[i]); err != nil {
			t.Errorf("%d asked again: %v", i, err)
		}
	}
	if n := count(c.store.Kinds(), houzhen.AppointmentBooked); n != 40 {
		t.Errorf("got %d bookings, want 40", n)
	}
}

// Three nodes, two of which hear nothing of the others, sell each place once
// and leave none; whoever asks again on another node gets the same answer.
func TestIgnorantNodesSellEveryPlaceOnce(t *testing.T) {
	onEngines(t, func(c *clinic) {
		s := c.session("chen", monday, 3)
		nodes := []*booking.Service{c.Service}
		for range 2 {
			hearing, _ := c.db.(booking.Hearing)
			p := booking.DefaultPolicy()
			noLimits(&p)
			n, err := booking.NewService(deafStore{hearing}, shanghai, p)
			if err != nil {
				t.Fatal(err)
			}
			nodes = append(nodes, n)
		}
		list := c.requests(s, 90)
		got, codes := make([]booking.Appointment, len(list)), make([]houzhen.Code, len(list))
		var wg sync.WaitGroup
		for i, r := range list {
			wg.Go(func() {
				a, err := nodes[i%3].Book(c.Context(), r)
				got[i], codes[i] = a, houzhen.CodeOf(err)
			})
		}
		wg.Wait()
		places, refused := map[int]bool{}, 0
		for i, a := range got {
			switch codes[i] {
			case "":
				places[a.SlotNo] = true
			case houzhen.CodeSessionFull:
				refused++
			default:
				c.Errorf("got %s", codes[i])
			}
		}
		if len(places) != 24 || refused != 66 {
			c.Errorf("sold %d places and refused %d, want 24 and 66", len(places), refused)
		}
		for i, r := range list {
			a, err := nodes[(i+1)%3].Book(c.Context(), r)
			if a.ID != got[i].ID || houzhen.CodeOf(err) != codes[i] {
				c.Errorf("asked again elsewhere: got %q, %v, want %q, %q", a.ID, err, got[i].ID, codes[i])
			}
		}
	})
}

// Whatever happens before: who is told that all is sold could not have had a
// place, and what memory hands out the database had free.
func TestMemoryNeverRefusesWhatTheDatabaseHas(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := newClinic(t, noLimits, func(p *booking.Policy) { p.ReturnMin, p.ReturnMax = 0, 0 })
		sessions := []booking.Session{c.session("chen", monday, 1), c.session("liu", monday.AddDays(1), 1)}
		p := booking.DefaultPolicy()
		noLimits(&p)
		p.ReturnMin, p.ReturnMax = 0, 0
		second, err := booking.NewService(c.store, shanghai, p)
		if err != nil {
			t.Fatal(err)
		}
		nodes := []*booking.Service{c.Service, second}
		var all []booking.Appointment
		r.Repeat(map[string]func(*rapid.T){
			"book": func(r *rapid.T) {
				node, s := rapid.SampledFrom(nodes).Draw(r, "node"), rapid.SampledFrom(sessions).Draw(r, "session")
				q := c.request(s, fmt.Sprint("p", c.keys), rapid.SampledFrom([]int{0, 0, 0, 1, 5}).Draw(r, "no"))
				q.Hold = rapid.IntRange(0, 3).Draw(r, "hold") == 0
				free := freeOf(c, s, q)
				a, err := node.Book(t.Context(), q)
				switch code := houzhen.CodeOf(err); {
				case err == nil:
					all = append(all, a)
					if free == 0 {
						r.Fatalf("gave number %d, which the database did not have", a.SlotNo)
					}
				case code == houzhen.CodeSessionFull || code == houzhen.CodeSlotTaken:
					if free > 0 {
						r.Fatalf("refused, though %d places are free", free)
					}
				default:
					r.Fatal(err)
				}
			},
			"cancel": func(r *rapid.T) {
				if len(all) > 0 {
					_, _ = c.cancel(rapid.SampledFrom(all).Draw(r, "whose").ID, booking.ByPatient)
				}
			},
			"move": func(r *rapid.T) {
				if len(all) > 0 {
					_, _ = second.Move(t.Context(), booking.MoveRequest{
						AppointmentID: rapid.SampledFrom(all).Draw(r, "whose").ID, SessionID: rapid.SampledFrom(sessions).Draw(r, "to").ID,
					})
				}
			},
			"wait": func(r *rapid.T) {
				c.mu.Lock()
				c.now = c.now.Add(time.Duration(rapid.IntRange(0, 1200).Draw(r, "seconds")) * time.Second)
				c.mu.Unlock()
				_, _ = c.ExpireHolds(t.Context())
			},
		})
	})
}

// freeOf counts the places that the database has for a request.
func freeOf(c *clinic, s booking.Session, q booking.BookRequest) int {
	n := 0
	err := c.db.View(c.Context(), func(tx booking.Tx) error {
		places, err := c.FreePlaces(c.Context(), tx, s, booking.Who{Channel: q.Channel})
		for _, p := range places {
			if q.SlotNo == 0 || q.SlotNo == p.No {
				n++
			}
		}
		return err
	})
	if err != nil {
		c.Fatal(err)
	}
	return n
}
