package apitest

import (
	"context"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/stats"
)

// Counted gives six weeks of figures of the sample clinic's doctors.
func (c *Clinic) Counted() []stats.Row {
	var rows []stats.Row
	for week := range 6 {
		for i, d := range c.Public.Doctors {
			n := 30 + 3*i + week
			rows = append(rows, stats.Row{
				SessionID: d.ID, Day: houzhen.DateOf(c.At, Shanghai()).AddDays(-7 * week), Part: houzhen.Morning,
				DepartmentID: d.DepartmentID, DoctorID: d.ID, Class: booking.Specialist,
				Figures: stats.Figures{
					Sessions: 5, Suspended: i % 2, Affected: i % 2 * 20, Notice: i % 2 * 20 * 3000, Attended: 5 - i%2, OnTime: 3, LateStart: 31,
					Places: 40 + 3*i, Taken: n, WalkIns: 4, CheckedIn: n - 5, Seen: n - 2, NoShows: 5, Late: 4 + week%3, Cancelled: 6, Lead: 6 * 2000,
					Waited: 24 * n, Waits: n - 6, InSlice: n - 12, Joined: 8, Filled: 3 + i%4,
					Channels: map[string]int{"app": n}, Quotas: map[string]stats.Quota{"elders": {Places: 6, Taken: 2 + i%4}},
				},
			})
		}
	}
	return rows
}

type figures struct{ *Clinic }

// Rows implements api.Stats.
func (f figures) Rows(_ context.Context, from, to houzhen.Date) ([]stats.Row, error) {
	var rows []stats.Row
	for _, r := range f.Figures {
		if !r.Day.Before(from) && !to.Before(r.Day) {
			rows = append(rows, r)
		}
	}
	return rows, f.ask("stats", from.String()+" "+to.String())
}
