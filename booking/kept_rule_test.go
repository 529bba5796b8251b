package booking_test

import (
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// A place that is kept for a group does not become somebody else's by being
// booked for one of the group and given on within the family.
func TestAKeptPlaceIsSwappedWithinItsGroup(t *testing.T) {
	onEngines(t, func(c *clinic) {
		s, err := c.AddSession(c.Context(), booking.Session{
			DepartmentID: "cardiology", DoctorID: "chen", Date: monday, Part: houzhen.Morning, Start: monday.At(8, 0, shanghai), End: monday.At(9, 0, shanghai),
			SliceMinutes: 30, SliceCapacity: 1, Class: booking.Specialist, Prefix: "A",
		}, booking.Quotas{booking.QuotaElder: 2})
		if err != nil {
			c.Fatal(err)
		}
		c.at(monday.AddDays(-2), 9, 0)
		swap := func(patient string, groups ...booking.Quota) error {
			r := c.request(s, "grandfather of "+patient, 0)
			r.Groups = []booking.Quota{booking.QuotaElder}
			a, err := c.Book(c.Context(), r)
			if err != nil {
				c.Fatal(err)
			}
			got, err := c.Swap(c.Context(), booking.SwapRequest{AppointmentID: a.ID, PatientID: patient, AccountID: "account", Groups: groups})
			if err == nil && got.SlotNo != a.SlotNo {
				c.Errorf("got number %d, want %d", got.SlotNo, a.SlotNo)
			}
			return err
		}
		if got := houzhen.CodeOf(swap("grandson")); got != houzhen.CodeQuota {
			c.Errorf("to the grandson: got %q, want %q", got, houzhen.CodeQuota)
		}
		if err := swap("grandmother", booking.QuotaElder); err != nil {
			c.Errorf("to the grandmother: %v", err)
		}
	})
}

// A new rule moves the fall-back of quotas that are still kept, released or
// not; what has fallen back stays everybody's.
func TestANewRuleMovesTheFallBack(t *testing.T) {
	onEngines(t, func(c *clinic) {
		rule := c.Policy().Rule()
		c.at(monday.AddDays(-1), 16, 30)
		fallen := c.session("chen", monday, 1)
		kept := c.session("chen", monday.AddDays(2), 1)
		ahead := c.session("chen", monday.AddDays(30), 1)
		rule.FallBackDays, rule.FallBackAt = 0, 6*60
		if _, moved, err := c.SetReleaseRule(c.Context(), rule); err != nil || moved != 0 {
			c.Errorf("moved %d releases, %v, want none", moved, err)
		}
		for id, want := range map[string]time.Time{
			fallen.ID: monday.AddDays(-1).At(16, 0, shanghai), kept.ID: monday.AddDays(2).At(6, 0, shanghai), ahead.ID: monday.AddDays(30).At(6, 0, shanghai),
		} {
			if got, err := c.Session(c.Context(), id); err != nil || !got.FallBackAt.Equal(want) {
				c.Errorf("falls back at %v, %v, want %v", got.FallBackAt, err, want)
			}
		}
	})
}
