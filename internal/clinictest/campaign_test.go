package clinictest

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/waitlist"
	"github.com/houzhen/houzhen/internal/store"
)

// The whole of booking under random acts: places booked, kept, confirmed,
// given up, moved, offered, accepted, suspended, released, while time passes
// and the program dies between any two statements. campaign_check_test.go says
// what must hold after every act.

// errDead is what a program that has died gives for every statement.
var errDead = errors.New("the program has died")

// campaign is what rapid drives.
type campaign struct {
	*Clinic
	sessions []booking.Session
	patients []string
	visits   []string // appointments ever made
	keys     int
	seen     map[string]bool // proposals whose turn was checked
	stands   map[string]bool // places that somebody was seen to stand on
	entitled map[string]bool // patients who may have places of elders
	done     map[string]int  // acts that succeeded
	dead     atomic.Bool
}

const campaignPatients = 24

// size says how many lives are lived and how long they are.
func campaignSize() (lives, acts int) {
	if os.Getenv("HOUZHEN_LONG") != "" {
		return 60, 120
	}
	return 1, 40
}

func TestCampaignOfBooking(t *testing.T) {
	lives, _ := campaignSize()
	set := func(name, value string) {
		old := flag.Lookup(name).Value.String()
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = flag.Set(name, old) })
	}
	set("rapid.checks", strconv.Itoa(lives))
	set("rapid.nofailfile", "true")
	set("rapid.shrinktime", "0s") // a life has a database of its own; it is told as it was
	if flag.Lookup("rapid.seed").Value.String() == "0" && os.Getenv("HOUZHEN_LONG") == "" {
		set("rapid.seed", "20260302")
	}
	for name, backend := range map[string]func(*testing.T) Backend{
		"sqlite": func(*testing.T) Backend { return Backend{Name: "sqlite"} }, "postgresql": Services,
	} {
		t.Run(name, func(t *testing.T) {
			backend(t) // skips where there is none
			rapid.Check(t, func(rt *rapid.T) {
				var fault error
				if ok := t.Run("life", func(t *testing.T) { fault = live(t, rt, backend(t)) }); !ok || fault != nil {
					rt.Fatalf("%v", fault)
				}
			})
		})
	}
}

// live lives one life of a small clinic.
func live(t *testing.T, rt *rapid.T, b Backend) error {
	t.Helper()
	c := &campaign{Clinic: Open(t, b), seen: map[string]bool{}, done: map[string]int{}, stands: map[string]bool{}, entitled: map[string]bool{}}
	for i := range campaignPatients {
		c.patients = append(c.patients, c.Person(fmt.Sprint("P", i)).ID)
	}
	for _, o := range []struct {
		doctor string
		day    int
		part   houzhen.DayPart
	}{{"wang", 1, houzhen.Morning}, {"li", 2, houzhen.Morning}, {"wang", 2, houzhen.Afternoon}, {"li", 1, houzhen.Afternoon}} {
		c.sessions = append(c.sessions, c.SessionWith(o.doctor, o.day, o.part, func(s *booking.Session) {
			s.End, s.SliceCapacity = s.Start.Add(time.Hour), 2
		}))
	}
	c.must(second(c.App.Booking.SetQuotas(t.Context(), c.sessions[0].ID, booking.Quotas{booking.QuotaElder: 1})))
	c.fill()
	_, acts := campaignSize()
	names := rapid.SliceOfN(rapid.SampledFrom(campaignActs()), acts/2, acts).Draw(rt, "acts")
	for i, name := range names {
		if err := c.act(rt, name); err != nil {
			return fmt.Errorf("act %d, %s: %w", i, name, err)
		}
		if err := c.check(); err != nil {
			return fmt.Errorf("after act %d, %s: %w", i, name, err)
		}
	}
	err := c.end()
	t.Logf("done: %v", c.done)
	return err
}

