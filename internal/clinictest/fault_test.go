package clinictest

import (
	"slices"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/aliyuntest"
)

func always(f aliyuntest.Fault) func(aliyuntest.Call) aliyuntest.Fault {
	return func(aliyuntest.Call) aliyuntest.Fault { return f }
}

func TestRedisFlushedBetweenBookingAndReminder(t *testing.T) {
	Each(t, func(c *Clinic) {
		s := c.Session("wang", 1, houzhen.Morning)
		_, err := c.TryBook("张小三", s, "09:00") // its task may be in Redis right now
		c.must(err)
		c.must(c.App.Redis().FlushDB(c.ctx).Err())
		c.Settle()
		c.ExpectSMS("张小三", "appt.booked")

		c.GoTo(c.At(0, "09:55"))
		c.must(c.App.Redis().FlushDB(c.ctx).Err())
		c.GoTo(c.At(0, "10:00"))
		c.must(c.App.Redis().FlushDB(c.ctx).Err())
		c.GoTo(c.At(0, "11:00"))
		c.ExpectSMS("张小三", "appt.remind.d1")
		c.GoTo(c.At(1, "07:00"))
		c.ExpectNothingElse()
	})
}

func TestKilledBetweenCommitAndSend(t *testing.T) {
	Each(t, func(c *Clinic) {
		s := c.Session("wang", 1, houzhen.Morning)
		c.Person("张小三")
		c.Idle() // nobody works: what is committed now is only in the database
		a, err := c.TryBook("张小三", s, "09:00")
		c.must(err)
		c.must(c.App.Redis().FlushDB(c.ctx).Err()) // and the task it left is lost too
		c.Restart()
		c.Settle()
		c.ExpectSMS("张小三", "appt.booked", "09:00-09:30")
		c.Restart()
		c.Wait(time.Hour)
		c.ExpectNothingElse()
		c.ExpectState(a, booking.Booked)
	})
}

// claim does what a process does right before it hands a message over, and no
// more: it was killed there.
func (c *Clinic) claim(subject string) notify.Message {
	c.T.Helper()
	var claimed []notify.Message
	c.must(c.App.Store.Notify().InTx(c.ctx, func(tx notify.Tx) error {
		planned, err := tx.Messages(c.ctx, notify.MessageFilter{Subject: subject, States: []notify.State{notify.Planned}})
		if err != nil {
			return err
		}
		for _, m := range planned {
			got, err := tx.ClaimMessages(c.ctx, []string{m.ID}, c.Clock.Now())
			if err != nil {
				return err
			}
			claimed = append(claimed, got...)
		}
		return nil
	}))
	if len(claimed) != 1 {
		c.T.Fatalf("claimed %d messages, want 1", len(claimed))
	}
	return claimed[0]
}

// heldReminder books for tomorrow and stops the clock when the reminder has
// been planned and was refused for the moment.
func (c *Clinic) heldReminder() booking.Appointment {
	c.T.Helper()
	s := c.Session("wang", 1, houzhen.Morning)
	a := c.Book("张小三", s, "09:00")
	c.ExpectSMS("张小三", "appt.booked")
	c.GoTo(c.At(0, "09:59"))
	c.Provider.Script(aliyuntest.Refuse("isp.GATEWAY_ERROR", ""))
	c.GoTo(c.At(0, "10:00"))
	c.ExpectNothingElse()
	c.Clock.Advance(5 * time.Minute)
	return a
}

func TestKilledAfterTheClaimBeforeTheSend(t *testing.T) {
	Each(t, func(c *Clinic) {
		a := c.heldReminder()
		c.Stop()
		c.Load()
		c.claim(a.ID)
		c.Restart()
		c.Wait(9 * time.Minute)
		c.ExpectNothingElse() // it may have been taken: nobody sends it on a guess
		c.Wait(10 * time.Minute)
		c.ExpectSMS("张小三", "appt.remind.d1") // the provider has sworn that it never saw it
		c.GoTo(c.At(1, "07:00"))
		c.ExpectNothingElse()
	})
}

