package booking_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/internal/store/storetest"
)

// onEngines runs a story on both databases.
func onEngines(t *testing.T, story func(*clinic)) {
	t.Helper()
	for name, open := range map[string]func(testing.TB, ...storetest.Option) *store.DB{
		"SQLite": storetest.SQLite, "PostgreSQL": storetest.PostgreSQL,
	} {
		t.Run(name, func(t *testing.T) {
			c := &clinic{T: t, now: monday.AddDays(-1).At(9, 0, shanghai)}
			c.serve(open(t, storetest.Now(c.clock)).Booking(), noLimits)
			story(c)
		})
	}
}

// Everybody at once on few sessions: whatever the order, every refusal has a
// code, and the promises hold in the end.
func TestManyActsAtOnceKeepThePromises(t *testing.T) {
	onEngines(t, func(c *clinic) {
		s := laidOut(c)
		c.at(monday, 7, 30) // the day has begun: numbers are spent
		c.sweep("open", c.open, 2)
		var wg sync.WaitGroup
		for worker := range 8 {
			wg.Go(func() { crowd(s, worker, rand.New(rand.NewPCG(1, uint64(worker)))) })
		}
		wg.Wait()
		s.check(c)
	})
}

// crowd is one worker of many, with visits of its own patients.
func crowd(s *stream, worker int, r *rand.Rand) {
	var own []string
	pick := func() booking.Session { return s.sessions[r.IntN(len(s.sessions))] }
	for i := range 40 {
		var err error
		var a booking.Appointment
		any := r.IntN(10)
		switch {
		case any < 5 || len(own) == 0:
			a, err = s.Book(s.Context(), booking.BookRequest{
				Caller: "app", Key: fmt.Sprint(worker, " ", i), SessionID: pick().ID, PatientID: fmt.Sprint("p", worker, r.IntN(5)),
				Channel: "app", SlotNo: r.IntN(5),
			})
			if err == nil {
				own = append(own, a.ID)
			}
		case any < 7:
			_, err = s.cancel(own[r.IntN(len(own))], booking.ByPatient)
		case any < 9:
			_, err = s.Move(s.Context(), booking.MoveRequest{AppointmentID: own[r.IntN(len(own))], SessionID: pick().ID})
		case i > 30:
			_, err = s.Suspend(s.Context(), booking.SuspendRequest{SessionID: s.sessions[worker%2].ID})
		default:
			_, err = s.checkIn(own[r.IntN(len(own))])
		}
		if code := houzhen.CodeOf(err); code == houzhen.CodeInternal || code == houzhen.CodeConflict {
			s.Errorf("worker %d, act %d: %v", worker, i, err)
		}
	}
}

// Nobody slips onto a session while it is being suspended.
func TestBookingRacesSuspension(t *testing.T) {
	onEngines(t, func(c *clinic) {
		for round := range 10 {
			s := c.session(fmt.Sprint("doctor", round), monday, 3, func(s *booking.Session) { s.DepartmentID = fmt.Sprint(round) })
			var wg sync.WaitGroup
			for i := range 6 {
				wg.Go(func() {
					_, err := c.Book(c.Context(), booking.BookRequest{
						Caller: "app", Key: fmt.Sprint(round, " ", i), SessionID: s.ID, PatientID: fmt.Sprint("p", round, i), Channel: "app",
					})
					if err != nil && houzhen.CodeOf(err) != houzhen.CodeSessionSuspended {
						c.Errorf("book: %v", err)
					}
				})
			}
			wg.Go(func() { c.suspend(s) })
			wg.Wait()
			left, err := c.Appointments(c.Context(), booking.AppointmentFilter{SessionID: s.ID, States: []booking.State{booking.Held, booking.Booked}})
			if err != nil || len(left) != 0 {
				c.Errorf("round %d: %d stand on a suspended session, %v", round, len(left), err)
			}
		}
	})
}

// The story of a suspended patient and of one who never came, on real rows.
func TestStoriesOnBothEngines(t *testing.T) {
	onEngines(t, func(c *clinic) {
		s, next := c.session("chen", monday, 1), c.session("chen", monday.AddDays(2), 1)
		liu := c.session("liu", monday, 1)
		a, b := c.book(s, "li", 1), c.book(liu, "wang", 1)
		if got := c.suspend(s); got.Kept != 1 {
			c.Errorf("got %+v", got)
		}
		var nextDay booking.Appointment
		for _, o := range c.options(a.ID) {
			if o.SessionID == next.ID {
				nextDay = o
			}
		}
		if got, err := c.Choose(c.Context(), nextDay.ID); err != nil || got.State != booking.Booked {
			c.Errorf("choose: %+v, %v", got, err)
		}
		c.at(monday, 7, 30)
		c.sweep("open", c.open, 1)
		c.at(monday, 9, 0)
		c.sweep("release", c.release, 1)
		walk, err := c.WalkIn(c.Context(), booking.WalkInRequest{Caller: "desk", Key: "1", SessionID: liu.ID, PatientID: "zhao"})
		if err != nil || walk.SlotNo != booking.FirstWalkIn {
			c.Errorf("walk in: %+v, %v", walk, err)
		}
		if _, err := c.checkIn(walk.ID); err != nil {
			c.Error(err)
		}
		c.at(monday, 12, 0)
		c.sweep("no-shows", c.noShows, 1)
		if got := c.load(b.ID); got.State != booking.NoShow {
			c.Errorf("got %+v", got)
		}
		c.saveRoster(weekly("sun", time.Monday, houzhen.Morning, 8*60, 12*60))
		c.sweep("generate", c.generate, 1)
		c.sweep("generate again", c.generate, 0)
	})
}

func BenchmarkBook(b *testing.B) {
	c := &clinic{now: monday.AddDays(-1).At(9, 0, shanghai)}
	db := storetest.SQLite(b, storetest.Now(c.clock)).Booking()
	p := booking.DefaultPolicy()
	service, err := booking.NewService(db, shanghai, p)
	if err != nil {
		b.Fatal(err)
	}
	var s booking.Session
	for i := 0; b.Loop(); i++ {
		if i%160 == 0 {
			s, err = service.AddSession(b.Context(), booking.Session{
				DepartmentID: "d", ZoneID: "z", RoomID: "r", DoctorID: fmt.Sprint(i), Date: monday, Part: houzhen.Morning,
				Start: monday.At(8, 0, shanghai), End: monday.At(12, 0, shanghai), SliceMinutes: 30, SliceCapacity: 20,
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		_, err := service.Book(b.Context(), booking.BookRequest{
			Caller: "bench", Key: fmt.Sprint(i), SessionID: s.ID, SlotNo: i%160 + 1, PatientID: fmt.Sprint("p", i), Channel: "app",
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
