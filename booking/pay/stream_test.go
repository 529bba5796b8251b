package pay_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/pay"
	"github.com/houzhen/houzhen/internal/sandboxpay"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/internal/store/storetest"
)

const fee = 5000

var errCrash = errors.New("the process died")

// fragile is a store whose process dies at a transaction: before its commit,
// or after it and before anybody hears of it.
type fragile struct {
	pay.Store
	left  int // transactions until it dies, 0 never
	after bool
}

func (f *fragile) InTx(ctx context.Context, do func(pay.Tx) error) error {
	if f.left == 0 {
		return f.Store.InTx(ctx, do)
	}
	if f.left--; f.left > 0 {
		return f.Store.InTx(ctx, do)
	}
	if f.after {
		return errors.Join(f.Store.InTx(ctx, do), errCrash)
	}
	return f.Store.InTx(ctx, func(tx pay.Tx) error { return errors.Join(do(tx), errCrash) })
}

// till is one clinic that takes fees in advance, with a sandbox provider.
type till struct {
	*rapid.T
	ctx     context.Context
	db      *store.DB
	clock   *storetest.Clock
	booking *booking.Service
	pay     *pay.Service
	shop    *sandboxpay.Server
	dies    *fragile
	session booking.Session
	visits  []string
	tokens  []string
	booked  int
}

func newTill(t *testing.T, rt *rapid.T, open storetest.Opener) *till {
	t.Helper()
	clock := storetest.NewClock(storetest.Start())
	c := &till{T: rt, ctx: t.Context(), clock: clock, db: open(t, storetest.Now(clock.Now))}
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	limits := booking.DefaultPolicy()
	limits.PerDay, limits.PerDepartmentDay, limits.PerWeek, limits.PerQuarter = 0, 0, 0, 0
	c.booking, err = booking.NewService(c.db.Booking(), time.FixedZone("Asia/Shanghai", 8*3600), limits)
	must(err)
	policy := pay.DefaultPolicy()
	policy.Terms = []pay.Terms{{Fen: fee, Prepaid: true}}
	c.dies = &fragile{Store: c.db.Pay()}
	c.shop, err = sandboxpay.NewServer(sandboxpay.Options{Secret: []byte("s"), Now: clock.Now, Notify: func(ctx context.Context, h http.Header, body []byte) error {
		return c.pay.Callback(ctx, h, body)
	}})
	must(err)
	client := sandboxpay.NewClient("http://sandbox.invalid", []byte("s"), clock.Now, sandboxpay.Loop(c.shop))
	c.pay, err = pay.NewService(c.dies, c.booking, client, policy)
	must(err)
	start := clock.Now().Add(26 * time.Hour)
	c.session, err = c.booking.AddSession(c.ctx, booking.Session{
		DepartmentID: "dep", ZoneID: "z", RoomID: "r", DoctorID: "d", AttendingID: "d", Date: houzhen.DateOf(start, time.UTC), Part: houzhen.Morning,
		Start: start, End: start.Add(time.Hour), Deadline: start.Add(time.Hour), SliceMinutes: 30, SliceCapacity: 2,
		Class: booking.Specialist, Prefix: "A", ReleaseAt: clock.Now(),
	})
	must(err)
	return c
}

// allowed lets refusals pass that say no and change nothing, and deaths.
func (c *till) allowed(what string, err error) {
	if err == nil || errors.Is(err, errCrash) {
		return
	}
	switch houzhen.CodeOf(err) {
	case houzhen.CodeState, houzhen.CodeHoldExpired, houzhen.CodeUnavailable, houzhen.CodeSessionFull, houzhen.CodeSlotTaken,
		houzhen.CodeAlreadyBooked, houzhen.CodeConflict, houzhen.CodeSlotPast, houzhen.CodeSessionClosed, houzhen.CodeNotFound:
	default:
		c.Fatalf("%s: %v", what, err)
	}
}

func (c *till) any(ids []string, label string) string {
	if len(ids) == 0 {
		return "none"
	}
	return rapid.SampledFrom(ids[max(0, len(ids)-3):]).Draw(c.T, label) // the latest: where something still happens
}

