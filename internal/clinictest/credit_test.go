package clinictest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/credit"
	"github.com/houzhen/houzhen/internal/store"
)

// credit runs f on the clinic's own transaction.
func (c *Clinic) tx(f func(ctx context.Context, tx *store.Tx) error) {
	c.T.Helper()
	c.must(c.App.Store.InTx(c.ctx, func(tx *store.Tx) error { return f(c.ctx, tx) }))
	c.Settle()
}

// publish lets one missed visit close online booking for 30 days, from
// tomorrow on.
func (c *Clinic) publish() {
	c.T.Helper()
	set := credit.DefaultRules()
	set.Rules[0].Threshold, set.Rules[0].Penalty.Days = 1, []int{30}
	set.ValidFrom = c.At(1, "00:00")
	c.tx(func(ctx context.Context, tx *store.Tx) error {
		_, err := c.App.Credit.Publish(ctx, tx, set, "manager")
		return err
	})
}

func (c *Clinic) marks(a booking.Appointment) (list []credit.Mark) {
	c.T.Helper()
	c.must(c.App.Store.View(c.ctx, func(tx *store.Tx) (err error) {
		list, err = tx.MarksOf(c.ctx, a.PatientID)
		return err
	}))
	return list
}

// told lists the wordings that reached a phone, and takes them off it.
func (c *Clinic) told(name string) string {
	c.T.Helper()
	var keys []string
	for _, m := range c.Take(name) {
		keys = append(keys, m.Template)
	}
	return strings.Join(keys, " ")
}

// by tries to book over a channel.
func (c *Clinic) by(channel, name string, s booking.Session) error {
	_, err := c.App.Booking.Book(c.ctx, booking.BookRequest{
		Caller: "story", Key: channel + s.ID, SessionID: s.ID, Start: s.Start, PatientID: c.Person(name).ID, Channel: channel,
	})
	c.Settle()
	return err
}

// TestMissedVisitClosesOnlineBookingAlone: told, restricted, the desk open;
// an appeal with its evidence lifts it.
func TestMissedVisitClosesOnlineBookingAlone(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		c.publish()
		missed := c.Session("wang", 1, houzhen.Morning)
		later := c.Session("wang", 3, houzhen.Morning)
		a := c.Book("张小三", missed, "08:00")
		c.Take("张小三")
		c.GoTo(c.At(1, "11:31"))
		c.ExpectState(a, booking.NoShow)
		marks := c.marks(a)
		if len(marks) != 1 || marks[0].State != credit.Counted || marks[0].RuleSet != 1 {
			t.Fatalf("got %+v, want one mark that counts by version 1", marks)
		}
		c.Settle()
		texts := c.told("张小三")
		for _, want := range []string{"noshow.recorded", "credit.limited"} {
			if !strings.Contains(texts, want) {
				t.Errorf("no %s among what was sent:\n%s", want, texts)
			}
		}
		if err := c.by("app", "张小三", later); houzhen.CodeOf(err) != houzhen.CodeCredit {
			t.Errorf("online: got %v, want it closed", err)
		}
		if err := c.by("phone", "张小三", later); err != nil {
			t.Errorf("by telephone: %v", err)
		}

		var appeal credit.Appeal
		c.tx(func(ctx context.Context, tx *store.Tx) (err error) {
			appeal, err = c.App.Credit.Appeal(ctx, tx, marks[0].ID, "the bus broke down", nil)
			return err
		})
		c.tx(func(ctx context.Context, tx *store.Tx) error {
			_, err := c.App.Credit.Decide(ctx, tx, appeal.ID, true, "manager", "")
			return err
		})
		if got := c.marks(a); got[0].State != credit.Lifted || got[0].Why != credit.WhyAppeal {
			t.Errorf("got %+v, want the mark lifted by the appeal", got)
		}
		if err := c.by("app", "张小三", c.Session("li", 3, houzhen.Afternoon)); houzhen.CodeOf(err) == houzhen.CodeCredit {
			t.Errorf("online after the appeal: %v", err)
		}
		if texts := c.told("张小三"); !strings.Contains(texts, "appeal.granted") {
			t.Errorf("the decision was not told:\n%s", texts)
		}
	})
}