// fill books out the first two sessions, so that there is something to wait for.
func (c *campaign) fill() {
	for i := range 8 {
		c.entitled[c.patients[len(c.patients)-1-i]] = true
		a, err := c.App.Booking.Book(c.ctx, booking.BookRequest{
			Caller: "campaign", Key: fmt.Sprint("fill", i), SessionID: c.sessions[i%2].ID, PatientID: c.patients[len(c.patients)-1-i], Channel: "app",
			Groups: []booking.Quota{booking.QuotaElder},
		})
		c.must(err)
		c.visits = append(c.visits, a.ID)
	}
	for i := range 5 {
		c.must(second(c.App.Waitlist.Join(c.ctx, waitlist.JoinRequest{PatientID: c.patients[i], SessionID: c.sessions[i%2].ID, SameDay: i%3 > 0})))
	}
	c.Settle()
}

func second[T any](_ T, err error) error { return err }

// campaignActs lists what can happen; what is there twice happens more often.
func campaignActs() []string {
	return []string{
		"book", "book", "book", "hold", "hold", "confirm", "cancel", "cancel", "move", "join", "join", "accept", "accept", "decline",
		"suspend", "choose", "refund", "check in", "resize", "quotas", "crash resize", "retime", "retime", "crash retime", "minutes", "minutes", "hours", "crash book", "crash cancel", "crash accept", "crash suspend",
		"crash confirm", "crash time", "flush",
	}
}

// act does one thing. A refusal with a code is fair; a fault is not, unless
// the program died of it on purpose.
func (c *campaign) act(rt *rapid.T, name string) error {
	var err error
	crash := len(name) > 6 && name[:6] == "crash "
	if crash {
		name = name[6:]
		c.arm(rapid.IntRange(1, 25).Draw(rt, "statements"))
	}
	switch name {
	case "book":
		err = c.book(rt, false)
	case "hold":
		err = c.book(rt, true)
	case "confirm":
		err = c.confirm(rt)
	case "cancel":
		err = c.withVisit(rt, func(a booking.Appointment) error {
			return second(c.App.Booking.Cancel(c.ctx, booking.CancelRequest{AppointmentID: a.ID, By: booking.ByPatient}))
		})
	case "move":
		err = c.withVisit(rt, func(a booking.Appointment) error {
			return second(c.App.Booking.Move(c.ctx, booking.MoveRequest{AppointmentID: a.ID, SessionID: c.any(rt).ID}))
		})
	case "check in":
		err = c.withVisit(rt, func(a booking.Appointment) error {
			return second(c.App.CheckInAppointment(c.ctx, a.ID))
		})
	case "join":
		err = second(c.App.Waitlist.Join(c.ctx, waitlist.JoinRequest{
			PatientID: rapid.SampledFrom(c.patients).Draw(rt, "patient"), SessionID: c.any(rt).ID, SameDay: rapid.Bool().Draw(rt, "same day"),
		}))
	case "accept":
		err = c.accept(rt)
	case "decline":
		err = c.decline(rt)
	case "suspend":
		if !crash && rapid.IntRange(0, 2).Draw(rt, "rarely") > 0 {
			err = nothing
			break
		}
		err = second(c.App.SuspendSession(c.ctx, c.any(rt).ID, "nurse", "ill"))
	case "choose":
		err = c.choose(rt)
	case "refund":
		err = c.withVisit(rt, func(a booking.Appointment) error { return c.App.Suspension.Refund(c.ctx, a.ID, "link") })
	case "resize":
		err = c.resize(rt)
	case "retime":
		err = c.retime(rt)
	case "quotas":
		err = second(c.App.Booking.SetQuotas(c.ctx, c.any(rt).ID, booking.Quotas{booking.QuotaElder: rapid.IntRange(0, 2).Draw(rt, "elders")}))
	case "minutes":
		c.pass(time.Duration(rapid.IntRange(1, 40).Draw(rt, "minutes")) * time.Minute)
	case "hours":
		c.pass(time.Duration(rapid.IntRange(1, 12).Draw(rt, "hours")) * time.Hour)
	case "time":
		c.Clock.Advance(30 * time.Minute)
		_ = c.App.Fire(c.ctx)
		_ = c.App.Sweep(c.ctx)
	case "flush":
		c.must(c.App.Redis().FlushDB(c.ctx).Err())
	}
	if err == nil {
		c.done[map[bool]string{true: "crash "}[crash]+name]++
	}
	if crash {
		c.revive()
	}
	if err != nil && houzhen.CodeOf(err) == houzhen.CodeInternal && !errors.Is(err, errDead) && !crash {
		return err
	}
	if !crash && name != "flush" {
		c.Settle()
	}
	return broken(err)
}