// acts are everything that people, providers and clocks may do.
func (c *till) acts() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"hold": func(*rapid.T) {
			c.booked++
			a, err := c.booking.Book(c.ctx, booking.BookRequest{
				Caller: "c", Key: fmt.Sprint(c.booked), SessionID: c.session.ID, PatientID: fmt.Sprint("p", c.booked), AccountID: "a", Channel: "app", Hold: true,
			})
			c.allowed("hold", err)
			if err == nil {
				c.visits = append(c.visits, a.ID)
			}
		},
		"pay": func(rt *rapid.T) {
			p, err := c.pay.Pay(c.ctx, c.any(c.visits, "visit"), rapid.Bool().Draw(rt, "again"))
			c.allowed("pay", err)
			if p.Cashier != "" {
				c.tokens = append(c.tokens, path.Base(p.Cashier))
			}
		},
		"cashier": func(*rapid.T) { c.allowed("cashier", c.shop.Pay(c.ctx, c.any(c.tokens, "token"))) },
		"deliver": func(*rapid.T) { _, err := c.shop.Deliver(c.ctx); c.allowed("deliver", err) },
		"late": func(*rapid.T) {
			c.clock.Advance(16 * time.Minute)
			_, err := c.booking.ExpireHolds(c.ctx)
			c.allowed("expire", err)
		},
		"expire": func(*rapid.T) { _, err := c.booking.ExpireHolds(c.ctx); c.allowed("expire", err) },
		"sweep":  func(*rapid.T) { _, err := c.pay.Sweep(c.ctx); c.allowed("sweep", err) },
		"cancel": func(*rapid.T) {
			_, err := c.booking.Cancel(c.ctx, booking.CancelRequest{AppointmentID: c.any(c.visits, "visit"), By: booking.ByPatient})
			c.allowed("cancel", err)
		},
		"review": func(*rapid.T) { c.review(c.any(c.visits, "visit")) },
		"wait": func(rt *rapid.T) {
			c.clock.Advance(time.Duration(rapid.IntRange(1, 12).Draw(rt, "minutes")) * time.Minute)
		},
		"die": func(rt *rapid.T) {
			c.dies.left, c.dies.after = rapid.IntRange(1, 3).Draw(rt, "at"), rapid.Bool().Draw(rt, "after the commit")
		},
		"misbehave": func(rt *rapid.T) {
			c.shop.Tell(func(s *sandboxpay.Script) {
				*s = sandboxpay.Script{
					Down: rapid.IntRange(0, 4).Draw(rt, "down") == 0, LoseAnswers: rapid.IntRange(0, 2).Draw(rt, "lose"),
					Mute: rapid.Bool().Draw(rt, "mute"), Copies: rapid.IntRange(0, 2).Draw(rt, "copies"), Newest: rapid.Bool().Draw(rt, "newest"),
					Delay:       time.Duration(rapid.IntRange(0, 20).Draw(rt, "delay")) * time.Minute,
					FailRefunds: rapid.IntRange(0, 9).Draw(rt, "fail"), RefuseRefunds: rapid.IntRange(0, 9).Draw(rt, "refuse"),
					Charge:  rapid.SampledFrom([]int64{0, 0, 0, fee - 1}).Draw(rt, "charge"),
					Insured: rapid.SampledFrom([]int64{0, 0, 0, 3000}).Draw(rt, "insured"),
				}
			})
		},
		"": func(*rapid.T) { c.check(false) },
	}
}

func (c *till) review(id string) {
	c.allowed("review", c.db.Pay().InTx(c.ctx, func(tx pay.Tx) error { return c.pay.Review(c.ctx, tx, id) }))
}

// calm lets everybody behave until nothing is left to do.
func (c *till) calm() {
	c.dies.left = 0
	c.shop.Tell(func(s *sandboxpay.Script) { *s = sandboxpay.Script{} })
	for range 40 {
		c.clock.Advance(70 * time.Minute)
		c.acts()["expire"](c.T)
		for _, id := range c.visits {
			c.review(id)
		}
		c.acts()["sweep"](c.T)
		c.acts()["deliver"](c.T)
	}
}

// check holds every fen against what it bought. In the end none may be on its
// way.
func (c *till) check(end bool) {
	taken, back := c.shop.Moved()
	payments, err := c.pay.Payments(c.ctx, pay.Filter{})
	if err != nil {
		c.Fatal(err)
	}
	kept, known := map[string]int{}, map[string]bool{}
	for _, p := range payments {
		known[p.OutNo] = true
		if back[p.OutNo] > taken[p.OutNo] {
			c.Fatalf("%s: %d fen went back of %d", p.OutNo, back[p.OutNo], taken[p.OutNo])
		}
		if p.State == pay.Kept {
			kept[p.AppointmentID]++
			if back[p.OutNo] > 0 || taken[p.OutNo] != p.Fee {
				c.Fatalf("%s: kept as a price of %d: taken %d, back %d", p.OutNo, p.Fee, taken[p.OutNo], back[p.OutNo])
			}
		}
		if end {
			c.ended(p, taken[p.OutNo], back[p.OutNo])
		}
	}
	for id, n := range kept {
		if n > 1 {
			c.Fatalf("%s was bought %d times", id, n)
		}
	}
	for no := range taken {
		if !known[no] {
			c.Fatalf("money was taken for %s, which nobody knows", no)
		}
	}
	c.places()
}

func (c *till) ended(p pay.Payment, taken, back int64) {
	ok := false
	switch p.State {
	case pay.Closed:
		ok = taken == 0
	case pay.Refunded:
		ok = taken > 0 && back == taken
	case pay.Manual:
		ok = taken > 0
	case pay.Kept:
		a, err := c.booking.Appointment(c.ctx, p.AppointmentID)
		ok = err == nil && a.State > booking.Held
	case pay.Waiting, pay.Asked, pay.Open, pay.Closing, pay.RefundDue, pay.RefundAsked, pay.Settled:
	}
	if !ok {
		c.Fatalf("%s ends as %s %s: taken %d, back %d", p.OutNo, p.State, p.Reason, taken, back)
	}
}

// places holds that nobody sits on another's place.
func (c *till) places() {
	list, err := c.booking.Appointments(c.ctx, booking.AppointmentFilter{SessionID: c.session.ID})
	if err != nil {
		c.Fatal(err)
	}
	sits := map[int]string{}
	for _, a := range list {
		if a.Active() && sits[a.SlotNo] != "" {
			c.Fatalf("number %d is %s's and %s's", a.SlotNo, sits[a.SlotNo], a.ID)
		}
		if a.Active() {
			sits[a.SlotNo] = a.ID
		}
	}
}

// Whatever is paid, lost, repeated, cancelled or dies, every fen is the price
// of a place that stands, or has gone back, or waits for a person.
func TestMoneyIsConserved(t *testing.T) {
	for name, engine := range map[string]struct {
		open   storetest.Opener
		checks int
	}{"SQLite": {storetest.SQLite, 12}, "PostgreSQL": {storetest.PostgreSQL, 3}} {
		t.Run(name, func(t *testing.T) {
			storetest.Checks(t, engine.checks)
			rapid.Check(t, func(rt *rapid.T) {
				c := newTill(t, rt, engine.open)
				rt.Repeat(c.acts())
				c.calm()
				c.check(true)
			})
		})
	}
}
