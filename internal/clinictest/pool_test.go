package clinictest

import (
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/draw"
)

// A capacity is cut below what is booked: whoever booked last is told and has
// places kept; he chooses one, keeps his voucher, and is off the list.
func TestCapacityCutDropsNobody(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.Session("wang", 2, houzhen.Morning)
		c.Session("wang", 3, houzhen.Morning)
		first := c.Book("张小三", s, "09:00")
		c.Wait(time.Minute)
		last := c.Book("李小四", s, "09:30")
		c.ExpectSMS("张小三", "appt.booked")
		c.ExpectSMS("李小四", "appt.booked")
		result, err := c.App.Booking.Resize(c.ctx, booking.ResizeRequest{SessionID: s.ID, Places: 1, Reason: "a room less"})
		c.must(err)
		if result.Places != 1 || result.Displaced != 1 || result.Kept != 1 {
			t.Errorf("got %+v", result)
		}
		c.Settle()
		c.ExpectSMS("李小四", "place.displaced")
		c.ExpectNothingElse()
		list, err := c.App.Booking.Overflow(c.ctx, booking.SessionFilter{})
		c.must(err)
		if len(list) != 1 || list[0].Appointment.ID != last.ID || len(list[0].Options) == 0 {
			t.Fatalf("overflow: got %+v", list)
		}
		moved, err := c.App.Booking.Choose(c.ctx, list[0].Options[0].ID)
		c.must(err)
		c.Settle()
		if moved.ID != last.ID || moved.Voucher != last.Voucher {
			t.Errorf("got %+v, want his own appointment moved", moved)
		}
		c.ExpectSMS("李小四", "appt.moved")
		c.ExpectState(first, booking.Booked)
		left, err := c.App.Booking.Overflow(c.ctx, booking.SessionFilter{})
		c.must(err)
		if len(left) != 0 {
			t.Errorf("still on the list: %+v", left)
		}
	})
}

// A hot doctor's only place is drawn: the window opens and closes by the
// clock, one is told he was drawn, the other that he was not.
func TestDrawTellsEverybody(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		rule := c.App.Booking.Policy().Rule()
		rule.Spread, rule.DrawDoctors = 0, []string{"wang"}
		_, _, err := c.App.Booking.SetReleaseRule(c.ctx, rule)
		c.must(err)
		s := c.SessionWith("wang", 16, houzhen.Morning, func(s *booking.Session) {
			s.SliceCapacity, s.End, s.ReleaseAt = 1, s.Start.Add(time.Duration(s.SliceMinutes)*time.Minute), time.Time{}
		})
		_, err = c.App.Draw.Prepare(c.ctx)
		c.must(err)
		l, err := c.App.Draw.Of(c.ctx, s.ID)
		c.must(err)
		c.GoTo(l.Opens)
		names := []string{"张小三", "李小四"}
		for _, name := range names {
			_, err := c.App.Draw.Join(c.ctx, draw.JoinRequest{SessionID: s.ID, PatientID: c.Person(name).ID})
			c.must(err)
		}
		c.GoTo(l.Closes.Add(2 * time.Minute))
		record, err := c.App.Draw.Record(c.ctx, s.ID)
		c.must(err)
		if err := record.Check(); err != nil || record.Places != 1 {
			t.Errorf("record: %+v, %v", record, err)
		}
		for _, name := range names {
			lot, err := c.App.Draw.RequestOf(c.ctx, s.ID, c.Person(name).ID)
			c.must(err)
			want := map[draw.Outcome]string{draw.Won: "draw.won", draw.Lost: "draw.lost"}[lot.Outcome]
			c.ExpectSMS(name, want)
		}
		c.ExpectNothingElse()
	})
}
