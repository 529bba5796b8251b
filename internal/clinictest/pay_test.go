package clinictest

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/pay"
	"github.com/houzhen/houzhen/internal/sandboxpay"
)

// wantMoney fails unless the payments of an appointment are as told.
func (c *Clinic) wantMoney(a booking.Appointment, want ...string) {
	c.T.Helper()
	if got := c.Money(a); !slices.Equal(got, want) {
		c.T.Errorf("payments %q, want %q", got, want)
	}
}

// wantBack fails unless the provider holds as many fen as told.
func (c *Clinic) wantAtProvider(want int64) {
	c.T.Helper()
	taken, back := c.App.Cashier.Moved()
	var sum int64
	for _, fen := range taken {
		sum += fen
	}
	for _, fen := range back {
		sum -= fen
	}
	if sum != want {
		c.T.Errorf("the provider took %d fen more than it gave back, want %d", sum, want)
	}
}

// script tells the provider how to misbehave.
func (c *Clinic) script(change func(*sandboxpay.Script)) { c.App.Cashier.Tell(change) }

// held opens a prepaying hospital and lets somebody hold a place in a week.
func (c *Clinic) held() (booking.Session, booking.Appointment) {
	c.T.Helper()
	c.Prepaid()
	s := c.Session("wang", 2, houzhen.Morning)
	a := c.Hold("张小三", s, "09:00")
	c.ExpectState(a, booking.Held)
	c.ExpectSMS("张小三", "appt.hold", "08:15")
	return s, a
}

func TestPaidInTimeIsBooked(t *testing.T) {
	Each(t, func(c *Clinic) {
		s, a := c.held()
		if got := c.Free(s, "09:00"); got != 1 {
			c.T.Errorf("%d places free while one is held, want 1", got)
		}
		c.PayAt(c.Cashier(a))
		c.ExpectState(a, booking.Booked)
		c.wantMoney(a, "kept")
		c.ExpectSMS("张小三", "appt.booked", "09:00-09:30")
		c.wantAtProvider(5000)

		other := c.Book("李小四", s, "09:00") // at the desk, say: nobody asks for money first
		c.ExpectState(other, booking.Booked)
		c.ExpectSMS("李小四", "appt.booked")
		c.Wait(time.Hour)
		c.ExpectState(a, booking.Booked)
		c.ExpectNothingElse()
	})
}

func TestNobodyPaidAndThePlaceIsFreeAgain(t *testing.T) {
	Each(t, func(c *Clinic) {
		s, a := c.held()
		c.Cashier(a)
		c.Wait(20 * time.Minute)
		c.ExpectState(a, booking.Cancelled)
		c.wantMoney(a, "closed")
		c.Wait(40 * time.Minute) // given back at a moment that nobody knows
		if got := c.Free(s, "09:00"); got != 2 {
			c.T.Errorf("%d places free, want both", got)
		}
		if _, err := c.App.Pay.Pay(c.ctx, a.ID, false); houzhen.CodeOf(err) != houzhen.CodeHoldExpired {
			c.T.Errorf("paying now: %v, want %s", err, houzhen.CodeHoldExpired)
		}
		c.ExpectNothingElse()
		c.wantAtProvider(0)
	})
}

// late lets the patient pay in time while every word of it is lost until the
// hold is over.
func (c *Clinic) late(a booking.Appointment, meanwhile func()) {
	c.T.Helper()
	token := c.Cashier(a)
	c.script(func(s *sandboxpay.Script) { s.Mute = true })
	c.PayAt(token)
	c.script(func(s *sandboxpay.Script) { s.Down = true })
	c.Wait(20 * time.Minute)
	c.ExpectState(a, booking.Cancelled)
	meanwhile()
	c.script(func(s *sandboxpay.Script) { s.Down, s.Mute = false, false })
	c.Wait(2 * time.Hour)
}

func TestPaidLateIsGrantedAgainIfFree(t *testing.T) {
	Each(t, func(c *Clinic) {
		_, a := c.held()
		c.late(a, func() {})
		c.ExpectState(a, booking.Booked)
		if got := c.State(a).SlotNo; got != a.SlotNo {
			c.T.Errorf("number %d, want the same %d", got, a.SlotNo)
		}
		c.wantMoney(a, "kept")
		c.ExpectSMS("张小三", "appt.booked", "09:00-09:30")
		c.ExpectNothingElse()
		c.wantAtProvider(5000)
	})
}

