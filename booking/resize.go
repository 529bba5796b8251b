package booking

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
)

// ResizeRequest says how many booked places a session, or one slice of it, is
// to have from now on.
type ResizeRequest struct {
	SessionID string
	Start     time.Time // of the slice; zero for the whole session
	Places    int
	Reason    string
	Peers     []string // as in SuspendRequest
}

// ResizeResult says what became of it.
type ResizeResult struct {
	Places    int `json:"places"`    // what it has now; more than asked where patients who are here or pay stand on them
	Displaced int `json:"displaced"` // patients who must be found another place
	Kept      int `json:"kept"`      // of them, with places kept in their name
	Opened    int `json:"opened"`    // places added
}

// sizing is what a change of capacity does to slots.
type sizing struct {
	withhold, open, add []Slot
	displaced           []Appointment // latest booked first
}

// cut chooses n places to withhold: free ones first, the latest before the
// earlier and general before kept ones; then those of whoever booked last.
// Patients who have checked in, and places that are only held, are left.
func cut(slots []Slot, standing []Appointment, n int) (z sizing) {
	at := map[int]Appointment{}
	for _, a := range standing {
		at[a.SlotNo] = a
	}
	var unused, taken []Slot
	for _, s := range slots {
		switch {
		case s.Band != BandBooked || s.Withheld:
		case !s.Taken:
			unused = append(unused, s)
		case at[s.No].State == Booked:
			taken = append(taken, s)
		}
	}
	slices.SortFunc(unused, func(a, b Slot) int {
		return cmp.Or(cmp.Compare(b.general(), a.general()), b.Start.Compare(a.Start), cmp.Compare(b.No, a.No))
	})
	slices.SortFunc(taken, func(a, b Slot) int {
		return cmp.Or(at[b.No].BookedAt.Compare(at[a.No].BookedAt), cmp.Compare(b.No, a.No))
	})
	z.withhold = unused[:min(n, len(unused))]
	for _, s := range taken[:min(n-len(z.withhold), len(taken))] {
		z.withhold = append(z.withhold, s)
		z.displaced = append(z.displaced, at[s.No])
	}
	return z
}

// raise chooses n places to open, as long as a slice has room for what it was
// laid out for: withheld ones on which somebody still stands, then the earliest
// others, then new ones in the slices that have the fewest. Who asks for more
// than was laid out gets the rest in the same order, beyond that room.
func raise(session Session, slots []Slot, start time.Time, n int) (z sizing) {
	var withheld []Slot
	have := map[time.Time]int{}
	last, grid := 0, rasterOf(session)
	for _, s := range slots {
		if s.Band != BandBooked {
			continue
		}
		last = max(last, s.No)
		switch {
		case !start.IsZero() && !s.Start.Equal(start):
		case s.Withheld:
			if grid.has(s.Start) { // other hours are not opened with it
				withheld = append(withheld, s)
			}
		default:
			have[s.Start]++
		}
	}
	slices.SortFunc(withheld, func(a, b Slot) int {
		return cmp.Or(-compareBool(a.Taken, b.Taken), a.Start.Compare(b.Start), cmp.Compare(a.No, b.No))
	})
	laid := LaySlots(session)
	for _, most := range []int{session.SliceCapacity, FirstWalkIn} {
		rest := withheld[:0]
		for _, s := range withheld {
			if z.size() == n || have[s.Start] >= most {
				rest = append(rest, s)
				continue
			}
			have[s.Start]++
			z.open = append(z.open, s)
		}
		withheld = rest
		for z.size() < n && last+1 < FirstWalkIn {
			at, ok := fewest(laid, start, have)
			if !ok || have[at.Start] >= most {
				break
			}
			last++
			at.No = last
			have[at.Start]++
			z.add = append(z.add, at)
		}
	}
	return z
}

// size is how many places it brings.
func (z sizing) size() int { return len(z.open) + len(z.add) }

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// fewest gives a slot of the slice that has the fewest places.
func fewest(laid []Slot, start time.Time, have map[time.Time]int) (best Slot, found bool) {
	for _, s := range laid {
		if !start.IsZero() && !s.Start.Equal(start) {
			continue
		}
		if !found || have[s.Start] < have[best.Start] {
			best, found = s, true
		}
	}
	return best, found
}

