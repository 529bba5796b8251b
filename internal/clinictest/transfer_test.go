package clinictest

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/queue"
)

// Who goes on to another doctor stands at the end there, whatever he had waited
// and though he stood at the door; pressed twice, he goes once.
func TestWhoGoesOnToAnotherDoctorStandsAtTheEnd(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.Session("wang", 1, houzhen.Morning)
		li := c.SessionWith("li", 1, houzhen.Morning, func(x *booking.Session) { x.RoomID, x.Prefix = "room-4", "B" })
		absent := c.Session("zhao", 2, houzhen.Morning)
		first, goes, stays := c.Book("张小三", s, "08:00"), c.Book("李小四", s, "08:00"), c.Book("王小五", s, "08:30")
		there, after := c.Book("赵小六", li, "08:00"), c.Book("孙小七", li, "08:30")
		c.GoTo(c.At(1, "07:50"))
		for _, a := range []booking.Appointment{first, goes, stays, there} {
			c.CheckIn(a)
		}
		c.GoTo(c.At(1, "08:00"))
		everybody := []string{"张小三", "李小四", "王小五", "赵小六", "孙小七"}
		c.Take(everybody...)
		c.Serve(s, "张小三") // 李小四 stands at the door now
		c.CallNext(li, "赵小六")
		c.CheckIn(after)
		c.Take(everybody...)

		ask := api.Transfer{AppointmentID: goes.ID, DoctorID: "li", Cause: "asked for him", By: "nurse"}
		for range 2 {
			got, err := c.App.Transfer(c.ctx, ask)
			c.must(err)
			c.Settle()
			if got.SessionID != li.ID || !strings.HasPrefix(got.Label, "B2") {
				t.Errorf("got %s in %s, want a new number at the other doctor's", got.Label, got.SessionID)
			}
		}
		c.Clock.Advance(5 * 60e9)
		c.Finish(li)
		c.Serve(li, "孙小七", "李小四")
		c.CallNext(s, "王小五")
		c.Take(everybody...)

		_, err := c.App.Queue.Start(c.ctx, queue.TicketRequest{SessionID: s.ID, RequestID: uuid.NewString()})
		c.must(err)
		c.Settle()
		for _, r := range []struct {
			who  string
			of   booking.Appointment
			to   string
			want houzhen.Code
		}{
			{"who is in the room", stays, "li", houzhen.CodeState},
			{"who has been seen", first, "li", houzhen.CodeState},
			{"to one who does not sit today", there, absent.DoctorID, houzhen.CodeNotFound},
		} {
			before := c.State(r.of)
			_, err := c.App.Transfer(c.ctx, api.Transfer{AppointmentID: r.of.ID, DoctorID: r.to, Cause: "x", By: "nurse"})
			if code := houzhen.CodeOf(err); code != r.want {
				t.Errorf("%s: got %v, want %s", r.who, err, r.want)
			}
			if after := c.State(r.of); after.SessionID != before.SessionID || after.SlotNo != before.SlotNo {
				t.Errorf("%s: his place is another one", r.who)
			}
		}
	})
}