func TestKilledAfterTheProviderTookIt(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		a := c.heldReminder()
		c.Provider.Script(aliyuntest.Reset().ButTaken()) // the connection breaks with the process
		c.Settle()
		c.Restart()
		if got := c.Ledger(a.ID); !slices.Contains(got, "appt.remind.d1 unknown") {
			t.Errorf("ledger %v, want the reminder unknown", got)
		}
		c.Wait(20 * time.Minute)
		if got := c.Ledger(a.ID); !slices.ContainsFunc(got, func(l string) bool {
			return l == "appt.remind.d1 accepted" || l == "appt.remind.d1 delivered"
		}) {
			t.Errorf("ledger %v, want the reminder found at the provider", got)
		}
		c.ExpectSMS("张小三", "appt.remind.d1")
		c.GoTo(c.At(1, "07:00"))
		c.ExpectNothingElse()
	})
}

func TestGarbageAfterTakingIsFoundAndNotSentAgain(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.SessionWith("wang", 1, houzhen.Morning, func(s *booking.Session) { s.SliceCapacity = 4 })
		booked := map[string]booking.Appointment{}
		for name, fault := range map[string]aliyuntest.Fault{
			"张小三": aliyuntest.Garbage(), "李小四": aliyuntest.Empty(), "王小五": aliyuntest.BadGateway(), "赵小六": aliyuntest.NumericCode(),
		} {
			c.Provider.Script(fault.ButTaken())
			a := c.Book(name, s, "09:00")
			booked[name] = a
			if got, want := c.Ledger(a.ID), []string{"appt.booked unknown"}; !slices.Equal(got, want) {
				t.Errorf("%s: ledger %v, want %v", name, got, want)
			}
			c.ExpectSMS(name, "appt.booked")
		}
		c.Wait(30 * time.Minute)
		for name, a := range booked {
			if got := c.Ledger(a.ID)[0]; got != "appt.booked accepted" && got != "appt.booked delivered" {
				t.Errorf("%s: ledger %q, want it found", name, got)
			}
		}
		c.ExpectNothingElse()
	})
}

func TestProviderDownForTenMinutes(t *testing.T) {
	Each(t, func(c *Clinic) {
		s := c.Session("wang", 1, houzhen.Morning)
		c.Provider.Decide(always(aliyuntest.RefuseWith(503, "ServiceUnavailable")))
		names := []string{"张小三", "李小四", "王小五"}
		for i, at := range []string{"08:00", "08:30", "09:00"} {
			c.Book(names[i], s, at)
		}
		c.Wait(10 * time.Minute)
		c.ExpectNothingElse()
		c.Provider.Decide(nil)
		c.Wait(20 * time.Minute)
		for _, name := range names {
			c.ExpectSMS(name, "appt.booked")
		}
		c.Wait(time.Hour)
		c.ExpectNothingElse()
	})
}

func TestWrongCredentialsStopTheChannelAndLoseNothing(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.Session("wang", 1, houzhen.Morning)
		c.Provider.Decide(always(aliyuntest.RefuseWith(400, "isv.AMOUNT_NOT_ENOUGH")))
		c.Book("张小三", s, "08:00")
		c.Wait(5 * time.Minute)
		if h := c.App.Notify.Health(); !slices.ContainsFunc(h, func(h notify.ChannelHealth) bool {
			return h.Channel == notify.SMS && h.Stops > 0 && h.Code == "isv.AMOUNT_NOT_ENOUGH"
		}) {
			t.Errorf("health %+v, want the stop of the channel and why", h)
		}
		c.Provider.Decide(nil)
		c.Wait(15 * time.Minute)
		c.ExpectSMS("张小三", "appt.booked")
		c.ExpectNothingElse()
	})
}
