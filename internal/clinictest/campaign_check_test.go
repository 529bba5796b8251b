package clinictest

import (
	"fmt"
	"time"

	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/suspension"
	"github.com/houzhen/houzhen/booking/waitlist"
	"github.com/houzhen/houzhen/internal/store"
)

// check holds what must be true after every act.
func (c *campaign) check() error {
	return c.App.Store.View(c.ctx, func(tx *store.Tx) error {
		for _, o := range c.sessions {
			session, err := tx.Session(c.ctx, o.ID)
			if err != nil {
				return err
			}
			slots, err := tx.Slots(c.ctx, o.ID)
			if err != nil {
				return err
			}
			all, err := tx.Appointments(c.ctx, booking.AppointmentFilter{SessionID: o.ID})
			if err != nil {
				return err
			}
			for _, hold := range []func() error{
				func() error { return notOversold(session, slots, all) },
				func() error { return c.keptForItsOwn(session, slots, all) },
				func() error { return c.nobodyLeftOver(tx, session, all) },
				func() error { return c.everyPlaceAccounted(tx, session, slots) },
				func() error { return c.inOrder(tx, session) },
			} {
				if err := hold(); err != nil {
					return fmt.Errorf("%s on %s: %w", session.DoctorID, session.Date, err)
				}
			}
		}
		return nil
	})
}

// notOversold: one active appointment a place, no more in a slice than its
// capacity, nobody twice with a doctor on a day. Places that can be had lie in
// the session's hours, and whoever stands on one is there when it is. A withheld
// place is no capacity: who stands on it is to be found another one.
func notOversold(s booking.Session, slots []booking.Slot, all []booking.Appointment) error {
	place, slice, person := map[int]string{}, map[time.Time]int{}, map[string]string{}
	at, has := map[int]booking.Slot{}, map[time.Time]int{}
	for _, o := range slots {
		at[o.No] = o
		if o.Band != booking.BandBooked || o.Withheld {
			continue
		}
		if has[o.Start]++; has[o.Start] > s.SliceCapacity || o.Start.Before(s.Start) || o.End.After(s.End) {
			return fmt.Errorf("place %d of %s to %s in hours of %s to %s, %d in its slice", o.No, o.Start, o.End, s.Start, s.End, has[o.Start])
		}
	}
	for _, a := range all {
		if !a.Active() {
			continue
		}
		if other := place[a.SlotNo]; other != "" {
			return fmt.Errorf("place %d is held by %s and %s", a.SlotNo, other, a.ID)
		}
		place[a.SlotNo] = a.ID
		o, there := at[a.SlotNo]
		if !there {
			return fmt.Errorf("%s stands on place %d, which is not there", a.ID, a.SlotNo)
		}
		if o.Band == booking.BandBooked && !a.Start.Equal(o.Start) {
			return fmt.Errorf("%s is there at %s, place %d at %s", a.ID, a.Start, a.SlotNo, o.Start)
		}
		if o.Band == booking.BandBooked && !o.Withheld {
			if slice[a.Start]++; slice[a.Start] > s.SliceCapacity {
				return fmt.Errorf("slice %s holds %d of %d", a.Start, slice[a.Start], s.SliceCapacity)
			}
		}
		if a.Purpose != booking.PurposeOption {
			if other := person[a.PatientID]; other != "" {
				return fmt.Errorf("%s has %s and %s", a.PatientID, other, a.ID)
			}
			person[a.PatientID] = a.ID
		}
	}
	return nil
}

// keptForItsOwn: as long as the quotas of a session are kept, nobody comes to
// stand on a place for elders who is none, and of no quota more is sold than it
// has. Labels that are laid anew stay where somebody stands.
func (c *campaign) keptForItsOwn(s booking.Session, slots []booking.Slot, all []booking.Appointment) error {
	quota := map[int]booking.Quota{}
	for _, o := range slots {
		quota[o.No] = o.Quota
	}
	kept := c.Clock.Now().Before(s.FallBackAt)
	for _, a := range all {
		key := fmt.Sprint(a.ID, " ", a.SessionID, " ", a.SlotNo)
		if !a.Active() || c.stands[key] {
			continue
		}
		c.stands[key] = true
		if q := quota[a.SlotNo]; kept && q == booking.QuotaElder && !c.entitled[a.PatientID] {
			return fmt.Errorf("place %d is kept for %s and %s came to stand on it", a.SlotNo, q, a.PatientID)
		}
	}
	for _, u := range booking.UseOf(slots) {
		if u.Sold > u.Places {
			return fmt.Errorf("%d of %d places of quota %q are sold", u.Sold, u.Places, u.Quota)
		}
	}
	return nil
}

// nobodyLeftOver: every patient of a suspended session is in one outcome.
func (c *campaign) nobodyLeftOver(tx *store.Tx, s booking.Session, all []booking.Appointment) error {
	if s.Status != booking.SessionSuspended {
		return nil
	}
	chains, err := suspension.Chains(c.ctx, tx, suspension.CaseFilter{SessionID: s.ID})
	if err != nil {
		return err
	}
	var visits []booking.Appointment
	for _, a := range all {
		if !a.Trace() {
			visits = append(visits, a)
		}
	}
	if faults := suspension.Check(visits, chains); len(faults) > 0 {
		return fmt.Errorf("suspension: %q", faults)
	}
	return nil
}

