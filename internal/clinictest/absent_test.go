package clinictest

import (
	"slices"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/queue"
)

func TestReleasedPlaceIsTakenAndTheLateOwnerStillSeen(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.Session("wang", 1, houzhen.Morning)
		late, never := c.Book("张小三", s, "08:00"), c.Book("李小四", s, "08:00")
		early := c.Book("孙小七", s, "08:30")
		c.GoTo(c.At(1, "08:00"))
		c.CheckIn(early) // the doctor has nobody else to see
		c.Take("张小三", "李小四", "孙小七")
		c.Serve(s, "孙小七")
		if now := c.Clock.Now(); !now.After(c.At(1, "08:05")) || !c.State(late).ReleasedAt.IsZero() {
			t.Errorf("at %s a place is released while most of those who come may still do so", now)
		}
		c.GoTo(c.At(1, "08:46"))
		for _, a := range []booking.Appointment{late, never} {
			if now := c.State(a); now.ReleasedAt.IsZero() || now.State != booking.Booked {
				t.Errorf("%s: released %v in state %v, want released and still booked", a.PatientID, now.ReleasedAt, now.State)
			}
		}
		if facts := c.Facts(s); slices.Contains(facts, houzhen.AppointmentNoShow) {
			t.Errorf("a no-show is on record before the deadline: %v", facts)
		}

		walkIn := c.walkIn("王小五", s)
		if walkIn.SlotNo < booking.FirstWalkIn {
			t.Errorf("the other one got number %d, want one from %d on", walkIn.SlotNo, booking.FirstWalkIn)
		}
		c.CheckIn(walkIn)
		c.CheckIn(late)
		c.CallNext(s, "王小五")
		c.Clock.Advance(5 * time.Minute)
		c.Finish(s)
		c.Clock.Advance(10 * time.Second)
		c.CallNext(s, "张小三")
		c.Clock.Advance(5 * time.Minute)
		c.Finish(s)
		c.Take("张小三", "王小五")

		c.GoTo(c.At(1, "11:29"))
		c.ExpectState(never, booking.Booked)
		c.GoTo(c.At(1, "11:31"))
		c.ExpectState(never, booking.NoShow)
		c.ExpectState(late, booking.Fulfilled)
		c.ExpectState(walkIn, booking.Fulfilled)
		c.GoTo(c.At(2, "08:00"))
		c.ExpectNothingElse()
		facts := c.Facts(s)
		for kind, want := range map[houzhen.EventKind]int{houzhen.PlaceReleased: 2, houzhen.AppointmentNoShow: 1} {
			if got := count(facts, kind); got != want {
				t.Errorf("%d facts %s, want %d", got, kind, want)
			}
		}
	})
}

func TestMissedAndBack(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.Session("wang", 1, houzhen.Morning)
		names := []string{"张小三", "李小四", "王小五", "赵小六", "孙小七"}
		for i, at := range []string{"08:00", "08:00", "08:30", "08:30", "09:00"} {
			c.Book(names[i], s, at)
		}
		c.GoTo(c.At(1, "07:50"))
		for _, name := range names {
			c.CheckIn(c.appointment(name, s))
		}
		c.GoTo(c.At(1, "08:00"))
		c.Take(names...)

		absent := c.CallNext(s, "张小三")
		c.ExpectSMS("张小三", "queue.called")
		if err := c.Miss(s, absent); houzhen.CodeOf(err) != houzhen.CodeTooSoon {
			t.Errorf("missed after one call: %v, want %s", err, houzhen.CodeTooSoon)
		}
		for range 2 {
			c.Clock.Advance(45 * time.Second)
			c.Recall(s, absent)
		}
		c.must(c.Miss(s, absent))
		c.ExpectSMS("张小三", "queue.missed", `"3"`)
		c.ExpectNothingElse() // recalls do not ring the phone again

		c.Clock.Advance(20 * time.Second)
		c.CallNext(s, "李小四")
		c.Clock.Advance(3 * time.Minute)
		c.CheckIn(c.appointment("张小三", s)) // back while the second one is inside
		c.Finish(s)
		c.Clock.Advance(20 * time.Second)
		c.ExpectSMS("李小四", "queue.called")
		c.Serve(s, "王小五", "赵小六", "孙小七", "张小三") // three others first
		c.ExpectState(c.appointment("张小三", s), booking.Fulfilled)
		c.GoTo(c.At(2, "08:00"))
		c.ExpectNothingElse()
	})
}

func TestMissedAndGone(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.Session("wang", 1, houzhen.Morning)
		a := c.Book("张小三", s, "08:00")
		c.GoTo(c.At(1, "07:50"))
		c.CheckIn(a)
		c.GoTo(c.At(1, "08:00"))
		c.Take("张小三")
		called := c.CallNext(s, "张小三")
		for range 2 {
			c.Clock.Advance(45 * time.Second)
			c.Recall(s, called)
		}
		c.must(c.Miss(s, called))
		c.GoTo(c.At(2, "08:00"))
		c.ExpectSMS("张小三", "queue.called")
		c.ExpectSMS("张小三", "queue.missed")
		c.ExpectNothingElse()
		if got, want := c.Tickets(s), []string{"A001 dropped " + queue.DropMissed}; !slices.Equal(got, want) {
			t.Errorf("tickets %v, want %v", got, want)
		}
		if got := c.State(a).State; got == booking.NoShow {
			t.Error("whoever came and left is on record as a no-show")
		}
	})
}

func (c *Clinic) walkIn(name string, s booking.Session) booking.Appointment {
	c.T.Helper()
	a, err := c.App.Booking.WalkIn(c.ctx, booking.WalkInRequest{Caller: "desk", Key: name, SessionID: s.ID, PatientID: c.Person(name).ID})
	c.must(err)
	c.Settle()
	return a
}

// appointment finds the appointment of a person in a session.
func (c *Clinic) appointment(name string, s booking.Session) booking.Appointment {
	c.T.Helper()
	list, err := c.App.Booking.Appointments(c.ctx, booking.AppointmentFilter{SessionID: s.ID, PatientIDs: []string{c.Person(name).ID}})
	c.must(err)
	if len(list) != 1 {
		c.T.Fatalf("%s has %d appointments in %s, want 1", name, len(list), s.ID)
	}
	return list[0]
}

func count[T comparable](list []T, x T) (n int) {
	for _, y := range list {
		if x == y {
			n++
		}
	}
	return n
}
