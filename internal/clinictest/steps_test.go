package clinictest

import (
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/app"
)

// Whoever waits is told how the line moves: to come near by SMS too, and what
// costs nobody money by the app alone. Who has just checked in is left in peace,
// and in his second turn he is told again.
func TestWhoWaitsIsToldHowTheLineMoves(t *testing.T) {
	Each(t, func(c *Clinic) {
		c.Reconfigure(func(cfg *app.Config) { cfg.QueueMessages = true })
		s := c.Session("wang", 1, houzhen.Morning)
		names := []string{"张小一", "张小二", "张小三", "张小四", "张小五", "张小六"}
		last := names[5]
		c.Meet(last, func(p *directory.Patient) { p.PushAccount = "account-last" })
		visits := map[string]booking.Appointment{}
		for i, name := range names {
			visits[name] = c.Book(name, s, []string{"08:00", "08:00", "08:30", "08:30", "09:00", "09:00"}[i])
		}
		c.GoTo(c.At(1, "07:40"))
		forget := func() { c.Take(names...); delete(c.phones, "account-last") }
		forget()
		for _, name := range names {
			c.CheckIn(visits[name])
		}
		for _, name := range names[:5] {
			c.ExpectSMS(name, "queue.checked_in")
		}
		c.ExpectPush(last, "报到成功")
		c.ExpectNothingElse()
		c.Wait(11 * time.Minute)
		for _, name := range names[:4] {
			c.ExpectSMS(name, "queue.near")
		}
		c.ExpectPush(last, "前面还有5人")
		first := c.CallNext(s, names[0])
		c.ExpectSMS(names[0], "queue.called")
		for range 2 {
			c.Wait(2 * time.Minute)
			c.Recall(s, first)
		}
		c.Wait(2 * time.Minute)
		c.must(c.Miss(s, first))
		c.CheckIn(visits[names[0]])
		forget()
		c.Wait(11 * time.Minute)
		c.ExpectSMS(names[0], "queue.near")
	})
}
