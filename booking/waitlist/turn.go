package waitlist

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// turn is one look at one place.
type turn struct {
	*Service

	tx      Tx
	session booking.Session
	slot    booking.Slot
	place   Place
}

// Turn does what is due with a place, in a transaction of the caller: it ends
// offers whose time is up and makes the next ones, or opens the place to the
// public. It does nothing before the place is due, so that it may be asked
// again at any time.
func (s *Service) Turn(ctx context.Context, tx Tx, sessionID string, no int) (bool, error) {
	session, slot, err := lock(ctx, tx, sessionID, no)
	if err != nil {
		return false, err
	}
	place, err := tx.WaitPlace(ctx, sessionID, no)
	if err != nil {
		return false, fmt.Errorf("load place: %w", err)
	}
	if place.DueAt.IsZero() || tx.Now().Before(place.DueAt) {
		return false, nil
	}
	t := &turn{s, tx, session, slot, place}
	return true, t.run(ctx)
}

func (t *turn) run(ctx context.Context) error {
	waiting, err := t.lapse(ctx)
	if err != nil {
		return err
	}
	now := t.tx.Now()
	if !waiting.IsZero() {
		return t.save(ctx, t.place.Status, waiting)
	}
	if t.slot, err = t.tx.Slot(ctx, t.session.ID, t.slot.No); err != nil {
		return fmt.Errorf("load slot: %w", err)
	}
	switch quiet := t.policy.Allowed(now, t.loc); {
	case t.session.Status == booking.SessionSuspended || t.session.Status == booking.SessionClosed || !now.Before(t.session.End):
		return t.save(ctx, Void, time.Time{})
	case t.slot.Taken:
		return t.save(ctx, Taken, time.Time{})
	case t.slot.Withheld || t.policy.Usable(t.slot, now) <= 0:
		return t.open(ctx)
	case quiet.After(now):
		return t.save(ctx, Seeking, quiet)
	}
	return t.offer(ctx)
}

// save stores what happens next with the place, and when.
func (t *turn) save(ctx context.Context, status PlaceStatus, due time.Time) error {
	t.place.Status, t.place.DueAt = status, due
	if err := t.tx.SaveWaitPlace(ctx, &t.place); err != nil {
		return fmt.Errorf("save place: %w", err)
	}
	return nil
}

// open gives the place to everybody.
func (t *turn) open(ctx context.Context) error {
	if err := t.booking.OpenPlace(ctx, t.tx, t.slot); err != nil {
		return err
	}
	return t.save(ctx, Public, time.Time{})
}

// lapse ends the offers of the place whose time is up, and gives when the last
// of the others ends; zero when none is open.
func (t *turn) lapse(ctx context.Context) (time.Time, error) {
	all, err := t.tx.Proposals(ctx, t.session.ID, t.slot.No)
	if err != nil {
		return time.Time{}, fmt.Errorf("load offers: %w", err)
	}
	var until time.Time
	for _, o := range all {
		if o.Status != Open {
			continue
		}
		if t.tx.Now().Before(o.ExpiresAt) && !t.slotGone(o) {
			if o.ExpiresAt.After(until) {
				until = o.ExpiresAt
			}
			continue
		}
		if err := t.settle(ctx, o, Lapsed); err != nil {
			return until, err
		}
	}
	return until, nil
}

// slotGone reports whether an invitation is for a place that somebody took by
// another way.
func (t *turn) slotGone(o Proposal) bool { return o.Kind == Invitation && t.slot.Taken }

// settle ends one open offer without a booking.
func (s *Service) settle(ctx context.Context, tx Tx, o Proposal, to OfferStatus) error {
	if o.Kind == Offer {
		by, reason := booking.BySystem, booking.ReasonExpired
		if to == Declined {
			by, reason = booking.ByPatient, booking.ReasonDeclined
		}
		if err := s.booking.Rescind(ctx, tx, o.AppointmentID, by, reason); err != nil {
			return err
		}
	}
	o.Status, o.AnsweredAt = to, tx.Now()
	if err := tx.UpdateProposal(ctx, &o); err != nil {
		return fmt.Errorf("end offer: %w", err)
	}
	kind := houzhen.WaitlistLapsed
	if to == Lost {
		kind = houzhen.WaitlistLost
	}
	return emit(tx, kind, o.ID, o.Version, o.SessionID, proposalData(o))
}

func (t *turn) settle(ctx context.Context, o Proposal, to OfferStatus) error {
	if to == Lapsed && t.slotGone(o) {
		to = Lost
	}
	return t.Service.settle(ctx, t.tx, o, to)
}

