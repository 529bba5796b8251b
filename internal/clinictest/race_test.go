package clinictest

import (
	"sync"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/queue"
)

// atOnce runs every function at the same time and gives their errors in order.
func atOnce(do ...func() error) []error {
	errs := make([]error, len(do))
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i, f := range do {
		wg.Go(func() {
			<-start
			errs[i] = f()
		})
	}
	close(start)
	wg.Wait()
	return errs
}

func TestTwoRaceForTheLastPlace(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.SessionWith("wang", 1, houzhen.Morning, func(s *booking.Session) { s.SliceCapacity = 1 })
		names := []string{"张小三", "李小四", "王小五", "赵小六"}
		var racers []func() error
		for _, name := range names {
			c.Person(name)
			racers = append(racers, func() error {
				_, err := c.TryBook(name, s, "09:00")
				return err
			})
		}
		won := 0
		for i, err := range atOnce(racers...) {
			if err == nil {
				won++
				c.Settle()
				c.ExpectSMS(names[i], "appt.booked")
				continue
			}
			coded, ok := err.(*houzhen.Error) //nolint:errorlint // TryBook gives it bare
			if !ok || coded.Code != houzhen.CodeSlotTaken && coded.Code != houzhen.CodeSessionFull {
				t.Errorf("the loser got %v, want %s or %s", err, houzhen.CodeSlotTaken, houzhen.CodeSessionFull)
				continue
			}
			near, _ := coded.Detail.([]booking.Alternative)
			if len(near) == 0 {
				t.Error("the loser was shown no alternatives")
				continue
			}
			if a := near[0]; a.SessionID != s.ID || a.Free < 1 || a.Start.Sub(s.Date.Clock(c.tod("09:00"), c.Loc)).Abs() > time.Hour {
				t.Errorf("the nearest alternative is %+v, want one beside 09:00", a)
			}
		}
		if won != 1 {
			t.Errorf("%d won the last place, want 1", won)
		}
		c.ExpectNothingElse()
	})
}

func TestDoubleClickAndTwoComputersCallOnePatientOnce(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.Session("wang", 1, houzhen.Morning)
		a, b := c.Book("张小三", s, "08:00"), c.Book("李小四", s, "08:00")
		c.GoTo(c.At(1, "07:50"))
		c.CheckIn(a)
		c.CheckIn(b)
		c.GoTo(c.At(1, "08:00"))
		c.Take("张小三", "李小四")

		var mu sync.Mutex
		called := map[string]int{}
		press := func(request string) func() error {
			return func() error {
				done, err := c.Press(s, request)
				if err == nil {
					mu.Lock()
					called[done.Ticket.PatientID]++
					mu.Unlock()
				}
				return err
			}
		}
		for _, err := range atOnce(press("one"), press("one"), press("two")) {
			if code := houzhen.CodeOf(err); code != "" && code != houzhen.CodeTooSoon {
				t.Errorf("a press got %v, want the same call or %s", err, houzhen.CodeTooSoon)
			}
		}
		if called[c.Person("张小三").ID] == 0 || called[c.Person("李小四").ID] != 0 {
			t.Errorf("called %v, want the first patient and nobody else", called)
		}
		c.Settle()
		c.ExpectSMS("张小三", "queue.called")
		c.ExpectNothingElse()
	})
}

func TestCheckInTwiceIsOneTicket(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.Session("wang", 1, houzhen.Morning)
		a := c.Book("张小三", s, "08:00")
		c.GoTo(c.At(1, "07:30"))
		var first, second queue.Ticket
		errs := atOnce(func() (err error) {
			first, err = c.App.CheckInAppointment(c.ctx, a.ID)
			return err
		}, func() (err error) {
			second, err = c.App.CheckInAppointment(c.ctx, a.ID)
			return err
		})
		for _, err := range errs {
			c.must(err)
		}
		c.Settle()
		third := c.CheckIn(a)
		if first.ID != second.ID || third.ID != first.ID || !third.CheckedInAt.Equal(first.CheckedInAt) {
			t.Errorf("three check-ins made tickets %s %s %s, want one", first.ID, second.ID, third.ID)
		}
		if got := count(c.Facts(s), houzhen.TicketCheckedIn); got != 1 {
			t.Errorf("%d facts of a check-in, want 1", got)
		}
	})
}

func TestSameKeyIsTheSameBooking(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.Session("wang", 1, houzhen.Morning)
		c.Person("张小三")
		var a, b booking.Appointment
		errs := atOnce(func() (err error) {
			a, err = c.TryBook("张小三", s, "08:00")
			return err
		}, func() (err error) {
			b, err = c.TryBook("张小三", s, "08:00")
			return err
		})
		for _, err := range errs {
			c.must(err)
		}
		if a.ID != b.ID || a.Voucher != b.Voucher {
			t.Errorf("one key made %s and %s, want one appointment", a.ID, b.ID)
		}
		c.Settle()
		c.ExpectSMS("张小三", "appt.booked")
		c.ExpectNothingElse()

		_, err := c.App.Booking.Book(c.ctx, booking.BookRequest{
			Caller: "story", Key: "k", SessionID: s.ID, PatientID: c.Person("李小四").ID, Channel: "app",
		})
		c.must(err)
		_, err = c.App.Booking.Book(c.ctx, booking.BookRequest{
			Caller: "story", Key: "k", SessionID: s.ID, PatientID: c.Person("王小五").ID, Channel: "app",
		})
		if got := houzhen.CodeOf(err); got != houzhen.CodeKeyReused {
			t.Errorf("the key with another request: %v, want %s", err, houzhen.CodeKeyReused)
		}
	})
}
