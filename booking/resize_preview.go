package booking

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
)

// ResizePreview is what a change of capacity would do at this moment.
type ResizePreview struct {
	Places    int           // what it would have
	Displaced []Appointment // who would have to be found another place, latest booked first
	Opened    int           // places it would add
}

// scope gives the slots that a change is about.
func (r ResizeRequest) scope(slots []Slot) ([]Slot, error) {
	if r.Start.IsZero() {
		return slots, nil
	}
	at := startingAt(slots, r.Start)
	if len(at) == 0 {
		return nil, houzhen.E(houzhen.CodeSlotUnknown, "no slice starts then").On("start")
	}
	return at, nil
}

// PreviewResize says what Resize would do, and changes nothing.
func (s *Service) PreviewResize(ctx context.Context, r ResizeRequest) (p ResizePreview, err error) {
	if r.Places < 0 || r.Places >= FirstWalkIn {
		return p, houzhen.E(houzhen.CodeInvalid, "number of places out of range").On("places")
	}
	err = s.store.View(ctx, func(tx Tx) error {
		session, err := tx.Session(ctx, r.SessionID)
		if err != nil {
			return fmt.Errorf("load session: %w", err)
		}
		if err := session.bookable(tx.Now(), Who{Drawn: true}); err != nil {
			return err
		}
		slots, err := tx.Slots(ctx, r.SessionID)
		if err != nil {
			return fmt.Errorf("load slots: %w", err)
		}
		scope, err := r.scope(slots)
		if err != nil {
			return err
		}
		z, err := s.sizing(ctx, tx, session, slots, scope, r)
		if err != nil {
			return err
		}
		p = ResizePreview{Places: places(scope) - len(z.withhold) + len(z.open) + len(z.add), Displaced: z.displaced, Opened: len(z.open) + len(z.add)}
		return nil
	})
	return p, err
}

// KeepFor keeps places for somebody on the overflow list who has none, as a
// cut does, and gives those he has. Doing it again keeps no more.
func (s *Service) KeepFor(ctx context.Context, appointmentID string, peers []string) (list []Appointment, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		a, _, err := s.lockFor(ctx, tx, appointmentID)
		if err != nil {
			return err
		}
		session, err := tx.Session(ctx, a.SessionID)
		if err != nil {
			return fmt.Errorf("load session: %w", err)
		}
		slots, err := tx.Slots(ctx, a.SessionID)
		if err != nil {
			return fmt.Errorf("load slots: %w", err)
		}
		if a.State != Booked || !standsOnWithheld(slots, a.SlotNo) {
			return stateError("only who is on the overflow list is kept other places")
		}
		if list, err = s.liveOptions(ctx, tx, a.ID); err != nil || len(list) > 0 {
			return err
		}
		if _, err := s.keepOptions(ctx, tx, session, []Appointment{a}, SuspendRequest{Peers: peers}); err != nil {
			return err
		}
		list, err = s.liveOptions(ctx, tx, a.ID)
		return err
	})
	return list, err
}

func standsOnWithheld(slots []Slot, no int) bool {
	for _, s := range slots {
		if s.No == no {
			return s.Withheld
		}
	}
	return false
}

// SliceUse is what a slice has and has given.
type SliceUse struct {
	Start, End     time.Time
	Places, Sold   int
	Withheld, Over int // withheld ones on which somebody stands; places added for one person
}

// SlicesOf counts the booked places of a session by slice, by start.
func SlicesOf(slots []Slot) []SliceUse {
	var list []SliceUse
	at := map[time.Time]int{}
	for _, s := range slots {
		if s.Band != BandBooked && s.Band != BandOverbook {
			continue
		}
		i, seen := at[s.Start]
		if !seen {
			i, at[s.Start] = len(list), len(list)
			list = append(list, SliceUse{Start: s.Start, End: s.End})
		}
		u := &list[i]
		switch {
		case s.Band == BandOverbook && s.Taken:
			u.Over++
		case s.Band == BandOverbook:
		case s.Withheld && s.Taken:
			u.Withheld++
		case !s.Withheld:
			u.Places++
			if s.Taken {
				u.Sold++
			}
		}
	}
	slices.SortFunc(list, func(a, b SliceUse) int { return a.Start.Compare(b.Start) })
	return list
}