func TestPaidLateGetsAnotherPlaceOfTheSlice(t *testing.T) {
	Each(t, func(c *Clinic) {
		s, a := c.held()
		c.late(a, func() {
			first := c.Book("李小四", s, "09:00")
			c.Wait(40 * time.Minute) // until his own is open to others too
			second := c.Book("王小五", s, "09:00")
			if first.SlotNo == a.SlotNo { // the delay before others may have it is drawn, and was short
				first, second = second, first
			}
			if second.SlotNo != a.SlotNo {
				c.T.Fatalf("the others got %d and %d, the story wants %d among them", first.SlotNo, second.SlotNo, a.SlotNo)
			}
			c.Cancel(first)
			c.Wait(40 * time.Minute)
			c.Take("李小四", "王小五")
		})
		c.ExpectState(a, booking.Booked)
		if got := c.State(a); got.SlotNo == a.SlotNo || !got.Start.Equal(a.Start) {
			c.T.Errorf("number %d at %v, want another one at the same time", got.SlotNo, got.Start)
		}
		c.ExpectSMS("张小三", "appt.booked", "09:00-09:30")
		c.ExpectNothingElse()
	})
}

func TestPaidLateAndGoneIsRefundedAndTold(t *testing.T) {
	Each(t, func(c *Clinic) {
		s, a := c.held()
		c.late(a, func() {
			c.Book("李小四", s, "09:00")
			c.Wait(40 * time.Minute) // until his own is open to others too
			c.Book("王小五", s, "09:00")
			c.Take("李小四", "王小五")
		})
		c.ExpectState(a, booking.Cancelled)
		c.wantMoney(a, "refunded late")
		c.ExpectSMS("张小三", "refund.done", "50.00")
		c.ExpectNothingElse()
		c.wantAtProvider(0)
	})
}

func TestPaidTwiceTheSecondGoesBack(t *testing.T) {
	Each(t, func(c *Clinic) {
		_, a := c.held()
		first := c.Cashier(a)
		c.script(func(s *sandboxpay.Script) { s.Down = true }) // the old order cannot be closed in time
		if _, err := c.App.Pay.Pay(c.ctx, a.ID, true); houzhen.CodeOf(err) != houzhen.CodeUnavailable {
			c.T.Fatalf("a fresh order while the provider is away: %v, want %s", err, houzhen.CodeUnavailable)
		}
		c.script(func(s *sandboxpay.Script) { s.Down = false })
		p, err := c.App.Pay.Pay(c.ctx, a.ID, false) // asks what became of it
		c.must(err)
		if p.State == pay.Waiting { // nothing: so once more
			p, err = c.App.Pay.Pay(c.ctx, a.ID, false)
			c.must(err)
		}
		c.must(c.App.Cashier.Pay(c.ctx, first))
		c.must(c.App.Cashier.Pay(c.ctx, p.Cashier[len(p.Cashier)-len(first):]))
		c.Wait(5 * time.Minute)
		c.ExpectState(a, booking.Booked)
		c.wantMoney(a, "kept", "refunded twice")
		c.ExpectSMS("张小三", "appt.booked")
		c.ExpectSMS("张小三", "refund.done", "50.00")
		c.ExpectNothingElse()
		c.wantAtProvider(5000)
	})
}

func TestRefundFailsIsTriedAgainThenACashierSettlesIt(t *testing.T) {
	Each(t, func(c *Clinic) {
		_, a := c.held()
		c.PayAt(c.Cashier(a))
		c.Take("张小三")
		c.script(func(s *sandboxpay.Script) { s.FailRefunds, s.RefuseRefunds = 4, 4 })
		c.Cancel(a)
		c.ExpectSMS("张小三", "appt.cancelled")
		c.Wait(10 * time.Minute)
		if got := c.Money(a); len(got) != 1 || got[0] == "manual refund_failed" || got[0] == "refunded cancelled" {
			c.T.Errorf("after ten minutes %q, want it still being tried", got)
		}
		c.Wait(8 * time.Hour)
		c.wantMoney(a, "manual refund_failed")
		c.ExpectSMS("张小三", "refund.failed", "50.00", "0731-12345678")
		c.ExpectNothingElse()

		b := c.manager()
		id := c.firstByHand(b)
		if got := b.Do("POST", "/api/v1/payments/"+id+"/settle", map[string]string{"settlement": "magic"}); got.Status != http.StatusUnprocessableEntity {
			c.T.Errorf("settled by magic: %d, want 422", got.Status)
		}
		b.Want(http.StatusOK, b.Do("POST", "/api/v1/payments/"+id+"/settle", map[string]string{"settlement": "cash"}))
		c.wantMoney(a, "settled refund_failed")
		b.Want(http.StatusConflict, b.Do("POST", "/api/v1/payments/"+id+"/retry", map[string]any{}))
		c.Wait(time.Hour)
		c.ExpectNothingElse()
		c.wantAtProvider(5000) // which the cashier gave back from his own till
	})
}

