package clinictest

import (
	"context"
	"slices"

	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/app"
	"github.com/houzhen/houzhen/notify"
)

// audit reads what is in the database and at the provider, by other means than
// the server that is audited.
func (c *crash) audit() {
	c.t.Helper()
	if len(c.done) != len(c.people) {
		c.t.Errorf("%d of %d got an answer in the end", len(c.done), len(c.people))
	}
	c.inside(func(a *app.App) {
		c.must(a.Redis().FlushDB(c.ctx).Err()) // what the killed ones left in there is of no account
		ctx, cancel := context.WithCancel(c.ctx)
		ended := make(chan error, 1)
		go func() { ended <- a.Drive(ctx) }()
		c.must(a.Drain(c.ctx)) // what was committed and not yet told
		cancel()
		c.must(<-ended)
		c.auditBookings(a)
		c.auditMessages(a)
	})
}

func (c *crash) auditBookings(a *app.App) {
	c.t.Helper()
	rows, err := a.Booking.Appointments(c.ctx, booking.AppointmentFilter{SessionID: c.session.ID})
	c.must(err)
	byPatient, places := map[string][]booking.Appointment{}, map[int]bool{}
	for _, row := range rows {
		byPatient[row.PatientID] = append(byPatient[row.PatientID], row)
		if places[row.SlotNo] {
			c.t.Errorf("place %d is sold twice", row.SlotNo)
		}
		places[row.SlotNo] = true
	}
	for i, p := range c.done {
		mine := byPatient[c.people[i].ID]
		if len(mine) != 1 || mine[0].ID != p.id || mine[0].Voucher != p.voucher {
			c.t.Errorf("patient %d was promised %s: the database has %d appointments", i, p.id, len(mine))
			continue
		}
		want := booking.Booked
		if p.checkedIn {
			want = booking.CheckedIn
		}
		if mine[0].State != want {
			c.t.Errorf("patient %d: state %v, want %v", i, mine[0].State, want)
		}
	}
}

func (c *crash) auditMessages(a *app.App) {
	c.t.Helper()
	rows, err := a.Messages(c.ctx, notify.MessageFilter{Kind: notify.KindBooked})
	c.must(err)
	planned := map[string]int{}
	lost := 0
	for _, m := range rows {
		planned[m.Subject]++
		taken := c.provider.Audit(m.OutID).Count
		open := slices.Contains([]notify.State{notify.Claimed, notify.Unknown}, m.State) // asked about later, by its out-id
		switch {
		case taken > 1:
			c.t.Errorf("%s was sent %d times", m.OutID, taken)
		case taken == 1 && !open && m.State != notify.Accepted && m.State != notify.Delivered:
			c.t.Errorf("%s was sent, but the ledger says %s: it would go again", m.OutID, m.State)
		case taken == 0 && !open && m.State != notify.Suppressed:
			c.t.Errorf("%s was not sent, but the ledger says %s %s", m.OutID, m.State, m.Reason)
		}
		if open {
			lost++
		}
	}
	for i, p := range c.done {
		if n := planned[p.id]; n > 1 || n == 0 && !p.checkedIn { // whoever came at once may need none
			c.t.Errorf("patient %d has %d confirmations in the ledger, want 1", i, n)
		}
	}
	if n := c.provider.Repeated(); n != 0 {
		c.t.Errorf("%d messages were sent more than once", n)
	}
	c.t.Logf("%d bookings, %d confirmations, of %d of them the answer was lost with a process", len(c.done), len(rows), lost)
}
