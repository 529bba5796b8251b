package clinictest

import (
	"testing"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/stats"
)

// A day that was lived is counted as it was lived, and a session that was
// called off blames nobody.
func TestADayIsCounted(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.Session("wang", 1, houzhen.Morning)
		seen := c.Book("张小三", s, "08:00")
		c.Book("李小四", s, "08:30") // will not come
		gone := c.Book("王小五", s, "09:00")
		c.Cancel(gone)
		c.GoTo(c.At(1, "07:50"))
		c.CheckIn(seen)
		c.Take("张小三", "李小四", "王小五")
		c.GoTo(c.At(1, "08:03"))
		c.Serve(s, "张小三")
		c.GoTo(c.At(2, "05:00"))
		c.Take("张小三", "李小四", "王小五")

		day := s.Date
		rows, err := c.App.Stats.Rows(t.Context(), day, day)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			if r.SessionID != s.ID {
				continue
			}
			f := r.Figures
			if f.Taken != 2 || f.CheckedIn != 1 || f.Seen != 1 || f.NoShows != 1 || f.Cancelled != 1 || f.Attended != 1 || f.OnTime != 1 || f.Waits != 1 {
				t.Errorf("got %+v, want two booked, one seen on time, one no-show, one cancelled", f)
			}
			if f.Waited < 12 || f.Waited > 14 {
				t.Errorf("waited %d minutes, want 13: from 07:50 to 08:03", f.Waited)
			}
			if len(stats.GroupBy(rows, stats.ByDepartment)) == 0 {
				t.Error("no department was counted")
			}
			return
		}
		t.Errorf("session was not counted among %d", len(rows))
	})
}