func TestRefundThatFailedForGoodIsTriedOnceMoreByHand(t *testing.T) {
	Each(t, func(c *Clinic) {
		_, a := c.held()
		c.PayAt(c.Cashier(a))
		c.script(func(s *sandboxpay.Script) { s.RefuseRefunds = 8 })
		c.Cancel(a)
		c.Wait(8 * time.Hour)
		c.wantMoney(a, "manual refund_failed")
		c.Take("张小三")
		b := c.manager()
		b.Want(http.StatusOK, b.Do("POST", "/api/v1/payments/"+c.firstByHand(b)+"/retry", map[string]any{}))
		c.Wait(5 * time.Minute)
		c.wantMoney(a, "refunded refund_failed")
		c.ExpectSMS("张小三", "refund.done", "50.00")
		c.wantAtProvider(0)
	})
}

func TestLostCallbacksAreReplacedByAsking(t *testing.T) {
	Each(t, func(c *Clinic) {
		_, a := c.held()
		token := c.Cashier(a)
		c.script(func(s *sandboxpay.Script) { s.Mute = true })
		c.PayAt(token)
		c.ExpectState(a, booking.Held)
		c.Wait(3 * time.Minute)
		c.ExpectState(a, booking.Booked)
		c.ExpectSMS("张小三", "appt.booked")
		c.Cancel(a)
		c.ExpectSMS("张小三", "appt.cancelled")
		c.Wait(3 * time.Hour)
		c.wantMoney(a, "refunded cancelled")
		c.ExpectSMS("张小三", "refund.done")
		c.ExpectNothingElse()
	})
}

func TestRepeatedCallbacksChangeNothing(t *testing.T) {
	Each(t, func(c *Clinic) {
		_, a := c.held()
		c.script(func(s *sandboxpay.Script) { s.Copies, s.Newest = 3, true })
		c.PayAt(c.Cashier(a))
		c.ExpectState(a, booking.Booked)
		c.ExpectSMS("张小三", "appt.booked")
		c.Cancel(a)
		c.ExpectSMS("张小三", "appt.cancelled")
		c.Wait(5 * time.Minute)
		c.wantMoney(a, "refunded cancelled")
		c.ExpectSMS("张小三", "refund.done")
		c.ExpectNothingElse()
		c.wantAtProvider(0)
	})
}

func TestALostAnswerIsAskedForAndNeverRepeated(t *testing.T) {
	Each(t, func(c *Clinic) {
		_, a := c.held()
		c.script(func(s *sandboxpay.Script) { s.LoseAnswers = 1 })
		if _, err := c.App.Pay.Pay(c.ctx, a.ID, false); houzhen.CodeOf(err) != houzhen.CodeUnavailable {
			c.T.Fatalf("a lost answer: %v, want %s", err, houzhen.CodeUnavailable)
		}
		c.wantMoney(a, "asked")
		c.Wait(2 * time.Minute)
		c.wantMoney(a, "open")
		c.PayAt(c.Cashier(a))
		c.Take("张小三")
		c.script(func(s *sandboxpay.Script) { s.LoseAnswers = 1 })
		c.Cancel(a)
		c.Wait(2 * time.Hour)
		c.wantMoney(a, "refunded cancelled")
		c.wantAtProvider(0)
	})
}

func TestAnotherAmountWaitsForAPerson(t *testing.T) {
	t.Parallel()
	for name, tell := range map[string]func(*sandboxpay.Script){
		"amount":  func(s *sandboxpay.Script) { s.Charge = 4900 },
		"partial": func(s *sandboxpay.Script) { s.Insured, s.Partial = 3000, true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Helper()
			Each(t, func(c *Clinic) {
				_, a := c.held()
				token := c.Cashier(a)
				c.script(tell)
				c.PayAt(token)
				c.wantMoney(a, "manual "+name)
				c.ExpectState(a, booking.Held)
				c.ExpectSMS("张小三", "refund.failed")
				c.Wait(time.Hour)
				c.ExpectState(a, booking.Cancelled)
				c.wantMoney(a, "manual "+name)
				c.ExpectNothingElse()
			})
		})
	}
}