// offer makes the next round of offers to the first of the list who can have
// the place, or opens it when there is nobody.
func (t *turn) offer(ctx context.Context) error {
	now := t.tx.Now()
	round := t.policy.Round(t.session.Start.Sub(now), t.policy.Usable(t.slot, now))
	t.place.Round++
	made, err := t.offerTo(ctx, round)
	if err != nil {
		return err
	}
	switch {
	case made == 0:
		return t.open(ctx)
	case round.Kind == Offer:
		return t.save(ctx, Offered, now.Add(round.For))
	}
	return t.save(ctx, Inviting, now.Add(round.For))
}

// offerTo goes through the list in its order until enough have an offer.
func (t *turn) offerTo(ctx context.Context, round Round) (made int, err error) {
	asked, err := t.asked(ctx)
	if err != nil {
		return 0, err
	}
	var after Cursor
	for {
		page, err := t.tx.WaitFor(ctx, t.session, after, look)
		if err != nil {
			return made, fmt.Errorf("load who waits: %w", err)
		}
		for _, e := range page {
			if asked[e.ID] || !t.policy.Eligible(e, t.session, t.slot, t.tx.Now(), t.loc) {
				continue
			}
			ok, err := t.propose(ctx, e, round)
			if err != nil {
				return made, err
			}
			if ok {
				made++
			}
			if made == round.K {
				return made, nil
			}
		}
		if len(page) < look {
			return made, nil
		}
		last := page[len(page)-1]
		after = Cursor{last.JoinedAt, last.ID}
	}
}

// asked gives the entries that had this place before, since it came back. Who
// was offered it at a time that it has no longer was not.
func (t *turn) asked(ctx context.Context) (map[string]bool, error) {
	all, err := t.tx.Proposals(ctx, t.session.ID, t.slot.No)
	if err != nil {
		return nil, fmt.Errorf("load offers: %w", err)
	}
	asked := map[string]bool{}
	for _, o := range all {
		if o.Status != Voided && !o.OpenedAt.Before(t.place.OpenedAt) {
			asked[o.EntryID] = true
		}
	}
	return asked, nil
}

// passedOver are the refusals that mean: not this one, and the next.
func passedOver(err error) bool {
	return !slices.Contains([]houzhen.Code{
		"", houzhen.CodeInternal, houzhen.CodeConflict, houzhen.CodeUnavailable, houzhen.CodeSlotTaken,
	}, houzhen.CodeOf(err))
}

// propose offers the place to one entry; false passes him over.
func (t *turn) propose(ctx context.Context, e Entry, round Round) (bool, error) {
	now := t.tx.Now()
	o := Proposal{
		ID: t.tx.NewID(), EntryID: e.ID, PatientID: e.PatientID, SessionID: t.session.ID, SlotNo: t.slot.No,
		Start: t.slot.Start, End: t.slot.End, Round: t.place.Round, Kind: round.Kind, Status: Open, OpenedAt: now,
		ExpiresAt: now.Add(round.For), Version: 1,
	}
	if free, err := t.unengaged(ctx, e); err != nil || !free {
		return false, err
	}
	kind := houzhen.WaitlistInvited
	var err error
	if round.Kind == Offer {
		kind, o.AppointmentID = houzhen.WaitlistOffered, booking.AppointmentID("offer", t.tx.NewID())
		_, err = t.booking.Seat(ctx, t.tx, t.session, t.slot, seating(e, o.AppointmentID, o.ExpiresAt))
	} else {
		err = t.booking.MaySeat(ctx, t.tx, t.session, t.slot, seating(e, "", time.Time{}))
	}
	if passedOver(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("offer place: %w", err)
	}
	if err := t.tx.AddProposal(ctx, o); err != nil {
		return false, fmt.Errorf("add offer: %w", err)
	}
	return true, emit(t.tx, kind, o.ID, o.Version, o.SessionID, proposalData(o))
}

// unengaged reports whether the entry has no other offer open and no visit
// that the place would clash with.
func (t *turn) unengaged(ctx context.Context, e Entry) (bool, error) {
	offers, err := t.tx.ProposalsOf(ctx, e.ID)
	if err != nil {
		return false, fmt.Errorf("load offers: %w", err)
	}
	for _, o := range offers {
		if o.Status == Open {
			return false, nil
		}
	}
	visits, err := t.tx.Appointments(ctx, booking.AppointmentFilter{
		PatientIDs: []string{e.PatientID}, From: t.session.Date, To: t.session.Date,
		States: []booking.State{booking.Held, booking.Booked, booking.CheckedIn, booking.Fulfilled, booking.NoShow},
	})
	if err != nil {
		return false, fmt.Errorf("load visits: %w", err)
	}
	return !e.Clashes(visits, t.session, t.slot), nil
}