// vow marks an error that breaks a promise, whatever its code.
type vow struct{ error }

func broken(err error) error {
	if p, is := errors.AsType[vow](err); is {
		return p
	}
	return nil
}

// resize gives a session 1 to 4 places, and no more than its hours are laid out
// for: only who asks for more gets slices beyond their capacity.
func (c *campaign) resize(rt *rapid.T) error {
	o, err := c.App.Booking.Session(c.ctx, c.any(rt).ID)
	if err != nil {
		return err
	}
	most := len(booking.LaySlots(o))
	return second(c.App.Booking.Resize(c.ctx, booking.ResizeRequest{
		SessionID: o.ID, Places: min(most, rapid.IntRange(1, 4).Draw(rt, "places")), Reason: "a room less",
	}))
}

// retime lets a session slide, or gives it other hours on its half-day.
func (c *campaign) retime(rt *rapid.T) error {
	o, err := c.App.Booking.Session(c.ctx, c.any(rt).ID)
	if err != nil {
		return err
	}
	r := booking.HoursRequest{SessionID: o.ID, Reason: "a meeting"}
	step := time.Duration(rapid.IntRange(-6, 6).Draw(rt, "steps")) * 10 * time.Minute
	if rapid.Bool().Draw(rt, "slides") {
		r.Shift = step
	} else {
		r.Start = o.Start.Add(step)
		r.End = r.Start.Add(time.Duration(rapid.IntRange(2, 12).Draw(rt, "length")) * 10 * time.Minute)
	}
	return second(c.App.ChangeHours(c.ctx, "manager", r))
}

// arm lets the program die before the n-th statement from now.
func (c *campaign) arm(n int) {
	var left atomic.Int64
	left.Store(int64(n))
	c.dead.Store(false)
	c.App.Store.Interrupt(func(string) error {
		if left.Add(-1) <= 0 {
			c.dead.Store(true)
		}
		if c.dead.Load() {
			return errDead
		}
		return nil
	})
}

// revive ends what is left of the program and starts it anew: what it had in
// memory is gone, and so is an embedded Redis.
func (c *campaign) revive() {
	c.dead.Store(true)
	c.Stop()
	c.Start()
	c.Settle()
}

// pass lets time go by.
func (c *campaign) pass(d time.Duration) { c.Wait(d) }

func (c *campaign) any(rt *rapid.T) booking.Session {
	return rapid.SampledFrom(c.sessions).Draw(rt, "session")
}

// withVisit picks somebody's appointment, whatever became of it.
func (c *campaign) withVisit(rt *rapid.T, do func(booking.Appointment) error) error {
	if len(c.visits) == 0 {
		return nothing
	}
	a, err := c.App.Booking.Appointment(c.ctx, rapid.SampledFrom(c.visits).Draw(rt, "visit"))
	if err != nil {
		return err
	}
	return do(a)
}

// nothing is what an act gives that found nothing to do.
var nothing = houzhen.E(houzhen.CodeNotFound, "nothing to do")

// book asks twice with the same key: both answers are the same.
func (c *campaign) book(rt *rapid.T, hold bool) error {
	c.keys++
	r := booking.BookRequest{
		Caller: "campaign", Key: strconv.Itoa(c.keys), SessionID: c.any(rt).ID, PatientID: rapid.SampledFrom(c.patients).Draw(rt, "patient"),
		Channel: rapid.SampledFrom([]string{"app", "app", booking.DeskChannel}).Draw(rt, "channel"), Hold: hold,
	}
	made, err := c.App.Booking.Book(c.ctx, r)
	if err != nil {
		return err
	}
	c.visits = append(c.visits, made.ID)
	again, err := c.App.Booking.Book(c.ctx, r)
	if err == nil && again.ID != made.ID {
		return vow{fmt.Errorf("repeated request gave %s, then %s", made.ID, again.ID)}
	}
	if slot := c.slot(made); r.Channel == "app" && slot.Quota == booking.QuotaElder && !c.fallen(made) {
		return vow{fmt.Errorf("a place for elders went to somebody else: %s no. %d", made.SessionID, made.SlotNo)}
	}
	return err
}