// everyPlaceAccounted: before its day a place is held, free to somebody, kept
// back for the waitlist, or about to be public; none is lost.
func (c *campaign) everyPlaceAccounted(tx *store.Tx, s booking.Session, slots []booking.Slot) error {
	if s.Status != booking.SessionPlanned || !c.Clock.Now().Before(booking.DayBegins(s.Date, c.Loc)) {
		return nil
	}
	free, err := c.App.Booking.FreePlaces(c.ctx, tx, s, booking.Who{Desk: true, Groups: booking.GroupQuotas})
	if err != nil {
		return err
	}
	accounted := map[int]bool{}
	for _, o := range free {
		accounted[o.No] = true
	}
	waiting, err := tx.WaitPlaces(c.ctx, s.ID)
	if err != nil {
		return err
	}
	for _, p := range waiting {
		switch p.Status {
		case waitlist.Seeking, waitlist.Inviting:
			if p.DueAt.IsZero() {
				return fmt.Errorf("place %d is %s and nothing is due", p.SlotNo, p.Status)
			}
			accounted[p.SlotNo] = true
		case waitlist.Offered, waitlist.Taken, waitlist.Public, waitlist.Void:
		}
	}
	for _, o := range slots {
		if !o.Taken && !o.Withheld && !accounted[o.No] && !o.OpenAt.After(c.Clock.Now()) {
			return fmt.Errorf("place %d is nobody's and cannot be had", o.No)
		}
	}
	return nil
}

// inOrder: a place is offered to nobody before somebody who has waited longer
// and could take it.
func (c *campaign) inOrder(tx *store.Tx, s booking.Session) error {
	entries, err := tx.WaitEntries(c.ctx, waitlist.Filter{SessionID: s.ID})
	if err != nil {
		return err
	}
	of, open := map[string][]waitlist.Proposal{}, map[string]bool{}
	for _, e := range entries {
		list, err := tx.ProposalsOf(c.ctx, e.ID)
		if err != nil {
			return err
		}
		of[e.ID] = list
		for _, o := range list {
			open[e.ID] = open[e.ID] || o.Status == waitlist.Open
		}
	}
	for i, e := range entries {
		for _, o := range of[e.ID] {
			if o.Status != waitlist.Open || c.seen[o.ID] {
				continue
			}
			c.seen[o.ID] = true
			for _, before := range entries[:i] {
				if before.Status != waitlist.Waiting || open[before.ID] || had(of[before.ID], o) {
					continue
				}
				if can, err := c.couldTake(tx, before, s); err != nil || can {
					return fmt.Errorf("place %d was offered to %s before %s, who has waited longer (%w)", o.SlotNo, e.PatientID, before.PatientID, err)
				}
			}
		}
	}
	return nil
}

// had reports whether somebody was offered that place, or another one at
// about that time.
func had(list []waitlist.Proposal, o waitlist.Proposal) bool {
	for _, p := range list {
		if p.SlotNo == o.SlotNo || !p.AnsweredAt.IsZero() && !p.AnsweredAt.Before(o.OpenedAt) {
			return true
		}
	}
	return false
}

// couldTake reports whether the patient has no visit that is in the way.
func (c *campaign) couldTake(tx *store.Tx, e waitlist.Entry, s booking.Session) (bool, error) {
	visits, err := tx.Appointments(c.ctx, booking.AppointmentFilter{
		PatientIDs: []string{e.PatientID}, From: s.Date, To: s.Date,
		States: []booking.State{booking.Held, booking.Booked, booking.CheckedIn, booking.Fulfilled, booking.NoShow},
	})
	return len(visits) == 0, err
}

// end lets all days pass: whatever was kept is decided, and nobody still waits.
func (c *campaign) end() error {
	c.GoTo(c.At(4, "05:00"))
	if err := c.check(); err != nil {
		return fmt.Errorf("at the end: %w", err)
	}
	return c.App.Store.View(c.ctx, func(tx *store.Tx) error {
		for _, o := range c.sessions {
			held, err := tx.Appointments(c.ctx, booking.AppointmentFilter{SessionID: o.ID, States: []booking.State{booking.Held, booking.Booked}})
			if err != nil {
				return err
			}
			for _, a := range held {
				return fmt.Errorf("%s is still in state %d when all days are over", a.ID, a.State)
			}
			entries, err := tx.WaitEntries(c.ctx, waitlist.Filter{SessionID: o.ID, Status: []waitlist.Status{waitlist.Waiting, waitlist.Frozen}})
			if err != nil {
				return err
			}
			for _, e := range entries {
				return fmt.Errorf("%s still waits for a session that is over", e.PatientID)
			}
		}
		return nil
	})
}
