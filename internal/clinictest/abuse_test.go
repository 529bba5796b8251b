package clinictest

import (
	"fmt"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/abuse"
)

// Whoever takes places and gives them up again and again is shown to a
// manager, can book all the same until the manager has confirmed it, and then
// still at the desk.
func TestAGrabberIsJudgedByAPerson(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		const account = "acc-grabber"
		var traces []abuse.Trace
		for i := range 6 {
			traces = append(traces, abuse.Trace{
				ID: fmt.Sprint("c", i), At: c.App.Now().Add(-time.Duration(i) * time.Hour), Action: abuse.Cancelled, AccountID: account,
				AppointmentID: fmt.Sprint("x", i), SessionID: "s",
			})
		}
		c.must(c.App.Abuse.Record(t.Context(), traces))
		c.Wait(time.Hour) // the schedule looks every half hour
		found, err := c.App.Abuse.Flags(t.Context())
		c.must(err)
		if len(found) != 1 || found[0].Kind != abuse.Churn || found[0].Count != 6 {
			t.Fatalf("found %+v, want one flag of six cancellations", found)
		}
		s := c.Session("wang", 3, houzhen.Morning)
		online := func(key, channel string) error {
			_, err := c.App.Booking.Book(t.Context(), booking.BookRequest{
				Caller: "test", Key: key, SessionID: s.ID, PatientID: c.Person("张小三").ID, AccountID: account, Channel: channel, Hold: true,
			})
			return err
		}
		if err := online("k1", "app"); err != nil {
			t.Errorf("a flag that nobody judged bars: %v", err)
		}
		until := c.App.Now().AddDate(0, 0, 30)
		_, err = c.App.Abuse.Decide(t.Context(), found[0].ID, abuse.Decision{To: abuse.Confirmed, Until: until, By: "m1", Reason: "resale"})
		c.must(err)
		s = c.Session("wang", 4, houzhen.Morning)
		if err := online("k2", "app"); houzhen.CodeOf(err) != houzhen.CodeBarred {
			t.Errorf("got %v, want barred", err)
		}
		if err := online("k3", booking.DeskChannel); err != nil {
			t.Errorf("the desk refuses: %v", err)
		}
	})
}
