package clinictest

import (
	"testing"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/suspension"
)

// reply lets a person answer by SMS; the provider posts it repeat times more.
func (c *Clinic) reply(name, text string, repeat int) {
	c.T.Helper()
	c.must(c.Provider.Reply(c.ctx, c.Server()+"/callbacks/aliyun/"+callbackToken+"/sms-up", c.Person(name).Phone.Reveal(), text, repeat))
	c.Settle()
}

func TestADigitChoosesOrRefundsOnce(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		c.cfg.Replies = true
		c.Restart()
		s := c.Session("wang", 3, houzhen.Morning)
		c.Session("li", 3, houzhen.Morning)
		c.Session("wang", 4, houzhen.Morning)
		names := []string{"张小三", "李小四", "王小五"}
		booked := map[string]booking.Appointment{}
		for i, n := range names {
			booked[n] = c.Book(n, s, []string{"09:00", "09:00", "09:30"}[i])
		}
		c.Take(names...)
		id := c.suspend(s)
		for _, n := range names {
			c.ExpectSMS(n, "session.suspended.options.two", `"r0":"0"`, `"r1":"1"`)
		}
		c.reply("张小三", " \uFF11\u3002", 2) // full-width, and posted three times
		c.ExpectSMS("张小三", "appt.booked")
		c.reply("李小四", "0", 0)
		c.ExpectSMS("李小四", "appt.cancelled")
		c.reply("王小五", "when?", 0)
		c.ExpectSMS("王小五", "reply.unclear")
		c.reply("王小五", "hello", 0) // the second one lies on the desk's list
		c.ExpectNothingElse()
		c.ExpectBoard(id, suspension.Counts{suspension.Rebooked: 1, suspension.Refunded: 1, suspension.Informed: 1})
		c.reply("张小三", "2", 0) // his question is answered
		c.ExpectSMS("张小三", "reply.unclear")
		c.ExpectBoard(id, suspension.Counts{suspension.Rebooked: 1, suspension.Refunded: 1, suspension.Informed: 1})
		c.ExpectOneOutcomeEach(s)
		c.ExpectNothingElse()
		if len(c.options(booked["张小三"])) != 1 {
			t.Error("the places he did not choose are still kept")
		}
	})
}

func TestAReplyAfterTheLinkChangesNothing(t *testing.T) {
	Each(t, func(c *Clinic) {
		c.cfg.Replies = true
		c.Restart()
		s := c.Session("wang", 3, houzhen.Morning)
		c.Session("li", 3, houzhen.Morning)
		a := c.Book("张小三", s, "09:00")
		c.Take("张小三")
		id := c.suspend(s)
		c.Take("张小三")
		c.must(c.App.Suspension.Refund(c.ctx, a.ID, suspension.ViaLink))
		c.Settle()
		c.ExpectSMS("张小三", "appt.cancelled")
		c.reply("张小三", "1", 0)
		c.ExpectSMS("张小三", "reply.unclear")
		c.ExpectBoard(id, suspension.Counts{suspension.Refunded: 1})
		c.ExpectNothingElse()
	})
}
