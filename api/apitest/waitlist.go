package apitest

import (
	"context"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/waitlist"
)

// waits is the sample clinic's waitlist (api.Waitlist).
type waits struct{ *Clinic }

// SampleWaits are one who waits, one who is offered a place, one whose first to
// confirm has it, and one whose wait is over.
func SampleWaits(c *Clinic) []waitlist.Standing {
	now, s := Now(), c.Sittings[slices.IndexFunc(c.Sittings, func(s booking.Session) bool { return s.ID == "s12" })]
	entry := func(id string, status waitlist.Status) waitlist.Entry {
		return waitlist.Entry{
			ID: id, PatientID: "p1", AccountID: "acc1", SessionID: s.ID, DepartmentID: s.DepartmentID, DoctorID: s.DoctorID, From: s.Date,
			To: s.Date, Status: status, JoinedAt: now.Add(-26 * time.Hour), SameDay: id == "w3",
		}
	}
	offer := func(id string, kind waitlist.Kind) *waitlist.Proposal {
		return &waitlist.Proposal{
			ID: id, EntryID: "w2", PatientID: "p1", SessionID: s.ID, SlotNo: 7, Start: s.Start, End: s.Start.Add(30 * time.Minute),
			Kind: kind, Status: waitlist.Open, OpenedAt: now, ExpiresAt: now.Add(25 * time.Minute),
		}
	}
	closed := entry("w4", waitlist.Closed)
	closed.Reason, closed.SessionID, closed.DoctorID, closed.To = waitlist.ReasonTime, "", "", s.Date.AddDays(3)
	return []waitlist.Standing{
		{Entry: entry("w2", waitlist.Waiting), Rank: 1, Offer: offer("of1", waitlist.Offer)},
		{Entry: entry("w3", waitlist.Waiting), Rank: 2, Offer: offer("of2", waitlist.Invitation)},
		{Entry: entry("w1", waitlist.Waiting), Rank: 5},
		{Entry: closed},
	}
}

// Join implements api.Waitlist.
func (w waits) Join(_ context.Context, r waitlist.JoinRequest) (waitlist.Entry, error) {
	if err := w.ask("wait", r.PatientID+" "+r.SessionID); err != nil {
		return waitlist.Entry{}, err
	}
	return w.Waits[2].Entry, nil
}

// Leave implements api.Waitlist.
func (w waits) Leave(_ context.Context, id string) (waitlist.Entry, error) {
	return w.Waits[2].Entry, w.ask("leave-wait", id)
}

// Entry implements api.Waitlist.
func (w waits) Entry(_ context.Context, id string) (waitlist.Entry, error) {
	for _, st := range w.Waits {
		if st.ID == id {
			return st.Entry, w.ask("wait-entry", id)
		}
	}
	return waitlist.Entry{}, missing()
}

// Proposal implements api.Waitlist.
func (w waits) Proposal(_ context.Context, id string) (waitlist.Proposal, error) {
	for _, st := range w.Waits {
		if st.Offer != nil && st.Offer.ID == id {
			return *st.Offer, w.ask("offer", id)
		}
	}
	return waitlist.Proposal{}, missing()
}

// Mine implements api.Waitlist.
func (w waits) Mine(context.Context, []string) ([]waitlist.Standing, error) {
	return slices.Clone(w.Waits), w.ask("waits", "")
}

// Accept implements api.Waitlist.
func (w waits) Accept(_ context.Context, id string) (booking.Appointment, error) {
	return w.Visits[1], w.ask("accept", id)
}

// Decline implements api.Waitlist.
func (w waits) Decline(_ context.Context, id string) error { return w.ask("decline", id) }

// Overview implements api.Waitlist.
func (w waits) Overview(_ context.Context, department string, _, _ houzhen.Date) (waitlist.Overview, error) {
	o := waitlist.Overview{Tally: waitlist.Tally{Opened: 20, Taken: 13, Public: 5, Offers: 34, Accepted: 13}}
	for _, st := range w.Waits {
		if st.Status.Live() {
			o.Waiting = append(o.Waiting, st)
		}
	}
	if len(w.Waits) == 0 {
		o.Tally = waitlist.Tally{}
	}
	return o, w.ask("overview", department)
}
