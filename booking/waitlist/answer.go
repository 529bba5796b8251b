package waitlist

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// Accept books the place that was offered, or keeps it until it is paid for
// where that is done in advance. In time it always succeeds where
// the place was kept for the patient; an invitation goes to the first; a late
// answer is taken while the place is still open. Accepting again gives the same
// appointment, from whatever device. Who was too late gets CodeSlotTaken, or
// CodeHoldExpired when the place cannot be used any more.
func (s *Service) Accept(ctx context.Context, proposalID string) (a booking.Appointment, err error) {
	var refusal error // said after the commit that notes it
	err = s.store.InTx(ctx, func(tx Tx) error {
		refusal = nil
		o, err := tx.Proposal(ctx, proposalID)
		if err != nil {
			return fmt.Errorf("load offer: %w", err)
		}
		session, slot, err := lock(ctx, tx, o.SessionID, o.SlotNo)
		if err != nil {
			return err
		}
		if o, err = tx.Proposal(ctx, proposalID); err != nil { // as it is under the lock
			return fmt.Errorf("load offer: %w", err)
		}
		if o.Status == Accepted {
			a, err = tx.Appointment(ctx, o.AppointmentID)
			return err
		}
		e, err := answerable(ctx, tx, o)
		if err != nil {
			return err
		}
		a, err = s.seat(ctx, tx, session, slot, o, e)
		if tooLate(err) {
			refusal = err
			return s.lose(ctx, tx, o)
		}
		if err != nil {
			return err
		}
		return s.accepted(ctx, tx, o, e, a)
	})
	if err == nil {
		err = refusal
	}
	return a, err
}

// answerable gives the entry of an offer that can still be accepted.
func answerable(ctx context.Context, tx Tx, o Proposal) (Entry, error) {
	e, err := tx.WaitEntry(ctx, o.EntryID)
	switch {
	case err != nil:
		return e, fmt.Errorf("load entry: %w", err)
	case o.Status == Lost:
		return e, houzhen.E(houzhen.CodeSlotTaken, "somebody else was first")
	case o.Status == Voided:
		return e, houzhen.E(houzhen.CodeSessionSuspended, "session is suspended")
	case e.Status == Booked:
		return e, houzhen.E(houzhen.CodeAlreadyBooked, "patient has a place from this list")
	case e.Status == Frozen, e.Status == Left:
		return e, houzhen.E(houzhen.CodeState, "patient does not wait any more")
	}
	return e, nil
}

// tooLate are the refusals by which somebody was faster, or time has passed, or
// the place is kept for others by now.
func tooLate(err error) bool {
	return slices.Contains([]houzhen.Code{
		houzhen.CodeSlotTaken, houzhen.CodeSlotPast, houzhen.CodeSlotWithheld, houzhen.CodeQuota, houzhen.CodeSessionClosed,
	}, houzhen.CodeOf(err))
}

// seat gives the place to the entry: the kept row if it stands, else a new one
// if the unique index has it.
func (s *Service) seat(ctx context.Context, tx Tx, session booking.Session, slot booking.Slot, o Proposal, e Entry) (booking.Appointment, error) {
	unpaid := s.prepaid(session)
	if o.Kind == Offer && o.Status == Open {
		a, err := s.booking.AcceptOffer(ctx, tx, o.AppointmentID, unpaid)
		if houzhen.CodeOf(err) != houzhen.CodeHoldExpired {
			return a, err
		}
	}
	r := seating(e, booking.AppointmentID("seat", tx.NewID()), time.Time{})
	r.Unpaid = unpaid
	return s.booking.Seat(ctx, tx, session, slot, r)
}

// accepted ends the entry and tells those who were invited beside him.
func (s *Service) accepted(ctx context.Context, tx Tx, o Proposal, e Entry, a booking.Appointment) error {
	o.Status, o.AppointmentID, o.AnsweredAt = Accepted, a.ID, tx.Now()
	if err := tx.UpdateProposal(ctx, &o); err != nil {
		return fmt.Errorf("accept offer: %w", err)
	}
	if err := s.release(ctx, tx, e, o.ID); err != nil {
		return err
	}
	if err := s.end(ctx, tx, &e, Booked, ""); err != nil {
		return err
	}
	if err := emit(tx, houzhen.WaitlistAccepted, o.ID, o.Version, o.SessionID, proposalData(o)); err != nil {
		return err
	}
	others, err := tx.Proposals(ctx, o.SessionID, o.SlotNo)
	if err != nil {
		return fmt.Errorf("load other offers: %w", err)
	}
	for _, other := range others {
		if other.Status == Open && other.ID != o.ID {
			if err := s.settle(ctx, tx, other, Lost); err != nil {
				return err
			}
		}
	}
	return s.placeTaken(ctx, tx, o)
}

// release gives up what else the entry was offered; the next will have it.
func (s *Service) release(ctx context.Context, tx Tx, e Entry, but string) error {
	mine, err := tx.ProposalsOf(ctx, e.ID)
	if err != nil {
		return fmt.Errorf("load offers: %w", err)
	}
	for _, o := range mine {
		if o.Status == Open && o.ID != but {
			if err := s.giveUp(ctx, tx, o.ID, Declined); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) placeTaken(ctx context.Context, tx Tx, o Proposal) error {
	p, err := tx.WaitPlace(ctx, o.SessionID, o.SlotNo)
	if err != nil {
		return fmt.Errorf("load place: %w", err)
	}
	p.Status, p.DueAt = Taken, time.Time{}
	if err := tx.SaveWaitPlace(ctx, &p); err != nil {
		return fmt.Errorf("save place: %w", err)
	}
	return nil
}

// lose notes that the patient answered when the place was gone. He keeps his
// rank.
func (s *Service) lose(ctx context.Context, tx Tx, o Proposal) error {
	if o.Status == Open {
		return s.settle(ctx, tx, o, Lost)
	}
	return nil
}

// Decline gives up an offer; the patient keeps his rank for other places.
// Declining what is not open any more changes nothing.
func (s *Service) Decline(ctx context.Context, proposalID string) error {
	return s.store.InTx(ctx, func(tx Tx) error { return s.giveUp(ctx, tx, proposalID, Declined) })
}

// giveUp ends an open offer; when no other is open for its place, the place is
// due for the next at once.
func (s *Service) giveUp(ctx context.Context, tx Tx, proposalID string, to OfferStatus) error {
	o, err := tx.Proposal(ctx, proposalID)
	if err != nil {
		return fmt.Errorf("load offer: %w", err)
	}
	if _, _, err := lock(ctx, tx, o.SessionID, o.SlotNo); err != nil {
		return err
	}
	if o, err = tx.Proposal(ctx, proposalID); err != nil {
		return fmt.Errorf("load offer: %w", err)
	}
	if o.Status != Open {
		return nil
	}
	if err := s.settle(ctx, tx, o, to); err != nil {
		return err
	}
	all, err := tx.Proposals(ctx, o.SessionID, o.SlotNo)
	if err != nil {
		return fmt.Errorf("load offers: %w", err)
	}
	for _, other := range all {
		if other.Status == Open {
			return nil
		}
	}
	p, err := tx.WaitPlace(ctx, o.SessionID, o.SlotNo)
	if err != nil {
		return fmt.Errorf("load place: %w", err)
	}
	p.Status, p.DueAt = Seeking, tx.Now()
	if err := tx.SaveWaitPlace(ctx, &p); err != nil {
		return fmt.Errorf("save place: %w", err)
	}
	return nil
}
