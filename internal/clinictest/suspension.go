package clinictest

import (
	"maps"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/suspension"
	"github.com/houzhen/houzhen/internal/store"
)

// suspend asks for and approves the suspension of a session, as two people do,
// and gives its id.
func (c *Clinic) suspend(s booking.Session) string {
	c.T.Helper()
	asked, err := c.App.Suspension.Ask(c.ctx, suspension.AskRequest{
		SessionID: s.ID, Reason: "ill", By: suspension.Person{ID: "one", Role: "nurse"},
	})
	c.must(err)
	_, err = c.App.Suspension.Approve(c.ctx, asked.ID, suspension.Person{ID: "other", Role: "manager"})
	c.must(err)
	c.Settle()
	return asked.ID
}

// ExpectBoard fails unless the board of a suspension counts so; outcomes that
// are left out count nobody.
func (c *Clinic) ExpectBoard(id string, want suspension.Counts) {
	c.T.Helper()
	board, err := c.App.Board(c.ctx, id)
	c.must(err)
	full := suspension.CountOf(nil, c.Clock.Now())
	maps.Copy(full, want)
	if diff := cmp.Diff(board.Counts, full); diff != "" {
		c.T.Errorf("board (-got +want):\n%s", diff)
	}
}

// due counts who is to be called now.
func (c *Clinic) due(id string) (n int) {
	c.T.Helper()
	board, err := c.App.Board(c.ctx, id)
	c.must(err)
	for _, l := range board.Lines {
		if l.CallDue {
			n++
		}
	}
	return n
}

// ExpectOneOutcomeEach fails unless every patient of a suspended session is in
// exactly one outcome.
func (c *Clinic) ExpectOneOutcomeEach(s booking.Session) {
	c.T.Helper()
	all, err := c.App.Booking.Appointments(c.ctx, booking.AppointmentFilter{SessionID: s.ID})
	c.must(err)
	c.must(c.App.Store.View(c.ctx, func(tx *store.Tx) error {
		chains, err := suspension.Chains(c.ctx, tx, suspension.CaseFilter{SessionID: s.ID})
		for _, fault := range suspension.Check(all, chains) {
			c.T.Error(fault)
		}
		return err
	}))
}
