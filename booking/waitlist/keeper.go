package waitlist

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// Keeper keeps places that come back while somebody waits for them. It is
// booking's Returns and runs in booking's transaction, so that a place is never
// public in between.
type Keeper struct {
	Policy Policy
	Loc    *time.Location
}

var _ booking.Returns = Keeper{}

// look is how many entries are looked at together.
const look = 50

// Returned keeps the place if somebody on the list could have it who is not
// yet waited upon by another place, and says so in a fact. The search itself is
// made after the commit.
func (k Keeper) Returned(ctx context.Context, btx booking.Tx, session booking.Session, slot booking.Slot) (bool, error) {
	tx, ok := btx.(Tx)
	if !ok {
		return false, houzhen.E(houzhen.CodeInternal, "store keeps no waitlist")
	}
	at := k.Policy.Allowed(tx.Now(), k.Loc)
	wanted, err := k.wanted(ctx, tx, session, slot, at)
	if err != nil || !wanted {
		return false, err
	}
	p, err := tx.WaitPlace(ctx, session.ID, slot.No)
	if err != nil && houzhen.CodeOf(err) != houzhen.CodeNotFound {
		return false, fmt.Errorf("load place: %w", err)
	}
	p.SessionID, p.SlotNo, p.Status, p.OpenedAt, p.DueAt, p.Round = session.ID, slot.No, Seeking, tx.Now(), at, 0
	if err := tx.SaveWaitPlace(ctx, &p); err != nil {
		return false, fmt.Errorf("keep place: %w", err)
	}
	return true, emit(tx, houzhen.WaitlistOpened, session.ID, p.Version, session.ID, houzhen.KeptData{Slot: slot.No})
}

// wanted reports whether more people could have the place than places are kept.
func (k Keeper) wanted(ctx context.Context, tx Tx, session booking.Session, slot booking.Slot, at time.Time) (bool, error) {
	var after Cursor
	kept := -1 // not counted yet
	for {
		page, err := tx.WaitFor(ctx, session, after, look)
		if err != nil {
			return false, fmt.Errorf("load who waits: %w", err)
		}
		if len(page) > 0 && kept < 0 {
			if kept, err = keptPlaces(ctx, tx, session.ID, slot.No); err != nil {
				return false, err
			}
		}
		for _, e := range page {
			if !k.Policy.Eligible(e, session, slot, at, k.Loc) {
				continue
			}
			if kept == 0 {
				return true, nil
			}
			kept--
		}
		if len(page) < look {
			return false, nil
		}
		last := page[len(page)-1]
		after = Cursor{last.JoinedAt, last.ID}
	}
}

// keptPlaces counts the other places of a session that are kept for one person
// or looked for one.
func keptPlaces(ctx context.Context, tx Tx, sessionID string, but int) (int, error) {
	places, err := tx.WaitPlaces(ctx, sessionID)
	if err != nil {
		return 0, fmt.Errorf("load places: %w", err)
	}
	n := 0
	for _, p := range places {
		if p.SlotNo != but && !p.DueAt.IsZero() {
			n++
		}
	}
	return n, nil
}

// Adopt keeps places of a session that are free but not public yet, such as
// those of more capacity or of a session that was added, for whoever waits. It
// runs in a transaction of the caller and tells how many it kept.
func (s *Service) Adopt(ctx context.Context, tx Tx, sessionID string) (int, error) {
	session, err := tx.LockSession(ctx, sessionID)
	if err != nil {
		return 0, fmt.Errorf("lock session: %w", err)
	}
	if session.Status != booking.SessionPlanned && session.Status != booking.SessionOpen {
		return 0, nil
	}
	vacant, err := s.booking.Vacancies(ctx, tx, session)
	if err != nil {
		return 0, err
	}
	places, err := tx.WaitPlaces(ctx, sessionID)
	if err != nil {
		return 0, fmt.Errorf("load places: %w", err)
	}
	known := map[int]bool{}
	for _, p := range places {
		known[p.SlotNo] = true
	}
	kept := 0
	keeper := Keeper{s.policy, s.loc}
	for _, slot := range vacant {
		public := !tx.Now().Before(session.ReleaseAt) && !tx.Now().Before(slot.OpenAt)
		if public || known[slot.No] {
			continue
		}
		ours, err := keeper.Returned(ctx, tx, session, slot)
		if err != nil {
			return kept, err
		}
		if !ours {
			continue
		}
		kept++
		slot.OpenAt = booking.KeptUntil(session)
		if err := tx.UpdateSlot(ctx, slot); err != nil {
			return kept, fmt.Errorf("keep slot: %w", err)
		}
	}
	return kept, nil
}