// TestAppealThatNobodyDecidesLiftsTheMark on the deadline, and not before.
func TestAppealThatNobodyDecidesLiftsTheMark(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		c.publish()
		a := c.Book("李小四", c.Session("wang", 1, houzhen.Morning), "08:00")
		c.GoTo(c.At(1, "11:40"))
		mark := c.marks(a)[0]
		c.tx(func(ctx context.Context, tx *store.Tx) error {
			_, err := c.App.Credit.Appeal(ctx, tx, mark.ID, "", nil)
			return err
		})
		c.GoTo(c.At(8, "11:30"))
		if got := c.marks(a)[0]; got.State != credit.Counted {
			t.Fatalf("got %+v before the deadline, want it to count", got)
		}
		c.GoTo(c.At(8, "11:51"))
		if got := c.marks(a)[0]; got.State != credit.Lifted || got.Why != credit.WhyUnheard {
			t.Errorf("got %+v, want it lifted because nobody decided", got)
		}
	})
}

// TestBeforeRulesAreInForceNothingIsMarked, and what a fault excuses is lifted.
func TestBeforeRulesAreInForceNothingIsMarked(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		today := c.Book("王小五", c.Session("wang", 1, houzhen.Morning), "08:00")
		tomorrow := c.Book("李小四", c.Session("wang", 2, houzhen.Morning), "08:00")
		c.GoTo(c.At(1, "09:00"))
		set := credit.DefaultRules()
		set.ValidFrom = c.At(2, "00:00")
		c.tx(func(ctx context.Context, tx *store.Tx) error {
			_, err := c.App.Credit.Publish(ctx, tx, set, "manager")
			return err
		})
		c.GoTo(c.At(2, "11:40"))
		if got := c.marks(today); len(got) != 0 {
			t.Errorf("got %+v of before the rules were in force", got)
		}
		if got := c.marks(tomorrow); len(got) != 1 || got[0].State != credit.Counted {
			t.Fatalf("got %+v, want a mark", got)
		}
		c.tx(func(ctx context.Context, tx *store.Tx) error {
			n, err := c.App.Credit.Protect(ctx, tx, credit.Shield{
				Kind: credit.WhyFault, From: c.At(2, "08:00"), To: c.At(2, "08:20"), Note: "power cut", By: "manager",
			})
			if n != 1 {
				t.Errorf("lifted %d, want 1", n)
			}
			return err
		})
		if got := c.marks(tomorrow)[0]; got.State != credit.Lifted || got.Why != credit.WhyFault {
			t.Errorf("got %+v, want it lifted by the fault", got)
		}
	})
}

// TestEstimatesAreLearnedAndKept: every night what happened is learned, every
// upcoming visit has an estimate, and nobody is refused a place by it.
func TestEstimatesAreLearnedAndKept(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		flaky := c.Book("张小三", c.Session("wang", 1, houzhen.Morning), "08:00")
		c.GoTo(c.At(1, "16:00"))
		c.ExpectState(flaky, booking.NoShow)
		later := c.Session("wang", 4, houzhen.Morning)
		again, other := c.Book("张小三", later, "08:00"), c.Book("孙小七", later, "08:30")
		c.GoTo(c.At(2, "05:30"))
		chance := func(a booking.Appointment) (p float64, known bool) {
			c.must(c.App.Store.View(c.ctx, func(tx *store.Tx) (err error) {
				f, err := tx.Forecast(c.ctx, a.ID)
				p, known = f.P, err == nil
				return nil
			}))
			return p, known
		}
		p, known := chance(again)
		q, _ := chance(other)
		if !known || p <= q {
			t.Errorf("who missed before has %v (%v), who did not %v", p, known, q)
		}
		c.must(c.App.Store.View(c.ctx, func(tx *store.Tx) error {
			h, err := tx.Histories(c.ctx, []string{flaky.PatientID})
			if got := h[flaky.PatientID]; got.Visits != 1 || got.Missed != 1 || !got.Last {
				t.Errorf("got %+v, want one missed visit on record", got)
			}
			return err
		}))
		c.GoTo(c.At(3, "06:00"))
		c.must(c.App.Store.View(c.ctx, func(tx *store.Tx) error {
			h, err := tx.Histories(c.ctx, []string{flaky.PatientID})
			if got := h[flaky.PatientID]; got.Visits != 1 {
				t.Errorf("got %+v, want no day learned twice", got)
			}
			return err
		}))
		if c.Clock.Now().Sub(c.At(3, "00:00")) > 24*time.Hour {
			t.Fatal("the clock ran away")
		}
	})
}