func TestInsuredMoneyGoesBackByHand(t *testing.T) {
	Each(t, func(c *Clinic) {
		_, a := c.held()
		token := c.Cashier(a)
		c.script(func(s *sandboxpay.Script) { s.Insured = 3000 })
		c.PayAt(token)
		c.ExpectState(a, booking.Booked)
		c.Take("张小三")
		c.Cancel(a)
		var told []string
		for _, m := range c.Take("张小三") {
			told = append(told, m.Template)
		}
		slices.Sort(told) // one is urgent, the other is not: either may be first
		if want := []string{"appt.cancelled/zh-CN", "refund.failed/zh-CN"}; !slices.Equal(told, want) {
			c.T.Errorf("told %q, want %q", told, want)
		}
		c.Wait(10 * time.Minute)
		c.wantMoney(a, "manual insured")
		c.ExpectNothingElse()
	})
}

func TestSuspensionRefundsWhoeverTakesNoOtherPlace(t *testing.T) {
	Each(t, func(c *Clinic) {
		s, a := c.held()
		c.PayAt(c.Cashier(a))
		b := c.Hold("李小四", s, "09:30")
		c.PayAt(c.Cashier(b))
		c.Session("li", 2, houzhen.Morning)
		c.Take("张小三", "李小四")
		c.Suspend(s)
		c.Take("张小三", "李小四")
		c.wantMoney(a, "kept") // while he may still choose
		chosen := c.choose(a, "li")
		c.wantMoney(a)
		c.wantMoney(chosen, "kept") // the money went with him
		c.ExpectSMS("张小三", "appt.booked", "李敏")

		c.must(c.App.Booking.Decline(c.ctx, b.ID))
		c.Settle()
		c.Wait(5 * time.Minute)
		c.wantMoney(b, "refunded suspended")
		c.ExpectSMS("李小四", "refund.done", "50.00")
		c.ExpectNothingElse()
		c.wantAtProvider(5000)
	})
}

func TestAPaidPlaceIsNotMovedToAnotherPrice(t *testing.T) {
	Each(t, func(c *Clinic) {
		_, a := c.held()
		c.PayAt(c.Cashier(a))
		dear := c.SessionWith("li", 2, houzhen.Morning, func(s *booking.Session) { s.Class = booking.Named })
		same := c.Session("wang", 3, houzhen.Morning)
		_, err := c.App.Places().Move(c.ctx, booking.MoveRequest{AppointmentID: a.ID, SessionID: dear.ID})
		if houzhen.CodeOf(err) != houzhen.CodeFeeDiffers {
			c.T.Errorf("to a dearer one: %v, want %s", err, houzhen.CodeFeeDiffers)
		}
		_, err = c.App.Places().Move(c.ctx, booking.MoveRequest{AppointmentID: a.ID, SessionID: same.ID})
		c.must(err)
		c.wantMoney(a, "kept")
	})
}

func TestWhatTheSandboxKnowsOutlivesARestart(t *testing.T) {
	Each(t, func(c *Clinic) {
		_, a := c.held()
		c.PayAt(c.Cashier(a))
		c.Take("张小三")
		c.Restart()
		c.Cancel(a)
		c.ExpectSMS("张小三", "appt.cancelled")
		c.Wait(5 * time.Minute)
		c.wantMoney(a, "refunded cancelled")
	})
}

func (c *Clinic) firstByHand(b *Browser) string {
	c.T.Helper()
	list := b.Want(http.StatusOK, b.Do("GET", "/api/v1/payments", nil))
	payments, _ := list.Body["payments"].([]any)
	if len(payments) != 1 {
		c.T.Fatalf("%d payments wait for a person, want 1: %s", len(payments), list.Text)
	}
	first, _ := payments[0].(map[string]any)
	id, _ := first["id"].(string)
	return id
}

// manager signs a manager in.
func (c *Clinic) manager() *Browser {
	c.T.Helper()
	login, password, err := c.App.FirstRun(c.ctx)
	c.must(err)
	b := c.Browser()
	b.Want(http.StatusOK, b.Do("POST", "/api/v1/staff/sign-in", map[string]string{"login": login, "password": password}))
	return b
}
