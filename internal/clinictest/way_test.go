package clinictest

import (
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/app"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/queue"
)

// ticketOf gives the ticket of an appointment.
func (c *Clinic) ticketOf(a booking.Appointment) (t queue.Ticket) {
	c.T.Helper()
	c.must(c.App.Store.View(c.ctx, func(tx *store.Tx) (err error) {
		t, err = tx.TicketByAppointment(c.ctx, a.ID)
		return err
	}))
	return t
}

// onDesk counts the replies that the desk has to look at.
func (c *Clinic) onDesk() (n int) {
	c.T.Helper()
	c.must(c.App.Store.View(c.ctx, func(tx *store.Tx) error {
		list, err := tx.DeskReplies(c.ctx, 100)
		n = len(list)
		return err
	}))
	return n
}

func TestWhoIsToldToSetOutAnswersByADigit(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		c.Reconfigure(func(cfg *app.Config) { cfg.Replies = true })
		c.Meet("张小三", func(p *directory.Patient) { p.TravelMinutes = 40 })
		s := c.Session("wang", 2, houzhen.Morning)
		a := c.Book("张小三", s, "10:00")
		first := c.Book("李小四", s, "08:00")
		c.Take("张小三", "李小四")
		c.GoTo(c.At(1, "10:30"))
		c.ExpectSMS("张小三", "appt.remind.d1.reply", `"r2":"2"`)
		c.Take("李小四")
		c.GoTo(c.At(2, "07:50"))
		c.CheckIn(first)
		c.GoTo(c.At(2, "08:00"))
		c.Serve(s, "李小四")
		c.GoTo(c.At(2, "09:30"))
		c.ExpectSMS("张小三", "queue.leave_now.reply", `"r1":"21"`, `"r2":"22"`)
		c.reply("张小三", "\uFF12\uFF11", 1) // full-width, and posted twice
		if got := c.ticketOf(a); !got.OnTheWay() {
			t.Errorf("he wrote that he has set out; his ticket says it at %v", got.SetOutAt)
		}
		c.reply("张小三", "堵车了", 1)
		c.ExpectSMS("张小三", "reply.late", "张*三", `"mins":"20"`)
		if got, want := c.ticketOf(a).NotBefore, c.At(2, "09:50"); !got.Equal(want) {
			t.Errorf("he is late: expected from %v on, want %v", got, want)
		}
		c.GoTo(c.At(2, "09:55"))
		c.reply("张小三", "22", 0) // later still
		c.ExpectSMS("张小三", "reply.late")
		if got, want := c.ticketOf(a).NotBefore, c.At(2, "10:15"); !got.Equal(want) {
			t.Errorf("he is later still: expected from %v on, want %v", got, want)
		}
		c.GoTo(c.At(2, "10:14"))
		c.CheckIn(a)
		if got := c.ticketOf(a); got.Lane != queue.LaneNormal {
			t.Errorf("he kept to what he wrote and is in lane %s", got.Lane)
		}
		c.ExpectNothingElse()
		if n := c.onDesk(); n != 0 {
			t.Errorf("the desk has %d replies to look at, want none", n)
		}
	})
}

func TestWordsOfTheWayWithoutAQuestion(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.Session("wang", 0, houzhen.Afternoon)
		a := c.Book("张小三", s, "13:30")
		c.Book("李小四", s, "14:00")
		c.Take("张小三", "李小四")
		c.reply("张小三", "在路上", 0) // no queue is open yet
		c.ExpectSMS("张小三", "reply.unclear")

		c.GoTo(c.At(0, "13:20"))
		c.CheckIn(a)
		c.reply("张小三", "晚点", 0)
		c.ExpectSMS("张小三", "reply.late")
		if got := c.ticketOf(a); got.State != queue.Deferred || !got.NotBefore.Equal(c.At(0, "13:40")) {
			t.Errorf("in the hall: %s until %v, want put off by 20 minutes", got.State, got.NotBefore)
		}
		c.reply("李小四", "On my way!", 0) // nobody told him to set out, so that nothing holds his place
		c.ExpectSMS("李小四", "reply.passed")
		c.GoTo(c.At(0, "13:45"))
		c.CallNext(s, "张小三")
		c.ExpectSMS("张小三", "queue.called")
		c.reply("张小三", "late", 0)
		c.ExpectSMS("张小三", "reply.passed")
		if n := c.onDesk(); n != 2 {
			t.Errorf("the desk has %d replies to look at, want 2", n)
		}
		c.Wait(time.Minute)
		c.ExpectNothingElse()
	})
}
