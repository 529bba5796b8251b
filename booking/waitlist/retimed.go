package waitlist

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// Retimed makes what is offered of slots void whose time is another now, since
// nobody accepts a time that he was not told. Their places are offered anew,
// from the first of the list. Who waits for one slice waits for the one that
// stands for it, or for any of the session where none does; who waits on the day
// itself, until its new end.
func (k Keeper) Retimed(ctx context.Context, btx booking.Tx, r booking.Retimed) error {
	tx, ok := btx.(Tx)
	if !ok {
		return houzhen.E(houzhen.CodeInternal, "store keeps no waitlist")
	}
	places, err := tx.WaitPlaces(ctx, r.Session.ID)
	if err != nil {
		return fmt.Errorf("load places: %w", err)
	}
	for _, p := range places {
		if !slices.ContainsFunc(r.Slots, func(s booking.Slot) bool { return s.No == p.SlotNo }) {
			continue
		}
		if err := k.anew(ctx, tx, p); err != nil {
			return err
		}
	}
	entries, err := tx.WaitEntries(ctx, Filter{SessionID: r.Session.ID, Status: []Status{Waiting}})
	if err != nil {
		return fmt.Errorf("load entries: %w", err)
	}
	for _, e := range entries {
		if err := k.follow(ctx, tx, e, r); err != nil {
			return err
		}
	}
	return nil
}

// anew voids what is offered of a place and has it offered again.
func (k Keeper) anew(ctx context.Context, tx Tx, p Place) error {
	offers, err := tx.Proposals(ctx, p.SessionID, p.SlotNo)
	if err != nil {
		return fmt.Errorf("load offers: %w", err)
	}
	for _, o := range offers {
		if o.Status != Open {
			continue
		}
		o.Status, o.AnsweredAt = Voided, tx.Now()
		if err := tx.UpdateProposal(ctx, &o); err != nil {
			return fmt.Errorf("void offer: %w", err)
		}
		if err := emit(tx, houzhen.WaitlistLapsed, o.ID, o.Version, o.SessionID, proposalData(o)); err != nil {
			return err
		}
	}
	if p.DueAt.IsZero() {
		return nil // it is not theirs any more
	}
	p.Status, p.OpenedAt, p.DueAt, p.Round = Seeking, tx.Now(), k.Policy.Allowed(tx.Now(), k.Loc), 0
	if err := tx.SaveWaitPlace(ctx, &p); err != nil {
		return fmt.Errorf("keep place: %w", err)
	}
	return emit(tx, houzhen.WaitlistOpened, p.SessionID, p.Version, p.SessionID, houzhen.KeptData{Slot: p.SlotNo})
}

// follow lets an entry wait for what its session has now.
func (k Keeper) follow(ctx context.Context, tx Tx, e Entry, r booking.Retimed) error {
	is := e
	if at := r.Times[e.Slice.UTC()]; !e.Slice.IsZero() && !e.Slice.Equal(at) {
		e.Slice = at
		e.Wish = strings.Join([]string{"session", e.SessionID, "entry", e.ID}, ":") // the time in its name is another's now
	}
	if e.SameDay {
		e.CloseAt = k.Policy.closing(e, r.Session.Date, r.Session.End, k.Loc)
	}
	if e == is {
		return nil
	}
	if err := tx.UpdateWaitEntry(ctx, &e); err != nil {
		return fmt.Errorf("let entry follow: %w", err)
	}
	return nil
}