// fallen reports whether the places of a session are no longer kept for
// groups; the day before at 16:00 they fall back.
func (c *campaign) fallen(a booking.Appointment) bool {
	return !c.Clock.Now().Before(a.Day.AddDays(-1).At(16, 0, c.Loc))
}

func (c *campaign) slot(a booking.Appointment) (slot booking.Slot) {
	_ = c.App.Store.View(c.ctx, func(tx *store.Tx) error {
		slot, _ = tx.Slot(c.ctx, a.SessionID, a.SlotNo)
		return nil
	})
	return slot
}

// confirm takes up a kept place: in time it always succeeds.
func (c *campaign) confirm(rt *rapid.T) error {
	return c.withVisit(rt, func(a booking.Appointment) error {
		live := a.State == booking.Held && a.Purpose == booking.PurposeVisit && c.Clock.Now().Before(a.ExpiresAt)
		_, err := c.App.Booking.Confirm(c.ctx, a.ID)
		if live && err != nil && !c.dead.Load() {
			return vow{fmt.Errorf("a hold in time was not confirmed: %w", err)}
		}
		return err
	})
}

// proposals lists everything that was ever offered.
func (c *campaign) proposals() (list []waitlist.Proposal, entries map[string]waitlist.Entry, err error) {
	entries = map[string]waitlist.Entry{}
	err = c.App.Store.View(c.ctx, func(tx *store.Tx) error {
		list = nil
		all, err := tx.WaitEntries(c.ctx, waitlist.Filter{})
		if err != nil {
			return err
		}
		for _, e := range all {
			entries[e.ID] = e
			of, err := tx.ProposalsOf(c.ctx, e.ID)
			if err != nil {
				return err
			}
			list = append(list, of...)
		}
		return nil
	})
	return list, entries, err
}

func (c *campaign) anyProposal(rt *rapid.T) (waitlist.Proposal, bool) {
	list, _, err := c.proposals()
	if err != nil || len(list) == 0 {
		return waitlist.Proposal{}, false
	}
	return list[rapid.IntRange(0, len(list)-1).Draw(rt, "proposal")], true
}

// accept takes up an offer, twice: in time it always succeeds, and the second
// answer is the first.
func (c *campaign) accept(rt *rapid.T) error {
	o, ok := c.anyProposal(rt)
	if !ok {
		return nothing
	}
	certain := o.Kind == waitlist.Offer && o.Status == waitlist.Open && c.Clock.Now().Before(o.ExpiresAt)
	a, err := c.App.Waitlist.Accept(c.ctx, o.ID)
	if err != nil {
		if certain && !c.dead.Load() {
			return vow{fmt.Errorf("an offer in time was not granted: %w", err)}
		}
		return err
	}
	c.visits = append(c.visits, a.ID)
	again, err := c.App.Waitlist.Accept(c.ctx, o.ID)
	if err == nil && again.ID != a.ID {
		return vow{fmt.Errorf("accepting again gave %s after %s", again.ID, a.ID)}
	}
	return err
}

func (c *campaign) decline(rt *rapid.T) error {
	o, ok := c.anyProposal(rt)
	if !ok {
		return nothing
	}
	return c.App.Waitlist.Decline(c.ctx, o.ID)
}

// choose takes one of the places kept after a suspension.
func (c *campaign) choose(rt *rapid.T) error {
	return c.withVisit(rt, func(a booking.Appointment) error {
		options, err := c.App.Booking.Options(c.ctx, a.ID)
		if err != nil || len(options) == 0 {
			return cmp.Or[error](err, nothing)
		}
		o := options[rapid.IntRange(0, len(options)-1).Draw(rt, "option")]
		chosen, err := c.App.Suspension.Choose(c.ctx, a.ID, o.ID, "link")
		if err == nil {
			c.visits = append(c.visits, chosen.ID)
		}
		return err
	})
}