// Resize cuts or raises the capacity of a session or slice. Nobody is dropped:
// whoever stands on a withheld place keeps standing there, is on the overflow
// list, has places kept in his name to choose from, and is told. New places
// open to all only after the waitlist had its turn.
func (s *Service) Resize(ctx context.Context, r ResizeRequest) (result ResizeResult, err error) {
	if r.Places < 0 || r.Places >= FirstWalkIn {
		return result, houzhen.E(houzhen.CodeInvalid, "number of places out of range").On("places")
	}
	if r.Reason == "" {
		return result, houzhen.E(houzhen.CodeMissing, "reason is missing").On("reason")
	}
	err = s.store.InTx(ctx, func(tx Tx) error {
		session, slots, err := lockSlots(ctx, tx, r.SessionID)
		if err != nil {
			return err
		}
		scope, err := r.scope(slots)
		if err != nil {
			return err
		}
		z, err := s.sizing(ctx, tx, session, slots, scope, r)
		if err != nil {
			return err
		}
		result, err = s.apply(ctx, tx, session, z, r)
		result.Places = places(scope) - len(z.withhold) + len(z.open) + len(z.add)
		if err != nil {
			return err
		}
		return s.resized(ctx, tx, session, houzhen.ResizedData{Start: r.Start, Places: result.Places, Displaced: result.Displaced})
	})
	return result, err
}

func (s *Service) sizing(ctx context.Context, tx Tx, session Session, slots, scope []Slot, r ResizeRequest) (sizing, error) {
	change := r.Places - places(scope)
	if change >= 0 {
		return raise(session, slots, r.Start, change), nil
	}
	standing, err := tx.Appointments(ctx, AppointmentFilter{SessionID: session.ID, States: []State{Booked}, Purpose: PurposeVisit})
	if err != nil {
		return sizing{}, fmt.Errorf("load appointments: %w", err)
	}
	return cut(scope, standing, -change), nil
}

func (s *Service) apply(ctx context.Context, tx Tx, session Session, z sizing, r ResizeRequest) (result ResizeResult, err error) {
	for _, slot := range z.withhold {
		slot.Withheld, slot.Reason = true, r.Reason
		if err := tx.UpdateSlot(ctx, slot); err != nil {
			return result, fmt.Errorf("withhold slot: %w", err)
		}
	}
	if err := s.openPlaces(ctx, tx, session, z); err != nil {
		return result, err
	}
	for _, a := range z.displaced {
		if err := emit(tx, houzhen.PlaceDisplaced, a, bookedData(a)); err != nil {
			return result, err
		}
	}
	result.Displaced, result.Opened = len(z.displaced), len(z.open)+len(z.add)
	result.Kept, err = s.keepOptions(ctx, tx, session, z.displaced, SuspendRequest{Peers: r.Peers})
	return result, err
}

// opening says from when on all may have places that a session gets beyond
// what was released: at once where nothing is released yet, else after the
// waitlist had its turn.
func (s *Service) opening(session Session, now time.Time) time.Time {
	if now.Before(session.ReleaseAt) {
		return time.Time{}
	}
	return now.Add(s.policy.OpenedLead)
}

// openPlaces opens and adds places.
func (s *Service) openPlaces(ctx context.Context, tx Tx, session Session, z sizing) error {
	openAt := s.opening(session, tx.Now())
	var numbers []int
	for _, slot := range z.open {
		slot.Withheld, slot.Reason, slot.OpenAt = false, "", openAt
		if err := tx.UpdateSlot(ctx, slot); err != nil {
			return fmt.Errorf("open slot: %w", err)
		}
		if !slot.Taken {
			numbers = append(numbers, slot.No)
		}
	}
	for _, slot := range z.add {
		slot.OpenAt = openAt
		if err := tx.AddSlot(ctx, slot); err != nil {
			return fmt.Errorf("add slot: %w", err)
		}
		numbers = append(numbers, slot.No)
	}
	if openAt.IsZero() || len(numbers) == 0 {
		return nil
	}
	return emitSession(tx, houzhen.PlaceOpened, session, houzhen.OpenedData{Slots: numbers, OpenAt: openAt})
}
